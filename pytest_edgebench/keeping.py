"""What the reporting process keeps and misses: saving and updating baselines, GONE cases, waivers' use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.begin import COMMITTED
from pytest_edgebench.errors import baseline as errors
from pytest_edgebench.errors.record import RecordError
from pytest_edgebench.record import baseline as record
from pytest_edgebench.record.codec import Decoder
from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from datetime import date

    from pytest_edgebench.record.baseline import Baseline, Entry
    from pytest_edgebench.record.run import Run
    from pytest_edgebench.session import Session

Plans = dict[str, Any]


def keep(session: Session, run: Run, plans: Plans) -> tuple[list[str], list[str]]:
    """Write the baselines that were asked for; problems, and lines for the terminal."""
    settings = session.settings
    if settings.save_baseline is None and settings.update_baseline == "no":
        return [], []
    entries, artifacts, outputs = _entries(session, run, plans)
    broken = {case.key: case.checks[0].reason for case in run.cases if case.verdict is Verdict.ERROR}
    made = record.Baseline(Path(), run.started, run.commit, dict(run.environment), entries)
    problems, told = [], []
    try:
        if settings.save_baseline is not None:
            if session.ref is not None:
                made = replace(made, broken=broken)
            record.save(replace(made, folder=settings.save_baseline), artifacts, outputs)
            told.append(f"baseline of {len(entries)} cases: {settings.save_baseline}")
        if settings.update_baseline != "no":
            refused = _refused(run) if settings.update_baseline == "yes" else ""
            if refused:
                problems.append(errors.refused(refused))
            else:
                told.append(_update(session, made, plans, artifacts, outputs))
    except RecordError as error:
        problems.append(str(error))
    return problems, told


def gone(session: Session, plans: Plans) -> list[str]:
    """One sentence for each case that the baseline lists and the unfiltered plan lacks."""
    baseline = session.baseline
    if baseline is None or session.settings.update_baseline != "no":
        return []
    return [errors.gone(key, entry.place) for key, entry in _gone(session, baseline, plans).items()]


def waivers(session: Session, run: Run, today: date) -> list[str]:
    """Waivers that have expired, or that a judged case did not need."""
    if session.settings.update_baseline != "no":
        return []
    used = {row.waiver for case in run.cases for check in case.checks for row in check.rows}
    judged = {case.key for case in run.cases if any(check.rows for check in case.checks)}
    problems = []
    for waiver in session.settings.waivers:
        if today > waiver.until:
            problems.append(
                errors.expired(waiver.place, waiver.case, waiver.metric, waiver.until.isoformat())
            )
        elif waiver.place not in used and (waiver.case in judged or _unfiltered(session)):
            problems.append(errors.unused(waiver.place, waiver.case, waiver.metric))
    return problems


def _entries(
    session: Session, run: Run, plans: Plans
) -> tuple[dict[str, Entry], dict[str, Path], dict[str, Path]]:
    """What the cases that ran would keep, with where its files are."""
    tests: dict[str, set[str]] = {}
    for node, key in plans["tests"].items():
        tests.setdefault(key, set()).add(node.partition("::")[0])
    entries: dict[str, Entry] = {}
    artifacts: dict[str, Path] = {}
    outputs: dict[str, Path] = {}
    folder = session.run_folder / "cases"
    for case in run.cases:
        path = folder / f"{case.key}.json"
        if case.verdict in (Verdict.ERROR, Verdict.NOT_RUN) or not path.is_file():
            continue
        facts = json.loads(path.read_text(encoding="utf-8"))
        if "entry" not in facts:
            continue
        entry: Entry = Decoder(str(path)).build(record.Entry, facts["entry"], "")
        entries[case.key] = replace(entry, place=case.place, tests=tuple(sorted(tests.get(case.key, ()))))
        artifacts[entry.digest] = Path(facts["files"])
        outputs[entry.outputs] = folder / f"{case.key}.npz"
    return entries, artifacts, outputs


def _update(
    session: Session, made: Baseline, plans: Plans, artifacts: dict[str, Path], outputs: dict[str, Path]
) -> str:
    folder = session.settings.root / COMMITTED
    old = record.load(folder) if (folder / record.FILE).is_file() else None
    lost = _gone(session, old, plans) if old is not None else {}
    merged = record.merged(old, replace(made, folder=folder), lost)
    record.save(merged, artifacts, outputs)
    dropped = f", {len(lost)} gone" if lost else ""
    return f"{COMMITTED}/{record.FILE}: {len(made.cases)} cases accepted{dropped}; review and commit it"


def _gone(session: Session, baseline: Baseline, plans: Plans) -> dict[str, Entry]:
    """Listed cases that are not planned, although all tests they had were looked for."""
    known, whole = set(plans["all"]), session.collection.whole
    return {
        key: entry
        for key, entry in baseline.cases.items()
        if key not in known and all(whole(session.config.rootpath / file) for file in entry.tests)
    }


def _unfiltered(session: Session) -> bool:
    """Whether this session is all there is: no tests were named, none were filtered."""
    config = session.config
    filtered = config.option.keyword or config.option.markexpr or session.settings.planned
    every = tuple(session.settings.selected) == tuple(session.settings.profiles)
    return every and not filtered and config.args_source is not type(config).ArgsSource.ARGS


def _refused(run: Run) -> str:
    """The error-level limits that are broken whatever the baseline says."""
    found = [
        f"{case.key} {row.metric} {row.limit}"
        for case in run.cases
        for check in case.checks
        for row in check.rows
        if row.verdict is Verdict.FAIL and row.level == "error" and row.reference != "baseline"
    ]
    return ", ".join(dict.fromkeys(found))
