"""At which length a file is timed, where its samples differ in shape: a fact of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_edgebench.samples.stream import Samples


def timed_at(samples: Samples) -> str:
    """In words; "" where all samples have one shape, or nobody has read them all yet.

    Whatever needs one call gets the first sample.
    """
    found = samples.lengths() if samples.known else {}
    if not found:
        return ""
    first = samples.first(1).samples
    return "; ".join(
        f"{'shape' if name == 'input_0' else name} {_shown(first[name].shape[1:])} "
        f"(samples have {_shown(each.least)} to {_shown(each.most)})"
        for name, each in found.items()
    )


def _shown(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
