"""GitHub Actions: annotations on the budgets' own lines, and the summary of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import lines, markdown, status
from pytest_edgebench.reports.items import attention

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.items import Item

MOST = 9
"""GitHub shows ten annotations of a step; the last one counts the rest."""
MOST_BYTES = 1 << 20
"""GitHub's limit of a step summary."""
_LEVELS = {status.WARNED: "warning", status.REGRESSED: "warning", status.INCONCLUSIVE: "notice"}


def commands(run: Run) -> list[str]:
    """Workflow commands, worst first: nine judgements and one line for all others; none when all is well."""
    found = [item for item in attention(run) if item.row is None or item.row.verdict is not Verdict.PASS]
    out = [_annotation(item) for item in found[:MOST]]
    problems = [_command("error", {"title": "edgebench"}, problem) for problem in run.problems]
    out = (problems + out)[:MOST]
    hidden = len(found) + len(problems) - len(out)
    if hidden > 0:
        out.append(_command("error", {"title": "edgebench"}, f"and {hidden} more: see the step summary"))
    return out


def summarise(run: Run, path: Path) -> None:
    """Append the Markdown comment to the step's summary, where there is room for it.

    Raises:
        OSError: it cannot be written.
    """
    text = markdown.render(run)
    used = path.stat().st_size if path.is_file() else 0
    if used + len(text.encode()) <= MOST_BYTES:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)


def _annotation(item: Item) -> str:
    row = item.row
    if row is None:
        case = item.cases[0]
        return _command("error", _at(case.place, item.subject), item.reason or "no reason was recorded")
    text = "  ".join(lines.parts(row))
    level = _LEVELS.get(item.status, "error")
    return _command(level, _at(row.place or item.cases[0].place, f"{item.subject}: {row.metric}"), text)


def _at(place: str, title: str) -> dict[str, str]:
    file, _, line = place.rpartition(":")
    found = {"file": file, "line": line} if file and line.isdigit() else {}
    return {**found, "title": title}


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    """One workflow command; GitHub's own escapes keep it on one line and in its fields."""
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {shown}::{_text(message)}"


def _text(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _text(value).replace(":", "%3A").replace(",", "%2C")
