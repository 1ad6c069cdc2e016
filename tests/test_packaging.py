"""What is installed: built as users build it, looked into, and run from a fresh virtual environment."""

from __future__ import annotations

import email
import fnmatch
import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS: dict[str, Any] = CONFIG["tool"]["setuptools"]
FOLDERS: dict[str, str] = SETUPTOOLS["package-dir"]
TOP = ("pytest_edgebench", "compressors", "docs", "suites", "reports")
BESIDE = ("LICENSE", "README.md", "pyproject.toml")
"""Files at the top that a distribution is built from."""
PROJECT = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "action.yml",
    "changelog.d",
    "ci",
    "mkdocs.yml",
    "tests",
}
"""What lies at the top only in the repository."""

APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""SHA-256 of https://www.apache.org/licenses/LICENSE-2.0.txt."""


def run(*command: str | Path, cwd: Path) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def folder(package: str) -> Path:
    """Where a package lies in the source: as `package-dir` says, else inside the package around it."""
    if package in FOLDERS:
        return ROOT / FOLDERS[package]
    outer, _, name = package.rpartition(".")
    return folder(outer) / name


def on_disk() -> dict[str, Path]:
    """Installed path → file, of everything in the folders of `TOP`."""
    found = {}
    for top in TOP:
        installed = "pytest_edgebench" if top == "pytest_edgebench" else f"pytest_edgebench/{top}"
        for path in (ROOT / top).rglob("*"):
            inner = path.relative_to(ROOT / top)
            if path.is_file() and not any(part == "__pycache__" or part[0] == "." for part in inner.parts):
                found[f"{installed}/{inner.as_posix()}"] = path
    return found


# What pyproject.toml lists


def test_every_folder_with_code_is_listed() -> None:
    folders = {name.rpartition("/")[0].replace("/", ".") for name in on_disk() if name.endswith(".py")}
    assert sorted(SETUPTOOLS["packages"]) == sorted(folders)
    assert sorted(SETUPTOOLS["packages"]) == SETUPTOOLS["packages"]


def test_every_listed_package_has_a_folder_with_an_init() -> None:
    assert [name for name in SETUPTOOLS["packages"] if not (folder(name) / "__init__.py").is_file()] == []


def test_every_data_file_is_listed_and_every_pattern_matches() -> None:
    patterns = [
        f"{package.replace('.', '/')}/{pattern}"
        for package, patterns in SETUPTOOLS["package-data"].items()
        for pattern in patterns
    ]
    data = [name for name in on_disk() if not name.endswith(".py")]
    assert [name for name in data if not any(fnmatch.fnmatch(name, p) for p in patterns)] == []
    assert [p for p in patterns if not fnmatch.filter(data, p)] == []


def test_the_top_level_is_what_it_should_be() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    names = {line.partition("/")[0] for line in tracked.stdout.splitlines()}
    assert {n for n in names if n[0] != "."} == {*TOP, *BESIDE, *PROJECT}


