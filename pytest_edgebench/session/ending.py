"""The end of a session: the record is made and written, then all that is made from it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pytest_edgebench.base.privacy import Private
from pytest_edgebench.record import plan as plans
from pytest_edgebench.session import errors, writers
from pytest_edgebench.session.writers import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.record.plan import Plan
    from pytest_edgebench.record.run import Run
    from pytest_edgebench.session.messages import Outcomes
    from pytest_edgebench.session.session import Session


@dataclass(frozen=True, slots=True)
class End:
    """How a session ended.

    Attributes:
        run: the record; None where no test was one of ours and no baseline lists one.
        lines: for the terminal. unwritten: names of files that could not be written.
        failed: whether the session fails beyond its failed tests.
    """

    run: Run | None = None
    lines: tuple[str, ...] = ()
    unwritten: frozenset[str] = frozenset()
    failed: bool = False


def end(ours: Session, outcomes: Outcomes, *, stopped: bool) -> End:
    """Make the record and write it, then the files that were asked for.

    Args:
        stopped: whether the session ended before its last test.
    """
    from pytest_edgebench.session import history, merge
    from pytest_edgebench.session.invocation import asked

    settings, config = ours.settings, ours.config
    plan, unreadable = plans.read(ours.run_folder) if "run_folder" in vars(ours) else (plans.Plan(), [])
    problems = [errors.plan_unreadable(process) for process in unreadable]
    notes: list[str] = []
    if not stopped:
        notes = _account(ours, plan, problems)
        problems += merge.never_attached(plan, outcomes, config.rootpath)
    problems += [errors.hidden(key, node) for node, key in outcomes.hidden.items()]
    if not plan.tests and not outcomes and not problems:
        return End(lines=tuple(f"note: {note}" for note in notes if config.option.verbose >= 0))
    run, refused = _run(ours, plan, outcomes, problems, notes, stopped=stopped)
    private = Private.here(config.rootpath)
    run = private.value(run)
    plan = replace(plan, slots={}, cases={})  # no one needs these while reports fill memory
    place = None
    if ours.ref is None:
        outlives = getattr(config, "cache", None) is not None
        place = history.place(settings, ours.folder if outlives else None)
    run, told = history.known(place, run)
    wanted = writers.of_run(settings, ours.run_folder, run)
    if not plan.broken:
        wanted += writers.of_baselines(
            settings,
            ours.run_folder,
            run,
            plan,
            asked(config, settings.root),
            of_ref=ours.ref is not None,
            refused=refused,
        )
    if place is not None and run.cases and not told:
        wanted.append(_history(place, run, asked=settings.history is not None))
    written = writers.write_all(wanted)
    if "run_folder" in vars(ours):
        _withdraw(ours.run_folder, private)
    return End(run, (*told, *written.lines), written.failed, bool(run.problems) or written.status)


def _withdraw(run_folder: Path, private: Private) -> None:
    """Take places out of the notes of this session's processes, which nobody reads any more."""
    for pattern in ("plans/*.json", "cases/*.json", "*.json", "*.log"):
        for path in run_folder.glob(pattern):
            with contextlib.suppress(OSError, ValueError):
                text = path.read_text(encoding="utf-8")
                path.write_text(private.text(text), encoding="utf-8")


def _account(ours: Session, plan: Plan, problems: list[str]) -> list[str]:
    """Tell what became of the baseline's cases that no test has: problems, and notes, which are returned."""
    baseline = ours.baseline
    if baseline is None or ours.settings.update_baseline != "no":
        return []
    from pytest_edgebench.baselines import errors as words
    from pytest_edgebench.baselines.accounting import account
    from pytest_edgebench.session.invocation import asked

    found = account(baseline, plan, asked(ours.config, ours.settings.root))
    problems += [words.gone(key, entry.place) for key, entry in found.gone.items()]
    problems += [words.missed(key, baseline.cases[key].place, why) for key, why in found.missed.items()]
    filters = list(found.unseen.values())
    return [words.unseen(filters.count(why), why) for why in dict.fromkeys(filters)]


def _run(
    ours: Session, plan: Plan, outcomes: Outcomes, problems: list[str], notes: list[str], *, stopped: bool
) -> tuple[Run, bool]:
    """The record, and whether an update of the committed baseline is refused."""
    from pytest_edgebench.baselines import stale_waivers, update
    from pytest_edgebench.session import merge
    from pytest_edgebench.session.invocation import unfiltered

    settings, config = ours.settings, ours.config
    facts = merge.Facts(
        root=config.rootpath,
        started=ours.started,
        command=tuple(str(argument) for argument in config.invocation_params.args),
        run_folder=ours.run_folder,
        stopped=stopped,
    )
    found = [] if stopped else merge.unheard(plan, outcomes)
    if plan.powerless:
        found.append(plan.powerless)
    if not stopped:
        found += merge.never_judged(plan, outcomes, config.rootpath)
    found += problems
    loosened = _loosened(ours, plan, outcomes)
    run = merge.run_of(settings, plan, outcomes, facts, ours.baseline, notes, loosened)
    updating = settings.update_baseline != "no"
    if settings.loosened == "error" and not updating:
        found += loosened
    if not stopped and not updating:
        everything = unfiltered(config, settings)
        found += stale_waivers.problems(settings.waivers, run, date.today(), unfiltered=everything)
    refusal = update.refusal(run, plan, force=settings.update_baseline == "force") if updating else ""
    if refusal:
        found.append(refusal)
    return replace(run, problems=tuple(found)), bool(refusal)


def _loosened(ours: Session, plan: Plan, outcomes: Outcomes) -> list[str]:
    """What is demanded less than when the baseline was accepted; places are told from the root folder."""
    if ours.baseline is None:
        return []
    from pytest_edgebench.baselines.accounting import told_loosened
    from pytest_edgebench.session.invocation import asked

    if outcomes.stood:
        skipped = {node for node, one in outcomes.nodes() if one.skipped}
        found = ours.demanded.loosened_by_skips(ours.baseline, outcomes.stood, skipped)
        plan = replace(plan, loosened={**plan.loosened, **found})
    told = told_loosened(ours.baseline, plan, asked(ours.config, ours.settings.root))
    return [line.replace(f"{ours.config.rootpath}/", "") for line in told]


def _history(place: Path, run: Run, *, asked: bool) -> Writer:
    from pytest_edgebench.session import history

    return Writer(f"history: {place}", lambda: history.add(place, run), asked)
