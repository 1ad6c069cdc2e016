"""The run record: each type with its fields, from the classes themselves."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING

from pytest_edgebench.docs.generated.markdown import attributes, code, prose, table
from pytest_edgebench.record import margins, run, slices
from pytest_edgebench.record.schema import OLDEST, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = "Run record"
HEAD = f"""
`pytest --edgebench-json=run.json` writes it, and the HTML report holds it. `eb.load_run("run.json")` reads either, as the
types below; `.frame()` of it is a pandas table. This version writes schema {SCHEMA} and reads schemas {OLDEST} to {SCHEMA}.

In the file a field that has its default value is left out. `ArtifactRecord`s and `Observation`s, which many cases share, are
written once, in the lists `artifacts` and `observations`, and referred to by their index. `Infinity`, `-Infinity` and `NaN`
are texts.
"""
FIRST = ("Run", "CaseResult", "Check", "Row", "Metric", "Observation", "ArtifactRecord")
"""The order in which a reader meets them; others follow."""


def page() -> str:
    """A section for each type, `Run` first."""
    found = {each.__name__: each for each in types()}
    order = [*FIRST, *(name for name in found if name not in FIRST)]
    verdicts = ", ".join(code(verdict.value) for verdict in run.SEVERITY)
    return (
        f"# {HEADING}\n{HEAD}"
        + "".join(_section(found[name]) for name in order)
        + (f"\n## Verdict\n\nFrom best to worst: {verdicts}.\n")
    )


def types() -> Iterator[type]:
    """The dataclasses of the record, in the order of their names."""
    for module in (run, slices, margins):
        for _, found in inspect.getmembers(module, inspect.isclass):
            if dataclasses.is_dataclass(found) and found.__module__ == module.__name__:
                yield found


def _section(documented: type) -> str:
    said = attributes(documented)
    about = prose((inspect.getdoc(documented) or "").partition("\n")[0])
    rows = [
        (code(field.name), code(str(field.type).replace("|", "or")), said.get(field.name, ""))
        for field in dataclasses.fields(documented)
    ]
    return f"\n## {documented.__name__}\n\n{about}\n\n{table(('field', 'type', 'meaning'), rows)}"
