"""What earlier runs found, by case and commit: one SQLite file, to which runs are only added.

A run is added in one transaction that takes the write lock at its start, so that processes that end at the
same time wait for each other and none is lost. Adding a run that is there already changes nothing, so records
can be imported again and again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from pytest_edgebench.record import errors
from pytest_edgebench.record.past import Past
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgebench.record.run import CaseResult, Run

APPLICATION = 0x65646765
"""``edge``: tells our file from other databases (PRAGMA application_id)."""
WAIT_S = 10.0

MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY, sum TEXT NOT NULL UNIQUE, started TEXT NOT NULL, duration_s REAL NOT NULL,
        sha TEXT NOT NULL, branch TEXT NOT NULL, dirty INTEGER NOT NULL, command TEXT NOT NULL,
        environment TEXT NOT NULL, versions TEXT NOT NULL
    );
    CREATE TABLE cases (
        run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, model TEXT NOT NULL, recipe TEXT NOT NULL,
        variant TEXT NOT NULL, profile TEXT NOT NULL, verdict TEXT NOT NULL, artifact_key TEXT NOT NULL,
        digest TEXT NOT NULL, PRIMARY KEY (run, key)
    ) WITHOUT ROWID;
    CREATE TABLE metrics (
        run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, metric TEXT NOT NULL, value REAL,
        unit TEXT NOT NULL, rung TEXT NOT NULL, n INTEGER NOT NULL, low REAL, high REAL,
        PRIMARY KEY (key, metric, run)
    ) WITHOUT ROWID;
    CREATE TABLE slots (
        run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL, metric TEXT NOT NULL,
        statistic TEXT NOT NULL, reference TEXT NOT NULL, failed INTEGER NOT NULL,
        PRIMARY KEY (key, metric, statistic, reference, run)
    ) WITHOUT ROWID;
    """,
    "ALTER TABLE metrics RENAME COLUMN rung TO evidence",
)
"""Scripts from each version of the file to the next; ``PRAGMA user_version`` says how many were run."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What is judged of a case: a metric's statistic against a budget ("") or a reference."""

    case: str
    metric: str
    statistic: str
    reference: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A run in the history: commit with "+" where files were changed, and ISO 8601 start."""

    commit: str
    started: str


@dataclass(frozen=True, slots=True)
class Streak:
    """Since when a slot fails without a break.

    Attributes:
        first: the earliest run of the streak. runs: how many, without the present one.
        passed: the last run before it that passed; None where the history does not go back so far.
    """

    first: Seen | None
    runs: int
    passed: Seen | None


class History(Protocol):
    """Where runs are kept; what a server database has to do in place of a file."""

    def add(self, run: Run) -> bool:
        """Keep a run; False when it is there already."""

    def streak(self, slot: Slot) -> Streak:
        """Since when a slot has failed, among the runs that were kept."""

    def past(self, slot: Slot, unit: str, most: int) -> tuple[Past, ...]:
        """The latest numbers of a slot, oldest first."""

    def close(self) -> None:
        """End."""


class SqliteHistory:
    """A history in one file.

    Args:
        path: of the file; it is made if it does not exist.
        wait_s: how long to wait for other processes that write.

    Raises:
        HistoryError: corrupt, locked, read-only, of a newer version, or no history at all.
    """

    def __init__(self, path: Path, wait_s: float = WAIT_S) -> None:
        self._where, self._wait_s = str(path), wait_s
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
        try:
            with self._told():
                self._migrate()
        except BaseException:
            self.close()
            raise

    def add(self, run: Run) -> bool:
        """Keep a run, whole or not at all; False when it is there already."""
        with self._told(), self._writing():
            cursor = self._database.execute(
                "INSERT OR IGNORE INTO runs (sum, started, duration_s, sha, branch, dirty, command,"
                f" environment, versions) VALUES ({_marks(9)})",
                _run(run),
            )
            if not cursor.rowcount:
                return False
            number = cursor.lastrowid
            many = self._database.executemany
            many(f"INSERT INTO cases VALUES ({_marks(9)})", ((number, *_case(case)) for case in run.cases))
            many(f"INSERT INTO metrics VALUES ({_marks(9)})", ((number, *line) for line in _metrics(run)))
            many(f"INSERT INTO slots VALUES ({_marks(6)})", ((number, *line) for line in _slots(run)))
        return True

    def streak(self, slot: Slot) -> Streak:
        """Since when a slot has failed, among the runs that were kept, latest first."""
        first, runs = None, 0
        with self._told():
            lines = self._database.execute(
                "SELECT failed, sha, dirty, started FROM slots JOIN runs ON runs.id = run"
                " WHERE key = ? AND metric = ? AND statistic = ? AND reference = ?"
                " ORDER BY runs.started DESC, runs.id DESC",
                (slot.case, slot.metric, slot.statistic, slot.reference),
            )
            for failed, sha, dirty, started in lines:
                seen = Seen(_commit(sha, dirty), started)
                if not failed:
                    return Streak(first, runs, seen)
                first, runs = seen, runs + 1
        return Streak(first, runs, None)

    def past(self, slot: Slot, unit: str, most: int) -> tuple[Past, ...]:
        """The latest numbers of a slot, oldest first.

        Args:
            unit: that they must have been kept in; a score that changed its unit is another number.
            most: how many runs, the latest of them.
        """
        name = f"{slot.metric}.{slot.statistic}" if slot.statistic else slot.metric
        with self._told():
            lines = self._database.execute(
                "SELECT value, low, high, sha, dirty, started, failed FROM metrics"
                " JOIN runs ON runs.id = metrics.run"
                " LEFT JOIN slots ON slots.run = metrics.run AND slots.key = metrics.key"
                " AND slots.metric = ? AND slots.statistic = ? AND slots.reference = ?"
                " WHERE metrics.key = ? AND metrics.metric = ? AND unit = ? AND value IS NOT NULL"
                " ORDER BY started DESC, runs.id DESC LIMIT ?",
                (slot.metric, slot.statistic, slot.reference, slot.case, name, unit, most),
            ).fetchall()
            return tuple(
                Past(
                    _commit(sha, dirty),
                    str(started),
                    float(value),
                    None if low is None else float(low),
                    None if high is None else float(high),
                    None if failed is None else bool(failed),
                )
                for value, low, high, sha, dirty, started, failed in reversed(lines)
            )

    def counts(self) -> tuple[int, int]:
        """Number of runs, and of distinct cases."""
        with self._told():
            (runs,) = self._database.execute("SELECT count(*) FROM runs").fetchone()
            (cases,) = self._database.execute("SELECT count(DISTINCT key) FROM cases").fetchone()
        return int(runs), int(cases)

    def close(self) -> None:
        """End; what was added is kept."""
        self._database.close()

    def _migrate(self) -> None:
        known, found = len(MIGRATIONS), self._pragma("user_version")
        application = self._pragma("application_id")
        empty = not self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not empty and application != APPLICATION:
            raise errors.of_others(self._where)
        if found > known:
            raise errors.newer(self._where, found, known)
        if found == known:
            return
        # Readers then do not stop writers; it stays a property of the file.
        self._database.execute("PRAGMA journal_mode = WAL")
        with self._writing():
            # Another process may have been here since.
            for number in range(self._pragma("user_version"), known):
                for statement in MIGRATIONS[number].split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {number + 1}")
            self._database.execute(f"PRAGMA application_id = {APPLICATION}")

    def _pragma(self, name: str) -> int:
        return int(self._database.execute(f"PRAGMA {name}").fetchone()[0])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction that holds the write lock from its start, so that it never has to be begun again."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of SQLite in a sentence."""
        try:
            yield
        except OSError as cause:
            raise errors.cannot_open(self._where, cause.strerror or str(cause)) from cause
        except (TypeError, ValueError) as cause:  # text that is none, a number that is text
            raise errors.not_a_history(self._where, str(cause)) from cause
        except sqlite3.Error as cause:
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # extended codes have the plain one below
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise errors.locked(self._where, self._wait_s) from cause
            if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
                raise errors.read_only(self._where) from cause
            if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise errors.cannot_open(self._where, str(cause)) from cause
            raise errors.not_a_history(self._where, str(cause)) from cause


