"""Waivers: regressions that a review accepted for a while, written in the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import DeclarationError, SettingsError
from pytest_edgebench.errors import settings as errors

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


_EXAMPLES: Mapping[str, str] = {
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
        problems.append(errors.wrong_type(where, "a list of waivers", tables, "[[waivers]] above its keys"))
        return ()
    found: dict[tuple[str, str], Waiver] = {}
    for index, table in enumerate(tables):
        waiver = _waiver(index, table, document, problems)
        if waiver is None:
            continue
        first = found.setdefault((waiver.case, waiver.metric), waiver)
        if first is not waiver:
            problems.append(errors.waiver_twice(waiver.place, waiver.case, waiver.metric, first.place))
    return tuple(found.values())


def _waiver(index: int, table: object, document: Document, problems: list[SettingsError]) -> Waiver | None:
    from pytest_edgebench.profiles.document import entry

    place = document.where("waivers", entry(index))
    if not isinstance(table, Mapping):
        problems.append(errors.wrong_type(place, "a table", table, "[[waivers]] above its keys"))
        return None
    before = len(problems)
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = document.where("waivers", entry(index), key)
        if key not in _EXAMPLES:
            problems.append(errors.waiver_key(where, key, _EXAMPLES))
            continue
        try:
            values[key] = (_day if key == "until" else _text)(value, where, _EXAMPLES[key])
        except SettingsError as error:
            problems.append(error)
    missing = [key for key in _EXAMPLES if key not in table]
    if missing:
        problems.append(errors.waiver_missing(place, missing, [_EXAMPLES[key] for key in missing]))
    if len(problems) > before:
        return None
    waiver = Waiver(**values, place=place)
    try:
        _ = waiver.limit
    except DeclarationError as error:
        problems.append(errors.waiver_limit(place, error))
        return None
    return waiver


def _text(value: object, where: str, example: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise errors.wrong_type(where, "text", value, example)
    return value.strip()


def _day(value: object, where: str, example: str) -> date:
    from datetime import date, datetime

    # A datetime is a date to Python, but says an hour that nobody would look at.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise errors.wrong_type(where, "a date", value, f"{example}, without quotes")
    return value
