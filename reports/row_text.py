"""One judgement in one line of text: in the terminal, in JUnit, in pytest's own failure output."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import plain as plain
from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import numbers, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.record.run import Metric, Row

_SAFE_IN_QUOTES = re.compile(r'[^"$`\\!\x00-\x1f]*')


@dataclass(frozen=True, slots=True)
class Shown:
    """A row's numbers as text; "" for what the row does not have.

    Attributes:
        measured, bound: in one unit, with the digits it takes to tell them apart.
        sign: how they compare, e.g. ">".
        interval: ``[27.9, 29.1]``, in the unit of `measured`.
        use: of the budget, e.g. ``127 %``, or what is left of a lower bound; see `used`.
        words: the limit as written, where `bound` is not that already: ``model - 2 points``.
        change: against the reference, e.g. ``+39.5 %``; against: its interval and reference,
            e.g. ``[+37.5, +41.5] vs model``.
        evidence: its kind and n, e.g. ``host, n=12``.
        since: when a limit has been broken since, e.g. ``since a6b640c (2026-02-28, 3 runs), ...``.
    """

    metric: str
    measured: str
    sign: str
    bound: str
    interval: str
    words: str
    use: str
    change: str
    against: str
    p: str
    evidence: str
    since: str


def shown(row: Row) -> Shown:
    """The texts of a row."""
    measured, bound, words, interval = "no number", row.limit, "", ""
    if row.measured is not None:
        measured = numbers.number(row.measured.value, row.measured.unit)
        interval = interval_text(row.measured)
    if row.measured is not None and row.bound is not None:
        measured, bound = numbers.apart(row.measured.value, row.bound, row.measured.unit)
        words = row.limit if row.reference or not row.place else ""
    if row.measured is not None and row.measured.floor:
        measured = numbers.at_least(measured)
    change, against = change_texts(row)
    return Shown(
        metric=status.metric_title(row),
        measured=measured,
        sign=sign(row),
        bound=bound,
        words=words,
        interval=interval,
        use=used(row),
        change=change,
        against=against,
        p=p_text(row),
        evidence="" if row.measured is None else evidence(row.measured),
        since=row.since,
    )


def used(row: Row, *, short: bool = False) -> str:
    """How near a number is to its limit: ``127 %`` of an upper one, ``0.80 pp above limit`` of a lower one.

    Args:
        short: ``+0.80 pp``, for a narrow column.

    "" where there is no number or no limit to compare it with. A share says nothing of a lower bound: 90 % of
    an accuracy of 89 % would read as a failure.
    """
    use = status.use_of_budget(row)
    if not row.higher_is_better or row.measured is None or row.bound is None:
        return "" if use is None else numbers.share(use)
    gap = row.measured.value - row.bound
    if math.isnan(gap):
        return ""
    size, unit = abs(gap), " pp" if row.measured.unit == "%" else f" {row.measured.unit}".rstrip()
    text = f"{size:,.2f}" if unit == " pp" and 0.005 <= size < math.inf else numbers.significant(size, 2)
    if short:
        return f"{'-' if gap < 0 else '+'}{text}{unit}"
    return f"{text}{unit} {'below' if gap < 0 else 'above'} limit"


def use_in_words(row: Row) -> str:
    """``127 % of the budget``, ``1.20 pp below limit``; "" where `used` says nothing."""
    text = used(row)
    return f"{text} of the {'budget' if row.place else 'limit'}" if text.endswith("%") else text


def interval_text(metric: Metric) -> str:
    """``[27.9, 29.1]`` in the unit that `metric.value` is printed in; "" for an exact number."""
    if metric.low is None or metric.high is None:
        return ""
    unit = numbers.unit_for([metric.value or metric.high], metric.unit)
    return f"[{unit.bare(metric.low)}, {unit.bare(metric.high)}]"


def change_texts(row: Row) -> tuple[str, str]:
    """The change against the row's reference, and beside it the interval and the reference's name."""
    if row.change is None:
        return "", ""
    beside = []
    if row.change.low is not None and row.change.high is not None:
        low, high = (numbers.change(end, "") for end in (row.change.low, row.change.high))
        beside.append(f"[{low}, {high}]")
    beside += [f"vs {row.reference}"] if row.reference else []
    return numbers.change(row.change.value, row.change.unit), " ".join(beside)


def p_text(row: Row) -> str:
    """The p-value of a noisy comparison, and after adjustment for the whole matrix where it differs."""
    if row.p is None:
        return ""
    text = numbers.p_value(row.p)
    if row.p_adjusted is None or numbers.p_value(row.p_adjusted) == text:
        return text
    return f"{text} ({numbers.p_value(row.p_adjusted).removeprefix('p ').removeprefix('= ')} over the matrix)"


def evidence(metric: Metric) -> str:
    """The kind of evidence and what it rests on: ``host, n=12``, ``static``."""
    return metric.evidence if metric.evidence == "static" else f"{metric.evidence}, n={metric.n:,}"


def row_line(case_key: str, row: Row) -> str:
    """A judged metric in one line.

    E.g. ``✕ kws-int4-rpi4  latency p50  28.6 ms  > 22.6 ms   127 %  [27.9, 29.1]  host, n=12  test_a.py:6``.

    Args:
        case_key: how the case is called, e.g. ``model-recipe-profile``.
        row: of one of its checks.
    """
    return f"{status.of_row(row).glyph} {plain(case_key)}  " + "  ".join(parts(row))


def parts(row: Row) -> list[str]:
    """The fields of `row_line` after the name, in order, without the empty ones."""
    text = shown(row)
    fields = [text.metric, text.measured, comparison(text), text.use.rjust(6) if text.use else ""]
    fields += [text.interval, f"{text.change} {text.against}".strip(), text.p, text.since, text.evidence]
    fields += [row.place or "default check", *remarks(row)]
    return [plain(field) for field in fields if field]


def comparison(text: Shown) -> str:
    """``> 22.6 ms``, ``<= 58.0 kB (model + 3 %)``."""
    return f"{text.sign} {text.bound}" + (f" ({text.words})" if text.words else "")


def remarks(row: Row) -> list[str]:
    """What must be said in words: why there is no verdict, the caveat of the number, the user's message."""
    said = []
    if row.reason and (row.verdict is not Verdict.FAIL or row.measured is None or row.bound is None):
        said.append(row.reason)
    if row.cause:
        said.append(f"cause: {row.cause}")
    if row.measured is not None and row.measured.note:
        said.append(f"({row.measured.note})")
    if row.message:
        said.append(f"“{row.message}”")
    return said


