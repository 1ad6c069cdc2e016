"""Values in a worker's answer, each made sure to be what it should."""

from __future__ import annotations

import dataclasses
import math
import re
import reprlib
from typing import TYPE_CHECKING, Any, TypeGuard

from pytest_edgebench.base.text import cut, plain
from pytest_edgebench.workers.results import Interface, Part, Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.runtimes.protocol import Tensor
    from pytest_edgebench.workers.results import Array, Readings

MOST = 1 << 53
MOST_TENSORS, MOST_AXES, NAME_LENGTH = 1000, 32, 500
DTYPE = re.compile("|bool|bfloat16|u?int(8|16|32|64)|float(16|32|64)")
GOVERNOR_LENGTH = 40


def is_whole(value: object) -> TypeGuard[int]:
    """A whole number above 0 that every reader of JSON reads alike."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST


def shown(value: object) -> str:
    """A value in one short line."""
    return cut(plain(reprlib.repr(value)), 200)


def reading(told: Any) -> Reading:
    """What the machine was like at one moment.

    Raises:
        ValueError: it is not told, or some of it cannot be.
    """
    if not isinstance(told, dict):
        raise ValueError("no readings of the machine")
    try:
        found = Reading(**told)
    except TypeError:
        raise ValueError(f"readings of the machine with the keys {shown(sorted(told))}") from None
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        if field.name == "governor":
            good = value is None or (isinstance(value, str) and len(value) <= GOVERNOR_LENGTH)
        elif value is None:
            good = field.name not in ("load", "at_s", "clock_s")
        else:
            good = is_finite(value)
        if not good:
            raise ValueError(f"{shown(value)} for {field.name}")
    return found


def fed(told: Any, outputs: int) -> tuple[int, ...]:
    """The numbers of the outputs that feed a state.

    Raises:
        ValueError: others.
    """
    if not isinstance(told, list) or not all(n in range(outputs) for n in told):
        raise ValueError(f"{shown(told)} for the outputs that feed a state")
    return tuple(told)


def part(told: Any, arrays: Mapping[str, Array], count: int, readings: Readings) -> Part:
    """Outputs of some samples of a stream.

    Args:
        count: how many samples were sent.

    Raises:
        ValueError, KeyError: it is not told, or some of it cannot be.
    """
    raw, single = told["raw"], told["single"]
    if not isinstance(raw, bool) or not isinstance(single, bool):
        raise ValueError(f"{shown(raw)} for raw, {shown(single)} for single")
    listed = told.get("shapes", {})
    if not isinstance(listed, dict):
        raise ValueError(f"{shown(listed)} for shapes")
    shapes = {
        int(number): [_lengths(shape) for shape in all_of_them] for number, all_of_them in listed.items()
    }
    for number, array in enumerate(arrays.values()):
        known = shapes.get(number)
        if known is None:
            good = array.ndim > 0 and len(array) == count
        else:
            good = len(known) == count and array.shape == (sum(map(math.prod, known)),)
        if not good:
            raise ValueError(f"an output of shape {array.shape} for {count} samples")
    return Part(tuple(arrays.values()), shapes, single, raw, readings, fed(told.get("fed", []), len(arrays)))


def _lengths(told: Any) -> tuple[int, ...]:
    if not isinstance(told, list) or len(told) > MOST_AXES or not all(n == 0 or is_whole(n) for n in told):
        raise ValueError(f"{shown(told)} for a shape")
    return tuple(told)


def interface(told: Any) -> Interface:
    """What a file takes and gives.

    Raises:
        ValueError: it is not told, or some of it cannot be.
    """
    if not isinstance(told, dict):
        raise ValueError(f"{shown(told)} for inputs and outputs")
    both = []
    for key in ("inputs", "outputs"):
        listed = told.get(key)
        if not isinstance(listed, list) or len(listed) > MOST_TENSORS:
            raise ValueError(f"{shown(listed)} for {key}")
        both.append(tuple(_tensor(each) for each in listed))
    return Interface(*both)


def _tensor(told: Any) -> Tensor:
    if not isinstance(told, dict):
        raise ValueError(f"{shown(told)} for an input or output")
    name, kind, dtype = told.get("name"), told.get("kind", ""), told.get("dtype")
    shape, scale, zero = told.get("shape"), told.get("scale"), told.get("zero_point")
    if not isinstance(name, str) or not isinstance(kind, str) or len(name) > NAME_LENGTH:
        raise ValueError(f"{shown(name)} of kind {shown(kind)} for an input or output")
    if not isinstance(dtype, str) or not DTYPE.fullmatch(dtype):
        raise ValueError(f"{shown(dtype)} for a dtype")
    if not isinstance(shape, list) or len(shape) > MOST_AXES:
        raise ValueError(f"{shown(shape)} for a shape")
    if not all(n is None or n == 0 or is_whole(n) for n in shape):
        raise ValueError(f"{shown(shape)} for a shape")
    if not (scale is None or is_finite(scale)) or isinstance(zero, bool) or not isinstance(zero, int):
        raise ValueError(f"{shown(scale)} and {shown(zero)} for a scale and a zero point")
    return {
        "name": plain(name),
        "shape": shape,
        "dtype": dtype,
        "scale": scale,
        "zero_point": zero,
        "kind": cut(plain(kind), NAME_LENGTH),
    }


def is_finite(value: object) -> bool:
    """A finite number that a double can hold; true and false are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False
