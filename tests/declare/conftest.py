from __future__ import annotations

from pathlib import Path

import pytest

# pytester forgets modules that were first imported in an inner run, but not the attributes that packages got
# from them: import what the hooks use here.
import pytest_edgebench.declare.use
import pytest_edgebench.session.collection  # noqa: F401

EB = """
from pytest_edgebench.declare.budget import budget, cases
from pytest_edgebench.declare.model import Model, Recipe, Step
from pytest_edgebench.declare.recipe import model, recipe


def net():
    return Model("kws.onnx", data=([], []), score=sum)
"""

PLUGIN = """
import json

import pytest

from pytest_edgebench.session import collection as edgebench
from pytest_edgebench.settings.options import MARKERS
from pytest_edgebench.profiles.profile import Profile

COLLECTION = pytest.StashKey()
PROFILES = {name: Profile(name, **fields) for name, fields in json.loads(DECLARED).items()}


def pytest_addoption(parser):
    parser.addoption("--edgebench-profile", action="append", default=[])


def pytest_configure(config):
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    config.stash[COLLECTION] = edgebench.Collection(config, PROFILES)


def pytest_generate_tests(metafunc):
    metafunc.config.stash[COLLECTION].generate(metafunc)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return collector.config.stash[COLLECTION].report(collector, (yield))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session, config, items):
    config.stash[COLLECTION].check(session, items)
    edgebench.deselect(config, items, config.getoption("--edgebench-profile"))


def pytest_collection_finish(session):
    for text in session.config.stash[COLLECTION].warnings:
        print("WARNING", text)


@pytest.fixture
def edge(request):
    for slot in request.param.slots:
        limit = slot.limit
        shown = " ".join(filter(None, (limit.metric, limit.statistic, limit.reference)))
        place = slot.place.rpartition("/")[2]
        print("SLOT", request.param.case.key, shown, f"[{limit.text}]", slot.level, place)
    return request.param
"""


class Project:
    """A user's folder, collected and run by pytest with the hooks under test."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.profiles = '{"rpi4": {}, "x86": {"dedicated": true}}'
        pytester.syspathinsert()
        pytester.makepyfile(eb=EB)

    def write(self, **files: str) -> None:
        """Write files; `__` in a name is a folder, and line 1 of each is `import eb, pytest`."""
        for name, text in files.items():
            path = Path(self.pytester.path, *name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("import eb, pytest\n" + text.lstrip("\n"), encoding="utf-8")

    def run(self, *arguments: str, subprocess: bool = False) -> pytest.RunResult:
        self.pytester.makepyfile(edge_hooks=f"DECLARED = {self.profiles!r}\n{PLUGIN}")
        run = self.pytester.runpytest_subprocess if subprocess else self.pytester.runpytest_inprocess
        others = ("edgebench", "randomly", "cacheprovider", "anyio", "hypothesispytest")  # the last takes 2 s
        return run(
            *(f"-pno:{name}" for name in others), "-pedge_hooks", "--strict-markers", "-Werror", *arguments
        )

    def ids(self, *arguments: str) -> list[str]:
        """Node ids of the collected tests."""
        result = self.run("--collect-only", "-q", *arguments)
        assert result.ret == 0, result.stdout.str()
        return [line for line in result.outlines if "::" in line]

    def slots(self, *arguments: str) -> list[str]:
        """``key metric statistic reference [limit] level file:line`` of every case of every test."""
        result = self.run("-s", "-q", *arguments)
        assert result.ret == 0, result.stdout.str()
        return [line.partition("SLOT ")[2] for line in result.outlines if "SLOT " in line]

    def refused(self, *arguments: str) -> str:
        """The text of a run that stopped at collection without a traceback of ours."""
        result = self.run(*arguments)
        text = result.stdout.str()
        assert result.ret == pytest.ExitCode.INTERRUPTED, text
        assert "Traceback" not in text
        assert "pytest_edgebench/" not in text, text
        assert " passed" not in text
        return text


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)
