"""The plugin does what it did when the characterisation was written, byte for byte, but for renamed words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from character_capture import missing
from characterise import EXPECTED, SCENARIOS, compare

if TYPE_CHECKING:
    from pathlib import Path

SWITCH = "EDGEBENCH_CHARACTERISE_DIGITS"


@pytest.mark.parametrize("name", SCENARIOS)
def test_as_before(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    if scenario.slow and SWITCH not in os.environ:
        pytest.skip(f"takes a minute; {SWITCH}=1 runs it")
    if lacking := missing(scenario):
        pytest.skip(f"needs {', '.join(lacking)}")
    found = compare(name, tmp_path / "project")
    assert not found.diff, f"{found.diff}\n{found.left_out}"
    if found.left_out:
        pytest.skip(f"as before, but {found.left_out}")


def test_every_expected_file_has_its_scenario() -> None:
    assert {path.stem for path in EXPECTED.glob("*.txt")} == set(SCENARIOS)


def test_expected_files_are_small() -> None:
    assert sum(path.stat().st_size for path in EXPECTED.iterdir()) < 600_000
