"""Messages about comparing profiles."""

from __future__ import annotations

from pytest_edgebench.errors import EdgebenchError


class CompareError(EdgebenchError):
    """A comparison that cannot be made or written."""


def nothing(what: str) -> CompareError:
    return CompareError(
        f"there is nothing to compare: {what}",
        fix="give records with cases that were measured, or other patterns",
    )


def no_figure() -> CompareError:
    return CompareError(
        "there is nothing to draw: no model has size and score of two recipes on one profile",
        fix="leave --svg out, or measure a second recipe",
    )


def no_parquet() -> CompareError:
    return CompareError(
        "Parquet files need pyarrow, which is not installed",
        where="--parquet",
        fix="pip install pyarrow, or write --csv=FILE",
    )


def record_twice(name: str) -> CompareError:
    return CompareError("this record is given twice", where=name, fix="give each record once")
