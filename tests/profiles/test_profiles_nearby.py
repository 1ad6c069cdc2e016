from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles.nearby import document_of_tests

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[profiles.board]\ntarget = "host"\n'


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("argument", ["a", "a/b", "a/b/test_x.py", "a/b/test_x.py::test_y[m-r-p]"])
def test_the_file_in_the_folder_of_the_tests_or_around_it(tmp_path: Path, argument: str) -> None:
    write(tmp_path / "a/b/test_x.py")
    expected = write(tmp_path / "a/edgebench.toml", SETTINGS)
    found = document_of_tests([argument], packages=False, start=tmp_path, root=tmp_path)
    assert found is not None
    assert found.path == expected
    assert found.tables["profiles"] == {"board": {"target": "host"}}


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    write(tmp_path / "a/edgebench.toml", SETTINGS)
    nearest = write(tmp_path / "a/b/edgebench.toml", SETTINGS)
    found = document_of_tests(["a/b"], packages=False, start=tmp_path, root=tmp_path)
    assert found is not None
    assert found.path == nearest


def test_nothing_above_the_root_or_below_the_tests(tmp_path: Path) -> None:
    write(tmp_path / "edgebench.toml", SETTINGS)
    write(tmp_path / "root/tests/inner/edgebench.toml", SETTINGS)
    root = tmp_path / "root"
    assert document_of_tests(["tests"], packages=False, start=root, root=root) is None
    assert document_of_tests(["gone.py"], packages=False, start=root, root=root) is None


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that is installed elsewhere, with a folder of settings around it that is none of its own."""
    write(tmp_path / "site/edgebench.toml", SETTINGS)
    for name in ("", "suites/", "suites/digits/"):
        write(tmp_path / f"site/edgebench_sample/{name}__init__.py")
    for module in [name for name in sys.modules if name.startswith("edgebench_sample")]:
        monkeypatch.delitem(sys.modules, module)  # another test's
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site" / "edgebench_sample"


@pytest.mark.parametrize("name", ["suites", "suites.digits", "suites.digits::test_x", "suites.digits.net"])
def test_packages_up_to_the_outermost(package: Path, tmp_path: Path, name: str) -> None:
    write(package / "suites/digits/net.py")
    arguments = [f"edgebench_sample.{name}"]
    here = tmp_path / "project"
    assert document_of_tests(arguments, packages=True, start=here, root=here) is None
    expected = write(package / "suites/edgebench.toml", SETTINGS)
    found = document_of_tests(arguments, packages=True, start=here, root=here)
    assert found is not None
    assert found.path == expected
    assert document_of_tests(arguments, packages=False, start=here, root=here) is None


@pytest.mark.parametrize("name", ["edgebench_nowhere", "edgebench_nowhere.x", "", "..", "os.path.x"])
def test_what_is_no_package(tmp_path: Path, name: str) -> None:
    assert document_of_tests([name], packages=True, start=tmp_path, root=tmp_path) is None


def test_tests_with_different_settings_are_refused(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / name / "edgebench.toml", SETTINGS)
        write(tmp_path / name / "test_x.py")
    with pytest.raises(SettingsError, match="cannot hold together") as caught:
        document_of_tests(["a", "b/test_x.py"], packages=False, start=tmp_path, root=tmp_path)
    assert f"a lies with {tmp_path / 'a' / 'edgebench.toml'}" in caught.value.what
    assert f"b/test_x.py lies with {tmp_path / 'b' / 'edgebench.toml'}" in caught.value.what
    assert "run them apart" in caught.value.fix
    same = document_of_tests(["a", "a/test_x.py"], packages=False, start=tmp_path, root=tmp_path)
    assert same is not None


def test_the_suites_bring_two_host_profiles(tmp_path: Path) -> None:
    found = document_of_tests(["pytest_edgebench.suites"], packages=True, start=tmp_path, root=tmp_path)
    assert found is not None
    assert found.tables["profiles"] == {
        runtime: {"target": "host", "runtime": runtime} for runtime in ("onnxruntime", "litert")
    }
