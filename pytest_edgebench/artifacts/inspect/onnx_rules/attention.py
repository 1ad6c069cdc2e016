"""Attention: scores (queries by keys), their product with the values, and where they are inside projections.

A causal mask saves nothing here: runtimes work all scores out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_rules.view import MICROSOFT, Table, View
from pytest_edgebench.artifacts.inspect.onnx_values import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.artifacts.inspect.onnx_rules.view import Shape, Shapes


def attention(view: View) -> int:
    """ONNX's own operator, opset 23: (samples, heads, length, size), or (samples, length, heads x size)."""
    query, key, value = (view.shape(at) for at in range(3))
    past = view.shape(4)[2] if view.has(4) else 0
    if len(query) == 4:
        samples, heads, length, size = query
        keys, depth = key[2] + past, value[3]
    else:
        heads, groups = int(view.attribute("q_num_heads")), int(view.attribute("kv_num_heads"))
        samples, length, width = query
        size, keys, depth = width // heads, key[1] + past, value[2] // groups
    return samples * heads * length * keys * (size + depth)


def linear(view: View) -> int:
    """`LinearAttention`: each step adds a key by a value to the state, and asks it by a query.

    The rules with a delta also ask the state by the key, for what it holds there already.
    """
    samples, length, width = view.shape(0)
    heads, groups = int(view.attribute("q_num_heads")), int(view.attribute("kv_num_heads"))
    size, depth = width // heads, view.shape(2)[2] // groups
    updates = 2 if "delta" in view.attribute("update_rule", "gated_delta") else 1
    return samples * length * size * depth * (heads + updates * groups)


def projected(view: View, past_at: int = 4) -> int:
    """ONNX Runtime's `Attention`: the projection of queries, keys and values lies inside."""
    samples, length, width = view.shape(0)
    queries, _, values = _projections(view)
    past = view.shape(past_at)[3] if view.has(past_at) else 0
    inside = samples * length * width * view.shape(1)[-1]
    return inside + samples * length * (length + past) * (queries + values)


def quantized(view: View) -> int:
    """`QAttention`: as `Attention` with scales and zero points between."""
    return projected(view, past_at=8)


def multi_head(view: View) -> int:
    """`MultiHeadAttention`: projected queries, keys and values, apart or packed in one of two ways."""
    query, heads = view.shape(0), int(view.attribute("num_heads"))
    past = view.shape(6)[2] if view.has(6) else 0
    if len(query) == 5:  # samples, length, heads, 3, size
        samples, length, heads, _, size = query
        return samples * heads * length * (length + past) * 2 * size
    samples, length, width = query
    key = view.shape(1)
    if len(key) == 5:  # samples, length, heads, 2, size
        keys, depth = key[1], key[4]
    elif len(key) == 4:  # samples, heads, length, size
        keys, depth = key[2], view.shape(2)[3]
    else:
        keys, depth = key[1], view.shape(2)[2] // heads
    return samples * length * (keys + past) * (width + heads * depth)


def grouped(view: View) -> int:
    """`GroupQueryAttention`: the cache of keys holds those of the past, or as many as it is made for."""
    samples, length, _ = view.shape(0)
    heads, _, size = _grouped(view)
    total = view.number(6)
    if total is None:
        total = view.shape(3)[2] + length if view.has(3) else length
    return samples * heads * length * total * 2 * size


def attention_shape(view: View) -> tuple[Shape, ...]:
    """Outputs of ONNX Runtime's `Attention` and `QAttention`."""
    samples, length, _ = view.shape(0)
    return ((samples, length, _projections(view)[2]),)


def multi_head_shape(view: View) -> tuple[Shape, ...]:
    """Outputs of `MultiHeadAttention`."""
    query, heads = view.shape(0), int(view.attribute("num_heads"))
    if len(query) == 5:
        return ((*query[:2], query[2] * query[4]),)
    key = view.shape(1)
    if len(key) == 5:
        depth = heads * key[4]
    else:
        value = view.shape(2)
        depth = heads * value[3] if len(value) == 4 else value[2]
    return ((*query[:2], depth),)


def grouped_shape(view: View) -> tuple[Shape, ...]:
    """Outputs of `GroupQueryAttention`: the result, and the keys and values of past and present."""
    samples, length, _ = view.shape(0)
    heads, groups, size = _grouped(view)
    total = view.number(6)
    if total is None:
        total = view.shape(3)[2] + length if view.has(3) else length
    kept = (samples, groups, max(total, view.shape(3)[2] if view.has(3) else 0), size)
    return (samples, length, heads * size), kept, kept


def _projections(view: View) -> tuple[int, int, int]:
    """Widths of the projected queries, keys and values."""
    sizes = view.attribute("qkv_hidden_sizes")
    if sizes:
        return int(sizes[0]), int(sizes[1]), int(sizes[2])
    third = view.shape(1)[-1] // 3
    return third, third, third


def _grouped(view: View) -> tuple[int, int, int]:
    """Heads of queries, heads of keys, and the size of one."""
    heads, groups = int(view.attribute("num_heads")), int(view.attribute("kv_num_heads"))
    width = view.shape(0)[2]
    parts = heads if view.has(1) else heads + 2 * groups  # queries alone, or packed with keys and values
    if not parts or width % parts:
        raise Unknown("heads")
    return heads, groups, width // parts


RULES: Table = {
    ("", "Attention"): attention,
    ("ai.onnx.preview", "FlexAttention"): attention,
    ("", "LinearAttention"): linear,
    (MICROSOFT, "Attention"): projected,
    (MICROSOFT, "QAttention"): quantized,
    (MICROSOFT, "MultiHeadAttention"): multi_head,
    (MICROSOFT, "GroupQueryAttention"): grouped,
}
SHAPES: Mapping[tuple[str, str], Shapes] = {
    (MICROSOFT, "Attention"): attention_shape,
    (MICROSOFT, "QAttention"): attention_shape,
    (MICROSOFT, "MultiHeadAttention"): multi_head_shape,
    (MICROSOFT, "GroupQueryAttention"): grouped_shape,
}
