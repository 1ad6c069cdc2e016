"""What installed plugins add to profiles, for commands, which have no session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pytest_edgebench.profiles.catalogue import Tables


def from_plugins() -> tuple[Tables, Collection[str]]:
    """Catalogue entries and names of runtimes that installed plugins bring.

    Plugins named in a conftest.py are not seen: finding these is pytest's own work.
    """
    import pytest

    from pytest_edgebench import hookspecs

    manager = pytest.PytestPluginManager()
    manager.set_blocked("edgebench")
    manager.add_hookspecs(hookspecs)
    manager.load_setuptools_entrypoints("pytest11")
    entries: dict[str, Mapping[str, object]] = {}
    runtimes: set[str] = set()
    for tables in manager.hook.pytest_edgebench_profiles():
        entries |= tables
    for names in manager.hook.pytest_edgebench_runtimes():
        runtimes |= set(names)
    return entries, runtimes
