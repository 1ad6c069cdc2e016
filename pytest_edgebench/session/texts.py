"""How a check is put into words, by the reports: imported once a check needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.case.edge import Texts

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Check, Observation, Row


def _properties(key: str, check: Check, observation: Observation | None) -> list[tuple[str, str]]:
    from pytest_edgebench.reports.junit import properties

    return properties(key, check, observation)


def _row_line(key: str, row: Row) -> str:
    from pytest_edgebench.reports.row_text import row_line

    return row_line(key, row)


TEXTS = Texts(_properties, _row_line)
