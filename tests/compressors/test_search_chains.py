"""Chains in all orders: which there are, which can be built, and what they share."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import tiny_nets

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import BuildError, DeclarationError
from pytest_edgebench.compressors.architecture import LowRank
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.prune import Prune
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.declare.model import Model
from pytest_edgebench.recipe_search import chains as search
from pytest_edgebench.recipe_search.chains import Refused, Shared, chains, pool_of, try_build

if TYPE_CHECKING:
    from pathlib import Path

FEW, MANY, THIN, INT8 = Prune(0.3), Prune(0.6), LowRank(ratio=0.5), Quantize("dynamic-int8")


def test_every_order_with_every_choice() -> None:
    pool, slots = pool_of([[FEW, MANY], THIN, INT8])
    assert pool == [FEW, MANY, THIN, INT8]
    assert slots == [[0, 1], [2], [3]]
    found = chains(slots)
    assert len(found) == 2 * 6
    assert len(set(found)) == 12
    assert {(0, 2, 3), (3, 2, 1), (2, 1, 3)} < set(found)


def test_neighbours_share_their_beginnings() -> None:
    """Each beginning is met in one run of chains, so a search that is stopped has wasted little."""
    found = chains([[0, 1], [2, 3], [4]])
    for length in (1, 2):
        starts = [chain[:length] for chain in found]
        runs = 1 + sum(a != b for a, b in pairwise(starts))
        assert runs == len(set(starts))


def test_equal_steps_make_one_chain() -> None:
    pool, slots = pool_of([FEW, Prune(0.3)])
    assert (pool, chains(slots)) == ([FEW], [(0, 0)])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "has no steps to try"),
        (None, "has no steps to try"),
        ("static-int8", "has no steps to try"),
        (FEW, "has no steps to try"),
        ([FEW, "static-int8"], "'static-int8' is neither a step nor a list of steps"),
        ([FEW, []], r"\[\] is neither a step nor a list of steps"),
        ([[FEW, Prune]], "is neither a step nor a list of steps"),
    ],
)
def test_what_are_no_steps(given: Any, sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence) as raised:
        pool_of(given)
    assert "steps=[[eb.Prune" in raised.value.fix


def test_too_many_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_CHAINS", 5)
    with pytest.raises(DeclarationError, match="more than 5 chains"):
        chains([[0], [1], [2]])


def shared(folder: Path, model: Model, *steps: Any) -> tuple[Shared, list[tuple[int, ...]], list[str]]:
    """A search in a folder, its chains, and what is built."""
    log: list[str] = []
    cache = Cache(folder)
    pool, slots = pool_of(steps)
    found = Shared(Builder(cache, log.append), cache, model, "onnx", pool, lambda: len(log))
    return found, chains(slots), log


def test_what_a_stage_forbids_is_told_without_building(tmp_path: Path, mlp: Model) -> None:
    found, every, log = shared(tmp_path, mlp, FEW, INT8)
    told = {chain: found.refused(chain) for chain in every}
    assert told[0, 1] is None
    refused = told[1, 0]
    assert refused is not None
    assert refused.steps == (INT8, FEW)
    assert "comes after Quantize(scheme='dynamic-int8')" in refused.reason
    assert log == []


def test_a_common_beginning_is_built_once(tmp_path: Path) -> None:
    model = Model(
        tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, name="shared", place="conftest.py:3"
    )
    found, every, log = shared(tmp_path, model, FEW, [INT8, Quantize("fp16")])
    possible = [chain for chain in every if found.refused(chain) is None]
    assert len(possible) == 2
    digests = {found.build(chain).digest for chain in possible}
    assert len(digests) == 2
    assert sorted(log) == sorted([
        "shared: making the model",
        "shared: Prune(0.3)",
        "shared: exporting to onnx",
        "shared: Quantize(scheme='dynamic-int8') on onnx",
        "shared: Quantize(scheme='fp16') on onnx",
    ])  # fmt: skip
    costs = found.costs()
    assert costs is not None
    once, alone = costs
    assert 0 < once < alone < 2 * once
    again, _, log = shared(tmp_path, model, FEW, [INT8, Quantize("fp16")])
    assert {again.build(chain).digest for chain in possible} == digests
    assert not [line for line in log if "exporting" in line or "Quantize" in line]
    assert again.costs() == costs  # as the first search wrote down


def test_costs_that_nobody_knows(tmp_path: Path, mlp: Model) -> None:
    """What pytest built before is found in the cache, without a word of what it cost."""
    first, every, _ = shared(tmp_path, mlp, Quantize("fp16"))
    Builder(Cache(tmp_path)).build(first.recipe(every[0]), "onnx")
    first.build(every[0])
    assert first.costs() is None


def test_a_chain_that_fails_is_told(tmp_path: Path, mlp: Model) -> None:
    def broken(module: Any) -> Any:
        raise ZeroDivisionError

    found, every, _ = shared(tmp_path, mlp, Prune(0.3, broken))
    refused = try_build(found, every[0], "onnx")
    assert isinstance(refused, Refused)
    assert "ZeroDivisionError" in refused.reason
    assert found.costs() == (0, 0)


def test_a_model_that_fails_is_told_at_once(tmp_path: Path) -> None:
    def source() -> Any:
        raise ZeroDivisionError

    model = Model(source, tiny_nets.flat_samples, tiny_nets.score, name="bad", place="conftest.py:3")
    found, _, _ = shared(tmp_path, model, FEW)
    with pytest.raises(BuildError, match="ZeroDivisionError"):
        found.begin()
