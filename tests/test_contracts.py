"""Imports point down, and what does not is found: the contracts on a copy of the package that breaks them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import contracts
import pytest
import typecheck

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = typecheck.PACKAGE
UPWARD = {
    "Rooms are layers": ("record/store.py", "lint.findings"),
    "judge knows results and budgets, nothing else": ("judge/student.py", "profiles.profile"),
    "reports know the record, nothing else": ("reports/svg.py", "judge.rows"),
    "Only the plugin and commands know the session": ("case/edge.py", "session.session"),
    "No metric knows another": ("metrics/arena.py", "metrics.draws"),
    "No runtime knows another": ("runtimes/run_litert.py", "runtimes.run_onnxruntime"),
    "No target knows another": ("targets/ssh.py", "targets.host"),
    "No engine knows another, nor the step that uses it": (
        "compressors/engines/onnxruntime.py",
        "compressors.engines.ai_edge_quantizer",
    ),
    "No command knows another": ("commands/merge.py", "commands.compare"),
    "No lint rule knows another": ("lint/rules/weights.py", "lint.rules.scales"),
}
"""Contract → a file, and a module that it must not import."""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The package as real files, which a test may change."""
    linked = typecheck.link(tmp_path / "linked")
    shutil.copytree(
        linked / PACKAGE, tmp_path / "copy" / PACKAGE, ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path / "copy"


def test_each_contract_finds_an_arrow_that_points_up(copied: Path) -> None:
    """Also one that is there for type checkers only."""
    for name, module in UPWARD.values():
        path = copied / PACKAGE / name
        told = f"\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {PACKAGE}.{module}\n"
        path.write_text(path.read_text(encoding="utf-8") + told, encoding="utf-8")
    linted = contracts.lint_imports(copied, typecheck.ROOT / "pyproject.toml")
    assert linted.returncode == 1, linted.stdout + linted.stderr
    heads = [line for line in linted.stdout.splitlines() if line.endswith("BROKEN") or " BROKEN (" in line]
    assert {line.partition(" BROKEN")[0] for line in heads} == set(UPWARD)


def test_a_room_that_no_layer_names_is_found(copied: Path) -> None:
    (copied / PACKAGE / "attic").mkdir()
    (copied / PACKAGE / "attic" / "__init__.py").touch()
    linted = contracts.lint_imports(copied, typecheck.ROOT / "pyproject.toml")
    assert linted.returncode == 1
    assert "attic" in linted.stdout + linted.stderr


def test_a_circle_of_files_is_found(tmp_path: Path) -> None:
    """One through three files of one room, closed by an import for type checkers only."""
    room = tmp_path / "rooms" / "room"
    room.mkdir(parents=True)
    for folder in (room.parent, room):
        (folder / "__init__.py").touch()
    (room / "a.py").write_text("from rooms.room import b\n", encoding="utf-8")
    (room / "b.py").write_text("def late():\n    import rooms.room.c\n", encoding="utf-8")
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rooms.room.a import A\n"
    (room / "c.py").write_text(guarded, encoding="utf-8")
    (room / "d.py").write_text("import rooms.room.a\n", encoding="utf-8")
    arrows = contracts.imports(tmp_path, "rooms")
    assert list(contracts.circles(arrows)) == [["rooms.room.a", "rooms.room.b", "rooms.room.c"]]
    (room / "c.py").write_text("", encoding="utf-8")
    assert list(contracts.circles(contracts.imports(tmp_path, "rooms"))) == []


def test_every_target_is_on_its_contract() -> None:
    """import-linter has no pattern for part of a name, so targets are listed: none may be left out."""
    text = (typecheck.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text.partition('name = "No target knows another"')[2].partition("]")[0]
    folder = typecheck.ROOT / PACKAGE / "targets"
    kinds = [path.stem for path in folder.glob("*.py") if "\ndef make(" in path.read_text(encoding="utf-8")]
    assert len(kinds) >= 4
    assert [kind for kind in kinds if f'"{PACKAGE}.targets.{kind}"' not in listed] == []


def test_the_package_holds_its_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    status = contracts.main()
    shown = capsys.readouterr().out
    assert (status, "0 circles of files" in shown) == (0, True), shown
