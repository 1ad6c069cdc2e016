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
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.folder_lock import own, unowned
from pytest_edgebench.base.git import GitError, environment, git, root_of
from pytest_edgebench.base.names import REF
from pytest_edgebench.baselines import errors
from pytest_edgebench.baselines.checkout import checkout
from pytest_edgebench.record import baseline as record
from pytest_edgebench.record.progress import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.baselines.invocation import Invocation, Progress
    from pytest_edgebench.record.baseline import Baseline

DECLARED, FOREIGN = "declared.json", "foreign.json"
CHILD = "pytest_edgebench.baselines.git_ref_child"
TAIL_LINES = 25
LOCK = ".lock"
"""Beside a worktree; its session holds the lock on it."""
STEP_S = 1.0
"""How often progress is looked at while a baseline is built."""


def build(invocation: Invocation, ref: str, folder: Path, run_folder: Path, progress: Progress) -> Baseline:
    """Build what a commit's recipes make.

    Args:
        folder: kept across sessions: the cache is below it.
        run_folder: of this session; the baseline is written below it.

    Raises:
        BaselineError: no such ref; it declares models or budgets but has no cases; its tests cannot be
            collected; it was built with modules of the working tree.
    """
    tree = root_of(invocation.root)
    sha = _commit(tree, ref)
    save = run_folder / "baseline"
    with worktree_of(tree, sha, ref, folder / "trees") as (worktree, absent):
        told = {
            "tree": tree, "worktree": worktree, "folder": folder, "save": save, "notes": run_folder / FOLDER,
        }  # fmt: skip
        environ = environment({REF: json.dumps({name: str(path) for name, path in told.items()})})

        def ended(asked: Asked) -> Ended:
            try:
                status, output = _run(asked.command, asked.folder, environ, progress.step)
            finally:
                progress.wipe()
            hints = "; ".join(dict.fromkeys([*_hints(output, tree, worktree, invocation.root), *absent]))
            return Ended(status, output.replace(str(worktree), ref), hints)

        asked = _command(invocation, tree, worktree, ref)
        child = ended(asked)
        if not (save / record.FILE).is_file():
            _check_without(ref, child, save)
            if asked.missing:  # what the commit lacks may be there under another name
                _check_without(ref, ended(_whole(invocation, tree, worktree)), save, asked.missing)
    if not (save / record.FILE).is_file():
        record.save(record.Baseline(save, commit=sha), {}, {})
        return dataclasses.replace(record.load(save, kind="ref", name=ref), commit=sha)
    wrong = json.loads((save / FOREIGN).read_text(encoding="utf-8"))
    if wrong:
        raise errors.own_modules(ref, ", ".join(wrong))
    found = record.load(save, kind="ref", name=ref)
    if not found.cases and not found.broken:
        raise errors.no_cases(ref, "its tests take no `edge`")
    broken = {key: f"{why} ({child.hints})" if child.hints else why for key, why in found.broken.items()}
    found = dataclasses.replace(found, commit=sha, broken=broken)
    (save / record.FILE).write_text(record.dump(found), encoding="utf-8")
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """How the child is started.

    Attributes:
        missing: what the user's pytest is told to run and the commit does not have.
    """

    command: list[str]
    folder: Path
    missing: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """How the child ended, and what it may have lacked."""

    status: int
    output: str
    hints: str


