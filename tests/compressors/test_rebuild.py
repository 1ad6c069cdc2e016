"""`--edgebench-rebuild`: everything again, and the first step that differs is named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import onnx
import pytest
import tiny_nets

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.build.rebuild import Rebuild
from pytest_edgebench.compressors.chain import chain, prune, quantize
from pytest_edgebench.declare.model import Model, Recipe, Step

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact


@dataclass(frozen=True)
class Named(Step):
    """Names the graph: always alike, or in each build otherwise."""

    stages: ClassVar[Any] = {"onnx": "file"}
    repeatable: bool = True

    def file(self, source: Path, target: Path, context: Any) -> None:
        model = onnx.load(source)
        model.graph.name = "named" if self.repeatable else os.urandom(8).hex()
        onnx.save(model, target)

    def effect(self, before: Any, after: Any) -> str | None:
        return None


def unrepeatable() -> Any:
    import torch

    torch.seed()
    return tiny_nets.mlp()


def source(made: Any = tiny_nets.mlp) -> Model:
    return Model(made, tiny_nets.flat_samples, tiny_nets.score, name="kws", key="kws", place="conftest.py:3")


class Session:
    """One session after the other on one cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []

    def build(self, recipe: Model | Recipe, run: str = "") -> tuple[Artifact, list[str]]:
        """The artifact and what was built for it; with `run`, in a session of that name that rebuilds."""
        built: list[str] = []
        again = Rebuild(self.folder / run) if run else None
        cache = Cache(self.folder / "c", log=self.told.append)
        artifact = Builder(cache, built.append, rebuild=again).build(recipe, "onnx")
        return artifact, built


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def test_what_is_equal_is_built_again_once_a_session(session: Session) -> None:
    def recipe() -> Recipe:
        return chain(prune(source(), 0.5), Named())

    first, built = session.build(recipe())
    assert len(built) == 4  # the model, the torch step, the export, the file step
    assert session.build(recipe())[1] == []
    again, rebuilt = session.build(recipe(), "night")
    assert rebuilt == built
    assert again.record == first.record
    assert session.build(recipe(), "night")[1] == []  # another worker of the same session
    assert session.build(recipe(), "next night")[1] == built
    assert session.told == []


def test_the_first_step_that_differs_is_named(session: Session) -> None:
    def recipe() -> Recipe:
        return chain(quantize(source(), "dynamic-int8"), Named(repeatable=False), Named())

    first, _ = session.build(recipe())
    with pytest.raises(BuildError, match="the first step that differs is: Named") as caught:
        session.build(recipe(), "night")
    assert "repeatable=False" in caught.value.what
    assert "cached: " in caught.value.what
    assert "threads" in caught.value.what
    assert "--cache-clear" in caught.value.fix
    assert session.build(recipe())[0].record == first.record  # the cached one stays


def test_training_that_is_not_repeatable_is_named(session: Session) -> None:
    session.build(quantize(source(unrepeatable), "dynamic-int8"))
    with pytest.raises(BuildError, match="the first step that differs is: making the model kws"):
        session.build(quantize(source(unrepeatable), "dynamic-int8"), "night")


def test_without_it_other_weights_are_told_and_the_first_are_used(session: Session) -> None:
    first, _ = session.build(source(unrepeatable))
    again, _ = session.build(prune(source(unrepeatable), 0.25))
    (line,) = session.told
    assert line.startswith("making the model kws again gave other weights (")
    assert "torch" in line
    assert again.record.made_on.keys() >= {"cpu", "threads", "torch"}
    assert session.build(source(unrepeatable))[0].record == first.record
