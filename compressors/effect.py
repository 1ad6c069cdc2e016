"""How much of a model a quantization changed, and what it left as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import Counts

BITS: Mapping[str, int] = {
    "float32": 32, "float64": 64, "float16": 16, "bfloat16": 16, "int8": 8, "uint8": 8, "int4": 4, "uint4": 4,
}  # fmt: skip
NONE, HALF = 0.05, 0.5
"""Shares of the weights: under the first a step has no effect, under the second what stayed is named."""
NAMED = 5
RECURRENT = ("LSTM", "GRU", "RNN")
Stayed = tuple[str, int, str]
"""A layer whose weights a step left float: its name, number of weights, and why."""


def changed(before: Counts, after: Counts, held: Sequence[str]) -> float:
    """The share of the float weights that became one of the dtypes `held`."""
    floats = [name for name in BITS if "float" in name and name not in held]
    total = sum(_elements(before, name) for name in floats)
    now = sum(_elements(after, name) - _elements(before, name) for name in held)
    return min(1.0, now / total) if total else 0.0


def _elements(counts: Counts, dtype: str) -> float:
    return counts.weight_bytes.get(dtype, 0) * 8 / BITS[dtype]


def left_float(stayed: Sequence[Stayed]) -> str:
    """The largest layers that stayed float, in groups of one reason."""
    groups: dict[str, list[Stayed]] = {}
    for layer in sorted(stayed, key=lambda layer: -layer[1])[:NAMED]:
        groups.setdefault(layer[2], []).append(layer)
    parts = [
        f"{', '.join(f'{name} ({count:,} weights)' for name, count, _ in layers)}: {why}"
        for why, layers in groups.items()
    ]
    more = len(stayed) - NAMED
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


def recurrent(stayed: Sequence[Stayed]) -> list[Stayed]:
    """Those of them that are recurrent, which no format quantizes in all schemes."""
    return [layer for layer in stayed if any(kind in layer[0].split()[0] for kind in RECURRENT)]


def why_larger(before: Counts, after: Counts, sizes: tuple[int, int]) -> str:
    """Why a step made a file larger; "" where it did not."""
    grown = sizes[1] - sizes[0]
    if grown <= 0:
        return ""
    weights = sum(after.weight_bytes.values()) - sum(before.weight_bytes.values())
    if weights > 0 and _floats(after) > HALF * _floats(before):
        return (
            f"the file grew by {grown:,} B: its constants take {weights:,} B more, since weights that two "
            "operators share are stored as integers for one and as floats for the other"
        )
    if before.ops.get("DENSIFY", 0) > after.ops.get("DENSIFY", 0):
        return (
            f"the file grew by {grown:,} B: it stored its weights without their zeros, which kernels of "
            "quantized weights need"
        )
    operators = sum(after.ops.values()) - sum(before.ops.values())
    saved = f"smaller weights save {-weights:,} B" if weights < 0 else "smaller weights save nothing"
    more = f"{operators} more operators" if operators > 0 else "what describes them"
    return f"the file grew by {grown:,} B: {saved}, scales and {more} take more than that"


def _floats(counts: Counts) -> int:
    return sum(size for dtype, size in counts.weight_bytes.items() if "float" in dtype)
