"""Weights that are expanded before use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.lint.rule import Rule, quantize_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject


def expanded(subject: Subject) -> Iterator[str]:
    """EB105."""
    if subject.fmt == "tflite":
        yield from (str(step) for step in quantize_steps(subject) if step.scheme == "weight-int4")


RULES = (
    Rule(
        "EB105",
        "4-bit weights that the runtime expands",
        "the file is smaller, but weights are expanded to float before use: neither memory nor time is saved",
        "ai-edge-quantizer, weight-only recipes: explicit dequantization",
        'quantize "static-int8" or "dynamic-int8" where memory or time counts',
        expanded,
    ),
)
