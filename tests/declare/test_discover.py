"""Discovery against pytest's own fixture manager, and what a recipe is traced to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project

pytest_plugins = ["pytester"]

COMPARE = """
import pytest
from pytest_edgebench.declare.discover import Discovery

pytest_plugins = ["shared_plugin"]
KEY = pytest.StashKey()


class Registered:
    @pytest.fixture
    def by_object(self, request):
        pass


def pytest_configure(config):
    config.stash[KEY] = Discovery(config)
    config.pluginmanager.register(Registered())


def pytest_generate_tests(metafunc):
    node = metafunc.definition
    visible = metafunc.config.stash[KEY].visible(node)
    manager = metafunc.config.pluginmanager.get_plugin("funcmanage")
    names = set(manager._arg2node2fixturedefs)
    compared = 0
    for name in sorted(names | set(visible.names())):
        if name.startswith("_xunit"):
            continue
        theirs = [definition.func for definition in manager.getfixturedefs(name, node) or ()]
        theirs = [getattr(function, "__func__", function) for function in theirs]
        ours = [found.function for found in visible.chain(name)]
        assert ours == theirs, (node.nodeid, name, ours, theirs)
        arguments = [definition.argnames for definition in manager.getfixturedefs(name, node) or ()]
        assert [found.parameters() for found in visible.chain(name)] == arguments, name
        params = [definition.params is not None for definition in manager.getfixturedefs(name, node) or ()]
        assert [found.parametrised for found in visible.chain(name)] == params, name
        compared += bool(theirs)
    print("COMPARED", node.name, compared, [found.name for found, _ in visible.declared()])
"""


def test_the_same_as_pytests_own_fixture_manager(project: Project) -> None:
    project.pytester.makepyfile(
        shared_plugin="""
import eb, pytest

@eb.model
def shared():
    pass

@eb.recipe
def int8(shared):
    pass
"""
    )
    project.write(
        conftest=COMPARE
        + """
import eb

@eb.model
def kws():
    pass

@eb.recipe
def int8(kws, int8, tmp_path_factory, bits=4):
    pass

@eb.model(name="named")
def other_name():
    pass
""",
        mixins="class Mixin:\n    @pytest.fixture\n    def mixed(self, kws):\n        pass\n",
        lib="@eb.recipe\ndef fp16(kws): ...\n@eb.recipe(name='renamed')\ndef original_name(kws):\n    pass\n",
        test_top="def test_top():\n    pass\n",
        sub__conftest="""
from lib import fp16, fp16 as fp16_again, original_name as other

@eb.recipe
def int8(int8):
    pass

@pytest.fixture(params=[1, 2])
def shared(shared, request):
    pass
""",
        sub__test_sub="""
from mixins import Mixin

@eb.recipe
def int8(int8):
    pass

@eb.model(name="kws")
def another():
    pass

class TestOuter(Mixin):
    @pytest.fixture
    def kws(self, kws):
        pass

    @pytest.fixture
    @staticmethod
    def fixed(kws):
        pass

    def test_outer(self):
        pass

    class TestInner:
        @pytest.fixture
        def kws(self, kws):
            pass

        def test_inner(self):
            pass

def test_sub():
    pass
""",
        sub2__test_sub2="from lib import fp16 as kws\n\ndef test_sub2():\n    pass\n",
    )
    result = project.pytester.runpytest_inprocess(
        "-s", "-q", "-pno:edgebench", "-pno:randomly", "-pno:cacheprovider", "-pno:hypothesispytest"
    )
    lines = [line.partition("COMPARED ")[2] for line in result.outlines if "COMPARED " in line]
    assert result.ret == 0, result.stdout.str()
    named = {line.split()[0]: line.partition("[")[2] for line in lines}
    assert named == {
        "test_top": "'shared', 'kws', 'int8', 'named']",
        "test_outer": "'named', 'fp16', 'fp16_again', 'renamed', 'int8']",
        "test_inner": "'named', 'fp16', 'fp16_again', 'renamed', 'int8']",
        "test_sub": "'named', 'fp16', 'fp16_again', 'renamed', 'int8', 'kws']",
        "test_sub2": "'shared', 'int8', 'named', 'kws']",
    }
    assert all(int(line.split()[1]) > 10 for line in lines)


def test_an_override_is_made_of_what_it_hides(project: Project) -> None:
    project.profiles = '{"rpi4": {}}'
    project.write(
        conftest="""
@eb.model
def kws():
    pass

@eb.recipe(sweep={"bits": [4, 8]})
def small(kws, bits):
    pass
""",
        test_kws="""
@eb.recipe(sweep={"ratio": [0.5]})
def small(small, ratio):
    pass

def test_budget(edge):
    print("SLOT", edge.recipe, edge.place.rpartition("/")[2])
""",
    )
    assert project.ids() == [
        "test_kws.py::test_budget[kws-small.bits4.ratio50-rpi4]",
        "test_kws.py::test_budget[kws-small.bits8.ratio50-rpi4]",
    ]
    assert set(project.slots()) == {"small test_kws.py:2"}


def test_a_plain_fixture_of_the_same_name_hides_a_recipe(project: Project) -> None:
    project.profiles = '{"rpi4": {}}'
    project.write(
        conftest="@eb.model\ndef kws(): ...\n@eb.recipe\ndef int8(kws): ...\n@eb.recipe\ndef fp16(kws): 0\n",
        test_kws="@pytest.fixture\ndef int8():\n    pass\n\ndef test_budget(edge):\n    pass\n",
    )
    assert project.ids() == ["test_kws.py::test_budget[kws-fp16-rpi4]"]


def test_a_diamond_of_recipes_is_followed_once(project: Project) -> None:
    """Sixty layers of two uses each: following every path would never end."""
    layers = "".join(
        f"@eb.recipe\ndef r{number + 1}(r{number}, again{number}):\n    pass\n"
        f"@eb.recipe\ndef again{number + 1}(r{number}, again{number}):\n    pass\n"
        for number in range(60)
    )
    project.write(
        test_kws="@eb.model\ndef kws(): ...\n@eb.recipe\ndef r0(kws): ...\n@eb.recipe\ndef again0(kws): ...\n"
        + layers
        + "@eb.cases(recipes='r60')\ndef test_budget(edge):\n    pass\n"
    )
    assert len(project.ids()) == 2


def test_a_diamond_of_plain_fixtures_is_followed_once(project: Project) -> None:
    layers = "".join(
        f"@pytest.fixture(scope='session')\ndef {side}{number + 1}(a{number}, b{number}):\n    pass\n"
        for number in range(60)
        for side in "ab"
    )
    project.write(
        test_kws="@pytest.fixture(scope='session')\ndef a0(): 0\n"
        "@pytest.fixture(scope='session')\ndef b0(): 0\n"
        + layers
        + "@eb.model\ndef kws(a60):\n    pass\n\ndef test_budget(edge):\n    pass\n"
    )
    assert len(project.ids()) == 2
