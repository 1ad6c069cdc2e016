"""`eb.slices`: groups of a model's samples that a budget may name, and `Limit.statistic` of such a budget."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_edgebench.record.slices import WORST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Names: TypeAlias = Any  # one name or class a sample: an array, a list, a column of a table
    Rows: TypeAlias = Any  # which samples: a mask of true and false, or their numbers from 0
    Of: TypeAlias = Names | Mapping[str, Rows] | Callable[..., Any] | str

OF = "slice "


@dataclass(frozen=True, eq=False)
class Slices:
    """Groups of samples, as `eb.slices` was told them.

    Attributes:
        of: see `slices`. place: ``file:line`` of the call.
    """

    of: Of
    place: str = ""


def slices(of: Of, /) -> Slices:
    """Name groups of a model's samples: ``eb.Model(..., slices=eb.slices(weather))``.

    Budgets may then be on the worst of them, ``accuracy="worst slice 85 %"``, or on one,
    ``accuracy="slice night model - 2 points"``.

    Args:
        of: one of

            - names or classes, one for each sample: an array, a list, a column of a table. Samples with None,
              NaN or "" are in no slice.
            - a mapping of each slice's name to its samples: a mask of true and false, or their numbers from
              0. Slices may overlap, and need not hold all samples.
            - a function ``(labels)`` or ``(inputs, labels)`` that returns one of the two for the samples it
              is given. Inputs are an array, or a mapping where the data has names. Of large data it is called
              once for each part, so it may look at one sample at a time only.
            - the name of an input with one value a sample, or of a key in labels that are dicts.

    What is wrong with them is an error when the data is read.
    """
    frame = sys._getframe(1)
    return Slices(of, f"{frame.f_code.co_filename}:{frame.f_lineno}")


def is_slice(statistic: str) -> bool:
    """Whether a limit's statistic is about slices."""
    return statistic == WORST or statistic.startswith(OF)


def slice_of(statistic: str) -> str | None:
    """The slice that a statistic of slices names; None for the worst."""
    return None if statistic == WORST else statistic.removeprefix(OF)


def statistic_of(written: str) -> str | None:
    """The statistic that words of a limit stand for; None where they are not about slices.

    ``slice "rainy night"`` and ``slice rainy night`` are the same. Runs of spaces count as one, as in
    names of slices. An empty name is the caller's to refuse.
    """
    words = written.split(None, 1)
    if len(words) == 2 and [word.lower() for word in written.split()] == ["worst", "slice"]:
        return WORST
    if words[0].lower() != "slice":
        return None
    name = words[1].strip() if len(words) == 2 else ""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    return OF + " ".join(name.split())
