"""Messages about slices, where they are declared and in budgets."""

from __future__ import annotations

from typing import Any

from pytest_edgebench.base.errors import DeclarationError


def no_slices(given: Any) -> DeclarationError:
    kind = type(given).__name__
    return DeclarationError(
        f"slices= is a {kind}, not what eb.slices returns", fix="write slices=eb.slices(...)"
    )


def no_name(metric: str, text: str, place: str) -> DeclarationError:
    fix = f'write {metric}="slice NAME 85 %", or "worst slice 85 %" for the worst of all'
    return DeclarationError(f'{metric}="{text}": the slice has no name', where=place, fix=fix)


def no_reference(metric: str, text: str, name: str, place: str) -> DeclarationError:
    return DeclarationError(
        f'{metric}="{text}": the limit does not say what it is relative to',
        where=place,
        fix=f'write {metric}="slice {name} model - 2 points", or baseline in place of model',
    )


def of_scores_only(metric: str, text: str, place: str) -> DeclarationError:
    return DeclarationError(
        f'{metric}="{text}": {metric} is not a score, and only a score has a value on a slice of the samples',
        where=place,
        fix='put the limit on the model\'s score, e.g. accuracy="worst slice 85 %"',
    )
