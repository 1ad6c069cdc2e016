"""Settings and accepted states are those of the tests, wherever pytest was started; whole sessions."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from plugin_project import BARE, Project

if TYPE_CHECKING:
    from pathlib import Path

OTHER = '[profiles.watch]\nextends = "cortex-a53"\n'
MODULE = ("net.onnx", "conftest.py", "test_net.py")
STARTS = [
    (".", ()),
    (".", ("kws",)),
    ("kws", ()),
    ("kws", ("..",)),
    ("kws", ("test_net.py",)),
    ("docs", ("../kws",)),
]


@pytest.fixture(params=["ini", "none"])
def below(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project whose tests and settings lie below its root, with and without an ini file there."""
    made = Project(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "kws").mkdir()
    for name in (*MODULE, "edgebench.toml"):
        shutil.move(tmp_path / name, tmp_path / "kws" / name)
    if request.param == "none":
        (tmp_path / "pytest.ini").unlink()
    return made


def cases(made: Project, folder: str = ".") -> set[str]:
    record = json.loads((made.folder / folder / "run.json").read_text(encoding="utf-8"))
    return {case["key"] for case in record["cases"]}


def at(made: Project, folder: str) -> Project:
    """The same project, where pytest is started in one of its folders."""
    other = Project.__new__(Project)
    other.folder = made.folder / folder
    return other


NO_PLUGINS = ("-p", "no:randomly", "-p", "no:anyio", "-p", "no:hypothesispytest")


@pytest.mark.parametrize("start, arguments", STARTS)
def test_the_settings_of_a_folder_of_tests(below: Project, start: str, arguments: tuple[str, ...]) -> None:
    ran = at(below, start).run(*NO_PLUGINS, *arguments).calm()
    assert ran.outcomes["passed"] == 2, ran.text
    assert cases(below, start) == {"net-fp16-board", "net-int8-board"}


def test_the_accepted_state_of_a_folder_of_tests(below: Project) -> None:
    """Made in one place, it is found from every other, and a case that vanished is missed from each."""
    assert at(below, "kws").run(*NO_PLUGINS, "--edgebench-update-baseline").status == 0
    (found,) = below.folder.rglob(".edgebench/baseline.json")
    below.edit("kws/test_net.py", "def test_budget", "@eb.cases(recipes='int8')\ndef test_budget")
    for start, arguments in STARTS[:4]:
        ran = at(below, start).run(*NO_PLUGINS, *arguments).calm()
        assert ran.status == 1, (start, arguments, ran.text)
        assert "net-fp16-board is in the baseline" in ran.text
    assert [*below.folder.rglob(".edgebench/baseline.json")] == [found]


def test_two_folders_each_with_its_own(below: Project) -> None:
    shutil.copytree(below.folder / "kws", below.folder / "vad")
    ran = below.run(*NO_PLUGINS).calm()
    assert ran.status == pytest.ExitCode.USAGE_ERROR
    for name in ("kws", "vad"):
        assert f"{name}/edgebench.toml" in ran.text
    assert below.run(*NO_PLUGINS, "vad").status == 0
    assert below.run(*NO_PLUGINS, "--ignore=kws").status == 0


@pytest.mark.parametrize("where", ["edgebench.toml", "kws/more/edgebench.toml", "pyproject.toml"])
def test_two_that_hold_for_one_test(below: Project, where: str) -> None:
    text = OTHER.replace("[profiles", "[tool.edgebench.profiles") if where == "pyproject.toml" else OTHER
    below.write({where: text})
    if "more" in where:
        shutil.move(below.folder / "kws/test_net.py", below.folder / "kws/more/test_net.py")
    for arguments in ((), ("kws",)):
        ran = below.run(*NO_PLUGINS, f"--rootdir={below.folder}", *arguments).calm()
        assert ran.status == pytest.ExitCode.USAGE_ERROR, ran.text
        assert "two settings files apply to" in ran.text
        assert "kws/edgebench.toml" in ran.text
        assert str(below.folder / where) in ran.text


