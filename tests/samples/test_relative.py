"""A function that opens a relative path, with pytest started elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_edgebench.base.relative import call_from


def test_found_beside_the_declaring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    (there / "s.txt").write_text("there")
    monkeypatch.chdir(here)
    assert call_from(Path("s.txt").read_text, there) == "there"
    assert Path.cwd() == here
    (here / "s.txt").write_text("here")
    assert call_from(Path("s.txt").read_text, there) == "here"  # the current folder goes first
    with pytest.raises(FileNotFoundError):
        call_from(Path("lost.txt").read_text, there)
    with pytest.raises(FileNotFoundError):
        call_from((here / "lost.txt").read_text, there)
