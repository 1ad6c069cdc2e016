"""The fit of cycles to work, and the errors of networks left out."""

from __future__ import annotations

import math

import pytest

from pytest_edgebench.predict import fit
from pytest_edgebench.predict.features import Features


def work(conv: float, outputs: float, depthwise: float = 0.0) -> Features:
    return Features(conv, 0.0, depthwise, 0.0, outputs, operators=9)


def points(*rows: tuple[str, float, float, float]) -> list[fit.Point]:
    return [fit.Point(network, work(conv, outputs), cycles) for network, conv, outputs, cycles in rows]


def exact(number: int) -> list[fit.Point]:
    """Networks that cost exactly 2 cycles a product, 30 an output, 1000 an inference."""
    sizes = [(1e4 * 3**i, 2e3 * 2 ** (i % 3)) for i in range(number)]
    return points(*((f"net{i}", m, o, 2 * m + 30 * o + 1e3) for i, (m, o) in enumerate(sizes)))


TERMS = ("macs", "outputs", "inference")


def test_coefficients_that_made_the_points_are_found() -> None:
    assert fit.coefficients(exact(6), TERMS) == pytest.approx((2.0, 30.0, 1000.0), rel=1e-6)


def test_none_is_negative() -> None:
    """Free least squares would give outputs a negative cost here."""
    found = fit.coefficients(points(("a", 100, 10, 200), ("b", 100, 50, 100), ("c", 100, 90, 50)), TERMS[:2])
    assert found[0] > 0
    assert found[1] == 0


def test_errors_are_relative_not_absolute() -> None:
    """The large network must not outvote the small ones."""
    found = fit.coefficients(points(("a", 10, 0, 10), ("b", 10, 0, 10), ("c", 1e6, 0, 3e6)), ("macs",))
    assert found[0] < 1.5


def test_inputs_sizes_of_a_network_are_left_out_together() -> None:
    """With its other input size in the fit, the strange network would be predicted well."""
    given = points(
        ("plain", 1e6, 0, 1e6), ("plain too", 2e6, 0, 2e6), ("odd", 1e6, 0, 9e6), ("odd", 2e6, 0, 18e6)
    )
    held = fit.left_out(given, ("macs",))
    assert [one.error for one in held[2:]] == pytest.approx([-math.log(9)] * 2)
    assert [one.covered for one in held[2:]] == [False, False]


def test_networks_of_one_law_are_predicted_and_covered() -> None:
    held = fit.left_out(exact(7), TERMS)
    assert max(abs(one.error) for one in held) < 1e-6


def test_two_networks_give_errors_without_an_interval() -> None:
    held = fit.left_out(points(("a", 1, 0, 1), ("b", 1, 0, 2)), ("macs",))
    assert [one.covered for one in held] == [None, None]


@pytest.mark.parametrize(
    "count, rank",
    [(8, 8), (9, 9), (11, 11), (19, 18), (29, 27)],
    ids=["range", "first conformal", "11", "19", "29"],
)
def test_the_half_width_is_the_rank_that_the_level_needs(count: int, rank: int) -> None:
    errors = [(-1) ** i * float(i) for i in range(count, 0, -1)]
    assert fit.half_width(errors) == rank


def test_a_point_without_work_is_refused() -> None:
    with pytest.raises(ValueError, match="a cost and work"):
        fit.coefficients(points(("a", 0, 0, 5)), ("macs",))


def test_an_unknown_term_is_named() -> None:
    with pytest.raises(ValueError, match="no feature 'maccs'; there are conv, dense"):
        work(1, 1).value("conv+maccs")


def test_terms_are_sums() -> None:
    features = Features(1, 2, 4, 8, outputs=16, operators=32)
    assert (features.macs, features.value("conv+depthwise"), features.value("inference")) == (15, 5, 1)
