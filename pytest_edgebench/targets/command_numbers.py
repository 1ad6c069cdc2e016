"""The numbers in the answer of a user's own program: finite, positive, and no larger than can be.

A time that was measured cannot be longer than the request itself took here. One that is predicted or
emulated can, and is bounded by a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.targets import command_errors as errors
from pytest_edgebench.workers.told import MOST, is_finite, is_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_S = 1e-9  # a few cycles of the fastest clocks: nothing is loaded or run in less
LONGEST_S = 86_400.0
MEASURED = frozenset({"host", "device"})
SLACK, STEP_S = 1.02, 0.02  # two clocks differ a little
BOARD: Mapping[str, tuple[float, float]] = {"load": (0, 1e6), "celsius": (-274, 1000), "cpus": (1, 1e6)}
"""What is told of a board → its smallest and largest value."""
GOVERNOR_LENGTH = 40


def longest(evidence: str, took_s: float) -> float:
    """The longest time, in seconds, that an answer of some evidence can tell after a request of `took_s`."""
    return took_s * SLACK + STEP_S if evidence in MEASURED else LONGEST_S


def seconds(answer: Mapping[str, Any], key: str, program: str, longest_s: float) -> float | None:
    """A time above 0; None where it is not given.

    Raises:
        MeasureError: no number, or one that no time can be.
    """
    value = answer.get(key)
    if value is None:
        return None
    if not is_finite(value) or not value > 0:
        raise errors.wrong_key(program, key, "seconds above 0", value)
    return _bounded(value, key, program, longest_s)


def calls(
    answer: Mapping[str, Any], asked: int, seconds_s: float, program: str, longest_s: float
) -> list[float]:
    """Seconds of each call, or their mean alone.

    Args:
        asked: how many calls were asked for; fewer are enough once they take `seconds_s` together.

    Raises:
        MeasureError: no list of numbers, one that no time can be, or too few.
    """
    values, mean = answer.get("calls_s"), seconds(answer, "mean_s", program, longest_s)
    if values is None and mean is not None:
        return [mean]
    if mean is not None:
        raise errors.calls_and_mean(program)
    if not isinstance(values, list) or not values or not all(is_finite(v) and v > 0 for v in values):
        raise errors.wrong_key(program, "calls_s", "a list of seconds above 0, one for each call", values)
    found = [_bounded(value, "calls_s", program, longest_s) for value in values]
    if len(found) < asked and sum(found) < seconds_s:
        raise errors.too_few_calls(program, len(found), asked)
    return found


def whole(answer: Mapping[str, Any], key: str, program: str) -> int:
    """A whole number above 0.

    Raises:
        MeasureError: it is none, or too large.
    """
    value = answer.get(key)
    if not is_whole(value):
        raise errors.wrong_key(program, key, f"a whole number above 0, at most {MOST:,}", value)
    return value


def counts(answer: Mapping[str, Any], program: str) -> list[int]:
    """Instructions of each inference.

    Raises:
        MeasureError: no list of whole numbers above 0, or one that is too large.
    """
    values = answer.get("instructions")
    if not isinstance(values, list) or not values or not all(is_whole(value) for value in values):
        wanted = f"a list of whole numbers above 0, at most {MOST:,}, one for each inference"
        raise errors.wrong_key(program, "instructions", wanted, values)
    return list(values)


def board(answer: Mapping[str, Any], program: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the program tells of the device before and after; empty where it tells nothing.

    Raises:
        MeasureError: another key, or a value that cannot be.
    """
    told = answer.get("board")
    if told is None:
        return {}, {}
    if not isinstance(told, dict) or set(told) != {"before", "after"}:
        raise errors.wrong_key(program, "board", 'an object with "before" and "after"', told)
    return _reading(told["before"], "before", program), _reading(told["after"], "after", program)


def _reading(reading: object, when: str, program: str) -> dict[str, Any]:
    if not isinstance(reading, dict) or reading.keys() - {"governor", *BOARD}:
        raise errors.wrong_key(
            program, f"board.{when}", "an object of load, celsius, governor, cpus", reading
        )
    for key, value in reading.items():
        if key == "governor":
            good = isinstance(value, str) and value.isprintable() and len(value) <= GOVERNOR_LENGTH
            wanted = f"text of at most {GOVERNOR_LENGTH} characters"
        else:
            low, high = BOARD[key]
            good = is_finite(value) and low <= value <= high
            wanted = f"a number from {low:g} to {high:g}"
        if not good:
            raise errors.wrong_key(program, f"board.{when}.{key}", wanted, value)
    return {"cpus": 1, **reading}


def _bounded(value: float, key: str, program: str, longest_s: float) -> float:
    if value < SHORTEST_S:
        raise errors.too_short(program, key, value, SHORTEST_S)
    if value > longest_s:
        raise errors.too_long(program, key, value, longest_s)
    return float(value)
