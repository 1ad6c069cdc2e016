"""`Quantize`: fewer bits for weights, and for activations where the scheme says so."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from pytest_edgebench.artifacts.inspect import inspect
from pytest_edgebench.declare.model import Stage, Step, StepContext
from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.record.run import Counts

Scheme = Literal["dynamic-int8", "static-int8", "fp16"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
INT8 = ("int8", "uint8")


@dataclass(frozen=True)
class Quantize(Step):
    """Quantize an exported file.

    Attributes:
        scheme: "dynamic-int8": int8 weights, activations quantized at run time;
            "static-int8": int8 weights and activations, whose ranges come from calibration data;
            "fp16": half-precision weights (on ONNX activations too).
        calibration: samples for the ranges of "static-int8".
        per_channel: one scale for each output channel of a weight rather than one for all. Depthwise
            convolutions of "dynamic-int8" on TFLite always have one each: LiteRT's kernels read no other.
        reduce_range: int8 weights of ONNX files use 7 of the 8 bits. The kernels of x86 processors without
            VNNI add pairs of products in 16 bits and saturate otherwise, so that one file answers
            differently on a development machine and on its target. Set it to False for a file that runs on
            ARM or with VNNI only; accuracy must then be measured there. TFLite files do not depend on it.

    Raises:
        DeclarationError: an unknown scheme, no samples, a flag that is none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "file", "tflite": "file"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "onnx": ("onnxruntime", "onnx"),
        "tflite": ("ai-edge-quantizer", "ai-edge-litert"),
    }

    scheme: Scheme
    calibration: int = 128
    per_channel: bool = True
    reduce_range: bool = True

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            near = difflib.get_close_matches(str(self.scheme), SCHEMES, 1, 0.4)
            raise errors.unknown_scheme(self.scheme, SCHEMES, near[0] if near else None)
        if type(self.calibration) is not int or self.calibration < 1:
            raise errors.bad_calibration_count(self.calibration)
        for name in ("per_channel", "reduce_range"):
            if not isinstance(getattr(self, name), bool):
                raise errors.not_a_flag(name, getattr(self, name))

    @property
    def samples(self) -> int:
        """Calibration samples it reads."""
        return self.calibration if self.scheme == "static-int8" else 0

    def file(self, source: Path, target: Path, context: StepContext) -> None:
        counts = inspect(source)
        if not counts.float_ops:
            raise errors.no_effect(str(self), _reason(counts), "")
        samples = context.calibration(self.samples) if self.samples else {}
        if context.format == "onnx":
            from pytest_edgebench.compressors import quantize_onnx

            quantize_onnx.quantize(
                source,
                target,
                self.scheme,
                per_channel=self.per_channel,
                reduce_range=self.reduce_range,
                samples=samples,
            )
        else:
            from pytest_edgebench.compressors import quantize_tflite

            quantize_tflite.quantize(
                source, target, self.scheme, per_channel=self.per_channel, samples=samples
            )

    def effect(self, before: Counts, after: Counts) -> str | None:
        if self.scheme == "fp16":
            if _share(after, ("float16",)) > _share(before, ("float16",)):
                return None
            return "no weight became float16"
        if _share(after, INT8) <= _share(before, INT8):
            return "no weight became int8"
        if after.float_ops >= before.float_ops:
            return f"all {after.float_ops} convolutions and products still run in float"
        return None


def _share(counts: Counts, dtypes: tuple[str, ...]) -> int:
    return sum(counts.weight_bytes.get(dtype, 0) for dtype in dtypes)


def _reason(counts: Counts) -> str:
    if any(counts.weight_bytes.get(dtype) for dtype in INT8):
        return "the model is already quantized to int8"
    return "the model has no convolution or matrix product"
