"""One ONNX node with what is known of its inputs and outputs, as the rules of counting read it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import onnx
import onnx.helper

from pytest_edgebench.artifacts.inspect.onnx_values import Unknown, Values

Shape: TypeAlias = tuple[int, ...]


class View:
    """A node; what is not known raises `Unknown`, so that rules can be written as formulas."""

    def __init__(self, node: onnx.NodeProto, values: Values) -> None:
        self.node = node
        self._values = values

    def has(self, at: int) -> bool:
        """Whether there is an input at a place."""
        return at < len(self.node.input) and bool(self.node.input[at])

    def shape(self, at: int) -> Shape:
        """Lengths of an input.

        Raises:
            Unknown: not all are known, or there is no such input.
        """
        if not self.has(at):
            raise Unknown(f"input {at}")
        return self._known(self.node.input[at])

    def written(self, at: int = 0) -> Shape:
        """Lengths of an output.

        Raises:
            Unknown: not all are known.
        """
        return self._known(self.node.output[at])

    def number(self, at: int) -> int | None:
        """A whole number that an input is known to hold."""
        found = self._values.numbers.get(self.node.input[at]) if self.has(at) else None
        return None if found is None or found.size != 1 else int(found.reshape(-1)[0])

    def packed(self, at: int) -> bool:
        """Whether an input is of whole bytes, in which smaller numbers may lie packed."""
        return self._values.element(self.node.input[at]) == onnx.TensorProto.UINT8

    def attribute(self, name: str, default: Any = None) -> Any:
        """The value of an attribute; strings as text."""
        for attribute in self.node.attribute:
            if attribute.name == name:
                value = onnx.helper.get_attribute_value(attribute)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def _known(self, name: str) -> Shape:
        shape = self._values.shape(name)
        if shape is None:
            raise Unknown(name)
        return shape


Rule: TypeAlias = Callable[[View], int]
"""Multiply-accumulates of one node; `Unknown` where a length is not known."""
Shapes: TypeAlias = Callable[[View], tuple[Shape, ...]]
"""Lengths of the outputs of an operator that ONNX itself has no rule for; `Unknown` likewise."""
Table: TypeAlias = Mapping[tuple[str, str], Rule]
"""(domain, operator) → rule; ONNX's own domain is ""."""
MICROSOFT = "com.microsoft"
ML = "ai.onnx.ml"
product = math.prod
