"""Saved and committed baselines: written, compared with, updated, damaged."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from baselines_project import Repo, text_of

from pytest_edgebench.record import baseline as record

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

WIDER = ('"a": 512', '"a": 4096')


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Where the first test that needs it keeps a baseline of the unchanged project."""
    return tmp_path_factory.mktemp("saved") / "baseline"


@pytest.fixture
def baseline(repo: Repo, saved: Path) -> Path:
    """A baseline folder of the unchanged project, in it."""
    target = repo.path / "accepted"
    if not saved.is_dir():
        repo.edit("tests/test_nets.py", '"baseline + 5 %", ', "")
        repo.edit("tests/test_nets.py", ', size="baseline + 1 %"', "")
        repo.run(f"--edgebench-save-baseline={saved}").assert_outcomes(passed=2)
        repo.git("checkout", "-q", ".")
    shutil.copytree(saved, target)
    return target


def entries(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "baseline.json").read_text(encoding="utf-8").splitlines()
    return [json.loads(line.rstrip(",")) for line in lines if line.startswith('{"')]


def test_one_case_a_line_sorted_with_files_by_digest(baseline: Path) -> None:
    found = entries(baseline)
    assert [entry["case"] for entry in found] == ["a-int8-host", "b-int8-host"]
    for entry in found:
        assert entry["tests"] == ["tests/test_nets.py"]
        assert (baseline / "baseline" / str(entry["digest"]) / str(entry["model"])).is_file()
        assert (baseline / "baseline" / f"{entry['outputs']}.npz").is_file()
        metrics = entry["metrics"]
        assert isinstance(metrics, dict)
        assert set(metrics) == {"size", "gzip", "parameters", "macs", "ops", "float_ops", "accuracy"}
    assert str(baseline.parent) not in (baseline / "baseline.json").read_text(encoding="utf-8")


def test_the_same_and_a_wider_model(repo: Repo, baseline: Path) -> None:
    repo.run("--edgebench-baseline=accepted").assert_outcomes(passed=2)
    assert repo.rows("a-int8-host")["latency", "baseline"]["reason"] == "same bytes"
    repo.edit("src/nets/build.py", *WIDER)
    result = repo.run("--edgebench-baseline=accepted", "-n", "2")
    result.assert_outcomes(passed=1, failed=1)
    rows = repo.rows("a-int8-host")
    assert rows["size", "baseline"]["verdict"] == rows["latency", "baseline"]["verdict"] == "FAIL"
    moved = {case["key"]: case.get("layers") for case in repo.record()["cases"]}
    assert moved["b-int8-host"] is None
    assert any(row["macs"] > row["old_macs"] for row in moved["a-int8-host"]["rows"])
    assert "pytest --edgebench-save-baseline=" in text_of(result)


def test_regressions_without_a_budget_warn_or_fail(repo: Repo, baseline: Path) -> None:
    repo.edit(
        "tests/test_nets.py",
        'latency=["baseline + 5 %", "model + 2000 %"], size="baseline + 1 %"',
        'latency="model + 2000 %"',
    )
    repo.edit("src/nets/build.py", *WIDER)
    result = repo.run("--edgebench-baseline=accepted", "-k", "a-int8")
    assert result.parseoutcomes() == {"warned": 1, "deselected": 1}
    assert result.ret == 0
    result = repo.run("--edgebench-baseline=accepted", "-k", "a-int8", "--edgebench-regressions=error")
    result.assert_outcomes(failed=1, deselected=1)
    assert repo.rows("a-int8-host")["latency", "baseline"]["verdict"] == "FAIL"


def test_gone_unless_the_file_was_not_asked_for(repo: Repo, baseline: Path) -> None:
    repo.edit("tests/conftest.py", 'models=["*"]', 'models=["b"]')
    repo.edit("tests/conftest.py", "\n@eb.model\ndef a(", "\ndef a(")
    repo.write({"tests/test_more.py": "def test_more():\n    pass\n"})
    result = repo.run("--edgebench-baseline=accepted", "-k", "b-int8")
    assert result.ret == 1
    assert "a-int8-host is in the baseline" in text_of(result)
    assert repo.run("--edgebench-baseline=accepted", "tests/test_more.py").ret == 0


