"""Messages about a model's slices: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError, nearest
from pytest_edgebench.samples.errors import raised_at

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMS = (
    "give eb.slices one name or class a sample, a mapping of name to mask or sample numbers, or a function "
    "of (labels) or (inputs, labels) that returns one of these"
)
_GROUPS = "name groups of samples: e.g. a function that returns 'dark' or 'bright' rather than a brightness"


def not_slices(given: str, where: str) -> DataError:
    return DataError(f"slices are {given}", where=where, fix=_FORMS)


def other_length(found: int, count: int, where: str) -> DataError:
    return DataError(
        f"slices name {found:,} samples, and the data has {count:,}", where=where, fix="name one each"
    )


def rows_shape(name: str, given: str, count: int, where: str) -> DataError:
    return DataError(
        f"the samples of slice {name!r} are {given}",
        where=where,
        fix=f"give their numbers (0 to {count - 1:,}) or a mask of {count:,} true and false",
    )


def looks_like_mask(name: str, count: int, where: str) -> DataError:
    return DataError(
        f"the samples of slice {name!r} are {count:,} zeros and ones: a mask, or sample numbers?",
        where=where,
        fix="give a mask as true and false, e.g. np.array(mask, bool)",
    )


def empty(name: str, where: str) -> DataError:
    return DataError(
        f"slice {name!r} has no samples", where=where, fix="leave it out, or check what selects its samples"
    )


def none_at_all(where: str) -> DataError:
    return DataError("no sample is in a slice", where=where, fix=_FORMS)


def too_many(found: int, most: int, where: str) -> DataError:
    return DataError(
        f"there would be {found:,} slices, at most {most:,} are judged",
        where=where,
        fix=_GROUPS,
    )


def numbers_between(value: float, where: str) -> DataError:
    return DataError(
        f"slices are named by fractions, such as {value:g}",
        where=where,
        fix=_GROUPS,
    )


def no_name(key: Any, where: str) -> DataError:
    return DataError(
        f"a slice is named {key!r}, which no budget can ask for", where=where, fix="name it, e.g. 'night'"
    )


def same_name(first: Any, second: Any, where: str) -> DataError:
    return DataError(
        f"slices {first!r} and {second!r} have the same name", where=where, fix="name each slice differently"
    )


def unknown_field(name: str, known: Sequence[str], where: str) -> DataError:
    return DataError(
        f"eb.slices({name!r}): no input and no key of the labels has this name",
        where=where,
        fix=nearest(name, known) if known else _FORMS,
    )


def arguments(count: str, where: str) -> DataError:
    return DataError(
        f"the function given to eb.slices takes {count}",
        where=where,
        fix="write a function of (labels) or of (inputs, labels)",
    )


def function_raised(cause: Exception, where: str) -> DataError:
    return DataError(
        f"the function given to eb.slices raised {type(cause).__name__}: {cause}{raised_at(cause)}",
        where=where,
        fix="correct the function; it is called with (labels) or (inputs, labels) of some of the samples",
    )


def names_differ(where: str) -> DataError:
    return DataError(
        "the function given to eb.slices returned names for some samples and a mapping for others",
        where=where,
        fix="return the same form for any samples",
    )


def numbers_of_part(where: str) -> DataError:
    return DataError(
        "the function given to eb.slices returned sample numbers",
        where=where,
        fix="return masks of true and false: of large data it sees one part at a time, in which numbers are "
        "others",
    )


class NoSliceError(DataError, KeyError):
    """A slice that a test asks for and a case does not have."""


def no_slice(name: object, known: Sequence[str], where: str) -> NoSliceError:
    if not known:
        fix = "give the model some: eb.Model(..., slices=eb.slices(...))"
        return NoSliceError(f"edge.slices[{name!r}]: the model has no slices", where=where, fix=fix)
    return NoSliceError(f"there is no slice {name!r}", where=where, fix=nearest(str(name), known))


def no_samples_of(value: Any) -> str:
    """What was given in place of slices."""
    return "None" if value is None else f"a {type(value).__name__}"
