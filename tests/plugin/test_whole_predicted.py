"""Boards that are not here in whole sessions: predicted latency and memory, or why there is none."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_project import Project, Ran

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(size=(64, 1, 16, 16)).astype("float32")
Y = X.mean((1, 2, 3)) > 0


def network():
    from torch import nn

    layers = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()]
    for _ in range(4):
        layers += [nn.Conv2d(16, 16, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AvgPool2d(16), nn.Flatten(), nn.Linear(16, 2))


@eb.model
def net():
    return eb.Model(network, data=(X, Y.astype(int)), score=eb.top1, calibration=X)


@eb.recipe
def int8(net):
    return eb.quantize(net, "static-int8")
"""
PROFILES = """
[profiles.m33]
extends = "b-u585i-iot02a"
runtime = "litert"
predicted_by = "x-cube-ai-8.1"

[profiles.m33-asleep]
extends = "cortex-m33"
runtime = "litert"
predicted_by = "x-cube-ai-8.1"

[profiles.pi]
extends = "raspberry-pi-4"
"""
TEST = """
import pytest
import pytest_edgebench as eb


@eb.cases(profiles="m33", recipes="int8")
@eb.budget(latency="1 s", ram="1 MB", flash="1 MB", evidence="predicted")
def test_roomy(edge):
    edge.check()
    assert edge.latency.p50.evidence == edge.ram.evidence == "predicted"
    with pytest.raises(eb.DataError, match="only what is typical"):
        edge.latency.p95


@eb.cases(profiles="m33", recipes="int8")
@eb.budget(latency="1 ms")
def test_slow(edge):
    edge.check()


@eb.cases(profiles="m33", recipes="int8")
@eb.budget(ram="10 kB")
def test_near(edge):
    edge.check()


@eb.cases(profiles="m33", recipes="int8")
@eb.budget(latency="model + 5 %", flash="model + 1 %")
def test_compared(edge):
    edge.check()


@eb.cases(profiles="m33", recipes="original")
@eb.budget(latency="1 s")
def test_float(edge):
    edge.check()


@eb.cases(profiles="m33-asleep", recipes="int8")
@eb.budget(latency="1 s")
def test_clock(edge):
    edge.check()


@eb.cases(profiles="pi", recipes="original")
@eb.budget(latency="1 s")
def test_pi(edge):
    edge.check()
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, dict[str, Any]]:
    project = Project(tmp_path_factory.mktemp("boards"), plain=True)
    project.write({"conftest.py": CONFTEST, "test_it.py": TEST, "edgebench.toml": PROFILES})
    found = project.run("-rA")
    return found, project.record()


def row(run: dict[str, Any], test: str, metric: str) -> dict[str, Any]:
    checks = [check for case in run["cases"] for check in case["checks"] if test in check["nodeid"]]
    (found,) = [
        row for check in checks for row in check["rows"] if row["metric"] == metric and row.get("place")
    ]
    return dict(found)


def test_a_prediction_has_an_interval_and_says_what_it_rests_on(ran: tuple[Ran, dict[str, Any]]) -> None:
    found = row(ran[1], "test_roomy", "latency")
    measured = found["measured"]
    assert (found["verdict"], found["level"]) == ("PASS", "error")
    assert measured["evidence"] == "predicted"
    assert measured["n"] == 6
    assert measured["low"] < measured["value"] < measured["high"]
    assert "cortex-m33 with x-cube-ai-8.1 at 160 MHz" in measured["note"]
    assert row(ran[1], "test_roomy", "flash")["measured"]["n"] == 4


def test_only_the_whole_interval_decides(ran: tuple[Ran, dict[str, Any]]) -> None:
    slow, near = row(ran[1], "test_slow", "latency"), row(ran[1], "test_near", "ram")
    assert slow["verdict"] == "FAIL"
    assert "predicted to be at least" in slow["reason"]
    assert near["verdict"] == "INCONCLUSIVE"
    assert "lies inside what is predicted" in near["reason"]


def test_predictions_are_not_compared(ran: tuple[Ran, dict[str, Any]]) -> None:
    for metric in ("latency", "flash"):
        found = row(ran[1], "test_compared", metric)
        assert found["verdict"] == "FAIL"
        assert "only predicted" in found["reason"]


@pytest.mark.parametrize(
    "test, why",
    [
        (
            "test_float",
            "this network computes in floats, and the published measurements are of int8 networks",
        ),
        ("test_clock", 'names a core and no clock; give it one: clock = "480 MHz"'),
        ("test_pi", "latency on pi is not available: not connected, and predictions need .tflite"),
    ],
)
def test_a_refusal_fails_and_says_why(ran: tuple[Ran, dict[str, Any]], test: str, why: str) -> None:
    found = row(ran[1], test, "latency")
    assert found["verdict"] == "FAIL"
    assert why in found["reason"]
