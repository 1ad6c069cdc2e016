"""What an update of the accepted state takes, keeps, drops and refuses, without a session."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.names import COMMITTED
from pytest_edgebench.baselines.accounting import Asked
from pytest_edgebench.baselines.update import Found, found, refusal, save, update
from pytest_edgebench.record import baseline
from pytest_edgebench.record.baseline import Baseline, Entry
from pytest_edgebench.record.codec import encode
from pytest_edgebench.record.plan import Plan
from pytest_edgebench.record.run import CaseResult, Check, Metric, Row, Run, Verdict
from pytest_edgebench.record.terms import Demand, Terms

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Metric(5, "B", "static", 1)
SUM = hashlib.sha256(b"model").hexdigest()


def entry(key: str, **more: object) -> Entry:
    made = Entry(
        key, "net", "int8", "", "pi", "", (), f"d-{key}", "onnx", "net.onnx", {"net.onnx": SUM}, "key",
        ("Quantize()",), {"onnx": "1.21"}, {"name": "onnxruntime"}, {"size": SIZE},
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def case(key: str, verdict: Verdict = Verdict.PASS, *rows: Row, reason: str = "") -> CaseResult:
    check = Check(f"tests/test_a.py::test_net[{key}]", verdict, rows, reason, 0.1)
    return CaseResult(key, "net", "int8", "", "pi", "conftest.py:4", (check,))


def run(*cases: CaseResult) -> Run:
    facts = {"cpu": "x", "load_average": "0.5", "sandbox": "none"}
    return Run("2026-03-02T10:00:00Z", 1.0, (), "9c41e07", "main", False, facts, {}, {}, cases)


def plan(*keys: str, **more: object) -> Plan:
    tests = {f"tests/test_{name}.py::test_net[{key}]": key for key in keys for name in "ba"}
    homes = dict.fromkeys(keys, ("tests/test_b.py", "tests/test_a.py"))
    made = Plan(tests, listed=keys, files={"tests/test_a.py": ""}, homes=homes)
    return replace(made, **more)  # type: ignore[arg-type]


class Built:
    """A run folder with facts of cases, and the cache that holds their files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder / "run", folder / "cache"
        (self.folder / "cases").mkdir(parents=True)
        self.cache.mkdir()
        (self.cache / "net.onnx").write_bytes(b"model")

    def tell(self, key: str, **facts: object) -> None:
        told = {"entry": encode(entry(key)), "files": str(self.cache), **facts}
        (self.folder / "cases" / f"{key}.json").write_text(json.dumps(told))

    def kept(self, *keys: str) -> Found:
        return Found({key: entry(key) for key in keys}, {f"d-{key}": self.cache for key in keys})


@pytest.fixture
def built(tmp_path: Path) -> Built:
    return Built(tmp_path)


def test_what_cases_told_is_found(built: Built) -> None:
    for key in ("a", "b", "failed", "error", "not-run"):
        built.tell(key)
    (built.folder / "cases" / "plain.json").write_text('{"reason": "its outputs are not kept"}')
    cases = run(
        case("a"),
        case("failed", Verdict.FAIL),
        case("error", Verdict.ERROR, reason="it did not build"),
        case("not-run", Verdict.NOT_RUN),
        case("plain"),
        case("silent"),
    )
    seen = found(built.folder, cases, plan("a"), Asked(built.folder, ()))
    files = ("tests/test_a.py", "tests/test_b.py")
    assert seen.entries == {
        "a": entry("a", place="conftest.py:4", tests=files),
        "failed": entry("failed", place="conftest.py:4"),
    }
    assert seen.artifacts == {"d-a": built.cache, "d-failed": built.cache}
    assert seen.outputs == {"": built.folder / "cases" / "failed.npz"}
    assert seen.broken == {"error": "it did not build"}


def broken(reference: str = "", level: str = "error", verdict: Verdict = Verdict.FAIL) -> Row:
    return Row("size", "", reference, "64 kB", 64_000, SIZE, verdict, level)  # type: ignore[arg-type]


def test_a_broken_budget_refuses_an_update() -> None:
    result = run(case("a", Verdict.FAIL, broken(), broken("model"), broken()))
    said = refusal(result, plan("a"), force=False)
    assert said.startswith(
        "the baseline was not updated: budgets that do not depend on it are broken: a size 64 kB; fix them"
    )
    assert refusal(result, plan("a"), force=True) == ""


@pytest.mark.parametrize(
    "row", [broken("baseline"), broken(level="warn"), broken(verdict=Verdict.INCONCLUSIVE)]
)
def test_what_an_update_accepts_does_not_refuse_it(row: Row) -> None:
    assert refusal(run(case("a", Verdict.FAIL, row)), plan("a"), force=False) == ""


