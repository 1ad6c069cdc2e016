"""Messages on samples that are read as they are needed, and on samples of differing shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples.errors import raised_at

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHAPE = "give each input as an array with the sample as its first axis"
SEVERAL = "differ in shape, and can only be run one at a time"


def several_at_once(shapes: tuple[tuple[int, ...], tuple[int, ...]], batch: int, where: str) -> DataError:
    return DataError(
        f"samples {SEVERAL}: one has shape {shapes[0]}, another {shapes[1]}, and the batch is {batch:,}",
        where=where,
        fix="leave batch = 1 in the profile (batch_size=1 of a training loop), or pad them to one shape",
    )


def labels_of_batch(number: int, labels: int, inputs: int, where: str) -> DataError:
    return DataError(
        f"batch {number:,} has {labels:,} labels for {inputs:,} inputs",
        where=where,
        fix="give one label for each sample, in order",
    )


def no_labels_of_batch(number: int, where: str) -> DataError:
    return DataError(
        f"batch {number:,} has no labels", where=where, fix="give one label for each sample, in order"
    )


def stream_raised(number: int, error: Exception, where: str) -> DataError:
    after = "before its first batch" if not number else f"after {number:,} batch{'es' if number > 1 else ''}"
    return DataError(
        f"the data raised {type(error).__name__} {after}: {error}{raised_at(error)}",
        where=where,
        fix="correct its __iter__, or the function that makes it",
    )


def inputs_of_batch(number: int, lengths: Mapping[str, int], where: str) -> DataError:
    if not lengths:
        return DataError(
            f"batch {number:,} has no inputs",
            where=where,
            fix="give each input next to the label, by its name",
        )
    shown = ", ".join(f"{name}: {count}" for name, count in lengths.items())
    return DataError(
        f"the batches do not give (inputs, labels) of equal shapes: batch {number:,} holds different numbers "
        f"of samples ({shown})",
        where=where,
        fix=_SHAPE,
    )


def names_of_batch(number: int, first: list[str], other: list[str], where: str) -> DataError:
    return DataError(
        f"batch {number:,} has the inputs {', '.join(other)}; batch 0 has {', '.join(first)}",
        where=where,
        fix="give the same inputs in each batch",
    )


def kind_of_batch(number: int, name: str, first: str, other: str, where: str) -> DataError:
    return DataError(
        f"{name} is of dtype {other} in batch {number:,} and of {first} in batch 0",
        where=where,
        fix=f"give {first} in all batches, or the wider of the two",
    )


def axes_of_batch(number: int, name: str, first: int, other: int, where: str) -> DataError:
    return DataError(
        f"the batches do not give (inputs, labels) of equal shapes: {name} has {other} axes in batch "
        f"{number:,} and {first} in batch 0",
        where=where,
        fix=_SHAPE,
    )


def critical_of_some(where: str) -> DataError:
    return DataError(
        "some batches say which samples are critical, others do not",
        where=where,
        fix="give (inputs, labels, critical) in all batches or in none",
    )
