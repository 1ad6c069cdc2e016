"""Kernels that a profile may state, and the family of each: those of one family give the same outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

XNNPACK, BUILTIN, MICRO = "litert", "litert without delegates", "tflite-micro"
"""What stands for a family on this machine: LiteRT, LiteRT with `delegates = "none"`, TFLite Micro."""
FAMILIES: Mapping[str, str] = {
    "xnnpack": XNNPACK,
    "x-cube-ai": XNNPACK,
    "plumerai": XNNPACK,
    "litert-builtin": BUILTIN,
    "cmsis-nn": MICRO,
    "tflite-micro": MICRO,
}
"""Kernels → their family, by published runs of MLPerf Tiny's keyword model: all of 1,000 outputs the same."""
INEXACT = frozenset({"x-cube-ai", "plumerai"})
"""Of their family on that model alone: on MLPerf Tiny's visual wake words some outputs are their own."""
