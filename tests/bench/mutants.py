"""Small changes to a source file, each of which a test should notice."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
"""Operator → what it becomes: the limit belongs to the other side, or the sides are swapped."""
REACHED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Attributes:
        line: from 1. what: in words. inside: whether it is in the body of a function.
        node, change: which one, as `mutated` counts them.
    """

    line: int
    what: str
    inside: bool
    node: int
    change: int


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a file, in its order.

    Comparisons, arithmetic, numbers, truth values, ``and`` and ``or``, ``not``, signs, conditions, returned
    values and pairs of functions like ``min`` and ``max``. Left out is what decides nothing: annotations,
    decorators, texts, imports for types, and ``strict=`` of ``zip``.
    """
    for number, (node, inside) in enumerate(_nodes(ast.parse(source), inside=False)):
        for change, (what, _) in enumerate(_changes(node)):
            yield Mutant(node.lineno, what, inside, number, change)


def mutated(source: str, mutant: Mutant) -> str:
    """The whole file with one change."""
    tree = ast.parse(source)
    node, _ = list(_nodes(tree, inside=False))[mutant.node]
    _, new = _changes(node)[mutant.change]
    _replace(tree, node, new)
    return ast.unparse(ast.fix_missing_locations(tree))


def _nodes(node: ast.AST, *, inside: bool) -> Iterator[tuple[ast.expr | ast.stmt, bool]]:
    """What may be changed, the outer first, and whether it is in a function."""
    if isinstance(node, ast.expr | ast.stmt):
        yield node, inside
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.JoinedStr | ast.FormattedValue):
        parts = [part.value for part in ast.walk(node) if isinstance(part, ast.FormattedValue)]
        for part in parts if isinstance(node, ast.JoinedStr) else []:
            yield from _nodes(part, inside=inside)
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        within = inside or (isinstance(node, ast.FunctionDef) and field == "body")
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (isinstance(child, ast.keyword) and child.arg == "strict"):
                yield from _nodes(child, inside=within)


def _changes(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """What one node may become, each in words."""
    match node:
        case ast.Compare():
            found = []
            for place, operator in enumerate(node.ops):
                for other in COMPARED[type(operator)]:
                    changed = copy.deepcopy(node)
                    changed.ops[place] = other()
                    found.append((node, changed))
            return [_told(*pair) for pair in found]
        case ast.BinOp() if type(node.op) in REACHED and not (_text(node.left) or _text(node.right)):
            return [_told(node, ast.BinOp(node.left, REACHED[type(node.op)](), node.right))]
        case ast.AugAssign() if type(node.op) in REACHED and not _text(node.value):
            return [_told(node, ast.AugAssign(node.target, REACHED[type(node.op)](), node.value))]
        case ast.BoolOp():
            other_ = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            return [_told(node, ast.BoolOp(other_, node.values))]
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return [_told(node, node.operand)]
        case ast.Constant(value=bool()):
            return [_told(node, ast.Constant(not node.value))]
        case ast.Constant(value=int() | float()):
            return [_told(node, ast.Constant(node.value + 1))]  # type: ignore[operator]
        case ast.Return() if node.value is not None and not _nothing(node.value):
            return [_told(node, ast.Return(ast.Constant(None)))]
        case ast.IfExp() if _plain(node.test):
            return [_told(node, ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse))]
        case ast.If() if _plain(node.test):
            test = ast.UnaryOp(ast.Not(), node.test)
            what = f"if {ast.unparse(node.test)} → if {ast.unparse(test)}"
            return [(what, ast.If(test, node.body, node.orelse))]
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            return [_told(node, ast.Call(ast.Name(CALLED[name], ast.Load()), node.args, node.keywords))]
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in CALLED:
            called = ast.Attribute(value, CALLED[name], ast.Load())
            return [_told(node, ast.Call(called, node.args, node.keywords))]
    return []


def _told(old: ast.AST, new: ast.AST) -> tuple[str, ast.AST]:
    return f"{ast.unparse(old)} → {ast.unparse(ast.fix_missing_locations(new))}", new


def _plain(test: ast.expr) -> bool:
    """A condition that no other change reaches."""
    if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return False
    return isinstance(test, ast.Name | ast.Attribute | ast.Call)


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list) and any(item is old for item in value):
                setattr(parent, field, [new if item is old else item for item in value])
