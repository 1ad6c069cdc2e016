"""Messages of the room `recipe_search`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable


EXAMPLE = 'steps=[[eb.Prune(0.3), eb.Prune(0.5)], eb.Quantize("static-int8")]'
_UPDATE_FROM = 'write update_from="deployed.onnx"'


def not_a_model(given: object) -> DeclarationError:
    return DeclarationError(
        f"eb.search starts from an eb.Model, not from a {type(given).__name__}",
        fix="give the model itself; what a recipe does to it belongs into steps=",
    )


def no_steps(given: object) -> DeclarationError:
    return DeclarationError(f"eb.search has no steps to try: {given!r}", fix=f"write e.g. {EXAMPLE}")


def not_steps(given: object) -> DeclarationError:
    return DeclarationError(
        f"{given!r} is neither a step nor a list of steps of which one is taken", fix=f"write e.g. {EXAMPLE}"
    )


def too_many(most: int) -> DeclarationError:
    return DeclarationError(
        f"these steps make more than {most:,} chains", fix="give fewer steps, or fewer alternatives for each"
    )


def unknown_profile(name: str, known: Iterable[str]) -> DeclarationError:
    return DeclarationError(
        f"eb.search knows no profile {name!r}", fix=f"name one of {', '.join(known)}, or declare it"
    )


def unknown_objective(given: object, known: Iterable[str]) -> DeclarationError:
    return DeclarationError(
        f"objective={given!r} is nothing that eb.search finds", fix=f"write one of {', '.join(known)}"
    )


def unknown_metric(metric: str, known: Iterable[str]) -> DeclarationError:
    if metric == "update":
        return DeclarationError("a budget on update needs the file that devices have now", fix=_UPDATE_FROM)
    return DeclarationError(
        f"eb.search cannot hold a chain to a budget for {metric!r}", fix=f"use {', '.join(known)}"
    )


def no_baseline(metric: str, text: str) -> DeclarationError:
    return DeclarationError(
        f"{metric}={text!r} is relative to a baseline, which a search has not",
        fix=f"write it relative to the model, e.g. {text.replace('baseline', 'model')!r}",
    )


def no_update_from() -> DeclarationError:
    return DeclarationError("objective='update' needs the file that devices have now", fix=_UPDATE_FROM)


def no_deployed(given: object) -> DeclarationError:
    shown = str(given) if isinstance(given, Path) else given
    return DeclarationError(
        f"update_from={shown!r} is not a file",
        fix="give the path of the model file that devices have now",
    )


def no_patches(why: str) -> DeclarationError:
    return DeclarationError(f"update_from= cannot be used: {why}")


def no_slices(metric: str, text: str) -> DeclarationError:
    return DeclarationError(
        f"{metric}={text!r} is about slices, which a search does not judge",
        fix="limit the score of all samples, and put the budget on slices on a test of what was found",
    )


def not_timed(profile: str) -> DeclarationError:
    return DeclarationError(
        f"latency cannot be found on {profile!r}, which is not connected",
        fix='search on a profile with target = "host", or for another objective and budget',
    )


def bad_minutes(given: object) -> DeclarationError:
    return DeclarationError(f"minutes={given!r} is not a time", fix="write a number above 0, e.g. minutes=30")
