"""Which weights become binary, and their signs and scales, whatever the format of the file."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

# Relative error up to which scales are kept in half precision: half of its last bit.
HALF_STEP = 2.0**-11


@dataclass(frozen=True, slots=True)
class Asked:
    """What a step asks for, for the writers of both formats.

    Attributes:
        step: as messages call it.
        exclude, smallest, trained: as of `Binarize`.
    """

    step: str
    exclude: tuple[str, ...]
    smallest: int
    trained: bool


def signs_and_scales(weight: Array, axis: int, *, trained: bool) -> tuple[Array, Array] | None:
    """Bits and scales of a weight, or None where `trained` and it is not binary.

    Args:
        weight: floats of any shape.
        axis: of the channels.

    Returns:
        Bits: uint8 (ceil(n / 8), 1), bit k of byte b is element 8 b + k in memory order, 1 for a value of 0
        and above. Scales: float32, or float16 where its error is at most half its last bit, of the weight's
        number of dimensions, all 1 but `axis`.
    """
    import numpy as np

    others = tuple(n for n in range(weight.ndim) if n != axis)
    sizes = np.abs(weight.astype(np.float64))
    if trained and not bool((sizes == sizes.max(others, keepdims=True)).all()):
        return None
    scale = sizes.mean(others, keepdims=True).astype(np.float32)
    with np.errstate(over="ignore"):
        half = scale.astype(np.float16)
    if bool((np.abs(half.astype(np.float32) - scale) <= HALF_STEP * scale).all()):
        scale = half
    bits = np.packbits(weight.reshape(-1) >= 0, bitorder="little").reshape(-1, 1)
    return bits, scale


def binary_of(asked: Asked, name: str, weight: Array, axis: int) -> tuple[Array, Array] | None:
    """Bits and scales of a weight, as `signs_and_scales`, or None where the step leaves it as it is.

    Raises:
        BuildError: NaN or infinity in it.
    """
    import numpy as np

    if weight.size < asked.smallest or stays(name, asked.exclude):
        return None
    if not np.isfinite(weight).all():
        raise errors.weight_not_finite(asked.step, name)
    return signs_and_scales(weight, axis, trained=asked.trained)


def stays(name: str, patterns: Sequence[str]) -> bool:
    """Whether a weight's name, or that without its last part, matches a pattern."""
    names = (name, name.rpartition(".")[0])
    return any(fnmatch.filter(names, pattern) for pattern in patterns)


def check_patterns(asked: Asked, names: Sequence[str]) -> None:
    """Refuse a pattern of `exclude` that matches none of the names.

    Raises:
        BuildError: such a pattern.
    """
    for pattern in asked.exclude:
        if not any(stays(name, (pattern,)) for name in names):
            raise errors.excludes_no_weight(asked.step, pattern, names)
