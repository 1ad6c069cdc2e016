"""Half-widths of intervals, sums of features, ranges."""

from __future__ import annotations

import math

import pytest

from pytest_edgebench.predict import fit
from pytest_edgebench.predict.features import Features
from pytest_edgebench.predict.ranges import outside, ranges_of


def work(conv: float, outputs: float, depthwise: float = 0.0) -> Features:
    return Features(conv, 0.0, depthwise, 0.0, outputs, operators=9)


def held(*errors: float, networks: int) -> list[fit.Held]:
    """Errors, in turn of one of so many networks."""
    points = [fit.Point(f"net{at}", work(1, 1), 1.0) for at in range(networks)]
    return [fit.Held(points[at % networks], 1.0, error, None) for at, error in enumerate(errors)]


@pytest.mark.parametrize("count, rank", [(9, 9), (11, 11), (19, 18), (29, 27)])
def test_with_many_networks_the_half_width_is_the_rank_that_the_level_needs(count: int, rank: int) -> None:
    errors = [(-1) ** i * float(i) for i in range(count, 0, -1)]
    assert fit.half_width(held(*errors, networks=9)) == rank


@pytest.mark.parametrize("networks, t", [(1, 6.314), (3, 2.353), (8, 1.860)])
def test_with_few_networks_it_is_that_of_students_t(networks: int, t: float) -> None:
    """Quantiles of a table; all errors are 0.1, so their root mean square is too."""
    found = fit.half_width(held(*[0.1, -0.1] * 12, networks=networks))
    assert found == pytest.approx(0.1 * t * math.sqrt(1 + 1 / networks), rel=1e-3)


def test_networks_weigh_alike_whatever_the_number_of_their_measurements() -> None:
    often = [fit.Held(fit.Point("often", work(1, 1), 1.0), 1.0, 0.0, None)] * 50
    once = [fit.Held(fit.Point("once", work(1, 1), 1.0), 1.0, 0.2, None)]
    assert fit.half_width(often + once) == pytest.approx(2.920 * math.sqrt(1.5 * 0.02), rel=1e-3)


def test_no_errors_give_no_interval() -> None:
    with pytest.raises(ValueError, match="an interval needs errors"):
        fit.half_width([])


def test_an_unknown_term_is_named() -> None:
    with pytest.raises(ValueError, match="no feature 'maccs'; there are conv, dense"):
        work(1, 1).value("conv+maccs")


def test_terms_are_sums() -> None:
    features = Features(1, 2, 4, 8, outputs=16, operators=32)
    assert (features.macs, features.value("conv+depthwise"), features.value("inference")) == (15, 5, 1)


def test_ranges_and_what_lies_farthest_outside() -> None:
    many = [work(100, 10, depthwise=5), work(400, 40)]
    found = {term: (low, high) for term, (low, high) in ranges_of(many, ["outputs"], ["depthwise"]).items()}
    assert found == {"outputs": (10, 40), "depthwise": (0, 5)}
    assert outside(work(1, 40), found) is None
    beyond = outside(work(1, 80, depthwise=6), found)
    assert beyond is not None
    assert beyond.term == "outputs"
    assert beyond.distance == pytest.approx(math.log(2))
    below = outside(work(1, 5), found)
    assert below is not None
    assert below.distance == pytest.approx(math.log(2))
    for strange in (outside(work(1, 0), found), outside(work(1, 1), {"conv": (0.0, 0.0)})):
        assert strange is not None
        assert strange.distance == math.inf
