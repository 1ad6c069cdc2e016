"""Further sections of the HTML report, each a file of its own: in this room, or in another package.

A part is a module with a constant `PART`, its title, and a function ``rows(run)``: the section's table, its
heads first; nothing where it has nothing to show. It is found by that constant among the files of `reports`,
or by an entry point of ``pytest_edgebench.report_parts`` that names the module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import discovery

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

ROOM, MARKER, GROUP = "reports", "PART", "report_parts"


@dataclass(frozen=True, slots=True)
class Section:
    """A part as the page shows it.

    Attributes:
        name: of its module or entry point. rows: of its table.
        problem: why there is no table; "" where there is one.
    """

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    problem: str = ""


def sections(run: Run) -> tuple[Section, ...]:
    """The parts that have something to show of a run; one that fails is shown with its error.

    Raises:
        SettingsError: two packages register a part by one name.
    """
    found = (_section(name, run) for name in discovery.names(ROOM, MARKER, GROUP))
    return tuple(section for section in found if section is not None)


def _section(name: str, run: Run) -> Section | None:
    title = name
    try:
        module: Any = discovery.module(ROOM, MARKER, GROUP, name)
        title = str(module.PART)
        table = [tuple(map(str, row)) for row in module.rows(run)]
        if len({len(row) for row in table}) > 1:
            raise ValueError("its rows differ in length")
    except Exception as cause:  # noqa: BLE001 - it is another's code, and the report is wanted without it, too
        return Section(name, title, (), (), f"This part failed: {type(cause).__name__}: {cause}")
    return Section(name, title, table[0], tuple(table[1:])) if table else None
