"""Messages of the room `case`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DeclarationError, MeasureError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def no_baseline() -> str:
    return (
        "there is no baseline to update from: run with --edgebench-baseline=main, or accept a state with "
        "--edgebench-update-baseline"
    )


def not_a_case() -> str:
    return "only a case's own file is an update of the accepted one"


def does_not_fit(profile: str, why: Sequence[str], where: str) -> UnsupportedError:
    return UnsupportedError(
        f"it does not fit into {profile}, so it was not run: {'; '.join(why)}",
        where=where,
        fix="compress it further, or leave it out of this profile with profiles= in eb.recipe",
    )


def not_run(profile: str, why: Sequence[str]) -> str:
    return f"left out: the model does not fit into {profile}: {'; '.join(why)}"


def over_flash(size: str, flash: str) -> str:
    return f"its files take {size}, the flash is {flash}"


def over_ram(what: str, need: str, ram: str) -> str:
    return f"{what} takes {need}, the RAM is {ram}"


def not_given(profile: str, what: str, kind: str, gives: Iterable[str]) -> str:
    given = " and ".join(sorted(gives))
    return f"target {kind!r} of {profile} gives {given} only, so {what} is not available"


def only_described(profile: str, what: str) -> str:
    return (
        f'{profile} is not connected: {what} needs a profile with target = "host", '
        "or a measurement on the device"
    )


def unknown_attribute(name: str, known: str) -> str:
    return f"this case has no {name!r}; known: {known}"


def no_unit(name: str, given: object, measured: str) -> DeclarationError:
    return DeclarationError(
        f"{name} is {measured}, and {given!r} has no unit",
        fix=f'compare with text, e.g. edge.{name} < "{measured}", or use edge.{name}.value',
    )


def not_compared(name: str, given: str, measured: str, why: str) -> DeclarationError:
    return DeclarationError(
        f"{name} is {measured} and cannot be compared with {given!r}: {why}",
        fix=f'write a number with a unit, e.g. "{measured}"',
    )


def other_unit(name: str, unit: str, other: str) -> DeclarationError:
    return DeclarationError(
        f"{name} is in {unit or 'plain numbers'} and cannot be compared with {other or 'a plain number'}",
        fix="compare metrics of one unit",
    )


def only_a_floor(name: str, measured: str, sign: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{name} is {measured}, so it is not known whether it is {sign} {given}",
        fix="look at the note of the metric for what could not be counted",
    )


def not_timed() -> str:
    return "nothing is timed in a session that looks at exact numbers only"


def source_failed(name: str, owner: str, cause: Exception, where: str) -> MeasureError:
    return MeasureError(
        f"the metric source {name!r} of {owner} failed: {type(cause).__name__}: {cause}",
        where=where,
        fix=f"report it to {owner}, or drop the budget that asks for it",
    )


def source_gave(name: str, owner: str, metric: str, given: object, where: str) -> MeasureError:
    return MeasureError(
        f"the metric source {name!r} of {owner} gave {given!r} for {metric!r}: not a Metric in the unit that "
        "its GIVES has",
        where=where,
        fix=f"report it to {owner}, or drop the budget that asks for it",
    )


def no_instructions(profile: str) -> str:
    return (
        f"nothing counts the instructions of {profile} here: give it a target that does, "
        'e.g. target = "qemu", or leave it out of the budget'
    )


def gave_none(metric: str) -> str:
    return f"no number of {metric!r}, and its source does not say why"
