"""Hooks by which other plugins bring hardware and runtimes; registered in ``pytest_addhooks``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.profiles.catalogue import Tables


@pytest.hookspec
def pytest_edgebench_profiles() -> Tables:  # type: ignore[empty-body]  # a specification has none
    """Entries for the catalogue, for users' profiles to extend.

    Returns:
        name → table with the keys of a profile (`cpu`, `isa`, `ram`, `extends`, …) and `sources`, a table
        that says for each figure where it comes from:
        ``{"my-board": {"extends": "cortex-m7", "ram": "512 KiB", "sources": {"ram": "my datasheet"}}}``.
        A name that another entry has is an error.
    """


@pytest.hookspec
def pytest_edgebench_runtimes() -> Mapping[str, Path]:  # type: ignore[empty-body]
    """Runtimes that profiles may name.

    Returns:
        name → the file which the worker loads to drive it; like those in ``pytest_edgebench/runtimes``, it
        imports only numpy and its runtime.
    """
