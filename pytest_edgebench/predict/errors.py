"""Messages of the room `predict`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError

if TYPE_CHECKING:
    from collections.abc import Iterable


MEASURE = "measure on the device"


class PredictionRefused(EdgebenchError):  # noqa: N818 - it is an answer, not a fault
    """No prediction can honestly be given; says why."""


def no_data(title: str, known: Iterable[str]) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {title}: nothing was fitted for it; there are coefficients for "
        f"{', '.join(known)}",
        fix=MEASURE,
    )


def few_networks(title: str, found: int, needed: int) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {title}: measurements of {found} networks are published, and an interval needs "
        f"{needed}",
        fix=MEASURE,
    )


def floats(title: str) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {title}: it was fitted to int8 networks, and this one computes in floats",
        fix=f"quantize data and weights to int8, or {MEASURE}",
    )


def uncounted(title: str, names: Iterable[str]) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {title}: the work of {', '.join(names)} in this network is not known",
        fix=MEASURE,
    )


def outside(title: str, term: str, value: float, low: float, high: float) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {title}: {value:,.0f} {term} of this network lie outside the {low:,.0f} to "
        f"{high:,.0f} that it was fitted to",
        fix=MEASURE,
    )


def bad_clock(clock_hz: float) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction at a clock of {clock_hz:g} Hz", fix='give a positive clock, such as "480 MHz"'
    )
