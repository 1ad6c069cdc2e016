"""Seeded runs of the whole rule: false alarms stay under alpha, known changes are found."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from pytest_edgebench.judge.looks import N_MAX
from pytest_edgebench.judge.relative_latency import Decision, Outcome, decide
from pytest_edgebench.judge.student import binomial_tail

STREAMS = 5000
Noise = Callable[[np.random.Generator], "np.ndarray[tuple[int], np.dtype[np.float64]]"]

NOISES: dict[str, Noise] = {
    "normal": lambda r: r.normal(0, 0.004, N_MAX),
    "laplace": lambda r: r.laplace(0, 0.003, N_MAX),
    "bimodal": lambda r: r.choice([-0.01, 0.01], N_MAX) + r.normal(0, 0.001, N_MAX),
}


def decisions(change: float, noise: Noise, count: int, alpha: float, seed: int) -> list[Decision]:
    generator = np.random.default_rng(seed)
    shift = math.log(1 + change)
    return [
        decide(shift + noise(generator), limit=1.03, alpha_fail=alpha, alpha_pass=0.01) for _ in range(count)
    ]


def verdicts(found: list[Decision]) -> Counter[Outcome]:
    return Counter(decision.verdict for decision in found)


@pytest.mark.parametrize("name", NOISES)
def test_an_unchanged_model_never_fails(name: str) -> None:
    found = verdicts(decisions(0.0, NOISES[name], STREAMS, 0.01, seed=1))
    assert found[Outcome.FAIL] == 0
    assert found[Outcome.PASS] >= 0.999 * STREAMS


@pytest.mark.parametrize("name", NOISES)
def test_a_change_at_the_very_limit_fails_at_most_at_alpha(name: str) -> None:
    """The hardest model that must not fail: a higher count would happen once in 1,000 at alpha."""
    alpha = 0.01
    count = verdicts(decisions(0.03, NOISES[name], STREAMS, alpha, seed=2))[Outcome.FAIL]
    assert binomial_tail(count, STREAMS, alpha) > 0.001


@pytest.mark.parametrize("name", ["normal", "laplace"])
def test_a_change_at_the_very_limit_passes_at_most_at_alpha(name: str) -> None:
    count = verdicts(decisions(0.03, NOISES[name], STREAMS, 0.01, seed=3))[Outcome.PASS]
    assert binomial_tail(count, STREAMS, 0.01) > 0.001


@pytest.mark.parametrize("name", ["normal", "laplace"])
def test_five_percent_is_always_found(name: str) -> None:
    found = decisions(0.05, NOISES[name], 1000, 1e-4, seed=4)
    assert verdicts(found) == {Outcome.FAIL: 1000}
    assert float(np.median([decision.look for decision in found])) <= 13


@pytest.mark.parametrize(
    ("change", "verdict", "fewest", "most"),
    [
        (0.0, Outcome.PASS, 6, 9),
        (0.01, Outcome.PASS, 6, 9),
        (0.02, Outcome.PASS, 6, 9),
        (0.025, Outcome.PASS, 9, 13),
        (0.035, Outcome.FAIL, 18, 25),
        (0.04, Outcome.FAIL, 13, 18),
        (0.05, Outcome.FAIL, 13, 13),
    ],
)
def test_the_table_of_a_fast_model(change: float, verdict: Outcome, fewest: int, most: int) -> None:
    """A load's sd of 0.3 %, 83 to 116 cells: verdict and median loads of the published table."""
    found = decisions(change, lambda r: r.normal(0, 0.003, N_MAX), 400, 0.01 / 100, seed=5)
    assert verdicts(found) == {verdict: 400}
    assert fewest <= float(np.median([decision.look for decision in found])) <= most


@pytest.mark.parametrize(("change", "verdict"), [(0.02, Outcome.PASS), (0.05, Outcome.FAIL)])
def test_the_table_of_a_noisy_model(change: float, verdict: Outcome) -> None:
    """A load's sd of 1.3 %."""
    found = verdicts(decisions(change, lambda r: r.normal(0, 0.013, N_MAX), 200, 0.01 / 100, seed=6))
    assert found == {verdict: 200}
