"""Which files `Quantize` makes otherwise than its first version did: a part of the step's key there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.record.run import Counts

ODD = frozenset(
    [
        "Gemm", "If", "Loop", "Scan", "SequenceMap", "QuantizeLinear", "DequantizeLinear", "MatMulInteger",
        "ConvInteger", "DynamicQuantizeLinear",
    ]
)  # fmt: skip
"""Operators of files that may be of the kind of `plain.is_odd`."""


OURS = (None, "onnxruntime")
"""Engines that are this package's own way of onnxruntime."""


class Quantizing(Protocol):
    """What is read of a `Quantize`."""

    @property
    def scheme(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def preset(self) -> str | None: ...
    @property
    def engine(self) -> str | None: ...
    @property
    def block(self) -> int | None: ...
    @property
    def keep(self) -> Any: ...


def revision(step: Quantizing, fmt: Format, source: Path, before: Counts, *, from_file: bool) -> int:
    """A number that differs where a step writes other bytes than it did; as `Step.revision`.

    Args:
        before: of `source`. from_file: whether the model is a file of the user's own.
    """
    found = _kind(step, fmt, source, before, from_file=from_file)
    if fmt == "onnx" and step.scheme.startswith("weight-") and "Gather" in before.ops and step.engine in OURS:
        from pytest_edgebench.compressors.onnx_form.plain import is_tied

        found += 20 if is_tied(source, step.block or 32) else 0
    if fmt == "onnx" and (ODD & {*before.ops} or any(":" in op for op in before.ops)):
        from pytest_edgebench.compressors.onnx_form.plain import is_odd

        return found + 10 if is_odd(source) else found
    if fmt == "tflite" and from_file:
        from pytest_edgebench.compressors.tflite_form.plain import kind_of

        return found if kind_of(source).plain else found + 10
    return found


def _kind(step: Quantizing, fmt: Format, source: Path, before: Counts, *, from_file: bool) -> int:
    masks = step.scheme == "static-int8" and {"Softmax", "SOFTMAX", "EMBEDDING_LOOKUP"} & {*before.ops}
    if step.preset and step.scheme == "static-int8" and fmt == "onnx" and step.engine is None:
        return 3  # SmoothQuant, finer scales for products, residual branches in float
    if masks and fmt == "tflite" and {"SELECT", "SELECT_V2"} & {*before.ops}:
        return 2  # sums with masks stay float, too
    if masks or step.keep or (fmt == "onnx" and step.method != "minmax"):
        return 1
    if fmt != "onnx" or not from_file:
        return 0
    from pytest_edgebench.compressors.onnx_form.plain import is_plain

    return 0 if is_plain(source) else 1
