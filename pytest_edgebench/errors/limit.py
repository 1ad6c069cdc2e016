"""Messages about the text of one limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable


def _error(metric: str, text: str, why: str, fix: str, place: str) -> DeclarationError:
    return DeclarationError(f'{metric}="{text}": {why}', where=place, fix=fix)


def not_understood(metric: str, text: str, example: str, place: str) -> DeclarationError:
    if not text.strip():
        why = "the limit is empty"
    elif not any(sign.isdigit() for sign in text):
        why = "there is no number in it"
    elif text.strip()[0] in "<>=≤≥":
        why = "a limit takes no comparison sign; whether more or less is better is known from the metric"
    else:
        why = "this is not a limit"
    fix = f'write a number with its unit, e.g. {metric}="{example}", or "model + 5 %", "baseline - 1 points"'
    return _error(metric, text, why, fix, place)


def unknown_unit(
    metric: str, text: str, unit: str, units: Iterable[str], example: str, place: str
) -> DeclarationError:
    known = [known for known in units if known]
    why = f"unit {unit!r} does not fit {metric}" if unit else "the number has no unit"
    same = [known for known in known if known.casefold() == unit.casefold()]
    if not known:
        fix = f'{metric} is a plain number; write {metric}="{example}"'
    elif unit and same:
        fix = f"did you mean {same[0]!r}?"
    else:
        fix = f"write one of: {', '.join(dict.fromkeys(known))}"
    return _error(metric, text, why, fix, place)


def not_finite(metric: str, text: str, place: str) -> DeclarationError:
    return _error(metric, text, "the number is not finite", "write a finite number, or drop the limit", place)


def negative(metric: str, text: str, place: str) -> DeclarationError:
    return _error(
        metric,
        text,
        "the number is negative",
        'write it without sign; for a distance from the uncompressed model write "model - ..."',
        place,
    )


def over_hundred(metric: str, text: str, place: str) -> DeclarationError:
    return _error(metric, text, "no model reaches more than 100 %", "write at most 100 %", place)


def nothing_left(metric: str, text: str, place: str) -> DeclarationError:
    return _error(metric, text, "nothing would be left of the reference", "write less than 100 %", place)


def no_statistics(metric: str, text: str, statistic: str, place: str) -> DeclarationError:
    why = f"{metric} is one number, without a {statistic}"
    return _error(metric, text, why, f"drop {statistic!r}", place)


def unknown_statistic(
    metric: str, text: str, statistic: str, known: Iterable[str], place: str
) -> DeclarationError:
    fix = f"write one of: {', '.join(known)}"
    return _error(metric, text, f"statistic {statistic!r} does not exist", fix, place)


def relative_statistic(text: str, suggestion: str, place: str) -> DeclarationError:
    return _error(
        "latency",
        text,
        "latency relative to another model is judged on pairs of calls, which have no statistic of their own",
        f'write latency="{suggestion}"',
        place,
    )


def not_compared(metric: str, text: str, place: str) -> DeclarationError:
    return _error(
        metric,
        text,
        f"{metric} is not compared with another model: single measurements of it differ too much",
        "write an absolute limit, or a relative one on latency",
        place,
    )


def against_host(metric: str, text: str, example: str, place: str) -> DeclarationError:
    return _error(
        metric,
        text,
        f"{metric} compares a target with the host on the same file, not with another model",
        f'write an absolute limit, e.g. {metric}="{example}"',
        place,
    )


def percent_of_score(metric: str, text: str, suggestion: str, place: str) -> DeclarationError:
    return _error(
        metric,
        text,
        "% of a score is ambiguous; a distance between scores is given in points",
        f'write {metric}="{suggestion}"',
        place,
    )


def points_of_no_score(metric: str, text: str, place: str) -> DeclarationError:
    return _error(metric, text, "points are for scores", "write % or the metric's own unit", place)


def same_slot(metric: str, first: str, second: str, place: str) -> DeclarationError:
    return DeclarationError(
        f'"{first}" and "{second}" both limit the same thing of {metric}', where=place, fix="delete one"
    )


def narrow(text: str, place: str) -> str:
    return (
        f'{place}: latency="{text}" is nearer to equal than 1 %; equal models may stay undecided: '
        "a limit is decided within half a point to one point, so leave 1 % or more"
    )
