"""Whole sessions of a small project in which one call that writes fails, and what is left of them.

The calls are those of the session and of all its processes below the project's folder, found by a library
that is loaded into each of them (`fault.c`): SQLite's and those of libraries in C++ are among them.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "record"))
import small_project  # type: ignore[import-not-found]  # noqa: E402 - by its folder

KILL = -1
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EFBIG": errno.EFBIG, "EINTR": errno.EINTR, "kill": KILL}
OPTIONS = (
    "--edgebench-update-baseline", "--edgebench-save-baseline=saved", "--edgebench-report=r.html",
    "--edgebench-json=r.json", "--edgebench-markdown=c.md", "--edgebench-history=history.sqlite",
)  # fmt: skip
RAW = re.compile(r"Traceback|INTERNALERROR|^E  +\w*Error|^FAILED .* - \w*Error\b", re.MULTILINE)
"""What a user should never see: an error that is none of ours."""
CACHE = Path(".pytest_cache/d/edgebench/cache")
WRITTEN = ("r.html", "r.json", "c.md", ".edgebench/baseline.json", "saved/baseline.json", "history.sqlite")


@dataclass(frozen=True)
class Ended:
    """How a session ended: its status, what it printed, and how many calls wrote."""

    status: int
    text: str
    calls: int


def library(folder: Path) -> Path:
    """`fault.c`, compiled."""
    made = folder / "fault.so"
    if not made.exists():
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", made, HERE / "fault.c", "-ldl"], check=True)
    return made


def project(folder: Path) -> Path:
    """A small model with two recipes on a profile on which nothing is timed."""
    small_project.write(folder)
    (folder / "edgebench.toml").write_text('[profiles.board]\nextends = "cortex-a72"\n')
    conftest = folder / "conftest.py"
    more = '\n\n@eb.recipe\ndef int8(net):\n    return eb.quantize(net, "dynamic-int8")\n'
    conftest.write_text(conftest.read_text() + more)
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    return folder


def session(
    folder: Path,
    library: Path,
    *,
    at: int = 0,
    with_: int = 0,
    log: Path | None = None,
    kill_after_s: float = 0,
) -> Ended:
    """Run pytest in a project.

    Args:
        at: the call that fails; 0 for none. with_: the error's number, or `KILL`.
        log: a file that gets a line for each call.
        kill_after_s: after which the session's process is killed; 0 for never.
    """
    count = folder.parent / f"{folder.name}.count"
    count.write_bytes(bytes(8))
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "CI" and not name.startswith(("PYTEST_", "GIT_", "GITHUB_"))
    }
    environment = kept | {
        "LD_PRELOAD": str(library), "FAULT_ROOT": str(folder), "FAULT_COUNT": str(count), "FAULT_AT": str(at),
        "FAULT_WITH": str(with_), "FAULT_LOG": "" if log is None else str(log), "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"), "COLUMNS": "200", "EDGEBENCH_LOCKS": str(locks(folder)),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *OPTIONS],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    try:
        text, _ = process.communicate(timeout=kill_after_s or 300)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        text, _ = process.communicate()
    return Ended(process.returncode, text, int.from_bytes(count.read_bytes(), sys.byteorder))


def locks(folder: Path) -> Path:
    """Outside the project, as the machine's locks are."""
    place = folder.parent / f"{folder.name}.locks"
    place.mkdir(exist_ok=True)
    return place


def state(folder: Path) -> dict[str, Any]:
    """All that a session leaves, without times, the machine and what the history says of earlier runs."""
    return {
        "artifacts": _files(folder / CACHE / "artifacts"),
        "index": sorted(path.name for path in (folder / CACHE / "index").glob("*")),
        "baseline": _baseline(folder / ".edgebench"),
        "saved": _baseline(folder / "saved"),
        "record": _record(folder / "r.json"),
        "report": _record(folder / "r.html"),
        "comment": re.sub(r"[0-9.]+ s\b", "_ s", (folder / "c.md").read_text(encoding="utf-8")),
        "history": _history(folder / "history.sqlite"),
    }


