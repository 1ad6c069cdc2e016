"""The first change that uses edgebench, against a commit from before it."""

from __future__ import annotations

import pytest
from baselines_project import CONFTEST, FILES, TEST, Repo, text_of

pytest_plugins = ["pytester"]
OTHER = "def test_other():\n    pass\n"
OURS = ("tests/conftest.py", "tests/test_nets.py")
COMPARED = TEST.replace('latency=["baseline + 5 %", "model + 2000 %"]', 'latency="model + 2000 %"')


@pytest.fixture
def before(repo: Repo) -> Repo:
    """A repository whose branch "before" knows nothing of edgebench, with the change that introduces it."""
    repo.branch("before")
    for name in OURS:
        repo.git("rm", "-q", name)
    repo.write({"tests/test_other.py": OTHER})
    repo.commit("before")
    repo.branch("introduce")
    repo.write({name: FILES[name] for name in OURS} | {"tests/test_nets.py": COMPARED})
    repo.commit("introduce")
    return repo


def amend(repo: Repo, files: dict[str, str]) -> None:
    """Make the commit before hold these files, too."""
    repo.git("checkout", "-q", "before")
    repo.write(files)
    repo.commit("more")
    repo.git("checkout", "-q", "introduce")


SAID = "declares no model and no budget, so there is nothing to compare with"


@pytest.mark.parametrize("arguments", [(), ("tests/test_nets.py",), ("-n", "2"), ("-k", "nets")])
def test_the_change_that_introduces_edgebench_passes(before: Repo, arguments: tuple[str, ...]) -> None:
    result = before.run("--edgebench-baseline=before", *arguments)
    assert result.ret == 0, result.stdout.str()
    text = " ".join(text_of(result).split())
    assert SAID in text
    assert any(SAID in note for note in before.record()["notes"])


def test_a_commit_without_any_test(before: Repo) -> None:
    before.git("checkout", "-q", "before")
    before.git("rm", "-rq", "tests", "pytest.ini")
    before.commit("nothing at all")
    before.git("checkout", "-q", "introduce")
    assert before.run("--edgebench-baseline=before").ret == 0


REFUSED = {
    "a syntax error": ({"tests/test_other.py": "def broken(:\n"}, "pytest ended with status"),
    "a failing import": ({"tests/test_other.py": "import nosuchmodule\n"}, "nosuchmodule"),
    "a model without tests": ({"tests/conftest.py": CONFTEST}, "declares a model or a budget"),
    "a budget alone": (
        {"tests/test_other.py": "import pytest_edgebench as eb\n\nLIMIT = eb.budget(size='1 kB')\n" + OTHER},
        "declares a model or a budget",
    ),
    "a module of ours that skips itself": (
        {
            "tests/test_other.py": "import pytest\n\npytest.skip('no board', allow_module_level=True)\n"
            "import pytest_edgebench\n"
        },
        "was skipped while it was imported",
    ),
    "an ini file that pytest refuses": ({"pytest.ini": "[pytest]\naddopts = --no-such-option\n"}, "status 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_fails(before: Repo, name: str) -> None:
    files, told = REFUSED[name]
    amend(before, files)
    result = before.run("--edgebench-baseline=before")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in result.stdout.str() + result.stderr.str()  # with pytest's own words from that commit


def test_another_module_that_skips_itself_is_no_matter(before: Repo) -> None:
    amend(before, {"tests/test_more.py": "import pytest\n\npytest.importorskip('nosuchmodule')\n"})
    assert before.run("--edgebench-baseline=before").ret == 0


def test_what_only_moved_is_compared(repo: Repo) -> None:
    """The folder that pytest is told to run is not in the commit, but its cases are, elsewhere."""
    repo.branch("moved")
    repo.git("mv", "tests", "checks")
    repo.edit("pytest.ini", "tests", "checks")
    repo.commit("moved")
    result = repo.run("--edgebench-baseline=main", "checks")
    assert result.ret == 0
    assert SAID not in text_of(result)
    assert repo.rows("a-int8-host")["size", "baseline"]["reason"] == "the same as the baseline"
    repo.git("checkout", "-q", "main")
    repo.write({"tests/test_nets.py": OTHER})
    repo.commit("models without a case")
    repo.git("checkout", "-q", "moved")
    result = repo.run("--edgebench-baseline=main", "checks")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "although tests/conftest.py:10 declares a model or a budget" in text_of(result)
