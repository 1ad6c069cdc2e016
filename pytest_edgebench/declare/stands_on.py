"""What the call of a budget stands on, read from the source: pytest does not know what it did not collect."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Way = Literal["decorator", "statement", "value"]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class StandsOn:
    """What a call is used for.

    Attributes:
        way: above something; a statement of its own, whose value nobody takes; or a value that is passed on.
        name: of what it stands above. kind: "function" or "class".
        inside: name of the function around that.
        hidden_by: line where the name is defined again in the same place; 0 where it is not.
        decorators: of the same thing, as written: "pytest.fixture", "eb.recipe(...)" as "eb.recipe".
        bases: of a class, as written.
        switched_off: the class says ``__test__ = False``.
    """

    way: Way
    name: str = ""
    kind: str = ""
    inside: str = ""
    hidden_by: int = 0
    decorators: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    switched_off: bool = False


def stands_on(file: str, line: int) -> StandsOn:
    """What the call on a line of a file is used for; a plain value where the file cannot be read."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError):
        return StandsOn("value")
    for scope, inside, around in _scopes(tree, "", None):
        for node in _statements(scope):
            if isinstance(node, Definition) and any(_spans(each, line) for each in node.decorator_list):
                own = _above(scope, node, inside)
                # A method of a class that is not collected: what is said of the class holds for it.
                lost = around is not None and not own.hidden_by and (around.hidden_by or around.switched_off)
                return around if around is not None and lost else own
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _spans(node, line):
                return StandsOn("value" if _passed_on(node.value) else "statement", inside=inside)
    return StandsOn("value")


def _scopes(
    node: ast.AST, inside: str, around: StandsOn | None
) -> Iterator[tuple[ast.AST, str, StandsOn | None]]:
    """A module, its functions and classes, each with the name of the function around it and its class."""
    yield node, inside, around
    for child in _statements(node):
        if isinstance(child, ast.ClassDef):
            yield from _scopes(child, inside, _above(node, child, inside))
        elif isinstance(child, Definition):
            yield from _scopes(child, child.name, None)


def _statements(scope: ast.AST) -> Iterator[ast.stmt]:
    """Statements of a scope, those in its branches and loops included, without those of inner scopes."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.stmt):
            yield child
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
            child, Definition
        ):
            yield from _statements(child)


def _spans(node: ast.expr | ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _passed_on(call: ast.Call) -> bool:
    """Whether a statement's call is another one, which takes the budget, such as ``item.add_marker(...)``."""
    if _name(call).rpartition(".")[2] == "budget":
        return False
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(inner, ast.Call) for each in given for inner in ast.walk(each))


def _above(scope: ast.AST, node: Definition, inside: str) -> StandsOn:
    again = [
        other.lineno
        for other in _statements(scope)
        if isinstance(other, Definition) and other.name == node.name and other.lineno > node.lineno
    ]
    is_class = isinstance(node, ast.ClassDef)
    return StandsOn(
        "decorator",
        node.name,
        "class" if is_class else "function",
        inside,
        min(again, default=0),
        tuple(_name(each) for each in node.decorator_list),
        tuple(ast.unparse(base) for base in node.bases) if isinstance(node, ast.ClassDef) else (),
        isinstance(node, ast.ClassDef) and any(_switches_off(each) for each in node.body),
    )


def _name(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


def _switches_off(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "__test__" for target in statement.targets)
        and isinstance(statement.value, ast.Constant)
        and not statement.value.value
    )
