"""Which rules there are: those of the files in `rules`, and those that other packages register."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_edgebench.base import discovery
from pytest_edgebench.lint import errors
from pytest_edgebench.lint.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "rules"
"""Of entry points: each names a `Rule`, or a tuple of them."""


def own() -> list[Rule]:
    """Those of this package, in the order of their ids."""
    room = f"{discovery.PACKAGE}.lint.rules"
    modules = [importlib.import_module(f"{room}.{name}") for name in discovery.files("lint.rules", "RULES")]
    return sorted((rule for module in modules for rule in module.RULES), key=lambda rule: rule.id)


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """All, in the order of their ids.

    Raises:
        SettingsError: what another package registers is no rule, or has the id of another.
    """
    found = {rule.id: rule for rule in own()}
    for name, owner, rule in _registered():
        if rule.id in found:
            raise errors.same_id(name, owner, rule.id)
        found[rule.id] = rule
    return tuple(sorted(found.values(), key=lambda rule: rule.id))


def _registered() -> Iterator[tuple[str, str, Rule]]:
    for name, point in discovery.entry_points(GROUP).items():
        given = discovery.loaded(point, GROUP)
        for rule in given if isinstance(given, tuple) else (given,):
            if not isinstance(rule, Rule):
                raise errors.not_a_rule(name, discovery.owner(point), rule)
            yield name, discovery.owner(point), rule
