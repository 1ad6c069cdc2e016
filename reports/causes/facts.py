"""What a broken limit or a warning is put down to, by how telling the fact is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import status
from pytest_edgebench.reports.causes.novelty import Novelty

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult, Row


class Kind(IntEnum):
    """Most telling first: a changed model says more than a limit that is broken for no known reason."""

    MODEL = 0
    RECIPE = 1
    VERSIONS = 2
    RUNTIME = 3
    PROFILE = 4
    MACHINE = 5
    ERROR = 6
    ASSERTION = 7
    LIMIT = 8
    ABSENT = 9
    BEFORE = 10
    UNEXPLAINED = 11


@dataclass(frozen=True, slots=True)
class Fact:
    """What some hits have in common.

    Attributes:
        model: "" where it is not of one model. detail: what tells two facts of one kind and model apart.
        text: of the record, where it says more than the kind does.
    """

    kind: Kind
    model: str
    detail: str = ""
    text: str = ""


_BEGINNINGS = {
    "model changed": Kind.MODEL,
    "original changed": Kind.MODEL,
    "compressed file changed": Kind.MODEL,
    "recipe changed": Kind.RECIPE,
    "built with": Kind.VERSIONS,
    "runtime changed": Kind.RUNTIME,
    "profile changed": Kind.PROFILE,
    "another machine": Kind.MACHINE,
    "unexplained": Kind.UNEXPLAINED,
}
"""Words of `judge.cause` → kind; the first part of a cause is the likeliest."""
_PATH = re.compile(r"^\S+:\d+: ")


def fact(case: CaseResult, row: Row | None, reason: str, novelty: Novelty) -> Fact:
    """What a hit is put down to.

    A limit that is not against the baseline is put down to what changed since the baseline only where it is
    not known to have been broken before.
    """
    if row is None:
        kind = Kind.ERROR if case.verdict is Verdict.ERROR else Kind.ASSERTION
        return Fact(kind, "", _first_line(reason))
    if row.verdict is Verdict.ERROR:
        return Fact(Kind.ERROR, "", _without_names(case, row, row.reason), row.reason)
    changed = changes(case)
    if novelty is not Novelty.BEFORE and (row.cause or (changed is not None and row.measured is not None)):
        found = _told(case, row.cause) if row.cause else changed
        if found is not None and found.kind is not Kind.UNEXPLAINED:
            return found
    if not status.judged(row):
        return Fact(Kind.ABSENT, "", f"{row.metric}: {_without_names(case, row, row.reason)}", row.reason)
    kind = Kind.BEFORE if novelty is Novelty.BEFORE else Kind.LIMIT
    if row.cause:
        kind = Kind.UNEXPLAINED
    within = " within budget" if row.level == "warn" else ""
    return Fact(kind, case.model, f"{row.metric} {row.statistic}".rstrip() + within)


def changes(case: CaseResult) -> Fact | None:
    """What changed of a case since the baseline; None where nothing is known."""
    told = (row.cause for check in case.checks for row in check.rows if row.cause)
    return next((_told(case, text) for text in told), None)


def _told(case: CaseResult, text: str) -> Fact:
    first = text.partition("; ")[0]
    kind = next((kind for words, kind in _BEGINNINGS.items() if words in first), Kind.UNEXPLAINED)
    if kind is Kind.MODEL:
        return Fact(kind, case.model)
    if kind is Kind.RECIPE:
        return Fact(kind, case.model, case.recipe, first)
    if kind is Kind.UNEXPLAINED:
        return Fact(kind, case.model)
    return Fact(kind, "", first, first)


def _first_line(text: str) -> str:
    return _PATH.sub("", next((line.strip() for line in text.splitlines() if line.strip()), ""))


def _without_names(case: CaseResult, row: Row, text: str) -> str:
    """A reason without the names of its case, so that equal ones are equal."""
    found = _first_line(text)
    for name in sorted({case.key, case.profile, case.recipe, row.metric}, key=len, reverse=True):
        found = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", "…", found)
    return found
