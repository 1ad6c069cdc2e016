"""``baseline.json``: what a merge of two branches gives, and what is refused."""

from __future__ import annotations

import json
import os
import random
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.record import baseline
from pytest_edgebench.record.baseline import Baseline, Entry
from pytest_edgebench.record.baseline_text import SUM, line_sum
from pytest_edgebench.record.errors import BaselineError
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def entry(key: str, bytes_: float = 1000, **more: object) -> Entry:
    made = Entry(
        key, "net", "int8", "", "pi", "conftest.py:14", ("test_net.py",), f"{key}-digest", "onnx", "net.onnx",
        {"net.onnx": "00"}, "key", ("Quantize",), {"onnx": "1.21"}, {"name": "onnxruntime"},
        {"size": Metric(bytes_, "B", "static", 1)}, made="2026-01-01T00:00:00Z", host={"cpu": "some"},
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def written(folder: Path, cases: Mapping[str, Entry]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / baseline.FILE
    path.write_text(baseline.dump(Baseline(folder, cases=cases)), encoding="utf-8")
    return path


class Branches:
    """A repository with a baseline, in which two branches accept something."""

    def __init__(self, folder: Path, base: Mapping[str, Entry]) -> None:
        self._folder = folder
        self._git("init", "-q", "-b", "main")
        self._commit(base)

    def merged(self, left: Mapping[str, Entry], right: Mapping[str, Entry]) -> Mapping[str, Entry] | None:
        """What git makes of both; None where that is refused: for a conflict, or a case that both added."""
        for name, cases in (("left", left), ("right", right)):
            self._git("checkout", "-q", "-B", name, "main")
            self._commit(cases)
        done = self._git("merge", "-q", "--no-edit", "left", check=False)
        if done.returncode:
            with pytest.raises(BaselineError, match="is a merge-conflict marker"):
                baseline.load(self._folder)
            self._git("merge", "--abort")
            return None
        try:
            return baseline.load(self._folder).cases
        except BaselineError as error:
            if "is listed twice" not in str(error):  # both added the case
                raise
            return None

    def _commit(self, cases: Mapping[str, Entry]) -> None:
        written(self._folder, cases)
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", "accepted")

    def _git(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        names = ("-c", "user.email=a@example.org", "-c", "user.name=a")
        return subprocess.run(
            ["git", *names, *arguments], cwd=self._folder, check=check, capture_output=True, text=True
        )


BASE = {key: entry(key) for key in "bdfhj"}


def test_branches_that_accept_different_cases_merge_and_verify(tmp_path: Path) -> None:
    """Neighbours as well, and a new case at either end."""
    branches = Branches(tmp_path, BASE)
    left = {**BASE, "b": entry("b", 900), "a": entry("a")}
    right = {**BASE, "d": entry("d", 800), "k": entry("k"), "j": entry("j", 700)}
    assert branches.merged(left, right) == {**BASE, **left, "d": right["d"], "k": right["k"], "j": right["j"]}


def test_of_two_small_baselines_both_changes_are_kept(tmp_path: Path) -> None:
    base = {key: entry(key) for key in "ab"}
    left, right = {**base, "a": entry("a", 1)}, {**base, "b": entry("b", 2)}
    assert Branches(tmp_path, base).merged(left, right) == {"a": left["a"], "b": right["b"]}


def test_a_merge_is_a_conflict_or_right(tmp_path: Path) -> None:
    rng, branches, merges = random.Random(0), Branches(tmp_path, BASE), 0
    for _ in range(40):
        changes = [
            {key: rng.choice([None, entry(key, rng.randrange(9000))]) for key in rng.sample("abcdefghijk", 3)}
            for _ in range(2)
        ]
        sides = [
            {key: one for key, one in {**BASE, **change}.items() if one is not None} for change in changes
        ]
        found = branches.merged(*sides)
        if found is None:
            continue
        merges += 1
        for key in "abcdefghijk":
            wanted = [side.get(key) for side in sides if side.get(key) != BASE.get(key)] or [BASE.get(key)]
            assert found.get(key) in wanted
    assert merges > 5


def test_a_deleted_line_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, BASE)
    lines = path.read_text(encoding="utf-8").splitlines()
    listed = [number for number, line in enumerate(lines) if line.startswith('{"')]
    assert len(listed) == len(BASE)
    for number in listed:
        for rest in ((number,), (number, number + 1), (number - 1, number)):  # with a comma, too
            kept = [line for place, line in enumerate(lines) if place not in rest]
            path.write_text("\n".join(kept), encoding="utf-8")
            with pytest.raises(BaselineError, match=r"a line of a case was deleted|cannot be read"):
                baseline.load(tmp_path)
    plain = json.loads("\n".join(lines))
    del plain["cases"][2]
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(BaselineError, match="a line of a case was deleted by hand"):
        baseline.load(tmp_path)


def test_a_deleted_sum_and_a_deleted_list_are_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, BASE)
    plain = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**plain, "sums": plain["sums"][1:]}), encoding="utf-8")
    with pytest.raises(BaselineError, match="the check sum of b is not listed"):
        baseline.load(tmp_path)
    del plain["sums"]
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(BaselineError, match="the list of check sums is missing"):
        baseline.load(tmp_path)


