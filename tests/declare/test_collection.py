"""The matrix as pytest shows it: cases, what is demanded of them, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]

DECLARED = """
@eb.model
def kws():
    raise AssertionError("collection must not call it")

@eb.recipe
def int8(kws):
    raise AssertionError("collection must not call it")

@eb.recipe(sweep={"ratio": [0.3, 0.5]}, profiles="x86")
def pruned(kws, ratio):
    raise AssertionError("collection must not call it")
"""
ALL = ["kws-int8-rpi4", "kws-int8-x86", "kws-pruned.ratio30-x86", "kws-pruned.ratio50-x86"]
TEST = """
def test_budget(edge):
    pass
"""


def keys(project: Project, *arguments: str) -> list[str]:
    return [line.partition("[")[2].rstrip("]") for line in project.ids(*arguments)]


def test_cases_are_models_times_recipes_times_profiles(project: Project) -> None:
    project.write(conftest=DECLARED, test_kws=TEST)
    assert keys(project) == ALL


def test_k_and_profile_deselect(project: Project) -> None:
    project.write(conftest=DECLARED, test_kws=TEST + "def test_other():\n    pass\n")
    result = project.run("-k", "int8 and rpi4")
    result.assert_outcomes(passed=1, deselected=4)
    result = project.run("--edgebench-profile=rpi*", "-v")
    result.assert_outcomes(passed=2, deselected=3)
    result.stdout.fnmatch_lines(["*test_budget?kws-int8-rpi4? PASSED*", "*::test_other PASSED*"])


def test_without_declared_profiles_there_is_one_called_host(project: Project) -> None:
    project.profiles = "{}"
    project.write(conftest=DECLARED.replace(', profiles="x86"', ""), test_kws=TEST)
    assert keys(project) == ["kws-int8-host", "kws-pruned.ratio30-host", "kws-pruned.ratio50-host"]


def test_a_model_without_recipe_is_a_case_itself(project: Project) -> None:
    project.write(test_kws="@eb.model\ndef kws():\n    pass\n" + TEST)
    assert keys(project) == ["kws-original-rpi4", "kws-original-x86"]


@pytest.mark.parametrize(
    "selection, expected",
    [
        ('recipes="original"', ["kws-original-rpi4", "kws-original-x86"]),
        ('recipes=["original", "int8"], profiles="x86"', ["kws-int8-x86", "kws-original-x86"]),
        ('recipes="*", profiles="rpi4"', ["kws-int8-rpi4"]),
        ('recipes="pruned"', ALL[2:]),
        ('recipes="pruned.ratio50"', ALL[3:]),
        ('recipes="*50"', ALL[3:]),
        ('models="k*", recipes="int*"', ALL[:2]),
    ],
)
def test_cases_selects(project: Project, selection: str, expected: list[str]) -> None:
    project.write(conftest=DECLARED, test_kws=f"@eb.cases({selection})" + TEST)
    assert keys(project) == expected


def test_two_selections_add_up_and_replace_those_of_the_module(project: Project) -> None:
    project.write(
        conftest=DECLARED,
        test_kws=f"""
pytestmark = eb.cases(profiles="x86")
@eb.cases(recipes="int8", profiles="rpi4")
@eb.cases(recipes="pruned.ratio30")
{TEST}
def test_module(edge):
    pass
""",
    )
    assert keys(project) == [ALL[0], ALL[2], *ALL[1:]]


def test_a_recipe_for_several_models_and_one_made_of_it(project: Project) -> None:
    project.profiles = '{"rpi4": {}}'
    project.write(
        test_kws="""
@eb.model
def kws():
    pass

@eb.model
def vww():
    pass

@eb.model(name="mlp")
def made():
    pass

@eb.recipe(models=["*w*"], sweep={"bits": [4, 8]})
def small(model, bits):
    pass

@eb.recipe(sweep={"ratio": [0.5]})
def smaller(small, ratio):
    pass

@eb.recipe
def distilled(mlp, kws, tmp_path_factory, bits=4):
    pass
