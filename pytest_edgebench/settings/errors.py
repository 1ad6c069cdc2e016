"""Messages of the room `settings`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles.errors import _nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.base.errors import DeclarationError


def waiver_key(where: str, key: str, known: Iterable[str]) -> SettingsError:
    return SettingsError(f"a waiver has no key {key!r}", where=where, fix=_nearest(key, known))


def waiver_missing(where: str, missing: Sequence[str], examples: Sequence[str]) -> SettingsError:
    return SettingsError(
        f"the waiver has no {', '.join(missing)}", where=where, fix=f"add {'; '.join(examples)}"
    )


def waiver_metric(where: str, metric: str, meant: str) -> SettingsError:
    return SettingsError(
        f"unknown metric {metric!r}; did you mean {meant!r}?", where=where, fix=f'write metric = "{meant}"'
    )


def waiver_limit(where: str, error: DeclarationError) -> SettingsError:
    said = error.what.removeprefix(f"{where}: ")
    return SettingsError(f"up_to: {said}", where=where, fix=error.fix)


def waiver_twice(where: str, case: str, metric: str, first: str) -> SettingsError:
    return SettingsError(
        f"{metric} of {case} is waived twice; the other is at {first}", where=where, fix="delete one of them"
    )


def option_empty(option: str, example: str) -> str:
    return f"{option} was given nothing (an unset variable?): write {example}, or leave it out"


def option_choice(option: str, given: str, known: Sequence[str]) -> str:
    return f"{option}: unknown value {given!r}; {_nearest(given, known)} It takes {', '.join(known)}"


def option_profile(given: str, known: Iterable[str]) -> str:
    import difflib  # worth its import only once something is wrong

    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"declared: {', '.join(names)}"
    return f"--edgebench-profile: unknown profile {given!r}; {hint}"


def option_swallowed(option: str, given: str, expected: str) -> str:
    """An option with an optional value took the path that followed it."""
    return (
        f"{option} took {given!r} for its value, which is {expected}: "
        f"write the test paths before {option}, or its value behind '='"
    )


def option_count(option: str, given: object, least: int) -> str:
    return f"{option} is a whole number, at least {least}, not {given!r}"


def option_folder(option: str, given: str) -> str:
    return f"{option} is to write a file, but {given!r} is a folder: add a file name"


def ini_value(key: str, said: str, example: str) -> str:
    return f"ini key {key}: {said}; write e.g. {key} = {example}"


def ini_outside(given: object, bounds: str) -> str:
    return f"{given!r} is not {bounds}"
