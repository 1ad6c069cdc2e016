"""Waivers: regressions that a review accepted for a while, written in the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DeclarationError, SettingsError
from pytest_edgebench.profiles import errors as profiles_errors
from pytest_edgebench.settings import errors

if TYPE_CHECKING:
    from datetime import date

    from pytest_edgebench.declare.limit import Limit
    from pytest_edgebench.profiles.document import Document


@dataclass(frozen=True, slots=True)
class Waiver:
    """One table ``[[waivers]]``.

    Attributes:
        case: key of the case, e.g. "kws-int8-rpi4".
        metric: as budgets name it, e.g. "size".
        up_to: the limit that holds in place of the broken one, as written.
        until: the last day on which it holds.
        reason: why the regression is accepted, for the report.
        place: ``file:line`` and key of the table.
    """

    case: str
    metric: str
    up_to: str
    until: date
    reason: str
    place: str

    @property
    def limit(self) -> Limit:
        """`up_to`, understood."""
        from pytest_edgebench.declare.grammar import parse

        return parse(self.metric, self.up_to, self.place)


ALIKE = 0.75
"""From this ratio of `difflib` on, two names are one and its misspelling."""
ALIKE_SCORE = 0.9
"""The same for names of scores: a user's own score may have a name that is much like one of ours."""
EXAMPLES: Mapping[str, str] = {
    "case": 'case = "kws-int8-rpi4"',
    "metric": 'metric = "size"',
    "up_to": 'up_to = "baseline + 8 %"',
    "until": "until = 2030-06-30",
    "reason": 'reason = "wider first layer, see the pull request"',
}


def read_waivers(document: Document, problems: list[SettingsError]) -> tuple[Waiver, ...]:
    """The waivers of a settings file, in its order; problems are appended and their waivers left out."""
    tables = document.tables.get("waivers", [])
    if not isinstance(tables, list):
        where = document.where("waivers")
        problems.append(
            profiles_errors.wrong_type(where, "a list of waivers", tables, "[[waivers]] above its keys")
        )
        return ()
    found: dict[tuple[str, ...], Waiver] = {}
    for index, table in enumerate(tables):
        waiver = _waiver(index, table, document, problems)
        if waiver is None:
            continue
        first = found.setdefault((waiver.case, *waiver.limit.slot), waiver)
        if first is not waiver:
            problems.append(errors.waiver_twice(waiver.place, waiver.case, waiver.metric, first.place))
    return tuple(found.values())


def _waiver(index: int, table: object, document: Document, problems: list[SettingsError]) -> Waiver | None:
    from pytest_edgebench.profiles.document import entry

    place = document.where("waivers", entry(index))
    if not isinstance(table, Mapping):
        problems.append(profiles_errors.wrong_type(place, "a table", table, "[[waivers]] above its keys"))
        return None
    before = len(problems)
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = document.where("waivers", entry(index), key)
        if key not in EXAMPLES:
            problems.append(errors.waiver_key(where, key, EXAMPLES))
            continue
        try:
            values[key] = (_day if key == "until" else _text)(value, where, EXAMPLES[key])
        except SettingsError as error:
            problems.append(error)
    missing = [key for key in EXAMPLES if key not in table]
    if missing:
        problems.append(errors.waiver_missing(place, missing, [EXAMPLES[key] for key in missing]))
    if len(problems) > before:
        return None
    waiver = Waiver(**values, place=place)
    meant = _meant(waiver.metric)
    if meant:
        where = document.where("waivers", entry(index), "metric")
        problems.append(errors.waiver_metric(where, waiver.metric, meant))
        return None
    try:
        _ = waiver.limit
    except DeclarationError as error:
        problems.append(errors.waiver_limit(place, error))
        return None
    return waiver


def _meant(metric: str) -> str:
    """The metric whose name a misspelt one is nearly; "" for a metric, and for a score of the user's own."""
    import difflib  # worth its import only where there are waivers

    from pytest_edgebench.record.metrics_table import METRICS

    if metric in METRICS:
        return ""
    for known, cutoff in ((False, ALIKE), (True, ALIKE_SCORE)):
        names = [name for name, info in METRICS.items() if (info.cls == "score") is known]
        if close := difflib.get_close_matches(metric, names, n=1, cutoff=cutoff):
            return close[0]
    return ""


def _text(value: object, where: str, example: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise profiles_errors.wrong_type(where, "text", value, example)
    return value.strip()


def _day(value: object, where: str, example: str) -> date:
    from datetime import date, datetime

    # A datetime is a date to Python, but says an hour that nobody would look at.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise profiles_errors.wrong_type(where, "a date", value, f"{example}, without quotes")
    return value
