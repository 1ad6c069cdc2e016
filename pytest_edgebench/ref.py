"""The baseline of a git ref: that commit's own recipes, built by a child pytest in a worktree of it.

Environment, runtimes and cache are those of the session, so what differs is the change under test, and what
did not change costs nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.begin import REF
from pytest_edgebench.errors import baseline as errors
from pytest_edgebench.progress import FOLDER
from pytest_edgebench.record import baseline as record
from pytest_edgebench.record.tree import GitError, git, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.session import Session

CHILD = "pytest_edgebench.ref_child"
TAIL_LINES = 25
STEP_S = 1.0
"""How often progress is looked at while a baseline is built."""


def build(session: Session, ref: str) -> Baseline:
    """Build what a commit's recipes make.

    Raises:
        BaselineError: no such ref; it has no cases; its tests cannot be collected; it was built with modules
            of the working tree.
    """
    config = session.config
    tree = root_of(config.rootpath)
    try:
        sha = git(tree, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except GitError as error:
        raise errors.no_such_baseline(ref, str(error) if "status" not in str(error) else "unknown") from None
    save = session.run_folder / "baseline"
    with _worktree(tree, sha, ref, session.folder / "trees") as worktree:
        command, folder = _command(config, tree, worktree, ref)
        notes = session.run_folder / FOLDER
        told = {
            "tree": tree, "worktree": worktree, "folder": session.folder, "save": save, "notes": notes,
        }  # fmt: skip
        environment = {**os.environ, REF: json.dumps({name: str(path) for name, path in told.items()})}
        try:
            status, output = _run(command, folder, environment, session.step)
        finally:
            session.wipe()
        hints = "; ".join(_hints(output, tree, worktree))
    output = output.replace(str(worktree), ref)
    if not (save / record.FILE).is_file():
        if status == 5:
            raise errors.no_cases(ref, "no test was collected")
        tail = "\n".join(f"  {line}" for line in output.strip().splitlines()[-TAIL_LINES:])
        raise errors.child_failed(ref, status, tail, hints)
    wrong = json.loads((save / "foreign.json").read_text(encoding="utf-8"))
    if wrong:
        raise errors.own_modules(ref, ", ".join(wrong))
    found = record.load(save, kind="ref", name=ref)
    if not found.cases and not found.broken:
        raise errors.no_cases(ref, "its tests take no `edge`")
    broken = {key: f"{why} ({hints})" if hints else why for key, why in found.broken.items()}
    found = dataclasses.replace(found, commit=sha, broken=broken)
    (save / record.FILE).write_text(record.dump(found), encoding="utf-8")
    return found


def _command(config: pytest.Config, tree: Path, worktree: Path, ref: str) -> tuple[list[str], Path]:
    """The child's command and folder: the session's own arguments, turned to the worktree."""

    def moved(path: Path) -> Path:
        path = Path(os.path.realpath(path))
        return worktree / path.relative_to(tree) if path.is_relative_to(tree) else path

    start = config.invocation_params.dir
    folder = moved(start) if moved(start).is_dir() else worktree
    if not moved(config.rootpath).is_dir():
        raise errors.not_in_ref(ref, f"the folder {config.rootpath.relative_to(tree)}")
    option: Any = config.option
    command = [sys.executable, *(() if _starts_here(start) else ("-P",)), "-m", "pytest", "-p", CHILD]
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        command += ["-p", "pytest_edgebench.plugin"]
    command += ["--rootdir", str(moved(config.rootpath)), "--confcutdir", str(moved(_cut(config)))]
    if config.inipath is not None and moved(config.inipath).is_file():
        command += ["-c", str(moved(config.inipath))]
    for given in getattr(option, "override_ini", None) or ():
        command += ["-o", given]
    command += ["-o", f"cache_dir={worktree / '.pytest_cache'}", "-q", "--no-header", "-ra", "--tb=short"]
    command += [f"--import-mode={option.importmode}"]
    if config.pluginmanager.hasplugin("xdist"):
        command += ["-n0"]
    for name in ("-k", "-m"):
        given = option.keyword if name == "-k" else option.markexpr
        if given:
            command += [name, given]
    for given in config.getoption("--edgebench-profile") or ():
        command += [f"--edgebench-profile={given}"]
    if option.pyargs:
        command += ["--pyargs"]
    paths = []
    for argument in config.args:
        path = start / argument.partition("::")[0]
        if not path.exists():  # the name of a package
            paths.append(argument)
        elif moved(path).exists():
            paths.append(str(moved(path)))
    if not paths:
        raise errors.not_in_ref(ref, " and ".join(config.args))
    return [*command, *dict.fromkeys(paths)], folder


def _cut(config: pytest.Config) -> Path:
    given = getattr(config.option, "confcutdir", None)
    return Path(given) if given else root_of(config.rootpath)


def _starts_here(start: Path) -> bool:
    """Whether pytest was started as ``python -m pytest``, which puts the current folder on the path."""
    return "" in sys.path or str(start) in sys.path


def _run(
    command: list[str], folder: Path, environment: dict[str, str], step: Callable[[], None]
) -> tuple[int, str]:
    """Status and output of the child; `step` is called about once a second while it runs."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            status = None
            while status is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    status = child.wait(STEP_S)
                step()
        except BaseException:  # Ctrl-C is ours to handle
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        output.seek(0)
        return status, output.read()


@contextlib.contextmanager
def _worktree(tree: Path, sha: str, ref: str, folder: Path) -> Iterator[Path]:
    """A checkout of a commit beside the user's own, gone afterwards; what killed sessions left goes, too."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if not Path(f"/proc/{path.name.rpartition('-')[2]}").exists():
            shutil.rmtree(path, ignore_errors=True)
    place = folder.resolve() / f"{sha[:12]}-{os.getpid()}"
    try:
        git(tree, "worktree", "prune")
        git(tree, "worktree", "add", "--detach", "--force", str(place), sha, timeout_s=600.0)
    except GitError as error:
        raise errors.no_worktree(ref, str(error)) from None
    try:
        yield place
    finally:
        with contextlib.suppress(GitError):
            git(tree, "worktree", "remove", "--force", "--force", str(place))
        shutil.rmtree(place, ignore_errors=True)


def _hints(output: str, tree: Path, worktree: Path) -> list[str]:
    """What a child that failed may have lacked: files that are not in the commit, pointers, submodules."""
    found: dict[str, None] = {}
    for text in re.findall(rf"{re.escape(str(worktree))}/[^\s'\":,)\]]+", output):
        path = Path(text.rstrip("."))
        here = tree / path.relative_to(worktree)
        if not path.exists() and here.is_file():
            found[errors.hint_missing(str(here.relative_to(tree)))] = None
    modules = worktree / ".gitmodules"
    if modules.is_file():
        for name in re.findall(r"^\s*path\s*=\s*(.+?)\s*$", modules.read_text("utf-8"), re.MULTILINE):
            if not any((worktree / name).glob("*")):
                found[errors.hint_submodule(name)] = None
    return list(found)
