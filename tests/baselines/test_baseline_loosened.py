"""A change that demands less of a case than was demanded when it was accepted is told in every report."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from baselines_project import Repo, text_of

from pytest_edgebench.record import baseline as record

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]
CASE = "a-int8-board"
TEST = """
import unittest
import pytest
import pytest_edgebench as eb


@eb.budget(size=["64 kB", "model - 10 %"], accuracy="5 %")
@eb.budget("b*", ops="40", message="what the driver has kernels for")
def test_budget(edge):
    edge.check()
"""
TOML = '[profiles.board]\nextends = "cortex-a72"\nram = "4 MB"\nrequired = true\n'
INI = "[pytest]\ntestpaths = tests\naddopts = --edgebench-inconclusive=fail\nedgebench_alpha = 2 %\n"
FILES = {"tests/test_nets.py": TEST, "edgebench.toml": TOML, "pytest.ini": INI}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / ".edgebench"


@pytest.fixture
def accepted(repo: Repo, kept: Path) -> Repo:
    """A project on a described board with its committed baseline, which is made once."""
    repo.write(FILES)
    folder = repo.path / ".edgebench"
    if not kept.is_dir():
        result = repo.run("--edgebench-update-baseline")
        assert result.ret == 0, result.stdout.str()
        shutil.copytree(folder, kept)
    else:
        shutil.copytree(kept, folder)
    return repo


def loosened(repo: Repo) -> list[str]:
    found: list[str] = repo.record().get("loosened", [])
    return found


WAIVER = f"""
[[waivers]]
case = "{CASE}"
metric = "size"
up_to = "70 kB"
until = 2099-01-01
reason = "for now"
"""
NETS = "tests/test_nets.py"
CHANGES = {
    "a higher limit": (NETS, '"64 kB"', '"80 kB"', "size: limit 80 kB (was 64 kB)"),
    "a relative limit": (NETS, "model - 10 %", "model - 5 %", "size: limit model - 5 % (was model - 10 %)"),
    "a lower score": (NETS, '"5 %"', '"4 %"', "accuracy: limit 4 % (was 5 %)"),
    "a limit that is gone": (NETS, ', accuracy="5 %"', "", "accuracy 5 % is demanded no more"),
    "a budget that is gone": (
        NETS, '@eb.budget("b*", ops="40", message="what the driver has kernels for")\n', "",
        "ops 40 is demanded no more",
    ),
    "a level": (NETS, 'accuracy="5 %")', 'accuracy="5 %", level="warn")', "level warn (was error)"),
    "off": (NETS, 'accuracy="5 %")', 'accuracy="5 %", level="off")', "switched off"),
    "a default check": (
        NETS, "@eb.budget(size",
        '@eb.budget(parameters="baseline + 1 %", level="off")\n@eb.budget(size',
        "the default check of parameters against the baseline is switched off",
    ),
    "recipes": (
        NETS, '@eb.budget("b*"',
        '@eb.cases(recipes="*")\n@eb.cases(recipes="original")\n@eb.budget("b*", recipes="original"',
        "ops 40 is demanded no more",
    ),
    "models": (NETS, '"b*", ops', '"b*", models="b", ops', "ops 40 is demanded no more"),
    "profiles": (NETS, '"b*", ops', '"bench", ops', "ops 40 is demanded no more"),
    "alpha": ("pytest.ini", "2 %", "1 %", "edgebench_alpha = 1 (was 2)"),
    "loads": ("pytest.ini", "2 %", "2 %\nedgebench_max_loads = 100", "edgebench_max_loads = 100 (was 420)"),
    "tolerance": (
        "pytest.ini", "2 %", "2 %\nedgebench_default_latency_tolerance = 9 %",
        "edgebench_default_latency_tolerance = 9 (was 3)",
    ),
    "an option": ("pytest.ini", "=fail", "=pass", "--edgebench-inconclusive = pass (was fail)"),
    "an option that is gone": (
        "pytest.ini", "addopts = --edgebench-inconclusive=fail\n", "",
        "--edgebench-inconclusive = not set (was fail)",
    ),
    "memory": ("edgebench.toml", '"4 MB"', '"8 MB"', "ram = 8000000 (was 4000000)"),
    "no memory limit": ("edgebench.toml", 'ram = "4 MB"\n', "", "ram = "),
    "required": ("edgebench.toml", "required = true\n", "", "required = false (was true)"),
    "a skip": (
        NETS, "def test_budget", "@pytest.mark.skip\ndef test_budget",
        "size 64 kB is demanded no more, since tests/test_nets.py::test_budget is skipped",
    ),
    "a skip on a condition": (
        NETS, "def test_budget", '@pytest.mark.skipif("True", reason="no")\ndef test_budget',
        "ops 40 is demanded no more, since tests/test_nets.py::test_budget is skipped",
    ),
    "a skip of the module": (
        NETS, "import pytest_edgebench as eb\n",
        "import pytest_edgebench as eb\npytestmark = pytest.mark.skip('no board')\n",
        "accuracy 5 % is demanded no more, since",
    ),
    "a skip of unittest": (
        NETS, "def test_budget", "@unittest.skip('no board')\ndef test_budget",
        "size 64 kB is demanded no more, since tests/test_nets.py::test_budget is skipped",
    ),
    "a skip in the body": (
        NETS, "    edge.check()", "    pytest.skip('no board')",
        "size 64 kB is demanded no more, since tests/test_nets.py::test_budget is skipped",
    ),
    "a skip on a condition in the body": (
        NETS, "    edge.check()", "    if edge.size.value:\n        pytest.skip()\n    edge.check()",
        "ops 40 is demanded no more, since tests/test_nets.py::test_budget is skipped",
    ),
    "an import in the body that fails": (
        NETS, "    edge.check()", "    pytest.importorskip('no_such_module')\n    edge.check()",
        "accuracy 5 % is demanded no more, since",
    ),
    "an expected failure": (
        NETS, "def test_budget", "@pytest.mark.xfail(raises=eb.BudgetExceeded)\ndef test_budget",
        "size: level warn by pytest.mark.xfail on tests/test_nets.py::test_budget (was error)",
    ),
    "an expected failure that is not run": (
        NETS, "def test_budget", "@pytest.mark.xfail(run=False)\ndef test_budget",
        "size 64 kB is demanded no more, since tests/test_nets.py::test_budget is skipped",
    ),
    "a waiver": ("edgebench.toml", "required = true\n", f"required = true\n"
        f"{WAIVER}", "a new waiver of size up to 70 kB"),
}  # fmt: skip
BENCH = '\n[profiles.bench]\nextends = "cortex-a72"\n'


@pytest.mark.parametrize("name", CHANGES)
def test_told_in_record_and_terminal(accepted: Repo, name: str) -> None:
    file, old, new, told = CHANGES[name]
    accepted.edit(file, old, new)
    if name == "profiles":
        accepted.edit("edgebench.toml", "required = true\n", "required = true\n" + BENCH)
    text = " ".join(text_of(accepted.run("-q", "-k", "a-int8-board")).split())
    lines = loosened(accepted)
    assert [line for line in lines if told in line and "a-int8-board" in line], (told, lines)
    assert all(line in text for line in lines)
    assert all(line.startswith("loosened: ") for line in lines)
    if file.endswith(".py") and "no more" not in told and "switched off" not in told:
        assert "tests/test_nets.py:" in lines[0]


STRICTER = {
    "a lower limit": (NETS, '"64 kB"', '"60 kB"'),
    "another line and message": (NETS, "what the driver", "whatever the driver"),
    "a line above": (NETS, "import pytest_edgebench as eb\n", "import pytest_edgebench as eb\n\n\n"),
    "one that names the case": (NETS, '"b*", ops="40"', '"board", recipes="int8", ops="40"'),
    "alpha": ("pytest.ini", "2 %", "5 %"),
    "memory": ("edgebench.toml", '"4 MB"', '"3 MB"'),
    "a skip that does not hold": (
        NETS, "def test_budget", '@pytest.mark.skipif(False, reason="no")\ndef test_budget',
    ),
    "a skip that cannot be read": (NETS, "def test_budget", '@pytest.mark.skipif("x y")\ndef test_budget'),
    "a skip after the check": (NETS, "    edge.check()", "    edge.check()\n    pytest.skip('done')"),
    "nothing": ("edgebench.toml", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", STRICTER)
def test_what_demands_as_much_is_not_told(accepted: Repo, name: str) -> None:
    accepted.edit(*STRICTER[name])
    accepted.run()
    assert loosened(accepted) == []


def test_every_report_has_the_line(accepted: Repo) -> None:
    accepted.edit(NETS, '"64 kB"', '"80 kB"')
    result = accepted.run("-n", "2", "--edgebench-report=r.html", "--edgebench-markdown=c.md")
    assert result.ret == 0
    (line,) = loosened(accepted)
    assert "tests/test_nets.py:7: size: limit 80 kB (was 64 kB): a-int8-board, b-int8-board" in line
    for name in ("r.html", "c.md"):
        assert "limit 80 kB (was 64 kB)" in (accepted.path / name).read_text(encoding="utf-8")


def test_as_an_error_until_it_is_accepted(accepted: Repo) -> None:
    accepted.edit(NETS, '"64 kB"', '"80 kB"')
    result = accepted.run("--edgebench-loosened=error")
    assert result.ret == 1
    assert text_of(result).count("loosened: ") == 1
    assert accepted.record()["problems"] == loosened(accepted)
    assert accepted.run("--edgebench-loosened=error", "--edgebench-update-baseline").ret == 0
    assert accepted.run("--edgebench-loosened=error").ret == 0


def test_a_file_that_was_not_collected_may_demand_the_rest(accepted: Repo) -> None:
    accepted.write({"tests/test_more.py": TEST.replace("64 kB", "60 kB")})
    assert accepted.run("--edgebench-update-baseline").ret == 0
    accepted.run(NETS)
    assert loosened(accepted) == []
    (accepted.path / "tests/test_more.py").unlink()
    accepted.run()
    assert any("size: limit 64 kB (was 60 kB)" in line for line in loosened(accepted))


MORE = TEST.replace('["64 kB", "model - 10 %"]', '"60 kB"').replace('@eb.budget("b*"', '@eb.budget("board"')


@pytest.mark.parametrize(
    "asked",
    [(NETS,), (f"{NETS}::test_budget",), ("--deselect=tests/test_more.py",)],
    ids=["file", "test", "no"],
)
def test_an_update_of_some_tests_keeps_what_the_others_demand(accepted: Repo, asked: tuple[str, ...]) -> None:
    accepted.write({"tests/test_more.py": MORE})
    assert accepted.run("--edgebench-update-baseline").ret == 0
    accepted.edit(NETS, '"64 kB", ', "")
    assert accepted.run(*asked, "--edgebench-update-baseline").ret == 0
    (entry, _) = record.load(accepted.path / ".edgebench").cases.values()
    assert entry.tests == ("tests/test_more.py", NETS)
    assert entry.terms is not None
    assert entry.terms.demands["size"].text == "60 kB"
    accepted.edit("tests/test_more.py", "60 kB", "70 kB")
    accepted.run()
    assert any("size: limit 70 kB (was 60 kB)" in line for line in loosened(accepted))
    assert accepted.run("--edgebench-update-baseline").ret == 0
    accepted.run()
    assert loosened(accepted) == []


def test_skips_of_several_processes_are_put_together(accepted: Repo) -> None:
    skipping = TEST.replace("edge.check()", "pytest.skip('no board')")
    accepted.write({"tests/test_more.py": TEST})
    assert accepted.run("--edgebench-update-baseline").ret == 0
    accepted.write({"tests/test_more.py": skipping})
    accepted.run("-n", "2")
    assert loosened(accepted) == []  # the other test still demands all of it
    accepted.write({NETS: skipping})
    result = accepted.run("-n", "2", "--edgebench-loosened=error")
    assert result.ret == 1
    assert any("size 64 kB is demanded no more, since" in line for line in loosened(accepted))


def test_a_baseline_of_an_older_version_tells_nothing(accepted: Repo) -> None:
    folder = accepted.path / ".edgebench"
    found = record.load(folder)
    cases = {key: replace(entry, terms=None) for key, entry in found.cases.items()}
    (folder / record.FILE).write_text(record.dump(replace(found, cases=cases)), encoding="utf-8")
    accepted.edit(NETS, '"64 kB"', '"80 kB"')
    assert accepted.run().ret == 0
    assert loosened(accepted) == []


def test_against_a_git_ref(repo: Repo) -> None:
    repo.write(FILES)
    repo.write({"edgebench.toml": TOML + WAIVER})
    repo.commit("on a board")
    repo.branch("looser")
    repo.edit(NETS, '"64 kB"', '"80 kB"')
    repo.edit("pytest.ini", "2 %", "1 %")
    repo.edit("edgebench.toml", "70 kB", "75 kB")
    repo.commit("looser")
    repo.run("--edgebench-baseline=main")
    lines = "\n".join(loosened(repo))
    assert "size: limit 80 kB (was 64 kB)" in lines
    assert "edgebench_alpha = 1 (was 2)" in lines
    assert "the waiver of size allows 75 kB until 2099-01-01 (was 70 kB until 2099-01-01)" in lines
