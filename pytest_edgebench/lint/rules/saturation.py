"""Sums that overflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.lint.rule import Rule, int8_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject


def saturating(subject: Subject) -> Iterator[str]:
    """EB101."""
    isa = subject.profile.isa
    if subject.fmt != "onnx" or "avx2" not in isa or any("vnni" in word for word in isa):
        return
    for step in int8_steps(subject):
        if step.weights == "int8" and not step.reduce_range:
            yield str(step)


RULES = (
    Rule(
        "EB101",
        "int8 sums saturate on AVX2 without VNNI",
        "without VNNI the kernels add pairs of 8-bit products in 16 bits, which overflow with full-range "
        "weights",
        "ONNX Runtime documentation, Quantize ONNX models: S8S8 and U8S8 on AVX2 and AVX-512; measured on a "
        "small CNN: error 9.4 % against 0.4 %",
        'leave reduce_range=True, or say weights="uint8"',
        saturating,
    ),
)
