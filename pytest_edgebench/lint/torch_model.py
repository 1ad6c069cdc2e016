"""What can be told of a model without making it."""

from __future__ import annotations

import sys
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity.library import is_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgebench.declare.model import Model

DEEPEST = 4
"""How many functions and classes deep a source function is followed."""


def convolutions(model: Model) -> bool | None:
    """Whether a model has convolutions; None where that cannot be told.

    Of a function the names are looked at that it and what it refers to use: nothing is called.
    """
    path = model.path()
    if path is not None:
        return _in_file(path)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model.source, torch.nn.Module):
        return any(type(layer).__name__.startswith("Conv") for layer in model.source.modules())
    return any(name.startswith("Conv") for name in _names(model.source, DEEPEST)) or None


def _in_file(path: Path) -> bool | None:
    if path.suffix != ".onnx":
        return None
    import onnx

    try:
        graph = onnx.load(path, load_external_data=False).graph
    except Exception:  # noqa: BLE001 - a broken file is told with better words when it is built
        return None
    return any(node.op_type == "Conv" for node in graph.node)


def _names(thing: Any, depth: int) -> Iterator[str]:
    """Global names and attributes used by a function, or by the methods of a class, of the user's own."""
    if isinstance(thing, type):
        for member in vars(thing).values():
            if isinstance(member, FunctionType):
                yield from _names(member, depth)
        return
    function = getattr(thing, "__wrapped__", thing)
    if not isinstance(function, FunctionType):
        return
    names = dict.fromkeys(_of_code(function.__code__))
    yield from names
    scope = function.__globals__
    modules = [vars(scope[name]) for name in names if isinstance(scope.get(name), ModuleType)]
    for name in names if depth else ():
        for used in (place[name] for place in (scope, *modules) if name in place):
            if isinstance(used, type | FunctionType) and _is_own(used):
                yield from _names(used, depth - 1)


def _is_own(used: type | FunctionType) -> bool:
    module = sys.modules.get(used.__module__)
    return not is_library(getattr(module, "__file__", None) or "", used.__module__)


def _of_code(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant)