def everything(row: Row) -> tuple[str, ...]:
    """All that was said about a row in words: what decided, then what `remarks` adds."""
    return tuple(dict.fromkeys(said for said in (row.reason, *remarks(row)) if said))


def reason_line(case_key: str, called: status.Status, reason: str) -> str:
    """A failure without a judged metric: its first line, after the case's name."""
    first = next((line.strip() for line in reason.splitlines() if line.strip()), "no reason was recorded")
    return f"{called.glyph} {plain(case_key)}  {called.label}: {plain(first)}"


def command(nodeid: str, baseline: Mapping[str, str] | None = None) -> str:
    """What to type to run one test again, quoted for a shell.

    Args:
        baseline: of the run, which is compared with again where it has to be named.
    """
    name = plain(nodeid)
    quoted = f'"{name}"' if _SAFE_IN_QUOTES.fullmatch(name) else shlex.quote(name)
    return f"pytest {quoted}{_compared(baseline)}"


def again(baseline: Mapping[str, str]) -> str:
    """What to type to run all that failed again."""
    return f"pytest --lf{_compared(baseline)}"


def _compared(baseline: Mapping[str, str] | None) -> str:
    named = baseline["name"] if baseline and baseline.get("kind") in ("ref", "folder") else ""
    return f" --edgebench-baseline={shlex.quote(plain(named))}" if named else ""


def sign(row: Row) -> str:
    """How a number and its limit compare, e.g. ">"; "limit" where nothing was compared."""
    if row.measured is None or (row.bound is None and row.verdict is Verdict.FAIL):
        return "limit"  # nothing was compared: the reason says why
    if row.verdict is Verdict.FAIL:
        return "<" if row.higher_is_better else ">"
    if row.verdict is Verdict.PASS:
        return ">=" if row.higher_is_better else "<="
    return "vs"
