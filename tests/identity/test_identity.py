"""What moves a digest, what does not, and what is refused."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

BASE = '''
import functools
import math
from dataclasses import dataclass, field
WIDTH = 8
NAMES = {"b", "a"}
def helper(x):
    return x * WIDTH
def unused():
    return 1
def logged(level):
    def decorate(fn):
        @functools.wraps(fn)
        def wrapper(*args):
            return fn(*args), level
        return wrapper
    return decorate
def make_default():
    return 3
def scaled(rate):
    def inner(x):
        return x * rate
    return inner
class Base:
    def shared(self):
        return 1
class Net(Base):
    depth = 2
    def forward(self, x):
        return helper(x) + self.__offset()
    def __offset(self):
        return 1
    @property
    def size(self):
        return unused_by_train()
def unused_by_train():
    return 1
@dataclass(frozen=True)
class Step:
    ratio: float = 0.5
    layers: tuple = field(default_factory=lambda: make_default())
half = scaled(0.5)
def train(seed=0, *, steps=10):
    """Trains."""
    import math
    total = helper(seed)  # a comment
    return [total, half(2), Net(), sorted(NAMES), math.pi]
@logged("info")
def decorated():
    return 1
pair = (lambda x: x + 1, lambda x: x + 2)
'''


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Writes a user's file into a folder of its own and imports it."""
    numbers = itertools.count()
    before = set(sys.modules)

    def make(text: str, name: str = "conftest", folder: str | None = None, **others: str) -> ModuleType:
        home = tmp_path / (folder or f"checkout{next(numbers)}")
        home.mkdir(exist_ok=True)
        for other, content in others.items():
            (home / f"{other}.py").write_text(content)
            sys.modules.pop(other, None)
        monkeypatch.syspath_prepend(home)
        path = home / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    conftest = sys.modules.get("conftest")
    yield make
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]
    if conftest is not None:
        sys.modules["conftest"] = conftest


@pytest.mark.parametrize(
    "old, new",
    [
        ("  # a comment", "  # another"),
        ('"""Trains."""', '"""Trains\n\n    the model."""'),
        ("return [total, half(2),", "return [\n        total,\n        half( 2 ),"),
        ("return 1\ndef logged", "return 2\ndef logged"),
        ("def train(seed=0,", "def train(seed: int = 0,"),
        ('NAMES = {"b", "a"}', 'NAMES = {"a", "b"}'),
        ("def train(", "@functools.lru_cache\ndef train("),
        ("WIDTH = 8", "WIDTH = 4 + 4"),
        ("WIDTH = 8", "total = 1; WIDTH = 8"),  # a global by the name of a local
        ("WIDTH = 8", "WIDTH = 8\nHERE = __file__"),
    ],
)
def test_unmoved_by_what_changes_no_result(write: Any, old: str, new: str) -> None:
    assert old in BASE
    assert digest(write(BASE).train) == digest(write(BASE.replace(old, new, 1)).train)


@pytest.mark.parametrize(
    "old, new",
    [
        ("total = helper(seed)", "total = helper(seed + 1)"),
        ("return x * WIDTH", "return x + WIDTH"),
        ("WIDTH = 8", "WIDTH = 9"),
        ('NAMES = {"b", "a"}', 'NAMES = {"b", "c"}'),
        ("scaled(0.5)", "scaled(0.25)"),
        ("return x * rate", "return x / rate"),
        ("def train(seed=0,", "def train(seed=1,"),
        ("steps=10", "steps=11"),
        ("depth = 2", "depth = 3"),
        ("def __offset(self):\n        return 1", "def __offset(self):\n        return 2"),
        ("def shared(self):\n        return 1", "def shared(self):\n        return 2"),
        (
            "def unused_by_train():\n    return 1",
            "def unused_by_train():\n    return 2",
        ),  # through a property
    ],
)
def test_moved_by_what_changes_a_result(write: Any, old: str, new: str) -> None:
    assert old in BASE
    assert digest(write(BASE).train) != digest(write(BASE.replace(old, new, 1)).train)


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("decorated", 'logged("info")', 'logged("debug")'),
        ("decorated", "return fn(*args), level", "return fn(*args), level, 1"),
        ("decorated", "def decorated():\n    return 1", "def decorated():\n    return 2"),
        ("Step", "ratio: float = 0.5", "ratio: float = 0.6"),
        ("Step", "def make_default():\n    return 3", "def make_default():\n    return 4"),
        ("Net", "return helper(x) +", "return helper(x) -"),
    ],
)
def test_decorators_and_classes_are_followed(write: Any, name: str, old: str, new: str) -> None:
    first, second = write(BASE), write(BASE.replace(old, new, 1))
    assert digest(getattr(first, name)) == digest(getattr(write(BASE), name))
    assert digest(getattr(first, name)) != digest(getattr(second, name))


