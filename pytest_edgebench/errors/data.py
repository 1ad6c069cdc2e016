"""Messages about inputs, labels, calibration data and scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PAIR = "give data=(inputs, labels), the path of an .npz with x and y, or a function returning one of these"


def not_a_pair(given: Any, where: str) -> DataError:
    return DataError(f"data is a {type(given).__name__}, not a pair (inputs, labels)", where=where, fix=_PAIR)


def inputs_differ(lengths: Mapping[str, int], where: str) -> DataError:
    shown = ", ".join(f"{name}: {count}" for name, count in lengths.items())
    return DataError(
        f"inputs hold different numbers of samples ({shown})",
        where=where,
        fix="the first axis of every input is the sample; give each the same length",
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
    return DataError(f"the data file {path} does not exist", where=where, fix=_PAIR)


def bad_file(path: Path, error: Exception, where: str) -> DataError:
    return DataError(
        f"{path.name} cannot be read as data: {error}",
        where=where,
        fix="write it with numpy.savez(path, x=inputs, y=labels); arrays of objects are not read",
    )


def bad_dataset(error: Exception, where: str) -> DataError:
    return DataError(
        f"the data set does not give (input, label) pairs of equal shapes: {error}", where=where, fix=_PAIR
    )


def function_raised(what: str, function: Any, error: Exception, where: str) -> DataError:
    name = getattr(function, "__qualname__", type(function).__name__)
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    at = f" at {traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else ""
    return DataError(
        f"{what} function {name}() raised {type(error).__name__}: {error}{at}",
        where=where,
        fix="mend the function; it is called with no arguments",
    )


def score_raised(name: str, error: Exception, where: str) -> DataError:
    return DataError(
        f"score {name!r} raised {type(error).__name__}: {error}",
        where=where,
        fix="a score takes (outputs, labels) and returns one number",
    )


def score_not_a_number(name: str, given: Any, where: str) -> DataError:
    return DataError(
        f"score {name!r} returned {given!r}",
        where=where,
        fix="return one finite number for (outputs, labels)",
    )


def outputs_not_finite(bad: int, total: int, where: str) -> DataError:
    return DataError(
        f"the model answered NaN or infinity for {bad} of {total} samples",
        where=where,
        fix="look at the compression: an overflow in fp16 or a broken scale are the usual causes",
    )


def outputs_shape(what: str, where: str) -> DataError:
    return DataError(what, where=where, fix="choose a score that fits the model's outputs and labels")
