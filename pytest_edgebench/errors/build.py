"""What can go wrong while a model file is read, built or cached."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pytest_edgebench.errors import (
    BuildError,
    DataError,
    DeclarationError,
    EdgebenchError,
    NoEffectError,
    SettingsError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REEXPORT = "export the model again, or take the file from its source once more"


# Model files


def no_file(path: Path) -> BuildError:
    return BuildError(
        "there is no model file here", where=str(path), fix="give the path of a .onnx or .tflite file"
    )


def empty_file(path: Path) -> BuildError:
    return BuildError("the model file is empty", where=str(path), fix=REEXPORT)


def lfs_pointer(path: Path) -> BuildError:
    return BuildError(
        "the file is a Git LFS pointer, not the model itself", where=str(path), fix="run git lfs pull"
    )


def other_format(path: Path, expected: str, found: str) -> BuildError:
    return BuildError(
        f"the file is called {path.suffix} but holds {found}, not {expected}",
        where=str(path),
        fix="rename the file, or give the one that was meant",
    )


def damaged(path: Path, expected: str, detail: str) -> BuildError:
    return BuildError(
        f"the file is no whole {expected} model: truncated, damaged or something else ({detail})",
        where=str(path),
        fix=REEXPORT,
    )


def no_external_data(path: Path, missing: str) -> BuildError:
    return BuildError(
        f"the model keeps weights in {missing!r}, which is missing or too short",
        where=str(path),
        fix=f"put {missing!r} beside the model, or save the model with its weights inside",
    )


# Sources and steps


def source_failed(name: str, cause: BaseException, line: str, place: str) -> BuildError:
    return BuildError(
        f"the function that makes model {name!r} raised {_named(cause)}",
        where=line or place,
        fix="run that function on its own and mend it",
    )


def source_not_module(name: str, given: object, place: str) -> BuildError:
    what = "nothing" if given is None else f"a {type(given).__name__}"
    return BuildError(
        f"the function that makes model {name!r} returned {what}, not a torch.nn.Module",
        where=place,
        fix="return the module; for a file give its path: eb.Model('net.onnx', ...)",
    )


def not_a_source(given: object) -> DeclarationError:
    return DeclarationError(
        f"a {type(given).__name__} is no model or recipe",
        fix="give an eb.Model, or what eb.quantize, eb.prune or eb.chain return",
    )


def not_installed(needed: str, what: str, place: str) -> BuildError:
    return BuildError(
        f"{what} needs {needed}, which is not installed",
        where=place,
        fix="pip install 'pytest-edgebench[torch,tflite]'",
    )


def step_failed(step: str, cause: BaseException, place: str, line: str = "") -> BuildError:
    at = f" at {line}" if line else ""
    return BuildError(
        f"{step} raised {_named(cause)}{at}",
        where=place,
        fix="see whether the step supports this model; a smaller step or another scheme may",
    )


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


def other_architecture() -> BuildError:
    return BuildError(
        "finetune returned a module of another architecture, whose removed weights are unknown",
        fix="train the module that finetune is given, in place",
    )


def no_effect(step: str, reason: str, place: str) -> NoEffectError:
    return NoEffectError(
        f"{step} had no effect: {reason}",
        where=place,
        fix="leave the step out, or give it a model it can work on",
    )


# What cannot be built


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
        "a prebuilt file replaces the model, so no other step can stand beside it",
        where=place,
        fix="give the file as a model of its own: eb.Model('net.onnx', ...)",
    )


# Declarations of steps


def bad_ratio(given: object) -> DeclarationError:
    return DeclarationError(
        f"a pruning ratio is a number between 0 and 1, not {given!r}",
        fix="write e.g. eb.prune(model, 0.5) to remove half of the weights",
    )


def bad_finetune(given: object) -> DeclarationError:
    return DeclarationError(
        f"finetune= takes a function (module) or (module, data), not a {type(given).__name__}",
        fix="def finetune(module): ... train it in place ...",
    )


def unknown_scheme(given: object, allowed: Sequence[str], near: str | None) -> DeclarationError:
    hint = f"did you mean {near!r}? " if near else ""
    return DeclarationError(
        f"{given!r} is no quantization scheme", fix=f"{hint}schemes are {', '.join(map(repr, allowed))}"
    )


def not_a_choice(name: str, given: object, allowed: Sequence[object]) -> DeclarationError:
    return DeclarationError(f"{name}= is not {given!r}", fix=f"choose one of {', '.join(map(repr, allowed))}")


def bad_percentile(given: object) -> DeclarationError:
    return DeclarationError(
        f"percentile= is a number between 50 and 100, not {given!r}", fix="write e.g. percentile=99.9"
    )


def bad_block(given: object) -> DeclarationError:
    return DeclarationError(
        f"block= is a power of two from 16 to 256, not {given!r}", fix="write e.g. block=32"
    )


def signed_by_unsigned() -> DeclarationError:
    return DeclarationError(
        "no runtime multiplies int8 activations by uint8 weights",
        fix="choose activations='uint8' with weights 'int8' or 'uint8', or 'int8' with 'int8'",
    )


def only_for(name: str, schemes: str, given: str) -> DeclarationError:
    return DeclarationError(
        f"{name}= has a meaning for {schemes} only, not for {given!r}", fix=f"leave {name}= out"
    )


def bad_patterns(name: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{name}= is a pattern or several, not {given!r}", fix=f"write e.g. {name}=('Gemm', '*conv1*')"
    )


def excludes_nothing(step: str, pattern: str, known: Sequence[str]) -> BuildError:
    return BuildError(
        f"{step}: exclude={pattern!r} matches no operator of the file",
        fix=f"operators are {', '.join(known)}",
    )


def bad_calibration_count(given: object) -> DeclarationError:
    return DeclarationError(
        f"calibration= is a number of samples, at least 1, not {given!r}",
        fix="write e.g. calibration=128",
    )


def not_a_flag(name: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{name}= is True or False, not {given!r}", fix=f"write {name}=True or {name}=False"
    )


def not_a_step(given: object) -> DeclarationError:
    return DeclarationError(
        f"eb.chain takes steps after the model, not {given!r}",
        fix="write e.g. eb.chain(model, Prune(0.5), Quantize('static-int8'))",
    )


def empty_chain() -> DeclarationError:
    return DeclarationError(
        "eb.chain needs at least one step",
        fix="write e.g. eb.chain(model, Prune(0.5)); the model itself is the recipe `original`",
    )


def prebuilt_of_recipe(given: object) -> DeclarationError:
    return DeclarationError(
        f"eb.prebuilt takes the model the file was made of, not a {type(given).__name__}",
        fix="write eb.prebuilt(model, 'models/model_int8.tflite')",
    )


# Calibration and inputs


def undeclared_calibration(step: str, place: str) -> BuildError:
    return BuildError(
        f"{step} asks for more calibration samples than its `samples` says, so they are not in its identity",
        where=place,
        fix="give the step a property `samples` with the number it asks for",
    )


def input_names(given: Sequence[str], wanted: Sequence[str], path: Path) -> DataError:
    return DataError(
        f"the data has inputs {', '.join(given)}; the model takes {', '.join(wanted)}",
        where=str(path),
        fix="name the inputs of `data` (a mapping) as the model does",
    )


# Cache


def is_full(cause: OSError) -> bool:
    """No space, quota used up, or over the file-size limit."""
    return cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def cannot_write(folder: Path, cause: OSError) -> EdgebenchError:
    """A full disk is a build error; a folder that may not be written is a matter of settings."""
    if is_full(cause):
        return BuildError(
            f"no room to write the cache: {cause.strerror}",
            where=str(folder),
            fix="free space, or point `cache_dir` in the ini file to another disk",
        )
    return SettingsError(
        f"the cache folder cannot be written: {cause.strerror or cause}",
        where=str(folder),
        fix="point `cache_dir` in the ini file to a folder that can be written",
    )


def _named(cause: BaseException) -> str:
    """Exception type and the first line of its text that says something."""
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return f"{type(cause).__name__}: {lines[0]}" if lines else type(cause).__name__
