"""A line for each case: model, recipe, device, status and three numbers, each column in one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers, status
from pytest_edgebench.reports.change_table import called
from pytest_edgebench.reports.scores import is_score
from pytest_edgebench.reports.summary import Brief, sentence
from pytest_edgebench.reports.view_cases import check_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Metric, Observation
    from pytest_edgebench.reports.view_cases import Card

LONGEST_SENTENCE = 160


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in the list of all.

    Attributes:
        cells: (number, its own status or None); "" where there is none.
        said: one sentence. card: all that is known; None for a case that is told in `checks` alone.
        checks: its judged numbers, (status, text), of a case without a card.
        commands: to run it again, of a case without a card.
    """

    key: str
    model: str
    recipe: str
    device: str
    called: status.Status
    cells: tuple[tuple[str, status.Status | None], ...]
    said: str
    card: Card | None
    checks: tuple[tuple[status.Status, str], ...]


@dataclass(frozen=True, slots=True)
class CaseList:
    """Every case; `heads` are the titles of the number columns, with their unit."""

    heads: tuple[str, ...]
    lines: tuple[CaseLine, ...]


def case_list(found: Sequence[Brief], cards: Sequence[Card], *, defaults: bool = True) -> CaseList:
    """Cases, most urgent first.

    Args:
        cards: of the cases that are told in full. defaults: whether cases without a card list default checks.
    """
    drawn = {card.key: card for card in cards}
    ordered = sorted(found, key=lambda one: (status.RANK[one.called.name], one.case.key not in drawn))
    picked = [_picked(one.case.observation) for one in ordered]
    sizes = numbers.unit_for([size.value for _, size, _ in picked if size is not None], "B")
    times = numbers.unit_for([time.value for _, _, time in picked if time is not None], "s")
    names = {score[0] for score, _, _ in picked if score is not None}
    named = next(iter(names)).replace("_", " ") if len(names) == 1 else "score"
    units = {score[1].unit for score, _, _ in picked if score is not None}
    unit = f", {next(iter(units))}" if len(units) == 1 and "" not in units else ""
    heads = (f"size, {sizes.sign}", f"{named}{unit}", f"latency p50, {times.sign}")
    lines = []
    for one, (score, size, time) in zip(ordered, picked, strict=True):
        card = drawn.get(one.case.key)
        shown = _score_text(score[1], bare=bool(unit)) if score is not None else ""
        lines.append(
            CaseLine(
                one.case.key,
                one.case.model,
                one.case.variant_name,
                one.case.profile,
                one.called,
                (
                    _cell(one, "size", sizes.bare(size.value) if size is not None else ""),
                    _cell(one, score[0] if score is not None else "", shown),
                    _cell(one, "latency.p50", times.bare(time.value) if time is not None else ""),
                ),
                _cut(sentence(one)),
                card,
                () if card is not None else _checks(one, defaults=defaults),
            )
        )
    return CaseList(heads, tuple(lines))


def _score_text(metric: Metric, *, bare: bool) -> str:
    return numbers.significant(metric.value) if bare else numbers.number(metric.value, metric.unit)


def _cell(one: Brief, key: str, shown: str) -> tuple[str, status.Status | None]:
    return (shown, called(one.case, key)) if shown else ("", None)


def _checks(one: Brief, *, defaults: bool) -> tuple[tuple[status.Status, str], ...]:
    """The judged numbers of a case; without `defaults` those of a case that needs attention alone."""
    if not (defaults or one.loud):
        return ()
    return tuple(
        check_text(row)
        for row in one.rows
        if row.level != "off" and (row.place or defaults or status.of_row(row) in status.ATTENTION)
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SENTENCE else text[: LONGEST_SENTENCE - 1].rpartition(" ")[0] + " …"


_Score = tuple[str, "Metric"] | None


def _picked(seen: Observation | None) -> tuple[_Score, Metric | None, Metric | None]:
    """The score (with its name), the size and the median latency of a case."""
    metrics = seen.metrics if seen is not None else {}
    key = next((name for name in metrics if is_score(name)), "")
    return (key, metrics[key]) if key else None, metrics.get("size"), metrics.get("latency.p50")
