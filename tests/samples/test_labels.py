"""Labels of any plain kind: boxes, texts, trees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.samples.data import labelled

INPUTS = np.arange(6, dtype=np.float32).reshape(3, 2)
BOXES: list[dict[str, Any]] = [
    {"boxes": [[0, 0, 1, 1]]},
    {"boxes": []},
    {"boxes": [[0, 0, 2, 2], [1, 1, 3, 3]]},
]
RAGGED = [np.zeros((1, 2)), np.ones((3, 2)), np.zeros((2, 2))]


class Set:
    """A data set that reads its samples by number."""

    def __init__(self, labels: Any) -> None:
        self._labels = labels

    def __len__(self) -> int:
        return len(INPUTS)

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        return INPUTS[number], self._labels[number]


def test_what_fits_into_an_array_is_one() -> None:
    assert labelled((INPUTS, [[0, 1], [1, 0], [2, 2]]), "m", Path()).labels().shape == (3, 2)
    assert labelled((INPUTS, ["ja", "nein", "ja"]), "m", Path()).labels().dtype.kind == "U"


@pytest.mark.parametrize(
    "labels",
    [BOXES, RAGGED, [["a"], ["b", "c"], []], [None, 1, "x"]],
    ids=["boxes", "arrays of several shapes", "lists", "mixed"],
)
@pytest.mark.parametrize("form", ["pair", "data set", "batches"])
def test_plain_values_stay_as_they_are(form: str, labels: list[Any]) -> None:
    data: Any = {
        "pair": (INPUTS, labels),
        "data set": Set(labels),
        "batches": [(INPUTS[:2], labels[:2]), (INPUTS[2:], labels[2:])],
    }[form]
    found = labelled(data, "m", Path())
    assert found.count == 3
    for one, wanted in zip(found.labels(), labels, strict=True):
        assert np.array_equal(one, wanted) if isinstance(wanted, np.ndarray) else one == wanted
    assert [len(batch) for _, batch in found.batches(2)] == [2, 1]


def test_the_key_follows_what_a_label_holds() -> None:
    one = labelled((INPUTS, BOXES), "m", Path()).key()
    assert labelled((INPUTS, [{**box} for box in BOXES]), "m", Path()).key() == one
    other = [*BOXES[:2], {"boxes": [[0, 0, 2, 2], [1, 1, 3, 4]]}]
    assert labelled((INPUTS, other), "m", Path()).key() != one


def test_anything_else_is_refused() -> None:
    with pytest.raises(DataError, match="a label is or holds tuple_iterator"):
        labelled((INPUTS, [{"a": iter(())}, {}, {}]), "m", Path())


def test_a_score_of_classes_says_what_it_needs() -> None:
    from pytest_edgebench.declare.score import as_score
    from pytest_edgebench.samples.scores import evaluate, top1

    labels = labelled((INPUTS, BOXES), "m", Path()).labels()
    with pytest.raises(DataError, match="texts or other values, not class numbers"):
        evaluate(as_score(top1), INPUTS, labels, "here")


def test_one_output_is_no_class() -> None:
    """The largest of one output is always the first: all labels 0 would be right, whatever it answers."""
    from pytest_edgebench.declare.score import as_score
    from pytest_edgebench.samples.scores import evaluate, top1

    with pytest.raises(DataError, match=r"one number a sample(.|\n)*eb.auc") as caught:
        evaluate(as_score(top1), INPUTS[:, :1], np.zeros(len(INPUTS), int), "recipe:9", "model:3")
    assert caught.value.where == "model:3"


def test_not_a_number_of_the_original_is_not_blamed_on_compression() -> None:
    from pytest_edgebench.declare.score import as_score
    from pytest_edgebench.samples.scores import evaluate, top1

    outputs, labels = np.full((3, 2), np.nan), np.zeros(3, int)
    for where, fix in (("recipe:9", "look at the compression"), ("model:3", "look at the model before")):
        with pytest.raises(DataError, match=f"for 3 of 3 samples(.|\n)*{fix}"):
            evaluate(as_score(top1), outputs, labels, where, "model:3")
