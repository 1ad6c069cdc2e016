from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STRANGE = str(Path(__file__).with_name("strange_runtime.py"))


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with Pool(tmp_path / "printed") as pool:
        yield pool


@pytest.fixture
def strange() -> Callable[..., Spec]:
    """Makes the kind of a worker that misbehaves."""

    def spec(do: str = "nothing", at: str = "call") -> Spec:
        return Spec(STRANGE, options=(("do", do), ("at", at)))

    return spec


@pytest.fixture
def any_file(tmp_path: Path) -> Path:
    """A file for the strange runtime, which does not read it."""
    path = tmp_path / "net.any"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def pair() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([[1, 2]], np.float32)
