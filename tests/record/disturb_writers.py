"""A pytest plugin: writes all files of a real session again and again, each writer disturbed in each way.

What came of it is in ``told.json``. Each attempt runs in a child process, so that a kill ends only that one.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_edgebench.session import writers as ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_edgebench.session.writers import Writer, Written

os.environ["GITHUB_STEP_SUMMARY"] = str(Path("summary.md").absolute())
real = ours.write_all
OUTPUTS = ["run.json", "page.html", "comment.md", "summary.md", "saved", ".edgebench", "rows.sqlite"]


def contents(kept: Path) -> dict[str, bytes]:
    """Path of each file, also of a temporary one, → its bytes; of a database its rows."""
    found = {}
    for top in map(Path.absolute, map(Path, [*OUTPUTS, str(kept)])):
        for path in [top, *sorted(top.rglob("*"))] if top.exists() else []:
            if path.suffix == ".sqlite":
                found[str(path)] = "\n".join(sqlite3.connect(path).iterdump()).encode()
            elif path.is_file() and not path.name.endswith(("-wal", "-shm")):
                found[str(path)] = path.read_bytes()
    return found


def wipe(kept: Path) -> None:
    for name in [*OUTPUTS, str(kept)]:
        if Path(name).is_dir():
            shutil.rmtree(name)
            continue
        for tail in ("", "-wal", "-shm"):
            Path(name + tail).unlink(missing_ok=True)


def at_rename(write: Callable[[], str], end: Callable[[], NoReturn]) -> Callable[[], str]:
    """Ends when the finished text is about to take its place, or where nothing is renamed, after writing."""

    def call() -> str:
        originals = os.replace, os.rename
        os.replace = os.rename = lambda *_, **__: end()
        try:
            write()
        finally:
            os.replace, os.rename = originals
        end()

    return call


def full() -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def killed() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


WAYS: dict[str, Callable[[Writer], Callable[[], str]]] = {
    "at once": lambda writer: full,
    "at rename": lambda writer: at_rename(writer.write, full),
    "killed": lambda writer: at_rename(writer.write, killed),
}


def in_child(wanted: list[Writer]) -> tuple[list[Any] | None, int]:
    """What `write_all` gave in a child process, and the signal that ended it, or 0."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        written = real(wanted)
        os.write(writing, json.dumps([written.lines, sorted(written.failed), written.status]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        said = file.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said else None, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def write_all(writers: Iterable[Writer]) -> Written:
    wanted = list(writers)
    kept = Path(wanted[0].name)
    if kept.name != "run.json":  # what is printed, later
        return real(wanted)
    in_child(wanted)
    whole = contents(kept)
    told = []
    for number, writer in enumerate(wanted):
        for way, disturb in WAYS.items():
            wipe(kept)
            ended, signal_ = in_child(
                [*wanted[:number], replace(writer, write=disturb(writer)), *wanted[number + 1 :]]
            )
            found = contents(kept)
            told.append(
                {
                    "name": writer.name,
                    "way": way,
                    "asked": writer.asked,
                    "ended": ended,
                    "signal": signal_,
                    "differ": sorted(path for path in whole if found.get(path) != whole[path]),
                    "extra": sorted(set(found) - set(whole)),
                    "before": [each.name for each in wanted[:number]],
                }
            )
    wipe(kept)
    Path("told.json").write_text(json.dumps({"told": told, "whole": sorted(whole)}))
    return real(wanted)


ours.write_all = write_all
