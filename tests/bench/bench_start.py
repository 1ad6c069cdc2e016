"""What the plugin costs before the first test: loading, importing, collecting."""

from __future__ import annotations

import os
import subprocess
from importlib import metadata
from typing import TYPE_CHECKING

from bench_figure import Figure, figure, in_turns, python, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_TESTS = 5
CLOCK = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
IMPORT = "import pytest_edgebench"
NAMES = "import pytest_edgebench as eb; [getattr(eb, name) for name in eb.__all__]"
MODELS, RECIPES, PROFILES = 10, 10, 10
BOARD = "cortex-m4"


def others_off() -> list[str]:
    """Options that keep all other installed plugins out, for both sides of a comparison."""
    names = {entry.name for entry in metadata.entry_points(group="pytest11")} - {"edgebench"}
    return [f"-pno:{name}" for name in sorted(names)]


def pytest_command(*arguments: str, plugin: bool) -> list[str]:
    return python("-m", "pytest", *others_off(), *([] if plugin else ["-pno:edgebench"]), *arguments)


def loading(folder: Path, count: int) -> Figure:
    """A session without tests, with the plugin and without."""
    folder.mkdir()
    bare, ours = (pytest_command("-q", plugin=plugin) for plugin in (False, True))
    found = in_turns(
        lambda: seconds(bare, folder, (NO_TESTS,)), lambda: seconds(ours, folder, (NO_TESTS,)), count
    )
    return figure("plugin load, beyond bare pytest", 10, "ms", [1000 * value for value in found])


def importing(folder: Path, count: int) -> Iterator[Figure]:
    """The package, and all its public names, in a new process each."""
    folder.mkdir()
    yield figure("import pytest_edgebench", 30, "ms", _clocked(IMPORT, folder, count))
    yield figure("public names", 30, "ms", _clocked(NAMES, folder, count))


def _clocked(code: str, folder: Path, count: int) -> list[float]:
    """Milliseconds that some code takes in a new process; the first, which writes bytecode, is dropped."""
    command = python("-c", CLOCK.format(code))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found = [
        subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True, env=environment
        ).stdout
        for _ in range(count + 1)
    ]  # fmt: skip
    return [1000 * float(told) for told in found[1:]]


def collecting(folder: Path, count: int) -> Figure:
    """1,000 cells beside 1,000 plain parametrised tests in bare pytest."""
    cells, plain = folder / "cells", folder / "plain"
    write_cells(cells)
    plain.mkdir(parents=True)
    text = 'import pytest\n\n\n@pytest.mark.parametrize("i", range(1000))\ndef test_plain(i):\n    pass\n'
    (plain / "test_plain.py").write_text(text, encoding="utf-8")
    bare, ours = (pytest_command("--collect-only", "-q", plugin=plugin) for plugin in (False, True))
    listed = subprocess.run(ours, cwd=cells, capture_output=True, text=True, check=True).stdout
    if listed.count("::test_cells[") != MODELS * RECIPES * PROFILES:
        raise RuntimeError(f"not {MODELS * RECIPES * PROFILES} cells:\n{listed[-2000:]}")
    found = in_turns(lambda: seconds(bare, plain), lambda: seconds(ours, cells), count)
    return figure("collecting 1,000 cells, beyond 1,000 plain tests", 1, "s", found)


def write_cells(folder: Path, recipes: int = RECIPES) -> None:
    """A project of 10 models x 10 recipes (or more) x 10 profiles, in one test."""
    folder.mkdir(parents=True)
    lines = ["import pytest_edgebench as eb"]
    for number in range(MODELS):
        lines += ["", "", "@eb.model", f"def net{number}():"]
        lines += [f'    return eb.Model("net{number}.onnx", data="data.npz", score=eb.top1)']
    for number in range(recipes):
        lines += ["", "", '@eb.recipe(models=["*"])', f"def recipe{number}(model):"]
        lines += ['    return eb.quantize(model, "dynamic-int8")']
    (folder / "conftest.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    test = 'import pytest_edgebench as eb\n\n\n@eb.budget(size="1 MB")\n'
    test += "def test_cells(edge):\n    edge.check()\n"
    (folder / "test_cells.py").write_text(test, encoding="utf-8")
    settings = [f'[profiles.board{number}]\nextends = "{BOARD}"\n' for number in range(PROFILES)]
    (folder / "edgebench.toml").write_text("\n".join(settings), encoding="utf-8")
