"""Globals and modules that a function looks up by a text."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOKUPS = {
    "globals": 'globals()["KK"]',
    "globals, computed": 'globals()["K" * 2]',
    "eval": 'eval("KK")',
    "exec": 'exec("global found; found = KK")',
    "sys.modules": 'sys.modules["aux_by_text"].K',
    "sys.modules.get": 'sys.modules.get("aux_by_text").K',
    "sys by import": '__import__("sys").modules["aux_by_text"].K',
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "aux_by_text.py").write_text("K = 1.0\n")
    yield tmp_path
    sys.modules.pop("aux_by_text", None)


def made(folder: Path, lookup: str, kk: str = "1.0") -> Any:
    path = folder / "declared.py"
    path.write_text(f"import sys\nKK = {kk}\ndef make():\n    return {lookup}\n")
    spec = importlib.util.spec_from_file_location("declared", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make


@pytest.mark.parametrize("name", LOOKUPS)
def test_what_is_looked_up_by_a_text_counts(name: str, folder: Path) -> None:
    before = digest(made(folder, LOOKUPS[name]))
    assert digest(made(folder, LOOKUPS[name])) == before
    if "aux" in LOOKUPS[name]:
        (folder / "aux_by_text.py").write_text("K = 2.0\n")
        assert digest(made(folder, LOOKUPS[name])) != before
    else:
        assert digest(made(folder, LOOKUPS[name], "2.0")) != before


def test_other_functions_keep_their_keys(folder: Path) -> None:
    """Neither a method called `modules` or `eval` nor a text alone is a lookup."""
    for harmless in ('[*sys.modules(), "aux_by_text"]', 'sys.eval("KK")', '"aux_by_text"'):
        before = digest(made(folder, harmless))
        (folder / "aux_by_text.py").write_text("K = 3.0\n")
        assert digest(made(folder, harmless, "2.0")) == before
