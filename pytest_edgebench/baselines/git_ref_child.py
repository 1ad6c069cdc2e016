"""Within the child pytest that builds the baseline of a git ref, in a worktree of that commit.

It is loaded with ``-p`` before any other plugin: from then on modules that would come from the working tree
come from the worktree, also those of an editable install.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.names import REF
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.identity.library import in_library_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from pytest_edgebench.settings.resolve import Settings

OWN = "pytest_edgebench"


@dataclass(frozen=True, slots=True)
class Ref:
    """What the child was told.

    Attributes:
        tree: root of the user's working tree. worktree: root of the commit's.
        folder: where cache and run folders are kept, shared with the session that asked.
        save: folder for the baseline. notes: folder for notes of progress.
    """

    tree: Path
    worktree: Path
    folder: Path
    save: Path
    notes: Path


def told() -> Ref | None:
    """What this process was told to build; None in any other session."""
    given = os.environ.get(REF)
    return Ref(**{name: Path(path) for name, path in json.loads(given).items()}) if given else None


def settings(given: Settings, ref: Ref) -> Settings:
    """The settings of the commit, without reports and comparisons."""
    return dataclasses.replace(
        given, report=None, json=None, markdown=None, baseline=None, waivers=(), save_baseline=ref.save,
        update_baseline="no", exact_only=True, inconclusive="pass",
    )  # fmt: skip


class Redirect:
    """A finder that asks the others, and turns what lies in the working tree to the worktree."""

    def __init__(self, ref: Ref) -> None:
        self._ref = ref

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of the commit.

        Raises:
            ModuleNotFoundError: the working tree has it, the commit has not.
        """
        if name.partition(".")[0] == OWN:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                return self._turned(name, spec)
        return None

    def _turned(self, name: str, spec: ModuleSpec) -> ModuleSpec:
        places = [self._moved(place) for place in spec.submodule_search_locations or ()]
        if not spec.has_location or spec.origin is None:
            if spec.submodule_search_locations is not None and places != list(
                spec.submodule_search_locations
            ):
                spec.submodule_search_locations = places
            return spec
        origin = self._moved(spec.origin)
        if origin == spec.origin:
            return spec
        if not Path(origin).is_file():
            raise ModuleNotFoundError(f"No module named {name!r} in that commit ({origin})", name=name)
        found = importlib.util.spec_from_file_location(
            name, origin, submodule_search_locations=places if spec.submodule_search_locations else None
        )
        assert found is not None
        return found

    def _moved(self, place: str) -> str:
        path = Path(os.path.realpath(place))
        inside = path.is_relative_to(self._ref.tree) and not path.is_relative_to(self._ref.worktree)
        if not inside or in_library_folder(str(path)):
            return place
        return str(self._ref.worktree / path.relative_to(self._ref.tree))


def foreign(ref: Ref) -> list[str]:
    """Modules that were loaded from the working tree; ours apart, which belong to the environment."""
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or (name.partition(".")[0] == OWN and not name.startswith(f"{OWN}.suites")):
            continue
        path = Path(os.path.realpath(file))
        outside = not path.is_relative_to(ref.tree) or path.is_relative_to(ref.worktree)
        if not outside and not in_library_folder(str(path)):
            found.append(f"{name} ({path.relative_to(ref.tree)})")
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one test of each case."""
    kept: dict[str, pytest.Item] = {}
    for item in items:
        planned = case_of(item)
        if planned is not None:
            kept.setdefault(planned.case.key, item)
    dropped = [item for item in items if item not in kept.values()]
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept.values()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Build and run the case in place of the user's test."""
    edge: Any = pyfuncitem.funcargs["edge"]
    _ = edge.predictions
    return True


_skipped: list[str] = []


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember modules that were skipped while they were imported: what they declare is not known."""
    if report.skipped:
        _skipped.append(report.nodeid.partition("::")[0])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell which modules came from where, and what they declared."""
    ref = told()
    if ref is None:
        return
    from pytest_edgebench.declare import made

    ref.save.mkdir(parents=True, exist_ok=True)
    places = [place.replace(f"{ref.worktree}/", "") for place in made.places()]
    skipped = [name for name in _skipped if _of_ours(session.config.rootpath / name)]
    for name, value in (("foreign", foreign(ref)), ("declared", {"places": places, "skipped": skipped})):
        (ref.save / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


def _of_ours(file: Path) -> bool:
    try:
        return b"edgebench" in file.read_bytes()
    except OSError:
        return True


_told = told()
if _told is not None and not any(isinstance(finder, Redirect) for finder in sys.meta_path):
    # First, so that it also turns what the finders of editable installs give.
    sys.meta_path.insert(0, Redirect(_told))
