"""What a worker tells of a board."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_edgebench.workers import machine
from pytest_edgebench.workers.results import Reading, board_note

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")


def reading(**more: object) -> Reading:
    return Reading(**{"load": 0.25, "steal_s": None, "at_s": 1.0, "clock_s": 1e-9, **more})  # type: ignore[arg-type]


def test_temperature_and_governor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the hottest zone; one that cannot be read is left out."""
    monkeypatch.setattr(machine, "SYSTEM", tmp_path)
    for zone, text in enumerate(("48312\n", "51700\n", "")):
        write(tmp_path / f"class/thermal/thermal_zone{zone}/temp", text)
    write(tmp_path / "devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n")
    found = machine.reading(board=True)
    assert (found["celsius"], found["governor"]) == (51.7, "ondemand")
    assert found["cpus"] == len(os.sched_getaffinity(0))
    assert machine.reading(board=False).keys() == {"load", "steal_s", "at_s", "clock_s"}


def test_a_board_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SYSTEM", tmp_path)
    found = machine.reading(board=True)
    assert (found["celsius"], found["governor"]) == (None, None)


def test_in_words() -> None:
    assert board_note((reading(), reading())) == ""
    before = reading(cpus=4, celsius=48.3, governor="ondemand")
    after = reading(cpus=4, celsius=61.2, governor="performance", load=1.04)
    assert board_note((before, after)) == "board: 48 → 61 °C, governor ondemand → performance, load 0.2 → 1.0"
    assert board_note((reading(cpus=4), reading(cpus=4))) == "board: load 0.2 → 0.2"