"""
        + TEST
    )
    variants = ["small.bits4", "small.bits8", "smaller.bits4.ratio50", "smaller.bits8.ratio50"]
    expected = [f"{model}-{recipe}-rpi4" for model in ("kws", "vww") for recipe in variants]
    assert keys(project) == [*expected, "mlp-distilled-rpi4"]


def test_a_user_may_parametrise_on_top(project: Project) -> None:
    project.write(
        conftest=DECLARED, test_kws='@pytest.mark.parametrize("k", [1, 2])' + TEST.replace("edge", "edge, k")
    )
    assert len(project.ids()) == 8
    project.run("--edgebench-profile=rpi4").assert_outcomes(passed=2, deselected=6)


def test_edge_taken_by_a_fixture_counts(project: Project) -> None:
    project.write(
        conftest=DECLARED,
        test_kws="""
@pytest.fixture
def size(edge):
    return edge.case.key

@eb.budget("rpi4", size="64 kB")
def test_size(size):
    assert size.startswith("kws-")
""",
    )
    assert keys(project) == ALL


def test_edge_of_the_users_own_is_left_alone(project: Project) -> None:
    project.write(
        test_graph="""
@pytest.fixture
def edge():
    return 1

def test_one(edge):
    assert edge == 1
""",
        test_other="""
@pytest.mark.parametrize("node, edge", [(1, 2)])
def test_two(node, edge):
    assert edge == 2
""",
    )
    project.run().assert_outcomes(passed=2)


def test_edge_wrapped_by_the_user_is_still_ours(project: Project) -> None:
    project.write(
        conftest=DECLARED, test_kws="@pytest.fixture\ndef edge(edge):\n    return edge.case\n" + TEST
    )
    assert keys(project) == ALL


def test_budgets_of_function_class_module_and_folders(project: Project) -> None:
    project.profiles = '{"x86": {"dedicated": true}}'
    project.write(
        conftest="pytestmark = [eb.budget(size='9 kB', ram='9 kB', latency='9 ms'), eb.budget(ops='9')]"
        + DECLARED.split("@eb.recipe(sweep")[0],
        sub__conftest="pytestmark = eb.budget(ram='8 kB', latency='8 ms', flash='8 kB')\n",
        sub__test_kws="""
pytestmark = [eb.budget(latency='7 ms', flash='7 kB')]

@eb.budget(flash='6 kB', load='6 s')
class Base:
    @eb.budget(load='5 s')
    def test_budget(self, edge):
        pass

@eb.budget(flash='5 kB')
class TestDerived(Base):
    @eb.budget(flash='4 kB')
    class TestInner:
        def test_inner(self, edge):
            pass
""",
    )
    common = [
        "kws-int8-x86 size [9 kB] error conftest.py:2",
        "kws-int8-x86 ops [9] error conftest.py:2",
        "kws-int8-x86 ram [8 kB] error conftest.py:2",
    ]
    latency = ["kws-int8-x86 latency p50 [7 ms] error test_kws.py:2"]
    budget = [
        *common,
        "kws-int8-x86 flash [5 kB] error test_kws.py:10",
        *latency,
        "kws-int8-x86 load [5 s] error test_kws.py:6",
    ]
    inner = [*common, "kws-int8-x86 flash [4 kB] error test_kws.py:12", *latency]
    inner.append("kws-int8-x86 load [6 s] error test_kws.py:4")
    assert sorted(project.slots()) == sorted(budget + inner)


def test_the_more_exact_of_two_budgets_wins(project: Project) -> None:
    project.write(
        conftest=DECLARED,
        test_kws="""
@eb.budget(size="5 kB")
@eb.budget(recipes="pru*", size="4 kB", ops="3")
@eb.budget(recipes="pruned", size="3 kB")
@eb.budget(recipes="pruned.ratio50", size="2 kB")
@eb.budget("rpi4", recipes="int8", size=["1 kB", "model - 50 %"])
def test_budget(edge):
    pass

@eb.cases(recipes="pruned")
@eb.budget(recipes="pru*", size="4 kB")
@eb.budget(size="9 kB", ops="3")
def test_glob(edge):
    pass
