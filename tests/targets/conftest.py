"""Fixtures for tests of targets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from loopback_board import LoopbackBoard

from pytest_edgebench.measure.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackBoard]:
    """One board for all tests."""
    board = LoopbackBoard(tmp_path_factory.mktemp("boards") / "a")
    yield board
    board.switch_off()


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """One for the tests of a module, so that they have one connection."""
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """A file for the runtimes of the tests, which do not read it."""
    path = tmp_path / "nets" / "net.any"
    path.parent.mkdir()
    path.write_bytes(os.urandom(100))  # so that no other test has sent it
    return path