# What is built


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it.

    From a copy, so that setuptools leaves nothing behind in the source.
    """
    source = tmp_path_factory.mktemp("source")
    for name in TOP:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in BESIDE:
        shutil.copy(ROOT / name, source)
    out = tmp_path_factory.mktemp("dist")
    # As without options: the sdist is unpacked elsewhere and the wheel is made of that.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source, cwd=out)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_the_wheel_holds_the_folders_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert sorted(names) == sorted(on_disk())
        for name, path in on_disk().items():
            assert archive.read(name) == path.read_bytes()
    for needed in ("py.typed", "suites/edgebench.toml", "profiles/catalogue/host.toml", "docs/gate.md"):
        assert f"pytest_edgebench/{needed}" in names
    assert any(name.startswith("pytest_edgebench/reports/templates/") for name in names)


def test_what_the_wheel_says_of_itself(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (folder,) = {n.partition("/")[0] for n in archive.namelist() if ".dist-info/" in n}
        metadata = email.message_from_string(archive.read(f"{folder}/METADATA").decode())
        entry_points = archive.read(f"{folder}/entry_points.txt").decode()
        top = archive.read(f"{folder}/top_level.txt").decode().split()
    assert metadata["Name"] == "pytest-edgebench"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Framework :: Pytest" in (metadata.get_all("Classifier") or [])
    assert {"torch", "tflite", "suites", "dev"} <= set(metadata.get_all("Provides-Extra") or [])
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    assert entry_points.split() == [
        *("[console_scripts]", "edgebench", "=", "pytest_edgebench.__main__:main"),
        *("[pytest11]", "edgebench", "=", "pytest_edgebench.plugin"),
    ]
    assert top == ["pytest_edgebench"]


def test_the_license_is_in_the_wheel_word_for_word(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (folder,) = {n.partition("/")[0] for n in archive.namelist() if ".dist-info/" in n}
        text = archive.read(f"{folder}/licenses/LICENSE")
        metadata = email.message_from_bytes(archive.read(f"{folder}/METADATA"))
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert hashlib.sha256(text).hexdigest() == APACHE_2


def test_the_core_needs_no_torch(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        needed = email.message_from_bytes(archive.read(name)).get_all("Requires-Dist") or []
    core = [requirement for requirement in needed if "extra ==" not in requirement]
    assert any(requirement.startswith("onnxruntime") for requirement in core)
    assert not any(name in requirement for requirement in core for name in ("torch", "quantizer", "sklearn"))


def test_the_sdist_holds_the_source(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {str(p.relative_to(ROOT)) for p in on_disk().values()} | {*BESIDE} <= names


# What is installed


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel; what it depends on is this environment's.

    A line in a .pth file makes a folder importable without running the .pth files in it, so that an editable
    installation there stays out.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    site = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=home).strip())
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=home)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


@pytest.fixture
def project(tmp_path: Path, tiny_onnx: Path) -> Path:
    """A user's folder whose own packages have the names of ours."""
    files = {
        "reports/__init__.py": "MINE = 'reports'",
        "suites/__init__.py": "MINE = 'suites'",
        "compressors/__init__.py": "MINE = 'compressors'",
        "conftest.py": CONFTEST,
        "test_promise.py": TESTS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    shutil.copy(tiny_onnx, tmp_path / "net.onnx")
    return tmp_path


CONFTEST = """
import numpy as np
import pytest_edgebench as eb

def samples():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(64, 16)).astype(np.float32)
    return inputs, (inputs[:, 1] > inputs[:, 0]).astype(np.int64)

@eb.model
def net():
    return eb.Model("net.onnx", samples, eb.top1)

@eb.recipe
def int8(net):
    return eb.quantize(net, "static-int8", calibration=16)
"""
TESTS = """
import json, sys
from pathlib import Path
import compressors, reports, suites
import pytest_edgebench as eb
import pytest_edgebench.reports, pytest_edgebench.suites, pytest_edgebench.compressors

@eb.budget(size="{limit}", accuracy="90 %", latency=["50 ms", "model + 900 %"])
def test_promise(edge):
    edge.check()

def test_whose_packages_these_are():
    assert [m.MINE for m in (compressors, reports, suites)] == ["compressors", "reports", "suites"]
    places = [m.__file__ for name, m in sys.modules.items() if name.split(".")[0] == "pytest_edgebench"]
    Path("places.json").write_text(json.dumps([place for place in places if place]))
"""


@pytest.fixture(scope="module")
def tiny_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 inputs → 256 → 2 outputs, of which the larger one tells the larger of the first two inputs."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    first = np.random.default_rng(0).normal(size=(16, 256)).astype(np.float32)
    second = np.linalg.pinv(first.astype(np.float64))[:, :2].astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "a"], ["h"]), helper.make_node("MatMul", ["h", "b"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(first, "a"), numpy_helper.from_array(second, "b")],
    )
    path = tmp_path_factory.mktemp("net") / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def pytest_run(python: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-m", "pytest", "-p", "no:randomly", "-p", "no:xdist", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_the_plugin_runs_from_the_wheel_beside_folders_of_the_same_names(python: Path, project: Path) -> None:
    tests = project / "test_promise.py"
    tests.write_text(TESTS.replace("{limit}", "12 kB"), encoding="utf-8")
    result = pytest_run(python, project, "--edgebench-report=report.html")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 passed" in result.stdout
    assert "<html" in (project / "report.html").read_text(encoding="utf-8")
    places = json.loads((project / "places.json").read_text())
    assert len(places) > 20
    assert [place for place in places if not place.startswith(str(python.parents[1]))] == []


def test_a_broken_promise_is_red_from_the_wheel(python: Path, project: Path) -> None:
    tests = project / "test_promise.py"
    tests.write_text(TESTS.replace("{limit}", "1 kB"), encoding="utf-8")
    result = pytest_run(python, project)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 failed, 1 passed" in result.stdout
    assert "test_promise[net-int8-host]" in result.stdout
    assert "test_promise.py:8" in result.stdout


def test_the_pages_are_shown_from_the_wheel(python: Path, tmp_path: Path) -> None:
    shown = run(python, "-m", "pytest_edgebench", "docs", "gate", cwd=tmp_path)
    assert shown == (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    assert run(python.with_name("edgebench"), "docs", "gate", cwd=tmp_path) == shown


def test_the_suites_are_found_in_the_wheel(python: Path, tmp_path: Path) -> None:
    result = pytest_run(python, tmp_path, "--pyargs", "pytest_edgebench.suites", "--collect-only", "-q")
    assert result.returncode == 0, result.stdout + result.stderr
    for case in ("cnn-dynamic_int8-litert", "mlp-pruned_int8-onnxruntime"):
        assert f"test_budget[{case}]" in result.stdout