def _check_without(ref: str, child: Ended, save: Path, missing: str = "") -> None:
    """Make sure that a commit without any case is one from before edgebench: the first change must pass.

    Raises:
        BaselineError: it could not be collected whole, or it declares a model or a budget.
    """
    if child.status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        if missing:
            raise errors.not_in_ref(ref, missing)
        tail = "\n".join(f"  {line}" for line in child.output.strip().splitlines()[-TAIL_LINES:])
        raise errors.child_failed(ref, child.status, tail, child.hints)
    try:
        declared = json.loads((save / DECLARED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise errors.no_cases(ref, "it did not tell what it declares") from None
    if (declared["places"] or declared["skipped"]) and missing:
        raise errors.not_in_ref(ref, missing)
    if declared["places"]:
        raise errors.no_cases(ref, f"although {declared['places'][0]} declares a model or a budget")
    if declared["skipped"]:
        raise errors.no_cases(ref, f"{declared['skipped'][0]} was skipped while it was imported")


def _commit(tree: Path, ref: str) -> str:
    """The SHA of a ref.

    Raises:
        BaselineError: there is none, or git refuses the repository.
    """
    try:
        return git(tree, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    except GitError as error:
        if error.fix:
            raise errors.git_refuses(ref, str(error), error.fix) from None
        said = str(error) if "status" not in str(error) else "unknown"
        raise errors.no_such_baseline(ref, said) from None


def _mover(tree: Path, worktree: Path) -> Callable[[Path], Path]:
    def moved(path: Path) -> Path:
        path = Path(os.path.realpath(path))
        return worktree / path.relative_to(tree) if path.is_relative_to(tree) else path

    return moved


def _whole(asked: Invocation, tree: Path, worktree: Path) -> Asked:
    """As `_command`, for all that the commit has: its root folder, or the repository where it lacks that."""
    moved = _mover(tree, worktree)
    here = moved(asked.root).is_dir()
    everything = dataclasses.replace(
        asked, arguments=(), packages=False, start=asked.root if here else tree,
        root=asked.root if here else tree, ini=asked.ini if here else None, cut=None,
    )  # fmt: skip
    return _command(everything, tree, worktree, "")


def _command(asked: Invocation, tree: Path, worktree: Path, ref: str) -> Asked:
    """The child's command and folder: the session's own arguments, turned to the worktree."""
    moved = _mover(tree, worktree)
    folder = moved(asked.start) if moved(asked.start).is_dir() else worktree
    if not moved(asked.root).is_dir():
        return dataclasses.replace(
            _whole(asked, tree, worktree), missing=f"the folder {asked.root.relative_to(tree)}"
        )
    command = [sys.executable, *(() if _starts_here(asked.start) else ("-P",)), "-m", "pytest", "-p", CHILD]
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        command += ["-p", "pytest_edgebench.plugin"]
    cut = asked.cut or root_of(asked.root)
    command += ["--rootdir", str(moved(asked.root)), "--confcutdir", str(moved(cut))]
    if asked.ini is not None and moved(asked.ini).is_file():
        command += ["-c", str(moved(asked.ini))]
    for given in asked.overrides:
        command += ["-o", given]
    command += ["-o", f"cache_dir={worktree / '.pytest_cache'}", "-q", "--no-header", "-ra", "--tb=short"]
    command += [f"--import-mode={asked.import_mode}"]
    if asked.parallel:
        command += ["-n0"]
    if asked.keyword:
        command += ["-k", asked.keyword]
    if asked.marks:
        command += ["-m", asked.marks]
    command += [f"--edgebench-profile={given}" for given in asked.profiles]
    if asked.packages:
        command += ["--pyargs"]
    paths, missing = [], []
    for argument in asked.arguments:
        path = asked.start / argument.partition("::")[0]
        if not path.exists():  # the name of a package
            paths.append(argument)
        elif moved(path).exists():
            paths.append(str(moved(path)))
        else:
            missing.append(argument)
    if missing and not paths:
        return dataclasses.replace(_whole(asked, tree, worktree), missing=" and ".join(missing))
    return Asked([*command, *dict.fromkeys(paths)], folder, " and ".join(missing))


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
def worktree_of(tree: Path, sha: str, ref: str, folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """A checkout of a commit, gone afterwards, and what it lacks; what killed sessions left goes, too."""
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    place = folder.resolve() / f"{sha[:12]}-{uuid.uuid4().hex[:8]}"
    with own(place.with_suffix(LOCK)) as owner:
        try:
            try:
                absent = checkout(tree, sha, place)
            except GitError as error:
                raise errors.no_worktree(ref, str(error)) from None
            except OSError as cause:
                raise errors.no_worktree(ref, cause.strerror or str(cause)) from None
            yield place, absent
        finally:
            shutil.rmtree(place, ignore_errors=True)
            Path(owner.name).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what nobody holds the lock of."""
    for path in {path.with_suffix("") for path in folder.iterdir()}:
        lock = path.with_suffix(LOCK)
        with unowned(lock, missing=path.is_dir()) as free:
            if free:
                shutil.rmtree(path, ignore_errors=True)
                lock.unlink(missing_ok=True)


def _hints(output: str, tree: Path, worktree: Path, root: Path) -> list[str]:
    """What a child that failed may have lacked: files that are not in the commit, pointers, submodules."""
    found: dict[str, None] = {}
    moved = _mover(tree, worktree)
    named = re.findall(rf"{re.escape(str(worktree))}/[^\s'\":,)\]]+", output)
    # Messages of ours name files from pytest's root folder.
    named += [f"{moved(root)}/{name}" for name in re.findall(r"(?<![\w/.-])[\w.-][\w./-]*\.\w+", output)]
    for text in named:
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
