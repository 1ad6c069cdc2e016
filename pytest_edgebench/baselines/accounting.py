"""What became of each case that a baseline lists: planned, gone, not collected, or not asked for."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_edgebench.baselines import errors
from pytest_edgebench.record.plan import NARROWED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.record.baseline import Baseline, Entry
    from pytest_edgebench.record.plan import Plan


@dataclass(frozen=True, slots=True)
class Asked:
    """What pytest was asked to collect.

    Attributes:
        root: pytest's root folder.
        whole: files and folders that were asked for without the name of a test; absolute.
        ignored: files and folders of ``--ignore``; absolute. ignored_globs: of ``--ignore-glob``.
        other_files: the command line has its own ``python_files``.
        base: where a baseline's names of test files start from, the same wherever pytest is started;
            None for `root`.
    """

    root: Path
    whole: tuple[Path, ...]
    ignored: tuple[Path, ...] = ()
    ignored_globs: tuple[str, ...] = ()
    other_files: bool = False
    base: Path | None = None

    def here(self, file: str) -> str:
        """A test file of a baseline as this session calls it."""
        return file if self.base is None else _relative(self.base / file, self.root)

    def kept(self, file: str) -> str:
        """A test file of this session as a baseline calls it."""
        return file if self.base is None else _relative(self.root / file, self.base)

    def left_out(self, file: str) -> str:
        """Why a file was not asked for: the filter; "" where it was."""
        path = self.root / file
        around = (path, *path.parents)
        if not any(folder in self.whole for folder in around):
            return "not among the paths given to pytest"
        if any(folder in self.ignored for folder in around):
            return "--ignore"
        if any(fnmatch.fnmatch(str(folder), glob) for glob in self.ignored_globs for folder in around):
            return "--ignore-glob"
        return ""


@dataclass(frozen=True, slots=True)
class Account:
    """Cases of a baseline that no test of the session has.

    Attributes:
        gone: all files that had the case were collected, or were deleted.
        missed: key → why a file that was asked for was not collected. The case is neither gone nor compared.
        unseen: key → the filter that kept its files from being collected.
    """

    gone: Mapping[str, Entry] = field(default_factory=dict)
    missed: Mapping[str, str] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)


def account(baseline: Baseline, plan: Plan, asked: Asked) -> Account:
    """What became of the cases of a baseline that the plan does not list."""
    known = set(plan.listed)
    gone: dict[str, Entry] = {}
    missed: dict[str, str] = {}
    unseen: dict[str, str] = {}
    for key, entry in baseline.cases.items():
        if key in known:
            continue
        files = [asked.here(file) for file in entry.tests]
        filtered = [why for file in files if (why := _filtered(file, plan, asked))]
        absent = [why for file in files if (why := _absent(file, plan, asked))]
        if filtered:
            unseen[key] = filtered[0]
        elif absent:
            missed[key] = absent[0]
        else:
            gone[key] = entry
    return Account(gone, missed, unseen)


def uncollected(entry: Entry, plan: Plan, asked: Asked) -> tuple[str, ...]:
    """Files with tests of a case that were not collected, as the baseline calls them."""
    here = {file: asked.here(file) for file in entry.tests}
    return tuple(
        file for file, name in here.items() if _filtered(name, plan, asked) or _absent(name, plan, asked)
    )


def told_loosened(baseline: Baseline, plan: Plan, asked: Asked) -> list[str]:
    """One line for each thing that is demanded less, with its cases.

    A case is left out where not all files with tests of it were collected: what they demand is not known.
    """
    cases: dict[str, list[str]] = {}
    for key, clauses in plan.loosened.items():
        if not uncollected(baseline.cases[key], plan, asked):
            for clause in clauses:
                cases.setdefault(clause, []).append(key)
    return [errors.loosened(clause, keys) for clause, keys in cases.items()]


def _relative(path: Path, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()


def _filtered(file: str, plan: Plan, asked: Asked) -> str:
    """The filter that kept a file from being collected; "" where none did."""
    why = asked.left_out(file)
    if why:
        return why
    if plan.files.get(file) == NARROWED:
        return NARROWED
    unmatched = file not in plan.files and (asked.root / file).exists()
    return "-o python_files" if asked.other_files and unmatched else ""


def _absent(file: str, plan: Plan, asked: Asked) -> str:
    """Why a file that was asked for was not collected; "" where it was, or where it was deleted."""
    around = {file, *map(str, PurePosixPath(file).parents)}
    if around & set(plan.failed):
        return errors.file_failed(file)
    if file in plan.files:
        return errors.file_skipped(file, plan.files[file]) if plan.files[file] else ""
    return errors.file_unmatched(file) if (asked.root / file).exists() else ""
