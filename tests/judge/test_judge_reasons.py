"""Each reason is given when its cause is there, names its figure and what to do, and is silent otherwise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from pytest_edgebench.judge.reasons import TREND_P, TREND_SIZE, Readings, explain, reasons
from pytest_edgebench.judge.relative_latency import decide

QUIET = Readings(load_average=0.3, cpus=2, threads=1, steal_percent=0.0, clock_s=1e-9, unit_s=2e-4)


def noise(n: int, sd: float = 0.003, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sd, n)


def decision(q: np.ndarray, *, capped: bool = False):  # type: ignore[no-untyped-def]
    return decide(q, limit=1.03, alpha_fail=1e-4, alpha_pass=0.01, capped=capped)


def test_a_quiet_machine_gives_none() -> None:
    assert reasons(QUIET, noise(70)) == ()
    assert reasons(Readings(), []) == ()


@pytest.mark.parametrize(
    ("readings", "start", "advice"),
    [
        (Readings(load_average=2.4, cpus=2), "the load average was 2.40 on 2 CPUs", "stop what else runs"),
        (Readings(load_average=0.9, cpus=2, threads=2), "the load average was 0.900", "needs 2: stop"),
        (Readings(steal_percent=4.21), "the hypervisor took 4.21 % of the CPU time", "not shared"),
        (Readings(clock_s=1e-6, unit_s=4.5e-5), "a timed unit of 45.0 µs is too short for a clock", "batch"),
        (Readings(capped=True, cap_s=20.0), "the time cap of 20 s was reached after 70 loads", "raise it"),
        (Readings(capped=True), "the time cap was reached after 70 loads", "raise it"),
    ],
)  # fmt: skip
def test_readings(readings: Readings, start: str, advice: str) -> None:
    (text,) = reasons(readings, noise(70))
    assert text.startswith(start)
    assert advice in text


def test_cap_of_loads() -> None:
    (text,) = reasons(QUIET, noise(420))
    assert text.startswith("420 loads were not enough")


def test_equal_ratios_mean_a_coarse_clock() -> None:
    (text,) = reasons(QUIET, np.round(noise(25), 2))
    assert "different ratios: the clock is too coarse" in text


def test_drift() -> None:
    (text,) = reasons(QUIET, noise(50) + np.linspace(0, 0.02, 50))
    assert text.startswith("the ratio drifted by +")
    assert "from the first load to the last" in text
    assert text.endswith("let it settle and run again")


def test_two_groups() -> None:
    q = np.where(np.arange(50) % 5 < 2, 0.06, 0.0) + noise(50)
    found = reasons(QUIET, q)
    (text,) = [text for text in found if "two groups" in text]
    assert text.startswith("loads fall into two groups, 30 round ")
    assert ", 30 round" in text
    assert "20 round +6." in text


def test_scatter() -> None:
    (text,) = reasons(QUIET, noise(50, 0.02))
    assert text.startswith("loads differ by ")
    assert "use a quieter machine" in text


def test_a_null_control_that_did_not_pass() -> None:
    broken = decision(math.log(1.2) + noise(140))
    (text,) = reasons(Readings(null=broken), noise(20))
    assert text.startswith("the null control did not pass: a model against its own byte copy shows +2")
    assert reasons(Readings(null=decision(noise(6))), noise(20)) == ()


@pytest.mark.parametrize("n", [13, 18, 25, 50, 139])
@pytest.mark.parametrize("shape", ["normal", "laplace", "uniform"])
def test_ordinary_loads_are_rarely_called_drifting_or_grouped(n: int, shape: str) -> None:
    generator = np.random.default_rng(n)
    false = 0
    for _ in range(300):
        q = getattr(generator, shape)(*((-0.007, 0.007) if shape == "uniform" else (0, 0.004)), n)
        false += any("drifted" in text or "two groups" in text for text in reasons(QUIET, q))
    assert false <= 6


def test_explain_only_what_is_open() -> None:
    passed = decision(noise(6))
    assert explain(passed, QUIET, noise(6)) is passed
    q = math.log(1.03) + noise(52, 0.004, seed=3)
    open_ = decision(q, capped=True)
    found = explain(open_, Readings(capped=True, cap_s=20.0), q)
    assert found.reasons == (
        "the time cap of 20 s was reached after 52 loads: raise it, or set the limit further away",
    )
    assert explain(open_, QUIET, q).reasons[0].startswith("the change is too close to the limit")
    assert explain(found, Readings(capped=True, cap_s=20.0), q).reasons == found.reasons


def test_drift_is_kendalls_test() -> None:
    """Told at p <= TREND_P of scipy's asymptotic test, over trends of every size."""
    told = []
    for seed in range(120):
        n = 9 + seed % 40
        q = noise(n, 0.01, seed) + np.linspace(0, 0.03 * (seed % 3), n)
        p = stats.kendalltau(np.arange(n), q, method="asymptotic").pvalue
        slope = np.polyfit(np.arange(n), q, 1)[0]
        expected = p <= TREND_P and abs(slope) * (n - 1) >= TREND_SIZE
        assert any("drifted" in text for text in reasons(QUIET, q)) == expected
        told.append(expected)
    assert 20 < sum(told) < 100


@pytest.mark.parametrize(("few", "grouped"), [(3, False), (4, True), (10, True), (16, True), (17, False)])
def test_a_group_is_at_least_a_fifth_of_the_loads(few: int, grouped: bool) -> None:
    q = np.where(np.arange(20) < few, 0.06, 0.0) + noise(20, 0.001)
    q = np.random.default_rng(0).permutation(q)
    found = [text for text in reasons(QUIET, q) if "two groups" in text]
    assert bool(found) == grouped
    if grouped:
        assert found[0].startswith(f"loads fall into two groups, {20 - few} round ")


@pytest.mark.parametrize(("swapped", "told"), [(0, True), (2, True), (3, False)])
def test_the_least_orderly_of_nine_loads_that_drift(swapped: int, told: bool) -> None:
    """Of 36 pairs 2 the other way: p = 0.00085; 3: p = 0.0018."""
    q = np.linspace(0, 0.05, 9)
    for place in range(swapped):
        q[[2 * place, 2 * place + 1]] = q[[2 * place + 1, 2 * place]]
    assert any("drifted" in text for text in reasons(QUIET, q)) == told
