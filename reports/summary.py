"""What the whole page asks of a case, worked out once: its status, its judged rows, its tightest budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import row_text, status
from pytest_edgebench.reports.changes import why_silent

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult, Row


@dataclass(frozen=True, slots=True)
class Brief:
    """A case in short.

    Attributes:
        rows: judged, each once, most urgent first.
        tight: the row that uses most of its budget; written budgets before default checks.
        use: of that budget, a share.
    """

    case: CaseResult
    called: status.Status
    rows: tuple[Row, ...]
    tight: Row | None
    use: float | None

    @property
    def loud(self) -> bool:
        """Whether the case needs attention."""
        return self.called in status.ATTENTION


def brief(case: CaseResult) -> Brief:
    """A case in short."""
    seen = dict.fromkeys(row for check in case.checks for row in check.rows)
    rows = tuple(sorted(seen, key=lambda row: status.RANK[status.of_row(row).name]))
    uses = [
        (use, row)
        for row in rows
        if row.verdict is not Verdict.ERROR and (use := status.use_of_budget(row)) is not None
    ]
    written = [(use, row) for use, row in uses if row.place] or uses
    use, tight = max(written, key=lambda found: found[0], default=(None, None))
    return Brief(case, status.of_case(case), rows, tight, use)


def sentence(found: Brief) -> str:
    """One sentence on why a case has its status."""
    case, called = found.case, found.called
    if called in status.SILENT:
        return first_line(why_silent(case))
    worst = next(iter(found.rows), None)
    if called in status.ATTENTION and worst is not None and status.of_row(worst) in status.ATTENTION:
        text = row_text.shown(worst)
        said = f"{text.metric} {text.measured} {row_text.comparison(text)}"
        said += f", {row_text.use_in_words(worst)}" if text.use else ""
        return "; ".join([said, *(first_line(remark) for remark in row_text.remarks(worst)[:1])])
    if called in status.ATTENTION:
        loud = [check.reason for check in case.checks if check.reason and check.verdict is case.verdict]
        return first_line(next(iter(loud), "no reason was recorded"))
    count = len(found.rows)
    if not count:
        return "passed; no budget or default check applied"
    said = (
        f"all {count} limits met" if count > 2 else "both limits met" if count == 2 else "its one limit met"
    )
    if found.tight is not None:
        said += f"; tightest: {tightest_text(found.tight)}"
    return said


def tightest_text(row: Row) -> str:
    """``size, 84 % of 64 kB``; of a lower bound ``accuracy, 0.80 pp above limit (model - 2 points)``."""
    limit = f"({row.limit})" if row.higher_is_better else f"of {row.limit}"
    return f"{status.metric_title(row)}, {row_text.used(row)} {limit}"


def first_line(text: str) -> str:
    """The first line of a text that is not blank; "" without one."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