SIZE = {"unit": "B", "evidence": "static", "n": 1}


def edited(**change: object) -> Callable[[str], str]:
    """An edit of the first case by somebody who knows how check sums are made."""

    def edit(text: str) -> str:
        plain = json.loads(text)
        case = {**plain["cases"][0], **change}
        old, case[SUM] = case[SUM], line_sum(case)
        plain["cases"][0] = case
        plain["sums"] = [case[SUM] if one == old else one for one in plain["sums"]]
        return json.dumps(plain)

    return edit


@pytest.mark.parametrize(
    "change, told",
    [
        (edited(model="../net.onnx"), "which leaves the baseline's folder"),
        (edited(model="/etc/passwd"), "which leaves the baseline's folder"),
        (edited(files={"a/../../b": "00"}), "which leaves the baseline's folder"),
        (edited(digest="../../x"), "which leaves the baseline's folder"),
        (edited(outputs=".."), "which leaves the baseline's folder"),
        (
            edited(metrics={"size": {"value": "NaN", "unit": "B", "evidence": "static", "n": 1}}),
            "not a finite",
        ),
        (edited(metrics={"size": {"value": 1e999, "unit": "B", "evidence": "static", "n": 1}}), "not a"),
        (lambda text: text.replace("1000", "NaN", 1), "NaN is not a number"),
        (lambda text: text.replace("1000", "-Infinity", 1), "-Infinity is not a number"),
        (lambda text: text.replace("1000", "1001", 1), "the line of b was edited by hand"),
        (lambda text: '{"schema": 2, "cases": ' + "[" * 100_000, "nested too deeply"),
        (lambda text: f"<<<<<<< HEAD\n{text}=======\n>>>>>>> other\n", "line 1 is a merge-conflict marker"),
    ],
)
def test_refused(tmp_path: Path, change: Callable[[str], str], told: str) -> None:
    path = written(tmp_path, BASE)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BaselineError, match=told) as caught:
        baseline.load(tmp_path)
    assert caught.value.fix


def test_a_number_that_is_none_is_not_accepted(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="size of b is not a finite number"):
        baseline.save(Baseline(tmp_path, cases={"b": entry("b", float("nan"))}), {}, {})
    assert not (tmp_path / baseline.FILE).exists()


def test_what_did_not_change_keeps_its_line(tmp_path: Path) -> None:
    """Another day, commit and machine, a recipe some lines further down: no reason for a conflict."""
    later: dict[str, Any] = {"made": "2026-02-02T00:00:00Z", "commit": "ab" * 20, "host": {"cpu": "other"}}
    old, new = Baseline(tmp_path, cases=BASE), {key: entry(key, **later) for key in BASE}
    new["d"] = replace(new["d"], place="conftest.py:20")
    new["f"] = entry("f", 1001, **later)
    found = baseline.merged(old, Baseline(tmp_path, cases=new), ())
    assert {key for key in BASE if found.cases[key] != BASE[key]} == {"f"}
    assert found.cases["f"].commit == "ab" * 20
    (tmp_path / baseline.FILE).write_text(baseline.dump(found), encoding="utf-8")
    read = baseline.load(tmp_path)
    assert (read.made, read.commit, read.host) == tuple(later.values())


def test_no_file_and_no_object(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"baseline\.json not found in this folder"):
        baseline.load(tmp_path)
    (tmp_path / baseline.FILE).write_text("[]")
    with pytest.raises(BaselineError, match="this is not a baseline: it has no schema number"):
        baseline.load(tmp_path)
    for text, said in (
        ('{"schema": "2"}', "this is not a baseline: it has no schema number"),
        (
            '{"schema": 99}',
            "the baseline has schema 99, from a newer pytest-edgebench; this one reads schema 2",
        ),
        ('{"schema": 0}', "the baseline has schema 0, from an older pytest-edgebench"),
        ('{"schema": 2}', "the baseline cannot be read: 'cases'"),
    ):
        (tmp_path / baseline.FILE).write_text(text)
        with pytest.raises(BaselineError, match=said):
            baseline.load(tmp_path)
    (tmp_path / baseline.FILE).unlink()
    (tmp_path / baseline.FILE).symlink_to(tmp_path / "none")
    with pytest.raises(BaselineError, match="it is a link to nothing"):
        baseline.load(tmp_path)
    (tmp_path / baseline.FILE).unlink()
    os.mkfifo(tmp_path / baseline.FILE)
    with pytest.raises(BaselineError, match="it is no regular file"):
        baseline.load(tmp_path)
    (tmp_path / baseline.FILE).unlink()
    (tmp_path / baseline.FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(BaselineError, match="the baseline cannot be read: 'utf-8' codec"):
        baseline.load(tmp_path)
