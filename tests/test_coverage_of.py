"""The command that holds rooms to full coverage."""

from __future__ import annotations

from pathlib import Path

import coverage_of
import pytest

ROOT = Path(__file__).parents[1]
CODE = """
def sign(number):
    if number < 0:
        return -1
    return 1
"""
TESTS = "from room.signs import sign\n\ndef test_sign():\n    assert sign(2) == 1\n"
OTHER_SIDE = "    assert sign(-2) == -1\n"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A room of one file, whose test sees one side of a condition."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (tmp_path / "conftest.py").touch()
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").touch()
    (tmp_path / "room" / "signs.py").write_text(CODE)
    (tmp_path / "test_signs.py").write_text(TESTS)
    return tmp_path


def measured(project: Path) -> int:
    return coverage_of.covered([coverage_of.Room("room", ("room/*",), ("test_signs.py",))], project)


def test_a_missing_branch_fails_and_is_named(project: Path, capfd: Captured) -> None:
    assert measured(project) != 0
    assert "room/signs.py       4      1      2      1    67%   4" in capfd.readouterr().out


def test_full_coverage_passes(project: Path, capfd: Captured) -> None:
    (project / "test_signs.py").write_text(TESTS + OTHER_SIDE)
    assert measured(project) == 0
    assert "100%" in capfd.readouterr().out


def test_a_file_that_no_test_imports_counts(project: Path, capfd: Captured) -> None:
    (project / "test_signs.py").write_text(TESTS + OTHER_SIDE)
    (project / "room" / "forgotten.py").write_text("number = 1\n")
    assert measured(project) != 0
    assert "room/forgotten.py" in capfd.readouterr().out


def test_a_failing_test_fails(project: Path) -> None:
    (project / "test_signs.py").write_text(TESTS + OTHER_SIDE + "    assert sign(2) == 2\n")
    assert measured(project) == 1


def test_an_unknown_room_is_refused(capsys: Captured) -> None:
    assert coverage_of.main(["jury"]) == 2
    assert capsys.readouterr().err.startswith("unknown room 'jury'; expected: judge, cache")


@pytest.mark.parametrize("name", coverage_of.ROOMS)
def test_what_a_room_names_is_there(name: str) -> None:
    """A pattern that matches nothing would measure nothing."""
    room = coverage_of.ROOMS[name]
    for file in room.files:
        assert list(ROOT.glob(file)), file
        assert file.startswith(f"{room.folder}/")
    for test in room.tests:
        assert (ROOT / test).exists(), test