def test_what_last_failed_makes_nothing_gone(repo: Repo, baseline: Path) -> None:
    """pytest then skips whole files: what they have was not looked for."""
    more = 'import pytest_edgebench as eb\n\n@eb.cases(models="b")\ndef test_more(edge):\n    assert False\n'
    repo.write({"tests/test_more.py": more})
    repo.run("--edgebench-baseline=accepted").assert_outcomes(passed=2, failed=1)
    result = repo.run("--edgebench-baseline=accepted", "--lf")
    result.assert_outcomes(failed=1)
    assert "no test has it any more" not in text_of(result)


def damaged_file(folder: Path) -> None:
    (path,) = (folder / "baseline" / str(entries(folder)[0]["digest"])).iterdir()
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def lost_file(folder: Path) -> None:
    shutil.rmtree(folder / "baseline" / str(entries(folder)[0]["digest"]))


def lost_outputs(folder: Path) -> None:
    (folder / "baseline" / f"{entries(folder)[0]['outputs']}.npz").unlink()


@pytest.mark.parametrize(
    "damage, told",
    [
        (damaged_file, "its SHA-256 differs"),
        (lost_file, "which is not there"),
        (lost_outputs, "which is not there"),
    ],
)
def test_an_artifact_that_is_damaged_or_lost_fails_its_case(
    repo: Repo, baseline: Path, damage: object, told: str
) -> None:
    assert callable(damage)
    damage(baseline)
    result = repo.run("--edgebench-baseline=accepted")
    result.assert_outcomes(passed=1, failed=1)
    assert told in " ".join(text_of(result).split())
    reason = repo.rows("a-int8-host")["size", "baseline"]["reason"]
    assert told in reason
    assert "a-int8-host" in reason


def without_schema(text: str) -> str:
    return text.replace('"schema": 2', '"scheme": 1')


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda text: text.replace('"schema": 2', '"schema": 0'), "from an older pytest-edgebench"),
        (lambda text: text.replace('"schema": 2', '"schema": 7'), "from a newer pytest-edgebench"),
        (without_schema, "it has no schema number"),
        (lambda text: text[: len(text) // 2], "the baseline cannot be read"),
        (lambda text: text.replace('"n": 64', '"n": 65', 1), "the line of a-int8-host was edited by hand"),
        (lambda text: "[]", "it has no schema number"),
        (lambda text: "", "the baseline cannot be read"),
    ],
)
def test_a_list_that_cannot_be_trusted(repo: Repo, baseline: Path, change: object, told: str) -> None:
    assert callable(change)
    path = baseline / "baseline.json"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    result = repo.run("--edgebench-baseline=accepted")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in text_of(result)
    assert "fix:" in text_of(result)


def test_a_merge_that_listed_a_case_twice(repo: Repo, baseline: Path) -> None:
    path = baseline / "baseline.json"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith('{"'))
    path.write_text(text.replace(line, f"{line}\n,\n{line}", 1), encoding="utf-8")
    result = repo.run("--edgebench-baseline=accepted")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "a-int8-host is listed twice" in text_of(result)


def test_other_labelled_data_run_the_accepted_file_again(repo: Repo, baseline: Path) -> None:
    repo.edit("tests/conftest.py", "default_rng(1)", "default_rng(2)")
    result = repo.run("--edgebench-baseline=accepted")
    result.assert_outcomes(passed=2)
    assert "were run again on the current data" in text_of(result)
    assert repo.rows("a-int8-host")["accuracy", "baseline"]["reason"].startswith("no prediction changed")


