"""Records of several jobs as one run: what is joined, what is refused, what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_store import LATENCY, ROW, artifact, case, observation, run

from pytest_edgebench.__main__ import main
from pytest_edgebench.judge.errors import MergeError
from pytest_edgebench.judge.shards import merged, missing, passes
from pytest_edgebench.record import store
from pytest_edgebench.record.run import CaseResult, Check, PairRecord, Run, Verdict

Captured = pytest.CaptureFixture[str]


def judged(key: str, verdict: Verdict = Verdict.PASS, *, failed: bool = False, **more: Any) -> CaseResult:
    found = case(key, **more)
    return replace(found, checks=(replace(found.checks[0], verdict=verdict, rows=(), failed=failed),))


def two(first: dict[str, Any] | None = None, second: dict[str, Any] | None = None) -> Run:
    runs = run(judged("kws-int8-left")), run(judged("kws-int8-right"))
    return merged(
        [("a.json", replace(runs[0], **(first or {}))), ("b.json", replace(runs[1], **(second or {})))]
    )


def test_one_record_stays_what_it_is() -> None:
    alone = replace(run(judged("kws-int8-left"), notes=("a note",)), baseline={"name": "main", "made": "x"})
    assert merged([("a.json", alone)]) == alone


def test_cases_of_all_in_order() -> None:
    assert [found.key for found in two().cases] == ["kws-int8-left", "kws-int8-right"]


def test_the_run_lasts_from_the_first_start_to_the_last_end() -> None:
    found = two(
        {"started": "2026-03-02T10:00:30Z", "duration_s": 100.0},
        {"started": "2026-03-02T10:00:00Z", "duration_s": 50.0},
    )
    assert (found.started, found.duration_s) == ("2026-03-02T10:00:00Z", 130.0)
    undated = two({"started": "noon", "duration_s": 100.0}, {"duration_s": 50.0})
    assert (undated.started, undated.duration_s) == ("noon", 100.0)


def test_facts_that_differ_name_their_record() -> None:
    found = two(
        {"environment": {"cpu": "x", "python": "3.11"}, "versions": {"numpy": "2.4"}, "command": ("-k", "a")},
        {"environment": {"cpu": "y", "python": "3.11"}, "versions": {"numpy": "2.5"}, "command": ("-k", "b")},
    )
    assert found.environment == {
        "cpu": "x (a.json); y (b.json)",
        "python": "3.11",
        "a.json": "1 cases: pytest -k a",
        "b.json": "1 cases: pytest -k b",
    }
    assert found.versions == {"numpy": "2.4 (a.json); 2.5 (b.json)"}
    assert found.command == ()
    assert two().command == ("-x",)


def test_profiles_of_one_record_only() -> None:
    found = two({"profiles": {"left": {"threads": "1"}}}, {"profiles": {"right": {"threads": "2"}}})
    assert found.profiles == {"left": {"threads": "1"}, "right": {"threads": "2"}}


def test_dirty_and_branches() -> None:
    found = two({"dirty": False, "branch": "main"}, {"dirty": True, "branch": "merge"})
    assert (found.dirty, found.branch) == (True, "main, merge")


def test_baselines() -> None:
    main_, other = ({"kind": "ref", "name": "main", "commit": sha * 9, "made": sha} for sha in "21")
    assert two({"baseline": main_}, {"baseline": main_ | {"made": "1"}}).baseline == main_ | {"made": "1"}
    assert two({"baseline": main_}, {"baseline": other}).baseline == {
        "kind": "ref",
        "name": "main 222222222 (a.json); main 111111111 (b.json)",
        "commit": "",
        "made": "1",
    }
    assert (
        two({"baseline": main_}, {"baseline": {}}).baseline["name"] == "main 222222222 (a.json); - (b.json)"
    )


def test_problems_and_notes_name_their_record() -> None:
    found = two({"problems": ("lost",), "notes": ("quiet", "both")}, {"notes": ("both",)})
    assert found.problems == ("a.json: lost",)
    assert found.notes == ("a.json: quiet", "both")


def slow(profile: str, p: float) -> CaseResult:
    row = replace(ROW, reference="model", place="", p=p, p_adjusted=p)
    found = case(f"kws-int8-{profile}")
    return replace(found, checks=(replace(found.checks[0], rows=(row,)),))


def test_p_values_are_those_of_all() -> None:
    runs = [run(slow("left", 0.001)), run(slow("right", 0.002))]
    found = merged([("a.json", runs[0]), ("b.json", runs[1])])
    assert [c.checks[0].rows[0].p_adjusted for c in found.cases] == [0.002, 0.002]
    assert found.notes[0].startswith("a.json, b.json did not say --edgebench-planned: ")
    told = [replace(one, command=("--edgebench-planned=2",)) for one in runs]
    again = merged([("a.json", told[0]), ("b.json", told[1])])
    assert not any("--edgebench-planned" in note for note in again.notes)


def test_tests_of_one_case_in_two_records() -> None:
    pair = PairRecord(1.03, 0.01, 0.05, 1, 13, 100, 3, True, (0.1,))
    first = judged("kws-int8-left", artifact=artifact())
    second = replace(
        first,
        checks=(Check("test_other.py::test_x[kws-int8-left]", Verdict.PASS),),
        observation=observation(),
        pairs={"model": pair},
    )
    (found,) = merged([("a.json", run(first)), ("b.json", run(second))]).cases
    assert found.checks == (*first.checks, *second.checks)
    assert found.observation == observation()
    assert found.pairs == {"model": pair}


def test_a_case_of_two_files_is_refused() -> None:
    first = judged("kws-int8-left", artifact=artifact())
    second = replace(
        first,
        checks=(Check("test_other.py::test_x", Verdict.PASS),),
        artifact=replace(artifact(), digest="00"),
    )
    with pytest.raises(MergeError, match=r"^b\.json: kws-int8-left is another model file here than in a"):
        merged([("a.json", run(first)), ("b.json", run(second))])


def test_a_test_in_two_records_is_refused() -> None:
    one = run(judged("kws-int8-left"))
    with pytest.raises(MergeError) as caught:
        merged([("a.json", one), ("b.json", one)])
    assert str(caught.value) == (
        "b.json: test_kws.py::test_budget[kws-int8-left] judged kws-int8-left in a.json too\n"
        "  fix: give each record once, and let each job run its own tests or profiles "
        "(--edgebench-profile=NAME)"
    )


@pytest.mark.parametrize("sha, shown", [("3b2f1aa0" * 5, "b.json of 3b2f1aa03"), ("", "b.json of no commit")])
def test_mixed_commits_are_refused(sha: str, shown: str) -> None:
    with pytest.raises(MergeError) as caught:
        two(None, {"commit": sha})
    assert caught.value.what.endswith(f"different commits: a.json of 9c41e07, {shown}")


def test_what_is_missing() -> None:
    found = two()
    assert missing(found, 2, shards=2, min_cases=2) == []
    assert missing(found, 2, shards=None, min_cases=None) == []
    assert missing(found, 2, shards=3, min_cases=None) == [
        "2 of 3 run records were given: a job wrote none; look at the jobs, or change --shards"
    ]
    assert missing(found, 2, shards=1, min_cases=None) == [
        "2 run records were given, 1 were expected: change --shards, or leave one out"
    ]
    (few,) = missing(found, 2, shards=None, min_cases=3)
    assert few.startswith("2 cases were judged, 3 is the least that must be")


@pytest.mark.parametrize("verdict", [Verdict.NOT_RUN, Verdict.UNSUPPORTED])
def test_what_was_not_judged_does_not_count(verdict: Verdict) -> None:
    silent = merged([("a.json", run(judged("kws-int8-left", verdict)))])
    assert missing(silent, 1, shards=None, min_cases=None) == ["no case was judged in any record"]
    assert missing(silent, 1, shards=None, min_cases=1)[0].startswith("0 cases were judged, 1 is")


@pytest.mark.parametrize("verdict", Verdict)
def test_the_gate_is_what_pytest_said(verdict: Verdict) -> None:
    """An xfail is a FAIL that passes; an undecided check fails with --edgebench-inconclusive=fail."""
    for failed in (True, False):
        assert passes(run(judged("kws-int8-left", verdict, failed=failed))) is not failed
    assert not passes(run(judged("kws-int8-left"), problems=("lost",)))


# The command


def write(folder: Path, name: str, found: Run) -> str:
    store.write(folder / name, store.dump(found))
    return name


@pytest.fixture
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    return [write(tmp_path, f"{p}.json", run(judged(f"kws-int8-{p}"))) for p in ("left", "right")]


def test_command(shards: list[str], capsys: Captured) -> None:
    files = ["--report=all.html", "--json=all.json", "--markdown=all.md"]
    assert main(["merge", *shards, "--shards=2", "--min-cases=2", *files]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown == "0 failed · 2 passed 42 s report all.html"
    record = store.load(Path("all.json").read_text(), "all.json")
    assert store.load(Path("all.html").read_text(), "all.html") == record
    assert [found.key for found in record.cases] == ["kws-int8-left", "kws-int8-right"]
    assert Path("all.md").read_text().startswith("### ✓ Edge budgets: All 2 cases within budget")


def test_a_broken_budget_fails(tmp_path: Path, shards: list[str], capsys: Captured) -> None:
    broken = case("kws-int8-far")
    broken = replace(broken, checks=(replace(broken.checks[0], failed=True),))
    write(tmp_path, "far.json", run(broken))
    assert main(["merge", *shards, "far.json"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("✕ kws int8 on far: latency p50 28.6 ms, limit 22.6 ms")
    assert "1 failed · 2 passed" in shown
    assert LATENCY.n == 12


def test_a_missing_shard_is_in_the_report_too(shards: list[str], capsys: Captured) -> None:
    assert main(["merge", *shards, "--shards=3", "--min-cases=4", "--report=all.html"]) == 1
    shown = capsys.readouterr().out
    assert "✕ 2 of 3 run records were given" in shown
    assert "✕ 2 cases were judged, 4 is the least" in shown
    assert len(store.load(Path("all.html").read_text(), "all.html").problems) == 2


def test_merged_records_can_be_merged(shards: list[str], tmp_path: Path) -> None:
    assert main(["merge", *shards, "--json=all.json"]) == 0
    write(tmp_path, "far.json", run(judged("kws-int8-far")))
    assert main(["merge", "all.json", "far.json", "--min-cases=3", "--report=last.html"]) == 0
    assert main(["merge", "last.html"]) == 0
    assert main(["merge", "all.json", "left.json"]) == 2


def test_bad_files(shards: list[str], tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "cut.json").write_text(Path("left.json").read_text()[:200])
    plain = json.loads(Path("left.json").read_text())
    (tmp_path / "old.json").write_text(json.dumps(plain | {"schema": 0}))
    (tmp_path / "new.json").write_text(json.dumps(plain | {"schema": 99}))
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.json").mkdir()
    for name, said in {
        "gone.json": "run record not found\n  fix: give the files that --edgebench-json",
        "cut.json": "the run record ends in the middle",
        "old.json": "the run record has schema 0, from an older pytest-edgebench",
        "new.json": "the run record has schema 99, from a newer pytest-edgebench",
        "bytes.json": "the run record cannot be read: 'utf-8' codec can't decode",
        "folder.json": "the run record cannot be read: Is a directory",
    }.items():
        assert main(["merge", "right.json", name, "--report=all.html"]) == 2
        out, err = capsys.readouterr()
        assert err.startswith(f"{name}: {said}")
        assert out == ""
    assert not Path("all.html").exists()
    assert main(["merge", "left.json", "--json=left.json/x.json"]) == 2
    assert "left.json/x.json: the file cannot be written: " in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--shards=0", "--min-cases=many", "--shards=-1"])
def test_counts(option: str, shards: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["merge", *shards, option])
    assert caught.value.code == 2
    assert "is not a whole number above 0" in capsys.readouterr().err


@pytest.mark.parametrize("swapped", [False, True])
def test_what_only_one_of_two_records_measured_is_kept(swapped: bool) -> None:
    """Two tests of a case, one of which never got as far as its file."""
    whole = judged("kws-int8-left", artifact=artifact(), observation=observation(), parent=observation("x"))
    bare = judged("kws-int8-left", Verdict.ERROR)
    bare = replace(bare, checks=(replace(bare.checks[0], nodeid="test_other.py::test"),))
    cases = (bare, whole) if swapped else (whole, bare)
    (found,) = merged([("a.json", run(cases[0])), ("b.json", run(cases[1]))]).cases
    assert (found.artifact, found.observation, found.parent) == (
        whole.artifact, whole.observation, whole.parent,
    )  # fmt: skip
    assert [check.nodeid for check in found.checks] == [one.checks[0].nodeid for one in cases]
