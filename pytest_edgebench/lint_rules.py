"""The rules of the linter, and the page that lists them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_edgebench.compressors.prune import Prune, PruneNofM
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.lint import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint import Subject

FEW_SAMPLES = 100
MICRO_RUNTIMES = ("tflm", "tflite-micro")
PER_TENSOR, INT8_ONLY = "per-tensor", "int8-only"
"""Words in a profile's `isa` for what an accelerator cannot do: one scale a channel; anything but int8."""


def saturating(subject: Subject) -> Iterator[str]:
    """EB101."""
    isa = subject.profile.isa
    if subject.fmt != "onnx" or "avx2" not in isa or any("vnni" in word for word in isa):
        return
    for step in _int8(subject):
        if step.weights == "int8" and not step.reduce_range:
            yield str(step)


def dynamic_convolutions(subject: Subject) -> Iterator[str]:
    """EB102."""
    if subject.fmt != "onnx" or not subject.convolutions:
        return
    for step in _int8(subject):
        if step.scheme == "dynamic-int8" and not any(fnmatchcase("Conv", p) for p in step.exclude):
            yield str(step)


def per_channel(subject: Subject) -> Iterator[str]:
    """EB103."""
    if PER_TENSOR in subject.profile.isa:
        yield from (str(step) for step in _int8(subject) if step.per_channel)


def dynamic_range(subject: Subject) -> Iterator[str]:
    """EB104."""
    if subject.fmt == "tflite" and (subject.runtime == "tflite-runtime" or _micro(subject)):
        yield from (str(step) for step in _int8(subject) if step.scheme == "dynamic-int8")


def expanded(subject: Subject) -> Iterator[str]:
    """EB105."""
    if subject.fmt == "tflite":
        yield from (str(step) for step in _quantize(subject) if step.scheme == "weight-int4")


def sparse_latency(subject: Subject) -> Iterator[str]:
    """EB106."""
    if subject.latency:
        yield from (str(step) for step in subject.steps if isinstance(step, Prune | PruneNofM))


def float_interface(subject: Subject) -> Iterator[str]:
    """EB107."""
    if INT8_ONLY not in subject.profile.isa:
        return
    static = [step for step in _int8(subject) if step.scheme == "static-int8"]
    if not static:
        yield "no static int8 quantization"
    elif subject.fmt == "onnx":
        yield f"{static[-1]}, whose ONNX file takes and gives float"
    elif static[-1].activations == "int16":
        yield f"{static[-1]}, which takes and gives int16"


def few_samples(subject: Subject) -> Iterator[str]:
    """EB108."""
    yield from (str(step) for step in _quantize(subject) if 0 < step.samples < FEW_SAMPLES)


def per_tensor(subject: Subject) -> Iterator[str]:
    """EB109."""
    if PER_TENSOR not in subject.profile.isa:
        yield from (str(step) for step in _int8(subject) if not step.per_channel and step.keep is None)


def _quantize(subject: Subject) -> list[Quantize]:
    return [step for step in subject.steps if isinstance(step, Quantize)]


def _int8(subject: Subject) -> list[Quantize]:
    return [step for step in _quantize(subject) if step.scheme in ("static-int8", "dynamic-int8")]


def _micro(subject: Subject) -> bool:
    """Whether a microcontroller runs it, whose runtime is TensorFlow Lite for Microcontrollers."""
    profile = subject.profile
    cores = any(word.startswith("armv") and word.endswith("-m") for word in profile.isa)
    return subject.runtime in MICRO_RUNTIMES or cores


RULES: tuple[Rule, ...] = (
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
        "EB103",
        "one scale a channel on an accelerator that reads one a tensor",
        "what it cannot read it refuses or hands back to the processor, in float or much slower",
        f"the profile: {PER_TENSOR!r} in its isa",
        "say per_channel=False and measure the accuracy",
        per_channel,
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
    Rule(
        "EB105",
        "4-bit weights that the runtime expands",
        "the file is smaller, but weights are expanded to float before use: neither memory nor time is saved",
        "ai-edge-quantizer, weight-only recipes: explicit dequantization",
        'quantize "static-int8" or "dynamic-int8" where memory or time counts',
        expanded,
    ),
    Rule(
        "EB106",
        "scattered zeros and a latency budget",
        "ONNX Runtime's and LiteRT's processor kernels are dense: zeros are multiplied like any other weight",
        "measured with ONNX Runtime 1.32: latency and file size unchanged, only the compressed size shrinks",
        "use eb.prune_channels or eb.low_rank, or demand the compressed size (gzip) only",
        sparse_latency,
    ),
    Rule(
        "EB107",
        "float inputs or outputs on a target that has int8 only",
        "what is not int8 from input to output runs outside the accelerator, or not at all",
        f"the profile: {INT8_ONLY!r} in its isa; ai-edge-quantizer's static files have int8 inputs and "
        "outputs",
        'quantize "static-int8" for a runtime of .tflite files',
        float_interface,
    ),
    Rule(
        "EB108",
        f"fewer than {FEW_SAMPLES} calibration samples",
        "ranges found on a few samples miss values that others have, which are then cut off",
        "TensorFlow Lite documentation, post-training quantization: around 100 to 500 representative samples",
        f"say calibration={FEW_SAMPLES} or more, if there is the data",
        few_samples,
    ),
    Rule(
        "EB109",
        "one scale for all channels of a weight, on a target that reads one a channel",
        "where the ranges of channels differ, small ones are rounded to nothing by the scale of the largest",
        "Nagel et al. 2019, Data-Free Quantization Through Weight Equalization and Bias Correction: "
        "MobileNet v2 falls to chance; a network of our tests loses more than 10 points",
        "leave per_channel=True, or keep the layers that suffer in float with keep=eb.sensitive()",
        per_tensor,
    ),
)


def page() -> str:
    """All rules, as Markdown."""
    text = ["# Rules of the linter", ""]
    for rule in RULES:
        text += [f"## {rule.id}: {rule.title}", "", f"{rule.reason[0].upper()}{rule.reason[1:]}.", ""]
        text += [f"- Fix: {rule.fix}.", f"- Source: {rule.source}.", ""]
    return "\n".join(text)
