"""Mistakes that are seen only when a session's models, recipes, budgets and tests are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from declared import DECLARED, TEST

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]


def test_a_budget_above_a_fixture_is_refused_by_pytest(project: Project) -> None:
    project.write(
        conftest=DECLARED, test_kws="@eb.budget(size='4 kB')\n@eb.recipe\ndef fp16(kws):\n    pass\n" + TEST
    )
    text = project.refused()
    assert "test_kws.py:2: in <module>" in text
    assert "Marks cannot be applied to fixtures" in text


def test_no_model(project: Project) -> None:
    project.write(test_kws=TEST)
    text = project.refused()
    assert "test_kws.py:2: test_budget takes `edge`, but no model is visible" in text
    assert "declare one with @eb.model in this file or in a conftest.py" in text


def test_no_case(project: Project) -> None:
    project.write(
        conftest="@eb.model\ndef kws():\n    pass\n@eb.recipe(profiles='rpi4')\ndef int8(kws):\n    pass\n",
        test_kws="@eb.cases(profiles='x86')" + TEST,
    )
    text = project.refused()
    assert 'test_kws.py:2: eb.cases(profiles="x86") matches no case; cases: kws-int8-rpi4' in text


@pytest.mark.parametrize("call", ['eb.budget(size="4 kB")', 'eb.cases(recipes="int8")'])
def test_without_edge(project: Project, call: str) -> None:
    project.write(conftest=DECLARED, test_kws=f"@{call}\ndef test_budget():\n    pass\n")
    text = project.refused()
    assert f"test_kws.py:2: {call} is on test_budget, which does not take `edge`" in text
    assert "def test_budget(edge)" in text


def test_on_a_parameter(project: Project) -> None:
    project.write(
        conftest=DECLARED,
        test_kws="""
@pytest.mark.parametrize("k", [pytest.param(1, marks=eb.budget(size="4 kB"))])
def test_budget(edge, k):
    pass
""",
    )
    text = project.refused()
    assert 'test_kws.py:2: eb.budget(size="4 kB") reached test_budget[' in text
    assert "put it above a test that takes `edge`" in text


def test_on_a_unittest_case(project: Project) -> None:
    project.write(
        conftest=DECLARED,
        test_kws="""
import unittest

class TestKws(unittest.TestCase):
    @eb.budget(size="4 kB")
    def test_budget(self):
        pass
""",
    )
    assert 'test_kws.py:5: eb.budget(size="4 kB") reached test_budget' in project.refused()


def test_a_mark_written_by_hand(project: Project) -> None:
    project.write(conftest=DECLARED, test_kws="@pytest.mark.edgebench_budget(size='4 kB')" + TEST)
    text = project.refused()
    assert "test_kws.py::test_budget: pytest.mark.edgebench_budget is written by hand" in text
    assert "write @eb.budget(...) instead" in text


def test_all_of_a_module_at_once_and_other_modules_too(project: Project) -> None:
    project.write(
        conftest=DECLARED,
        test_one="""
@eb.budget(size="4", latency="5")
def test_a(edge):
    pass

@eb.cases(recipes="fp16")
def test_b(edge):
    pass
""",
        test_two='@eb.budget("rpi5", size="4 kB")' + TEST,
        test_three=TEST,
    )
    text = project.refused()
    told = text.partition("short test summary info")[0]  # pytest does not shorten that one where CI is set
    for place in ("test_one.py:2: size", "test_one.py:2: latency", "test_one.py:6: ", "test_two.py:2: "):
        assert told.count(f"\n{place}") == 1
    assert "3 problems with models, recipes and budgets:" in text
    assert "2 errors in" in text


def test_under_xdist_other_modules_run_and_the_exit_status_tells(project: Project) -> None:
    project.write(conftest=DECLARED, test_one='@eb.budget(size="4")' + TEST, test_two=TEST)
    result = project.run("-n", "2", subprocess=True)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=6, errors=1)
    text = result.stdout.str()
    assert 'test_one.py:2: size="4": the number has no unit' in text
    assert "Traceback" not in text + result.stderr.str()
    assert "INTERNALERROR" not in text


KWS = "@eb.model\ndef kws():\n    pass\n@eb.recipe\ndef int8(kws):\n    pass\n"


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_one_key_for_two_declarations(project: Project, arguments: list[str]) -> None:
    project.write(a__conftest=KWS, a__test_a=TEST, b__conftest=KWS, b__test_b=TEST)
    result = project.run(*arguments, subprocess=True)
    text = result.stdout.str()
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if arguments else pytest.ExitCode.INTERRUPTED)
    assert " passed" not in text
    told = "two different cases are called kws-int8-{}: "
    told += "a/conftest.py:5 (with a/conftest.py:2) and b/conftest.py:5 (with b/conftest.py:2); "
    told += "rename a model or a recipe"
    assert told.format("rpi4") in text
    assert told.format("x86") in text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text


def test_one_key_for_an_overridden_model(project: Project) -> None:
    """The recipe is the same, but what it is made of is not; pytest would give one of the two to both."""
    project.write(conftest=KWS, test_a=TEST, sub__test_b="@eb.model\ndef kws():\n    pass\n" + TEST)
    text = project.refused()
    assert "conftest.py:5 (with sub/test_b.py:2)" in text
    assert "conftest.py:5 (with conftest.py:2)" in text


def test_one_key_seen_from_many_places_is_one_case(project: Project) -> None:
    project.write(
        conftest=KWS, test_a=TEST, sub__test_b=TEST, sub__test_c="from conftest import kws, int8\n" + TEST
    )
    project.run().assert_outcomes(passed=6)


def test_keys_that_read_the_same(project: Project) -> None:
    project.write(
        test_kws="""
