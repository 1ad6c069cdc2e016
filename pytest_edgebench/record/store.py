"""A `Run` as JSON text, and back: what CI keeps, what every report is made from.

The text is deterministic: fields in the order of `record.run`, mapping keys sorted, one artifact, one
observation and one case a line, so that two records can be compared line by line.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.folder_lock import own, unowned
from pytest_edgebench.base.writing import remove
from pytest_edgebench.record import errors
from pytest_edgebench.record.codec import TABLES, Decoder, Tables, compact, encode
from pytest_edgebench.record.run import Run
from pytest_edgebench.record.schema import OLDEST, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PACKED = "xz+base64"
LONG = 1_000_000
"""Characters of a text that is packed fast."""
_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
_FRAGMENT = re.compile(r"[-+.\w]{0,25}")


def dump(run: Run, *, short: bool = False) -> str:
    """The record of a run: JSON text ending in a newline; equal runs give equal text.

    Args:
        short: numbers that are not whole get 5 significant digits, those in lists 4, and of the quantiles of
            timed calls every third is kept; for a report.
    """
    return "".join(pieces(run, short=short))


def pieces(run: Run, *, short: bool = False) -> Iterator[str]:
    """The text of `dump`, a result at a time: that of a large run is longer than the run itself."""
    tables = Tables(short)
    plain = {"schema": run.schema, **encode(replace(run, cases=()), tables)}
    del plain["cases"]
    yield "{\n" + "".join(f"{json.dumps(key)}: {compact(value)},\n" for key, value in plain.items())
    seen = ((case.observation, case.parent) for case in run.cases)
    shared: dict[str, Iterable[Any]] = {
        "artifacts": (case.artifact for case in run.cases),
        "observations": (one for both in seen for one in both),
    }
    for name in TABLES.values():
        texts = (tables.add(value) for value in shared[name] if value is not None)
        yield from _listed(name, (text for text in texts if text))
        yield ",\n"
    yield from _listed("cases", (compact(encode(case, tables)) for case in run.cases))
    yield "\n}\n"


def _listed(name: str, texts: Iterator[str]) -> Iterator[str]:
    """A list of the record, one entry a line."""
    first = next(texts, None)
    yield f"{json.dumps(name)}: []" if first is None else f"{json.dumps(name)}: [\n{first}"
    for text in texts:
        yield f",\n{text}"
    if first is not None:
        yield "\n]"


def load(text: str, where: str) -> Run:
    """The run in a record, or in an HTML report made from one.

    Args:
        text: content of the file.
        where: its path, for messages.

    Raises:
        RecordError: another schema, a truncated file, something else than a record, or a wrong type.
    """
    plain = _parse(_embedded(text, where) if text.lstrip().startswith("<") else text, where)
    if isinstance(plain, dict) and plain.get("packed") == PACKED:
        plain = _parse(_unpack(plain.get("record"), where), where)
    if isinstance(plain, dict) and isinstance(plain.get("beside"), str):
        raise errors.beside(where, plain["beside"])
    found = plain.get("schema") if isinstance(plain, dict) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise errors.not_a_record(where)
    if not OLDEST <= found <= SCHEMA:
        raise (errors.older_schema if found < SCHEMA else errors.newer_schema)(where, found, SCHEMA)
    decoder = Decoder(where)
    shared = {name: plain.pop(name, None) for name in TABLES.values()}
    for kind, name in TABLES.items():
        if not isinstance(shared[name], list):
            raise errors.missing_key(where, "the record", name)
        entries = [decoder.build(kind, entry, f"{name}[{i}]") for i, entry in enumerate(shared[name])]
        decoder.tables[name] = entries
    # What is written from it is of the present schema.
    run: Run = decoder.build(Run, {**plain, "schema": SCHEMA}, "")
    return run


def read(path: Path, name: str = "") -> Run:
    """The run in a file that ``--edgebench-json`` or ``--edgebench-report`` wrote.

    Args:
        name: of the file, for messages; its path unless given.

    Raises:
        RecordError: it is not there, or is no record that can be read.
    """
    where = name or str(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise errors.no_file(where) from None
    except (OSError, ValueError) as cause:
        detail = os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else str(cause)
        raise errors.not_text(where, detail) from None
    return load(text, where)


def pack(text: str) -> str:
    """A record in a tenth of its size: a small JSON object that `load` reads like the record itself.

    xz because cases repeat each other over more than the 32 kB that zlib looks back. Of a long text its fast
    preset, a sixth larger in a fifth of the time.
    """
    import base64
    import lzma

    small = {"id": lzma.FILTER_LZMA2, "preset": 6, "mf": lzma.MF_HC4, "nice_len": 64, "depth": 16}
    how = small if len(text) < LONG else {"id": lzma.FILTER_LZMA2, "preset": 1}
    packed = lzma.compress(text.encode(), filters=[how])
    body = base64.b64encode(packed).decode()
    return json.dumps({"schema": SCHEMA, "packed": PACKED, "record": body})


def pointer(beside: str) -> str:
    """What a report of a large run has in place of its record: the name of the file beside it."""
    return json.dumps({"schema": SCHEMA, "beside": beside})


def chunks(path: Path) -> Iterator[str]:
    """A text file piece by piece, for another one that has the same text."""
    with path.open(encoding="utf-8", newline="") as file:
        while piece := file.read(1 << 20):
            yield piece


def write(path: Path, text: str | Iterable[str]) -> None:
    """Write a file so that it is there whole or not at all; missing folders are made.

    Args:
        text: whole, or in pieces.

    Raises:
        RecordError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # /dev/stdout, a pipe
            path.write_text(text if isinstance(text, str) else "".join(text), "utf-8", "backslashreplace")
            return
        path = path.resolve()  # a link keeps pointing at what it points at
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        staged = path.with_name(f".{path.name[:100]}.{os.getpid()}.tmp")
        try:
            with own(staged) as owned, io.TextIOWrapper(owned, "utf-8", "backslashreplace", "\n") as file:
                owned.truncate(0)
                file.writelines([text] if isinstance(text, str) else text)
                file.flush()
                os.fsync(file.fileno())
                staged.replace(path)
        except BaseException:
            remove(staged)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise errors.cannot_write(str(path), error) from error


