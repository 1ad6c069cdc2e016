"""A metric of another package is in budgets, in the record and in reports.

An energy meter is tried in whole sessions in `tests/plugin/test_whole_energy.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from other_package import Other

SOURCE = """
from pytest_edgebench.metrics.protocol import Metric, MetricInfo

UNITS = {"rad": "1", "krad": "1e3"}
GIVES = {"dose": MetricInfo("rad", "exact", "dose the file bears", units=UNITS, on_request=True)}
NEEDS = "file"


def measure(view):
    return {"dose": Metric(1e6 / view.artifact.size, "rad", "static", 1)} if view.artifact.size > 100 else {}


def why(view):
    return {"dose": "nobody has irradiated so small a file"}
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(dose="%s")
def test_budget(edge):
    edge.check()
"""


def test_a_metric_has_a_budget(other: Other) -> None:
    other.install("metrics", "radiation", SOURCE)
    (other.project / "test_net.py").write_text(TEST % "50 krad")
    kept = other.pytest("--edgebench-json=run.json")
    assert kept.returncode == 0, kept.stdout
    record = json.loads((other.project / "run.json").read_text())
    (observation,) = [each for each in record["observations"] if "dose" in each["metrics"]]
    assert observation["metrics"]["dose"]["unit"] == "rad"
    (other.project / "test_net.py").write_text(TEST % "0.1 krad")
    broken = other.pytest("--edgebench-show=all")
    assert broken.returncode == 1
    assert "dose 0.736 krad > 0.1 krad" in broken.stdout, broken.stdout


def test_a_file_that_is_no_source(other: Other) -> None:
    other.install("metrics", "radiation", SOURCE.replace("def why", "def because"))
    (other.project / "test_net.py").write_text(TEST % "50 krad")
    refused = other.pytest()
    assert refused.returncode != 0
    assert "the metric source 'radiation' of other-package has no GIVES" in refused.stdout, refused.stdout


def test_a_name_that_is_taken(other: Other) -> None:
    other.install("metrics", "radiation", SOURCE.replace('"dose"', '"size"').replace('"rad"', '"B"'))
    (other.project / "test_net.py").write_text(TEST % "50 krad")
    refused = other.pytest()
    assert refused.returncode != 0
    assert "the metric 'size' has two sources: static and radiation" in refused.stdout, refused.stdout
