"""The baseline of a git ref, built by a child pytest that this process starts."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from small_repo import CONFTEST, TEST, SmallRepo, small_repo

from pytest_edgebench.base.folder_lock import own
from pytest_edgebench.base.git import GitError
from pytest_edgebench.baselines import git_ref
from pytest_edgebench.baselines.invocation import Progress
from pytest_edgebench.record.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallRepo:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    return small_repo(tmp_path)


def trees(repo: SmallRepo) -> list[Path]:
    return [*(repo.path.parent / "session" / "trees").iterdir()]


def test_a_case_of_that_commit(repo: SmallRepo) -> None:
    sha = repo.git("rev-parse", "HEAD")
    repo.write(conftest="raise RuntimeError('of now')\n")
    called: list[str] = []
    progress = Progress(lambda: called.append("step"), lambda: called.append("wipe"))
    found = repo.build(sha, progress)
    assert (found.kind, found.name, found.commit) == ("ref", sha, sha)
    assert {*found.cases} == {"net-half-host"}
    assert found.outputs(found.cases["net-half-host"]) is not None
    assert called[-1] == "wipe"
    assert "step" in called
    assert trees(repo) == []


def test_of_a_case_that_cannot_be_built_the_reason_is_kept(repo: SmallRepo) -> None:
    """With what the commit lacks and the working tree has."""
    (repo.path / ".gitignore").write_text("*.onnx\n", encoding="utf-8")
    repo.git("rm", "-q", "--cached", "net.onnx")
    repo.commit()
    found = repo.build()
    assert found.cases == {}
    assert "net.onnx is here but not in that commit" in found.broken["net-half-host"]
    (repo.path / "net.onnx").unlink()
    again = repo.build()
    assert "net.onnx" in again.broken["net-half-host"]
    assert "is here but" not in again.broken["net-half-host"]


def test_a_commit_from_before_edgebench_is_an_empty_state(repo: SmallRepo) -> None:
    (repo.path / "conftest.py").unlink()
    repo.write(test_net="def test_a():\n    pass\n")
    sha = repo.commit()
    found = repo.build()
    assert (found.cases, found.broken, found.commit, found.kind) == ({}, {}, sha, "ref")


REFUSED: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "does not collect": ({"test_net": "import nothing_at_all\n"}, {}, "pytest ended with status 2 in that"),
    "lacks a file": (
        {"conftest": "open(__file__.replace('conftest', 'weights'))\n"}, {}, "pytest ended with status 4"
    ),
    "declares a model": ({"test_net": "def test_a():\n    pass\n"}, {}, "although conftest.py:9 declares a"),
    "skips itself": (
        {"conftest": "", "test_net": "# edgebench\nimport pytest\npytest.skip(allow_module_level=True)\n"},
        {}, "test_net.py was skipped while it was imported",
    ),
    "skips its tests": (
        {"test_net": f"import pytest\n\n\n@pytest.mark.skip\n{TEST}"}, {}, "its tests take no `edge`"
    ),
    "ends before it tells": (
        {"conftest": "import ctypes\n\n\ndef pytest_collection_finish():\n    ctypes.CDLL(None)._exit(0)\n"},
        {}, "it did not tell what it declares",
    ),
    "ends by os._exit": (
        {"conftest": "import os\n\n\ndef pytest_collection_finish():\n    os._exit(0)\n"},
        {}, "os._exit(0) would end a session that has not passed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_commit_without_cases_is_refused_with_the_reason(repo: SmallRepo, name: str) -> None:
    files, more, told = REFUSED[name]
    repo.write(**files)
    repo.commit()
    with pytest.raises(BaselineError) as caught:
        repo.build(**more)
    assert told in caught.value.what
    assert trees(repo) == []


def test_modules_of_the_working_tree_are_found(repo: SmallRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that Python imports before any plugin of pytest can turn them to the commit."""
    repo.write(sitecustomize="import early\n", early="")
    monkeypatch.setenv("PYTHONPATH", str(repo.path))
    with pytest.raises(BaselineError, match=r"loaded from the working tree.*early \(early\.py\)"):
        repo.build()


def test_paths_that_the_commit_does_not_have(repo: SmallRepo) -> None:
    """What is asked for is not there: the whole commit has its cases under other names, or none."""
    repo.write(new__test_new=TEST)
    asked: tuple[dict[str, Any], ...] = (
        {"arguments": ("new/test_new.py", "new")},
        {"root": repo.path / "new", "start": repo.path / "new", "ini": None},
    )
    for more in asked:
        assert {*repo.build(**more).cases} == {"net-half-host"}
    repo.git("rm", "-q", "-f", "test_net.py", "conftest.py")
    repo.git("commit", "-qm", "nothing of ours")
    for more in asked:
        assert repo.build(**more).cases == {}


