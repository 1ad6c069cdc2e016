"""`Quantize`: fewer bits for weights, and for activations where the scheme says so."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pytest_edgebench.artifacts.inspect import inspect
from pytest_edgebench.compressors import sensitive
from pytest_edgebench.compressors.checks import patterns
from pytest_edgebench.compressors.draws import ALL, Draws
from pytest_edgebench.declare.model import Format, Stage, Step, StepContext
from pytest_edgebench.errors import build as errors
from pytest_edgebench.errors import precision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.record.run import Counts

Scheme = Literal["dynamic-int8", "static-int8", "fp16", "weight-int8", "weight-int4"]
Method = Literal["minmax", "entropy", "percentile"]
Activations = Literal["uint8", "int8", "int16"]
Weights = Literal["int8", "uint8"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
INT8 = ("int8", "uint8")
# Dtypes that hold the weights of a scheme.
HOLDS: Mapping[Scheme, tuple[str, ...]] = {
    "dynamic-int8": INT8,
    "static-int8": INT8,
    "fp16": ("float16",),
    "weight-int8": INT8,
    "weight-int4": ("int4", "uint4"),
}


@dataclass(frozen=True)
class Quantize(Step):
    """Quantize an exported file.

    Attributes:
        scheme: "dynamic-int8": int8 weights, activations quantized at run time;
            "static-int8": int8 weights and activations, whose ranges come from calibration data;
            "fp16": half-precision weights (on ONNX activations too);
            "weight-int8", "weight-int4": weights only, activations stay float. On ONNX the matrix products
            become ``MatMulNBits``, with a scale for each `block` of weights, and convolutions keep float
            weights; on TFLite all weights, with a scale for each channel, are expanded before use.
        calibration: samples for the ranges of "static-int8"; or `eb.draws`: several draws of them, whose
            scores are compared.
        per_channel: one scale for each output channel of a weight rather than one for all. Depthwise
            convolutions of "dynamic-int8" on TFLite always have one each: LiteRT's kernels read no other.
        reduce_range: int8 weights of ONNX files use 7 of the 8 bits. The kernels of x86 processors without
            VNNI add pairs of products in 16 bits and saturate otherwise, so that one file answers
            differently on a development machine and on its target. Set it to False for a file that runs on
            ARM or with VNNI only; accuracy must then be measured there. TFLite files and uint8 weights do
            not depend on it.
        method: how "static-int8" finds ranges on ONNX: "minmax" of all samples; "entropy": the range whose
            histogram loses least information (Kullback-Leibler); "percentile": that
            many of the values, see `percentile`.
        activations: of "static-int8": "uint8" (usual on ONNX), "int8" (usual on TFLite), "int16" (TFLite
            only: 16x8, for audio and regressions whose outputs need fine steps); None takes the usual one.
        weights: of "static-int8" and "dynamic-int8": "int8", or "uint8" on ONNX, together with
            uint8 activations (U8U8: does not saturate on AVX2, but is slower).
        percentile: percent of each tensor's values that the range of method "percentile" covers.
        block: weights that share a scale in ``MatMulNBits``.
        exclude: pattern or patterns (``*``, ``?``) of operators that stay float: by type (``Gemm``,
            ``CONV_2D``) or by name; on ONNX also by the name of a weight (``conv1.weight`` or ``conv1``).
        keep: what `eb.sensitive` returns: the fewest layers stay float with which the score holds a limit.
        draw: which of several draws this file is calibrated on.

    Raises:
        DeclarationError: an unknown scheme, no samples, a flag that is none, parameters that contradict.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "file", "tflite": "file"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "onnx": ("onnxruntime", "onnx"),
        "tflite": ("ai-edge-quantizer", "ai-edge-litert"),
    }

    scheme: Scheme
    calibration: int | Draws = 128
    per_channel: bool = True
    reduce_range: bool = True
    method: Method = "minmax"
    activations: Activations | None = None
    weights: Weights = "int8"
    block: int = 32
    exclude: tuple[str, ...] | str = ()
    percentile: float = 99.99
    keep: sensitive.Sensitive | None = None
    draw: int = 0

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            near = difflib.get_close_matches(str(self.scheme), SCHEMES, 1, 0.4)
            raise errors.unknown_scheme(self.scheme, SCHEMES, near[0] if near else None)
        if not isinstance(self.calibration, Draws) and (
            type(self.calibration) is not int or self.calibration < 1
        ):
            raise errors.bad_calibration_count(self.calibration)
        count = self.calibration.count if isinstance(self.calibration, Draws) else 1
        if type(self.draw) is not int or not 0 <= self.draw < count:
            raise precision.bad_draw(self.draw)
        for name in ("per_channel", "reduce_range"):
            if not isinstance(getattr(self, name), bool):
                raise errors.not_a_flag(name, getattr(self, name))
        choices: dict[str, tuple[Any, ...]] = {
            "method": get_args(Method),
            "activations": (None, *get_args(Activations)),
            "weights": get_args(Weights),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise errors.not_a_choice(name, getattr(self, name), allowed)
        if type(self.block) is not int or self.block not in (16, 32, 64, 128, 256):
            raise errors.bad_block(self.block)
        share = self.percentile
        if isinstance(share, bool) or not isinstance(share, int | float) or not 50 < share < 100:
            raise errors.bad_percentile(share)
        object.__setattr__(self, "exclude", patterns("exclude", self.exclude))
        if self.keep is not None and not isinstance(self.keep, sensitive.Sensitive):
            raise precision.bad_keep(self.keep)
        self._agree()

    def _agree(self) -> None:
        """Refuse parameters that the scheme would silently ignore."""
        static = self.scheme == "static-int8"
        if not static and self.method != "minmax":
            raise errors.only_for("method", "'static-int8'", self.scheme)
        if self.method != "percentile" and self.percentile != 99.99:
            raise errors.only_for("percentile", "method='percentile'", self.method)
        if not static and self.activations is not None:
            raise errors.only_for("activations", "'static-int8'", self.scheme)
        if not static and isinstance(self.calibration, Draws):
            raise errors.only_for("calibration=eb.draws(...), draw", "'static-int8'", self.scheme)
        if self.weights == "uint8" and self.scheme not in ("static-int8", "dynamic-int8"):
            raise errors.only_for("weights", "'static-int8' and 'dynamic-int8'", self.scheme)
        if self.block != 32 and not self.scheme.startswith("weight-"):
            raise errors.only_for("block", "'weight-int8' and 'weight-int4'", self.scheme)
        if self.weights == "uint8" and self.activations in ("int8", "int16"):
            raise errors.signed_by_unsigned()

    @property
    def samples(self) -> int:
        """Calibration samples it reads."""
        if self.scheme != "static-int8":
            return 0
        return ALL if isinstance(self.calibration, Draws) else self.calibration

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data, and scores it."""
        return self.keep is not None

    def refuses(self, fmt: Format) -> str | None:
        if fmt == "onnx":
            return "ONNX Runtime has no int16 kernels" if self.activations == "int16" else None
        if self.method != "minmax":
            return f"ai-edge-quantizer calibrates by minmax only, not by {self.method}"
        if "uint8" in (self.activations, self.weights):
            return "TFLite's integer kernels take int8 or int16, not uint8"
        if self.block != 32:
            return "TFLite has one scale for each channel and no blocks"
        return None

    def file(self, source: Path, target: Path, context: StepContext) -> None:
        counts = inspect(source)
        if not counts.float_ops:
            raise errors.no_effect(str(self), _reason(counts), "")
        if counts.weight_bytes.get("binary"):
            raise precision.already_binary(str(self))
        samples = context.calibration(self.samples) if self.samples else {}
        if isinstance(self.calibration, Draws):
            samples = self.calibration.drawn(samples, context.seed, self.draw)
        tools: sensitive.Tools
        if context.format == "onnx":
            from pytest_edgebench.compressors import quantize_onnx

            tools = quantize_onnx
        else:
            from pytest_edgebench.compressors import quantize_tflite

            tools = quantize_tflite
        if self.keep is None:
            tools.quantize(source, target, self, samples)
        else:
            sensitive.quantize(source, target, self, samples, tools, context)

    def effect(self, before: Counts, after: Counts) -> str | None:
        held = HOLDS[self.scheme]
        if _share(after, held) <= _share(before, held):
            return f"no weight became {held[0]}"
        if self.scheme in ("static-int8", "dynamic-int8") and after.float_ops >= before.float_ops:
            return f"all {after.float_ops} convolutions and products still run in float"
        return None


def _share(counts: Counts, dtypes: tuple[str, ...]) -> int:
    return sum(counts.weight_bytes.get(dtype, 0) for dtype in dtypes)


def _reason(counts: Counts) -> str:
    if any(counts.weight_bytes.get(dtype) for dtype in INT8):
        return "the model is already quantized to int8"
    return "the model has no convolution or matrix product"
