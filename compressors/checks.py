"""Parameters that several steps have, refused where they mean nothing."""

from __future__ import annotations

from typing import Any

from pytest_edgebench.errors import build as errors
from pytest_edgebench.errors import compress


def check_ratio(ratio: object) -> None:
    """Refuse what is no share of weights.

    Raises:
        DeclarationError: not a number between 0 and 1.
    """
    if not _is_share(ratio):
        raise errors.bad_ratio(ratio)


def check_rank(ratio: object) -> None:
    """Refuse what is no share of a rank.

    Raises:
        DeclarationError: not a number between 0 and 1.
    """
    if not _is_share(ratio):
        raise compress.bad_rank(ratio)


def check_finetune(finetune: object, rounds: object) -> None:
    """Refuse what cannot be called, and rounds that are none or without training between them.

    Raises:
        DeclarationError: either.
    """
    if finetune is not None and not callable(finetune):
        raise errors.bad_finetune(finetune)
    if type(rounds) is not int or rounds < 1:
        raise compress.not_a_count("rounds", rounds)
    if rounds > 1 and finetune is None:
        raise compress.rounds_without_finetune(rounds)


def patterns(name: str, given: Any) -> tuple[str, ...]:
    """One pattern or several as a tuple.

    Args:
        name: of the parameter.

    Raises:
        DeclarationError: something else.
    """
    found = (given,) if isinstance(given, str) else given
    if not isinstance(found, tuple) or not all(isinstance(pattern, str) and pattern for pattern in found):
        raise errors.bad_patterns(name, given)
    return found


def _is_share(given: Any) -> bool:
    """Whether it is a number between 0 and 1; NaN is not."""
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < 1
