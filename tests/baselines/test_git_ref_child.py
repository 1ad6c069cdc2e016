"""Within the child of a git ref: which modules it takes, what it runs, and what it tells."""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from small_repo import CONFTEST, TEST, write_net

from pytest_edgebench.base.names import REF
from pytest_edgebench.baselines import git_ref_child as child
from pytest_edgebench.identity.library import in_library_folder
from pytest_edgebench.record import baseline as record
from pytest_edgebench.settings.resolve import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["pytester"]


@pytest.fixture
def ref(tmp_path: Path) -> child.Ref:
    made = child.Ref(*(tmp_path / name for name in ("tree", "worktree", "folder", "save", "notes")))
    for place in (made.tree, made.worktree):
        (place / "package").mkdir(parents=True)
    return made


def tell(ref: child.Ref, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("tree", "worktree", "folder", "save", "notes")
    monkeypatch.setenv(REF, json.dumps({name: str(getattr(ref, name)) for name in names}))


def test_what_it_was_told(ref: child.Ref, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REF, raising=False)
    assert child.told() is None
    tell(ref, monkeypatch)
    assert child.told() == ref
    given = Settings(ref.tree, {}, (), report=Path("r.html"), baseline="main", inconclusive="fail")
    found = child.settings(given, ref)
    assert (found.report, found.baseline, found.save_baseline) == (None, None, ref.save)
    assert found == replace(
        given, report=None, baseline=None, save_baseline=ref.save, exact_only=True, inconclusive="pass"
    )


class Finder:
    """Finds one module."""

    def __init__(self, spec: ModuleSpec | None) -> None:
        self.spec = spec

    def find_spec(self, *given: Any) -> ModuleSpec | None:
        return self.spec


@pytest.fixture
def finders(ref: child.Ref, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What is asked for modules, in place of all that Python has; a list to put finders in."""
    in_library_folder("")  # what it imports is found as ever
    found: list[Any] = [child.Redirect(ref), object()]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "meta_path", found)
        yield found


def of_file(path: Path, name: str = "mod") -> ModuleSpec:
    path.touch()
    package = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=package)
    assert spec is not None
    return spec


def test_modules_of_the_working_tree_come_from_the_commit(ref: child.Ref, finders: list[Any]) -> None:
    redirect = finders[0]
    finders.append(Finder(of_file(ref.tree / "mod.py")))
    with pytest.raises(ModuleNotFoundError, match="No module named 'mod' in that commit") as caught:
        redirect.find_spec("mod")
    assert caught.value.name == "mod"
    (ref.worktree / "mod.py").touch()
    assert redirect.find_spec("mod").origin == str(ref.worktree / "mod.py")
    finders[-1] = Finder(of_file(ref.tree / "package" / "__init__.py", "package"))
    (ref.worktree / "package" / "__init__.py").touch()
    found = redirect.find_spec("package")
    assert found.origin == str(ref.worktree / "package" / "__init__.py")
    assert found.submodule_search_locations == [str(ref.worktree / "package")]


def test_what_lies_elsewhere_stays(ref: child.Ref, finders: list[Any], tmp_path: Path) -> None:
    redirect = finders[0]
    finders.append(Finder(None))
    assert redirect.find_spec("nothing") is None
    assert redirect.find_spec("pytest_edgebench.judge") is None
    (ref.tree / "venv" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    places = (tmp_path, ref.worktree, ref.tree / "venv" / "lib" / "python3.11" / "site-packages")
    for place in places:
        finders[2:] = [Finder(of_file(place / "mod.py"))]
        assert redirect.find_spec("mod").origin == str(place / "mod.py")
    finders[2:] = [Finder(ModuleSpec("built_in", None))]
    assert redirect.find_spec("built_in").origin is None


def test_a_package_without_a_file_is_looked_for_in_the_commit(ref: child.Ref, finders: list[Any]) -> None:
    spec = ModuleSpec("package", None, is_package=True)
    spec.submodule_search_locations = [str(ref.tree / "package")]
    finders.append(Finder(spec))
    assert finders[0].find_spec("package").submodule_search_locations == [str(ref.worktree / "package")]
    assert finders[0].find_spec("package").submodule_search_locations == [str(ref.worktree / "package")]


def test_modules_that_came_from_the_working_tree(ref: child.Ref, monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(name: str, file: Path | None) -> None:
        module = ModuleType(name)
        module.__file__ = str(file) if file else None
        monkeypatch.setitem(sys.modules, name, module)

    loaded("zz_early", ref.tree / "early.py")
    loaded("zz_right", ref.worktree / "right.py")
    loaded("zz_nowhere", None)
    loaded("zz_library", ref.tree / "v" / "lib" / "python3.11" / "site-packages" / "library.py")
    loaded("pytest_edgebench.zz", ref.tree / "own.py")
    loaded("pytest_edgebench.suites.zz", ref.tree / "suite.py")
    assert child.foreign(ref) == ["pytest_edgebench.suites.zz (suite.py)", "zz_early (early.py)"]


def test_it_turns_modules_from_the_moment_that_it_is_loaded(
    ref: child.Ref, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "meta_path", [*sys.meta_path])
        spec = importlib.util.find_spec(child.__name__)
        assert spec is not None
        assert spec.loader is not None
        for told, count in ((False, 0), (True, 1)):
            patch.delenv(REF, raising=False)
            if told:
                tell(ref, patch)
            again = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(again)
            assert sum(type(finder).__name__ == "Redirect" for finder in sys.meta_path) == count
    assert not any(type(finder).__name__ == "Redirect" for finder in sys.meta_path)


def test_one_test_of_each_case_is_run_for_its_answers(
    pytester: pytest.Pytester, ref: child.Ref, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole session, in this process: no test of the user's runs, and what is declared is told."""
    monkeypatch.setattr(child, "_skipped", [])
    tell(replace(ref, worktree=pytester.path), monkeypatch)
    write_net(pytester.path / "net.onnx")
    files = {
        "conftest.py": CONFTEST,
        "test_net.py": TEST.replace("edge.check()", "assert False"),
        "test_again.py": f"{TEST}\n\ndef test_plain():\n    assert False\n",
        "test_skipped.py": "# edgebench\nimport pytest\npytest.skip('no', allow_module_level=True)\n",
        "test_other.py": "import pytest\npytest.skip('no', allow_module_level=True)\n",
    }
    for name, text in files.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    ran = pytester.runpytest_inprocess("-p", child.__name__, "-p", "no:randomly", "-q")
    ran.assert_outcomes(passed=1, deselected=2, skipped=2)
    assert {*record.load(ref.save).cases} == {"net-half-host"}
    declared = json.loads((ref.save / "declared.json").read_text(encoding="utf-8"))
    assert declared["skipped"] == ["test_skipped.py"]
    assert [place.partition(":")[0] for place in declared["places"]][-1] == "conftest.py"
    assert json.loads((ref.save / "foreign.json").read_text(encoding="utf-8")) == []
    shutil.rmtree(ref.save)


def test_a_session_that_was_told_nothing_tells_nothing(
    ref: child.Ref, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.delenv(REF, raising=False)
    child.pytest_sessionfinish(request.session)
    assert not ref.save.exists()


def test_a_file_that_cannot_be_read_may_be_ours(tmp_path: Path) -> None:
    assert child._of_ours(tmp_path / "gone.py")
