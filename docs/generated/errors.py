"""Every message, with an anchor of its own, read from the source."""

from __future__ import annotations

import ast
import builtins
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.docs.generated.markdown import anchored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HEADING = "Error index"
HEAD = """
Every message of the package, by the part that gives it. `{name}` stands for what differs from case to case. A message has up
to three parts: `where: what is wrong`, and on a second line `fix:` with what to write instead. Search this page for words
of the message.
"""
ROOTS = ("pytest_edgebench", "pytest_edgebench.compressors", "pytest_edgebench.reports")
"""Packages whose folders hold all code; the last two lie elsewhere in a checkout."""
TITLES: Mapping[str, str] = {
    "artifacts": "Model files and their cache",
    "base": "General",
    "baselines": "Baselines",
    "case": "Cases and `edge`",
    "commands": "Commands",
    "compressors": "Compression steps",
    "declare": "Models, recipes and budgets",
    "environments": "Set-up of environments",
    "identity": "What a model is made from",
    "judge": "Verdicts",
    "lint": "Linter",
    "measure": "Measuring",
    "metrics": "Metrics",
    "predict": "Predictions",
    "profiles": "Profiles and `edgebench.toml`",
    "recipe_search": "Search",
    "record": "Run records",
    "runtimes": "Runtimes",
    "samples": "Data and scores",
    "session": "The pytest session",
    "settings": "Options and waivers",
    "targets": "Targets",
    "workers": "Workers",
}
"""Room → heading."""
CONSTRUCTORS = ("Error", "Dropped", "LockLost")


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        anchor: ``room-function``, unique on the page. what: its text. fix: "" for none.
    """

    room: str
    anchor: str
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file as far as messages need it.

    Attributes:
        constants: name → text assigned at its top level. helpers: its functions, by name.
        sentences: texts that its functions return are messages, too.
    """

    constants: Mapping[str, ast.expr]
    helpers: Mapping[str, ast.FunctionDef]
    sentences: bool


def page() -> str:
    """A heading for each message, by room."""
    text, found = [f"# {HEADING}\n{HEAD}"], messages()
    for room, title in TITLES.items():
        text.append(f"## {title}\n")
        for message in found:
            if message.room == room:
                text.append(anchored(message.anchor.partition("-")[2].replace("_", " "), message.anchor))
                text.append(_code(message.what))
                if message.fix:
                    text.append(f"Fix: {_code(message.fix)}")
    return "\n".join(text)


def messages() -> list[Message]:
    """All, each under an anchor of its own."""
    found: dict[str, Message] = {}
    known: set[tuple[str, str, str]] = set()
    for path in sorted(_files()):
        room, tree = _room(path), ast.parse(path.read_text(encoding="utf-8"))
        if room not in TITLES:
            continue
        helpers = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
        source = Source(_texts(tree.body), helpers, sentences=path.name.endswith("errors.py"))
        for function in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)):
            for what, fix in _given(function, source, source.constants):
                if (room, what, fix) not in known:
                    known.add((room, what, fix))
                    name = f"{room}-{function.name.strip('_')}"
                    number = next(n for n in range(1, 99) if _numbered(name, n) not in found)
                    anchor = _numbered(name, number)
                    found[anchor] = Message(room, anchor, what, fix)
    return list(found.values())


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _files() -> set[Path]:
    roots = [Path(folder) for name in ROOTS for folder in importlib.import_module(name).__path__]
    return {path.resolve() for root in roots for path in root.rglob("*.py")}


def _room(path: Path) -> str:
    """The room of a file, "" for one that has no messages of its own."""
    return next((part for part in reversed(path.parts[:-1]) if part in TITLES), "")


def _texts(nodes: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """Name → what is assigned to it."""
    return {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _given(
    function: ast.FunctionDef, source: Source, constants: Mapping[str, ast.expr]
) -> Iterator[tuple[str, str]]:
    """What a function says is wrong, and the fix.

    Args:
        constants: name → what it stands for outside of the function's own assignments.
    """
    texts = {**constants, **_texts(ast.walk(function))}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _is_ours(_name(node.func)) and node.args:
            what = _text(node.args[0], texts)
            fix = next((_text(word.value, texts) for word in node.keywords if word.arg == "fix"), "")
            if fix or _is_text(node.args[0]) or what != f"{{{_plain(node.args[0])}}}":
                yield what, fix
        elif source.sentences and isinstance(node, ast.Return) and node.value is not None:
            helper = source.helpers.get(_name(node.value.func)) if isinstance(node.value, ast.Call) else None
            if helper is not None and isinstance(node.value, ast.Call) and helper is not function:
                names = [argument.arg for argument in helper.args.args]
                given = dict(zip(names, node.value.args, strict=False))
                given |= {word.arg: word.value for word in node.value.keywords if word.arg}
                bound = {name: ast.Constant(_text(value, texts)) for name, value in given.items()}
                yield from _given(helper, source, {**source.constants, **bound})
            elif _is_text(node.value) and " " in _text(node.value, texts).strip():
                yield _text(node.value, texts), ""


def _is_ours(name: str) -> bool:
    return name.endswith(CONSTRUCTORS) and not hasattr(builtins, name)


def _text(node: ast.expr, texts: Mapping[str, ast.expr]) -> str:
    """A text as it is written, with ``{name}`` for what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, texts) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, texts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, texts) + _text(node.right, texts)
    if isinstance(node, ast.IfExp) and _is_text(node.body):
        return _text(node.body, texts)
    if isinstance(node, ast.Name) and node.id in texts and _is_text(texts[node.id]):
        return _text(texts[node.id], {name: value for name, value in texts.items() if name != node.id})
    return f"{{{_plain(node)}}}"


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_text(node.body)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_text(node.left)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _plain(node: ast.expr) -> str:
    """One word for an expression: the last name in it that is not called."""
    called = {id(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
    names = [
        _name(part)
        for part in ast.walk(node)
        if isinstance(part, ast.Name | ast.Attribute) and id(part) not in called
    ]
    return names[0] if names else "..."


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _code(text: str) -> str:
    """As code, whatever quotes it has."""
    fence = "``" if "`" in text else "`"
    return (
        f"{fence}{'' if fence == '`' else ' '}{' '.join(text.split())}{'' if fence == '`' else ' '}{fence}\n"
    )