PLAIN = "def test_a():\n    pass\n"
ELSEWHERE: dict[str, dict[str, str]] = {
    "does not collect": {"below__test_b": "import nothing_at_all\n"},
    "declares": {"below__conftest": CONFTEST, "below__test_b": PLAIN},
    "skips itself": {"below__test_b": "# edgebench\nimport pytest\npytest.skip(allow_module_level=True)\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_part_of_what_is_asked_for_is_there(repo: SmallRepo, name: str) -> None:
    """It has no case, and what the commit lacks may have been there in a file that says nothing."""
    (repo.path / "conftest.py").unlink()
    repo.write(test_net=PLAIN, **ELSEWHERE[name])
    repo.commit()
    repo.write(test_new=TEST)
    with pytest.raises(BaselineError, match=r"test_new\.py is not in that commit"):
        repo.build(arguments=("test_net.py", "test_new.py"))


def test_no_ref_and_no_repository(repo: SmallRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        BaselineError, match=r"=nowhere: no folder with a baseline.json, and no git ref \(unkn"
    ):
        repo.build("nowhere")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("HOME", str(repo.path))
    with pytest.raises(BaselineError, match="git refuses this repository: detected dubious") as caught:
        repo.build()
    assert "safe.directory" in caught.value.fix
    monkeypatch.undo()
    (repo.path / ".git").rename(repo.path / "away")
    with pytest.raises(BaselineError, match=r"and no git ref \(.*not a git repository"):
        repo.build()


def test_a_commit_that_cannot_be_checked_out(repo: SmallRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = repo.git("rev-parse", "HEAD:test_net.py")
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(BaselineError, match="git cannot check that commit out: ") as caught:
        repo.build()
    assert "unshallow" in caught.value.fix

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(git_ref, "checkout", full)
    with pytest.raises(BaselineError, match="No space left on device") as caught:
        repo.build()
    assert "cache_dir" in caught.value.fix

    def away(*given: object) -> None:
        raise GitError("could not fetch 9c41e07 from promisor remote")

    monkeypatch.setattr(git_ref, "checkout", away)
    with pytest.raises(BaselineError, match="promisor remote") as caught:
        repo.build()
    assert "this is a partial clone" in caught.value.fix
    assert trees(repo) == []


def test_what_killed_sessions_left_is_swept_and_what_is_held_stays(tmp_path: Path) -> None:
    folder = tmp_path / "trees"
    for name in ("dead", "held"):
        (folder / name).mkdir(parents=True)
    (folder / "dead.lock").touch()
    with own(folder / "held.lock"):
        git_ref._sweep(folder)
        assert sorted(path.name for path in folder.iterdir()) == ["held", "held.lock"]
    git_ref._sweep(folder)
    assert [*folder.iterdir()] == []


def test_a_keyboard_interrupt_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_ref, "STEP_S", 0.05)
    note = tmp_path / "ran"
    script = f"import time, pathlib; pathlib.Path({str(note)!r}).touch(); time.sleep(600)"
    started: list[Any] = []
    popen = subprocess.Popen

    def start(*given: Any, **named: Any) -> Any:
        started.append(popen(*given, **named))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)

    def step() -> None:
        if note.exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        git_ref._run([sys.executable, "-c", script], tmp_path, {}, step)
    assert started[0].returncode == -9


def test_submodules_without_files_are_hinted_at(tmp_path: Path) -> None:
    tree, worktree = tmp_path / "tree", tmp_path / "worktree"
    (worktree / "full").mkdir(parents=True)
    (worktree / "full" / "a").touch()
    (worktree / ".gitmodules").write_text("[submodule]\n\tpath = full\n[submodule]\n\tpath = weights\n")
    (told,) = git_ref._hints("", tree, worktree, tree)
    assert "the submodule weights is empty there" in told


class Commands:
    """The child's command for a way to start pytest."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.worktree = folder / "tree", folder / "worktree"
        for place in (self.tree, self.worktree):
            (place / "tests").mkdir(parents=True)
            (place / "pytest.ini").touch()
        self.repo = SmallRepo(self.tree)

    def of(self, **more: Any) -> git_ref.Asked:
        asked = self.repo.asked(**more)
        return git_ref._command(dataclasses.replace(asked), self.tree, self.worktree, "main")


CHANGED: dict[str, tuple[dict[str, Any], Callable[[Path], list[str]], Callable[[Path], list[str]]]] = {
    "nothing": ({}, lambda w: ["-c", str(w / "pytest.ini"), "--rootdir", str(w)], lambda w: ["-n0", "-k"]),
    "no ini file": ({"ini": None}, lambda w: [], lambda w: ["-c"]),
    "options": (
        {"overrides": ("a=b",), "keyword": "k1", "marks": "m1", "profiles": ("pi",), "parallel": True,
         "packages": True},
        lambda w: ["a=b", "-n0", "-k", "k1", "-m", "m1", "--edgebench-profile=pi", "--pyargs"],
        lambda w: [],
    ),
    "a package": ({"arguments": ("some.package",)}, lambda w: ["some.package"], lambda w: []),
    "a path": ({"arguments": ("tests", "tests::a")}, lambda w: [str(w / "tests")], lambda w: ["tests"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_arguments_are_turned_to_the_worktree(tmp_path: Path, name: str) -> None:
    more, has, lacks = CHANGED[name]
    commands = Commands(tmp_path)
    asked = commands.of(**more)
    assert [word for word in has(commands.worktree) if word not in asked.command] == []
    assert [word for word in lacks(commands.worktree) if word in asked.command] == []
    assert (asked.folder, asked.missing) == (commands.worktree, "")


def test_plugins_and_the_path_are_as_in_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands(tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    command = commands.of().command
    assert "pytest_edgebench.plugin" in command
    assert "-P" in command
    monkeypatch.setattr(sys, "path", [str(commands.tree), *sys.path])
    assert "-P" not in commands.of().command


def test_a_start_that_the_commit_does_not_have(tmp_path: Path) -> None:
    commands = Commands(tmp_path)
    (commands.tree / "new").mkdir()
    assert commands.of(start=commands.tree / "new").folder == commands.worktree
    assert commands.of(start=commands.tree / "tests").folder == commands.worktree / "tests"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert commands.of(start=elsewhere).folder == elsewhere
