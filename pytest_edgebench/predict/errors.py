"""Messages of the room `predict`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.predict.ranges import Outside

MEASURE = "measure on the device"
NAMES = {"latency": "latency", "ram": "RAM", "flash": "flash"}
"""A quantity → its name in messages."""
SHOWN = {
    "macs": ("multiply-accumulates", ""),
    "conv": ("multiply-accumulates of convolutions", ""),
    "pointwise": ("multiply-accumulates of 1x1 convolutions", ""),
    "depthwise": ("multiply-accumulates of depthwise convolutions", ""),
    "dense": ("multiply-accumulates of dense layers", ""),
    "outputs": ("elements that all operators write", ""),
    "operators": ("operators", ""),
    "peak": ("peak activations", "B"),
    "file": ("bytes of the model file", "B"),
}
"""A feature → what it is, in the plural, and its unit."""


class PredictionRefused(EdgebenchError):  # noqa: N818 - it is an answer, not a fault
    """No prediction can honestly be given; says why."""


def no_data(quantity: str, title: str, published: Sequence[str]) -> PredictionRefused:
    """Nothing was published for a core with some software."""
    what = f"no {NAMES[quantity]} prediction for {title}: no measurements with that software are published"
    if not published:
        return PredictionRefused(f"{what}, nor with any other", fix=MEASURE)
    listed = ", ".join(published)
    return PredictionRefused(
        f"{what}, only with {listed}",
        fix=f'if the device runs one of these, name it in the profile: predicted_by = "{published[-1]}"; '
        f"else {MEASURE}",
    )


def few_networks(quantity: str, title: str, found: int, needed: int) -> PredictionRefused:
    return PredictionRefused(
        f"no {NAMES[quantity]} prediction for {title}: measurements of {found} networks are published, and "
        f"an interval needs {needed}",
        fix=MEASURE,
    )


def floats(quantity: str) -> PredictionRefused:
    return PredictionRefused(
        f"no {NAMES[quantity]} prediction: this network computes in floats, and the published measurements "
        "are of int8 networks",
        fix=f"quantize data and weights to int8, or {MEASURE}",
    )


def uncounted(quantity: str, names: Iterable[str]) -> PredictionRefused:
    return PredictionRefused(
        f"no {NAMES[quantity]} prediction: the work of {', '.join(names)} in this network is not known",
        fix=MEASURE,
    )


def outside(quantity: str, beyond: Outside) -> PredictionRefused:
    what, unit = SHOWN[beyond.term]
    where = "below" if beyond.value < beyond.low else "above"
    value, low, high = (_si(number, unit) for number in (beyond.value, beyond.low, beyond.high))
    return PredictionRefused(
        f"no {NAMES[quantity]} prediction: {what} {value} are {where} the fitted range ({low} to {high})",
        fix=MEASURE,
    )


def bad_clock(clock_hz: float) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction at a clock of {clock_hz:g} Hz", fix='give a positive clock, such as "480 MHz"'
    )


def _si(value: float, unit: str) -> str:
    """Two digits with a prefix of 1000: 1280 → "1.3 kB"; plain numbers below 1000 as they are."""
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            short = value / factor
            return f"{short:.1f} {prefix}{unit}" if short < 10 else f"{short:.0f} {prefix}{unit}"
    return f"{value:.0f} {unit}".strip()