def _commit(sha: str, dirty: int) -> str:
    """The commit of a run as it is told, with "+" where files were changed."""
    return sha[:9] + ("+" if sha and dirty else "")


def _run(run: Run) -> tuple[object, ...]:
    plain = (json.dumps(one) for one in (list(run.command), dict(run.environment), dict(run.versions)))
    return (
        _identity(run), _utc(run.started), run.duration_s, run.commit, run.branch, run.dirty, *plain
    )  # fmt: skip


def _case(case: CaseResult) -> tuple[str, ...]:
    made = case.artifact
    return (
        case.key, case.model, case.recipe, case.variant, case.profile, case.verdict.value,
        made.key if made else "", made.digest if made else "",
    )  # fmt: skip


def _metrics(run: Run) -> Iterator[tuple[object, ...]]:
    for case in run.cases:
        for name, metric in (case.observation.metrics if case.observation else {}).items():
            yield (
                case.key, name, metric.value, metric.unit, metric.evidence, metric.n, metric.low, metric.high
            )  # fmt: skip


def _slots(run: Run) -> Iterator[tuple[object, ...]]:
    """The slots that were decided; one that several tests judged failed where it failed in one of them."""
    found: dict[Slot, bool] = {}
    for case in run.cases:
        for check in case.checks:
            for row in check.rows:
                slot = Slot(case.key, row.metric, row.statistic, row.reference)
                if row.level != "off" and row.verdict in (Verdict.PASS, Verdict.FAIL):
                    found[slot] = found.get(slot, False) or row.verdict is Verdict.FAIL
    for slot, failed in found.items():
        yield slot.case, slot.metric, slot.statistic, slot.reference, failed


def _identity(run: Run) -> str:
    """Equal for a record and the report made from it, in which numbers are rounded."""
    plain = [
        _utc(run.started),
        run.duration_s,
        run.commit,
        list(run.command),
        run.environment.get("host", ""),
        [case.key for case in run.cases],
    ]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _utc(started: str) -> str:
    """A start in one form, so that runs sort by it; as it is where it is no date."""
    try:
        at = datetime.fromisoformat(started)
    except ValueError:
        return started
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _marks(count: int) -> str:
    return ", ".join("?" * count)
