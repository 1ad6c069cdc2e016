"""The catalogue: hardware described once, each figure with its source, for users' profiles to extend."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles import errors
from pytest_edgebench.profiles.keys import Context, fields_of, own_runtimes, read_keys
from pytest_edgebench.profiles.profile import Profile

FOLDER = Path(__file__).parent / "catalogue"
NO_SOURCE_NEEDED = frozenset({"extends", "target", "target_options"})
"""Keys that are no figures: how entries hang together, and how a target is reached."""

Tables = Mapping[str, Mapping[str, object]]
"""Entry → its table, as the TOML files and ``pytest_edgebench_profiles`` give it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, by itself.

    Attributes:
        extends: the entry it builds on; "" for none.
        values: keys it sets → checked values.
        sources: keys it sets → where the figure comes from.
        place: the file (or hook) and the entry's name.
    """

    name: str
    extends: str
    place: str
    values: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


def load_catalogue(extra: Tables | None = None, runtimes: Collection[str] = ()) -> dict[str, Entry]:
    """All entries of the package, and those of other plugins.

    Args:
        extra: entries of other plugins.
        runtimes: names that `runtime` may have.

    Raises:
        SettingsError: an entry of another plugin is wrong, has figures without a source, has a name that is
            taken, or extends nothing or itself. All problems at once.
    """
    import tomllib

    entries: dict[str, Entry] = {}
    problems: list[SettingsError] = []
    context = Context((*own_runtimes(), *runtimes))
    for path in sorted(FOLDER.glob("*.toml")):
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            _add(entries, name, table, f"catalogue/{path.name}", context, problems)
    for name, given in (extra or {}).items():
        _add(entries, name, given, "pytest_edgebench_profiles", context, problems)
    for entry in entries.values():
        try:
            lineage(entry.name, entries)
        except SettingsError as error:
            problems.append(error)
    if problems:
        raise errors.several(problems)
    return entries


def lineage(name: str, entries: Mapping[str, Entry]) -> tuple[Entry, ...]:
    """An entry and those it builds on, nearest first.

    Raises:
        KeyError: there is no entry `name`.
        SettingsError: one of them extends nothing or itself.
    """
    found = [entries[name]]
    while parent := found[-1].extends:
        where = f"{found[-1].place}.extends"
        if parent not in entries:
            raise errors.unknown_entry(where, parent, entries, ())
        found.append(entries[parent])
        if parent in [entry.name for entry in found[:-1]]:
            raise errors.endless(where, [entry.name for entry in found])
    return tuple(found)


def inherited(name: str, entries: Mapping[str, Entry]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and sources of an entry with what it builds on; the nearest wins, key by key."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for entry in reversed(lineage(name, entries)):
        values |= entry.values
        sources |= entry.sources
    return values, sources


def described(name: str, entries: Mapping[str, Entry]) -> Profile:
    """An entry as a profile of its own name, e.g. to show it."""
    values, sources = inherited(name, entries)
    above = tuple(entry.name for entry in lineage(name, entries)[1:])
    return Profile(name, above, **fields_of(values), sources=sources, place=entries[name].place)


def _add(
    entries: dict[str, Entry],
    name: str,
    table: object,
    origin: str,
    context: Context,
    problems: list[SettingsError],
) -> None:
    place = f"{origin}: {name}"
    if name in entries:
        problems.append(errors.entry_twice(place, name, entries[name].place))
        return
    if not isinstance(table, Mapping):
        example = 'e.g. {"cpu": ..., "sources": {...}}'
        problems.append(errors.wrong_type(place, "a table of keys", table, example))
        return
    values = read_keys(table, lambda key: f"{place}.{key}", context, problems, further=("sources",))
    sources = table.get("sources", {})
    if not isinstance(sources, Mapping):
        where, example = f"{place}.sources", 'e.g. sources.ram = "datasheet"'
        problems.append(errors.wrong_type(where, "a table of sources", sources, example))
        return
    for key in table:
        if key in NO_SOURCE_NEEDED or key not in values:
            continue
        if not isinstance(source := sources.get(key), str) or not source.strip():
            problems.append(errors.no_source(f"{place}.{key}", key))
    problems += [errors.source_without_figure(f"{place}.sources", key) for key in sources if key not in table]
    extends = values.pop("extends", "")
    entries[name] = Entry(name, extends, place, values, dict(sources))
