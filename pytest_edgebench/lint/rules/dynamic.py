"""Ranges of activations that are found at run time."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_edgebench.lint.rule import Rule, int8_steps, is_micro

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject


def dynamic_convolutions(subject: Subject) -> Iterator[str]:
    """EB102."""
    if subject.fmt != "onnx" or not subject.convolutions:
        return
    for step in int8_steps(subject):
        taken = not step.ops or any(fnmatchcase("Conv", pattern) for pattern in step.ops)
        excluded = any(fnmatchcase("Conv", pattern) for pattern in step.exclude)
        if step.scheme == "dynamic-int8" and taken and not excluded:
            yield str(step)


def dynamic_range(subject: Subject) -> Iterator[str]:
    """EB104."""
    if subject.fmt == "tflite" and (subject.runtime == "tflite-runtime" or is_micro(subject)):
        yield from (str(step) for step in int8_steps(subject) if step.scheme == "dynamic-int8")


RULES = (
    Rule(
        "EB102",
        "dynamic quantization of convolutions",
        "ONNX Runtime runs them by ConvInteger, with activations quantized at each call: 6 to 11 times "
        "slower than float",
        "measured with ONNX Runtime 1.32 on x86",
        'quantize "static-int8", or leave convolutions out with exclude="Conv*"',
        dynamic_convolutions,
    ),
    Rule(
        "EB104",
        "dynamic-range file on a runtime that cannot run it",
        "TensorFlow Lite for Microcontrollers refuses float activations with int8 weights; "
        "tflite-runtime 2.14 answers garbage without an error",
        "tried with tflite-micro of October 2026 and tflite-runtime 2.14.0",
        'quantize "static-int8"',
        dynamic_range,
    ),
)
