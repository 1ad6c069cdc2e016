"""The comment for a pull request, and the step summary: Markdown that GitHub and GitLab show alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.reports import limits, numbers, row_text, status
from pytest_edgebench.reports.acceptance import ways
from pytest_edgebench.reports.causes import account, sentences
from pytest_edgebench.reports.change_table import change_table
from pytest_edgebench.reports.data_sources import data_lines
from pytest_edgebench.reports.distinct import distinct
from pytest_edgebench.reports.markdown_text import code, details, fenced, table, text
from pytest_edgebench.reports.missing import not_measured, not_run
from pytest_edgebench.reports.origin import baseline_text
from pytest_edgebench.reports.outcome import outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.record.run import Run
    from pytest_edgebench.reports.causes.values import Account, BudgetLine
    from pytest_edgebench.reports.change_table import Cell

MARKER = "<!-- edgebench -->"
"""Lets a bot find its comment of the last push and replace it."""
MOST_CHARACTERS = 60_000
"""Below GitHub's limit of 65,536 for a comment, with room for what a bot may add."""
MOST_CAUSES, MOST_LINES, MOST_RECIPES, MOST_NOTES = 5, 8, 12, 5
LONGEST_NOTE = 120
WAIVERS = 24
"""Lines of waivers, which are more than a comment should have where many cases fail."""


def render(run: Run, links: Mapping[str, str] | None = None) -> str:
    """The comment, some kB long; its first line says whether to merge.

    Args:
        links: name → address, e.g. of the job.
    """
    found = account(run)
    parts = [
        [f"### {_glyph(run, found)} Edge budgets: {text(_headline(run, found))}", MARKER],
        _causes(found, links or {}),
        _problems(run),
        _table(run),
        _limits(found),
        _undecided(found),
        _folded(run, found),
        [_legend(run)],
    ]
    body = "\n".join(line for part in parts for line in part).rstrip() + "\n"
    if len(body) < MOST_CHARACTERS:
        return body
    return body[: MOST_CHARACTERS - 60] + "\n\n… cut here: see the HTML report\n"


def _glyph(run: Run, found: Account) -> str:
    return outcome(run, found).status.glyph


def _headline(run: Run, found: Account) -> str:
    counted = " · ".join(
        f"{number:,} {what}" for _, number, what in sentences.tallies(found.counts)[1:] if number
    )
    return sentences.headline(found.counts, len(run.problems)) + (f" ({counted})" if counted else "")


def _causes(found: Account, links: Mapping[str, str]) -> list[str]:
    out = []
    for cause in found.causes[:MOST_CAUSES]:
        age = sentences.age(cause)
        head = "**Cause:**" if cause.blocks else "**Warning:**"
        count = numbers.plural(len(cause.cases), "case")
        out.append(f"{head} {text(sentences.title(cause))} ({count}{f'; {text(age)}' if age else ''})")
        out.append("")
    hidden = len(found.causes) - MOST_CAUSES
    out += [f"and {numbers.plural(hidden, 'more cause')}", ""] if hidden > 0 else []
    shown = [f"[{text(name)}]({address})" for name, address in links.items()]
    return [*out, *([" · ".join(shown), ""] if shown else [])]


def _problems(run: Run) -> list[str]:
    told = [*run.problems, *(line for line in run.loosened if line not in run.problems)]
    out = [f"- **{'✕ ' if line in run.problems else ''}{text(line)}**" for line in told[:20]]
    out += [f"- and {len(told) - 20} more"] if len(told) > 20 else []
    return [*out, ""] if out else []


def _table(run: Run) -> list[str]:
    found = change_table(run)
    if found.calm:
        return []
    several = len({line.model for line in found.lines}) > 1
    heads = ["recipe", *(f"{column.title} {column.device}".rstrip() for column in found.columns)]
    names = distinct([f"{line.model} {line.recipe}" if several else line.recipe for line in found.lines], 60)
    rows = [
        [code(name), *(_cell(cell) for cell in line.cells)]
        for name, line in zip(names[:MOST_RECIPES], found.lines, strict=False)
    ]
    hidden = len(found.lines) - len(rows)
    more = (
        [f"and {numbers.plural(hidden, 'more recipe')}, none of them more urgent", ""] if hidden > 0 else []
    )
    return [*table([text(head) for head in heads], rows), "", *more]


