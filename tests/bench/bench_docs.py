"""Pages of the package's docs whose tables commands here write, and the small sessions they measure."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_edgebench as eb

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"


def publish(page: str, name: str, text: str) -> None:
    """Write a table into a page, between ``<!-- table: NAME -->`` and ``<!-- end -->``."""
    path = DOCS / f"{page}.md"
    block = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    content = block.sub(lambda found: f"{found[1]}{text}\n{found[2]}", path.read_text(encoding="utf-8"))
    path.write_text(content, encoding="utf-8")


def session(folder: Path, file: str, settings: str, *more: str, end: str = "") -> Run:
    """Run a test file of this folder in another, where its cache and record stay; broken budgets are figures.

    Args:
        settings: of ``edgebench.toml``. more: options of pytest. end: what is added to the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / file, folder / file)
    with (folder / file).open("a", encoding="utf-8") as copy:
        copy.write(end)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "edgebench.toml").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--edgebench-json=run.json", *more, file]
    ended = subprocess.run(command, cwd=folder, check=False)
    if ended.returncode not in (0, 1):
        raise SystemExit(ended.returncode)
    return eb.load_run(folder / "run.json")