def test_another_machines_baseline_says_so(repo: Repo, baseline: Path) -> None:
    found = record.load(baseline)
    cases = {
        key: replace(entry, host={**entry.host, "cpu": "Cortex of elsewhere"})
        for key, entry in found.cases.items()
    }
    (baseline / record.FILE).write_text(record.dump(replace(found, cases=cases)), encoding="utf-8")
    text = text_of(repo.run("--edgebench-baseline=accepted"))
    assert "was made on another machine (Cortex of elsewhere; here" in text
    assert "no figure of that machine that varies is compared with" in text


def test_update_writes_a_baseline_to_commit(repo: Repo) -> None:
    result = repo.run("--edgebench-update-baseline")
    assert result.ret == 0
    assert ".edgebench/baseline.json: 2 cases accepted; review and commit it" in text_of(result)
    repo.run().assert_outcomes(passed=2)
    assert repo.record()["baseline"]["kind"] == "committed"
    before = (repo.path / ".edgebench" / "baseline.json").read_text(encoding="utf-8").splitlines()
    repo.edit("src/nets/build.py", *WIDER)
    repo.run().assert_outcomes(passed=1, failed=1)
    result = repo.run("--edgebench-update-baseline", "-k", "a-int8")
    assert result.ret == 0
    after = (repo.path / ".edgebench" / "baseline.json").read_text(encoding="utf-8").splitlines()
    changed = [line for line in after if line.startswith('{"') and line not in before]
    assert [json.loads(line.rstrip(","))["case"] for line in changed] == ["a-int8-host"]
    repo.run().assert_outcomes(passed=2)
    folders = [path for path in (repo.path / ".edgebench" / "baseline").iterdir() if path.is_dir()]
    assert len(folders) == 2


SLOW = """

import time
from pytest_edgebench.record import baseline

save = baseline.save


def slow(*given):
    time.sleep(2)
    save(*given)


baseline.save = slow
"""


def test_two_updates_at_once_keep_what_both_accept(repo: Repo) -> None:
    repo.edit("tests/test_nets.py", '"baseline + 5 %", ', "")  # timing one would wait for the other
    repo.run("--edgebench-update-baseline")
    before = {entry["case"]: entry["digest"] for entry in entries(repo.path / ".edgebench")}
    repo.edit("src/nets/build.py", '"a": 512, "b": 640', '"a": 520, "b": 648')
    conftest = repo.path / "tests/conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8") + SLOW, encoding="utf-8")
    with ThreadPoolExecutor(2) as both:
        statuses = both.map(
            lambda name: repo.run("--edgebench-update-baseline", "-k", name).ret, ("a-int8", "b-int8")
        )
        assert list(statuses) == [0, 0]
    after = {entry["case"]: entry["digest"] for entry in entries(repo.path / ".edgebench")}
    assert all(after[case] != before[case] for case in before)
    repo.run().assert_outcomes(passed=2)


def test_update_is_refused_over_a_broken_promise(repo: Repo) -> None:
    repo.edit("tests/test_nets.py", 'size="baseline + 1 %"', 'size="1 kB"')
    result = repo.run("--edgebench-update-baseline")
    assert result.ret == 1
    assert "the baseline was not updated" in text_of(result)
    assert "a-int8-host size 1 kB" in text_of(result)
    assert not (repo.path / ".edgebench").exists()
    assert repo.run("--edgebench-update-baseline=force").ret == 1  # the budget is still broken
    assert len(entries(repo.path / ".edgebench")) == 2


def test_update_drops_what_is_gone(repo: Repo) -> None:
    repo.run("--edgebench-update-baseline")
    repo.edit("tests/conftest.py", 'models=["*"]', 'models=["b"]')
    repo.edit("tests/conftest.py", "\n@eb.model\ndef a(", "\ndef a(")
    assert "1 cases accepted, 1 gone" in text_of(repo.run("--edgebench-update-baseline"))
    assert [entry["case"] for entry in entries(repo.path / ".edgebench")] == ["b-int8-host"]


WAIVER = """
[[waivers]]
case = "a-int8-host"
metric = "size"
up_to = "baseline + {percent} %"
until = {until}
reason = "wider on purpose"
"""