def test_two_accepted_states(below: Project) -> None:
    assert at(below, "kws").run(*NO_PLUGINS, "--edgebench-update-baseline").status == 0
    (found,) = below.folder.rglob(".edgebench")
    other = below.folder / ("kws" if found.parent == below.folder else ".") / ".edgebench"
    shutil.copytree(found, other)
    ran = below.run(*NO_PLUGINS, f"--rootdir={below.folder}").calm()
    assert ran.status == pytest.ExitCode.USAGE_ERROR
    assert "two baselines apply to these tests" in ran.text
    assert str(found / "baseline.json") in ran.text
    assert str(other / "baseline.json") in ran.text


def test_a_test_beside_the_folder_that_has_settings(below: Project) -> None:
    shutil.copytree(below.folder / "kws", below.folder / "vad", ignore=lambda *_: ["edgebench.toml"])
    (below.folder / "vad/test_net.py").rename(below.folder / "vad/test_vad.py")
    ran = below.run(*NO_PLUGINS).calm()
    assert ran.status == 2
    assert "vad/test_vad.py takes `edge`, but the settings of this session are" in ran.text


@pytest.mark.parametrize("folder", ["data", "build", ".hidden", "venv"])
def test_settings_without_tests_hold_for_none(below: Project, folder: str) -> None:
    """A file that lies about, or in a folder that pytest leaves out."""
    below.write({f"kws/{folder}/edgebench.toml": OTHER})
    if folder != "data":
        below.write({f"kws/{folder}/test_x.py": "", "kws/venv/pyvenv.cfg": ""})
    assert below.run(*NO_PLUGINS).calm().outcomes["passed"] == 2


def pipe(path: Path) -> None:
    os.mkfifo(path)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def deep(path: Path) -> None:
    path.write_text("a = " + "[" * 100_000 + "]" * 100_000, encoding="utf-8")


def deep_tables(path: Path) -> None:
    path.write_text("a = " + "{a=" * 5_000 + "1" + "}" * 5_000, encoding="utf-8")


def large_number(path: Path) -> None:
    path.write_text("a = 1" + "0" * 5_000, encoding="utf-8")


def not_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("place", ["edgebench.toml", "sub/edgebench.toml"])
@pytest.mark.parametrize(
    "make", [pipe, dangling, circle, folder, device, deep, deep_tables, large_number, not_text]
)
def test_a_settings_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, make: object, place: str) -> None:
    made = Project(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "edgebench.toml").unlink()
    for name in MODULE if place.startswith("sub") else ():
        shutil.move(tmp_path / name, tmp_path / "sub" / name)
    assert callable(make)
    make(tmp_path / place)
    ran = made.run().calm()
    assert ran.status not in (0, 1), ran.text
    assert "edgebench.toml" in ran.text
    assert "fix:" in ran.text


@pytest.mark.parametrize(
    ("make", "place"),
    [
        *((make, ".edgebench") for make in (pipe, dangling, circle, device)),  # an empty folder is none
        *((make, ".edgebench/baseline.json") for make in (pipe, dangling, circle, folder, device)),
    ],
)
def test_an_accepted_state_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, make: object, place: str
) -> None:
    made = Project(tmp_path)
    if "/" in place:
        (tmp_path / ".edgebench").mkdir()
    assert callable(make)
    make(tmp_path / place)
    ran = made.run().calm()
    assert ran.status == pytest.ExitCode.USAGE_ERROR, ran.text
    assert ".edgebench" in ran.text


def test_a_project_without_any(tmp_path: Path) -> None:
    made = Project(tmp_path)
    (tmp_path / "edgebench.toml").unlink()
    made.write(
        {"pytest.ini": BARE, "test_net.py": "import pytest_edgebench as eb\n\n\ndef test_a(edge): pass\n"}
    )
    assert made.run().calm().outcomes == {"passed": 2}
