"""What can go wrong while a model file is run or timed, or while a lock is waited for.

The worker knows nothing of this package: it tells what is wrong as a code with facts, and `refused` puts it
in words.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import MeasureError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

KILLED = "killed from outside, as the kernel does when memory runs out"


# Starting


def unknown_runtime(runtime: str, known: Sequence[str], where: str) -> MeasureError:
    return MeasureError(
        f"there is no runtime {runtime!r}",
        where=where,
        fix=f"write one of {', '.join(known)}, or the path of a runtime file (.py)",
    )


def unlike_option(key: str, value: object, where: str) -> MeasureError:
    return MeasureError(
        f"runtime option {key!r} is {value!r}", where=where, fix="give text, a number, true or false"
    )


def no_python(python: str, cause: OSError) -> MeasureError:
    return MeasureError(
        f"the interpreter {python} cannot be started: {cause.strerror or cause}",
        fix="give `python` of the profile the path of an environment's interpreter (bin/python)",
    )


def not_copied(path: str, cause: OSError) -> MeasureError:
    return MeasureError(
        f"the file cannot be copied: {cause.strerror or cause}",
        where=path,
        fix="is it there, and is there room for it here?",
    )


# The worker as a process


def died(runtime: str, doing: str, status: int, tail: str) -> MeasureError:
    if status < 0:
        name = signal.Signals(-status).name
        how = f"was {KILLED} (SIGKILL)" if -status == signal.SIGKILL else f"crashed ({name})"
        fix = (
            "give the machine more memory, or measure with a smaller batch"
            if -status == signal.SIGKILL
            else "the runtime itself fails on this file: try another version of it, or other runtime_options"
        )
    else:
        how = f"ended with status {status}"
        fix = "see what it printed; the interpreter needs Python 3.11, numpy and the runtime"
    return MeasureError(f"{runtime} {how} while {doing}{_printed(tail)}", fix=fix)


def hung(runtime: str, doing: str, seconds: float, tail: str) -> MeasureError:
    return MeasureError(
        f"{runtime} had not finished after {seconds:g} s while {doing}, and was stopped{_printed(tail)}",
        fix="a runtime that hangs on one file cannot be measured on it; is the machine overloaded?",
    )


def dead(runtime: str) -> MeasureError:
    return MeasureError(f"the process of {runtime} has ended", fix="ask the pool for another")


def malformed(runtime: str, doing: str, what: str, tail: str) -> MeasureError:
    return MeasureError(
        f"{runtime} answered garbage while {doing}: {what}{_printed(tail)}",
        fix="does something in its process write to files it did not open?",
    )


def impossible_time(runtime: str, doing: str, name: str, value: float) -> MeasureError:
    return MeasureError(
        f"{runtime} took {value:g} s ({name}) while {doing}: that is no time",
        fix="the machine's clock is broken or too coarse to measure here",
    )


def _printed(tail: str) -> str:
    return "\n  it printed:\n" + "\n".join(f"    {line}" for line in tail.splitlines()) if tail else ""


# What the worker refuses


def refused(runtime: str, doing: str, code: str, facts: Mapping[str, Any], where: str) -> MeasureError:
    """The worker's own words for a refusal.

    Args:
        where: the model file, or "".
    """
    told = _REFUSALS.get(code)
    if told is None:
        return MeasureError(f"{runtime} refused ({code}) while {doing}: {facts}", where=where)
    what, fix = told({"runtime": runtime, "doing": doing, **facts})
    return MeasureError(what, where=where, fix=fix)


def _option(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"{facts['runtime']} has no option {facts['key']!r}",
        f"write one of these in runtime_options: {', '.join(facts['known'])}",
    )


def _option_value(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"option {facts['key']!r} of {facts['runtime']} cannot be {facts['value']!r}",
        f"write one of {', '.join(facts['known'])}",
    )


def _no_runtime(facts: Mapping[str, Any]) -> tuple[str, str]:
    extra = " (python -m pip install pytest-edgebench[micro])" if facts["runtime"] == "tflite-micro" else ""
    return (
        f"{facts['runtime']} cannot be imported in {facts['python']}: {facts['text']}",
        f"install it there{extra}, or name another environment's interpreter as `python` in the profile",
    )


def _no_file(facts: Mapping[str, Any]) -> tuple[str, str]:
    return "there is no model file here any more", "build it again"


def _memory(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"this system ({facts['system']}) does not say how much memory a process held",
        "leave budgets on memory to a Linux machine with /proc",
    )


def _inputs(facts: Mapping[str, Any]) -> tuple[str, str]:
    given, wanted = facts["given"], facts["wanted"]
    return (
        f"the file wants {len(wanted)} input(s) ({', '.join(wanted)}), "
        f"the data has {len(given)} ({', '.join(given)})",
        "give data one array for each input, as a mapping of input name to array",
    )


def _shape(facts: Mapping[str, Any]) -> tuple[str, str]:
    wanted, given = facts["wanted_shape"], facts["shape"]
    only_batch = len(wanted) == len(given) and all(
        n is None or n == m for n, m in zip(wanted[1:], given[1:], strict=True)
    )
    fix = (
        f"set `batch = {wanted[0]}` in the profile, or export the model with a free first dimension"
        if only_batch
        else "give the samples in the shape that the file was made for; the first axis is the sample"
    )
    return f"input {facts['name']!r} wants shape {_dims(wanted)} in a call, was given {_dims(given)}", fix


def _dtype(facts: Mapping[str, Any]) -> tuple[str, str]:
    wanted = facts["wanted_dtype"]
    if not wanted:
        what = f"input {facts['name']!r} wants something else than an array of numbers"
        return what, "a model is measured on arrays of numbers: leave the preprocessing outside of it"
    what = f"input {facts['name']!r} wants {wanted}, was given {facts['dtype']}"
    if "float" in facts["dtype"]:
        return what, "it has no scale to quantize floats by: give the data in that dtype"
    return what, "give the data in the source model's own dtype; floats are quantized where a file needs it"


def _range(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"input {facts['name']!r} wants {facts['wanted_dtype']}, which cannot hold the values given "
        f"({facts['dtype']}, {facts['low']} to {facts['high']})",
        "give the data in the dtype that the file wants",
    )


def _output_shape(facts: Mapping[str, Any]) -> tuple[str, str]:
    shapes = ", ".join(_dims(shape) for shape in facts["shapes"])
    return (
        f"output {facts['name']!r} has no axis for the sample: {shapes} for {facts['batch']} samples a call",
        "the first axis of every output must be the sample; with outputs of differing lengths, pad them",
    )


def _output_kind(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"output {facts['name']!r} is a {facts['kind']}, not an array of numbers",
        "export the model without it (for scikit-learn models: with zipmap off)",
    )


def _raised(facts: Mapping[str, Any]) -> tuple[str, str]:
    text = str(facts["text"]).strip()
    lines = text.splitlines()[:6]
    shown = "\n    ".join(lines)
    return (
        f"{facts['runtime']} raised {facts['type']} while {facts['doing']}: {shown}",
        "does this version of the runtime know all of the file's operators and dtypes?",
    )


def _dims(shape: Sequence[int | None]) -> str:
    return f"[{', '.join('any' if n is None else str(n) for n in shape)}]"


def _dynamic_int8(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"{facts['runtime']} {facts['version']} answers garbage, without an error, on this file's fully "
        "connected layers (real numbers in, int8 weights with a scale for each channel): it is not run",
        'quantize with static-int8, or run this file with LiteRT (runtime = "litert")',
    )


def _arena(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"the file takes {facts['needed']:,} bytes of tensor arena or more, the profile gives it "
        f"{facts['given']:,}",
        "compress the model further, or raise `arena` in runtime_options",
    )


_REFUSALS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "option": _option,
    "option_value": _option_value,
    "no_runtime": _no_runtime,
    "no_file": _no_file,
    "memory": _memory,
    "inputs": _inputs,
    "shape": _shape,
    "dtype": _dtype,
    "range": _range,
    "output_shape": _output_shape,
    "output_kind": _output_kind,
    "raised": _raised,
    "dynamic_int8": _dynamic_int8,
    "arena": _arena,
}


# Locks


def lock_timeout(wanted: str, seconds: float, holders: Sequence[str]) -> MeasureError:
    held = "; ".join(holders) if holders else "unknown"
    return MeasureError(
        f"waited {seconds:g} s for {wanted}; held by: {held}",
        fix="let the other run finish, or end it if it hangs; its locks go with it",
    )


def nested_lock(wanted: str, held: str) -> MeasureError:
    return MeasureError(
        f"{wanted} was asked for while this thread holds {held}: two runs doing so could wait for each "
        "other for good",
        fix="let go of the first lock before asking for the second",
    )


def lock_file(path: Path, cause: OSError) -> SettingsError:
    return SettingsError(
        f"the lock cannot be used: {cause.strerror or cause}",
        where=str(path),
        fix="make its folder writable for everybody who runs pytest here, or remove it",
    )
