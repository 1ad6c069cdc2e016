"""GitHub Actions: annotations on the budgets' own lines, the summary of the step, the address of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.text import HIDDEN, unseen
from pytest_edgebench.reports import limits, markdown, numbers, row_text
from pytest_edgebench.reports.causes import account, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.causes.values import Account, BudgetLine, Cause

MOST = 9
"""GitHub shows ten annotations of a step; the last one counts the rest."""
MOST_BYTES = 1 << 20
"""GitHub's limit of a step summary."""


def commands(run: Run) -> list[str]:
    """Workflow commands, worst first: nine and one line for all others; none when all is well."""
    found = account(run)
    every = [_command("error", {"title": "edgebench"}, problem) for problem in run.problems]
    every += list(_annotations(found))
    out = every[:MOST]
    if len(every) > MOST:
        told = f"{sentences.headline(found.counts, len(run.problems))}; {len(every) - MOST} more annotations"
        out.append(_command("error", {"title": "edgebench"}, f"{told}: see the step summary"))
    return out


def summarise(run: Run, path: Path, links: Mapping[str, str] | None = None) -> None:
    """Append the Markdown comment to the step's summary, where there is room for it.

    Raises:
        OSError: it cannot be written.
    """
    text = markdown.render(run, links)
    used = path.stat().st_size if path.is_file() else 0
    if used + len(text.encode()) <= MOST_BYTES:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)


def links(environment: Mapping[str, str]) -> dict[str, str]:
    """The address of the job that runs, as GitHub's runner tells it; empty elsewhere."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (environment.get(name, "") for name in names)
    if not (server and repository and number.isdigit()):
        return {}
    return {"job, with the full report": f"{server}/{repository}/actions/runs/{number}"}


def _annotations(found: Account) -> Iterator[str]:
    """One for each broken limit, on its own line; then what only warns, then what could not be decided."""
    for cause in found.failing:
        for line in cause.lines:
            yield _broken(cause, line)
    for cause in found.warning:
        hit = cause.worst
        place = (hit.row.place if hit.row is not None else "") or hit.case.place
        told = "; ".join([sentences.title(cause), *sentences.also(cause)[:3]])
        yield _command("warning", _at(place, "edgebench: warning"), told)
    for hit in found.undecided:
        place = (hit.row.place if hit.row is not None else "") or hit.case.place
        yield _command("notice", _at(place, "edgebench: inconclusive"), sentences.undecided(hit))


def _broken(cause: Cause, line: BudgetLine) -> str:
    hit, row = line.worst, line.worst.row
    cases = numbers.plural(len({one.case.key for one in line.hits}), "case")
    age = sentences.age(cause)
    because = f"; because {sentences.title(cause)}{f' ({age})' if age else ''}"
    if row is None:
        title = f"edgebench: {hit.status.label} in {cases}"
        return _command("error", _at(hit.case.place, title), sentences.title(cause))
    title = f"{limits.words(row)}: {'over' if not row.higher_is_better else 'under'} it in {cases}"
    if row.measured is None or row.bound is None:
        told = sentences.short(row)
    else:
        measured, bound = limits.numbers_of(row)
        worst = "worst: " if len(line.hits) > 1 else ""
        told = f"{worst}{hit.case.key} {measured} {row_text.sign(row)} {bound}"
    return _command("error", _at(row.place or hit.case.place, title), told + because)


def _at(place: str, title: str) -> dict[str, str]:
    file, _, line = place.rpartition(":")
    found = {"file": file, "line": line} if file and line.isdigit() else {}
    return {**found, "title": title}


def _command(level: str, properties: Mapping[str, str], message: str) -> str:
    """One workflow command; GitHub's own escapes keep it on one line and in its fields."""
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {shown}::{_text(message)}"


def _text(value: str) -> str:
    return unseen().sub(HIDDEN, value).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _text(value).replace(":", "%3A").replace(",", "%2C")
