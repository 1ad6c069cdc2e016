"""Which parameters of a long test are tried in every run; the rest are for a nightly one (``-m slow``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from _pytest.mark.structures import ParameterSet


def all_but(names: Iterable[str], quick: Container[str]) -> list[ParameterSet]:
    """Parameters of one name each; those that are not `quick` are marked slow."""
    return [pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in names]


def nightly(*values: object) -> ParameterSet:
    """One set of parameters that is marked slow."""
    return pytest.param(*values, marks=pytest.mark.slow)