def _sweep(path: Path) -> None:
    """Remove what writers of a file left that were killed: their locks are free."""
    prefix = f".{path.name[:100]}."
    for other in path.parent.iterdir():
        if other.name.startswith(prefix) and other.suffix == ".tmp":
            with contextlib.suppress(OSError), unowned(other, missing=False) as free:
                if free:
                    remove(other)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable where the file system knows how."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _embedded(text: str, where: str) -> str:
    found = _DATA.search(text)
    if found:
        return found[1]
    raise (
        errors.not_a_record(where)
        if text.rstrip().endswith("</html>")
        else errors.truncated(where, text.count("\n") + 1)
    )


def _parse(text: str, where: str) -> Any:
    if not text.strip():
        raise errors.empty(where)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        # Cut between tokens, in a string, or in a number or word (`42.`, `tru`): nothing else is left.
        rest = text[error.pos :].strip(" ,:\n")
        fragment = error.msg.startswith("Unterminated string") or _FRAGMENT.fullmatch(rest)
        cut = text.lstrip().startswith("{") and fragment
        if cut:
            raise errors.truncated(where, error.lineno) from None
        raise errors.not_json(where, error.lineno, error.msg) from None
    except ValueError as error:  # a number of thousands of digits
        raise errors.not_json(where, 1, str(error)) from None
    except RecursionError:
        raise errors.not_json(where, 1, "nested too deeply") from None


def _unpack(body: Any, where: str) -> str:
    import base64
    import binascii
    import lzma

    try:
        unpacked = lzma.decompress(base64.b64decode(body, validate=True)).decode()
        if not unpacked:
            raise ValueError("nothing is in it")
        return unpacked
    except (TypeError, ValueError, lzma.LZMAError, EOFError, binascii.Error) as error:
        raise errors.bad_packing(where, str(error) or type(error).__name__) from None
