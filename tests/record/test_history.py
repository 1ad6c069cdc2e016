"""The history: what is added is there, whoever else writes; what is wrong with a file is said."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_store import LATENCY, ROW, artifact, case, observation, run

from pytest_edgebench.__main__ import main
from pytest_edgebench.record import history, store
from pytest_edgebench.record.errors import HistoryError
from pytest_edgebench.record.history import Seen, Slot, SqliteHistory, Streak
from pytest_edgebench.record.run import CaseResult, Metric, Run, Verdict
from pytest_edgebench.reports import html
from pytest_edgebench.session.history import add, known, lines, words

SLOT = Slot("kws-int8-rpi4", "latency", "p50", "")
Captured = pytest.CaptureFixture[str]


def remember(path: Path | None, found: Run) -> tuple[Run, list[str]]:
    """What a session does with a history: it asks what is known of before, then adds this run."""
    dated, told = known(path, found)
    if path is None or told:
        return dated, told
    try:
        add(path, dated)
    except HistoryError as error:
        return dated, lines(error)
    return dated, []


def judged(verdict: Verdict, **more: Any) -> CaseResult:
    found = case(artifact=artifact(), observation=observation())
    return replace(found, checks=(replace(found.checks[0], rows=(replace(ROW, verdict=verdict, **more),)),))


def at(day: int, *cases: CaseResult, **more: Any) -> Run:
    settings = {"started": f"2026-03-{day:02}T10:00:00Z", "commit": f"{day:02}" * 20, "dirty": False, **more}
    return replace(run(*cases), **settings)


def rows(path: Path, query: str) -> list[Any]:
    database = sqlite3.connect(path)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "history.sqlite"


@pytest.fixture
def kept(path: Path) -> Any:
    found = SqliteHistory(path, 0.2)
    yield found
    found.close()


# What is kept


def test_numbers_by_case_and_commit(kept: SqliteHistory, path: Path) -> None:
    assert kept.add(at(1, judged(Verdict.FAIL)))
    assert kept.counts() == (1, 1)
    assert rows(path, "SELECT sha, branch, dirty, command, environment, versions FROM runs") == [
        ("01" * 20, "main", 0, '["-x"]', '{"cpu": "x"}', '{"numpy": "2.4"}')
    ]
    assert rows(path, "SELECT * FROM cases") == [
        (1, "kws-int8-rpi4", "kws", "int8", "", "rpi4", "FAIL", "ab" * 32, "cd" * 32)
    ]
    assert rows(path, "SELECT metric, value, unit, evidence, n, low, high FROM metrics") == [
        ("latency.p50", LATENCY.value, "s", "host", 12, LATENCY.low, LATENCY.high)
    ]
    assert rows(path, "SELECT * FROM slots") == [(1, "kws-int8-rpi4", "latency", "p50", "", 1)]


def test_a_run_is_kept_once(kept: SqliteHistory) -> None:
    found = at(1, judged(Verdict.FAIL))
    again = store.load(html.render(found), "report.html")  # numbers in it are rounded
    assert again != replace(found, cases=())
    assert [kept.add(one) for one in (found, found, again, at(2, judged(Verdict.FAIL)))] == [
        True, False, False, True
    ]  # fmt: skip
    assert kept.counts() == (2, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_score_that_overflowed(kept: SqliteHistory, value: float) -> None:
    seen = replace(observation(), metrics={"mae": Metric(value, "", "host", 3)})
    assert kept.add(at(1, replace(judged(Verdict.PASS), observation=seen)))


def test_names_that_are_no_utf8(kept: SqliteHistory) -> None:
    assert kept.add(at(1, judged(Verdict.PASS), command=("file \udcff.py",)))


# Since when


def test_streak(kept: SqliteHistory) -> None:
    assert kept.streak(SLOT) == Streak(None, 0, None)
    for day, verdict in ((5, Verdict.FAIL), (1, Verdict.PASS), (3, Verdict.FAIL), (2, Verdict.FAIL)):
        kept.add(at(day, judged(verdict), dirty=day == 2))
    assert kept.streak(SLOT) == Streak(
        Seen("020202020+", "2026-03-02T10:00:00Z"), 3, Seen("010101010", "2026-03-01T10:00:00Z")
    )
    kept.add(at(9, judged(Verdict.PASS)))
    assert kept.streak(SLOT) == Streak(None, 0, Seen("090909090", "2026-03-09T10:00:00Z"))


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.NOT_RUN, Verdict.ERROR])
def test_what_was_not_decided_breaks_no_streak(kept: SqliteHistory, verdict: Verdict) -> None:
    for day, found in ((1, Verdict.PASS), (2, Verdict.FAIL), (3, verdict)):
        kept.add(at(day, judged(found)))
    assert kept.streak(SLOT).runs == 1


def test_other_slots_are_others(kept: SqliteHistory) -> None:
    kept.add(at(1, judged(Verdict.FAIL)))
    for other in (
        replace(SLOT, case="x"),
        replace(SLOT, statistic="p95"),
        replace(SLOT, reference="model"),
        replace(SLOT, metric="size"),
    ):
        assert kept.streak(other) == Streak(None, 0, None)


def test_starts_are_compared_as_times(kept: SqliteHistory) -> None:
    kept.add(at(1, judged(Verdict.FAIL), started="2026-03-02T01:00:00+02:00"))  # the evening before, in UTC
    kept.add(at(2, judged(Verdict.PASS), started="2026-03-02T00:30:00Z"))
    assert kept.streak(SLOT).runs == 0


DAY = Seen("a6b640c", "2026-02-28T09:00:00Z")


@pytest.mark.parametrize(
    "streak, said",
    [
        (Streak(None, 0, None), ""),
        (Streak(None, 0, DAY), "new in this run, passed at a6b640c"),
        (Streak(None, 0, Seen("9c41e07", "x")), "new in this run (uncommitted changes)"),
        (Streak(None, 0, Seen("9c41e07+", "x")), "new in this run (uncommitted changes)"),
        (Streak(DAY, 2, None), "failing for at least 3 runs (first seen a6b640c, 2026-02-28)"),
        (
            Streak(DAY, 2, Seen("3b2f1aa", "x")),
            "failing for 3 runs (first seen a6b640c, 2026-02-28), passed at 3b2f1aa",
        ),
        (Streak(Seen("", DAY.started), 1, None), "failing for at least 2 runs (first seen 2026-02-28)"),
        (
            Streak(DAY, 1, Seen("", "2026-01-01T")),
            "failing for 2 runs (first seen a6b640c, 2026-02-28), passed at 2026-01-01T",
        ),
    ],
)
def test_words(streak: Streak, said: str) -> None:
    assert words(streak, "9c41e07") == said


def without_past(found: Run) -> Run:
    return replace(found, cases=tuple(replace(case, past={}) for case in found.cases))


def test_only_what_is_broken_is_dated(path: Path) -> None:
    remember(path, at(1, judged(Verdict.PASS)))
    found, told = remember(path, at(2, judged(Verdict.FAIL)))
    assert told == []
    assert found.cases[0].checks[0].rows[0].since == "new in this run, passed at 010101010"
    found, _ = remember(path, at(3, judged(Verdict.FAIL, level="warn")))
    assert (
        found.cases[0].checks[0].rows[0].since
        == "failing for 2 runs (first seen 020202020, 2026-03-02), passed at 010101010"
    )
    found, _ = remember(path, at(4, judged(Verdict.PASS)))
    assert without_past(found) == at(4, judged(Verdict.PASS))
    assert remember(None, found) == (found, [])


# Many at a time

WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_history import at, judged
from pytest_edgebench.record.history import SqliteHistory
from pytest_edgebench.record.run import Verdict

for i in range(15):
    history = SqliteHistory(Path(sys.argv[2]), 60)
    assert history.add(at(1, judged(Verdict.FAIL), duration_s=float(f"{sys.argv[3]}.{i:02}1")))
    history.close()
"""


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    target = tmp_path / "history.sqlite"  # which none of them has made yet
    arguments = [sys.executable, "-c", WRITER, str(Path(__file__).parent), str(target)]
    writers = [subprocess.Popen([*arguments, str(i)], stderr=subprocess.PIPE) for i in range(4)]
    for writer in writers:
        _, said = writer.communicate()
        assert writer.returncode == 0, said.decode()
    found = SqliteHistory(target)
    assert found.counts() == (60, 1)
    assert found.streak(SLOT).runs == 60
    found.close()
    assert rows(target, "PRAGMA journal_mode") == [("wal",)]
    assert rows(target, "PRAGMA integrity_check") == [("ok",)]


