"""The comment for a pull request, and the step summary: Markdown that GitHub and GitLab show alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_edgebench.reports import lines, numbers, status
from pytest_edgebench.reports.absent import not_run
from pytest_edgebench.reports.accept import ways
from pytest_edgebench.reports.items import Item, attention, broken
from pytest_edgebench.reports.terminal import counts
from pytest_edgebench.reports.view import baseline_text

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

MARKER = "<!-- edgebench -->"
"""Lets a bot find its comment of the last push and replace it."""
MOST_CHARACTERS = 65_536 - 512
"""GitHub's limit of a comment, less room for what a bot may add."""
MOST_ROWS = 10
MOST_COMMANDS = 5
_LONGEST_CELL = 300
_SPECIAL = re.compile(r"([\\`*_\[\]#|~<>&$])")


def render(run: Run) -> str:
    """The comment; less than 65,536 characters, its first line says the verdict and whether to act."""
    found = attention(run)
    outcome = status.of_run(run, broken(found))
    head = [f"### {outcome.status.glyph} edgebench: {_verdict(outcome)}", MARKER, "", _origin(run), ""]
    if run.problems:
        head += [*(f"- **✕ {text(problem)}**" for problem in run.problems[:20]), ""]
    tail = _tail(run, found)
    worst = [_row(item) for item in found[:MOST_ROWS]]
    rest = [_row(item) for item in found[MOST_ROWS:]]
    body = _join(head, worst, rest, 0, tail)
    hidden = 0
    while len(body) >= MOST_CHARACTERS and rest:
        # Rows are dropped from the end, where they are least urgent, and counted.
        drop = max(1, len(rest) // 8)
        rest, hidden = rest[:-drop], hidden + drop
        body = _join(head, worst, rest, hidden, tail)
    return (
        body
        if len(body) < MOST_CHARACTERS
        else body[: MOST_CHARACTERS - 60] + "\n\n… cut here: see the HTML report\n"
    )


def _verdict(outcome: status.Outcome) -> str:
    if not outcome.act:
        return f"no action needed, {outcome.sentence}"
    return f"{outcome.sentence}, please read"


def _origin(run: Run) -> str:
    at = f"{code(run.branch)} at {code(run.commit[:9])}" if run.commit else "outside a git repository"
    dirty = " with uncommitted changes" if run.dirty and run.commit else ""
    return f"{at}{dirty}, {text(baseline_text(run.baseline, run.started))}. {text(counts(run))}."


def _join(head: list[str], worst: list[str], rest: list[str], hidden: int, tail: list[str]) -> str:
    out = list(head)
    if worst:
        out += [*_HEAD, *worst, ""]
    if rest or hidden:
        out += [f"<details><summary>{numbers.plural(len(rest) + hidden, 'more row')}</summary>", ""]
        out += [*_HEAD, *rest, ""] if rest else []
        out += (
            [f"{numbers.plural(hidden, 'row')} left out: this comment is full. See the HTML report.", ""]
            if hidden
            else []
        )
        out += ["</details>", ""]
    return "\n".join([*out, *tail]).rstrip() + "\n"


_HEAD = (
    "| | case | metric | measured | budget | use | against | evidence |",
    "|---|---|---|---:|---:|---:|---:|---|",
)


def _row(item: Item) -> str:
    name = code(item.subject)
    if item.row is None:
        first = next((line for line in item.reason.splitlines() if line.strip()), "no reason was recorded")
        cells = [item.status.glyph, name, f"{item.status.label}: {text(first)}", "", "", "", "", ""]
        return f"| {' | '.join(cells)} |"
    shown = lines.shown(item.row)
    measured = " ".join(part for part in (f"**{text(shown.measured)}**", text(shown.interval)) if part)
    place = f"<br>{code(item.row.place)}" if item.row.place else ""
    change = f"{shown.change} {shown.against}".strip()
    against = ", ".join(text(part) for part in (change, shown.p, shown.since) if part)
    words = f"<br>{text(shown.words)}" if shown.words else ""
    remarks = " ".join(text(remark) for remark in lines.remarks(item.row))
    cells = [
        item.status.glyph,
        name + (" (only warns)" if item.row.level == "warn" else ""),
        text(shown.metric),
        measured,
        text(shown.bound) + words + place,
        shown.use,
        against,
        ", ".join(part for part in (text(shown.evidence), remarks) if part),
    ]
    return f"| {' | '.join(cells)} |"


def _tail(run: Run, found: list[Item]) -> list[str]:
    out = []
    silent = not_run(run)
    if silent:
        out += ["**Not run**", "", *(f"- {text(sentence)}" for sentence in silent[:10])]
        out += [f"- and {len(silent) - 10} more", ""] if len(silent) > 10 else [""]
    out += [*(f"- Note: {text(note)}" for note in run.notes[:10]), ""] if run.notes else []
    if not found:
        return out
    nodeids = list(dict.fromkeys(nodeid for item in found for nodeid in item.nodeids[:1]))
    commands = [
        lines.command(nodeid, run.baseline) for nodeid in nodeids[:MOST_COMMANDS] if len(nodeid) < 1000
    ]
    out += ["**Run again**", "", *fenced([*commands, "pytest --lf --edgebench-show=all"]), ""]
    accept = ways(run, [(item.cases[0].key, item.row) for item in found if item.row is not None])
    if accept:
        out += ["**To accept this**", ""]
        for way in accept:
            names = f" {', '.join(code(name) for name in way.names)}" if way.names else ""
            out += [f"- {text(way.words)}{names}"]
            out += ["", *fenced(list(way.lines), "toml")] if way.lines else []
        out += [""]
    return out


def code(given: str) -> str:
    """A name as a code span that nothing in it can end, short enough for a table."""
    name = _short(lines.plain(given)).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", name)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{name}{space}{fence}" if name.strip() else "–"


def text(given: str) -> str:
    """Plain text: no mark of Markdown or HTML works in it, and nobody is mentioned by it."""
    cleaned = _SPECIAL.sub(r"\\\1", _short(lines.plain(given)))
    # "\<" is enough for Markdown; entities keep HTML sanitizers out of the question.
    return (
        cleaned.replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;").replace("@", "@\u200b")
    )


def fenced(commands: list[str], language: str = "sh") -> list[str]:
    """Lines as a block of code, with a fence that none of them can end."""
    longest = max((len(run) for command in commands for run in re.findall("`+", command)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *commands, fence]


def _short(given: str) -> str:
    return given if len(given) <= _LONGEST_CELL else f"{given[: _LONGEST_CELL - 1]}…"
