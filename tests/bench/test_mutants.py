"""The changes that `mutation.py` makes."""

from __future__ import annotations

import ast

import pytest
from mutants import mutants, mutated


def changed(source: str) -> list[str]:
    """The file with each of its mutants."""
    return [mutated(source, mutant) for mutant in mutants(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a == b != c", ["a != b != c", "a == b == c"]),
        ("a is b", ["a is not b"]),
        ("a + b", ["a - b"]),
        ("a += b", ["a -= b"]),
        ("a and b", ["a or b"]),
        ("not a", ["a"]),
        ("-a", ["a"]),
        ("x = 2", ["x = 3"]),
        ("x = True", ["x = False"]),
        ("a if b else c", ["a if not b else c"]),
        ("if a:\n    b", ["if not a:\n    b"]),
        ("min(a, b)", ["max(a, b)"]),
        ("math.floor(a)", ["math.ceil(a)"]),
        ("f'{a * b} of'", ["f'{a / b} of'"]),
    ],
)
def test_what_a_line_becomes(source: str, expected: list[str]) -> None:
    assert changed(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "'a' + b",
        "x: Literal[1]",
        "@dataclass(frozen=True)\nclass A:\n    pass",
        "if TYPE_CHECKING:\n    x = 1",
        "zip(a, b, strict=True)",
        "def f() -> Literal[1]:\n    return None",
        "f'{a:>3}'",
    ],
)
def test_what_decides_nothing_stays(source: str) -> None:
    assert changed(source) == []


def test_line_and_place() -> None:
    first, second, third, _ = mutants("LIMIT = 3\n\ndef f(a):\n    return a < LIMIT\n")
    assert (first.line, first.what, first.inside) == (1, "3 → 4", False)
    assert (second.line, second.what, second.inside) == (4, "return a < LIMIT → return None", True)
    assert (third.line, third.what, third.inside) == (4, "a < LIMIT → a <= LIMIT", True)


def test_each_is_another_file_that_can_be_read() -> None:
    source = "def f(a, b=1):\n    if a > b and not b:\n        return -a * (b + 2)\n    return max(a, b)\n"
    found = changed(source)
    assert len({*found, ast.unparse(ast.parse(source))}) == len(found) + 1
    for text in found:
        ast.parse(text)
