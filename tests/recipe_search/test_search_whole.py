"""`eb.search` on a small network: what it tries, tells and finds again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.artifacts import canonical
from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.recipe_search.result import Candidate, Search

if TYPE_CHECKING:
    from pathlib import Path

BOARD = Profile("board", runtime="onnxruntime")
HERE = Profile("here", target="host", runtime="onnxruntime")
STEPS: list[Any] = [[eb.Prune(0.3), eb.Prune(0.8)], eb.LowRank(ratio=0.5), eb.Quantize("dynamic-int8")]


def samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(400, 24)).astype(np.float32)
    return inputs, (inputs[:, :4].argmax(1)).astype(np.int64)


def net() -> Any:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 4))
    inputs, labels = map(torch.from_numpy, samples())
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-2)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(module(inputs), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return module


def model() -> eb.Model:
    return eb.Model(net, samples, eb.top1, name="net", place="conftest.py:3")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def found(cache: Path) -> Search:
    budgets = {"accuracy": "model - 60 points"}
    return eb.search(model(), STEPS, "accuracy", budgets, [BOARD], cache=cache, show=False)


def test_permitted_orders_are_tried_and_others_told(found: Search) -> None:
    assert (found.planned, found.tried, found.complete) == (4, 4, True)
    assert len(found.candidates) == 4
    assert len(found.refused) == 8  # those with the quantization before a step on the module
    assert all("comes after Quantize" in refused.reason for refused in found.refused)
    for step in ("Prune", "LowRank"):
        told = f"skipped 4 chains: {step} works on the torch module but comes after Quantize, which works on"
        assert told in found.text()


def test_the_best_and_the_front(found: Search) -> None:
    best = found.best("board")
    assert best is not None
    fit = [each for each in found.candidates if not each.broken]
    assert best.metrics["accuracy"].value == max(each.metrics["accuracy"].value for each in fit)
    front = found.front("board")
    assert front
    for each in found.candidates:
        better = [
            other
            for other in found.candidates
            if other.metrics["size"].value <= each.metrics["size"].value
            and other.metrics["accuracy"].value >= each.metrics["accuracy"].value
            and (other.metrics["size"].value, other.metrics["accuracy"].value)
            != (each.metrics["size"].value, each.metrics["accuracy"].value)
        ]
        assert each.pareto == (not better)


def test_the_order_has_its_evidence(found: Search) -> None:
    best = found.best("board")
    assert best is not None
    (order,) = found.orders
    assert order.best.steps == best.steps
    assert order.other.steps == (best.steps[1], best.steps[0], best.steps[2])
    assert order.comparisons == 2
    assert order.p is not None
    assert 0 <= order.p <= 1
    assert order.size == order.other.metrics["size"].value - best.metrics["size"].value
    assert order.text() in found.text()


def test_its_code_makes_the_same_recipe(found: Search) -> None:
    for each in found.candidates:
        names: dict[str, Any] = {"eb": eb}
        # Without the decorator: that is for pytest, which is not here.
        exec(each.code().removeprefix("@eb.recipe\n"), names)
        (made,) = [value for name, value in names.items() if name.startswith(("prune", "low_rank"))]
        assert made(model()).steps() == each.steps
        assert each.code().startswith("@eb.recipe\ndef ")
    best = found.best("board")
    assert best is not None
    assert best.code() in found.text()


def test_what_is_shared_is_cheaper(found: Search) -> None:
    assert found.shared_s is not None
    assert found.alone_s is not None
    assert 0 < found.shared_s < found.alone_s
    assert "for each chain alone" in found.text()


def test_it_starts_again_from_the_cache(found: Search, cache: Path) -> None:
    again = eb.search(model(), STEPS, "size", {"size": "1 B"}, [BOARD], cache=cache, show=False)
    digests = [each.digest for each in found.candidates]
    assert [each.digest for each in again.candidates] == digests
    assert again.best("board") is None
    assert "board: no chain meets all budgets" in again.text()
    assert all(each.broken and "for '1 B'" in each.broken[0] for each in again.candidates)


def test_latency_is_found_where_it_can_be(cache: Path) -> None:
    told = eb.search(model(), STEPS[2:], "latency", {"latency": "1 s"}, [HERE], cache=cache, show=False)
    (each,) = told.candidates
    assert each.metrics["latency"].unit == "s"
    assert 0 < each.metrics["latency"].value < 1
    assert told.best("here") == each
    assert told.orders == ()
    assert "can stand in no other order" in told.text()


def test_a_time_limit_keeps_what_was_found(cache: Path) -> None:
    told = eb.search(model(), STEPS, "size", None, [BOARD], cache=cache, show=False, minutes=1e-9)
    assert (told.planned, told.tried, told.complete) == (4, 0, False)
    assert "the time was over" in told.text()


def test_progress_is_told(
    cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_edgebench.recipe_search.run.PERIOD_S", 0.0)
    eb.search(model(), STEPS, "size", None, [BOARD], cache=cache)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("edgebench: trying chains 0/4")
    assert "left" not in lines[1]
    assert "left" in lines[2]
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("change", "sentence", "fix"),
    [
        ({"model": 3}, "starts from an eb.Model, not from a int", "give the model itself"),
        ({"objective": "speed"}, "objective='speed' is nothing", "size, latency, accuracy"),
        ({"budgets": {"ram": "3 kB"}}, "a budget for 'ram'", "size, latency, accuracy"),
        ({"budgets": {"size": "baseline + 1 %"}}, "which a search has not", "'model + 1 %'"),
        ({"budgets": {"accuracy": "worst slice 9 %"}}, "which a search does not judge", "all samples"),
        ({"objective": "update"}, "needs the file that devices have now", "update_from="),
        ({"budgets": {"update": "9 kB"}}, "a budget on update needs the file", "update_from="),
        ({"update_from": "nowhere.onnx"}, "'nowhere.onnx' is not a file", "devices have now"),
        ({"update_from": 3}, "update_from=3 is not a file", "devices have now"),
        ({"objective": "latency"}, "cannot be found on 'board'", 'target = "host"'),
        ({"budgets": {"latency": "3 ms"}}, "cannot be found on 'board'", 'target = "host"'),
        ({"profiles": ["nowhere"]}, "knows no profile 'nowhere'", "or declare it"),
        ({"minutes": 0}, "minutes=0 is not a time", "minutes=30"),
        ({"minutes": float("nan")}, "minutes=nan is not a time", "minutes=30"),
        ({"steps": []}, "has no steps to try", "eb.Prune"),
    ],
)
def test_what_a_search_cannot_be_asked(change: dict[str, Any], sentence: str, fix: str) -> None:
    given: dict[str, Any] = {"model": model(), "steps": STEPS, "profiles": [BOARD], "show": False} | change
    with pytest.raises(DeclarationError, match=sentence) as raised:
        eb.search(**given)
    assert fix in raised.value.fix


def test_a_file_too_large_for_a_patch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pytest_edgebench.artifacts.update.MOST_BYTES", 3)
    (tmp_path / "now.onnx").write_bytes(b"four")
    with pytest.raises(DeclarationError, match="up to 256 MiB, and one of the two has 4 bytes"):
        eb.search(model(), STEPS, "update", {}, [BOARD], show=False, update_from=tmp_path / "now.onnx")


def test_the_smallest_update(cache: Path, found: Search) -> None:
    """From the file of one chain, that chain is no update at all."""
    deployed = next(each for each in found.candidates if each.metrics["accuracy"].value > 30)
    files = (cache / "cache").rglob("*.onnx")
    path = next(file for file in files if canonical.digest(file) == deployed.digest)
    again = eb.search(
        model(), STEPS, "update", {"update": "40 kB"}, [BOARD], cache=cache, show=False, update_from=path
    )
    best = again.best("board")
    assert best is not None
    assert best.metrics["update"].value == 0
    assert best.digest == deployed.digest
    assert max(each.metrics["update"].value for each in again.candidates) > 0


def test_code_names_functions_and_users_steps() -> None:
    from pytest_edgebench.record.run import Metric

    def tune(module: Any) -> None: ...

    teacher = eb.Model(net, samples, eb.top1, name="big")
    steps = (eb.Prune(0.5, tune), eb.Distill(teacher))
    code = Candidate("net", "pi", steps, {"size": Metric(1, "B", "static", 1)}, (), "").code()
    assert "eb.Prune(ratio=0.5, finetune=tune)" in code
    assert "eb.Distill(teacher=big)" in code
    assert "def prune_distill(net, big):" in code
