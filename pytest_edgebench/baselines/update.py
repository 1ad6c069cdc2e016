"""Saving a baseline, and updating the committed one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base.folder_lock import alone
from pytest_edgebench.base.names import COMMITTED
from pytest_edgebench.baselines import errors
from pytest_edgebench.baselines.accounting import account, uncollected
from pytest_edgebench.baselines.terms import with_uncollected
from pytest_edgebench.record import baseline as record
from pytest_edgebench.record.codec import Decoder
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.baselines.accounting import Asked
    from pytest_edgebench.record.baseline import Baseline, Entry
    from pytest_edgebench.record.plan import Plan
    from pytest_edgebench.record.run import Run

VARYING = ("load_average", "sandbox")
"""Facts of a run that say nothing of what the next one finds."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the cases that ran would keep.

    Attributes:
        entries: key → entry. artifacts: digest → a folder with its files. outputs: SHA-256 → a file.
        broken: key → why a case could not be built or run.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, Path] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


def found(run_folder: Path, run: Run, plan: Plan, asked: Asked) -> Found:
    """What was written into a run folder for a baseline.

    Raises:
        RecordError: a file of it was damaged.
    """
    entries: dict[str, Entry] = {}
    artifacts: dict[str, Path] = {}
    outputs: dict[str, Path] = {}
    folder = run_folder / "cases"
    for case in run.cases:
        path = folder / f"{case.key}.json"
        if case.verdict in (Verdict.ERROR, Verdict.NOT_RUN) or not path.is_file():
            continue
        facts = json.loads(path.read_text(encoding="utf-8"))
        if "entry" not in facts:
            continue
        entry: Entry = Decoder(str(path)).build(record.Entry, facts["entry"], "")
        tests = tuple(sorted(asked.kept(file) for file in plan.homes.get(case.key, ())))
        entries[case.key] = replace(entry, place=case.place, tests=tests)
        artifacts[entry.digest] = Path(facts["files"])
        outputs[entry.outputs] = folder / f"{case.key}.npz"
    broken = {case.key: case.checks[0].reason for case in run.cases if case.verdict is Verdict.ERROR}
    return Found(entries, artifacts, outputs, broken)


def refusal(run: Run, plan: Plan, *, force: bool) -> str:
    """Why the committed baseline must not be updated; "" where it may.

    Args:
        force: whether broken budgets do not matter.
    """
    if plan.broken:
        return errors.collection_failed(plan.failed)
    broken = "" if force else _broken(run)
    return errors.refused(broken) if broken else ""


def save(folder: Path, run: Run, kept: Found, *, of_ref: bool = False) -> str:
    """Write a baseline folder; a line for the terminal.

    Args:
        of_ref: the baseline is that of a git ref, which tells what could not be built, too.

    Raises:
        RecordError: the folder cannot be written.
    """
    made = _made(folder, run, kept)
    record.save(replace(made, broken=kept.broken) if of_ref else made, kept.artifacts, kept.outputs)
    return f"baseline of {len(kept.entries)} cases: {folder}"


def update(root: Path, run: Run, kept: Found, plan: Plan, asked: Asked) -> str:
    """Write what was measured over the committed baseline, without cases that are gone; a terminal line.

    Raises:
        EdgebenchError: the folder cannot be read or written.
    """
    folder = root / COMMITTED
    with alone(folder):  # what two sessions at once accept is kept of both
        lost, missed = _write_over(folder, run, kept, plan, asked)
    dropped = f", {len(lost)} gone" if lost else ""
    held = f", {len(missed)} left as they were ({next(iter(missed.values()))})" if missed else ""
    return (
        f"{COMMITTED}/{record.FILE}: {len(kept.entries)} cases accepted{dropped}{held}; review and commit it"
    )


def _write_over(
    folder: Path, run: Run, kept: Found, plan: Plan, asked: Asked
) -> tuple[Mapping[str, Entry], Mapping[str, str]]:
    """Merge with what is there; the cases that are gone, and those left as they were with the reason."""
    old = record.load(folder) if (folder / record.FILE).is_file() else None
    accounted = account(old, plan, asked) if old is not None else None
    lost = accounted.gone if accounted is not None else {}
    missed = accounted.missed if accounted is not None else {}
    made = _made(folder, run, kept)
    if old is not None:
        entries = {key: _completed(entry, old, plan, asked) for key, entry in made.cases.items()}
        made = replace(made, cases=entries)
    merged = record.merged(old, made, lost)
    record.save(merged, kept.artifacts, kept.outputs)
    return lost, missed


def _made(folder: Path, run: Run, kept: Found) -> Baseline:
    host = {name: value for name, value in run.environment.items() if name not in VARYING}
    entries = {
        key: replace(entry, made=run.started, commit=run.commit, host=host)
        for key, entry in kept.entries.items()
    }
    return record.Baseline(folder, run.started, run.commit, host, entries)


def _completed(entry: Entry, old: Baseline, plan: Plan, asked: Asked) -> Entry:
    """With what is known of the case's tests that this session did not collect."""
    then = old.cases.get(entry.case)
    others = uncollected(then, plan, asked) if then is not None else ()
    if then is None or not others:
        return entry
    terms = entry.terms
    if terms is not None and then.terms is not None:
        terms = with_uncollected(then.terms, terms)
    return replace(entry, tests=tuple(sorted({*entry.tests, *others})), terms=terms)


def _broken(run: Run) -> str:
    """The error-level limits that are broken whatever the baseline says."""
    rows = [
        f"{case.key} {row.metric} {row.limit}"
        for case in run.cases
        for check in case.checks
        for row in check.rows
        if row.verdict is Verdict.FAIL and row.level == "error" and row.reference != "baseline"
    ]
    return ", ".join(dict.fromkeys(rows))
