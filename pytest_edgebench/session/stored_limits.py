"""Limits on the command line, such as "size=baseline + 1 %", and cases of stored runs judged by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.limit import Limit, Slot
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.session import errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pytest_edgebench.judge.measurements import Reference
    from pytest_edgebench.record.run import CaseResult, Row, Run

FAIL = "--fail"
"""Where the limits stand."""


def limit_of(text: str, known: Collection[str]) -> Limit:
    """The limit of ``METRIC=LIMIT``.

    Args:
        known: names of scores of the user's own.

    Raises:
        SettingsError: another form, or an unknown metric.
        DeclarationError: a limit that means nothing for the metric.
    """
    metric, sign, limit = (part.strip() for part in text.partition("="))
    if not sign:
        raise errors.no_limit(text, FAIL)
    if metric not in METRICS and metric not in known:
        raise errors.unknown_metric(metric, {*METRICS, *known}, FAIL)
    found = parse(metric, limit, FAIL)
    if found.metric == "latency" and found.reference == "baseline":
        raise errors.stored_latency(text, FAIL)
    return found


def judged(runs: Sequence[tuple[str, Run]], limits: Sequence[Limit]) -> Iterator[tuple[str, Row | None]]:
    """Case and row of each limit on each case; None for a case of the first run that a later one lacks.

    Where a limit is relative to the baseline, that is the first run, and the others are judged.

    Args:
        runs: name and run, in the order given.
    """
    from pytest_edgebench.judge.measurements import Rules
    from pytest_edgebench.judge.rows import judge_slot
    from pytest_edgebench.judge.stored import facts_of

    relative = any(limit.reference == "baseline" for limit in limits)
    accepted = {case.key: case for case in runs[0][1].cases} if relative else {}
    for _, run in runs[1:] if relative else runs:
        here = {case.key: case for case in run.cases}
        for key, case in here.items():
            slots = [Slot(limit, "error", FAIL) for limit in limits]
            facts = facts_of(case, slots, Rules(), _reference(accepted.get(key)) if relative else None)
            for slot in slots:
                yield key, judge_slot(slot, facts)
        for key in accepted:
            if key not in here:
                yield key, None


def _reference(case: CaseResult | None) -> Reference:
    from pytest_edgebench.judge.measurements import Reference

    if case is None or case.observation is None:
        return Reference(new=case is None, why="" if case is None else errors.not_measured())
    return Reference(metrics=case.observation.metrics)
