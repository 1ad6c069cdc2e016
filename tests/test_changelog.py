"""The fragments in changelog.d/, as towncrier reads them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
FOLDER = ROOT / CONFIG["directory"]
FRAGMENTS = [path for path in FOLDER.iterdir() if path.name != "README.md"]
TYPES = [kind["directory"] for kind in CONFIG["type"]]


def test_each_fragment_has_a_subject_and_a_known_type() -> None:
    """Towncrier would leave others out without a word."""
    assert FRAGMENTS
    assert [
        path.name for path in FRAGMENTS if path.name.split(".")[1:] not in [[kind, "md"] for kind in TYPES]
    ] == []


def test_each_fragment_is_one_paragraph_and_in_the_next_section() -> None:
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "0.0.0"]
    draft = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in FRAGMENTS:
        text = path.read_text(encoding="utf-8").strip()
        assert text, f"{path.name} is empty"
        assert "\n" not in text, f"{path.name} has more than one line"
        assert f"- {text}" in draft


def test_the_readme_explains_every_type() -> None:
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in TYPES if f"| `{kind}` |" not in told] == []


def test_the_changelog_has_the_mark_that_towncrier_writes_after() -> None:
    assert CONFIG["start_string"] in (ROOT / CONFIG["filename"]).read_text(encoding="utf-8")
