"""Whether a file fits into a profile's memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.artifacts.artifact import Artifact
from pytest_edgebench.base.errors import UnsupportedError
from pytest_edgebench.case import capacity
from pytest_edgebench.declare.limit import Limit, Slot
from pytest_edgebench.judge.measurements import Facts, Rules
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.record.run import ArtifactRecord, Counts, Metric, Verdict

if TYPE_CHECKING:
    from pytest_edgebench.record.schema import Level

COUNTS = Counts({}, 0, {}, 0, 0, 0)
FILE = Artifact(
    Path("net.tflite"), ArtifactRecord("key", "digest", "tflite", {"net.tflite": 5000}, COUNTS, (), {})
)
ARENA = Metric(2000.0, "B", "emulated", 1, note="an upper bound")
FACTS = Facts("net", "board", {"size": Metric(5000.0, "B", "static", 1), "arena": ARENA})
WHY = ("its files take 5 kB, the flash is 4 kB",)


@pytest.mark.parametrize(
    ("ram", "flash", "arena", "told"),
    [
        (None, None, ARENA, ()),
        (2000, 5000, ARENA, ()),
        (1999, None, ARENA, ("the tensor arena (an upper bound) takes 2 kB, the RAM is 1999 B",)),
        (None, 4000, ARENA, WHY),
        (1999, 4000, ARENA, (*WHY, "the tensor arena (an upper bound) takes 2 kB, the RAM is 1999 B")),
        (4999, None, None, ("the file itself takes 5 kB, the RAM is 4999 B",)),
        (5000, None, None, ()),
    ],
)
def test_reasons(ram: int | None, flash: int | None, arena: Metric | None, told: tuple[str, ...]) -> None:
    assert capacity.reasons(FILE, Profile("board", ram_bytes=ram, flash_bytes=flash), arena) == told


def slot(metric: str, amount: float, level: Level = "error") -> Slot:
    return Slot(Limit(metric, "", "", amount, "B", f"{amount:g} B"), level, "test_a.py:3")


def test_a_broken_budget_on_memory_is_a_failure() -> None:
    rows = capacity.judge(
        [slot("size", 4000), slot("arena", 9000), slot("accuracy", 90)], FACTS, Rules(), WHY, "c.py:1"
    )
    assert [(row.metric, row.verdict, row.level) for row in rows] == [
        ("size", Verdict.FAIL, "error"),
        ("arena", Verdict.PASS, "error"),
        ("accuracy", Verdict.NOT_RUN, "off"),
    ]
    assert rows[2].reason == f"left out: the model does not fit into board: {WHY[0]}"


@pytest.mark.parametrize(
    "slots", [[], [slot("size", 6000)], [slot("size", 4000, "warn")], [slot("accuracy", 90)]]
)
def test_else_it_is_unsupported(slots: list[Slot]) -> None:
    """Also where a budget is met that the memory does not meet."""
    with pytest.raises(UnsupportedError) as caught:
        capacity.judge(slots, FACTS, Rules(), WHY, "conftest.py:9")
    assert str(caught.value) == (
        f"conftest.py:9: it does not fit into board, so it was not run: {WHY[0]}\n"
        "  fix: compress it further, or leave it out of this profile with profiles= in eb.recipe"
    )
