"""Ranges found on too little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.lint.rule import Rule, quantize_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject

FEW_SAMPLES = 100


def few_samples(subject: Subject) -> Iterator[str]:
    """EB108."""
    yield from (str(step) for step in quantize_steps(subject) if 0 < step.samples < FEW_SAMPLES)


RULES = (
    Rule(
        "EB108",
        f"fewer than {FEW_SAMPLES} calibration samples",
        "ranges found on a few samples miss values that others have, which are then cut off",
        "TensorFlow Lite documentation, post-training quantization: around 100 to 500 representative samples",
        f"say calibration={FEW_SAMPLES} or more, if there is the data",
        few_samples,
    ),
)
