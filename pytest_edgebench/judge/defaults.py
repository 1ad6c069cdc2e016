"""The default checks: what a case is judged by where no budget says anything.

Each holds only for a slot (metric, statistic, reference) without a budget of its own. A check that cannot be
made is a row of level "off" and verdict NOT RUN that says why: it neither passes nor fails silently.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.declare.limit import Limit
from pytest_edgebench.judge import errors
from pytest_edgebench.judge.draft import failed, title_of
from pytest_edgebench.judge.exact import as_written, breaks, difference_text, over_text
from pytest_edgebench.judge.formatting import level as p_text
from pytest_edgebench.judge.formatting import number, percent, positive_zero, quantity
from pytest_edgebench.judge.measurements import Facts, Rules
from pytest_edgebench.judge.rows import LIMITED, THE, decided, no_number, percent_change, why_missing
from pytest_edgebench.judge.scores import change_of, compare
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import Metric, Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pytest_edgebench.declare.limit import Reference as ReferenceName
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.judge.accuracy import Evidence
    from pytest_edgebench.judge.measurements import Reference, ScoreInfo
    from pytest_edgebench.record.schema import Level

SlotKey = tuple[str, str, str]
ROUNDING = 1e-6
"""Share of a score that sums in another order may change."""
ACCEPT = "accept it with --edgebench-update-baseline"


def default_rows(
    slots: Sequence[Slot], facts: Facts, rules: Rules | None = None, off: Collection[SlotKey] = ()
) -> tuple[Row, ...]:
    """The rows of the default checks of one case.

    Against the float parent, level error: size not larger, score not significantly worse by more than a point
    or its like (`_margin`), latency not over `Rules.parent_latency`, which only warns on a host that is not
    dedicated. Against the baseline, level `Rules.regressions`: no exact metric grown, score not significantly
    worse, latency not over `Rules.baseline_latency`.

    Args:
        slots: the case's budgets; they take the place of the default of the same slot.
        facts: of the case. rules: of the session.
        off: slots whose check was switched off by ``level="off"``.
    """
    rules = rules or Rules()
    taken = {slot.limit.slot for slot in slots} | set(off)
    rows = [*_against("model", facts, rules, taken), *_against("baseline", facts, rules, taken)]
    return tuple(rows)


def _against(name: ReferenceName, facts: Facts, rules: Rules, taken: set[SlotKey]) -> Iterator[Row]:
    reference = facts.reference(name)
    level: Level = "error" if name == "model" else rules.regressions
    if level == "off" or (reference.metrics is None and (reference.new or not reference.why)):
        return  # the float model itself, a session without a baseline, or a NEW case, which is told elsewhere
    if name == "baseline" and reference.metrics is None:
        row = _row(
            Limit("baseline", "", "baseline", 0.0, "", "the baseline's artifact is found"), facts, "error"
        )
        yield failed(row, errors.no_baseline(reference.why))
        return
    for metric in ("size",) if name == "model" else _counted():
        found = None if (metric, "", name) in taken else _exact(metric, name, facts, rules, level)
        if found is not None:
            yield found
    if facts.score is not None and (facts.score.name, "", name) not in taken:
        yield _score(facts.score.name, name, facts, rules, level)
    if ("latency", "p50", name) not in taken:
        yield _latency(name, facts, rules, level)


def _counted() -> tuple[str, ...]:
    """Exact metrics that may not grow."""
    return tuple(
        name
        for name, info in METRICS.items()
        if info.cls == "exact" and not info.higher_is_better and not info.against_baseline
    )


def _row(limit: Limit, facts: Facts, level: Level) -> Row:
    return Row(
        limit.metric, limit.statistic, limit.reference, limit.text, None, facts.metrics.get(limit.key),
        Verdict.NOT_RUN, level,
    )  # fmt: skip


def _left_out(row: Row, why: str) -> Row:
    return replace(row, verdict=Verdict.NOT_RUN, level="off", reason=f"left out: {why}")


def _exact(metric: str, name: ReferenceName, facts: Facts, rules: Rules, level: Level) -> Row | None:
    """A counted metric against the same one of a reference; None where neither has it."""
    reference = facts.reference(name)
    tolerance = rules.near_exact if METRICS[metric].near_exact else 0.0
    more = f" + {number(100 * tolerance)} %" if tolerance else ""
    limit = Limit(metric, "", name, 100 * tolerance, "%", f"{LIMITED[name]}{more}")
    row = _row(limit, facts, level)
    other = (reference.metrics or {}).get(metric)
    if other is None:
        if name == "baseline":
            return (
                None
                if row.measured is None
                else _left_out(
                    row, errors.reference_lacks(title_of(limit), name, reference.lacks.get(metric, ""))
                )
            )
        return _left_out(row, reference.why or errors.reference_lacks(title_of(limit), name, ""))
    if row.measured is None or not math.isfinite(row.measured.value):
        return _left_out(row, no_number(limit, facts))
    measured = row.measured
    bound = as_written(other.value) * (1 + as_written(tolerance))
    row = replace(
        row, bound=float(bound), reference_value=other.value, change=percent_change(row, other.value)
    )
    if measured.unit != other.unit:
        return _left_out(row, errors.unit_differs(title_of(limit), measured.unit, other.unit))
    if (measured.floor or other.floor) and not reference.same_bytes:
        larger = breaks(as_written(measured.value), bound)
        # At least so much is over the limit, or what is known is not over at least so much: that is proven.
        # What became known, or unknown, has else neither grown nor shrunk.
        if other.floor and (measured.floor or larger):
            note = measured.note or other.note
            return _left_out(row, errors.floor(title_of(limit), "one of the two numbers is a floor", note))
        if measured.floor and not larger:
            return _left_out(row, errors.floor(title_of(limit), "it is a floor", measured.note))
    told = difference_text(measured.value, other.value, measured.unit, THE[name])
    if breaks(as_written(measured.value), bound):
        if tolerance:
            over = over_text(measured.value, bound, measured.unit)
            told = f"{quantity(measured.value, measured.unit)} is {over}; {told}"
        return failed(row, told)
    better = name == "baseline" and as_written(measured.value) < as_written(other.value)
    return replace(row, verdict=Verdict.PASS, reason=f"{told}; {ACCEPT}" if better else told)


def _score(metric: str, name: ReferenceName, facts: Facts, rules: Rules, level: Level) -> Row:
    """A score by evidence: worse only if its p-value is below alpha over the number of comparisons."""
    score, reference = facts.score, facts.reference(name)
    assert score is not None
    margin, allowed = _margin(name, score, reference)
    side = "+" if score.lower_is_better else "-"
    text = f"{LIMITED[name]} {side} {allowed}" if allowed else LIMITED[name]
    limit = Limit(metric, "", name, 0.0, "points", text)
    row = replace(_row(limit, facts, level), higher_is_better=not score.lower_is_better)
    other = (reference.metrics or {}).get(metric)
    if other is None:
        return _left_out(row, reference.why or errors.reference_lacks(title_of(limit), name, ""))
    measured = row.measured
    if measured is None or not math.isfinite(measured.value):
        return _left_out(row, no_number(limit, facts))
    if measured.unit != other.unit:
        return _left_out(row, errors.unit_differs(title_of(limit), other.unit, measured.unit))
    if measured.floor or other.floor:
        note = measured.note or other.note
        return _left_out(row, errors.floor(title_of(limit), "one of the two numbers is a floor", note))
    found = compare(name, facts)
    evidence = None if isinstance(found, str) else found
    row = replace(row, reference_value=other.value, change=change_of(measured, other.value, score, evidence))
    changed = "" if reference.changed is None else f"{_changed(reference.changed, measured)}; "
    if isinstance(found, str):
        return _score_without(row, measured, other, margin, f"{changed}{found}")
    p = found.p_worse()
    row = replace(row, p=p)
    told = f"{changed}{_told(found, name, score.unit)}"
    if p < rules.alpha / rules.comparisons:
        told = f"{told} (p {p_text(p)})"
        if found.drop > margin:
            return failed(row, told)
    if name == "baseline" and found.drop < 0:
        told = f"{told}; {ACCEPT}"
    return replace(row, verdict=Verdict.PASS, reason=told)


def _margin(name: ReferenceName, score: ScoreInfo, reference: Reference) -> tuple[float, str]:
    """By how much a score has to be worse to matter, in the unit of its drop, and how the limit says it.

    Against the float parent one point of a percentage, 0.01 of a fraction, 1 % of another score. Against the
    baseline any change counts but for what rounding does to a score that is computed in floats.
    """
    other = (
        abs((reference.metrics or {})[score.name].value) if score.name in (reference.metrics or {}) else 0.0
    )
    if name == "baseline":
        return (0.0 if score.correctness else ROUNDING * other), ""
    if score.unit == "%":
        return 1.0, "1 point"
    return (0.01, "0.01") if score.fraction else (0.01 * other, "1 %")


def _score_without(row: Row, measured: Metric, other: Metric, margin: float, why: str) -> Row:
    """Without paired evidence only "not worse", or by less than matters, can be told from the two numbers."""
    allowed = as_written(margin)
    bound = as_written(other.value) + (-allowed if row.higher_is_better else allowed)
    worse = breaks(as_written(measured.value), bound, higher_is_better=row.higher_is_better)
    return replace(row, verdict=Verdict.INCONCLUSIVE if worse else Verdict.PASS, reason=why)


def _told(evidence: Evidence, name: ReferenceName, unit: str) -> str:
    drop = positive_zero(evidence.drop)
    shown = quantity(abs(drop), "points" if unit == "%" else unit)
    side = f"{shown} worse than" if drop > 0 else f"{shown} better than" if drop < 0 else "the same as"
    return f"{side} {THE[name]}; {evidence.describe()}"


def _changed(count: int, measured: Metric) -> str:
    return f"{count:,} of {measured.n:,} predictions changed" if count else "no prediction changed"


def _latency(name: ReferenceName, facts: Facts, rules: Rules, level: Level) -> Row:
    """Latency by the paired rule with its default limit."""
    reference = facts.reference(name)
    ratio = rules.parent_latency if name == "model" else rules.baseline_latency
    allowed = float(100 * (as_written(ratio) - 1))
    text = f"{LIMITED[name]} + {number(allowed)} %"
    limit = Limit("latency", "p50", name, allowed, "%", text)
    row = _row(limit, facts, level)
    timed = row.measured
    if name == "model" and facts.shared and (timed is None or timed.evidence != "device"):
        row = replace(row, level="warn")
    if reference.same_bytes and not why_missing(limit, facts):
        return replace(row, verdict=Verdict.PASS, reason="same bytes")
    decision = facts.timing.get(name)
    if decision is None:
        why = no_number(limit, facts) if why_missing(limit, facts) else reference.why
        return _left_out(row, why or f"it was not timed against {THE[name]}")
    if not math.isclose(decision.limit, ratio, rel_tol=1e-9):
        judged, wanted = (percent(100 * (value - 1)) for value in (decision.limit, ratio))
        return replace(row, verdict=Verdict.ERROR, reason=errors.other_limit("latency", judged, wanted))
    return decided(row, decision)
