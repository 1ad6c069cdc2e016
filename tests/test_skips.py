"""The list of reasons for which CI may skip tests, and the script that holds a run to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import skips

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_data(n):
    pytest.skip("no data: see the README")

def test_other():
    pytest.skip("forgotten")

def test_run():
    pass
"""
LISTED = "# They are large.\nno data: *\n"
Captured = pytest.CaptureFixture[str]


def run(folder: Path, *options: str, tests: str = TESTS) -> Path:
    """The log of a run of pytest."""
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "xdist.plugin", "--rootdir=."]
    ended = subprocess.run(
        [*command, *options],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    log = folder / "log"
    log.write_text(f"All checks passed!\n{ended.stdout}", encoding="utf-8")
    return log


def listed(folder: Path, text: str) -> Path:
    path = folder / "skips.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("options", [("-ra",), ("-ra", "-q"), ("-ra", "--color=yes"), ("-ra", "-n2")])
def test_a_skip_that_is_not_listed_fails(options: tuple[str, ...], tmp_path: Path, capsys: Captured) -> None:
    assert skips.main([str(run(tmp_path, *options))], listed(tmp_path, LISTED)) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "3 tests skipped"
    assert shown[1:3] == ["  2 x no data: see the README", "  1 x forgotten"]
    assert re.fullmatch(r"NOT LISTED: 1 x test_it.py:\d+: forgotten", shown[3])
    assert "add the reason and why" in shown[-1]


def test_skips_that_are_listed_pass_and_are_printed(tmp_path: Path, capsys: Captured) -> None:
    log = run(tmp_path, "-ra")
    assert skips.main([str(log)], listed(tmp_path, f"{LISTED}forgotten\n")) == 0
    assert capsys.readouterr().out.startswith("3 tests skipped\n")


def test_without_skips(tmp_path: Path, capsys: Captured) -> None:
    log = run(tmp_path, "-ra", tests="def test_run(): pass\n")
    assert skips.main([str(log)], listed(tmp_path, LISTED)) == 0
    assert capsys.readouterr().out == "0 tests skipped\n"


def test_a_module_that_is_skipped_as_a_whole_counts(tmp_path: Path) -> None:
    log = run(tmp_path, "-ra", tests="import pytest\npytest.importorskip('no_such_module')\n")
    (found,) = skips.read_log(log.read_text(encoding="utf-8"))
    assert "could not import 'no_such_module'" in found.reason


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("collecting ...\n", "no summary line of pytest"),
        ("=== 1 passed, 2 skipped in 0.10s ===\n", "skipped 2 tests, but the log names 0; run it with -ra"),
    ],
)
def test_a_log_that_does_not_name_its_skips_is_refused(
    text: str, why: str, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "log").write_text(text, encoding="utf-8")
    assert skips.main([str(tmp_path / "log")], listed(tmp_path, LISTED)) == 2
    assert why in capsys.readouterr().err


def test_a_pattern_without_a_reason_is_refused(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "log").write_text("=== 1 passed in 0.10s ===\n", encoding="utf-8")
    path = listed(tmp_path, f"{LISTED}\nforgotten\n")
    assert skips.main([str(tmp_path / "log")], path) == 2
    assert "line 4: 'forgotten' needs a comment above it that says why" in capsys.readouterr().err


def test_a_missing_log_is_an_error(tmp_path: Path, capsys: Captured) -> None:
    assert skips.main([str(tmp_path / "log")], listed(tmp_path, LISTED)) == 2
    assert "skipped tests cannot be checked" in capsys.readouterr().err


def test_every_pattern_of_the_list_stands_for_a_reason_in_the_tests() -> None:
    """A pattern whose test is gone would let something else pass."""
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)
    )
    patterns = skips.read_allowed(skips.ALLOWED.read_text(encoding="utf-8"))
    assert patterns
    for pattern in patterns:
        pieces = [piece for piece in pattern.split("*") if piece]
        assert pieces
        assert [piece for piece in pieces if piece not in sources] == []
