"""Messages of the room `lint`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from pytest_edgebench.base.errors import SettingsError


def not_a_rule(name: str, owner: str, given: object) -> SettingsError:
    return SettingsError(
        f"lint rule {name!r} of {owner} is a {type(given).__name__}, not a rule",
        fix="let the entry point name a pytest_edgebench.lint.rule.Rule, or a tuple of them",
    )


def same_id(name: str, owner: str, id_: str) -> SettingsError:
    return SettingsError(
        f"lint rule {name!r} of {owner} has the id {id_}, which another rule has",
        fix="give it an id of its own; EB and three digits are those of pytest-edgebench",
    )
