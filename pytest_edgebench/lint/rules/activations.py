"""Activations of 16 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.lint.rule import Rule, is_micro, quantize_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject


def wide_activations(subject: Subject) -> Iterator[str]:
    """EB110."""
    if subject.fmt == "tflite" and subject.latency and not is_micro(subject):
        yield from (str(step) for step in quantize_steps(subject) if step.activations == "int16")


RULES = (
    Rule(
        "EB110",
        "int16 activations and a latency budget",
        "LiteRT runs 16x8 by its reference kernels: 5 to 15 times slower than float",
        "measured with LiteRT 2.3 on x86: 15.3, 10.8 and 5.2 times on a CNN, a transformer and an MLP",
        'quantize "static-int8" with int8 activations, or keep the layers that suffer in float with '
        "keep=eb.sensitive()",
        wide_activations,
    ),
)
