"""For tests of every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import slow

from pytest_edgebench.declare import made

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture(scope="session")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of a second environment that has numpy and ONNX Runtime, and nothing else."""
    import numpy as np
    import onnxruntime

    folder = tmp_path_factory.mktemp("environments") / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in (np, onnxruntime):
        source = Path(str(package.__file__)).parent
        (site / source.name).symlink_to(source)
        libraries = source.with_name(f"{source.name}.libs")
        if libraries.exists():
            (site / libraries.name).symlink_to(libraries)
    return str(folder / "bin" / "python")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m` chooses."""
    for item in slow.chosen(items):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A budget that a test of ours makes as a value is on no test, and is meant so."""
    try:
        yield
    finally:
        made.take()
