"""Messages of the room `samples`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def critical_shape(given: str, count: int, where: str) -> DataError:
    return DataError(
        f"the critical samples are {given}",
        where=where,
        fix=f"give their numbers (0 to {count - 1:,}) or a mask of {count:,} true and false",
    )


_PAIR = (
    "give data=(inputs, labels), the path of an .npz or .parquet with x and y, or a function returning such"
)
_INPUTS = "give an array (samples first), a mapping of input name to array, or the path of an .npy"


def not_a_pair(given: Any, where: str) -> DataError:
    return DataError(f"data is a {type(given).__name__}, not a pair (inputs, labels)", where=where, fix=_PAIR)


def not_inputs(what: str, given: Any, where: str) -> DataError:
    return DataError(f"{what} is a {type(given).__name__}, not inputs", where=where, fix=_INPUTS)


def inputs_differ(lengths: Mapping[str, int], where: str) -> DataError:
    shown = ", ".join(f"{name}: {count}" for name, count in lengths.items())
    return DataError(
        f"inputs hold different numbers of samples ({shown})",
        where=where,
        fix="the first axis of every input is the sample; give each the same length",
    )


def no_axis(what: str, axis: int, shape: tuple[int, ...], where: str) -> DataError:
    return DataError(
        f"{what} of shape {shape} has no axis {axis}",
        where=where,
        fix="axes are counted from 0, and axis= names the one along which the samples are",
    )


def only_roles(names: Sequence[str], what: str, where: str) -> DataError:
    return DataError(
        f"{what} has no samples: {', '.join(names)} are constants or states",
        where=where,
        fix="give at least one input as an array of samples",
    )


def state_needs_array(name: str, where: str) -> DataError:
    return DataError(
        f"the shape of state {name!r} is not known before a model file is run",
        where=where,
        fix="give its initial value as an array: eb.State(..., initial=numpy.zeros(...))",
    )


def unknown_reset(what: str, given: object, known: Sequence[str], where: str) -> DataError:
    return DataError(
        f"{what} has reset={given!r}", where=where, fix=f"write one of {', '.join(map(repr, known))}"
    )


def state_axis(what: str, given: object, where: str) -> DataError:
    return DataError(
        f"{what} has axis={given!r}", where=where, fix="give the number of an axis, counted from 0"
    )


def sequences_differ(steps: Mapping[str, object], where: str) -> DataError:
    shown = ", ".join(f"{name}: {count}" for name, count in steps.items())
    return DataError(
        f"a state is reset before each sequence, and the inputs have different numbers of steps ({shown})",
        where=where,
        fix="give each sample input as (samples, steps, ...), the same number of steps in all",
    )


def labels_are_one(given: Any, where: str) -> DataError:
    kind = "None" if given is None else f"one {type(given).__name__}"
    return DataError(
        f"the labels are {kind}, not one for each sample",
        where=where,
        fix="give an array or a list of labels",
    )


def labels_length(labels: int, inputs: int, where: str) -> DataError:
    return DataError(
        f"{labels} labels for {inputs} inputs", where=where, fix="give one label for each sample, in order"
    )


def object_array(what: str, where: str) -> DataError:
    return DataError(
        f"{what} is an array of Python objects",
        where=where,
        fix="give a rectangular array of numbers (are the samples of different shapes?)",
    )


def labels_not_plain(kind: str, where: str) -> DataError:
    return DataError(
        f"a label is or holds {kind}",
        where=where,
        fix="give numbers, texts, arrays, or lists and dicts of these, one for each sample",
    )


def no_array(what: str, error: Exception, where: str) -> DataError:
    return DataError(
        f"{what} cannot be read as an array: {type(error).__name__}: {error}", where=where, fix=_INPUTS
    )


def no_numbers(what: str, dtype: str, where: str) -> DataError:
    return DataError(f"{what} has dtype {dtype}", where=where, fix="give floats, integers, booleans or text")


def no_samples(what: str, where: str) -> DataError:
    return DataError(
        f"{what} holds no samples", where=where, fix="give at least one sample, first axis samples"
    )


def not_finite(what: str, where: str) -> DataError:
    return DataError(
        f"{what} contains NaN or infinite values",
        where=where,
        fix="clean the data: a score over such inputs means nothing",
    )


def no_file(path: Path, where: str) -> DataError:
    told = "is a folder" if is_folder(path) else "does not exist"
    return DataError(f"the data file {shortened(str(path))} {told}", where=where, fix=_PAIR)


def is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that cannot be
        return False


_SAVE = "write it with numpy.savez(path, x=inputs, y=labels); arrays of objects are not read"
_SAVE_ROWS = "write a row a sample: column y the label, x the input as a number or as lists of one length"
_SAVE_ONE = "write it with numpy.save(path, inputs); arrays of objects are not read"


def bad_file(path: Path, error: Exception, where: str) -> DataError:
    return DataError(
        f"{path.name} cannot be read as data: {reason(error)}",
        where=where,
        fix={".npy": _SAVE_ONE, ".parquet": _SAVE_ROWS}.get(path.suffix, _SAVE),
    )


def bad_column(path: Path, name: str, error: Exception, where: str) -> DataError:
    return DataError(
        f"{path.name}: column {name!r} cannot be read as data: {reason(error)}", where=where, fix=_SAVE_ROWS
    )


def no_column(path: Path, name: str, known: Sequence[str], where: str) -> DataError:
    there = shortened(", ".join(map(repr, known)) or "none")
    return DataError(
        f"{path.name} cannot be read as data: it has no column {name!r}; its columns are {there}",
        where=where,
        fix=_SAVE_ROWS,
    )


def no_pyarrow(path: Path, where: str) -> DataError:
    return DataError(
        f"{path.name} cannot be read: Parquet files need pyarrow, which is not installed",
        where=where,
        fix="pip install 'pytest-edgebench[parquet]', or give the path of an .npz",
    )


def bad_member(path: Path, name: str, error: Exception, where: str) -> DataError:
    return DataError(f"{path.name}: {name} cannot be read as data: {reason(error)}", where=where, fix=_SAVE)


def no_member(file: str, name: str, where: str) -> DataError:
    return DataError(f"{file} cannot be read as data: it holds no array {name!r}", where=where, fix=_SAVE)


def no_labels(file: str, where: str) -> DataError:
    return DataError(
        f"{file} holds one array, which cannot be inputs and labels",
        where=where,
        fix=f"give data=({file!r}, labels), where labels may be the path of an .npy as well",
    )


def reason(error: Exception) -> str:
    """What a library says of a file, in one printable line of bounded length."""
    said = " ".join(str(error).split()) or type(error).__name__
    return shortened("".join(sign if sign.isprintable() else "\ufffd" for sign in said))


def shortened(shown: str, most: int = 300) -> str:
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def bad_dataset(error: Exception, where: str) -> DataError:
    return DataError(
        f"the data set does not give (input, label) pairs of equal shapes: {error}", where=where, fix=_PAIR
    )


def bad_batches(number: int, error: Exception, where: str) -> DataError:
    return DataError(
        f"the batches do not give (inputs, labels) of equal shapes: batch {number:,} raised "
        f"{type(error).__name__}: {error}",
        where=where,
        fix="yield (inputs, labels) with the sample as their first axis",
    )


def not_batches(number: int, given: Any, where: str) -> DataError:
    return DataError(
        f"batch {number:,} is a {type(given).__name__}, not a pair (inputs, labels)",
        where=where,
        fix="yield (inputs, labels) with the sample as their first axis",
    )


def used_up(given: Any, what: str, where: str) -> DataError:
    return DataError(
        f"{what} is a {type(given).__name__}, which can be read only once",
        where=where,
        fix=f"give a function that returns it: {what}=lambda: ...",
    )


def not_pairs(number: int, given: Any, where: str) -> DataError:
    return DataError(
        f"sample {number:,} of the data set is a {type(given).__name__}, not a pair (input, label)",
        where=where,
        fix="return (input, label) from __getitem__",
    )


def dataset_raised(number: int, error: Exception, where: str) -> DataError:
    return DataError(
        f"the data set raised {type(error).__name__} for sample {number:,}: {error}{raised_at(error)}",
        where=where,
        fix="correct its __getitem__",
    )


def dataset_without_length(error: Exception, where: str) -> DataError:
    return DataError(
        f"the data set does not say how many samples it has: __len__ raised {type(error).__name__}: {error}"
        f"{raised_at(error)}",
        where=where,
        fix="correct its __len__",
    )


def not_critical(given: Any, where: str) -> DataError:
    kind = f"of shape {given.shape}" if hasattr(given, "shape") else f"a {type(given).__name__}"
    return DataError(
        f"whether a sample is critical is {kind}", where=where, fix="give true or false for each sample"
    )


def changed_when_read_again(number: int, where: str) -> DataError:
    return DataError(
        f"sample {number:,} of the data set was another one when it was read again",
        where=where,
        fix="return the same sample each time: no random augmentation in data that is scored",
    )


def batch_changed(number: int, where: str) -> DataError:
    return DataError(
        f"batch {number:,} of the data was another one when it was read again",
        where=where,
        fix="give the same batches in the same order each time: no shuffling in data that is scored",
    )


def function_returned_function(what: str, function: Any, where: str) -> DataError:
    name = getattr(function, "__qualname__", type(function).__name__)
    return DataError(f"{what} function {name}() returned a function", where=where, fix=_PAIR)


def function_raised(what: str, function: Any, error: Exception, where: str) -> DataError:
    name = getattr(function, "__qualname__", type(function).__name__)
    return DataError(
        f"{what} function {name}() raised {type(error).__name__}: {error}{raised_at(error)}",
        where=where,
        fix="correct the function; it is called with no arguments",
    )


def raised_at(error: Exception) -> str:
    """ " at FILE:LINE" of the place where a user's function failed."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f" at {traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else ""


