"""The HTML report: one file that needs no network, no script and no other file."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_edgebench.base.collector import settled
from pytest_edgebench.base.text import HIDDEN, unseen
from pytest_edgebench.record import store
from pytest_edgebench.reports import squeeze
from pytest_edgebench.reports.view import method, view

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jinja2 import Environment

    from pytest_edgebench.record.run import Run

PLAIN_BELOW = 64_000
"""A record of more characters than this is packed: 96 cases are some 400 kB as plain JSON, 70 kB packed."""

MOST_CASES = 2000
"""A page of more cases than this leaves the rows of those that need no attention to a file beside it."""


def files_of(run: Run, path: Path, record: Iterable[str] = "") -> list[tuple[Path, Iterable[str]]]:
    """The files of a report to be written to `path`: the page, and beside it the record of a large run.

    Above `MOST_CASES` cases the page has the rows that need attention, the matrix and the summary; all rows
    are in the record, a JSON file of the page's name.

    Args:
        record: text of the record, whole or in pieces, where it has been made already.
    """
    if len(run.cases) <= MOST_CASES:
        return [(path, render(run))]
    beside = path.with_suffix(".json")
    return [(path, render(run, beside.name)), (beside, record or store.dump(run))]


def render(run: Run, beside: str = "") -> str:
    """The report of a run as one HTML text.

    With `beside`, the name of the file that has the record, the page is the short one of a large run. Else
    the full record is in ``<script type="application/json" id="data">``: `record.store.load` reads it from
    the HTML file. Its numbers are short ones, and fewer of a list: what can be drawn.
    """
    with settled():
        return _rendered(run, beside)


def _rendered(run: Run, beside: str) -> str:
    environment = _environment()
    style, script = squeeze.style(_template("report.css")), squeeze.script(_template("report.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = environment.get_template("report.html.j2").render(
        page=view(run, beside),
        method=method(),
        style=_safe(style),
        script=_safe(script),
        script_digest=digest,
        data=_safe(_data(run, beside)),
    )
    head, body, tail = text.partition("</main>")
    text = squeeze.markup(head) + body + tail
    # Memo over the whole page: names are in too many places to look at each. The data has none of these left.
    return unseen().sub(HIDDEN, text) + "\n"


def _data(run: Run, beside: str) -> str:
    """The record or where it lies, so written that no name in it can end the script element."""
    if beside:
        text = store.pointer(beside)
    else:
        text = store.dump(run, short=True)
        if len(text) > PLAIN_BELOW:
            text = store.pack(text)
    # Signs that the page would not show as they are must still be in its data as they are.
    return unseen().sub(lambda found: json.dumps(found[0])[1:-1], text.replace("<", "\\u003c"))


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # no constants to fold; folding takes a tenth of the time of compiling
    )
    environment.filters["fragment"] = fragment
    return environment


@functools.cache
def _template(name: str) -> str:
    return (files("pytest_edgebench.reports") / "templates" / name).read_text("utf-8")


@functools.cache
def _safe(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


@functools.lru_cache(maxsize=20_000)
def fragment(key: str) -> str:
    """The part of a link after ``#case=`` that finds the element whose id ends in `key`."""
    return quote(unseen().sub(HIDDEN, key))
