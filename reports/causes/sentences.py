"""Causes in words: the same ones in every report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers, row_text, status
from pytest_edgebench.reports.causes.facts import Kind
from pytest_edgebench.reports.causes.novelty import FIRST, Novelty, of_baseline, since_baseline
from pytest_edgebench.reports.limits import measured_text, numbers_of, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.record.run import CaseResult, Row
    from pytest_edgebench.reports.causes.values import Account, BudgetLine, Cause, Counts, Hit

MOST_NAMES = 3
SIZES = (("parameters", "parameters"), ("macs", "MACs"))


def headline(counts: Counts, problems: int = 0) -> str:
    """``16 of 18 cases are over budget``: what a maintainer asks first."""
    told = [numbers.plural(problems, "problem") + " of the run"] if problems else []
    if counts.failed:
        verb = "fails" if counts.failed == 1 else "fail"
        return "; ".join([f"{counts.failed:,} of {numbers.plural(counts.cases, 'case')} {verb}", *told])
    if told:
        return told[0]
    judged = counts.cases - counts.unsupported - counts.not_run
    if not judged:
        return "Nothing was judged: no case ran to its end"
    if counts.undecided:
        return f"{counts.undecided:,} of {numbers.plural(counts.cases, 'case')} could not be decided"
    if counts.not_run:
        return f"{counts.not_run:,} of {numbers.plural(counts.cases, 'case')} did not run"
    if counts.warned:
        return f"{numbers.plural(judged, 'case passes', 'cases pass')}, {counts.warned:,} with warnings"
    return f"All {judged:,} cases within budget" if judged != 1 else "The case is within budget"


def tallies(counts: Counts) -> tuple[tuple[status.Status, int, str], ...]:
    """(status, number, what of): cases first, which add up to all, then checks."""
    undecided = "inconclusive check" if counts.inconclusive == 1 else "inconclusive checks"
    found = [
        (status.OVER, counts.failed, "failed"),
        (status.PASSED, counts.passed, "passed"),
        (status.INCONCLUSIVE, counts.undecided, "undecided"),
        (status.UNSUPPORTED, counts.unsupported, "unsupported"),
        (status.NOT_RUN, counts.not_run, "not run"),
        (status.REGRESSED, counts.warnings, "warning" if counts.warnings == 1 else "warnings"),
        (status.INCONCLUSIVE, counts.inconclusive, undecided),
    ]
    always = ("failed", "passed")
    return tuple(one for one in found if one[1] or one[2] in always)


def title(cause: Cause) -> str:
    """``digits grew: parameters +12.0 %, MACs +23.5 %``."""
    fact, first = cause.fact, cause.worst
    if fact.kind is Kind.MODEL:
        changes = grown(cause.cases)
        if not changes:
            return f"{fact.model} changed: other weights, the same operations"
        verb = "shrank" if all("-" in text for text in changes) else "grew"
        return f"{fact.model} {verb}: {', '.join(changes)}"
    if fact.kind is Kind.RECIPE:
        return f"{fact.model}: {fact.text.removeprefix('the ')}".replace(
            "recipe changed", f"recipe {fact.detail} changed", 1
        )
    if fact.kind in (Kind.VERSIONS, Kind.RUNTIME, Kind.PROFILE, Kind.MACHINE):
        return fact.text.removeprefix("the ")
    if fact.kind in (Kind.ERROR, Kind.ASSERTION):
        return f"{_subject(cause.cases)}: {_first_line(first.row.reason if first.row else first.reason)}"
    assert first.row is not None
    if fact.kind is Kind.ABSENT:
        name = status.metric_title(first.row)
        lacks = "is not available" if first.row.measured is None else "could not be judged"
        why = re.sub(r"^latency on \S+ is not available: ", "", _first_line(first.row.reason))
        return f"{name} of {_subject(cause.cases)} {lacks}: {why}"
    return _over(cause)


def _over(cause: Cause) -> str:
    """``kws rank on pi: accuracy 75.8 %, limits 90 % and 93.9 %``."""
    first = cause.worst
    assert first.row is not None
    rows = [line.worst.row for line in cause.lines if line.worst.row] or [first.row]
    limits = list(dict.fromkeys(numbers_of(row)[1] for row in rows))
    told = f"limit{'s' if len(limits) > 1 else ''} {_few(limits, ' and ')}"
    metric = status.metric_title(first.row)
    unlike = "down to " if first.row.higher_is_better else "up to "
    measured = {hit.row.measured.value for hit in cause.hits if hit.row and hit.row.measured}
    shown = measured_text(first.row)
    return f"{_subject(cause.cases)}: {metric} {'' if len(measured) < 2 else unlike}{shown}, {told}"


def grown(cases: Iterable[CaseResult]) -> tuple[str, ...]:
    """What of the network is larger or smaller than the baseline's: ``parameters +18.5 to +19.9 %``."""
    found: dict[str, list[float]] = {}
    for case in cases:
        for check in case.checks:
            for row in check.rows:
                if row.reference == "baseline" and row.change is not None and row.change.value:
                    found.setdefault(row.metric, []).append(row.change.value)
    return tuple(f"{name} {span(found[metric])}" for metric, name in SIZES if metric in found)