def score_raised(name: str, error: Exception, where: str) -> DataError:
    return DataError(
        f"score {name!r} raised {type(error).__name__}: {error}{raised_at(error)}",
        where=where,
        fix="a score takes (outputs, labels) and returns one number",
    )


def score_not_a_number(name: str, given: Any, where: str) -> DataError:
    return DataError(
        f"score {name!r} returned {given!r}",
        where=where,
        fix="return one finite number for (outputs, labels)",
    )


def outputs_not_finite(bad: int, total: int, where: str, *, original: bool = False) -> DataError:
    return DataError(
        f"the model answered NaN or infinity for {bad} of {total} samples",
        where=where,
        fix="look at the model before any step: its weights, and the range of the inputs that it was made for"
        if original
        else "look at the compression: an overflow in fp16 or a broken scale are the usual causes",
    )


def needed(module: str, what: str) -> Any:
    """A library of the extra ``scores``.

    Raises:
        DataError: it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as cause:
        name = module.partition(".")[0]
        raise DataError(
            f"{what}: needs {name}, which is not installed", fix="pip install 'pytest-edgebench[scores]'"
        ) from cause


def one_class() -> DataError:
    return DataError(
        "the model gives one number a sample, and a score of classes needs one for each class",
        fix="take eb.auc, or a score of your own with a threshold, e.g. (outputs[:, 0] > 0.5) == labels",
    )


def outputs_shape(what: str, where: str) -> DataError:
    return DataError(what, where=where, fix="choose a score that fits the model's outputs and labels")
