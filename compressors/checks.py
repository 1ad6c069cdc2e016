"""Parameters that several steps have, refused where they mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pytest_edgebench.compressors import errors, training_errors
from pytest_edgebench.compressors.ratios import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        raise errors.bad_rank(ratio)


def check_finetune(finetune: object, rounds: object) -> None:
    """Refuse what cannot be called, and rounds that are none or without training between them.

    Raises:
        DeclarationError: either.
    """
    if finetune is not None and not callable(finetune):
        raise errors.bad_finetune(finetune)
    if type(rounds) is not int or rounds < 1:
        raise errors.not_a_count("rounds", rounds)
    if rounds > 1 and finetune is None:
        raise errors.rounds_without_finetune(rounds)


def check_data(step: str, data: Any) -> None:
    """Refuse what can be no training data.

    Raises:
        DeclarationError: not a function, a collection or a path.
    """
    several = hasattr(data, "__iter__") or hasattr(data, "__getitem__")
    if not (data is None or callable(data) or several or isinstance(data, Path)):
        raise training_errors.bad_data(step, data)


def check_schedule(schedule: object, rounds: int) -> None:
    """Refuse what is no schedule, and one without rounds.

    Raises:
        DeclarationError: either.
    """
    if schedule not in get_args(Schedule):
        raise errors.not_a_choice("schedule", schedule, get_args(Schedule))
    if schedule != "linear" and rounds == 1:
        raise errors.schedule_without_rounds(schedule)


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


def scheme_rules(given: Any, schemes: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    """Pairs of a pattern and a scheme, also from a mapping.

    Raises:
        DeclarationError: something else.
    """
    pairs = tuple(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, tuple):
        raise errors.bad_rules(given, schemes)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not pair[0] or pair[1] not in schemes:
            raise errors.bad_rules(given, schemes)
        patterns("rules", pair[0])
    return pairs


def _is_share(given: Any) -> bool:
    """Whether it is a number between 0 and 1; NaN is not."""
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < 1
