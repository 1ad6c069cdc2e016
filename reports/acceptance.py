"""How a change that is intended is accepted: ways that together cover everything that failed."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.record.run import Row, Run
    from pytest_edgebench.reports.causes.values import Account, Cause, Hit

WAIVED_DAYS = 30
MOST_PLACES = 5


@dataclass(frozen=True, slots=True)
class Way:
    """One way to accept: words, then names or a command, or lines for the settings file.

    Attributes:
        cases: how many cases it lets pass.
    """

    words: str
    cases: int
    names: tuple[str, ...] = ()
    command: str = ""
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All but the lines, e.g. ``raise the limit at test_a.py:4 (4 cases)``."""
        what = self.command or ", ".join(self.names)
        return " ".join(
            part for part in (self.words, what, f"({numbers.plural(self.cases, 'case')})") if part
        )


def ways(run: Run, causes: Iterable[Cause]) -> tuple[Way, ...]:
    """What lets the broken limits of some causes pass; empty where no measured number is over a limit."""
    broken = [hit for cause in causes for hit in cause.hits if _acceptable(hit)]
    against = [hit for hit in broken if hit.row is not None and hit.row.reference == "baseline"]
    written = [hit for hit in broken if hit not in against and hit.row is not None and hit.row.place]
    found = []
    accepting = command(run.baseline.get("kind", ""), run.baseline.get("name", ""))
    if against and accepting:
        found.append(Way("accept as the new baseline:", _cases(against), command=accepting))
    places = list(dict.fromkeys(hit.row.place for hit in written if hit.row is not None))
    if against and not accepting:
        more_places = [hit.row.place for hit in against if hit.row]
        places = list(dict.fromkeys((*places, *more_places)))
        written += against
    if places:
        more = (f"{len(places) - MOST_PLACES} more",) if len(places) > MOST_PLACES else ()
        words = "raise the limit at" if len(places) == 1 else "raise the limits at"
        found.append(Way(words, _cases(written), names=(*(p for p in places[:MOST_PLACES] if p), *more)))
    defaults = [hit for hit in broken if hit not in against and hit not in written]
    if defaults:
        metrics = dict.fromkeys(hit.row.metric for hit in defaults if hit.row is not None)
        example = f'@eb.budget({next(iter(metrics))}="original + … %")'.replace("original", "model")
        found.append(Way("write a limit of your own in place of the default:", _cases(defaults), (example,)))
    if against:
        waived = {(hit.case.key, hit.row.metric): hit for hit in against if hit.row is not None}
        lines = [line for hit in waived.values() if hit.row for line in waiver(run, hit.case.key, hit.row)]
        words = f"waive for {WAIVED_DAYS} days, in edgebench.toml:"
        found.append(Way(words, _cases(against), lines=tuple(lines)))
    return tuple(found)


def accept_lines(run: Run, found: Account) -> list[str]:
    """What to type, for a terminal: commands and places; waivers are in the other reports."""
    return [
        f"{way.command} ({numbers.plural(way.cases, 'case')})" if way.command else way.text
        for way in ways(run, found.failing)
        if not way.lines
    ]


def command(kind: str, name: str) -> str:
    """The command that makes what was measured the accepted state; "" where a git ref is compared with."""
    if kind == "ref":
        return ""
    if kind == "folder":
        return f"pytest --edgebench-save-baseline={shlex.quote(name)}"
    return "pytest --edgebench-update-baseline"


def _acceptable(hit: Hit) -> bool:
    row = hit.row
    return (
        row is not None and row.verdict is Verdict.FAIL and row.level == "error" and row.measured is not None
    )


def _cases(hits: Sequence[Hit]) -> int:
    return len({hit.case.key for hit in hits})


def waiver(run: Run, key: str, row: Row) -> tuple[str, ...]:
    """The lines of a table ``[[waivers]]`` that lets one broken limit pass for a while."""
    until = (datetime.fromisoformat(run.started) + timedelta(days=WAIVED_DAYS)).date().isoformat()
    return (
        "[[waivers]]",
        f'case = "{key}"',
        f'metric = "{row.metric}"',
        f'up_to = "{_up_to(row)}"',
        f"until = {until}",
        'reason = "..."',
    )


def _up_to(row: Row) -> str:
    """A limit that the measured value keeps: the next whole percent over the whole interval."""
    change = row.change
    if change is None:
        return row.limit
    if change.unit == "%":  # of a reference: larger is worse
        most = change.value if change.high is None else change.high
        statistic = f"{row.statistic} " if row.statistic not in ("", "p50") else ""
        return f"{statistic}baseline + {math.floor(most) + 1} %"
    unit = f" {change.unit}" if change.unit else ""
    gap = math.ceil(abs(change.value) * 100) / 100
    return f"baseline {'-' if row.higher_is_better else '+'} {gap:g}{unit}"
