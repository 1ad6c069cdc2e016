"""Whole sessions of a small project in which one call that writes fails, and what is left of them.

The calls are those of the session and of all its processes below the project's folder, found by a library
that is loaded into each of them (`fault.c`): SQLite's and those of libraries in C++ are among them.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "record"))
import small_project  # type: ignore[import-not-found]  # noqa: E402 - by its folder

KILL = -1
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EFBIG": errno.EFBIG, "EINTR": errno.EINTR, "kill": KILL}
OPTIONS = (
    "--edgebench-update-baseline", "--edgebench-save-baseline=saved", "--edgebench-report=r.html",
    "--edgebench-json=r.json", "--edgebench-markdown=c.md", "--edgebench-history=history.sqlite",
    "--junitxml=junit.xml",
)  # fmt: skip
RAW = re.compile(r"Traceback|INTERNALERROR|^E  +\w*Error|^FAILED .* - \w*Error\b", re.MULTILINE)
"""What a user should never see: an error that is none of ours."""
VARIES = re.compile(r"[0-9a-f]{12,}|-[0-9a-f]{6}(?=/|$)|\b[a-z0-9_]{8}(?=\.|/|$)|[0-9]+")
"""Digests, run folders, names of temporary files, and numbers of processes in a path."""
SECONDS = re.compile(r"[0-9.]+ s\b")
CACHE = Path(".pytest_cache/d/edgebench/cache")
WRITTEN = (
    "r.html", "r.json", "c.md", "junit.xml", ".edgebench/baseline.json", "saved/baseline.json",
    "history.sqlite",
)  # fmt: skip


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
    """A small model with one recipe on a profile on which nothing is timed.

    There are two cases, so that one of them may be done when the other fails.
    """
    small_project.write(folder)
    (folder / "edgebench.toml").write_text('[profiles.board]\nextends = "cortex-a72"\n')
    tests = folder / "test_net.py"
    both = '@eb.cases(recipes=["fp16", "original"])\n@eb.budget('
    tests.write_text(tests.read_text().replace("@eb.budget(", both).replace('"20 kB"', '"5 kB"'))
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    return folder


class Sessions:
    """Runs sessions: each a fork of one process that has imported what they import.

    Args:
        folder: for the library and what the process needs.
    """

    def __init__(self, folder: Path) -> None:
        self._modules = folder / "modules"
        self.library = library(folder)
        environment = {**os.environ, "LD_PRELOAD": str(self.library)}
        self._process = subprocess.Popen(
            [sys.executable, HERE / "forkserver.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=environment,
        )  # fmt: skip

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def run(
        self, folder: Path, *, at: int = 0, with_: int = 0, log: Path | None = None, kill_after_s: float = 0
    ) -> Ended:
        """Run pytest in a project.

        Args:
            at: the call that fails; 0 for none. with_: the error's number, or `KILL`.
            log: a file that gets a line for each call.
            kill_after_s: after which the session's process is killed; 0 for never.
        """
        output = folder.parent / f"{folder.name}.out"
        count, environment = surroundings(folder, self.library, at=at, with_=with_, log=log)
        asked = {
            "folder": str(folder),
            "arguments": ["-q", *OPTIONS],
            "environment": environment,
            "output": str(output),
            "fault": [str(folder), str(count), at, with_, "" if log is None else str(log)],
            "kill_after_s": kill_after_s,
            "modules": "" if self._modules.exists() else str(self._modules),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        status = int(self._process.stdout.readline())
        text = output.read_text(encoding="utf-8", errors="replace")
        return Ended(status, text, int.from_bytes(count.read_bytes(), sys.byteorder))


def alone(folder: Path, library: Path, log: Path) -> Ended:
    """A session in a process of its own in which nothing fails: what `Sessions` must not differ from."""
    count, environment = surroundings(folder, library, log=log)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *OPTIONS],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, check=False,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout, int.from_bytes(count.read_bytes(), sys.byteorder))


def surroundings(
    folder: Path, library: Path, *, at: int = 0, with_: int = 0, log: Path | None = None
) -> tuple[Path, dict[str, str]]:
    """The file that counts calls, at none, and the variables of a session; arguments as `Sessions.run`."""
    count = folder.parent / f"{folder.name}.count"
    count.write_bytes(bytes(8))
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "CI" and not name.startswith(("PYTEST_", "GIT_", "GITHUB_"))
    }
    return count, kept | {
        "LD_PRELOAD": str(library), "FAULT_ROOT": str(folder), "FAULT_COUNT": str(count), "FAULT_AT": str(at),
        "FAULT_WITH": str(with_), "FAULT_LOG": "" if log is None else str(log), "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"), "COLUMNS": "200", "EDGEBENCH_LOCKS": str(locks(folder)),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }  # fmt: skip


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
        "comment": SECONDS.sub("_ s", (folder / "c.md").read_text(encoding="utf-8")),
        "summary": SECONDS.sub("_ s", _last(folder / "summary.md")),
        "junit": _junit(folder / "junit.xml"),
        "history": _history(folder / "history.sqlite"),
    }


def leftovers(folder: Path) -> list[str]:
    """What was begun and not finished, below the project."""
    found = [path for path in (folder / "tmp").glob("*") if path.name != ".ses" and not _probe(path)]
    found += (folder / CACHE / "tmp").glob("*")
    found += [path for path in folder.rglob(".*") if path.suffix == ".tmp" or path.parent.name == "baseline"]
    return sorted(str(path.relative_to(folder)) for path in found)


def _probe(path: Path) -> bool:
    """Whether a file is the one by which Python tries a folder for temporary files, at most 4 bytes.

    pytest's capture asks for one before any of our code runs, so a kill just then leaves it with or without
    us; naming that folder ourselves would change it for all that runs in a user's process. (``.ses`` is ONNX
    Runtime's own.)
    """
    return re.fullmatch("[a-z0-9_]{8}", path.name) is not None and path.read_bytes() in (b"", b"blat")


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


def _last(path: Path) -> str:
    """What the last session added to a file."""
    return path.read_text(encoding="utf-8").rpartition("## ")[2]


def _junit(path: Path) -> list[Any]:
    elements = ElementTree.parse(path).iter()
    kept = ("name", "value", "classname", "tests", "failures", "errors")
    return [(e.tag, e.text, [(key, e.get(key)) for key in kept]) for e in elements]


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


def undisturbed(folder: Path, sessions: Sessions) -> Undisturbed:
    """Two sessions of a project, one after the other.

    The first runs in a process of its own; a fork must make the same calls and leave the same.
    """
    made, log = project(folder), folder.parent / f"{folder.name}.log"
    ended = alone(made, sessions.library, log)
    assert ended.status == 0, ended.text
    assert not (left := leftovers(made)), left
    again = project(folder.parent / f"{folder.name}-forked")
    wanted = sites(log)
    for _ in range(2):  # the first still imports
        shutil.rmtree(again)
        log.unlink()
        forked = sessions.run(project(again), log=log)
        assert forked.status == 0, forked.text
        assert (found := sites(log)) == wanted, (
            f"{wanted - found} only alone, {found - wanted} only in a fork"
        )
    first = state(made)
    assert state(again) == first
    assert sessions.run(made).status == 0
    return Undisturbed(first, state(made), ended.calls, tuple(log.read_text().splitlines()))


def sites(log: Path) -> Counter[str]:
    """How often each call writes to each path, without what differs from session to session."""
    lines = (line.partition(" ")[2] for line in log.read_text(encoding="utf-8").splitlines())
    return Counter(VARIES.sub("*", line) for line in lines)


def trial(
    folder: Path,
    sessions: Sessions,
    known: Undisturbed,
    *,
    at: int = 0,
    with_: int = 0,
    kill_after_s: float = 0,
) -> str:
    """What is wrong after a fault and another session without: "" for nothing.

    A session that ends with 0 has written all it was asked for; one that could not tells of it without a
    traceback, and leaves nothing unfinished unless it was killed; the next one is as if there had been none.
    """
    made = project(folder)
    try:
        ended = sessions.run(made, at=at, with_=with_, kill_after_s=kill_after_s)
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
        again = sessions.run(made)
        if before and not whole and not again.status:  # what could be built was accepted; now all is
            again = sessions.run(made)
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
        for kind in ("count", "out"):
            folder.with_name(f"{folder.name}.{kind}").unlink(missing_ok=True)


def _difference(found: dict[str, Any], wanted: dict[str, Any], name: str) -> str:
    one, other = str(found[name]), str(wanted[name])
    at = next((i for i, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"…{one[max(0, at - 100) : at + 200]}… instead of …{other[max(0, at - 100) : at + 200]}…"
