"""Default checks of every model file: what makes it smaller keeps it running, as right, and how slow."""

from __future__ import annotations

import os

import pytest

import pytest_edgebench as eb
from pytest_edgebench.suites.zoo.folder import VARIABLE, found

ZOO, WHY = found()
if WHY and os.environ.get(VARIABLE):
    pytest.fail(WHY, pytrace=False)
elif WHY:
    pytest.skip(WHY, allow_module_level=True)


def _built(edge: eb.Edge) -> None:
    """Skip a file of another format than the profile's, and a step that does not apply to it."""
    try:
        _ = edge.artifact
    except eb.EdgebenchError as error:
        if edge.recipe == "original" and "cannot become" not in str(error):
            raise
        pytest.skip(str(error))


@eb.cases(recipes="original")
def test_original(edge: eb.Edge) -> None:
    """It loads, runs on its samples, and its answers are finite numbers that can be scored."""
    _built(edge)
    assert len(edge.predictions) > 0
    edge.check()


def test_smaller(edge: eb.Edge) -> None:
    _built(edge)
    edge.check()


# Noise is not what a model was made for: how much its answers move on it is told and no more.
MADE_UP = [file.name for file in ZOO if file.kind == "made up"]
if MADE_UP:
    limit = {"likeness": "model - 50 points"}
    test_smaller = eb.budget(models=MADE_UP, metrics=limit, level="warn", message="inputs were made up")(
        test_smaller
    )
GIVEN = [file.name for file in ZOO if file.kind in ("given", "expected")]
if GIVEN:
    test_smaller = eb.budget(models=GIVEN, metrics={"likeness": "model - 10 points"})(test_smaller)