def _cell(cell: Cell) -> str:
    if cell.called is None:
        return text(cell.why.partition(":")[0]) if cell.why.startswith(("unsupported", "not run")) else "–"
    change = text(cell.change)
    if cell.called in status.BLOCKING and cell.relative:
        change = f"**({change})**" if change else ""
    elif cell.called in status.BLOCKING:
        parts = (f"**{text(cell.now)}**", f"({change})" if change else "", cell.called.glyph)
        return " ".join(part for part in parts if part)
    elif change:
        change = f"({change})"
    mark = "" if cell.called in (status.PASSED, status.IMPROVED) else cell.called.glyph
    return " ".join(part for part in (text(cell.now), change, mark) if part)


def _limits(found: Account) -> list[str]:
    lines = [line for cause in found.failing for line in cause.lines if line.worst.row is not None]
    if not lines:
        return []
    rows = [_limit(line) for line in lines[:MOST_LINES]]
    hidden = len(lines) - len(rows)
    out = [*table(["broken limit", "cases", "worst", "where"], rows), ""]
    return [*out, f"and {numbers.plural(hidden, 'more limit')}", ""] if hidden > 0 else out


def _limit(line: BudgetLine) -> list[str]:
    row = line.worst.row
    assert row is not None
    case = line.worst.case
    measured, bound = limits.numbers_of(row)
    told = text(measured if row.measured is None else f"{measured} {row_text.sign(row)} {bound}")
    worst = f"{code(case.variant_name)} on {code(case.profile)}: {told}"
    count = str(len({hit.case.key for hit in line.hits}))
    return [text(limits.words(row)), count, worst, code(row.place) if row.place else "default check"]


def _undecided(found: Account) -> list[str]:
    out = [f"- ? {text(sentences.undecided(hit))}" for hit in found.undecided[:3]]
    hidden = len(found.undecided) - len(out)
    out += [f"- and {numbers.plural(hidden, 'more inconclusive check')}"] if hidden > 0 else []
    return [*out, ""] if out else []


def _folded(run: Run, found: Account) -> list[str]:
    out = []
    also = [f"- {text(told)}" for cause in found.failing for told in sentences.also(cause)]
    if also:
        summary = f"{numbers.plural(found.counts.warnings, 'warning')} of the same causes"
        out += details(summary, also[:MOST_NOTES])
    if found.failing:
        out += _accept(run, found)
        commands = _commands(run, found)
        out += details("Reproduce", fenced(commands))
    known, absent = not_run(run), not_measured(run.cases)
    silent = [*known, *(f"not measured: {line}" if known else line for line in absent)]
    if silent:
        more = [f"- and {len(silent) - MOST_NOTES} more"] if len(silent) > MOST_NOTES else []
        summary = "Not measured" if not known else "Not run and not measured" if absent else "Not run"
        out += details(summary, [*(f"- {text(line, LONGEST_NOTE)}" for line in silent[:MOST_NOTES]), *more])
    if named := data_lines(run):
        out += details("Data", [f"- {text(line, LONGEST_NOTE)}" for line in named[:MOST_NOTES]])
    if run.notes:
        out += details(
            numbers.plural(len(run.notes), "note"),
            [f"- {text(note, LONGEST_NOTE)}" for note in run.notes[:MOST_NOTES]],
        )
    return [*out, ""] if out else []


def _accept(run: Run, found: Account) -> list[str]:
    """All ways that cover what failed; waivers only where they are few."""
    out = []
    for way in ways(run, found.failing):
        named = [*way.names, *([way.command] if way.command else [])]
        count = f" ({numbers.plural(way.cases, 'case')})"
        if way.lines and len(way.lines) > WAIVERS:
            out.append(
                f"- or {text(way.words.rstrip(':'))}{count}: the tables to paste are in the HTML report"
            )
            continue
        out.append(f"- {text(way.words)} {', '.join(code(name) for name in named)}{count}".replace("  ", " "))
        out += ["", *fenced(list(way.lines), "toml"), ""] if way.lines else []
    return details("Is this intended? How to accept it", out) if out else []


def _commands(run: Run, found: Account) -> list[str]:
    names = [name for name in found.telling[:3] if len(name) < 1000]
    commands = [row_text.command(name, run.baseline) for name in names]
    return [row_text.again(run.baseline), *commands]


def _legend(run: Run) -> str:
    at = f"{code(run.branch)} at {code(run.commit[:9])}" if run.commit else "outside a git repository"
    dirty = " with uncommitted changes" if run.dirty and run.commit else ""
    origin = f"{at}{dirty}, {text(baseline_text(run.baseline, run.started))}"
    marks = "✕ over its limit · ▲ warns · ? too close to decide"
    return f"<sub>{marks}. {origin}.</sub>"
