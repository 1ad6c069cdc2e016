"""`Heard`: what the reporting process heard of one test."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True, slots=True)
class Heard:
    """The check of a test, packed: ten thousand of them as they came would fill memory.

    Attributes:
        key: of the case. judged: whether the test asked for a check of it. passed: the test's phase.
        places: of the budgets that were judged.
        packed: the check, JSON through zlib.
    """

    key: str
    judged: bool
    passed: bool
    places: tuple[str, ...]
    packed: bytes

    def check(self) -> dict[str, Any]:
        """As it came."""
        found: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return found


def heard(report: pytest.TestReport, sent: dict[str, Any], known: Heard | None) -> Heard:
    """What a report tells; the report itself keeps only what `outcome.status` asks: pytest keeps all reports.

    Args:
        sent: what `outcome.finish` put on the report.
        known: what was heard of the test before: a failing teardown comes after the call, and what was
            judged then stays.
    """
    check = sent["check"]
    if known is not None and not check.get("rows"):
        check = {**check, "rows": known.check().get("rows", [])}
    rows = check.get("rows", [])
    sent["check"] = {
        "verdict": check["verdict"],
        "rows": [{name: row[name] for name in ("level", "verdict")} for row in rows],
    }
    places = tuple(row.get("place", "") for row in rows)
    packed = zlib.compress(json.dumps(check).encode(), 1)
    return Heard(sent["key"], sent["judged"], report.passed, places, packed)
