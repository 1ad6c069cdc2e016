"""Budgets on the worst of several calibrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_project import CONFTEST, Project

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = """

@eb.recipe
def drawn(net):
    return eb.quantize(net, "static-int8", calibration=eb.draws(3, 2), per_channel=False)
"""


def test_a_budget_names_the_worst(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.write(
        {
            "conftest.py": CONFTEST + DRAWN,
            "test_net.py": """
import pytest_edgebench as eb

@eb.cases(recipes="drawn")
@eb.budget(accuracy=["10 %", "worst 10 %", "median model - 90 points"])
def test_held(edge):
    edge.check()

@eb.cases(recipes="drawn")
@eb.budget(accuracy="worst model + 60 points", message="seen")
def test_broken(edge):
    edge.check()

@eb.cases(recipes="int8")
@eb.budget(accuracy="worst 1 %")
def test_none(edge):
    edge.check()
""",
        }
    )
    ran = project.run("-rA").calm()
    assert (ran.status, ran.outcomes) == (1, {"passed": 1, "failed": 2})
    assert "the recipe has one calibration; for the worst of several write calibration=eb.draws" in ran.text
    metrics = project.metrics("net-drawn-board")
    worst, median = metrics["accuracy.worst"]["value"], metrics["accuracy.median"]["value"]
    assert worst <= metrics["accuracy"]["value"] <= worst + metrics["accuracy.spread"]["value"]
    assert worst <= median
    assert metrics["accuracy.worst"]["n"] == 40
    assert metrics["accuracy.spread"]["unit"] == "points"
    assert metrics["accuracy.worst"]["note"].endswith("3 calibration draws")
    drawn = [line for line in project.built() if "Draws(count=3, samples=2)" in line]
    assert len(drawn) == 3, project.built()