def test_lambdas_on_one_line_are_told_apart(write: Any) -> None:
    first, second = write(BASE).pair
    assert digest(first) != digest(second)
    changed = write(BASE.replace("x + 2", "x + 3")).pair
    assert digest(first) == digest(changed[0])
    assert digest(second) != digest(changed[1])


USES_MODULE = "import helpers\ndef train():\n    return helpers.build()\n"
USES_INSIDE = "def train():\n    from helpers import build\n    return build()\n"
HELPERS = "import deeper\nSIZE = 3\ndef build():\n    return SIZE\n"


@pytest.mark.parametrize("text", [USES_MODULE, USES_INSIDE])
def test_a_module_of_the_users_own_counts_as_a_whole(write: Any, text: str) -> None:
    def key(helpers: str, deeper: str) -> str:
        return digest(write(text, helpers=helpers, deeper=deeper).train)

    base = key(HELPERS, "DEPTH = 1\n")
    assert base == key("# a comment\n" + HELPERS, "DEPTH = 1\n")
    assert base != key(HELPERS.replace("SIZE = 3", "SIZE = 4"), "DEPTH = 1\n")
    assert base != key(HELPERS, "DEPTH = 2\n")


def test_values_a_module_got_at_run_time_count(write: Any) -> None:
    module = write(USES_MODULE.replace("build()", "SIZE"), helpers=HELPERS, deeper="")
    before = digest(module.train)
    module.helpers.SIZE = 4
    assert digest(module.train) != before


def test_imports_inside_functions_are_read_but_not_run(write: Any) -> None:
    module = write(
        "def train():\n    import heavy, missing_one\n    return heavy.f()\n", heavy="raise SystemExit\n"
    )
    assert digest(module.train)
    assert "heavy" not in sys.modules


PROCESS = """
import sys, importlib
sys.path.insert(0, sys.argv[1])
module = importlib.import_module(sys.argv[2])
from pytest_edgebench.identity.digest import digest
print(digest([module.train, module.Net, module.NAMES, {"x": frozenset("abcdef")}]))
print("torch" in sys.modules, "numpy" in sys.modules)
"""


