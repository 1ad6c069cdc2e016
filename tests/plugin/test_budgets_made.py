"""Every budget that is made is judged, or is an error at its own line; whole sessions."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

BUDGET = '@eb.budget(size="1 kB")'
HOLDS = "import pytest, unittest\nimport pytest_edgebench as eb\n\n\n"
HOLDS += "def test_holds(edge):\n    edge.check()\n\n\n"
"""The budget under test begins at line 9."""


def session(folder: Path, test: str, conftest: str = "") -> Project:
    made = Project(folder)
    made.write({"test_net.py": HOLDS + test})
    if conftest:
        path = folder / "conftest.py"
        path.write_text(path.read_text(encoding="utf-8") + conftest, encoding="utf-8")
    return made


NOWHERE = {
    "misspelt": (f"{BUDGET}\ndef tets_size(edge):\n"
        "    edge.check()\n", "is on tets_size, which is not collected"),
    "hidden": (
        f"{BUDGET}\ndef test_a(edge):\n    edge.check()\n\ndef test_a(edge):\n    edge.check()\n",
        "is on test_a, which is hidden by another test_a at line 13",
    ),
    "switched off": (
        f"{BUDGET}\nclass TestNet:\n    __test__ = False\n\n    def test_a(self, edge):\n"
            "        edge.check()\n",
        "is on TestNet, which has __test__ = False",
    ),
    "method of one that is switched off": (
        "class TestNet:\n    __test__ = False\n    @eb.budget(size='1 kB')\n"
        "    def test_a(self, edge):\n        edge.check()\n",
        "is on TestNet, which has __test__ = False",
    ),
    "method of a hidden class": (
        "class TestNet:\n    @eb.budget(size='1 kB')\n    def test_a(self, edge):\n        edge.check()\n"
        "class TestNet:\n    def test_b(self, edge):\n        edge.check()\n",
        "is on TestNet, which is hidden by another TestNet at line 13",
    ),
    "unittest class": (
        f"{BUDGET}\nclass TestNet(unittest.TestCase):\n    def test_a(self):\n        pass\n",
        "is on TestNet, whose tests cannot take `edge`",
    ),
    "empty unittest class": (
        f"{BUDGET}\nclass TestNet(unittest.TestCase):\n"
            "    pass\n", "which is a unittest.TestCase without tests"
    ),
    "nested": (
        "def helper():\n    pass\nhelper()\ndef outer():\n    @eb.budget(size='1 kB')\n"
            "    def test_a(edge):\n"
        "        edge.check()\n    return test_a\nouter()\n",
        "is on test_a, which is inside of outer()",
    ),
    "statement": ("eb.budget(size='1 kB')\n", "is on nothing: write @eb.budget"),
    "statement over lines": ("eb.budget(\n    size='1 kB',\n)\n", "is on nothing: write @eb.budget"),
    "statement in a class": ("class TestA:\n    eb.budget(size='1 kB')\n"
        "    def test_a(self): pass\n", "is on nothing"),
    "class without edge": (
        f"{BUDGET}\nclass TestNet:\n    def test_a(self):\n"
            "        pass\n", "holds for no case of any test below it"
    ),
    "function without edge": (f"{BUDGET}\ndef test_a():\n    pass\n", "does not take `edge`"),
    "class with a constructor": (
        f"{BUDGET}\nclass TestNet:\n    def __init__(self): pass\n    def test_a(self, edge):\n"
            "        edge.check()\n",
        "is on TestNet, which is not collected",
    ),
    "value that nobody uses": ("strict = eb.budget(size='1 kB')\n", "was made but is on no collected test"),
    "async helper": (f"{BUDGET}\nasync def check_size(edge):\n    edge.check()\n", "is on check_size"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOWHERE)
def test_on_nothing_that_is_judged(tmp_path: Path, name: str) -> None:
    text, told = NOWHERE[name]
    ran = session(tmp_path, text).run().calm()
    assert ran.status != 0, ran.text
    assert told in ran.text
    at = next(9 + i for i, line in enumerate(text.splitlines()) if "eb.budget(" in line)
    assert f"test_net.py:{at}: eb.budget(size=" in ran.text


def test_in_a_conftest_and_in_a_module_of_its_own(tmp_path: Path) -> None:
    made = session(tmp_path, "import limits\n", "\neb.budget(size='1 kB')\n")
    made.write({"limits.py": "import pytest_edgebench as eb\n\nstrict = [eb.budget(size='1 kB')]\n"})
    ran = made.run("-p", "no:cacheprovider").calm()
    assert ran.status == 2
    assert "conftest.py:24: eb.budget(" in ran.text
    alone = session(tmp_path / "alone", "import limits\n")
    alone.write({"limits.py": "import pytest_edgebench as eb\n\nstrict = [eb.budget(size='1 kB')]\n"})
    ran = alone.run().calm()
    assert ran.status == 1
    assert "limits.py:3: eb.budget(" in ran.text


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_all_of_them_are_told_at_once(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = session(tmp_path, f"{BUDGET}\ndef tets_a(edge): ...\n\n\n{BUDGET}\ndef tets_b(edge): ...\n").run(
        *arguments
    )
    assert ran.status != 0
    assert "test_net.py:9: " in ran.text
    assert "test_net.py:13: " in ran.text


@pytest.mark.parametrize("ini", ["testpaths = tests", "addopts = --ignore=old"])
def test_beside_the_tests_that_the_ini_file_names(tmp_path: Path, ini: str) -> None:
    made = session(tmp_path, "", "\neb.budget(size='1 kB')\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "test_net.py").rename(tmp_path / "tests/test_net.py")
    if ini.startswith("addopts"):
        made.edit("pytest.ini", "addopts = ", f"{ini} ")
    else:
        made.edit("pytest.ini", "[pytest]\n", f"[pytest]\n{ini}\n")
    ran = made.run().calm()
    assert ran.status == 2, ran.text
    assert "conftest.py:24: eb.budget(" in ran.text
    assert made.run("--ignore=tests/other").status == 0


def test_a_file_that_skips_itself_is_not_collected(tmp_path: Path) -> None:
    made = session(tmp_path, "")
    skips = (
        "import pytest\nimport pytest_edgebench as eb\n\n@eb.budget(size='1 kB')\ndef test_a(edge): ...\n\n"
    )
    made.write({"test_other.py": skips + "pytest.skip('no board', allow_module_level=True)\n"})
    assert made.run().calm().status == 0


def test_marks_of_a_base_class_count_where_it_is_used(tmp_path: Path) -> None:
    made = session(tmp_path, "from base import Base\n\n\nclass TestNet(Base):\n    pass\n")
    base = "import pytest_edgebench as eb\n\n\nclass Base:\n    @eb.budget(size='1 MB')\n"
    made.write({"base.py": base + "    def test_a(self, edge):\n        edge.check()\n"})
    assert made.run().calm().outcomes == {"passed": 4}
    made.edit("test_net.py", "class TestNet(Base)", "class TestNet")
    ran = made.run().calm()
    assert ran.status == 2
    assert "base.py:5: eb.budget(" in ran.text


FILTERED = (
    ("-k", "holds"),
    ("-m", "not slow"),
    ("--deselect", "test_net.py::test_a"),
    ("test_net.py::test_holds",),
    ("test_other.py",),
)


@pytest.mark.parametrize("arguments", FILTERED)
def test_a_filter_is_no_mistake(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Deselected tests have their budgets; of what was not collected nothing can be said."""
    text = (
        "@eb.budget(size='1 MB')\n@pytest.mark.slow\ndef test_a(edge):\n    edge.check()\n\n\n"
        "LOOSE = eb.budget(size='1 MB')\n\n\n@pytest.mark.slow\ndef test_b(request, edge):\n"
        "    request.applymarker(LOOSE)\n    edge.check()\n"
    )
    made = session(tmp_path, text)
    made.write({"test_other.py": HOLDS + "from test_net import LOOSE\n"})
    ran = made.run(*arguments).calm()
    assert ran.status == 0, ran.text


