"""A target's predictions beside the host's, as a case card tells them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Twin


@dataclass(frozen=True, slots=True)
class BesideView:
    """Sentences on all samples; and the flips, worst first: sample, host → target, right label, swing."""

    lines: tuple[str, ...]
    flips: tuple[tuple[str, str, str, str], ...]


def beside_view(twin: Twin | None) -> BesideView | None:
    """The texts; None where the host's own runtime made the predictions."""
    if twin is None:
        return None
    lines = []
    if twin.agree is not None:
        same = f"{twin.agree:,} of {twin.n:,} predicted classes are those of {twin.reference} on the host"
        lines.append(f"{same}, {numbers.plural(twin.n - twin.agree, 'flips', 'flip')}")
    lines.append(f"{twin.identical:,} of {twin.n:,} samples have the same outputs, bit for bit")
    if twin.critical is not None:
        lines.append(f"{twin.critical:,} of {twin.marked:,} critical samples flip")
    if twin.kernels:
        lines.append(twin.kernels)
    if twin.diverges:
        lines.append(f"first tensor that differs, {twin.diverges}")
    rows = tuple(
        (
            f"{flip.sample}{' (critical)' if flip.critical else ''}",
            f"{flip.host} → {flip.target}",
            "" if flip.label is None else str(flip.label),
            numbers.significant(flip.swing),
        )
        for flip in twin.flips
    )
    return BesideView(tuple(lines), rows)