def test_a_run_is_added_whole_or_not_at_all(kept: SqliteHistory) -> None:
    twice = at(1, judged(Verdict.PASS), judged(Verdict.PASS))  # two cases of one key: the file refuses them
    with pytest.raises(HistoryError, match="UNIQUE constraint"):
        kept.add(twice)
    assert kept.counts() == (0, 0)
    assert kept.add(at(1, judged(Verdict.PASS)))


# Versions


def test_an_older_file_is_brought_up_to_date(
    kept: SqliteHistory, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.add(at(1, judged(Verdict.FAIL)))
    kept.close()
    more = "ALTER TABLE runs ADD COLUMN extra TEXT NOT NULL DEFAULT 'none'; CREATE TABLE other (x)"
    monkeypatch.setattr(history, "MIGRATIONS", (*history.MIGRATIONS, more))
    newer = SqliteHistory(path)
    assert newer.streak(SLOT).runs == 1
    newer.close()
    assert rows(path, "SELECT extra FROM runs") == [("none",)]
    monkeypatch.undo()
    with pytest.raises(HistoryError) as caught:
        SqliteHistory(path)
    assert caught.value.what == "the history has version 3, from a newer pytest-edgebench; this one knows 2"
    assert "pip install --upgrade" in caught.value.fix


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    kept: SqliteHistory, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.close()
    monkeypatch.setattr(history, "MIGRATIONS", (*history.MIGRATIONS, "CREATE TABLE other (x); NONSENSE"))
    with pytest.raises(HistoryError, match="syntax error"):
        SqliteHistory(path)
    monkeypatch.undo()
    SqliteHistory(path).close()
    assert rows(path, "SELECT count(*) FROM sqlite_master WHERE name = 'other'") == [(0,)]


# Bad files


def refused(path: Path) -> HistoryError:
    """The error; a run is told of it and is as it was."""
    found = at(1, judged(Verdict.FAIL))
    same, told = remember(path, found)
    assert same is found
    with pytest.raises(HistoryError) as caught:
        SqliteHistory(path, 0.1)
    assert caught.value.where == str(path)
    assert caught.value.fix
    assert told[0] == f"history: {path}: {caught.value.what}"
    return caught.value


def test_something_else(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("no database, but long enough for its first page to be looked at" * 100)
    assert refused(path).what == "the history cannot be read: file is not a database"
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE books (title)")
    other.close()
    assert refused(path).what == "this database is not a history of edgebench"
    assert rows(path, "SELECT name FROM sqlite_master") == [("books",)]


def test_cut_off(kept: SqliteHistory, path: Path) -> None:
    for day in range(1, 25):
        kept.add(at(day, judged(Verdict.FAIL)))
    kept.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = at(25, judged(Verdict.FAIL))
    same, told = remember(path, found)
    assert same is found
    assert told[0] == f"history: {path}: the history cannot be read: database disk image is malformed"


def test_a_folder_and_a_file_as_folder(path: Path) -> None:
    path.mkdir(parents=True)
    assert refused(path).what == "the history cannot be opened: unable to open database file"
    (path / "file").touch()
    assert refused(path / "file" / "history.sqlite").what.startswith("the history cannot be opened: ")


def test_locked(kept: SqliteHistory, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError) as caught:
        kept.add(at(1, judged(Verdict.FAIL)))
    assert caught.value.what == "the history was locked by another process for 0.2 s"
    other.execute("ROLLBACK")
    other.close()
    assert kept.add(at(1, judged(Verdict.FAIL)))


UNPRIVILEGED = """
import os
import sys
from pathlib import Path

from test_history import at, judged, remember
from pytest_edgebench.record.run import Verdict

found = at(1, judged(Verdict.FAIL))
os.setuid(65534)
print("\\n".join(remember(Path(sys.argv[1]), found)[1]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
def test_read_only() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        path = folder / "history.sqlite"
        SqliteHistory(path).close()
        folder.chmod(0o755)
        # A process of its own, not a fork of this one, in which libraries may have started threads.
        own = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        ended = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, path], env=own, capture_output=True, text=True, check=True
        )
        assert ended.stdout.startswith(f"history: {path}: the history cannot be written, only read\n")
    finally:
        shutil.rmtree(folder)


def test_a_history_that_may_only_be_read(kept: SqliteHistory) -> None:
    kept._database.execute("PRAGMA query_only = 1")
    with pytest.raises(HistoryError) as caught:
        kept.add(at(1, judged(Verdict.FAIL)))
    assert caught.value.what == "the history cannot be written, only read"


def test_a_start_that_is_no_date_is_kept_as_it_is(kept: SqliteHistory) -> None:
    assert kept.add(replace(at(1, judged(Verdict.FAIL)), started="noon"))
    (past,) = kept.past(SLOT, "s", 9)
    assert past.started == "noon"


def test_a_number_that_is_text(kept: SqliteHistory, path: Path) -> None:
    kept.add(at(1, judged(Verdict.FAIL)))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE metrics SET value = 'fast'")
    with pytest.raises(HistoryError, match="could not convert string to float: 'fast'"):
        kept.past(SLOT, "s", 9)
    database.close()


# The command


def test_records_are_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.chdir(tmp_path)
    for day in (1, 2):
        store.write(tmp_path / f"{day}.json", store.dump(at(day, judged(Verdict.FAIL))))
    assert main(["history", "h.sqlite", "1.json", "2.json"]) == 0
    assert capsys.readouterr().out == "added 2, there already 0\nh.sqlite: 2 runs of 1 cases\n"
    assert main(["history", "h.sqlite", "2.json"]) == 0
    assert capsys.readouterr().out == "added 0, there already 1\nh.sqlite: 2 runs of 1 cases\n"
    assert main(["history", "h.sqlite"]) == 0
    assert capsys.readouterr().out == "h.sqlite: 2 runs of 1 cases\n"
    assert main(["history", "h.sqlite", "none.json"]) == 2
    assert main(["history", "1.json"]) == 2
    assert "1.json: the history cannot be read: file is not a database" in capsys.readouterr().err
