"""Messages about the history file. None of them changes the verdict of a run."""

from __future__ import annotations

from pytest_edgebench.errors import EdgebenchError


class HistoryError(EdgebenchError):
    """A history that cannot be read or written."""


def not_a_history(where: str, detail: str) -> HistoryError:
    return HistoryError(
        f"the history cannot be read: {detail}",
        where=where,
        fix="move the file away; a new one is begun, and saved run records can be added to it "
        "(python -m pytest_edgebench history FILE RUN...)",
    )


def of_others(where: str) -> HistoryError:
    return HistoryError(
        "this database is no history of edgebench", where=where, fix="give the path of a file of its own"
    )


def newer(where: str, found: int, known: int) -> HistoryError:
    return HistoryError(
        f"the history has version {found}, from a newer pytest-edgebench; this one knows {known}",
        where=where,
        fix="upgrade pytest-edgebench here (pip install --upgrade pytest-edgebench), or give another file",
    )


def locked(where: str, seconds: float) -> HistoryError:
    return HistoryError(
        f"the history was locked by another process for {seconds:g} s",
        where=where,
        fix="end what holds it open; this run can be added later "
        "(python -m pytest_edgebench history FILE RUN...)",
    )


def read_only(where: str) -> HistoryError:
    return HistoryError(
        "the history cannot be written, only read",
        where=where,
        fix="make the file and its folder writable, or give another path with --edgebench-history",
    )


def cannot_open(where: str, detail: str) -> HistoryError:
    return HistoryError(
        f"the history cannot be opened: {detail}",
        where=where,
        fix="give the path of a file in a folder that can be written",
    )
