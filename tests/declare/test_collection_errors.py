"""Mistakes in models, recipes, budgets and selections: told with file, line and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]

DECLARED = """
@eb.model
def kws():
    pass

@eb.recipe
def int8(kws):
    pass

@eb.recipe(sweep={"ratio": [0.3, 0.5]})
def pruned(kws, ratio):
    pass
"""
TEST = "\ndef test_budget(edge):\n    pass\n"

# What stands above `def test_budget(edge)` in line 2; what is told.
ABOVE = {
    "unknown metric": ('@eb.budget(lateness="4 ms")', "there is no metric 'lateness'", 'metrics={"lateness"'),
    "misspelt metric": (
        '@eb.budget(latenci="4 ms")',
        "there is no metric 'latenci'",
        "did you mean 'latency'?",
    ),
    "unknown unit": ('@eb.budget(size="64 KB")', "unit 'KB' does not fit size", "did you mean 'kB'?"),
    "no number": (
        '@eb.budget(size="small")',
        "there is no number in it",
        'write a number with its unit, e.g. size="64 kB"',
    ),
    "no limit": ("@eb.budget()", "the budget has no limit", 'write e.g. @eb.budget(size="64 kB")'),
    "no limit, only a profile": ('@eb.budget("rpi4")', "the budget has no limit", "write e.g. @eb.budget"),
    "empty list": ("@eb.budget(latency=[])", "latency has no limit", 'write e.g. latency="4 ms"'),
    "not text": ("@eb.budget(latency=4)", "the limit of latency is an int, not text", 'e.g. latency="4 ms"'),
    "nothing": (
        "@eb.budget(latency=None)",
        "the limit of latency is nothing, not text",
        'e.g. latency="4 ms"',
    ),
    "not text in a list": ('@eb.budget(size=["4 kB", 4.5])', "the limit of size is a float", "in quotes"),
    "% of a score": ('@eb.budget(accuracy="model - 1 %")', "given in points", 'accuracy="model - 1 points"'),
    "twice": ('@eb.budget(size=["4 kB", "5 kB"])', "both limit the same thing of size", "delete one"),
    "also in metrics": (
        '@eb.budget(size="4 kB", metrics={"size": "5 kB"})',
        "one in metrics=",
        "in one list",
    ),
    "metrics is text": (
        '@eb.budget(size="4 kB", metrics="mine")',
        "metrics is a str",
        'metrics={"my_score": "0.9"}',
    ),
    "unknown level": (
        '@eb.budget(size="4 kB", level="fatal")',
        "level 'fatal' does not exist",
        '"error", "warn" or "off"',
    ),
    "unknown evidence": (
        '@eb.budget(size="4 kB", evidence="guess")',
        "evidence 'guess' does not",
        '"device"',
    ),
    "message": ('@eb.budget(size="4 kB", message=3)', "message is an int", "in quotes"),
    "profile is a number": ('@eb.budget(4, size="4 kB")', "a profile is an int", 'e.g. "int8*"'),
    "recipes is nothing": ('@eb.budget(recipes=None, size="4 kB")', "recipes is nothing", 'e.g. "int8*"'),
    "models is empty": ('@eb.budget(models=[], size="4 kB")', "models is an empty list", "leave it out"),
    "unknown profile": (
        '@eb.budget("rpi5", size="4 kB")',
        "profile 'rpi5' is not declared",
        "[profiles.rpi5] in edgebench.toml",
    ),
    "misspelt profile": (
        '@eb.budget("rpi_4", size="4 kB")',
        "profile 'rpi_4' is not declared",
        "did you mean 'rpi4'?",
    ),
    "unknown recipe": (
        '@eb.budget(recipes="int9", size="4 kB")',
        "the recipe 'int9', which matches none",
        "did you mean 'int8'?",
    ),
    "unknown of two": (
        '@eb.budget(recipes=["int8", "x*"], size="4 kB")',
        "the recipe 'x*', which matches none",
        "there is: int8",
    ),
    "unknown model": (
        '@eb.budget(models="vww", size="4 kB")',
        "the model 'vww', which matches none",
        "there is: kws",
    ),
    "original unasked": (
        '@eb.budget(recipes="original", size="4 kB")',
        "matches no case",
        '@eb.cases(recipes=["original", "*"])',
    ),
    "outside the cases": (
        '@eb.budget("x86", size="4 kB");@eb.cases(profiles="rpi4")',
        'eb.budget("x86", size="4 kB") matches no case of this test',
        "there is: kws-int8-rpi4, kws-pruned.ratio30-rpi4, kws-pruned.ratio50-rpi4; mend its names",
    ),
    "wins nowhere": (
        '@eb.budget(size="4 kB");@eb.budget("rpi4", size="5 kB");@eb.budget("x86", size="6 kB")',
        "is overruled in every case by test_kws.py:3, test_kws.py:4",
        "delete it, or name more",
    ),
    "tie": (
        '@eb.budget("rpi4", size="4 kB");@eb.budget(recipes="int8", size="5 kB")',
        "test_kws.py:2 and test_kws.py:3 both set size for kws-int8-rpi4 with equal right",
        "delete one, or name more",
    ),
    "tie against a reference": (
        '@eb.budget(size="model + 0 B");@eb.budget(size="model + 1 B")',
        "test_kws.py:2 and test_kws.py:3 both set size against model for kws-int8-rpi4",
        "delete one",
    ),
    "nothing to remove": (
        '@eb.budget(size="4 kB", level="off")',
        "removes nothing",
        "repeat that budget's limit",
    ),
    "unknown keyword in cases": (
        '@eb.cases(recipe="int8")',
        "eb.cases takes no 'recipe'",
        "did you mean 'recipes'?",
    ),
    "profile in cases": (
        '@eb.cases("rpi4")',
        "eb.cases('rpi4') does not say of what",
        "eb.cases(profiles=['rpi4'])",
    ),
    "number in cases": ("@eb.cases(profiles=4)", "profiles is an int, not a name", 'e.g. "int8*"'),
    "cases of an unknown profile": (
        '@eb.cases(profiles="x87")',
        "profile 'x87' is not declared",
        "did you mean 'x86'?",
    ),
    "cases of an unknown recipe": (
        '@eb.cases(recipes="int9*")',
        "recipe 'int9*', which matches none",
        "did you mean 'int8'?",
    ),
}


@pytest.mark.parametrize("above, why, fix", ABOVE.values(), ids=ABOVE)
def test_above_a_test(project: Project, above: str, why: str, fix: str) -> None:
    project.write(conftest=DECLARED, test_kws=above.replace(";", "\n") + TEST)
    text = project.refused()
    line = next(line for line in text.splitlines() if why in line)
    assert line.startswith("test_kws.py:2")
    assert fix in text
    assert "1 error in" in text


DECLARATIONS = {
    "recipe in a test class": (
        "class TestKws:\n    @eb.recipe\n    def fp16(self, kws):\n        pass\n    def test_it(self, edge): ...",
        "test_kws.py:3: recipe 'fp16' is declared in a class",
        "move it to the module",
    ),
    "recipe in a plain class": (
        "class Recipes:\n    @eb.recipe\n    def fp16(self, kws):\n        pass",
        "test_kws.py:3: recipe 'fp16' is declared in a class",
        "move it to the module",
    ),
    "generator": (
        "@eb.recipe\ndef fp16(kws):\n    yield kws",
        "test_kws.py:2: recipe 'fp16' is a generator",
        "write `return` for `yield`",
    ),
    "async": (
        "@eb.recipe\nasync def fp16(kws):\n    pass",
        "test_kws.py:2: recipe 'fp16' is async",
        "a plain def",
    ),
    "async model": (
        "@eb.model\nasync def vww():\n    pass",
        "test_kws.py:2: model 'vww' is async",
        "a plain def",
    ),
    "params": (
        "@pytest.fixture(params=[4, 8], scope='session')\ndef bits(request):\n    pass\n"
        "@pytest.fixture(scope='session')\ndef more(bits):\n    pass\n"
        "@eb.recipe\ndef fp16(kws, more):\n    pass",
        "test_kws.py:8: recipe 'fp16' depends on the parametrised fixture 'bits' (test_kws.py:2)",
        "say sweep= on a recipe for params= on the fixture",
    ),
    "no source": (
        "@eb.recipe\ndef fp16():\n    pass",
        "test_kws.py:2: recipe 'fp16' takes no model",
        "def fp16(your_model)",
    ),
    "source is no model": (
        "@eb.recipe\ndef fp16(tmp_path_factory):\n    pass",
        "test_kws.py:2: recipe 'fp16' takes no model",
        "or say models=",
    ),
    "itself": (
        "@eb.recipe\ndef fp16(fp16):\n    pass",
        "test_kws.py:2: recipe 'fp16' is made from itself",
        "",
    ),
    "each other": (
        "@eb.recipe\ndef a(b):\n    pass\n@eb.recipe\ndef b(a):\n    pass",
        "test_kws.py:5: recipe 'b' is made from itself",
        "",
    ),
    "unknown sweep": (
        "@eb.recipe(sweep={'bits': [4]})\ndef fp16(kws):\n    pass",
        "test_kws.py:2: recipe 'fp16' sweeps bits, which it does not take",
        "def fp16(kws, bits)",
    ),
    "empty sweep": (
        "@eb.recipe(sweep={'bits': []})\ndef fp16(kws, bits):\n    pass",
        "test_kws.py:2: ",
        "give at least one",
    ),
    "sweep over a number": (
        "@eb.recipe(sweep={'bits': 4})\ndef fp16(kws, bits):\n    pass",
        "test_kws.py:2: recipe 'fp16' sweeps bits over no list",
        "sweep={'ratio': [0.3, 0.5]}",
    ),
    "sweep is a list": (
        "@eb.recipe(sweep=[4])\ndef fp16(kws, bits):\n    pass",
        "test_kws.py:2: recipe 'fp16': sweep is a list",
        "sweep={'ratio': [0.3, 0.5]}",
    ),
    "sweep repeats": (
        "@eb.recipe(sweep={'bits': [4, 4]})\ndef fp16(kws, bits):\n    pass",
        "test_kws.py:2: ",
        "same name; drop one",
    ),
    "models is a number": (
        "@eb.recipe(models=4)\ndef fp16(model):\n    pass",
        "test_kws.py:2: recipe 'fp16': models=4 holds no names",
        "write names in quotes",
    ),
    "no argument for models": (
        "@eb.recipe(models='*')\ndef fp16():\n    pass",
        "test_kws.py:2: recipe 'fp16' has models=",
        "def fp16(model)",
    ),
    "models matches none": (
        "@eb.recipe(models='kwz')\ndef fp16(model):\n    pass",
        "test_kws.py:2: recipe 'fp16' names the model 'kwz', which matches none",
        "did you mean 'kws'?",
    ),
    "profiles matches none": (
        "@eb.recipe(profiles=['rpi4', 'rpi5'])\ndef fp16(kws):\n    pass",
        "test_kws.py:2: profile 'rpi5' is not declared",
        "did you mean 'rpi4'?",
    ),
    "swept ingredient": (
        "@eb.recipe\ndef fp16(kws, pruned):\n    pass",
        "test_kws.py:2: recipe 'fp16' uses 'pruned' as an ingredient",
        "only the first argument may",
    ),
    "named original": (
        "@eb.recipe\ndef original(kws):\n    pass",
        "test_kws.py:2: recipe 'original'",
        "rename it",
    ),
    "hides its model": (
        "@eb.recipe\ndef kws(kws):\n    pass",
        "test_kws.py:2: recipe 'kws' is made of the model 'kws', which is hidden from here",
        "rename one",
    ),
    "class": (
        "@eb.recipe\nclass Fp16:\n    pass",
        "test_kws.py:2: @eb.recipe decorates a function",
        "above a def",
    ),
    "class as model": (
        "@eb.model\nclass Vww:\n    pass",
        "test_kws.py:2: @eb.model decorates a function",
        "above a def",
    ),
    "a stray argument": (
        "@eb.recipe('fp16')\ndef fp16(kws):\n    pass",
        "test_kws.py:2: @eb.recipe decorates a function",
        "above a def",
    ),
    "already a fixture": (
        "@eb.recipe\n@pytest.fixture\ndef fp16(kws):\n    pass",
        "test_kws.py:2: @eb.recipe decorates a function",
        "above a def",
    ),
    "by position only": (
        "@eb.recipe\ndef fp16(kws, /):\n    pass",
        "test_kws.py:2: recipe 'fp16' takes kws by position only",
        "delete the /",
    ),
    "a budget below": (
        "@eb.recipe\n@eb.budget(size='4 kB')\ndef fp16(kws):\n    pass",
        "test_kws.py:2: recipe 'fp16' carries a mark (eb.budget)",
        "put it above the test",
    ),
}


@pytest.mark.parametrize("declared, why, fix", DECLARATIONS.values(), ids=DECLARATIONS)
def test_declarations(project: Project, declared: str, why: str, fix: str) -> None:
    project.write(conftest=DECLARED, test_kws=declared + TEST)
    text = project.refused()
    line = next((line for line in text.splitlines() if line.startswith(why)), "")
    assert line, text
    assert fix in text


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
    assert 'test_kws.py:2: eb.cases(profiles="x86") matches no case; there is: kws-int8-rpi4' in text


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
    for place in ("test_one.py:2: size", "test_one.py:2: latency", "test_one.py:6: ", "test_two.py:2: "):
        assert text.count(f"\n{place}") == 1
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
    assert "delete it, mend its names, or add a test that takes `edge`" in refused


def test_a_wide_budget_without_any_test_of_a_case(project: Project) -> None:
    project.write(
        conftest=DECLARED, test_kws="pytestmark = eb.budget(size='4 kB')\ndef test_one():\n    pass\n"
    )
    assert 'test_kws.py:2: eb.budget(size="4 kB") holds for no case' in project.refused()


def test_a_folders_budget_may_name_what_only_some_modules_see(project: Project) -> None:
    project.write(
        conftest="pytestmark = [eb.budget(models=m, size=s) for m, s in (('kws', '4 kB'), ('vww', '5 kB'))]\n",
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
        "conftest.py:2: eb.budget names the model 'vww', which no test below it has; mend or delete it"
        in text
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
