"""Users' profiles: read from the settings file, checked, and joined with what they extend."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from pytest_edgebench.base.deprecated import deprecated_at
from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles import errors
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.profiles.target import RENAMED, check_options

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.profiles.catalogue import Entry, Tables
    from pytest_edgebench.profiles.document import Document
    from pytest_edgebench.profiles.keys import Context
    from pytest_edgebench.profiles.target import Value

SECTIONS = ("profiles", "waivers")
HOST = Profile("host", extends=("host",), target="host")
"""The one profile of a user who declares none: as by ``extends = "host"``, without reading the catalogue."""

LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def settings_folder(folder: Path, inipath: Path | None) -> Path:
    """Where settings lie: beside pytest's ini file, or in `folder`, the root directory, without one."""
    # pytest -c /dev/null asks for no ini file: nothing lies beside that.
    return inipath.parent if inipath is not None and inipath.is_file() else folder


def settings_document(folder: Path, inipath: Path | None) -> Document | None:
    """The settings file in `settings_folder`; None where there is none.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or two files hold settings.
    """
    from pytest_edgebench.profiles.document import FILE, SHARED, read

    beside = settings_folder(folder, inipath)
    if not os.path.lexists(beside / FILE) and not (beside / SHARED).is_file():
        return None
    return read(beside)


def load_profiles(
    folder: Path, inipath: Path | None, extra: Tables | None = None, runtimes: Collection[str] = ()
) -> Mapping[str, Profile]:
    """The user's profiles by name, in the order of the file; `HOST` alone when none is declared.

    Args:
        folder: pytest's root directory.
        inipath: pytest's ini file, if there is one.
        extra: catalogue entries of other plugins.
        runtimes: names of other plugins' runtimes.

    Raises:
        SettingsError: with all problems of the file at once.
    """
    document = settings_document(folder, inipath)
    problems: list[SettingsError] = []
    profiles = read_profiles(document, extra, runtimes, problems)
    if problems:
        raise errors.several(problems)
    return profiles


def read_profiles(
    document: Document | None,
    extra: Tables | None,
    runtimes: Collection[str],
    problems: list[SettingsError],
) -> Mapping[str, Profile]:
    """As `load_profiles`, from a document; problems are appended and their profiles left out."""
    if document is None:
        return {HOST.name: HOST}
    for key in document.tables:
        if key not in SECTIONS:
            problems.append(errors.unknown_section(document.where(key), key, SECTIONS))
    tables = document.tables.get("profiles", {})
    if not isinstance(tables, Mapping):
        where, example = document.where("profiles"), "[profiles.NAME] above its keys"
        problems.append(errors.wrong_type(where, "a table of profiles", tables, example))
        return {}
    if not tables:
        return {HOST.name: HOST}
    from pytest_edgebench.profiles.keys import Context, own_runtimes

    entries = _entries(tables, extra, runtimes, problems)
    context = Context((*own_runtimes(), *runtimes), document.path.parent)
    profiles: dict[str, Profile] = {}
    for name, table in tables.items():
        profile = _profile(name, table, document, entries, context, problems)
        if profile is not None:
            profiles[name] = profile
    return profiles


def _entries(
    tables: Mapping[str, object],
    extra: Tables | None,
    runtimes: Collection[str],
    problems: list[SettingsError],
) -> Mapping[str, Entry] | None:
    """The catalogue where a profile needs it; None when it is itself wrong, which is then in `problems`."""
    if not any(isinstance(table, Mapping) and "extends" in table for table in tables.values()):
        return {}
    from pytest_edgebench.profiles.catalogue import load_catalogue

    try:
        return load_catalogue(extra, runtimes)
    except SettingsError as error:
        problems.append(error)
        return None


def _profile(
    name: str,
    table: object,
    document: Document,
    entries: Mapping[str, Entry] | None,
    context: Context,
    problems: list[SettingsError],
) -> Profile | None:
    from pytest_edgebench.profiles.keys import fields_of, read_keys

    place = document.where("profiles", name)
    before = len(problems)
    if not _NAME.fullmatch(name):
        problems.append(errors.profile_name(place, name))
    elif len(name) > LONGEST_NAME:
        problems.append(errors.long_name(place, len(name), LONGEST_NAME))
    if not isinstance(table, Mapping):
        problems.append(errors.wrong_type(place, "a table", table, f"[profiles.{name}] above its keys"))
        return None

    def at(key: str) -> str:
        return document.where("profiles", name, key)

    elsewhere = str(table.get("target", "")).startswith("ssh://")
    values = read_keys(table, at, dataclasses.replace(context, elsewhere=elsewhere), problems)
    own = values.get("target_options", {})
    given_options = table.get("target_options")
    for old, new in RENAMED.items():
        if isinstance(given_options, Mapping) and old in given_options:
            place_of = document.where("profiles", name, "target_options", old)
            deprecated_at(document.path, place_of, f"the target option {old!r}", f"{new} = ...")
    extends = values.get("extends")
    above: tuple[str, ...] = ()
    of_entry: Mapping[str, Value] = {}
    sources = {key: at(key) for key in values if key != "extends"}
    if extends is not None and entries is not None:
        if extends not in entries:
            declared = document.tables["profiles"]
            assert isinstance(declared, Mapping)  # its entries are being read
            problems.append(errors.unknown_entry(at("extends"), extends, entries, declared))
        else:
            from pytest_edgebench.profiles.catalogue import inherited, lineage

            above = tuple(entry.name for entry in lineage(extends, entries))
            given, known = inherited(extends, entries)
            values, sources = given | values, known | sources
            of_entry = given.get("target_options", {})
    options = {**of_entry, **own}
    if (options or values.get("target")) and ("target" in values or "target" not in table):
        kept, wrong = check_options(
            values.get("target", ""),
            options,
            lambda option: document.where("profiles", name, *filter(None, ("target_options", option))),
            frozenset(of_entry) - frozenset(own),
            document.path.parent,
        )
        problems += wrong
        values["target_options"] = kept
    if len(problems) > before:
        return None
    return Profile(name, above, **fields_of(values), sources=sources, place=place)
