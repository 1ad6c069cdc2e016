"""Model files through recipes: what holds, what cannot be built, what is expected to fail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from plugin_project import CONFTEST, Project

if TYPE_CHECKING:
    from pathlib import Path

PRUNED = """

@eb.recipe
def pruned(net):
    return eb.prune(net, 0.5)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_a_file_through_two_recipes(project: Project) -> None:
    project.write(
        {
            "test_net.py": """
import pytest_edgebench as eb

@eb.budget(size=["20 kB", "model - 30 %"])
@eb.budget(recipes="int8", float_ops="1")
def test_budget(edge):
    edge.check()

@eb.cases(recipes="int8")
def test_integers(edge):
    assert edge.ops["MatMulInteger"] == 2
    assert edge.steps[-1].step.startswith("Quantize")
    assert edge.parent.size > edge.artifact.size

@eb.cases(recipes="original")
def test_parent(edge):
    assert edge.parent is None
    assert edge.ops["MatMul"] == 2
"""
        }
    )
    ran = project.run("-rA").calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 4})
    assert "test_budget[net-int8-board]" in ran.text
    assert project.verdicts()["net-fp16-board"] == {"PASS"}


def test_what_cannot_be_built_is_skipped_with_its_recipes_line(project: Project) -> None:
    project.write({"conftest.py": CONFTEST + PRUNED})
    ran = project.run("-rs").calm()
    assert (ran.status, ran.outcomes) == (0, {"passed": 2, "skipped": 1})
    line = (CONFTEST + PRUNED).splitlines().index("def pruned(net):")  # its decorator, counted from 1
    told = "UNSUPPORTED: Prune(0.5) works on torch modules, but model 'net' is a file (apply it where"
    assert f"SKIPPED [1] conftest.py:{line}: {told}" in ran.text
    assert project.verdicts()["net-pruned-board"] == {"UNSUPPORTED"}


def test_on_a_required_profile_it_fails(project: Project) -> None:
    project.write({"conftest.py": CONFTEST + PRUNED})
    project.edit("edgebench.toml", "[profiles.board]\n", "[profiles.board]\nrequired = true\n")
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (1, {"passed": 2, "failed": 1})
    assert "profile 'board' is required, so this is a failure and no skip" in ran.text
    assert re.search(r"conftest\.py:\d+: Prune\(0\.5\) works on torch modules", ran.text)


EXPECTED = """
import pytest
import pytest_edgebench as eb

@pytest.mark.xfail(raises=eb.BudgetExceeded)
@eb.cases(recipes=RECIPES)
@eb.budget(size="100 B")
def test_named(edge):
    edge.check()

@pytest.mark.xfail
@eb.cases(recipes=RECIPES)
@eb.budget(size="100 B")
def test_plain(edge):
    edge.check()
"""


def test_xfail_hides_a_broken_budget(project: Project) -> None:
    project.write({"test_net.py": EXPECTED.replace("RECIPES", '"int8"')})
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (0, {"xfailed": 2})
    assert project.verdicts()["net-int8-board"] == {"FAIL"}


def test_xfail_hides_no_broken_recipe(project: Project) -> None:
    """With `raises=` pytest itself says so; without it we do."""
    broken = '\n\n@eb.recipe\ndef broken(net):\n    return eb.prebuilt(net, "lost.onnx")\n'
    project.write({"conftest.py": CONFTEST + broken, "test_net.py": EXPECTED.replace("RECIPES", '"broken"')})
    ran = project.run().calm()
    assert (ran.status, ran.outcomes) == (1, {"failed": 2})
    assert "write @pytest.mark.xfail(raises=eb.BudgetExceeded)" in ran.text
    assert project.verdicts()["net-broken-board"] == {"ERROR"}


def test_a_changed_model_file_is_judged_anew(project: Project) -> None:
    """Nothing of the file before it is kept: neither its size nor its answers."""
    from plugin_project import write_net

    project.run().calm()
    before = project.metrics("net-int8-board")
    again = project.run().calm()
    assert (again.outcomes, project.built()) == ({"passed": 2}, [])
    write_net(project.folder / "net.onnx", seed=5, hidden=4096)
    ran = project.run().calm()
    assert ran.outcomes == {"failed": 2}
    after = project.metrics("net-int8-board")
    assert after["size"]["value"] > before["size"]["value"]
    assert after["accuracy"]["value"] != before["accuracy"]["value"]
    assert "\ntest_net.py:5: net-" in ran.text
