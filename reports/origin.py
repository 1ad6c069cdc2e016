"""What a run was compared with, in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping


def baseline_text(baseline: Mapping[str, str], now: str) -> str:
    """What the run was compared with: name, commit, age and host; or that there was nothing."""
    if not baseline:
        return "no baseline: compared with budgets and the original only"
    name, commit = baseline.get("name", ""), baseline.get("commit", "")[:9]
    text = f"against {name or baseline.get('kind', 'a baseline')}" + (f" at {commit}" if commit else "")
    details = [_age(baseline.get("made", ""), now), baseline.get("host", "")]
    shown = ", ".join(detail for detail in details if detail)
    return f"{text} ({shown})" if shown else text


def _age(made: str, now: str) -> str:
    try:
        days = (datetime.fromisoformat(now) - datetime.fromisoformat(made)).days
    except (ValueError, TypeError):  # no date, or one with and one without a time zone
        return made
    return "made today" if days < 1 else f"{numbers.plural(days, 'day')} old"