def test_a_waiver_accepts_up_to_its_limit(repo: Repo, baseline: Path) -> None:
    repo.edit("src/nets/build.py", *WIDER)
    repo.edit("tests/test_nets.py", '"baseline + 5 %", ', "")
    repo.write({"edgebench.toml": WAIVER.format(percent=900, until="2999-01-01")})
    result = repo.run("--edgebench-baseline=accepted")
    assert result.ret == 0
    row = repo.rows("a-int8-host")["size", "baseline"]
    assert (row["verdict"], row["level"]) == ("FAIL", "warn")
    assert "waived up to baseline + 900 % until 2999-01-01: wider on purpose" in row["reason"]
    repo.write({"edgebench.toml": WAIVER.format(percent=100, until="2999-01-01")})
    result = repo.run("--edgebench-baseline=accepted")
    result.assert_outcomes(passed=1, failed=1)
    assert "over its waiver, too (baseline + 100 %" in repo.rows("a-int8-host")["size", "baseline"]["reason"]


def test_a_waiver_that_expired_or_waives_nothing_fails(repo: Repo, baseline: Path) -> None:
    repo.write({"edgebench.toml": WAIVER.format(percent=900, until="2020-01-01")})
    result = repo.run("--edgebench-baseline=accepted")
    assert result.ret == 1
    assert "edgebench.toml:2" in text_of(result)
    assert "ended on 2020-01-01" in text_of(result)
    repo.write({"edgebench.toml": WAIVER.format(percent=900, until="2999-01-01")})
    result = repo.run("--edgebench-baseline=accepted")
    assert result.ret == 1
    assert "waives nothing any more" in text_of(result)
    assert repo.run("--edgebench-baseline=accepted", "-k", "b-int8").ret == 0


def test_a_waiver_of_latency_is_timed_at_its_own_limit(repo: Repo, baseline: Path) -> None:
    repo.edit("src/nets/build.py", *WIDER)
    repo.edit("tests/test_nets.py", ', size="baseline + 1 %"', "")
    waiver = WAIVER.format(percent=2000, until="2999-01-01").replace('"size"', '"latency"')
    repo.write({"edgebench.toml": waiver})
    result = repo.run("--edgebench-baseline=accepted", "-k", "a-int8")
    assert result.ret == 0
    row = repo.rows("a-int8-host")["latency", "baseline"]
    assert (row["verdict"], row["level"]) == ("FAIL", "warn")


def test_a_waivers_limit_must_be_readable(repo: Repo) -> None:
    repo.write({"edgebench.toml": WAIVER.format(percent="many", until="2999-01-01")})
    result = repo.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "edgebench.toml:2: waivers[0]: up_to:" in text_of(result)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "-n 2"])
def test_a_gate_that_could_never_fail_is_refused(repo: Repo, workers: tuple[str, ...]) -> None:
    result = repo.run("-o", f"edgebench_alpha=0.{'0' * 296}1 %", "--edgebench-planned=1000", *workers)
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if workers else pytest.ExitCode.USAGE_ERROR)
    assert "the gate could never fail with these settings" in text_of(result)


def test_a_test_that_only_counts_takes_nothing_from_one_that_measured(repo: Repo) -> None:
    """Both tests write what they found of the same case; the record and the baseline keep it all."""
    repo.write({"tests/test_z_ops.py": "def test_ops(edge):\n    assert len(edge.ops) > 3\n"})
    repo.edit("tests/test_nets.py", '"baseline + 5 %", ', "")
    repo.edit("tests/test_nets.py", ', size="baseline + 1 %"', "")
    repo.run("--edgebench-save-baseline=accepted").assert_outcomes(passed=4)
    assert len(entries(repo.path / "accepted")) == 2
    assert all("observation" in case for case in repo.record()["cases"])
    pairs = [case["pairs"]["model"] for case in repo.record()["cases"]]
    assert all(len(pair["reference_s"]) == len(pair["q"]) >= 6 for pair in pairs)