def leftovers(folder: Path) -> list[str]:
    """What was begun and not finished, below the project."""
    found = [path for path in (folder / "tmp").glob("*") if path.name != ".ses"]  # ONNX Runtime's own
    found += (folder / CACHE / "tmp").glob("*")
    found += [path for path in folder.rglob(".*") if path.suffix == ".tmp" or path.parent.name == "baseline"]
    return sorted(str(path.relative_to(folder)) for path in found)


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _baseline(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    from pytest_edgebench.record.baseline import load

    entries = {
        name: dataclasses.replace(entry, made="", commit="", host={}, runtime={})
        for name, entry in load(folder).cases.items()
    }
    return entries, _files(folder / "baseline")


def _record(path: Path) -> Any:
    from pytest_edgebench.record.load import load_run

    run = load_run(path)
    cases = []
    for case in run.cases:
        checks = tuple(
            dataclasses.replace(
                check, seconds=0.0, rows=tuple(dataclasses.replace(row, since="") for row in check.rows)
            )
            for check in case.checks
        )
        cases.append(dataclasses.replace(case, checks=checks, past={}))
    baseline = {key: value for key, value in run.baseline.items() if key != "made"}
    return dataclasses.replace(
        run, cases=tuple(cases), started="", duration_s=0.0, environment={}, baseline=baseline
    )


def _history(path: Path) -> list[Any]:
    """The metrics of the last run, and that the file is whole."""
    with closing(sqlite3.connect(path)) as database:
        whole = database.execute("PRAGMA integrity_check").fetchall()
        last = database.execute("SELECT max(id) FROM runs").fetchone()[0]
        found = database.execute(
            "SELECT key, metric, value, unit FROM metrics WHERE run = ? ORDER BY key, metric", (last,)
        ).fetchall()
    return [whole, found]


@dataclass(frozen=True)
class Undisturbed:
    """What sessions leave in which nothing fails.

    Attributes:
        first: state after a session that begins with nothing. second: after one that finds a baseline.
        calls: that wrote in the first. log: a line for each of them.
    """

    first: dict[str, Any]
    second: dict[str, Any]
    calls: int
    log: tuple[str, ...]


def undisturbed(folder: Path, library: Path) -> Undisturbed:
    """Two sessions of a project, one after the other."""
    made, log = project(folder), folder.parent / f"{folder.name}.log"
    ended = session(made, library, log=log)
    assert ended.status == 0, ended.text
    assert not (left := leftovers(made)), left
    first = state(made)
    assert session(made, library).status == 0
    return Undisturbed(first, state(made), ended.calls, tuple(log.read_text().splitlines()))


def trial(
    folder: Path, library: Path, known: Undisturbed, *, at: int = 0, with_: int = 0, kill_after_s: float = 0
) -> str:
    """What is wrong after a fault and another session without: "" for nothing.

    A session that ends with 0 has written all it was asked for; one that could not tells of it without a
    traceback, and leaves nothing unfinished unless it was killed; the next one is as if there had been none.
    """
    made = project(folder)
    try:
        ended = session(made, library, at=at, with_=with_, kill_after_s=kill_after_s)
        killed = kill_after_s or with_ == KILL
        if RAW.search(ended.text):
            return f"a traceback:\n{ended.text}"
        if ended.status == 0 and not killed:
            missing = [name for name in WRITTEN[:-1] if not (made / name).exists()]
            if missing:
                return f"ended with 0 without {', '.join(missing)}:\n{ended.text}"
        if not killed and (left := leftovers(made)):
            return f"left {', '.join(left)}:\n{ended.text}"
        before = (made / ".edgebench" / "baseline.json").exists()
        whole = before and set(_baseline(made / ".edgebench")[0]) == set(known.first["baseline"][0])
        again = session(made, library)
        if before and not whole and not again.status:  # what could be built was accepted; now all is
            again = session(made, library)
        if again.status:
            return f"the next session failed:\n{ended.text}\n{again.text}"
        if RAW.search(again.text):
            return f"a traceback in the next session:\n{again.text}"
        if left := leftovers(made):
            return f"the next session left {', '.join(left)}"
        found, wanted = state(made), known.second if before else known.first
        different = [name for name in wanted if found[name] != wanted[name]]
        if different:
            where = _difference(found, wanted, different[0])
            return f"{', '.join(different)} differ after the next session: {where}"
        return ""
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(locks(made), ignore_errors=True)


def _difference(found: dict[str, Any], wanted: dict[str, Any], name: str) -> str:
    one, other = str(found[name]), str(wanted[name])
    at = next((i for i, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"…{one[max(0, at - 100) : at + 200]}… instead of …{other[max(0, at - 100) : at + 200]}…"
