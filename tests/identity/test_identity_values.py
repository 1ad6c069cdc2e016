"""Digests of plain data, files, arrays and objects."""

from __future__ import annotations

import functools
import os
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.identity.digest import digest


class Color(Enum):
    RED = 1
    GREEN = 2


@dataclass(frozen=True)
class Point:
    x: float
    note: str = field(default="", compare=False)


class Config:
    __slots__ = ("width",)

    def __init__(self, width: int) -> None:
        self.width = width


def add(a: int, b: int) -> int:
    return a + b


EQUAL: list[tuple[Any, Any]] = [
    (1, 1.0),
    ({1, 2, 3}, frozenset([3, 2, 1])),
    (Point(1), Point(1.0, note="elsewhere")),
    (np.arange(4)[::2], np.array([0, 2])),
    (Config(3), Config(3)),
    (functools.partial(add, 1), functools.partial(add, 1)),
    (functools.cache(add), add),
    ([[1], [1]], [[1]] * 2),
]
DIFFERENT: list[Any] = [
    *(None, False, True, 0, 1, 1.5, float("nan"), float("inf"), 1j, ..., "", "1", b"1", range(3), range(4)),
    *(
        (),
        [],
        {},
        set(),
        (1,),
        [1],
        {1},
        {"a": 1},
        {"a": 2},
        {"b": 1},
        [[1], 2],
        [1, [2]],
        ["ab"],
        ["a", "b"],
    ),
    *(slice(3), Path("no/such"), Path("no/other"), SimpleNamespace(a=1)),
    *(Color.RED, Color.GREEN, Color, Point(1), Point(2), Config(1), Config(2)),
    *(
        np.float32(1.5),
        np.float64(1.5),
        np.zeros(2),
        np.zeros((1, 2)),
        np.zeros(2, np.int8),
        np.zeros((0, 2)),
    ),
    *(
        np.array(["a"], dtype=object),
        np.array(["b"], dtype=object),
        np.array("2020", "M8[D]"),
        np.dtype("i1"),
    ),
    *(add, functools.partial(add, 1), functools.partial(add, 2), len, str.upper, "x".upper, np.mean, np.add),
    *(os.path.join, os, np, list[int], int | None),
]


@pytest.mark.parametrize("first, second", EQUAL)
def test_equal_values_have_one_digest(first: Any, second: Any) -> None:
    assert digest(first) == digest(second)


def test_different_values_have_different_digests() -> None:
    seen: dict[str, Any] = {}
    for value in DIFFERENT:
        key = digest(value)
        assert len(key) == 64
        assert key not in seen, f"{value!r} and {seen.get(key)!r}"
        seen[key] = value


def test_a_file_counts_by_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a.bin", tmp_path / "b.bin"
    first.write_bytes(b"weights")
    second.write_bytes(b"weights")
    assert digest(first) == digest(second) == digest(str(first))
    second.write_bytes(b"weightz")
    assert digest(first) != digest(second)


def test_a_value_that_holds_itself(tmp_path: Path) -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert digest(loop) != digest([1, [1]])


def test_library_code_counts_by_version(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_edgebench.identity import library

    before = digest(np.mean)
    monkeypatch.setattr(library, "version", lambda root: "another")
    assert digest(np.mean) != before


def test_a_large_array_is_hashed_fast() -> None:
    weights = np.ones(26_000_000, np.float32)
    start = time.perf_counter()
    digest(weights)
    assert time.perf_counter() - start < 1  # 0.06 to 0.15 s on a quiet machine


def test_an_unreadable_file_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"mem' .* cannot be read: Input/output error") as caught:
        digest({"weights": Path("/proc/self/mem")})
    assert "(item 'weights' of the given value)" in caught.value.what
    assert "make the file readable" in caught.value.fix


def test_nesting_beyond_the_recursion_limit_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(DeclarationError, match="nested too deeply"):
        digest(deep)
