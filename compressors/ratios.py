"""Ratios of single layers, and how a ratio is reached over several rounds."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from pytest_edgebench.compressors import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

Schedule = Literal["linear", "cubic"]
LayerRatios = tuple[tuple[str, float], ...]


def checked(given: Any) -> LayerRatios:
    """Pairs of pattern and ratio, of a mapping or of such pairs.

    Raises:
        DeclarationError: no patterns, or ratios outside of 0 <= ratio < 1.
    """
    pairs = tuple(given.items()) if isinstance(given, Mapping) else given
    if not _are_pairs(pairs) or not all(0 <= ratio < 1 for _, ratio in pairs):
        raise errors.bad_layer_ratios(given)
    return pairs


def checked_ranks(given: Any) -> LayerRatios:
    """As `checked`, of shares of a rank: 0 < ratio <= 1, where 1 leaves a layer whole.

    Raises:
        DeclarationError: no patterns, or other ratios.
    """
    pairs = tuple(given.items()) if isinstance(given, Mapping) else given
    if not _are_pairs(pairs) or not all(0 < ratio <= 1 for _, ratio in pairs):
        raise errors.bad_layer_ranks(given)
    return pairs


def _are_pairs(pairs: Any) -> TypeGuard[LayerRatios]:
    """Whether each is a pattern with a number."""
    if not isinstance(pairs, tuple) or not all(isinstance(p, tuple) and len(p) == 2 for p in pairs):
        return False
    return all(
        isinstance(pattern, str)
        and pattern
        and isinstance(ratio, int | float)
        and not isinstance(ratio, bool)
        for pattern, ratio in pairs
    )


def by_layer(step: str, pairs: LayerRatios, names: Iterable[str]) -> dict[str, float]:
    """Layer → the ratio of the first pattern that matches it; others are left out.

    Raises:
        BuildError: a pattern that matches no layer.
    """
    known = [*names]
    for pattern, _ in pairs:
        if not fnmatch.filter(known, pattern):
            raise errors.layer_ratios_match_nothing(step, pattern, known)
    found: dict[str, float] = {}
    for pattern, ratio in pairs:
        for name in fnmatch.filter(known, pattern):
            found.setdefault(name, ratio)
    return found


def reached(schedule: Schedule, done: int, rounds: int) -> float:
    """The share of the ratio that is to be reached after so many of the rounds.

    "linear": as much in each; "cubic": much at first, little in the end (Zhu and Gupta 2017).
    """
    share = done / rounds
    return 1 - (1 - share) ** 3 if schedule == "cubic" else share