@pytest.mark.parametrize("force", [False, True])
def test_a_failed_collection_refuses_an_update(force: bool) -> None:
    said = refusal(run(), plan(broken=True, failed=("tests/test_c.py",)), force=force)
    assert said.startswith("the baseline was not updated: collection failed (tests/test_c.py)")
    assert refusal(run(), plan(broken=True), force=force).startswith(
        "the baseline was not updated: collection failed; fix"
    )


def test_a_saved_folder_says_when_and_where(built: Built, tmp_path: Path) -> None:
    line = save(tmp_path / "kept", run(case("a")), built.kept("a"))
    assert line == f"baseline of 1 cases: {tmp_path / 'kept'}"
    saved = baseline.load(tmp_path / "kept")
    circumstances = {"made": "2026-03-02T10:00:00Z", "commit": "9c41e07", "host": {"cpu": "x"}}
    assert saved.cases == {"a": entry("a", **circumstances)}
    assert saved.artifact(saved.cases["a"]).read_bytes() == b"model"


@pytest.mark.parametrize("of_ref", [False, True])
def test_only_that_of_a_ref_tells_what_was_not_built(built: Built, tmp_path: Path, of_ref: bool) -> None:
    kept = replace(built.kept("a"), broken={"b": "it did not build"})
    save(tmp_path / "kept", run(case("a")), kept, of_ref=of_ref)
    assert baseline.load(tmp_path / "kept").broken == ({"b": "it did not build"} if of_ref else {})


def test_an_update_over_an_older_state(built: Built, tmp_path: Path) -> None:
    """`a` is measured again, `b` has no test any more, `c` was not collected, `d` is new."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_c.py").touch()
    (tmp_path / COMMITTED).mkdir()
    old = {
        "a": entry("a", tests=("tests/test_a.py",), commit="old", artifact_key="older"),
        "b": entry("b", tests=("tests/test_a.py",), commit="old"),
        "c": entry("c", tests=("tests/test_c.py",), commit="old"),
    }
    before = Baseline(tmp_path / COMMITTED, cases=old)
    baseline.save(before, {f"d-{key}": built.cache for key in old}, {})
    asked = Asked(tmp_path, (tmp_path,))
    planned = plan("a", "d", files={"tests/test_a.py": "", "tests/test_c.py": "no torch"})
    line = update(tmp_path, run(case("a"), case("d")), built.kept("a", "d"), planned, asked)
    assert line == (
        ".edgebench/baseline.json: 2 cases accepted, 1 gone, 1 left as they were (tests/test_c.py was "
        "skipped while it was imported (no torch)); review and commit it"
    )
    now = baseline.load(tmp_path / COMMITTED)
    assert {key: one.commit for key, one in now.cases.items()} == {"a": "9c41e07", "c": "old", "d": "9c41e07"}
    assert now.artifact(now.cases["c"]).read_bytes() == b"model"
    assert not (tmp_path / COMMITTED / baseline.FILES / "d-b").exists()


def test_a_first_update(built: Built, tmp_path: Path) -> None:
    line = update(tmp_path, run(case("a")), built.kept("a"), plan("a"), Asked(tmp_path, (tmp_path,)))
    assert line == ".edgebench/baseline.json: 1 cases accepted; review and commit it"
    assert baseline.load(tmp_path / COMMITTED).cases.keys() == {"a"}


def test_an_update_of_some_tests_keeps_what_the_others_demand(built: Built, tmp_path: Path) -> None:
    """`tests/test_c.py` also has tests of `a`, and was not asked for; of `b` it knows no terms."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_c.py").touch()
    (tmp_path / COMMITTED).mkdir()
    there = ("tests/test_a.py", "tests/test_c.py")
    strict, loose = (Terms({"size": Demand(f"{amount} B", amount, "B", "error")}) for amount in (10.0, 20.0))
    old = {"a": entry("a", tests=there, terms=strict), "b": entry("b", tests=there)}
    baseline.save(Baseline(tmp_path / COMMITTED, cases=old), dict.fromkeys(("d-a", "d-b"), built.cache), {})
    asked = Asked(tmp_path, (tmp_path / "tests" / "test_a.py",))
    kept = built.kept("a", "b")
    entries = {key: replace(one, terms=loose, tests=there[:1]) for key, one in kept.entries.items()}
    update(tmp_path, run(case("a"), case("b")), replace(kept, entries=entries), plan("a", "b"), asked)
    now = baseline.load(tmp_path / COMMITTED).cases
    assert {key: one.tests for key, one in now.items()} == {"a": there, "b": there}
    assert now["a"].terms == strict
    assert now["b"].terms == loose
