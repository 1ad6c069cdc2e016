from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest
import tiny_nets

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.build.runs import private
from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.export import Call
    from pytest_edgebench.declare.model import Format

MakeModel = Callable[..., Model]


@pytest.fixture(scope="session")
def shared_builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """One cache for all tests that only look at what is built, since exports take seconds."""
    return Builder(Cache(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def shared_call(tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Runs a file below pytest's own temporary folder once, in a worker."""
    runs = private([tmp_path_factory.getbasetemp()])
    return lambda path, inputs: runs.call(cast("Format", path.suffix[1:]), path, inputs)


@pytest.fixture(scope="session")
def cnn() -> Model:
    return model(tiny_nets.cnn, tiny_nets.samples, name="cnn")


@pytest.fixture(scope="session")
def mlp() -> Model:
    return model(tiny_nets.mlp, tiny_nets.flat_samples, name="mlp")


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(Cache(tmp_path / "cache"))


def model(source: Any, data: Any, **fields: Any) -> Model:
    return Model(source, data, tiny_nets.score, place="conftest.py:3", **fields)
