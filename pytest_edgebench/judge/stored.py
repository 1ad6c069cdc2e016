"""A case of a stored run judged again, by other budgets: nothing is measured.

Samples are not in a record, so a budget on a score is judged by the score itself; a default check on a score,
which needs evidence, keeps the row that the session gave it. What a record does not hold is never a PASS.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.judge import absolute_latency, errors, relative_latency
from pytest_edgebench.judge.defaults import default_rows
from pytest_edgebench.judge.draft import kind_of
from pytest_edgebench.judge.measurements import Facts, Reference, ScoreInfo
from pytest_edgebench.judge.predicted import judge_predicted
from pytest_edgebench.judge.relative_latency import Outcome
from pytest_edgebench.judge.rows import judge_slot, timing_limit
from pytest_edgebench.judge.slice_facts import judged_again
from pytest_edgebench.record.run import Metric, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_edgebench.declare.limit import Limit, Slot
    from pytest_edgebench.judge.absolute_latency import AbsoluteDecision
    from pytest_edgebench.judge.measurements import Against, OfSlice, Rules
    from pytest_edgebench.judge.relative_latency import Decision
    from pytest_edgebench.record.run import CaseResult, PairRecord, Row

SAME = "same bytes"
"""How a session says that two files are one."""


def rejudged(
    case: CaseResult, slots: Sequence[Slot], rules: Rules, off: Collection[tuple[str, str, str]] = ()
) -> tuple[Row, ...]:
    """The rows of a case by these budgets, and by the default checks."""
    facts = facts_of(case, slots, rules)
    rows = [judge_slot(slot, facts, rules) for slot in slots]
    kept = {(row.metric, row.reference): row for row in _rows(case) if not row.place}
    for row in default_rows(slots, facts, rules, off):
        before = kept.get((row.metric, row.reference))
        # Evidence on a score is in samples, which a record does not have.
        evident = facts.score is not None and row.metric == facts.score.name
        rows.append(before if before is not None and (evident or row.verdict is Verdict.NOT_RUN) else row)
    return tuple(rows)


def facts_of(
    case: CaseResult, slots: Sequence[Slot], rules: Rules, baseline: Reference | None = None
) -> Facts:
    """What a record holds of a case.

    Args:
        slots: latency is judged by their limits, or by the default ones.
        baseline: what it is compared with, in place of the baseline of the recorded run.
    """
    wanted = any(slot.limit.reference == "baseline" for slot in slots)
    found = case.observation
    metrics = {} if found is None else dict(found.metrics)
    limits = [slot.limit for slot in slots if slot.limit.metric == "latency"]
    score = _score(case, metrics)
    mine, theirs = _slices(case, score)
    return Facts(
        model=case.model,
        profile=case.profile,
        metrics=metrics,
        missing={} if found is None else found.missing,
        score=score,
        parent=replace(_parent(case), slices=theirs),
        slices=mine,
        baseline=baseline or _baseline(case, metrics, wanted),
        timing=dict(_timing(case, limits, rules)),
        absolute=dict(_absolute(case, metrics, limits)),
    )


def _rows(case: CaseResult) -> list[Row]:
    return [row for check in case.checks for row in check.rows]


def _score(case: CaseResult, metrics: Mapping[str, Metric]) -> ScoreInfo | None:
    """The metric that is a score; that of a user's own has the direction of a row that was judged."""
    for name, metric in metrics.items():
        kind = kind_of(name)
        if "." in name or (kind is not None and kind.cls != "score"):
            continue
        if kind is not None and kind.higher_is_better is not None:
            lower = not kind.higher_is_better
            return ScoreInfo(name, metric.unit, lower, name == "accuracy", kind.fraction)
        row = next((row for row in _rows(case) if row.metric == name), None)
        return ScoreInfo(name, metric.unit, row is not None and not row.higher_is_better)
    return None


def _slices(
    case: CaseResult, score: ScoreInfo | None
) -> tuple[dict[str, OfSlice] | None, dict[str, Against] | None]:
    """The case's and the original's score on each slice, with the evidence that a record keeps."""
    found = None if case.observation is None else case.observation.slices
    if case.observation is None or found is None or score is None or found.score != score.name:
        return None, None
    evidence = case.observation.metrics[score.name].evidence
    both = {each.name: judged_again(each, score, evidence) for each in found.each}
    return {name: mine for name, (mine, _) in both.items()}, {name: them for name, (_, them) in both.items()}