def test_same_in_another_process_and_checkout(tmp_path: Path) -> None:
    found = set()
    for seed, name in (("1", "one"), ("2", "two")):
        folder = tmp_path / f"checkout_{name}"
        folder.mkdir()
        text = (
            BASE + "import os\nDATA = os.path.join(os.path.dirname(__file__), 'data')\nhelper.data = DATA\n"
        )
        (folder / f"user_{name}.py").write_text(text.replace("total = helper(seed)", "total = helper(DATA)"))
        (folder / "data").mkdir()
        run = subprocess.run(
            [sys.executable, "-c", PROCESS, str(folder), f"user_{name}"],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(run.stdout)
    assert len(found) == 1
    assert found.pop().splitlines()[1] == "False False"


def test_diamonds_and_recursion_are_linear(write: Any) -> None:
    levels = "".join(
        f"def f{i}():\n    return f{i + 1}() + g{i + 1}()\ndef g{i}():\n    return f{i}\n" for i in range(30)
    )
    module = write(levels + "def f30():\n    return f0\ndef g30():\n    return g0\n")
    start = time.perf_counter()
    key = digest(module.f0)
    shared: list[Any] = []
    for _ in range(30):
        shared = [shared, shared]
    assert digest(shared) != digest([])
    assert time.perf_counter() - start < 1
    changed = write(levels + "def f30():\n    return f1\ndef g30():\n    return g0\n")
    assert digest(changed.f0) != key
    chain = write(
        "".join(f"def f{i}():\n    return f{i + 1}()\n" for i in range(3000)) + "def f3000():\n    pass\n"
    )
    assert digest(chain.f0)


@pytest.mark.parametrize(
    "setup, given, reached",
    [
        ("x = (i for i in range(3))", "the generator <genexpr>()", "global `x` of train()"),
        ("x = [0, iter([1])]", "the iterator list_iterator", "item 1 of global `x` of train()"),
        ("x = open(__file__)", "the open file", "global `x` of train()"),
        ("import random\nx = {'r': random.Random(1)}", "an object of class Random", "item 'r' of global `x`"),
        (
            "import numpy\nx = numpy.random.default_rng(0)",
            "an object of class Generator",
            "global `x` of train()",
        ),
        (
            "from sklearn.linear_model import LinearRegression\nx = LinearRegression()",
            "an object of class LinearRegression",
            "global `x` of train()",
        ),
        (
            "class C:\n    def __init__(self): self.f = iter([])\nx = C()",
            "list_iterator",
            "attribute `f` of a C object",
        ),
    ],
)
def test_what_has_no_identity_is_refused(write: Any, setup: str, given: str, reached: str) -> None:
    module = write(f"{setup}\ndef train():\n    return x\n")
    with pytest.raises(DeclarationError) as caught:
        digest(module.train, where="conftest.py:1")
    line = len(setup.splitlines()) + 1
    assert given in caught.value.what
    assert "has no identity" in caught.value.what
    assert reached in caught.value.what
    assert caught.value.where.endswith(f"conftest.py:{line}")
    assert "pass `key=` to eb.Model" in caught.value.fix


def test_refusal_names_closure_and_users(write: Any) -> None:
    module = write(
        "def make():\n    rows = iter([])\n    def load():\n        return rows\n    return load\n"
        "load = make()\ndef train():\n    return load()\n"
    )
    with pytest.raises(
        DeclarationError, match=r"closure variable `rows` of make\.<locals>\.load\(\), used by train\(\)"
    ):
        digest(module.train)


def test_refusal_of_the_value_itself_uses_the_callers_words() -> None:
    with pytest.raises(DeclarationError) as caught:
        digest(iter([]), what="the source of model `kws`", where="conftest.py:7")
    assert "(the source of model `kws`)" in caught.value.what
    assert caught.value.where == "conftest.py:7"


def test_code_without_source_is_refused() -> None:
    scope: dict[str, Any] = {}
    exec("f = lambda: 1\nclass C:\n    def run(self): pass", scope)
    with pytest.raises(DeclarationError, match="has no source text") as caught:
        digest(scope["f"], what="the source of model `kws`")
    assert "plain function in a file" in caught.value.fix
    with pytest.raises(DeclarationError, match=r"method run of class C"):
        digest(scope["C"])


def test_a_file_edited_since_its_import_is_refused(write: Any) -> None:
    module = write(BASE)
    Path(module.__file__ or "").write_text("x = 1\n")
    with pytest.raises(DeclarationError, match="has no source text"):
        digest(module.train)


def test_classes_of_two_conftest_files_are_told_apart(write: Any) -> None:
    text = "from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int = 1\nclass B:\n    n = 1\n"
    first, second, third = write(text), write(text.replace("= 1", "= 2")), write(text)
    for name in ("A", "B"):
        assert digest(getattr(first, name)) == digest(getattr(third, name))
        assert digest(getattr(first, name)) != digest(getattr(second, name))


def test_assertion_rewriting_moves_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(
        "from pytest_edgebench.identity.digest import digest\nLIMIT = 3\n"
        "def train(x):\n    assert x < LIMIT, 'too large'\n    return [y for y in x if (lambda z: z)(y)]\n"
        "def test_it():\n    print('key', digest(train))\n"
        "if __name__ == '__main__':\n    test_it()\n"
    )
    options = ("-m", "pytest", "-qs", "-p", "no:cacheprovider", "-p", "no:edgebench")
    keys = set()
    for command in (options, ()):
        line = [sys.executable, *command, "test_user.py"]
        output = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        keys.add(output.split("key ")[1].split()[0])
    assert len(keys) == 1
