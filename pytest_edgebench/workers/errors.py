"""Messages of the room `workers`: what was wrong, where, and what to write instead."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.workers.progress import Progress


def clock_rate(title: str, doing: str, there_s: float, here_s: float) -> MeasureError:
    return MeasureError(
        f"the clock of {title} counted {there_s:.3g} s while {here_s:.3g} s passed here ({doing}): its times "
        "mean nothing",
        fix="does it run in an emulator, or with a broken clock source (see "
        "/sys/devices/system/clocksource/clocksource0/current_clocksource)?",
    )


def other_version(title: str, wanted: str, found: str, place: str) -> MeasureError:
    error = MeasureError(
        f"{title} is version {found}, and the profile asks for {wanted}",
        where=place,
        fix=f'install {wanted} there, or write runtime_version = "{found}" in the profile',
    )
    error.lasting = True
    return error


NO_TYPE = "which numpy has no type for"
SMALL = ("int2", "int4", "uint2", "uint4")
"""Types of fewer bits than a byte."""
KILLED = "killed from outside, as the kernel does when memory runs out"


def unlike_option(key: str, value: object, where: str) -> MeasureError:
    return MeasureError(
        f"runtime option {key!r} is {value!r}", where=where, fix="give text, a number, true or false"
    )


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
    return MeasureError(f"{runtime} {how} while {doing}{printed(tail)}", fix=fix)


def hung(
    runtime: str, doing: str, seconds: float, tail: str, progress: Progress | None = None
) -> MeasureError:
    what = f"{runtime} had not finished after {seconds:g} s while {doing}, and was stopped"
    if progress is not None and progress.done:
        what = (
            f"{runtime} did not finish another sample in {seconds:g} s while {doing}, and was stopped after "
            f"{progress.told()}"
        )
    elif progress is not None:
        what += " before the first sample was done"
    return MeasureError(
        f"{what}{printed(tail)}",
        fix="a runtime that hangs on one file cannot be measured on it; is the machine overloaded? "
        "edgebench_deadline allows more seconds",
    )


def dead(runtime: str) -> MeasureError:
    return MeasureError(f"the process of {runtime} has ended", fix="ask the pool for another")


def malformed(runtime: str, doing: str, what: str, tail: str) -> MeasureError:
    return MeasureError(
        f"{runtime} answered garbage while {doing}: {what}{printed(tail)}",
        fix="does something in its process write to files it did not open?",
    )


def impossible_time(runtime: str, doing: str, name: str, value: float) -> MeasureError:
    return MeasureError(
        f"{runtime} took {value:g} s ({name}) while {doing}: that is not possible",
        fix="the machine's clock is broken or too coarse to measure here",
    )


def printed(tail: str) -> str:
    """The end of what a program printed, below a message."""
    return "\n  it printed:\n" + "\n".join(f"    {line}" for line in tail.splitlines()) if tail else ""


def refused(runtime: str, doing: str, code: str, facts: Mapping[str, Any], where: str) -> MeasureError:
    """The worker's own words for a refusal.

    Args:
        where: the model file, or "". A library's message that names it, be it on a board, names its file name
            alone: the file is the cache's copy, or the board's.
    """
    if where and "text" in facts:
        facts = {**facts, "text": without_folder(str(facts["text"]), Path(where).name)}
    told = _REFUSALS.get(code)
    if told is None:
        return MeasureError(f"{runtime} refused ({code}) while {doing}: {facts}", where=where)
    what, fix = told({"runtime": runtime, "doing": doing, **facts})
    error = (StreamLost if code == "stream_lost" else MeasureError)(what, where=where, fix=fix)
    if code == "raised":
        error.said = printable(f"{facts['type']}: {str(facts['text']).strip()}")
    return error


def without_folder(said: str, name: str) -> str:
    """A message with the folder left out wherever a path leads to the file `name`."""
    return re.sub(rf"[^\s'\"(=:]*/{re.escape(name)}", name, said)


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
    return "model file not found any more", "build it again"


def _memory(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"this system ({facts['system']}) does not say how much memory a process held",
        "leave budgets on memory to a Linux machine with /proc",
    )


def _inputs(facts: Mapping[str, Any]) -> tuple[str, str]:
    given, wanted = facts["given"], facts["wanted"]
    if not wanted:
        return (
            "the file has no inputs: its answers are the same in each call",
            "give a model with at least one input",
        )
    return (
        f"the file wants {len(wanted)} input(s) ({', '.join(wanted)}), "
        f"the data has {len(given)} ({', '.join(given)})",
        "give data one array for each input, as a mapping of input name to array; for an input that is no "
        "sample, an eb.Constant or eb.State",
    )


def _shape(facts: Mapping[str, Any]) -> tuple[str, str]:
    wanted, given = facts["wanted_shape"], facts["shape"]
    axis = facts.get("axis") or 0
    only_batch = len(wanted) == len(given) and all(
        n is None or n == m for at, (n, m) in enumerate(zip(wanted, given, strict=True)) if at != axis
    )
    fix = (
        f"set `batch = {wanted[axis]}` in the profile, or export the model with a free first dimension"
        if only_batch
        else "give the samples in the shape that the file was made for; the first axis is the sample"
    )
    return f"input {facts['name']!r} wants shape {_dims(wanted)} in a call, was given {_dims(given)}", fix


def _dtype(facts: Mapping[str, Any]) -> tuple[str, str]:
    wanted = facts["wanted_dtype"]
    if not wanted:
        odd = odd_kind(facts.get("kind", ""))
        what = f"input {facts['name']!r} takes {odd}"
        if odd.endswith(NO_TYPE):
            return what, "export the model with an input of another type, such as int8 or float32"
        return what, "a model is measured on arrays of numbers: leave the preprocessing outside of it"
    what = f"input {facts['name']!r} wants {wanted}, was given {facts['dtype']}"
    if wanted == "bool":
        return what, "give the data as bool, or as the integers 0 and 1"
    if "float" in facts["dtype"]:
        return what, "it has no scale to quantize floats by: give the data in that dtype"
    return what, "give the data in the source model's own dtype; floats are quantized where a file needs it"


def _scalar(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"input {facts['name']!r} is one number a call, and the samples of a batch have different ones",
        "set `batch = 1` in the profile",
    )


def _signature(facts: Mapping[str, Any]) -> tuple[str, str]:
    known = ", ".join(facts["known"]) or "none"
    if facts["given"]:
        return f"the file has no signature {facts['given']!r}", f"choose one that it has: {known}"
    return (
        f"the file has {len(facts['known'])} signatures ({known}), and none is chosen",
        'name one in the model, eb.Model(..., signature="' + facts["known"][0] + '"), or in runtime_options',
    )


def _state_output(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"state {facts['name']!r} is fed from output {facts['given']!r}, which the file does not have",
        f"name one of its outputs, or give its number: {', '.join(facts['known'])}",
    )


def _state_shape(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"state {facts['name']!r} has shape {_dims(facts['wanted_shape'])}, and output {facts['output']!r}, "
        f"which feeds it, {_dims(facts['shape'])}",
        "name the output that holds the next state, and its axis of the samples: eb.State(output, axis=...)",
    )


def _state_free(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"state {facts['name']!r} has shape {_dims(facts['wanted_shape'])}: its lengths are not told",
        "give its initial value as an array: eb.State(..., initial=numpy.zeros(...))",
    )


def _state_axis(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"state {facts['name']!r} of shape {_dims(facts['wanted_shape'])} has no axis {facts['axis']}",
        "axes are counted from 0; axis= names the one along which the samples of a batch are",
    )


def _never_batch(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"a state that is never reset goes on from sample to sample, but a call takes {facts['batch']}",
        'set `batch = 1` in the profile, or give sequences: eb.State(..., reset="sequence")',
    )


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


def outputs_differ(path: Path, how: str) -> MeasureError:
    """Outputs of one file that cannot be put together."""
    return MeasureError(
        f"outputs of {path.name} differ from sample to sample: {how}",
        where=str(path),
        fix="have the file give the same outputs for each sample",
    )


class StreamLost(MeasureError):  # noqa: N818 - what happened, not what is wrong
    """A worker was asked to go on with samples whose state another one had."""


def _stream_lost(facts: Mapping[str, Any]) -> tuple[str, str]:
    return (
        f"the state of {facts['first']:,} samples was lost with the connection",
        "is the connection to the target stable? A state that is never reset needs one for all samples",
    )


def output_kind(facts: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with an output that is no array, and what to do."""
    kind = facts["kind"]
    zipmap = " (for scikit-learn models: with zipmap off)" if kind.startswith("seq(") else ""
    return (
        f"output {facts['name']!r} gives {odd_kind(kind)}",
        f"export the model without it, or with another type of output{zipmap}",
    )