def test_named_node_leaves_a_misspelt_neighbour_alone(tmp_path: Path) -> None:
    ran = session(tmp_path, f"{BUDGET}\ndef tets_a(edge): ...\n").run("test_net.py::test_holds").calm()
    assert ran.status == 0


HOOKS = {
    "modifyitems": "def pytest_collection_modifyitems(items):\n    for item in items:\n"
        "        item.add_marker({})\n",
    "a wrapper": (
        "import pytest\n@pytest.hookimpl(wrapper=True)\ndef pytest_collection_modifyitems(items):\n"
            "    yield\n"
        "    for item in items:\n        item.add_marker({})\n"
    ),
    "runtest_setup": "def pytest_runtest_setup(item):\n    item.add_marker({})\n",
    "collection_finish": "def pytest_collection_finish(session):\n    session.add_marker({})\n",
    "autouse": "import pytest\n@pytest.fixture(autouse=True)\ndef strict(request):\n"
        "    request.applymarker({})\n",
    "node": "import pytest\n@pytest.fixture(autouse=True)\ndef strict(request):\n"
        "    request.node.add_marker({})\n",
    "module": "import pytest\n@pytest.fixture(autouse=True, scope='module')\ndef strict(request):\n"
    "    request.node.add_marker({})\n",
}  # fmt: skip


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("name", HOOKS)
def test_added_by_a_hook_or_a_fixture(tmp_path: Path, name: str, constant: bool) -> None:
    hook = HOOKS[name].format("STRICT" if constant else "eb.budget(size='1 kB')")
    before = "STRICT = eb.budget(size='1 kB')\n" if constant else ""
    ran = session(tmp_path, "", f"\n{before}{hook}").run().calm()
    assert ran.outcomes.get("failed") == 2, ran.text
    assert "  help: reduce it, or raise the limit at " in ran.text
    assert re.search(r"> 1(\.00)? kB|limit 1(\.00)? kB", ran.text), ran.text


