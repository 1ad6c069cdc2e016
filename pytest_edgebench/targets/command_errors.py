"""Messages about a user's own program and what it answers."""

from __future__ import annotations

import reprlib
import signal
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.base.text import cut, plain
from pytest_edgebench.workers.errors import printed

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_SAID = 2000
DOCS = "`edgebench docs targets` says what it reads and writes"


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
        f"{program} {how} while {doing}{printed(tail)}", fix="it must end with status 0 when all went well"
    )


def hung(program: str, doing: str, seconds: float, tail: str) -> MeasureError:
    return MeasureError(
        f"{program} had not finished after {seconds:.3g} s while {doing}, and was stopped{printed(tail)}",
        fix="does the device answer? The time allowed is deadline_s in request.json",
    )


def told(program: str, doing: str, text: str) -> MeasureError:
    said = _short(text, LONGEST_SAID)
    return MeasureError(f"{program} says, while {doing}: {said}", fix="see what the device needs")


def no_answer(program: str, doing: str, tail: str) -> MeasureError:
    return MeasureError(
        f"{program} wrote no answer.json while {doing}{printed(tail)}",
        fix=f"write it into the folder that is the last argument; {DOCS}",
    )


def no_json(program: str, doing: str, cause: str) -> MeasureError:
    return MeasureError(f"{program} wrote an answer.json that is not JSON while {doing}: {cause}", fix=DOCS)


def other_schema(program: str, found: object, known: int) -> MeasureError:
    return MeasureError(
        f"{program} answers by schema {_shown(found)}, and this version of the package reads schema {known}",
        fix=f'write "schema": {known}; {DOCS}',
    )


def other_request(program: str) -> MeasureError:
    return MeasureError(
        f"{program} answered another request: an answer of an earlier run was left where this one reads",
        fix='copy "request" from request.json, and write into the folder that is the last argument',
    )


def other_artifact(program: str, wanted: str, found: object) -> MeasureError:
    return MeasureError(
        f"{program} gives numbers for another file than asked for: {_shown(found)} instead of {wanted[:12]}…",
        fix='write as "artifact" the SHA-256 of the file that really ran; was the new one not copied to the '
        "device?",
    )


def wrong_key(program: str, key: str, expected: str, found: object) -> MeasureError:
    given = "is missing" if found is None else f"is {_shown(found)}"
    return MeasureError(f"in the answer of {program}, {key} {given}; wanted: {expected}", fix=DOCS)


def too_short(program: str, key: str, value: float, shortest_s: float) -> MeasureError:
    return MeasureError(
        f"in the answer of {program}, {key} has {value:g} s, which is impossible: less than {shortest_s:g} s",
        fix="write seconds; does the device's clock run, and is it finer than one call?",
    )


def too_long(program: str, key: str, value: float, longest_s: float) -> MeasureError:
    return MeasureError(
        f"in the answer of {program}, {key} has {value:g} s, longer than {longest_s:.3g} s, which is all the "
        "time that it can be",
        fix="write seconds, not milliseconds or microseconds; what was measured is no longer than the "
        "request took, and what is predicted no longer than a day",
    )


def too_few_calls(program: str, found: int, asked: int) -> MeasureError:
    return MeasureError(
        f"in the answer of {program}, calls_s has {found:,} of the {asked:,} times asked for",
        fix='write the time of each call; where only their mean is known, write "mean_s" instead',
    )


def calls_and_mean(program: str) -> MeasureError:
    return MeasureError(
        f"the answer of {program} has calls_s and mean_s", fix="write one: the times of all calls are better"
    )


def printed_too_much(program: str, doing: str, most: int) -> MeasureError:
    return MeasureError(
        f"{program} printed more than {most:,} bytes while {doing}, and was stopped",
        fix="write arrays into files of the folder it is given, and print what helps when it fails",
    )


def left_running(program: str, doing: str, name: str, pid: int) -> MeasureError:
    return MeasureError(
        f"{program} ended while {doing}, but left a process running that would disturb what is measured "
        f"next: {name} (process {pid}), which was stopped",
        fix="wait for all that it starts; a service that is meant to stay begins a session of its own "
        "(setsid)",
    )


def _short(text: str, most: int = 100) -> str:
    return cut(plain(text), most)


def _shown(found: object) -> str:
    """A value in one short line: never the whole of a long number, text or list."""
    return _short(reprlib.repr(found), 78)


def unknown_keys(program: str, keys: Iterable[str], known: Iterable[str]) -> MeasureError:
    shown = ", ".join(_short(key) for key in sorted(keys)[:5])
    return MeasureError(
        f"the answer of {program} has keys that mean nothing here: {shown}",
        fix=f"for this request the keys are: {', '.join(sorted(known))}",
    )


def wrong_array(program: str, path: str, said: str) -> MeasureError:
    return MeasureError(
        f"{program} wrote an output that cannot be used, {_short(path)}: {_short(said, 200)}",
        fix="write numpy .npy files of numbers (no pickles), one for each output, first axis the sample",
    )


def outside(program: str, path: str) -> MeasureError:
    return MeasureError(
        f"{program} names an output outside of its folder: {_short(path)}",
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
