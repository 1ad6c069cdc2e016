"""What the fixtures of models and recipes return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]

MODEL = """
@eb.model
def kws():
    return eb.net()
"""


def test_a_model_is_named_by_its_fixture_and_knows_its_folder(project: Project) -> None:
    project.write(
        sub__conftest=MODEL + "@eb.model(name='vww')\ndef made():\n    return eb.net()\n",
        sub__deeper__test_kws="""
import dataclasses

@eb.model
def seeded(kws):
    return dataclasses.replace(kws, seed=3)

def test_it(kws, vww, seeded, request):
    root = request.config.rootpath
    assert (kws.name, vww.name, seeded.name) == ("kws", "vww", "seeded")
    assert kws.place == f"{root}/sub/conftest.py:2"
    assert seeded.place == f"{root}/sub/deeper/test_kws.py:4"
    assert kws.path() == seeded.path() == root / "sub" / "kws.onnx"
    assert seeded.seed == 3
""",
    )
    project.run().assert_outcomes(passed=1)


def test_defaults_and_ingredients_are_no_sources(project: Project) -> None:
    project.write(
        test_kws=MODEL
        + """
@pytest.fixture(scope="session")
def strength():
    return 5

@eb.recipe
def teacher(kws):
    return eb.Recipe(kws, eb.Step())

@eb.recipe
def int8(strength, kws, teacher, bits=4, *rest, **options):
    assert strength == 5 and bits == 4 and not rest and not options
    assert teacher.model is kws
    return eb.Recipe(kws, eb.Step())

def test_it(int8, kws):
    assert int8.model is kws
    assert int8.place.endswith("test_kws.py:14")
"""
    )
    project.run().assert_outcomes(passed=1)


def test_a_sweep_and_a_recipe_for_many_models_give_all_variants(project: Project) -> None:
    project.write(
        test_kws=MODEL
        + """
@eb.recipe(models="*", sweep={"bits": (4, 8)})
def small(model, bits):
    return eb.Recipe(model, eb.Step())

@eb.recipe(sweep={"ratio": [0.5], "mode": ["fast", "slow"]})
def smaller(small, ratio, mode):
    return eb.Recipe(small, eb.Step())

def test_it(edge, kws, request):
    recipe = request.getfixturevalue(edge.recipe).of(kws)[edge.case.variant]
    assert recipe.model is kws
    assert len(recipe.steps()) == (2 if edge.recipe == "smaller" else 1)
"""
    )
    assert [line.partition("[")[2] for line in project.ids("--edgebench-profile=x86")] == [
        "kws-small.bits4-x86]",
        "kws-small.bits8-x86]",
        "kws-smaller.bits4.ratio50.modefast-x86]",
        "kws-smaller.bits4.ratio50.modeslow-x86]",
        "kws-smaller.bits8.ratio50.modefast-x86]",
        "kws-smaller.bits8.ratio50.modeslow-x86]",
    ]
    project.run().assert_outcomes(passed=12)


@pytest.mark.parametrize(
    "text, told",
    [
        ("@eb.recipe\ndef int8(kws):\n    pass\n", "recipe 'int8' returned nothing, not a recipe"),
        ("@eb.recipe\ndef int8(kws):\n    return 8\n", "recipe 'int8' returned an int, not a recipe"),
        (
            "@eb.model\ndef vww():\n    return eb.net()\n"
            "@eb.recipe\ndef int8(vww, kws):\n    return eb.Recipe(kws, eb.Step())\n",
            "recipe 'int8' compresses 'kws', but its first argument comes from 'vww'",
        ),
    ],
)
def test_what_a_recipe_may_not_return(project: Project, text: str, told: str) -> None:
    project.write(test_kws=MODEL + text + "def test_it(int8):\n    pass\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    assert told in result.stdout.str()


def test_a_model_that_returns_something_else(project: Project) -> None:
    project.write(test_kws="@eb.model\ndef kws():\n    return 'kws.onnx'\ndef test_it(kws):\n    pass\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    assert "test_kws.py:2: model 'kws' returned a str, not an eb.Model" in result.stdout.str()
