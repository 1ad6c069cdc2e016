"""The joint fit: what one group shows helps another, and its own measurements win."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_edgebench.predict import hierarchy
from pytest_edgebench.predict.features import Features
from pytest_edgebench.predict.fit import Point
from pytest_edgebench.predict.hierarchy import Key, Prior, Spread, worked

PRIOR = Prior(
    ("conv", "depthwise", "inference"),
    start=(2.0, 2.0, 1000.0),
    open=(1.0, 1.0, 1.0),
    all=1.0,
    core=Spread(0.7, 0.0),
    software=Spread(0.5, 0.1),
    version=Spread(0.3, 0.05),
    pair=Spread(0.05, 0.0),
    error=0.02,
)
ONE, NEXT = Key("m4", "engine", "1.0"), Key("m4", "engine", "2.0")
OTHER = Key("m7", "engine", "1.0")
COSTS = (1.5, 6.0, 3000.0)


def work(conv: float, depthwise: float = 0.0) -> Features:
    return Features(conv, 0.0, depthwise, 0.0, outputs=10.0, operators=9)


def point(network: str, conv: float, depthwise: float, factor: float = 1.0) -> Point:
    a, b, c = COSTS
    return Point(network, work(conv, depthwise), factor * (a * conv + b * depthwise + c))


SIX = [point(f"net{i}", 1e4 * 3**i, 5e3 * 2 ** (5 - i)) for i in range(6)]


def test_costs_that_made_the_points_are_found() -> None:
    (found,) = hierarchy.fit({ONE: SIX}, replace(PRIOR, error=0.001)).values()
    assert found == pytest.approx(COSTS, rel=0.03)


def test_the_shape_of_a_core_and_the_factor_of_a_version_are_taken_together() -> None:
    """One network of the next version, of convolutions alone: its depthwise cost follows the factor."""
    faster = [point("net0", 1e6, 0.0, factor=0.5)]
    costs = hierarchy.fit({ONE: SIX, NEXT: faster}, PRIOR)
    assert costs[NEXT][0] == pytest.approx(0.75, rel=0.1)
    assert costs[NEXT][1] == pytest.approx(3.0, rel=0.25)


def test_measurements_of_its_own_beat_what_others_show() -> None:
    slow = [point(one.network, one.features.conv, one.features.depthwise, factor=3.0) for one in SIX]
    costs = hierarchy.fit({ONE: SIX, OTHER: slow}, PRIOR)
    assert costs[OTHER][0] / costs[ONE][0] == pytest.approx(3.0, rel=0.05)


def test_boards_of_one_network_weigh_as_one_measurement() -> None:
    odd = point("odd", 1e5, 0.0, factor=2.0)
    once, often = (hierarchy.fit({ONE: [*SIX, *[odd] * many]}, PRIOR)[ONE] for many in (1, 20))
    assert often == pytest.approx(once, rel=1e-6)


def test_networks_are_left_out_everywhere_together() -> None:
    """In the other group the strange network would give its cost away."""
    strange = [point("strange", 1e6, 0.0, factor=9.0)]
    held = hierarchy.left_out({ONE: [*SIX, *strange], OTHER: [*SIX, *strange]}, PRIOR)
    for key in (ONE, OTHER):
        (one,) = [one for one in held[key] if one.point.network == "strange"]
        assert one.error < -1.8
        assert one.spread is None


def test_networks_that_are_not_to_be_seen_are_not_predicted() -> None:
    held = hierarchy.left_out({ONE: SIX}, PRIOR, without=("net2",))
    assert {one.point.network for one in held[ONE]} == {f"net{i}" for i in (0, 1, 3, 4, 5)}


@pytest.mark.parametrize("cost, conv", [(0.0, 1.0), (float("nan"), 1.0), (5.0, float("inf"))])
def test_a_point_without_work_or_cost_is_refused(cost: float, conv: float) -> None:
    with pytest.raises(ValueError, match="a cost and work"):
        hierarchy.fit({ONE: [Point("a", work(conv), cost)]}, PRIOR)


def test_only_software_that_drops_channels_does_what_is_left() -> None:
    whole = replace(work(10.0), left=work(4.0))
    assert [worked(whole, drops).conv for drops in (True, False)] == [4.0, 10.0]
    assert worked(work(10.0), drops=True).conv == 10.0
