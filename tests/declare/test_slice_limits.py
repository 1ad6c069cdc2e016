"""Slices in `eb.Model` and in the words of a budget."""

from __future__ import annotations

import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.slices import is_slice, slice_of, statistic_of

READ = {
    "worst slice 85 %": ("worst slice", "", 85.0),
    "Worst  Slice 85%": ("worst slice", "", 85.0),
    "worst slice model - 2 points": ("worst slice", "model", -2.0),
    "slice night 85 %": ("slice night", "", 85.0),
    "slice night baseline - 1 pp": ("slice night", "baseline", -1.0),
    "slice rainy night original - 1 points": ("slice rainy night", "model", -1.0),
    'slice "rainy night" 85 %': ("slice rainy night", "", 85.0),
    "slice 'model - 2' 85 %": ("slice model - 2", "", 85.0),
    "slice 3 85 %": ("slice 3", "", 85.0),
    "slice class 3 85 %": ("slice class 3", "", 85.0),
    "slice -1 85 %": ("slice -1", "", 85.0),
    "slice model model - 2 points": ("slice model", "model", -2.0),
    "slice Night 85 %": ("slice Night", "", 85.0),
}


@pytest.mark.parametrize("text", READ)
def test_limits_on_slices(text: str) -> None:
    limit = parse("accuracy", text, "t.py:3")
    assert (limit.statistic, limit.reference, limit.amount) == READ[text]
    assert limit.text == text
    assert is_slice(limit.statistic)
    assert slice_of(limit.statistic) == (None if limit.statistic == "worst slice" else limit.statistic[6:])


@pytest.mark.parametrize("text", ["worst 85 %", "85 %", "model - 1 points", "median 85 %"])
def test_other_limits_are_not(text: str) -> None:
    assert not is_slice(parse("accuracy", text, "t.py:3").statistic)


def test_a_score_of_ones_own() -> None:
    assert parse("dice", "slice left 0.8", "t.py:3").statistic == "slice left"
    assert statistic_of("worst") is None


WRONG = {
    "slice 85 %": "the slice has no name",
    "slice model - 2 points": "the slice has no name",
    "slice a - 2 points": 'write accuracy="slice a model - 2 points"',
    "worst slice model - 2 %": 'write accuracy="worst slice model - 2 points"',
    "worst slice": "there is no number in it",
    "slice night 850 %": "no model reaches more than 100 %",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong(text: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse("accuracy", text, "t.py:3")
    assert "t.py:3" in str(caught.value)
    assert WRONG[text] in str(caught.value)


def test_only_scores_have_slices() -> None:
    with pytest.raises(DeclarationError, match="latency is not a score"):
        parse("latency", "worst slice 4 ms", "t.py:3")


def test_a_model_is_given_what_eb_slices_returns() -> None:
    given = eb.slices(["a", "b"])
    assert given.place.endswith(f"test_slice_limits.py:{_line() - 1}")
    assert eb.Model("net.onnx", "samples.npz", eb.top1, slices=given).slices is given
    with pytest.raises(DeclarationError, match=r"slices= is a list.*\n.*write slices=eb.slices"):
        eb.Model("net.onnx", "samples.npz", eb.top1, slices=["a"])  # type: ignore[arg-type]


def _line() -> int:
    import sys

    return sys._getframe(1).f_lineno
