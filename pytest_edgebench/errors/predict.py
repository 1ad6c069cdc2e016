"""Messages about predictions that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import EdgebenchError

if TYPE_CHECKING:
    from collections.abc import Iterable


class PredictionRefused(EdgebenchError):  # noqa: N818 - it is an answer, not a fault
    """No prediction can honestly be given; says why."""


def no_data(core: str, runtime: str, known: Iterable[tuple[str, str]]) -> PredictionRefused:
    pairs = ", ".join(f"{core} with {runtime}" for core, runtime in sorted(known))
    return PredictionRefused(
        f"no prediction for {core or 'an unnamed core'} with {runtime or 'an unnamed runtime'}: nothing was "
        f"fitted for them; there are coefficients for {pairs}",
        fix="measure on the device",
    )


def few_networks(core: str, runtime: str, found: int, needed: int) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {core} with {runtime}: measurements of {found} networks are published, "
        f"and an interval needs {needed}",
        fix="measure on the device",
    )


def floats(core: str, runtime: str) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {core} with {runtime}: it was fitted to int8 networks, and this one computes in "
        "floats",
        fix="quantize data and weights to int8, or measure on the device",
    )


def outside(core: str, runtime: str, term: str, value: float, low: float, high: float) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {core} with {runtime}: {value:,.0f} {term} of this network lie outside the "
        f"{low:,.0f} to {high:,.0f} that it was fitted to",
        fix="measure on the device",
    )


def bad_clock(clock_hz: float) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction at a clock of {clock_hz:g} Hz", fix='give a positive clock, such as "480 MHz"'
    )