@eb.model
def kws():
    pass

@eb.recipe(sweep={"ratio": [0.5]})
def int8(kws, ratio):
    pass

@eb.recipe(name="int8.ratio50")
def other(kws):
    pass
"""
        + TEST
    )
    text = project.refused()
    assert "two different cases are called kws-int8.ratio50-rpi4: test_kws.py:6" in text


WIDE = {
    "module": ("test_kws", "pytestmark = eb.budget({})\ndef test_it(edge): pass\n"),
    "class": ("test_kws", "@eb.budget({})\nclass TestKws:\n    def test_it(self, edge): pass\n"),
    "folder": ("conftest", "pytestmark = [eb.budget({})]\n"),
}


@pytest.mark.parametrize("name, text", WIDE.values(), ids=WIDE)
def test_a_wide_budget_that_holds_for_nothing(project: Project, name: str, text: str) -> None:
    only_rpi4 = DECLARED.replace("@eb.recipe\n", "@eb.recipe(profiles='rpi4')\n")
    project.write(
        conftest=only_rpi4,
        sub__test_other=TEST,
        **{f"sub__{name}": text.format("'x86', recipes='int8', size='4 kB'")},
    )
    told = 'eb.budget("x86", recipes="int8", size="4 kB") holds for no case of any test below it'
    refused = project.refused()
    assert f"sub/{name}.py:2: {told}" in refused
    assert "delete it, fix its names, or add a test that takes `edge`" in refused


def test_a_wide_budget_without_any_test_of_a_case(project: Project) -> None:
    project.write(
        conftest=DECLARED, test_kws="pytestmark = eb.budget(size='4 kB')\ndef test_one():\n    pass\n"
    )
    assert 'test_kws.py:2: eb.budget(size="4 kB") holds for no case' in project.refused()


def test_a_folders_budget_may_name_what_only_some_modules_see(project: Project) -> None:
    project.write(
        conftest="pytestmark = [eb.budget(models=m, size='4 kB') for m in ('kws', 'vww')]\n",
        a__conftest=KWS,
        a__test_a=TEST,
        b__conftest=KWS.replace("kws", "vww"),
        b__test_b=TEST,
    )
    assert len(project.slots()) == 4
    # Asked for one folder only, the other's budget is not complained of.
    assert len(project.slots("a")) == 2
    assert len(project.slots("b/test_b.py::test_budget")) == 2


def test_a_folders_budget_names_something_no_module_sees(project: Project) -> None:
    project.write(
        conftest="pytestmark = eb.budget(models=['kws', 'vww'], size='4 kB')\n" + KWS, test_kws=TEST
    )
    text = project.refused()
    assert (
        "conftest.py:2: eb.budget names the model 'vww', which no test below it has; fix or delete it" in text
    )


def test_a_folders_budget_that_cannot_be_read(project: Project) -> None:
    project.write(conftest="pytestmark = eb.budget('rpi5', size='4')\n" + KWS, test_kws=TEST)
    text = project.refused()
    assert 'conftest.py:2: size="4": the number has no unit' in text
    assert "conftest.py:2: profile 'rpi5' is not declared" in text


def test_an_error_while_a_file_is_imported_has_the_users_line_and_no_traceback(project: Project) -> None:
    project.write(
        conftest=DECLARED,
        test_kws="from pytest_edgebench.declare.score import Score\nmine = Score(3)\n" + TEST,
    )
    text = project.refused()
    assert "test_kws.py:3: a score is a function (outputs, labels) -> float, not 3" in text
    assert "fix: write score=eb.top1" in text