def span(changes: Sequence[float], unit: str = "%") -> str:
    """``+18.5 to +19.9 %``; one number where both ends are shown alike."""
    low, high = (numbers.change(end, "").strip() for end in (min(changes), max(changes)))
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def age(cause: Cause) -> str:
    """``new in this change``; ``failing before this change, now 9.7 points worse``; "" where not known."""
    row = cause.worst.row
    if row is not None and cause.novelty is Novelty.NEW and row.since.startswith(FIRST):
        return row.since
    if cause.novelty is not Novelty.BEFORE or row is None:
        return cause.novelty.value
    old = of_baseline(cause.worst.case, row)
    if old is None or row.measured is None:
        return cause.novelty.value + (f" ({row.since})" if row.since else "")
    gap = row.measured.value - old
    better = (gap > 0) == row.higher_is_better
    size = since_baseline(cause.worst.case, row).lstrip("+-")
    if not gap or not size:
        return f"{cause.novelty.value}, unchanged"
    return f"{cause.novelty.value}, now {size} {'better' if better else 'worse'}"


def also(cause: Cause) -> tuple[str, ...]:
    """Warnings of the same cause: ``latency p50 +5.0 to +38.0 % (7 cases)``, largest first."""
    groups: dict[str, list[Hit]] = {}
    for hit in cause.warnings:
        if hit.row is not None and not is_cause(cause, hit):
            groups.setdefault(status.metric_title(hit.row), []).append(hit)
    found = []
    for name, hits in groups.items():
        changes = [hit.row.change for hit in hits if hit.row is not None and hit.row.change is not None]
        shown = (
            f" {span([change.value for change in changes], changes[0].unit)}" if changes else " over limit"
        )
        count = len({hit.case.key for hit in hits})
        found.append((count, f"{name}{shown} ({numbers.plural(count, 'case')})"))
    return tuple(text for _, text in found)


def is_cause(cause: Cause, hit: Hit) -> bool:
    """Whether a warning says only what the cause itself says: that the model grew."""
    return cause.fact.kind is Kind.MODEL and hit.row is not None and hit.row.metric in dict(SIZES)


def line_words(line: BudgetLine) -> str:
    """The limit of a budget line as it is written: ``size ≤ baseline + 1 %``."""
    row = line.worst.row
    return words(row) if row is not None else line.worst.nodeid


def reason(hit: Hit) -> str:
    """``size 17.0 > 15.9 kB``: why a test failed, as short as it can be said."""
    return short(hit.row) if hit.row is not None else f"{hit.status.label}: {_first_line(hit.reason)}"


def short(row: Row) -> str:
    """A judgement in some twenty characters."""
    name = status.metric_title(row)
    if row.measured is None or not status.judged(row):
        return f"{name} {'not available' if row.measured is None else 'not judged'} (limit {row.limit})"
    if row.bound is None:
        return f"{name} {measured_text(row)}, limit {row.limit}"
    measured, bound = numbers.apart(row.measured.value, row.bound, row.measured.unit)
    sign = row_text.sign(row)
    unit = bound.rpartition(" ")[2]
    if measured.endswith(f" {unit}"):
        measured = measured.removesuffix(f" {unit}")
    return f"{name} {measured} {sign} {bound}"


def undecided(hit: Hit) -> str:
    """``int8 laptop-ort: latency p50 +4.93 %, limit baseline + 5 %: too close to decide``."""
    where = f"{hit.case.variant_name} {hit.case.profile}"
    if hit.row is None:
        return f"{where}: {_first_line(hit.reason)}"
    row = hit.row
    if row.measured is None:
        return f"{where}: {status.metric_title(row)} not available: {_first_line(row.reason)}"
    if not status.judged(row):
        return f"{where}: {status.metric_title(row)} {measured_text(row)}, {_first_line(row.reason)}"
    if row.slice:
        measured, limit = numbers_of(row)
        return f"{where}: {status.metric_title(row)} {measured}, limit {limit}: {_first_line(row.reason)}"
    told = numbers.change(row.change.value, row.change.unit) if row.change else measured_text(row)
    return f"{where}: {status.metric_title(row)} {told}, limit {limit_of_change(row)}: too close to decide"


def limit_of_change(row: Row) -> str:
    """A limit as the change it allows: ``+3.00 %``; else as written."""
    if row.change is None or not row.reference_value or row.bound is None or row.change.unit != "%":
        return row.limit
    return numbers.change(100 * (row.bound / row.reference_value - 1), "%")


def verdict_line(found: Account) -> str:
    """All in one line, for ``pytest -q``: the headline and what it is put down to; "" where all is well."""
    causes = found.failing or found.warning
    if not causes:
        return ""
    more = f"; and {numbers.plural(len(causes) - 1, 'other cause')}" if len(causes) > 1 else ""
    told = title(causes[0]) if causes[0].blocks else "; ".join((title(causes[0]), *also(causes[0])[:3]))
    return f"{headline(found.counts)}: {told}{more}"


def _subject(cases: Sequence[CaseResult]) -> str:
    """The recipes of some cases, and their devices."""
    models = dict.fromkeys(case.model for case in cases)
    recipes = dict.fromkeys(case.variant_name for case in cases)
    if len(models) == 1:
        names = f"{next(iter(models))} {_few(list(recipes))}"
    else:
        names = _few(list(dict.fromkeys(f"{case.model} {case.variant_name}" for case in cases)))
    devices = list(dict.fromkeys(case.profile for case in cases))
    return f"{names} on {', '.join(devices) if len(devices) < 3 else f'{len(devices)} devices'}"


def _few(names: Sequence[str], last: str = ", ") -> str:
    if len(names) <= MOST_NAMES:
        return last.join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason was recorded")
