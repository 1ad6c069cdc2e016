"""What is printed: one way for all commands, through which no control character gets."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest

import pytest_edgebench
from pytest_edgebench.base import printed
from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.base.text import HIDDEN, plain, printable

ROOT = Path(pytest_edgebench.__file__).parents[1]
RAW = {
    "pytest_edgebench/runtimes/run_tflite_micro.py": "the other end of a pipe",
    "pytest_edgebench/artifacts/inspect/tflite_lengths.py": "the other end of a pipe",
    "pytest_edgebench/base/confine.py": "the standard error of a worker, shown as what it printed",
    "pytest_edgebench/targets/board_holder.py": "the other end of a pipe",
    "pytest_edgebench/commands/outputs.py": "lines of the terminal report, with its colours",
    "pytest_edgebench/recipe_search/run.py": "a line of progress, drawn anew",
    "pytest_edgebench/base/printed.py": "the one way",
}
"""Files that write to a standard stream themselves, and why."""


def writes(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("sys.stdout.write", "sys.stderr.write", "print", "stream.write")
        for node in ast.walk(tree)
    )


def test_one_way_to_print() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in ("pytest_edgebench", "compressors", "reports", "suites")
        for path in (ROOT / folder).rglob("*.py")
        if writes(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found - set(RAW) == set()
    assert set(RAW) - found == set()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", f"{HIDDEN}[31mred{HIDDEN}[0m"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("back\b\b\rward", f"back{HIDDEN}{HIDDEN}{HIDDEN}ward"),
        ("\u202etxt.exe\u2066\u200f", f"{HIDDEN}txt.exe{HIDDEN}{HIDDEN}"),
        ("half \ud800, mark \U000e0041", f"half {HIDDEN}, mark {HIDDEN}"),
        ("::error::x", ": :error::x"),
        ("a\n  ::set-output name=x::y", "a\n  : :set-output name=x::y"),
        ("##[add-mask]x", "## [add-mask]x"),
        ("at::native::add and a::b", "at::native::add and a::b"),
        ("naïve 😀 שלום", "naïve 😀 שלום"),
    ],
)
def test_what_steers_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert "\n" not in plain(text)


def test_errors_are_printable_from_the_start() -> None:
    """Their texts hold names of models and operators, and what libraries and programs say."""
    error = BuildError("\x1b]0;x\x07 is no operator", where="m\u202e.onnx", fix="::error::rename it")
    assert str(error) == f"m{HIDDEN}.onnx: {HIDDEN}]0;x{HIDDEN} is no operator\n  fix: : :error::rename it"
    assert error.args == (error.what, error.where, error.fix)


def test_an_encoding_that_knows_less(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    printed.out("naïve \x1b[31m\n")
    stream.flush()
    assert stream.buffer.getvalue() == b"na?ve ?[31m\n"
