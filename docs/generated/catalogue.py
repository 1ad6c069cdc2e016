"""The entries of the catalogue, each figure with its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_edgebench.docs.generated.markdown import anchored, code, table
from pytest_edgebench.profiles.catalogue import inherited, load_catalogue
from pytest_edgebench.profiles.quantities import format_bytes, format_hertz

if TYPE_CHECKING:
    from pytest_edgebench.profiles.catalogue import Entry

    Entries = Mapping[str, Entry]

HEADING = "Catalogue of hardware"
HEAD = """
What `extends` in a profile may name. A profile takes every key of its entry and may override each. `edgebench profiles NAME`
prints an entry, and which of its numbers can be measured from here.
"""


def page() -> str:
    """An overview, then the figures of each entry with their sources."""
    entries = load_catalogue()
    rows = [(f"[`{name}`](#{name})", *_overview(name, entries)) for name in entries]
    head = ("entry", "CPU", "RAM", "flash", "runtime")
    sections = (_section(entry, entries) for entry in entries.values())
    return f"# {HEADING}\n{HEAD}\n{table(head, rows)}{''.join(sections)}"


def _overview(name: str, entries: Entries) -> tuple[str, ...]:
    values, _ = inherited(name, entries)
    return tuple(
        _shown(key, values[key]) if key in values else "" for key in ("cpu", "ram", "flash", "runtime")
    )


def _section(entry: Entry, entries: Entries) -> str:
    values, sources = inherited(entry.name, entries)
    extends = f"Extends [`{entry.extends}`](#{entry.extends}).\n\n" if entry.extends else ""
    rows = [(code(key), _shown(key, values[key]), source) for key, source in sources.items()]
    return f"\n{anchored(entry.name, entry.name, 2)}\n{extends}{table(('key', 'value', 'source'), rows)}"


def _shown(key: str, value: Any) -> str:
    if key in ("ram", "flash"):
        return format_bytes(value)
    if key == "clock":
        return format_hertz(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {one}" for name, one in value.items())
    return ", ".join(value) if isinstance(value, tuple) else str(value)
