"""Messages about a user's own program that measures a device (target "command")."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from pytest_edgebench.errors import MeasureError

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = "pytest_edgebench/docs/targets.md says what it reads and writes"


def no_program(program: str, said: str) -> MeasureError:
    error = MeasureError(
        f"the program {program} cannot be started: {said}",
        fix='give `run` in target_options the path of a program that may be executed: run = ["./measure.sh"]',
    )
    error.lasting = True
    return error


def failed(program: str, doing: str, status: int, tail: str) -> MeasureError:
    how = f"ended with status {status}"
    if status < 0:
        how = f"was ended by {signal.Signals(-status).name}"
    return MeasureError(
        f"{program} {how} while {doing}{_printed(tail)}", fix="it must end with status 0 when all went well"
    )


def hung(program: str, doing: str, seconds: float, tail: str) -> MeasureError:
    return MeasureError(
        f"{program} had not finished after {seconds:.3g} s while {doing}, and was stopped{_printed(tail)}",
        fix="does the device answer? The time allowed is deadline_s in request.json",
    )


def told(program: str, doing: str, text: str) -> MeasureError:
    return MeasureError(f"{program} says, while {doing}: {text}", fix="see what the device needs")


def no_answer(program: str, doing: str, tail: str) -> MeasureError:
    return MeasureError(
        f"{program} wrote no answer.json while {doing}{_printed(tail)}",
        fix=f"write it into the folder that is the last argument; {DOCS}",
    )


def no_json(program: str, doing: str, cause: str) -> MeasureError:
    return MeasureError(f"{program} wrote an answer.json that is no JSON while {doing}: {cause}", fix=DOCS)


def other_schema(program: str, found: object, known: int) -> MeasureError:
    return MeasureError(
        f"{program} answers by schema {found!r}, and this version of the package reads schema {known}",
        fix=f'write "schema": {known}; {DOCS}',
    )


def other_request(program: str) -> MeasureError:
    return MeasureError(
        f"{program} answered another request: an answer of an earlier run was left where this one reads",
        fix='copy "request" from request.json, and write into the folder that is the last argument',
    )


def other_artifact(program: str, wanted: str, found: object) -> MeasureError:
    return MeasureError(
        f"{program} gives numbers for another file than asked for: {found!r} instead of {wanted[:12]}…",
        fix='write as "artifact" the SHA-256 of the file that really ran; was the new one not copied to the '
        "device?",
    )


def wrong_key(program: str, key: str, expected: str, found: object) -> MeasureError:
    shown = repr(found)
    shown = f"{shown[:77]}…" if len(shown) > 78 else shown
    given = "is missing" if found is None else f"is {shown}"
    return MeasureError(f"in the answer of {program}, {key} {given}; wanted: {expected}", fix=DOCS)


def unknown_keys(program: str, keys: Iterable[str], known: Iterable[str]) -> MeasureError:
    return MeasureError(
        f"the answer of {program} has keys that mean nothing here: {', '.join(sorted(keys))}",
        fix=f"for this request there is: {', '.join(sorted(known))}",
    )


def wrong_array(program: str, path: str, said: str) -> MeasureError:
    return MeasureError(
        f"{program} wrote an output that cannot be used, {path}: {said}",
        fix="write numpy .npy files of numbers (no pickles), one for each output, first axis the sample",
    )


def outside(program: str, path: str) -> MeasureError:
    return MeasureError(
        f"{program} names an output outside of its folder: {path}",
        fix="write outputs into the folder it is given",
    )


def not_asked(program: str, what: str, gives: Iterable[str]) -> MeasureError:
    return MeasureError(
        f"{program} gives {' and '.join(sorted(gives))} only, and was asked for {what}",
        fix=f'add "{what}" to gives in target_options, if it can',
    )


def no_slowdown(program: str) -> MeasureError:
    return MeasureError(
        f"{program} cannot be made slower by a known factor", fix="run --edgebench-selftest on the host"
    )


def _printed(tail: str) -> str:
    return "\n  it printed:\n" + "\n".join(f"    {line}" for line in tail.splitlines()) if tail else ""
