"""Messages of the room `compressors.build`: what was wrong, where, and what to write instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import (
    BuildError,
    NoEffectError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNTIMES = {"onnx": "ONNX Runtime", "tflite": "LiteRT"}
MISSING = r"(?:builtin opcode|unresolved custom op:) '?(\w+)"
"""Where a runtime names the operator that it does not have."""


def source_failed(name: str, cause: BaseException, line: str, place: str) -> BuildError:
    return BuildError(
        f"the function that makes model {name!r} raised {_named(cause)}",
        where=line or place,
        fix="run that function on its own and fix it",
    )


def source_not_module(name: str, given: object, place: str) -> BuildError:
    what = "nothing" if given is None else f"a {type(given).__name__}"
    return BuildError(
        f"the function that makes model {name!r} returned {what}, not a torch.nn.Module",
        where=place,
        fix="return the module; for a file give its path: eb.Model('net.onnx', ...)",
    )


def not_installed(needed: str, what: str, place: str) -> BuildError:
    return BuildError(
        f"{what} needs {needed}, which is not installed",
        where=place,
        fix="pip install 'pytest-edgebench[torch,tflite]'",
    )


def lacking(cause: ImportError, what: str, place: str) -> BuildError:
    """For a library that is not installed, or too old to have a name that is imported from it."""
    if isinstance(cause, ModuleNotFoundError):
        return not_installed(cause.name or str(cause), what, place)
    return BuildError(
        f"{what} needs another version of what is installed: {cause.msg.partition(' (/')[0]}",
        where=place,
        fix="pip install -U 'pytest-edgebench[torch,tflite]'",
    )


def step_failed(step: str, cause: BaseException, place: str, line: str = "") -> BuildError:
    at = f" at {line}" if line else ""
    return BuildError(f"{step} raised {_named(cause)}{at}", where=place, fix=_OTHER_STEP)


def engine_failed(step: str, said: str) -> BuildError:
    """For what a library raised in a worker, or how the worker ended."""
    return BuildError(f"{step} raised {_first_line(said)}", fix=_OTHER_STEP)


def engine_answer(step: str, name: str) -> BuildError:
    return BuildError(
        f"{step}: the worker that quantizes answered with a file {name!r}",
        fix="do not trust this model file: it made the library that reads it do something else",
    )


_OTHER_STEP = "see whether the step supports this model; a smaller step or another scheme may"


def export_failed(format_: str, cause: BaseException, line: str = "") -> BuildError:
    at = f" at {line}" if line else ""
    return BuildError(
        f"the model cannot be exported to {format_}: {_named(cause)}{at}",
        fix="forward() must be free of data-dependent Python control flow and take the inputs of `data`",
    )


def export_differs(format_: str, error: float, allowed: float) -> BuildError:
    return BuildError(
        f"the exported {format_} file answers otherwise than the torch module: "
        f"error {error:.2g} of the largest output, allowed {allowed:.0e}",
        fix="check for randomness or state in forward(), e.g. dropout that ignores eval()",
    )


def export_outputs(format_: str, count: int, expected: int) -> BuildError:
    return BuildError(
        f"the exported {format_} file has {count} outputs, the torch module {expected}",
        fix="return a tensor or a tuple of tensors from forward()",
    )


def export_shape(format_: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> BuildError:
    return BuildError(
        f"the exported {format_} file answers with shape {shape}, the torch module with {expected}",
        fix="return a tensor or a tuple of tensors from forward(), in a fixed order",
    )


def not_a_tensor(given: object) -> BuildError:
    return BuildError(
        f"forward() returned a {type(given).__name__}, not a tensor or a tuple of tensors",
        fix="wrap the model in a module whose forward() returns tensors",
    )


def wrote_nothing(step: str, place: str) -> BuildError:
    return BuildError(
        f"{step} wrote no file", where=place, fix="write the result to the path given as `target`"
    )


def no_module(step: str, given: object, place: str) -> BuildError:
    what = "nothing" if given is None else f"a {type(given).__name__}"
    return BuildError(f"{step} returned {what}, not a torch.nn.Module", where=place, fix="return the module")


def no_effect(step: str, reason: str, place: str) -> NoEffectError:
    return NoEffectError(
        f"{step} had no effect: {reason}",
        where=place,
        fix="leave the step out, or give it a model it can work on",
    )


def rebuilt_differs(step: str, first: str, now: str, place: str) -> BuildError:
    return BuildError(
        f"rebuilt with other bytes than the cached file; the first step that differs is: {step} "
        f"(cached: {first}; now: {now})",
        where=place,
        fix="make the step repeatable (seeds, threads, CPU), or accept the new file: pytest --cache-clear",
    )


def export_does_not_run(format_: str, said: str) -> BuildError:
    runtime = RUNTIMES.get(format_, format_)
    missing = re.search(MISSING, said)
    reason = f"it has no operator {missing[1]}" if missing else _first_line(said)
    return BuildError(
        f"{runtime} cannot run the exported file: {reason}",
        fix="write that part of forward() in other operators, or give a profile whose runtime has them",
    )


def does_not_run(step: str, format_: str, reason: str) -> BuildError:
    runtime = RUNTIMES.get(format_, format_)
    return BuildError(
        f"{step} wrote a file that {runtime} cannot run: {_first_line(reason)}",
        fix="leave the operator it names out by exclude=, or take another scheme",
    )


def not_finite(step: str, format_: str, outputs: Sequence[str]) -> BuildError:
    runtime = RUNTIMES.get(format_, format_)
    named = ", ".join(outputs)
    return BuildError(
        f"{step} wrote a file that answers NaN or infinity on {runtime} ({named}), unlike the one before it",
        fix="leave operators with large numbers out by exclude= (halves end at 65,504), or take another",
    )


def wrong_format(name: str, has: str, wanted: str, place: str) -> UnsupportedError:
    return UnsupportedError(
        f"{name} is a .{has} file and cannot become .{wanted}",
        where=place,
        fix=f"give a profile whose runtime takes .{has}, or a model made of torch code",
    )


def no_stage(step: str, format_: str, place: str) -> UnsupportedError:
    return UnsupportedError(
        f"{step} cannot be applied to {format_}",
        where=place,
        fix="restrict the recipe with profiles=, or take another step",
    )


def refused(step: str, format_: str, reason: str, place: str) -> UnsupportedError:
    return UnsupportedError(
        f"{step} cannot be applied to {format_}, since {reason}",
        where=place,
        fix="restrict the recipe with profiles=, or change that parameter",
    )


def needs_torch(step: str, name: str, place: str) -> UnsupportedError:
    return UnsupportedError(
        f"{step} works on torch modules, but {name} is a file",
        where=place,
        fix="apply it where the model is still torch code, or leave it out",
    )


def ingredient_not_torch(step: str, name: str, place: str) -> UnsupportedError:
    return UnsupportedError(
        f"{step} needs the torch module of {name or 'its ingredient'!r}, which is or becomes a file",
        where=place,
        fix="give a model made of torch code, with torch steps only",
    )


def wrong_order(step: str, earlier: str, place: str) -> UnsupportedError:
    return UnsupportedError(
        f"{step} works on the torch module but comes after {earlier}, which works on the exported file",
        where=place,
        fix="swap them",
    )


def prebuilt_with_steps(place: str) -> UnsupportedError:
    return UnsupportedError(
        "a prebuilt file replaces the model, so no other step can be combined with it",
        where=place,
        fix="give the file as a model of its own: eb.Model('net.onnx', ...)",
    )


def undeclared_calibration(step: str, place: str) -> BuildError:
    return BuildError(
        f"{step} asks for more calibration samples than its `samples` says, so they are not in its identity",
        where=place,
        fix="give the step a property `samples` with the number it asks for",
    )


def _named(cause: BaseException) -> str:
    """Exception type and the first line of its text that says something."""
    text = _first_line(str(cause))
    return f"{type(cause).__name__}: {text}" if text else type(cause).__name__


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