def _parent(case: CaseResult) -> Reference:
    if case.parent is None:
        return Reference(why=errors.not_recorded())
    return Reference(metrics=case.parent.metrics, same_bytes=_same(case, "model"))


def _baseline(case: CaseResult, metrics: Mapping[str, Metric], wanted: bool) -> Reference:
    """The accepted numbers, as the rows that were compared with them have them.

    Args:
        wanted: a budget is relative to them, so it matters why there are none.
    """
    rows = [row for row in _rows(case) if row.reference == "baseline"]
    known = {
        row.metric: replace(metrics[row.metric], value=row.reference_value, low=None, high=None)
        for row in rows
        if row.reference_value is not None and row.metric in metrics
    }
    if not rows:
        return Reference(why=errors.no_baseline_recorded() if wanted else "")
    return Reference(metrics=known, same_bytes=_same(case, "baseline"))


def _same(case: CaseResult, reference: str) -> bool:
    return any(row.reference == reference and row.reason == SAME for row in _rows(case))


def _timing(case: CaseResult, limits: Sequence[Limit], rules: Rules) -> Iterator[tuple[str, Decision]]:
    """Latency against other files, by the loads that were recorded."""
    usual = {"model": rules.parent_latency, "baseline": rules.baseline_latency}
    for name, pair in case.pairs.items():
        written = next((timing_limit(limit) for limit in limits if limit.reference == name), usual[name])
        yield name, _compared(pair, written, rules.baseline_latency)


def _compared(pair: PairRecord, limit: float, null_limit: float) -> Decision:
    def decide(loads: Sequence[float]) -> Decision:
        return relative_latency.decide(
            loads, limit=limit, alpha_fail=pair.alpha_fail, alpha_pass=pair.alpha_pass, capped=True
        )

    first = decide(pair.q)
    if len(pair.confirm_q):
        first = relative_latency.confirm(first, decide(pair.confirm_q))
    if len(pair.noise) == 3:
        middle, low, high = pair.noise
        verdict = Outcome.PASS if high < math.log(null_limit) else Outcome.INCONCLUSIVE
        null = replace(first, verdict=verdict, estimate=middle, low95=low, high95=high)
        first = relative_latency.control(first, null)
    return first


def _absolute(
    case: CaseResult, metrics: Mapping[str, Metric], limits: Sequence[Limit]
) -> Iterator[tuple[str, AbsoluteDecision]]:
    """Milliseconds, by the loads or the interval that were recorded."""
    series = case.observation.series if case.observation is not None else {}
    for limit in limits:
        metric = metrics.get(limit.key)
        if limit.reference or metric is None:
            continue
        if metric.evidence == "predicted":
            yield limit.statistic, judge_predicted(metric, limit.statistic, limit.amount)
            continue
        loads = {"p50": series.get("latency.load_p50", ()), "min": series.get("latency.load_min", ())}
        if limit.statistic == "p50" and loads["min"]:
            found = absolute_latency.judge("p50", loads, limit.amount)
        else:
            found = _by_interval(metric, limit)
        before = [row.bound for row in _rows(case) if _broken(row, limit)]
        confirmed = any(bound is not None and bound >= limit.amount for bound in before)
        yield limit.statistic, replace(found, confirmed=confirmed) if found.verdict is Outcome.FAIL else found


def _broken(row: Row, limit: Limit) -> bool:
    slot = (row.metric, row.statistic, row.reference)
    return slot == limit.slot and row.verdict is Verdict.FAIL


def _by_interval(metric: Metric, limit: Limit) -> AbsoluteDecision:
    low, high = metric.low, metric.high
    verdict, reason = Outcome.INCONCLUSIVE, errors.interval_holds(limit.text)
    if low is not None and low > limit.amount:
        verdict, reason = Outcome.FAIL, errors.interval_over(limit.statistic)
    elif high is not None and high <= limit.amount:
        verdict, reason = Outcome.PASS, errors.interval_under(limit.statistic)
    return absolute_latency.AbsoluteDecision(
        verdict, limit.statistic, limit.amount, low, high, metric.n, reason=reason
    )
