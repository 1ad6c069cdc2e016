"""Inputs and outputs that a target cannot take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.lint.rule import Rule, int8_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject

INT8_ONLY = "int8-only"
"""Word in a profile's `isa` for an accelerator that takes nothing but int8."""


def float_interface(subject: Subject) -> Iterator[str]:
    """EB107."""
    if INT8_ONLY not in subject.profile.isa:
        return
    static = [step for step in int8_steps(subject) if step.scheme == "static-int8"]
    if not static:
        yield "no static int8 quantization"
    elif subject.fmt == "onnx":
        yield f"{static[-1]}, whose ONNX file takes and gives float"
    elif static[-1].activations == "int16":
        yield f"{static[-1]}, which takes and gives int16"


RULES = (
    Rule(
        "EB107",
        "float inputs or outputs on a target that has int8 only",
        "what is not int8 from input to output runs outside the accelerator, or not at all",
        f"the profile: {INT8_ONLY!r} in its isa; ai-edge-quantizer's static files have int8 inputs and "
        "outputs",
        'quantize "static-int8" for a runtime of .tflite files',
        float_interface,
    ),
)
