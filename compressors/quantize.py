"""`Quantize`: fewer bits for weights, and for activations where the scheme says so."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast, get_args

from pytest_edgebench.artifacts.inspect.file import inspect
from pytest_edgebench.compressors import effect, errors, sensitive
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.checks import patterns, scheme_rules
from pytest_edgebench.compressors.draws import ALL, Draws
from pytest_edgebench.compressors.engines import errors as engine_errors
from pytest_edgebench.compressors.engines import known
from pytest_edgebench.compressors.engines.quantization import (
    Activations,
    Method,
    Preset,
    Quantization,
    Scheme,
    SchemeName,
    Weights,
)
from pytest_edgebench.declare.model import LATER, Format, Stage, Step, StepContext
from pytest_edgebench.runtimes.protocol import MICRO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_edgebench.compressors.engines.known import Engine
    from pytest_edgebench.record.run import Counts

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
INT8 = ("int8", "uint8")
# Dtypes that hold the weights of a scheme.
HOLDS: Mapping[str, tuple[str, ...]] = {
    "dynamic-int8": INT8,
    "static-int8": INT8,
    "fp16": ("float16",),
    "weight-int8": INT8,
    "weight-int4": ("int4", "uint4"),
    "dynamic-int4": ("int4", *INT8),
}
ALIASES: Mapping[str, tuple[Scheme, Activations | None]] = {
    "W8A32": ("weight-int8", None),
    "A16W8": ("static-int8", "int16"),
    "int16x8": ("static-int8", "int16"),
}
"""Another name of a scheme → its name here, and the activations that it stands for."""

CHOSEN = ("per_channel", "method", "percentile", "activations", "weights", "block", "keep", "rules")
"""Parameters that not every engine takes."""


@dataclass(frozen=True)
class Quantize(Step):
    """Quantize an exported file.

    Attributes:
        scheme: "dynamic-int8": int8 weights, activations quantized at run time;
            "static-int8": int8 weights and activations, whose ranges come from calibration data;
            "fp16": half-precision weights (on ONNX activations too);
            "weight-int8", "weight-int4": weights only, activations stay float. On ONNX the matrix products
            become ``MatMulNBits``, with a scale for each `block` of weights, and convolutions keep float
            weights; on TFLite all weights, with a scale for each channel, are expanded before use;
            "dynamic-int4": on TFLite, 4-bit weights that kernels compute with, by activations quantized at
            run time; what has no such kernel (depthwise and transposed convolutions, products of two
            activations) takes int8.
            "W8A32" is accepted for "weight-int8", and "A16W8" or "int16x8" for "static-int8" with
            activations="int16".
        calibration: samples for the ranges of "static-int8"; or `eb.draws`: several draws of them, whose
            scores are compared.
        per_channel: one scale for each output channel of a weight rather than one for all. Depthwise
            convolutions of "dynamic-int8" on TFLite always have one each: LiteRT's kernels read no other.
        reduce_range: int8 weights of ONNX files use 7 of the 8 bits. The kernels of x86 processors without
            VNNI add pairs of products in 16 bits and saturate otherwise, so that one file answers
            differently on a development machine and on its target. With ``preset="transformer"`` weights of
            matrix products use what their neighbours leave of the 8 bits. Set it to False for a file that
            runs on ARM or with VNNI only; accuracy must then be measured there. TFLite files and uint8
            weights do not depend on it.
        method: how "static-int8" finds ranges on ONNX: "minmax" of all samples; "entropy": the range whose
            histogram loses least information (Kullback-Leibler); "percentile": that
            many of the values, see `percentile`.
        activations: of "static-int8": "uint8" (usual on ONNX), "int8" (usual on TFLite), "int16" (TFLite
            only: 16x8, for audio and regressions whose outputs need fine steps); None takes the usual one.
        weights: of "static-int8" and "dynamic-int8": "int8", or "uint8" on ONNX, together with
            uint8 activations (U8U8: does not saturate on AVX2, but is slower).
        percentile: percent of each tensor's values that the range of method "percentile" covers.
        block: weights that share a scale in ``MatMulNBits``, and on TFLite in matrix products and embeddings
            of "dynamic-int4" whose width it divides; there None gives one for each channel.
        exclude: pattern or patterns (``*``, ``?``) of operators that stay float: by type (``Gemm``,
            ``CONV_2D``) or by name; on ONNX also by the name of a weight (``conv1.weight`` or ``conv1``).
        keep: what `eb.sensitive` returns: the fewest layers stay float with which the score holds a limit.
        draw: which of several draws this file is calibrated on.
        ops: pattern or patterns of the only operators that are quantized, by type or name as of `exclude`;
            empty for all that the scheme takes.
        preset: "transformer": convolutions and matrix products alone are quantized; masks, softmax,
            normalisation, embeddings and what is added up between layers are left alone, and on ONNX the
            products' results are not rounded; with "static-int8" normalisations there hand large channels on
            to the weights that follow (SmoothQuant).
        engine: the library that does the work, by the name of its distribution; None takes the format's
            usual one. Its version is then part of the recipe's identity.
        algorithm: how the engine finds weights and scales, in its own words; None takes its default.
        rules: pattern of operators → the scheme that they take in place of `scheme`, by type or name as of
            `exclude`; the last one that matches counts.

    Raises:
        DeclarationError: an unknown scheme, no samples, a flag that is none, parameters that contradict.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "file", "tflite": "file"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "onnx": ("onnxruntime", "onnx"),
        "tflite": ("ai-edge-quantizer", "ai-edge-litert"),
    }

    scheme: SchemeName
    calibration: int | Draws = 128
    per_channel: bool = True
    reduce_range: bool = True
    method: Method = "minmax"
    activations: Activations | None = None
    weights: Weights = "int8"
    block: int | None = 32
    exclude: tuple[str, ...] | str = ()
    percentile: float = 99.99
    keep: sensitive.Sensitive | None = None
    draw: int = 0
    ops: tuple[str, ...] | str = field(default=(), metadata=LATER)
    preset: Preset | None = field(default=None, metadata=LATER)
    engine: str | None = field(default=None, metadata=LATER)
    algorithm: str | None = field(default=None, metadata=LATER)
    rules: tuple[tuple[str, Scheme], ...] | Mapping[str, Scheme] = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        self._by_its_name_here()
        if not isinstance(self.calibration, Draws) and (
            type(self.calibration) is not int or self.calibration < 1
        ):
            raise errors.bad_calibration_count(self.calibration)
        count = self.calibration.count if isinstance(self.calibration, Draws) else 1
        if type(self.draw) is not int or not 0 <= self.draw < count:
            raise errors.bad_draw(self.draw)
        for name in ("per_channel", "reduce_range"):
            if not isinstance(getattr(self, name), bool):
                raise errors.not_a_flag(name, getattr(self, name))
        choices: dict[str, tuple[Any, ...]] = {
            "method": get_args(Method),
            "activations": (None, *get_args(Activations)),
            "weights": get_args(Weights),
            "preset": (None, *get_args(Preset)),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise errors.not_a_choice(name, getattr(self, name), allowed)
        if (type(self.block) is not int or self.block not in (16, 32, 64, 128, 256)) and (
            self.block is not None or self.scheme != "dynamic-int4"
        ):
            raise errors.bad_block(self.block)
        share = self.percentile
        if isinstance(share, bool) or not isinstance(share, int | float) or not 50 < share < 100:
            raise errors.bad_percentile(share)
        for name in ("exclude", "ops"):
            object.__setattr__(self, name, patterns(name, getattr(self, name)))
        if self.keep is not None and not isinstance(self.keep, sensitive.Sensitive):
            raise errors.bad_keep(self.keep)
        object.__setattr__(self, "rules", scheme_rules(self.rules, SCHEMES))
        self._agree()
        if self.engine is not None:
            self._offered(known.find(self.engine))
        for name in ("algorithm", "rules"):
            if self.engine is None and getattr(self, name):
                raise errors.needs_engine(name, getattr(self, name))

    def _by_its_name_here(self) -> None:
        """Put the scheme's own name for an alias, so that both make one recipe with one key."""
        if self.scheme in SCHEMES:
            return
        if self.scheme not in ALIASES:
            import difflib

            known = (*SCHEMES, *ALIASES)
            near = difflib.get_close_matches(str(self.scheme), known, 1, 0.4)
            raise errors.unknown_scheme(self.scheme, known, near[0] if near else None)
        scheme, activations = ALIASES[self.scheme]
        if activations is not None:
            if self.activations not in (None, activations):
                raise errors.other_activations(self.scheme, activations, self.activations)
            object.__setattr__(self, "activations", activations)
        object.__setattr__(self, "scheme", scheme)

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
        if self.block != 32 and not self.scheme.startswith("weight-") and self.scheme != "dynamic-int4":
            raise errors.only_for("block", "'weight-int8', 'weight-int4' and 'dynamic-int4'", self.scheme)
        if self.weights == "uint8" and self.activations in ("int8", "int16"):
            raise errors.signed_by_unsigned()
        if self.preset and self.ops:
            raise errors.preset_and_ops(self.preset)

    def _offered(self, engine: Engine) -> None:
        """Refuse what the engine that is named would not do, or silently ignore."""
        for scheme in (self.scheme, *(scheme for _, scheme in self._rules)):
            if scheme not in engine.schemes:
                raise engine_errors.not_offered(engine.name, scheme, [*engine.schemes])
        algorithms = engine.schemes[cast("Scheme", self.scheme)]
        if self.algorithm is not None and self.algorithm not in algorithms:
            raise engine_errors.no_algorithm(engine.name, self.scheme, self.algorithm, algorithms)
        for name in CHOSEN:
            if name not in engine.takes and getattr(self, name) != self.__dataclass_fields__[name].default:
                raise engine_errors.not_heeded(engine.name, name, getattr(self, name), engine.takes)

    def _engine(self, fmt: Format) -> Engine:
        return known.usual(fmt) if self.engine is None else known.find(self.engine)

    @property
    def _rules(self) -> tuple[tuple[str, Scheme], ...]:
        return cast("tuple[tuple[str, Scheme], ...]", self.rules)

    def made_with(self, fmt: Format) -> tuple[str, ...]:
        if self.engine is None:
            return super().made_with(fmt)
        return known.find(self.engine).distributions

    @property
    def samples(self) -> int:
        """Calibration samples it reads."""
        if self.scheme != "static-int8" and not self._reads_samples():
            return 0
        return ALL if isinstance(self.calibration, Draws) else self.calibration

    def _reads_samples(self) -> bool:
        return self.engine is not None and self.algorithm in known.find(self.engine).calibrated

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data, and scores it."""
        return self.keep is not None

    def refuses(self, fmt: Format) -> str | None:
        engine = self._engine(fmt)
        if engine.format != fmt:
            return f"{engine.name} quantizes .{engine.format} files"
        if self.scheme not in engine.schemes:
            return f"{engine.name} has no {self.scheme!r} there"
        if self.engine is not None:
            return None  # what it does not take was refused when the step was declared
        if fmt == "onnx":
            # Its CPU has QuantizeLinear of int16 alone: products between them would run in float.
            return "ONNX Runtime has no int16 kernels" if self.activations == "int16" else None
        if self.method != "minmax":
            return f"ai-edge-quantizer calibrates by minmax only, not by {self.method}"
        if "uint8" in (self.activations, self.weights):
            return "TFLite's integer kernels take int8 or int16, not uint8"
        if self.block != 32 and self.scheme != "dynamic-int4":
            return "TFLite has one scale for each channel and no blocks"
        return None

    def refuses_on(self, runtime: str) -> str | None:
        lacking = {"fp16": "float16 weights", "dynamic-int8": "float activations with int8 weights"}
        if runtime == MICRO and self.scheme in lacking:
            return f"TFLite Micro has no kernels for {lacking[self.scheme]}"
        return None

    def file(self, source: Path, target: Path, context: StepContext) -> None:
        counts = inspect(source)
        if not counts.float_ops:
            raise build_errors.no_effect(str(self), _reason(counts), "")
        if counts.weight_bytes.get("binary"):
            raise errors.already_binary(str(self))
        engine = self._engine(context.format)
        if self.engine is not None:
            engine.require()
        samples = context.carried(context.calibration(self.samples), source) if self.samples else {}
        if isinstance(self.calibration, Draws):
            samples = self.calibration.drawn(samples, context.seed, self.draw)
        tools = context.runs.engine(engine.name, str(self))
        asked = dataclasses.replace(self._asked(), signature=context.model.signature)
        if self.keep is None:
            tools.quantize(source, target, asked, samples, context.note)
        else:
            sensitive.quantize(source, target, asked, self.keep, samples, tools, context)

    def _asked(self) -> Quantization:
        return Quantization(
            str(self), cast("Scheme", self.scheme), self.per_channel, self.reduce_range, self.method,
            self.activations, self.weights, self.block, tuple(self.exclude), self.percentile,
            tuple(self.ops), self.preset, self.algorithm, self._rules,
        )  # fmt: skip

    def proof(
        self, source: Path, target: Path, before: Counts, after: Counts, note: Callable[[str], None]
    ) -> str | None:
        held, fmt = self._holds(), cast("Format", target.suffix[1:])
        share = effect.changed(before, after, held)
        reason = self.effect(before, after)
        named = bool(self.ops or self.exclude or self.keep)  # a preset names no operator of this model
        stayed = self._stayed(fmt, target, named or self.preset is not None)
        told = effect.left_float(stayed)
        if not reason and share < effect.NONE and not named:
            reason = f"only {100 * share:.1f} % of the weights became {held[0]}"
            if self.preset:
                reason += f": preset={self.preset!r} takes convolutions and matrix products alone"
        if reason:
            return f"{reason}; {told}" if told else reason
        if share < effect.HALF:
            note(f"{self.scheme} changed {100 * share:.0f} % of the weights; {told}")
        elif effect.recurrent(stayed):
            note(f"stayed float: {effect.left_float(effect.recurrent(stayed))}")
        larger = effect.why_larger(before, after, (source.stat().st_size, target.stat().st_size))
        # Small ONNX files grow by the operators that stand for scales, which a runtime takes out again.
        if larger and (
            fmt == "tflite" or sum(after.weight_bytes.values()) > sum(before.weight_bytes.values())
        ):
            note(larger)
        return None

    def revision(self, fmt: Format, source: Path, before: Counts, *, from_file: bool) -> int:
        masks = self.scheme == "static-int8" and {"Softmax", "SOFTMAX", "EMBEDDING_LOOKUP"} & {*before.ops}
        if self.preset and self.scheme == "static-int8" and fmt == "onnx" and self.engine is None:
            return 3  # SmoothQuant, finer scales for products, residual branches in float
        if masks and fmt == "tflite" and {"SELECT", "SELECT_V2"} & {*before.ops}:
            return 2  # sums with masks stay float, too
        if masks or self.keep or (fmt == "onnx" and self.method != "minmax"):
            return 1
        if fmt != "onnx" or not from_file:
            return 0
        from pytest_edgebench.compressors.onnx_form.plain import is_plain

        return 0 if is_plain(source) else 1

    def _stayed(self, fmt: Format, target: Path, chosen: bool) -> list[tuple[str, int, str]]:
        """Layers of the quantized file whose weights are float: name, number of weights, why."""
        if fmt == "onnx":
            from pytest_edgebench.compressors.onnx_form import layers
        else:
            from pytest_edgebench.compressors.tflite_form import layers  # type: ignore[no-redef]
        found = layers.stayed(target, self.scheme, chosen)
        if self.engine is None or chosen:
            return found
        return [(name, weights, f"{self.engine} leaves it in float") for name, weights, _ in found]

    def _holds(self) -> tuple[str, ...]:
        """Dtypes that the weights are to have."""
        others = (HOLDS[scheme] for _, scheme in self._rules)
        return tuple(dict.fromkeys(itertools.chain(HOLDS[cast("Scheme", self.scheme)], *others)))

    def effect(self, before: Counts, after: Counts) -> str | None:
        held = self._holds()
        if _share(after, held) <= _share(before, held):
            there = any(before.weight_bytes.get(dtype) for dtype in held)
            return f"no weight became {held[0]}" + (f"; some are {held[0]} already" if there else "")
        # Rotations are products in float, one for each product that they make easier to round.
        turned = self.algorithm == "hadamard"
        if (
            self.scheme in ("static-int8", "dynamic-int8")
            and after.float_ops >= before.float_ops
            and not turned
        ):
            return f"all {after.float_ops} convolutions and products still run in float"
        return None


def _share(counts: Counts, dtypes: tuple[str, ...]) -> int:
    return sum(counts.weight_bytes.get(dtype, 0) for dtype in dtypes)


def _reason(counts: Counts) -> str:
    if any(counts.weight_bytes.get(dtype) for dtype in INT8):
        return "the model is already quantized to int8"
    return "the model has no convolution or matrix product"