def odd_kind(kind: str) -> str:
    """What a runtime's type is that is no array of numpy's numbers, e.g. of "tensor(int4)"."""
    inner = kind.removeprefix("tensor(").removesuffix(")")
    if inner == "string":
        return "text (string), not numbers"
    if kind.startswith("seq("):
        return f"a sequence ({kind}), not one array"
    if kind.startswith("optional("):
        return f"an optional value ({kind}), not an array"
    if kind.startswith("tensor(") or inner in SMALL:
        return f"{inner} numbers, {NO_TYPE}"
    return f"something else than an array of numbers ({kind or 'of a type without a name'})"


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
    "stream_lost": _stream_lost,
    "memory": _memory,
    "inputs": _inputs,
    "shape": _shape,
    "dtype": _dtype,
    "range": _range,
    "state_output": _state_output,
    "state_shape": _state_shape,
    "state_free": _state_free,
    "state_axis": _state_axis,
    "never_batch": _never_batch,
    "scalar": _scalar,
    "signature": _signature,
    "output_shape": _output_shape,
    "output_kind": output_kind,
    "raised": _raised,
    "dynamic_int8": _dynamic_int8,
    "arena": _arena,
}


def no_sandbox(lacking: Sequence[str]) -> MeasureError:
    missing = {"files": "Landlock (Linux 5.13 or newer)", "network": "seccomp filters"}
    return MeasureError(
        f"a sandbox is required (edgebench_sandbox = require), and this kernel has no "
        f"{' and no '.join(missing[name] for name in lacking)}",
        fix="use a kernel that has it, or edgebench_sandbox = auto for what is available",
    )
