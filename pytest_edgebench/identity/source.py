"""Source text as identity: finds the syntax tree of a function or class and hashes what it means."""

from __future__ import annotations

import ast
import dis
import linecache
import warnings
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING

from pytest_edgebench.identity.walk import pack, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
# No meaning at run time: load or store (told by position), the u of u"", comments, annotations of arguments.
_IGNORED = {"ctx", "kind", "type_comment", "type_ignores", "returns"}
_BY_TEXT = {"globals", "eval", "exec"}
_GLOBAL_LOADS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}


@dataclass(frozen=True, slots=True)
class Import:
    """An import statement: ``from {'.' * level}{module} import {names}``, or ``import {module}``."""

    module: str
    level: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a syntax tree says.

    Attributes:
        digest: moved by any change of meaning; not by comments, layout or docstrings.
        names: all names in it.
        chains: name → dotted attributes read from it, e.g. "np" → {("random", "seed")}.
        imports: in order of the text.
        by_text: whether it looks globals up by their names: `globals`, `eval`, `exec`.
        modules: texts in it, where it looks modules up in ``sys.modules``; else none.
    """

    digest: bytes
    names: frozenset[str]
    chains: Mapping[str, frozenset[tuple[str, ...]]]
    imports: tuple[Import, ...]
    by_text: bool = False
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A parsed file: function nodes by first line, class nodes by qualified name."""

    tree: ast.Module
    functions: Mapping[int, Sequence[Function | ast.Lambda]]
    classes: Mapping[str, Sequence[ast.ClassDef]]


def read(file: str, module_globals: dict[str, object] | None = None) -> Source | None:
    """The parsed text of a file; None when there is no text (code made by `exec`, an extension module)."""
    linecache.checkcache(file)  # the file may have changed since an error message read it
    lines = linecache.getlines(file, module_globals)
    try:
        return _parse("".join(lines)) if lines else None
    except (SyntaxError, ValueError):  # edited since it was imported
        return None


@lru_cache(maxsize=128)
def _parse(code: str) -> Source:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python told the user when it imported the file
        tree = ast.parse(code)
    functions: dict[int, list[Function | ast.Lambda]] = {}
    classes: dict[str, list[ast.ClassDef]] = {}
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, prefix = waiting.pop()
        if isinstance(node, Function):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            functions.setdefault(first, []).append(node)
            prefix = f"{prefix}{node.name}.<locals>."
        elif isinstance(node, ast.Lambda):
            functions.setdefault(node.lineno, []).append(node)
            prefix = f"{prefix}<lambda>.<locals>."
        elif isinstance(node, ast.ClassDef):
            classes.setdefault(prefix + node.name, []).append(node)
            prefix = f"{prefix}{node.name}."
        waiting.extend((child, prefix) for child in ast.iter_child_nodes(node))
    return Source(tree, functions, classes)


def function_nodes(source: Source, code: CodeType) -> list[Function | ast.Lambda]:
    """The node a code object was compiled from; several when lambdas on one line cannot be told apart."""
    nodes = [
        n
        for n in source.functions.get(code.co_firstlineno, ())
        if getattr(n, "name", "<lambda>") == code.co_name
    ]
    if len(nodes) > 1:
        spans = set(code.co_positions())
        exact: list[Function | ast.Lambda] = [
            n for n in nodes if isinstance(n, ast.Lambda) and _span(n.body) in spans
        ]
        nodes = exact or nodes
    return sorted(nodes, key=lambda n: (n.lineno, n.col_offset))


def _span(node: ast.expr) -> tuple[int, int | None, int, int | None]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def class_nodes(source: Source, qualname: str, first_lines: Iterable[int]) -> list[ast.ClassDef]:
    """Nodes of a class; of several by that name the one that holds its methods, else all."""
    nodes = source.classes.get(qualname, ())
    lines = list(first_lines)
    holding = [n for n in nodes if any(n.lineno <= line <= (n.end_lineno or n.lineno) for line in lines)]
    return sorted(holding or nodes, key=lambda n: n.lineno)


@lru_cache(maxsize=4096)
def facts(node: ast.AST, bare: bool = True) -> Facts:
    """What a node says; `bare` leaves out its own decorators, whose effect is followed at run time."""
    chains: dict[str, set[tuple[str, ...]]] = {}
    imports: list[Import] = []
    texts: list[str] = []
    called: set[int] = set()
    looks_up = False
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            chains.setdefault(child.id, set())
        elif isinstance(child, ast.Call):
            called.add(id(child.func))  # net.modules() is no lookup; walked before what it calls
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            texts.append(child.value)
        elif isinstance(child, ast.Attribute):
            looks_up |= child.attr == "modules" and id(child) not in called
            dotted = _dotted(child)
            if dotted:
                chains.setdefault(dotted[0], set()).add(dotted[1:])
        elif isinstance(child, ast.Import):
            imports.extend(Import(alias.name) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            imports.append(
                Import(child.module or "", child.level, tuple(alias.name for alias in child.names))
            )
    out: list[str] = []
    _write(node, out, bare)
    frozen = {name: frozenset(found) for name, found in chains.items()}
    by_text = not _BY_TEXT.isdisjoint(chains)
    modules = tuple(dict.fromkeys(texts)) if looks_up else ()
    return Facts(pack("ast", text("".join(out))), frozenset(chains), frozen, tuple(imports), by_text, modules)


def _dotted(node: ast.Attribute) -> tuple[str, ...]:
    parts: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    return (inner.id, *reversed(parts)) if isinstance(inner, ast.Name) else ()


def _write(node: object, out: list[str], bare: bool = False) -> None:
    """Like `ast.dump`, but the same on all Python versions and without what has no meaning."""
    if isinstance(node, ast.Constant):
        out.append(f"{type(node.value).__name__}:{node.value!r}")
    elif isinstance(node, ast.AST):
        out.append(f"{type(node).__name__}(")
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None or value == [] or name in _IGNORED:
                continue
            if (name == "decorator_list" and bare) or (name == "annotation" and isinstance(node, ast.arg)):
                continue
            if (
                name == "body"
                and isinstance(node, _SCOPES)
                and ast.get_docstring(node, clean=False) is not None
            ):
                value = value[1:]
            out.append(f"{name}=")
            _write(value, out)
            out.append(",")
        out.append(")")
    elif isinstance(node, list):
        out.append("[")
        for item in node:
            _write(item, out)
            out.append(",")
        out.append("]")
    else:
        out.append(repr(node))


def class_level_names(node: ast.ClassDef) -> set[str]:
    """Names read while the class body runs, e.g. by ``field(default_factory=make)``; not by its methods."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        child = waiting.pop()
        if isinstance(child, Function):
            waiting.extend([*child.args.defaults, *(d for d in child.args.kw_defaults if d is not None)])
        elif isinstance(child, ast.AnnAssign):
            waiting.extend([child.value] if child.value is not None else [])
        else:
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
                names.add(child.id)
            waiting.extend(ast.iter_child_nodes(child))
    return names


@lru_cache(maxsize=1024)  # compiled code does not change, and each recipe asks of its model's functions
def global_names(code: CodeType) -> frozenset[str]:
    """Names a code object and those nested in it read from the module's globals.

    Asked of the compiled code because that has settled which names are local; pytest's assertion
    rewriting adds names of its own, so callers keep only those the source also has.
    """
    return frozenset(
        i.argval for inner in _nested(code) for i in dis.get_instructions(inner) if i.opname in _GLOBAL_LOADS
    )


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
