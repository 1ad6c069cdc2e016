"""Messages of the room `record`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DeclarationError, EdgebenchError
from pytest_edgebench.record.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable


class HistoryError(EdgebenchError):
    """A history that cannot be read or written."""


def not_a_history(where: str, detail: str) -> HistoryError:
    return HistoryError(
        f"the history cannot be read: {detail}",
        where=where,
        fix="move the file away; a new one is begun, and saved run records can be added to it "
        "(edgebench history FILE RUN...)",
    )


def of_others(where: str) -> HistoryError:
    return HistoryError(
        "this database is not a history of edgebench", where=where, fix="give the path of a file of its own"
    )


def newer(where: str, found: int, known: int) -> HistoryError:
    return HistoryError(
        f"the history has version {found}, from a newer pytest-edgebench; this one knows {known}",
        where=where,
        fix="upgrade pytest-edgebench here (pip install --upgrade pytest-edgebench), or give another file",
    )


def locked(where: str, seconds: float) -> HistoryError:
    return HistoryError(
        f"the history was locked by another process for {seconds:g} s",
        where=where,
        fix="end what holds it open; this run can be added later (edgebench history FILE RUN...)",
    )


def read_only(where: str) -> HistoryError:
    return HistoryError(
        "the history cannot be written, only read",
        where=where,
        fix="make the file and its folder writable, or give another path with --edgebench-history",
    )


def cannot_open(where: str, detail: str) -> HistoryError:
    return HistoryError(
        f"the history cannot be opened: {detail}",
        where=where,
        fix="give the path of a file in a folder that can be written",
    )


AGAIN = "run pytest again to write a new record"


class RecordError(EdgebenchError):
    """A run record that cannot be read or written."""


def empty(where: str) -> RecordError:
    return RecordError("the run record is empty", where=where, fix=AGAIN)


def no_file(where: str) -> RecordError:
    return RecordError(
        "run record not found",
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
        f"not a run record: line {line} is not valid JSON ({detail})",
        where=where,
        fix="give the JSON file or the HTML report that a run of edgebench wrote",
    )


def not_a_record(where: str) -> RecordError:
    return RecordError(
        "not a run record: it has no schema number",
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
        "this is the report of a large run, whose record is in a file of its own",
        where=where,
        fix=f"give {name}, which was written next to the report",
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


UPDATE = "--edgebench-update-baseline"


BASELINE_AGAIN = f"accept a state again with {UPDATE}, or save one with --edgebench-save-baseline=FOLDER"


class BaselineError(EdgebenchError):
    """A baseline that is missing, damaged or cannot be made."""


def no_baseline_file(where: str) -> BaselineError:
    return BaselineError("baseline.json not found in this folder", where=where, fix=BASELINE_AGAIN)


def no_folder(where: str) -> BaselineError:
    return BaselineError(
        "this is not a folder, so it holds no baseline", where=where, fix="fix the link, or delete it"
    )


def not_readable(where: str, detail: str) -> BaselineError:
    return BaselineError(
        f"the baseline cannot be read: {detail}", where=where, fix=f"restore it, or {BASELINE_AGAIN}"
    )


def not_a_baseline(where: str) -> BaselineError:
    return BaselineError("this is not a baseline: it has no schema number", where=where, fix=BASELINE_AGAIN)


def other_schema(where: str, found: int, known: int) -> BaselineError:
    newer = found > known
    age = "a newer" if newer else "an older"
    fix = "upgrade pytest-edgebench here: pip install --upgrade pytest-edgebench" if newer else BASELINE_AGAIN
    return BaselineError(
        f"the baseline has schema {found}, from {age} pytest-edgebench; this one reads schema {known}",
        where=where,
        fix=fix,
    )


def edited(where: str, case: str) -> BaselineError:
    return BaselineError(
        f"the line of {case} was edited by hand: its check sum does not fit",
        where=where,
        fix=f"restore the line, or accept what is measured with {UPDATE}; "
        "to allow a regression for a while write a [[waivers]] table in the settings",
    )


def line_gone(where: str) -> BaselineError:
    return BaselineError(
        "a line of a case was deleted by hand: its check sum is still listed",
        where=where,
        fix=f"restore the file (git checkout), or drop cases that have no test any more with {UPDATE}",
    )


def line_added(where: str, case: str) -> BaselineError:
    return BaselineError(
        f"the check sum of {case} is not listed: a line was added, or a line of the sums deleted, by hand",
        where=where,
        fix=f"restore the file (git checkout), or accept what is measured with {UPDATE}",
    )


def no_sums(where: str) -> BaselineError:
    return BaselineError(
        "the list of check sums is missing",
        where=where,
        fix=f"restore the file (git checkout), or delete it and run {UPDATE}",
    )


def conflict(where: str, line: int) -> BaselineError:
    return BaselineError(
        f"line {line} is a merge-conflict marker",
        where=where,
        fix="take one side (git checkout --ours, or --theirs, then the file), "
        f"then accept what is measured with {UPDATE}",
    )


def outside(where: str, case: str, name: str) -> BaselineError:
    return BaselineError(
        f"the line of {case} has the name {name[:60]!r}, which leaves the baseline's folder",
        where=where,
        fix="restore the file (git checkout); it was not written by this program",
    )


def not_finite(where: str, case: str, metric: str) -> BaselineError:
    return BaselineError(
        f"{metric} of {case} is not a finite number",
        where=where,
        fix="fix the model or its score so that it gives a number, then accept it again",
    )


def twice(where: str, case: str) -> BaselineError:
    return BaselineError(
        f"{case} is listed twice, as after a merge", where=where, fix="delete one of the two lines"
    )


def file_gone(title: str, name: str, case: str) -> BaselineError:
    return BaselineError(
        f"the baseline {title} lists {name} for {case}, which is not there",
        fix="fetch or restore the file (a checkout without it? git lfs pull?)",
    )


def file_changed(title: str, name: str, case: str) -> BaselineError:
    return BaselineError(
        f"the baseline {title} has another {name} than it lists for {case}: its SHA-256 differs",
        fix="restore the file (a Git LFS pointer? run git lfs pull)",
    )


class SourceError(DeclarationError):
    """A metric source of another package that cannot be used."""


def no_source(name: str, owner: str) -> SourceError:
    return SourceError(
        f"the metric source {name!r} of {owner} has no GIVES (metric name → MetricInfo), measure(view) "
        "or why(view)",
        fix="see pytest_edgebench.metrics.protocol.Source for what its entry point must offer",
    )


def unknown_need(name: str, owner: str, given: object, known: Iterable[str]) -> SourceError:
    return SourceError(
        f"the metric source {name!r} of {owner} has NEEDS = {given!r}",
        fix=f"use one of {', '.join(known)}",
    )


def metric_given_twice(metric: str, sources: Iterable[str], owner: str) -> SourceError:
    return SourceError(
        f"the metric {metric!r} has two sources: {' and '.join(sources)}",
        fix=f"rename it in {owner}, or uninstall that package" if owner else "rename one of them",
    )