""",
    )
    assert project.slots() == [
        "kws-int8-rpi4 size [1 kB] error test_kws.py:6",
        "kws-int8-rpi4 size model [model - 50 %] error test_kws.py:6",
        "kws-int8-x86 size [5 kB] error test_kws.py:2",
        "kws-pruned.ratio30-x86 size [3 kB] error test_kws.py:4",
        "kws-pruned.ratio30-x86 ops [3] error test_kws.py:3",
        "kws-pruned.ratio50-x86 size [2 kB] error test_kws.py:5",
        "kws-pruned.ratio50-x86 ops [3] error test_kws.py:3",
        "kws-pruned.ratio30-x86 size [4 kB] error test_kws.py:11",
        "kws-pruned.ratio30-x86 ops [3] error test_kws.py:12",
        "kws-pruned.ratio50-x86 size [4 kB] error test_kws.py:11",
        "kws-pruned.ratio50-x86 ops [3] error test_kws.py:12",
    ]


def test_levels(project: Project) -> None:
    """A noisy absolute limit warns on a shared machine, and blocks on a board that is only described."""
    project.profiles = (
        '{"rpi4": {"target": "host"}, "board": {}, "x86": {"target": "host", "dedicated": true}}'
    )
    project.write(
        conftest=DECLARED.split("@eb.recipe(sweep")[0],
        test_kws="""
pytestmark = eb.budget(size="9 kB")

@eb.budget(latency=["4 ms", "baseline + 5 %"], accuracy="90 %", metrics={"mine": "3"})
@eb.budget("rpi4", size="9 kB", level="off")
@eb.budget("rpi4", load="4 s", level="error")
@eb.budget("x86", load="4 s", level="warn")
def test_budget(edge):
    pass
""",
    )
    assert project.slots() == [
        "kws-int8-rpi4 accuracy [90 %] error test_kws.py:4",
        "kws-int8-rpi4 latency p50 [4 ms] warn test_kws.py:4",
        "kws-int8-rpi4 latency p50 baseline [baseline + 5 %] error test_kws.py:4",
        "kws-int8-rpi4 load [4 s] error test_kws.py:6",
        "kws-int8-rpi4 mine [3] error test_kws.py:4",
        "kws-int8-board size [9 kB] error test_kws.py:2",
        "kws-int8-board accuracy [90 %] error test_kws.py:4",
        "kws-int8-board latency p50 [4 ms] error test_kws.py:4",
        "kws-int8-board latency p50 baseline [baseline + 5 %] error test_kws.py:4",
        "kws-int8-board mine [3] error test_kws.py:4",
        "kws-int8-x86 size [9 kB] error test_kws.py:2",
        "kws-int8-x86 accuracy [90 %] error test_kws.py:4",
        "kws-int8-x86 latency p50 [4 ms] error test_kws.py:4",
        "kws-int8-x86 latency p50 baseline [baseline + 5 %] error test_kws.py:4",
        "kws-int8-x86 load [4 s] warn test_kws.py:7",
        "kws-int8-x86 mine [3] error test_kws.py:4",
    ]


def test_a_limit_nearer_than_one_percent_is_warned_of(project: Project) -> None:
    project.write(
        conftest=DECLARED, test_kws='@eb.budget(latency="baseline + 0.5 %", size="baseline + 0.5 %")' + TEST
    )
    lines = [line for line in project.run("-s").outlines if "WARNING" in line]
    assert len(lines) == 1
    assert 'test_kws.py:2: latency="baseline + 0.5 %" is nearer to equal than 1 %' in lines[0]
    assert "leave 1 % or more" in lines[0]


def test_stacklevel_names_the_callers_line(project: Project) -> None:
    project.write(
        conftest=DECLARED.split("@eb.recipe(sweep")[0],
        rules="def small():\n    return eb.budget('rpi4', size='64 kB', stacklevel=2)\n",
        test_kws="import rules\n\n@rules.small()" + TEST,
    )
    assert project.slots() == ["kws-int8-rpi4 size [64 kB] error test_kws.py:4"]


@pytest.mark.parametrize("options", [[], ["--strict-markers"], ["-W", "error"]])
def test_without_the_plugin_the_marks_do_nothing(project: Project, options: list[str]) -> None:
    project.write(
        conftest="pytestmark = eb.budget(size='9 kB')" + DECLARED,
        test_kws="@eb.cases(recipes='int8')\n@eb.budget(size='64 kB')\ndef test_one():\n    pass\n",
    )
    off = ("-pno:edgebench", "-pno:cacheprovider", "-pno:anyio")
    project.pytester.runpytest_subprocess(*off, *options).assert_outcomes(passed=1)


def test_xdist_collects_the_same(project: Project) -> None:
    project.write(conftest=DECLARED, test_kws=TEST)
    project.run("-n", "2", subprocess=True).assert_outcomes(passed=4)
