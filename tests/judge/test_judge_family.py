"""The family of a target's kernels, named from its outputs."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_edgebench.judge.family import at_least, name_family

N = 200


def outputs(seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(-128, 128, (N, 4)).astype(np.int8)


def other_in(base: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    """The same but for the first rows, by 1."""
    found = base.copy()
    found[:rows, 0] ^= 1
    return found


A = outputs()
CANDIDATES = {"a": [A], "b": [other_in(A, 80)], "c": [other_in(A, 4)]}


def test_the_family_with_the_same_outputs_is_named() -> None:
    family = name_family(CANDIDATES, [other_in(A, 80)])
    assert family is not None
    assert (family.name, family.shares, family.unsure) == ("b", {"a": 120, "b": 200, "c": 124}, ())
    assert family.chance["a"] == pytest.approx(2.0**-80)
    assert family.told == (
        "kernels of the family of b (samples with the same outputs, of 200: a 120, b 200, c 124; "
        "p < 0.05 against each other)"
    )
    assert family.contradicts("a")
    assert not family.contradicts("b")
    assert not family.contradicts("unknown")


def test_a_family_that_few_samples_tell_apart_is_no_contradiction() -> None:
    """Four samples of four: a chance of 1 in 16."""
    family = name_family(CANDIDATES, [A])
    assert family is not None
    assert (family.name, family.unsure, family.chance["c"]) == ("a", ("c",), 1 / 16)
    assert family.told.endswith("; not told apart from c, p = 0.062)")
    assert not family.contradicts("c")
    assert family.contradicts("b")


def test_outputs_of_no_candidate_are_of_no_family() -> None:
    family = name_family(CANDIDATES, [other_in(A, 200)])
    assert family is not None
    assert (family.name, family.unsure) == ("", ())
    assert family.told.startswith("kernels of no known family (samples with the same outputs, of 200: a 0")
    assert family.contradicts("a")
    assert not family.contradicts("a", exact=False)


def test_one_candidate_has_nothing_to_be_compared_with() -> None:
    family = name_family({"a": [A]}, [A])
    assert family is not None
    assert family.told.endswith("a 200; nothing else to compare with)")


def test_every_output_counts() -> None:
    family = name_family({"a": [A, A], "b": [A, other_in(A, 50)]}, [A, other_in(A, 50)])
    assert family is not None
    assert family.name == "b"


@pytest.mark.parametrize("candidates, target", [({"a": [A * 0.5]}, [A * 0.5]), ({"a": [A[:0]]}, [A[:0]])])
def test_floats_and_no_samples_name_nothing(candidates: Any, target: Any) -> None:
    assert name_family(candidates, target) is None


@pytest.mark.parametrize("hits, tries, chance", [(0, 0, 1), (4, 4, 1 / 16), (3, 4, 5 / 16), (2, 3, 0.5)])
def test_the_chance_of_a_fair_coin(hits: int, tries: int, chance: float) -> None:
    assert at_least(hits, tries) == chance


@pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")
def test_published_runs_are_named_and_their_flips_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """28 runs of the keyword model whose int8 outputs are known, on Cortex-M, RISC-V and a Raspberry Pi."""
    pytest.importorskip("tflite_micro", reason="tflite-micro is not installed")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "bench"))
    every = list(importlib.import_module("families").runs(Path(os.environ["EDGEBENCH_DATA"])))
    assert len(every) == 28
    assert [run.name for run in every if not run.right] == []
    assert [run.name for run in every if run.flips != run.published_flips] == []
