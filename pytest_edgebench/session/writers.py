"""What a session writes at its end: the record first, then each other file, none at the cost of another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.session import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_edgebench.baselines.accounting import Asked
    from pytest_edgebench.baselines.update import Found
    from pytest_edgebench.record.plan import Plan
    from pytest_edgebench.record.run import Run
    from pytest_edgebench.settings.resolve import Settings

RECORD = "run.json"


@dataclass(frozen=True, slots=True)
class Writer:
    """One file, or one folder of files.

    Attributes:
        name: of it, for messages. write: makes it, and gives a line for the terminal, or "".
        asked: whether the user asked for it, so that its failure is one of the session.
    """

    name: str
    write: Callable[[], str]
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """What came of all writers.

    Attributes:
        lines: for the terminal. failed: names of those that failed. status: whether the session fails.
    """

    lines: tuple[str, ...]
    failed: frozenset[str]
    status: bool


def write_all(writers: Iterable[Writer]) -> Written:
    """Let all write, whatever becomes of one of them."""
    lines, failed, status = [], set(), False
    for writer in writers:
        try:
            line = writer.write()
        except Exception as cause:  # noqa: BLE001 - whatever went wrong in one must not cost the others
            line = errors.not_written(writer.name, reason(cause))
            failed.add(writer.name)
            status = status or writer.asked
        if line:
            lines.append(line)
    return Written(tuple(lines), frozenset(failed), status)


def reason(cause: Exception) -> str:
    """What went wrong in one line."""
    if isinstance(cause, EdgebenchError):
        return "; ".join(part for part in (cause.what, cause.fix) if part)
    if isinstance(cause, OSError):
        return f"the file cannot be written: {cause.strerror or cause}"
    first = (str(cause).strip() or "no reason given").splitlines()[0]
    return f"the file cannot be made: {type(cause).__name__}: {first}"


def of_run(settings: Settings, run_folder: Path, run: Run) -> list[Writer]:
    """The record, and the files made from it."""
    from pytest_edgebench.record import store

    kept = run_folder / RECORD

    def record() -> str:
        store.write(kept, store.pieces(run))
        return ""

    writers = [Writer(str(kept), record, asked=False)]
    if settings.json is not None:
        writers.append(Writer(str(settings.json), _copying(settings.json, kept, run)))
    if settings.markdown is not None:
        writers.append(Writer(str(settings.markdown), _markdown(settings.markdown, run)))
    if settings.report is not None:
        writers.append(Writer(str(settings.report), _report(settings.report, kept, run)))
    summary = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if summary:
        writers.append(Writer(summary, _summary(Path(summary), run), asked=False))
    return writers


def of_baselines(
    settings: Settings,
    run_folder: Path,
    run: Run,
    plan: Plan,
    asked: Asked,
    *,
    of_ref: bool,
    refused: bool,
) -> list[Writer]:
    """The baselines that were asked for.

    Args:
        of_ref: what is saved is the baseline of a git ref. refused: the committed one stays as it is.
    """
    from pytest_edgebench.base.names import COMMITTED
    from pytest_edgebench.baselines import update

    @cache
    def found() -> Found:
        return update.found(run_folder, run, plan, asked)

    writers = []
    folder = settings.save_baseline
    if folder is not None:
        writers.append(Writer(str(folder), lambda: update.save(folder, run, found(), of_ref=of_ref)))
    if settings.update_baseline != "no" and not refused:
        where = str(settings.root / COMMITTED)
        writers.append(Writer(where, lambda: update.update(settings.root, run, found(), plan, asked)))
    return writers


def _copying(path: Path, kept: Path, run: Run) -> Callable[[], str]:
    def write() -> str:
        from pytest_edgebench.record import store

        store.write(path, _again(kept, run))
        return ""

    return write


def _markdown(path: Path, run: Run) -> Callable[[], str]:
    def write() -> str:
        from pytest_edgebench.record import store
        from pytest_edgebench.reports import github, markdown

        store.write(path, markdown.render(run, github.links(os.environ)))
        return ""

    return write


def _report(path: Path, kept: Path, run: Run) -> Callable[[], str]:
    def write() -> str:
        from pytest_edgebench.record import store
        from pytest_edgebench.reports import html

        for target, text in html.files_of(run, path, _again(kept, run)):
            store.write(target, text)
        return ""

    return write


def _summary(path: Path, run: Run) -> Callable[[], str]:
    def write() -> str:
        from pytest_edgebench.reports.github import links, summarise

        summarise(run, path, links(os.environ))
        return ""

    return write


def _again(kept: Path, run: Run) -> Iterator[str]:
    """The record for another file: as it was written into the run folder, or made again where it was not."""
    from pytest_edgebench.record import store

    yield from store.chunks(kept) if kept.is_file() else store.pieces(run)
