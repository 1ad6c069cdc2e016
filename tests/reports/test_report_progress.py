"""What is said of progress: counts, times left, and how little of it fits into a narrow terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.text import columns
from pytest_edgebench.record.phase import Phase, line
from pytest_edgebench.record.progress import COMPRESSING, MEASURING, REFERENCES, Notes
from pytest_edgebench.reports.progress import Follower

if TYPE_CHECKING:
    from pathlib import Path


def phase(name: str, total: int, seconds: list[float], processes: int = 1, running: str = "") -> Phase:
    """A phase whose first items took so many seconds."""
    items = [f"item{n}" for n in range(total)]
    done = dict(zip(items, seconds, strict=False))
    begun = dict.fromkeys(done, 0.0) | ({running: 1.0} if running else {})
    return Phase(name, {*items} - {items[-1]} | {running or items[-1]}, begun, done,
                 {f"gw{n}" for n in range(processes)})  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "processes", "left"),
    [
        ([], 1, None),
        ([4.0], 1, None),  # nothing is claimed from one
        ([4.0, 8.0], 1, 48.0),  # 8 open x 6 s
        ([4.0, 8.0], 4, 12.0),
        ([6.0] * 9, 4, 6.0),  # one is left, on which three cannot help
        ([6.0] * 10, 4, None),
    ],
)
def test_the_time_left(seconds: list[float], processes: int, left: float | None) -> None:
    assert phase(COMPRESSING, 10, seconds, processes).left_s() == left


def test_a_phase_in_words() -> None:
    assert phase(COMPRESSING, 10, [4.0]).text() == "compressing 1/10"
    assert phase(COMPRESSING, 10, [4.0, 8.0]).text() == "compressing 2/10, about 48 s left"
    assert phase(MEASURING, 1002, [0.001, 0.001]).text() == "measuring 2/1,002, about 1 s left"
    assert phase(MEASURING, 102, [3.0, 3.0]).text() == "measuring 2/102, about 5 min 0 s left"


def test_a_line_has_what_is_not_over() -> None:
    phases = [phase(REFERENCES, 2, [1.0, 1.0]), phase(COMPRESSING, 4, [2.0, 2.0]), phase(MEASURING, 4, [])]
    phases[2].begun["net-int8-pi"] = 5.0
    phases[2].planned = {"a", "b", "c", "net-int8-pi"}
    assert line(phases, 200) == "compressing 2/4, about 4 s left · measuring 0/4: net-int8-pi"
    assert line(phases[:1], 200) == ""
    assert line([], 200) == ""


@pytest.mark.parametrize("width", range(2, 90))
def test_a_line_is_shorter_than_the_terminal(width: int) -> None:
    phases = [phase(COMPRESSING, 10, [2.0, 2.0]), phase(MEASURING, 10, [1.0], running="網路-int8-pi")]
    text = line(phases, width)
    assert 0 < columns(text) < width
    assert ("about 16 s left" in text) == (width > len("compressing 2/10, about 16 s left · measuring 1/10"))
    assert ("網路-int8-pi" in text) == (width > 64)


def test_names_cannot_steer_the_terminal() -> None:
    text = line([phase(MEASURING, 4, [], running="a\x1b[2Jb\r")], 200)
    assert "\x1b" not in text
    assert "\r" not in text


def test_notes_of_several_processes(tmp_path: Path) -> None:
    first, second = Notes(tmp_path / "notes", "gw0"), Notes(tmp_path / "notes", "gw1")
    follower = Follower(tmp_path / "notes")
    assert follower.phases() == []
    for notes in (first, second):
        notes.plan(MEASURING, ["a", "b", "c"])
    assert follower.phases() == []  # planned, not begun
    first.begin(MEASURING, "a")
    with second.item(MEASURING, "b"):
        pass
    (found,) = follower.phases()
    assert (found.name, found.total, sorted(found.seconds), found.now()) == (MEASURING, 3, ["b"], "a")
    assert found.processes == {"gw0", "gw1"}
    first.begin(MEASURING, "a")  # again, by another test of the case
    first.end(MEASURING, "a")
    first.end(MEASURING, "a")
    first.end(MEASURING, "c")  # never begun by it
    second.begin(MEASURING, "not planned")
    (found,) = follower.phases()
    assert (found.total, sorted(found.seconds), found.over) == (4, ["a", "b"], False)


def test_notes_of_the_builder_of_a_baseline(tmp_path: Path) -> None:
    """Its cases are the items, whatever it does for each."""
    notes = Notes(tmp_path, "baseline", only=REFERENCES)
    notes.plan(COMPRESSING, ["x", "y"])
    notes.plan(MEASURING, ["a", "b"])
    with notes.item(COMPRESSING, "x"), notes.item(MEASURING, "a"):
        pass
    (found,) = Follower(tmp_path).phases()
    assert (found.name, found.total, list(found.seconds)) == (REFERENCES, 2, ["a"])


def test_lines_that_are_not_whole(tmp_path: Path) -> None:
    whole = json.dumps({"phase": MEASURING, "at": 1.0, "begin": "a"})
    path = tmp_path / "gw0.jsonl"
    path.write_text('nonsense\n{"phase": "another"}\n{"at": 1}\n[]\n' + whole[:10], encoding="utf-8")
    follower = Follower(tmp_path)
    assert follower.phases() == []
    with path.open("a", encoding="utf-8") as file:
        file.write(whole[10:] + "\n")
    assert [found.now() for found in follower.phases()] == ["a"]


def test_an_item_ends_whatever_became_of_it(tmp_path: Path) -> None:
    notes = Notes(tmp_path, "main")
    with pytest.raises(ZeroDivisionError), notes.item(MEASURING, "a"):
        _ = 1 / 0
    assert Follower(tmp_path).phases()[0].over


def test_what_cannot_be_written_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    steps: list[int] = []
    notes = Notes(tmp_path / "file" / "notes", "main")
    notes.listener = lambda: steps.append(1)
    notes.begin(MEASURING, "a")
    assert steps == [1]
