"""Matrix products and Einsum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.inspect.onnx_rules.view import MICROSOFT, ML, Table, View, product
from pytest_edgebench.artifacts.inspect.onnx_values import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.artifacts.inspect.onnx_rules.view import Shape, Shapes


def matrix(view: View) -> int:
    """Every output element sums over the shared axis, which is the last of the first factor."""
    left = view.shape(0)
    axis = -2 if view.attribute("transA", 0) and len(left) > 1 else -1
    return product(view.written()) * left[axis]


def affine_grid(view: View) -> int:
    """Every coordinate of the grid is a row of the affine matrix by a position."""
    return product(view.written()) * view.shape(0)[-1]


def packed(view: View) -> int:
    """`MatMulNBits` and its like, whose weight lies packed: its depth is the attribute K."""
    return product(view.shape(0)[:-1]) * int(view.attribute("N")) * int(view.attribute("K"))


def einsum(view: View) -> int:
    """The lengths of all its letters multiplied, once for each product; one operand is only summed."""
    equation = str(view.attribute("equation")).replace(" ", "")
    lengths: dict[str, int] = {}
    terms = equation.split("->")[0].split(",")
    for at, term in enumerate(terms):
        shape = view.shape(at)
        before, dots, after = term.partition("...")
        spread = len(shape) - len(before) - len(after) if dots else 0
        named = [*before, *(f"...{spread - i}" for i in range(spread)), *after]
        if len(named) != len(shape):
            raise Unknown(equation)
        for letter, length in zip(named, shape, strict=True):
            lengths[letter] = max(lengths.get(letter, 1), length) if length else 0
    return product(lengths.values()) * (len(terms) - 1)


def fused_shape(view: View) -> tuple[Shape, ...]:
    """Outputs of `FusedMatMul`, whose factors may be transposed (the last two axes)."""
    left, right = view.shape(0), view.shape(1)
    if view.attribute("transBatchA", 0) or view.attribute("transBatchB", 0) or min(len(left), len(right)) < 2:
        raise Unknown("FusedMatMul")
    rows = left[-1] if view.attribute("transA", 0) else left[-2]
    columns = right[-2] if view.attribute("transB", 0) else right[-1]
    return ((*_broadcast(left[:-2], right[:-2]), rows, columns),)


def packed_shape(view: View) -> tuple[Shape, ...]:
    """Outputs of `MatMulNBits` and its like."""
    return ((*view.shape(0)[:-1], int(view.attribute("N"))),)


def looked_up(view: View) -> tuple[Shape, ...]:
    """Outputs of `GatherBlockQuantized`, whose bytes hold one number of 8 bits each, or two of 4."""
    table, fields = view.shape(0), 8 // int(view.attribute("bits", 4)) if view.packed(0) else 1
    if view.attribute("gather_axis", 0):
        raise Unknown("GatherBlockQuantized")
    return ((*view.shape(1), *table[1:-1], table[-1] * fields),)


def linear(view: View) -> int:
    """ai.onnx.ml's linear models: each of the samples by every coefficient."""
    coefficients = len(view.attribute("coefficients", ()))
    shape = view.shape(0)
    return (shape[0] if len(shape) > 1 else 1) * coefficients


def kernel_machine(view: View) -> int:
    """ai.onnx.ml's support vector machines: each of the samples by every vector, then by its coefficients."""
    vectors = len(view.attribute("support_vectors", ()))
    coefficients = len(view.attribute("coefficients", ()))
    shape = view.shape(0)
    return (shape[0] if len(shape) > 1 else 1) * (vectors + coefficients)


def _broadcast(left: Shape, right: Shape) -> Shape:
    rank = max(len(left), len(right))
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    return tuple(max(a, b) if a and b else 0 for a, b in pairs)


RULES: Table = {
    ("", "Gemm"): matrix,
    ("", "MatMul"): matrix,
    ("", "MatMulInteger"): matrix,
    ("", "QLinearMatMul"): matrix,
    ("", "Einsum"): einsum,
    ("", "AffineGrid"): affine_grid,
    (MICROSOFT, "QGemm"): matrix,
    (MICROSOFT, "FusedGemm"): matrix,
    (MICROSOFT, "FusedMatMul"): matrix,
    (MICROSOFT, "TransposeMatMul"): matrix,
    (MICROSOFT, "FusedMatMulActivation"): matrix,
    (MICROSOFT, "GemmFastGelu"): matrix,
    (MICROSOFT, "GemmFloat8"): matrix,
    (MICROSOFT, "MatMulInteger16"): matrix,
    (MICROSOFT, "MatMulIntegerToFloat"): matrix,
    (MICROSOFT, "DynamicQuantizeMatMul"): matrix,
    (MICROSOFT, "MatMulNBits"): packed,
    (MICROSOFT, "MatMulBnb4"): packed,
    (ML, "LinearClassifier"): linear,
    (ML, "LinearRegressor"): linear,
    (ML, "SVMClassifier"): kernel_machine,
    (ML, "SVMRegressor"): kernel_machine,
}
SHAPES: Mapping[tuple[str, str], Shapes] = {
    (MICROSOFT, "FusedMatMul"): fused_shape,
    (MICROSOFT, "TransposeMatMul"): fused_shape,
    (MICROSOFT, "FusedMatMulActivation"): fused_shape,
    (MICROSOFT, "MatMulNBits"): packed_shape,
    (MICROSOFT, "MatMulBnb4"): packed_shape,
    (MICROSOFT, "GatherBlockQuantized"): looked_up,
}