def test_added_by_the_test_itself(tmp_path: Path) -> None:
    text = "def test_run(request, edge):\n    request.applymarker(eb.budget(size='1 kB'))\n    edge.check()\n"
    ran = session(tmp_path, text).run("-n", "2").calm()
    assert ran.outcomes == {"failed": 2, "passed": 2}


def test_only_the_test_that_got_it_is_judged_by_it(tmp_path: Path) -> None:
    hook = "def pytest_collection_modifyitems(items):\n    items[0].add_marker(STRICT)\n"
    ran = session(tmp_path, "", f"\nSTRICT = eb.budget(size='1 kB')\n{hook}").run().calm()
    assert ran.outcomes == {"failed": 1, "passed": 1}


UNJUDGED = {
    "after the check": (
        "def test_late(request, edge):\n    edge.check()\n    request.applymarker(eb.budget(size='1 kB'))\n",
        "test_net.py:11: eb.budget(size=\"1 kB\") was added to test_late while it ran, and was never judged",
    ),
    "without edge": (
        "def test_bare(request):\n    request.applymarker(eb.budget(size='1 kB'))\n",
        "test_net.py:10: eb.budget(size=\"1 kB\") reached test_bare",
    ),
    "a statement": (
        "def test_bare(edge):\n    eb.budget(size='1 kB')\n    edge.check()\n",
        "test_net.py:10: eb.budget(size=\"1 kB\") was made while test_bare ran, but is on no test",
    ),
}  # fmt: skip


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
@pytest.mark.parametrize("name", UNJUDGED)
def test_made_while_a_test_runs_and_never_judged(
    tmp_path: Path, name: str, arguments: tuple[str, ...]
) -> None:
    text, told = UNJUDGED[name]
    ran = session(tmp_path, text).run(*arguments).calm()
    assert ran.status == 1, ran.text
    assert told in " ".join(ran.text.split())


def test_a_session_without_any_test_of_ours(tmp_path: Path) -> None:
    made = Project(tmp_path)
    (tmp_path / "conftest.py").unlink()
    made.write(
        {
            "test_net.py": "import pytest_edgebench as eb\n\n\ndef test_a(request):\n"
            "    request.applymarker(eb.budget(size='1 kB'))\n"
        }
    )
    ran = made.run(record=False).calm()
    assert ran.status == 1
    assert "test_net.py:5: " in ran.text


def test_what_was_added_wrongly_is_told(tmp_path: Path) -> None:
    text = "def test_run(request, edge):\n    request.applymarker(eb.budget(sise='1 kB'))\n    edge.check()\n"
    ran = session(tmp_path, text).run().calm()
    assert ran.outcomes.get("failed") == 2
    assert "unknown metric 'sise'" in ran.text


def test_two_that_say_something_else_of_one_test(tmp_path: Path) -> None:
    text = (
        "@eb.budget(size='1 MB')\ndef test_run(request, edge):\n"
        "    request.applymarker(eb.budget(size='1 kB'))\n    edge.check()\n"
    )
    ran = session(tmp_path, text).run().calm()
    assert ran.outcomes.get("failed") == 2
    assert "test_net.py:9" in ran.text
    assert "test_net.py:11" in ran.text


BARE = {
    "in the body": ("def test_a():\n    eb.budget(size='1 kB')\n", 5),
    "in a helper": ("def limit():\n    return eb.budget(size='1 kB')\n\n\ndef test_a():\n    limit()\n", 5),
    "in a fixture": (
        "import pytest\n\n\n@pytest.fixture\ndef limit():\n    return eb.budget(size='1 kB')\n\n\n"
        "def test_a(limit):\n    pass\n",
        9,
    ),
    "after a fixture's end": (
        "import pytest\n\n\n@pytest.fixture\ndef limit():\n    yield\n    eb.budget(size='1 kB')\n\n\n"
        "def test_a(limit):\n    pass\n",
        10,
    ),
    "before a skip": (
        "import pytest\n\n\ndef test_a():\n    eb.budget(size='1 kB')\n    pytest.skip('no board')\n", 8
    ),
    "before an expected failure": (
        "import pytest\n\n\n@pytest.mark.xfail\ndef test_a():\n    eb.budget(size='1 kB')\n"
        "    assert False\n",
        9,
    ),
    "in a test of unittest": (
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n"
        "        eb.budget(size='1 kB')\n",
        9,
    ),
}  # fmt: skip


@pytest.mark.parametrize("arguments", [(), ("-n", "1")])
@pytest.mark.parametrize("name", BARE)
def test_made_where_no_test_takes_edge(tmp_path: Path, name: str, arguments: tuple[str, ...]) -> None:
    """Nothing else of a project is ours, not even a settings file."""
    text, line = BARE[name]
    (tmp_path / "test_a.py").write_text(f"import pytest_edgebench as eb\n\n\n{text}", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert f"test_a.py:{line}: eb.budget(size=" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_one_that_failed_says_enough(tmp_path: Path) -> None:
    text = "import pytest_edgebench as eb\n\n\ndef test_a():\n    eb.budget(size='1 kB')\n    assert False\n"
    (tmp_path / "test_a.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is on no test" not in done.stdout
