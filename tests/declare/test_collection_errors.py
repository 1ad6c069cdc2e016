"""Mistakes in models, recipes, budgets and selections: told with file, line and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from declared import DECLARED, TEST

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]

# What stands above `def test_budget(edge)` in line 2; what is told.
ABOVE = {
    "profiles by key": (
        '@eb.budget(profiles="pi4", size="1 kB")',
        "unknown metric 'profiles'",
        'name profiles first, without a key: @eb.budget("pi4", size="64 kB")',
    ),
    "models by another key": (
        '@eb.budget(model="a", size="1 kB")',
        "metric 'model'",
        "did you mean 'models'?",
    ),
    "unknown metric": ('@eb.budget(lateness="4 ms")', "unknown metric 'lateness'", 'metrics={"lateness"'),
    "misspelt metric": (
        '@eb.budget(latenci="4 ms")',
        "unknown metric 'latenci'",
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
        "known: int8",
    ),
    "unknown model": (
        '@eb.budget(models="vww", size="4 kB")',
        "the model 'vww', which matches none",
        "known: kws",
    ),
    "original unasked": (
        '@eb.budget(recipes="original", size="4 kB")',
        "matches no case",
        '@eb.cases(recipes=["original", "*"])',
    ),
    "outside the cases": (
        '@eb.budget("x86", size="4 kB");@eb.cases(profiles="rpi4")',
        'eb.budget("x86", size="4 kB") matches no case of this test',
        "cases: kws-int8-rpi4, kws-pruned.ratio30-rpi4, kws-pruned.ratio50-rpi4; fix its names",
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
        "class TestKws:\n    @eb.recipe\n    def fp16(self, kws):\n        pass\n    def test(self, edge): 0",
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
