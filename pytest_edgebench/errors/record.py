"""Messages about run records: files that cannot be read back, or not be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import EdgebenchError
from pytest_edgebench.record.run import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable

AGAIN = "run pytest again to write a new record"


class RecordError(EdgebenchError):
    """A run record that cannot be read or written."""


def empty(where: str) -> RecordError:
    return RecordError("the run record is empty", where=where, fix=AGAIN)


def no_file(where: str) -> RecordError:
    return RecordError(
        "there is no such run record",
        where=where,
        fix="give the files that --edgebench-json or --edgebench-report wrote; if a job wrote none, it "
        "ended before its report",
    )


def not_text(where: str, detail: str) -> RecordError:
    return RecordError(f"the run record cannot be read: {detail}", where=where, fix=AGAIN)


def truncated(where: str, line: int) -> RecordError:
    return RecordError(
        f"the run record ends in the middle, on line {line}",
        where=where,
        fix=f"copy the whole file, or {AGAIN}",
    )


def not_json(where: str, line: int, detail: str) -> RecordError:
    return RecordError(
        f"this is no run record: line {line} is no JSON ({detail})",
        where=where,
        fix="give the JSON file or the HTML report that a run of edgebench wrote",
    )


def not_a_record(where: str) -> RecordError:
    return RecordError(
        "this is no run record: it has no schema number",
        where=where,
        fix="give the JSON file or the HTML report that a run of edgebench wrote",
    )


def older_schema(where: str, found: int, known: int) -> RecordError:
    return RecordError(
        f"the run record has schema {found}, from an older pytest-edgebench; this one reads schema {known}",
        where=where,
        fix=AGAIN,
    )


def newer_schema(where: str, found: int, known: int) -> RecordError:
    return RecordError(
        f"the run record has schema {found}, from a newer pytest-edgebench; this one reads schema {known}",
        where=where,
        fix="upgrade pytest-edgebench here: pip install --upgrade pytest-edgebench",
    )


def wrong_type(where: str, path: str, given: object, wanted: str) -> RecordError:
    return RecordError(
        f"{path} is {_kind(given)}, not {wanted}",
        where=where,
        fix=f"the record was changed by hand; {AGAIN}",
    )


def missing_key(where: str, path: str, key: str) -> RecordError:
    return RecordError(f"{path} has no {key!r}", where=where, fix=f"the record was changed by hand; {AGAIN}")


def unknown_key(where: str, path: str, key: str, known: Iterable[str]) -> RecordError:
    return RecordError(
        f"{path} has {key!r}, which schema {SCHEMA} has no place for; it knows {', '.join(known)}",
        where=where,
        fix=f"the record was changed by hand; {AGAIN}",
    )


def no_entry(where: str, path: str, index: int, table: str) -> RecordError:
    return RecordError(
        f"{path} points at entry {index} of {table!r}, which is not there",
        where=where,
        fix=f"the record was changed by hand; {AGAIN}",
    )


def beside(where: str, name: str) -> RecordError:
    return RecordError(
        "this is the report of a large run, whose record lies in a file of its own",
        where=where,
        fix=f"give {name}, which was written beside the report",
    )


def bad_packing(where: str, detail: str) -> RecordError:
    return RecordError(
        f"the packed record in this report cannot be unpacked ({detail})",
        where=where,
        fix=f"copy the whole file, or {AGAIN}",
    )


def cannot_write(where: str, cause: OSError) -> RecordError:
    return RecordError(
        f"the file cannot be written: {cause.strerror or cause}",
        where=where,
        fix="give a path in a folder that can be written and has room",
    )


def _kind(given: object) -> str:
    """A JSON value in words, short enough for one line."""
    if given is None:
        return "null"
    if isinstance(given, dict):
        return "an object"
    if isinstance(given, list):
        return "a list"
    text = repr(given)
    return text if len(text) <= 40 else f"{text[:37]}..."
