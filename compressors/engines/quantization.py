"""What an engine is asked for: a scheme with its parameters, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["dynamic-int8", "static-int8", "fp16", "weight-int8", "weight-int4", "dynamic-int4"]
SchemeName = Scheme | Literal["W8A32", "A16W8", "int16x8"]
"""As users may write a scheme: a few are known by the bits of weights (W) and activations (A), too."""
Method = Literal["minmax", "entropy", "percentile"]
Activations = Literal["uint8", "int8", "int16"]
Weights = Literal["int8", "uint8"]
Preset = Literal["transformer"]


@dataclass(frozen=True, slots=True)
class Quantization:
    """One quantization of one file.

    Attributes:
        step: as messages call it.
        exclude: patterns of operators that stay float, see `Quantize`; so are all others.
        ops: patterns of the only operators that are quantized; empty for all.
        preset, algorithm: see `Quantize`.
        rules: pattern of operators and the scheme that they take in place of `scheme`; the last one counts.
        signature: of several in a ``.tflite`` file, the one that samples are of.
    """

    step: str
    scheme: Scheme
    per_channel: bool
    reduce_range: bool
    method: Method
    activations: Activations | None
    weights: Weights
    block: int | None
    exclude: tuple[str, ...]
    percentile: float
    ops: tuple[str, ...] = ()
    preset: Preset | None = None
    algorithm: str | None = None
    rules: tuple[tuple[str, Scheme], ...] = ()
    signature: str = ""
