"""How a change that is intended is accepted, in words ready to paste."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgebench.record.run import Row, Run

WAIVED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Way:
    """One way to accept: words, then names or a command, or lines for the settings file."""

    words: str
    names: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All in one line."""
        return f"{self.words} {', '.join(self.names or self.lines)}"


def ways(run: Run, broken: Iterable[tuple[str, Row]]) -> tuple[Way, ...]:
    """What lets broken limits pass; empty where nothing measured is over a limit.

    Args:
        broken: case key and row of what failed.
    """
    failed = [
        (key, row)
        for key, row in broken
        if row.verdict is Verdict.FAIL and row.level == "error" and row.measured is not None
    ]
    found = []
    places = list(dict.fromkeys(row.place for _, row in failed if row.place))
    if places:
        more = (f"{len(places) - 5} more",) if len(places) > 5 else ()
        found.append(Way("raise the budget at", (*places[:5], *more)))
    against = [(key, row) for key, row in failed if row.reference == "baseline"]
    if against and run.baseline.get("kind") != "ref":
        found.append(Way("commit the baseline that this writes:", ("pytest --edgebench-update-baseline",)))
    if against:
        found.append(Way("waive it for a while in edgebench.toml:", lines=waiver(run, *against[0])))
    return tuple(found)


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
