"""Keys of functions by what they ask of the machine: each kind is seen, and a change of it is another key."""

from __future__ import annotations

import contextlib
import glob
import importlib
import os
import runpy
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.keys import OPENED, Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BASE = "ab" * 32


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project: two files of one name, a folder, a module."""
    root = tmp_path / "project"
    for name, text in {
        "s.txt": "1.0",
        "a/n.txt": "1",
        "b/n.txt": "2",
        "dat/one": "",
        "aux_observed.py": "K = 1.0\n",
        "inner_observed.py": "from aux_observed import K\n",
        "script.py": "K = 1.0\n",
        "aux_value.py": "from pathlib import Path\nS = float(Path('s.txt').read_text())\nT = [S]\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.setenv("SCALE", "1")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.chdir(root)
    importlib.import_module("aux_value")
    yield root
    for name in ("aux_observed", "inner_observed", "aux_value"):
        sys.modules.pop(name, None)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def observe(cache: Cache, tree: Path, function: Callable[[], Any], base: str = BASE) -> str:
    with Observed(cache, tree).run(base):
        function()
    return now(cache, tree, base)


def now(cache: Cache, tree: Path, base: str = BASE) -> str:
    """The key as another session makes it."""
    key = Observed(cache, tree).key(base)
    assert key is not None
    return key


def put(path: str, text: str = "x") -> Callable[[], Any]:
    return lambda: Path(path).write_text(text)


def same_length(path: str, text: str) -> Callable[[], Any]:
    """Another content of the same size and time."""

    def change() -> None:
        before = os.stat(path)  # noqa: PTH116
        Path(path).write_text(text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return change


def swap() -> None:
    first, second = Path("a/n.txt"), Path("b/n.txt")
    one, other = first.read_text(), second.read_text()
    first.write_text(other)
    second.write_text(one)


def setenv(value: str = "3") -> Callable[[], Any]:
    return lambda: os.environ.update(SCALE=value)


def attempted() -> None:
    with contextlib.suppress(OSError):
        Path("flag").read_text()


def forked() -> None:
    child = os.fork()
    if child == 0:
        Path("s.txt").read_text()
        os._exit(0)
    os.waitpid(child, 0)


def threaded() -> None:
    thread = threading.Thread(target=lambda: (Path("s.txt").read_text(), os.environ.get("SCALE")))
    thread.start()
    thread.join()


def read_value() -> float:
    from aux_value import S  # type: ignore[import-not-found]

    return float(S)


def read_by_import() -> float:
    import aux_value

    return float(aux_value.S)


def read_by_name() -> float:
    return float(importlib.import_module("aux_value").S)


def reload(name: str) -> Callable[[], Any]:
    """As in another session, with another content of the file that the module reads when it is imported."""

    def change() -> None:
        same_length("s.txt", "2.0")()
        importlib.reload(sys.modules[name])

    return change


KINDS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "open": (lambda: Path("s.txt").read_text(), same_length("s.txt", "2.0")),
    "loadtxt": (lambda: np.loadtxt("s.txt"), same_length("s.txt", "2.0")),
    "memmap": (lambda: np.memmap("s.txt", mode="r"), same_length("s.txt", "2.0")),
    "fromfile": (lambda: np.fromfile("s.txt", "u1"), same_length("s.txt", "2.0")),
    "two of one name": (lambda: (Path("a/n.txt").read_text(), Path("b/n.txt").read_text()), swap),
    "missing": (attempted, put("flag")),
    "exists": (lambda: Path("flag").exists(), put("flag")),
    "os.path.exists": (lambda: os.path.exists("flag"), put("flag")),  # noqa: PTH110
    "os.path.isfile": (lambda: os.path.isfile("flag"), put("flag")),  # noqa: PTH113
    "os.access": (lambda: os.access("flag", os.R_OK), put("flag")),
    "lexists": (lambda: os.path.lexists("flag"), put("flag")),
    "is_dir": (lambda: Path("made").is_dir(), lambda: Path("made").mkdir()),
    "getsize": (lambda: os.path.getsize("s.txt"), put("s.txt", "1.00")),  # noqa: PTH202
    "which": (lambda: shutil.which("flag", path="."), put("flag")),
    "iterdir": (lambda: list(Path("dat").iterdir()), put("dat/two")),
    "listdir": (lambda: os.listdir("dat"), put("dat/two")),  # noqa: PTH208
    "scandir": (lambda: list(os.scandir("dat")), put("dat/two")),
    "glob": (lambda: glob.glob("dat/*"), put("dat/two")),  # noqa: PTH207
    "rglob": (lambda: list(Path().rglob("*.bin")), put("dat/x.bin")),
    "walk": (lambda: list(os.walk("dat")), put("dat/two")),
    "environ": (lambda: os.environ["SCALE"], setenv()),
    "environ.get": (lambda: os.environ.get("SCALE", "1"), setenv()),
    "environb": (lambda: os.environb[b"SCALE"], setenv()),
    "getenv": (lambda: os.getenv("SCALE"), setenv()),
    "in environ": (lambda: "SCALE" in os.environ, lambda: os.environ.pop("SCALE")),
    "all of environ": (lambda: dict(os.environ), setenv()),
    "items of environ": (lambda: [v for k, v in os.environ.items() if k == "SCALE"], setenv()),
    "expandvars": (lambda: os.path.expandvars("$SCALE"), setenv()),
    "import": (lambda: __import__("aux_observed"), put("aux_observed.py", "K = 2.0\n")),
    "import_module": (lambda: importlib.import_module("aux_observed"), put("aux_observed.py", "K = 2.0\n")),
    "an import's import": (
        lambda: importlib.import_module("inner_observed"),
        put("aux_observed.py", "K = 2\n"),
    ),
    "value of an import": (read_value, reload("aux_value")),
    "value by import": (read_by_import, reload("aux_value")),
    "value by import_module": (read_by_name, reload("aux_value")),
    "run_path": (lambda: runpy.run_path("script.py"), put("script.py", "K = 2.0\n")),
    "exec": (lambda: exec(Path("script.py").read_text()), put("script.py", "K = 2.0\n")),
    "subprocess": (lambda: subprocess.check_output(["cat", "s.txt"]), same_length("s.txt", "2.0")),
    "shell": (lambda: os.system("cat < s.txt > /dev/null"), same_length("s.txt", "2.0")),
    "a child": (forked, same_length("s.txt", "2.0")),
    "a thread": (threaded, setenv()),
    "sqlite": (lambda: sqlite3.connect("s.txt").close(), same_length("s.txt", "2.0")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_seen(kind: str, cache: Cache, tree: Path) -> None:
    function, change = KINDS[kind]
    key = observe(cache, tree, function)
    assert now(cache, tree) == key != BASE
    change()
    assert now(cache, tree) != key


@pytest.mark.parametrize("name, counts", [("EDGEBENCH_DATA", True), ("EDGEBENCH_LOCKS", False)])
def test_the_folder_of_data_counts_and_our_own_variables_do_not(
    name: str, cache: Cache, tree: Path, monkeypatch: Any, *, counts: bool
) -> None:
    """A model that was trained on the data there is not the one that was trained without."""
    monkeypatch.setenv(name, "here")
    key = observe(cache, tree, lambda: os.environ.get(name, ""))
    assert (key != BASE) is counts
    monkeypatch.delenv(name)
    assert (now(cache, tree) != key) is counts


@pytest.mark.parametrize("folder", ["net.egg-info", "net-1.0.dist-info"])
def test_how_the_project_is_installed_does_not_count(folder: str, cache: Cache, tree: Path) -> None:
    """Whoever looks for entry points first reads it, torch for one."""
    points = tree / folder / "entry_points.txt"
    points.parent.mkdir()
    points.write_text("[x]\n")
    key = observe(cache, tree, points.read_text)
    points.unlink()
    assert now(cache, tree) == key == BASE


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("all of environ", "items of environ")])
def test_what_was_not_asked_does_not_count(kind: str, cache: Cache, tree: Path, monkeypatch: Any) -> None:
    key = observe(cache, tree, KINDS[kind][0])
    monkeypatch.setenv("OTHER_VARIABLE", "1")
    (tree / "other.txt").write_text("")
    (tree / "__pycache__").mkdir(exist_ok=True)
    if kind != "rglob":  # listed the root
        assert now(cache, tree) == key


def test_nothing_is_asked(cache: Cache, tree: Path) -> None:
    assert observe(cache, tree, lambda: np.arange(3).sum()) == BASE
    assert cache.memo_get(OPENED, BASE) == []


def test_own_temporary_files_and_logs_do_not_count(cache: Cache, tree: Path) -> None:
    def function() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "x.bin")
            assert not path.exists()
            path.write_bytes(b"1")
            assert path.exists()
            path.read_bytes()
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).read_bytes()
        out = tree / "out"
        out.mkdir(exist_ok=True)
        assert not (out / "log").exists()
        with (out / "log").open("a") as log:
            log.write("epoch 1")

    assert observe(cache, tree, function) == BASE


def test_what_an_earlier_run_asked_still_counts(cache: Cache, tree: Path) -> None:
    def function() -> None:
        if Path("flag").exists():
            Path("s.txt").read_text()

    without = observe(cache, tree, function)
    put("flag")()
    with_flag = observe(cache, tree, function)
    Path("flag").unlink()
    observe(cache, tree, function)
    put("flag")()
    assert now(cache, tree) == with_flag != without
    put("s.txt", "9.9")()
    assert now(cache, tree) != with_flag


def test_a_list_of_files_that_was_kept_before_still_holds(cache: Cache, tree: Path) -> None:
    key = observe(cache, tree, lambda: Path("s.txt").read_text())
    assert cache.memo_get(OPENED, BASE) == ["s.txt"]
    cache.memo_put(OPENED, BASE, {"unknown": 1})
    assert Observed(cache, tree).key(BASE) is None  # of a later version: asked once more
    cache.memo_put(OPENED, BASE, ["s.txt"])
    assert now(cache, tree) == key


def test_another_checkout_has_the_same_key(cache: Cache, tree: Path, tmp_path: Path) -> None:
    def function() -> None:
        KINDS["two of one name"][0]()
        KINDS["an import's import"][0]()
        KINDS["listdir"][0]()
        KINDS["missing"][0]()

    key = observe(cache, tree, function)
    other = tmp_path / "elsewhere" / "project"
    shutil.copytree(tree, other)
    assert now(cache, other) == key
    (other / "flag").write_text("")
    assert now(cache, other) != key


def test_a_module_that_is_not_loaded_has_the_value_it_had(cache: Cache, tree: Path) -> None:
    key = observe(cache, tree, read_value)
    kept = sys.modules.pop("aux_value")
    assert now(cache, tree) == key
    vars(kept)["T"] = [2.0]  # not read
    sys.modules["aux_value"] = kept
    assert now(cache, tree) == key


def test_no_value_of_a_variable_is_kept(cache: Cache, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALE", "canary-5f2e")
    observe(cache, tree, lambda: os.environ["SCALE"])
    kept = [path.read_bytes() for path in cache.root.rglob("*") if path.is_file()]
    assert kept
    assert any(b"SCALE" in content for content in kept)
    assert not any(b"canary-5f2e" in content for content in kept)


def test_everything_is_as_it_was_afterwards(cache: Cache, tree: Path) -> None:
    import builtins

    def state() -> list[object]:
        able = [set(s) for s in (os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids)]
        wrapped = [os.stat, os.lstat, os.access, builtins.__import__, importlib.import_module]
        environment: Any = type(os.environ)
        return [*wrapped, environment.__getitem__, environment.__iter__, *able, threading.active_count()]

    before = state()

    def function() -> None:
        assert os.stat is not before[0]
        Path("s.txt").chmod(0o644)
        shutil.copy2("s.txt", "copy.txt", follow_symlinks=False)
        shutil.copytree("dat", "dat2")
        shutil.rmtree("dat2")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        observe(cache, tree, function)
    assert state() == before


def test_shared_memory_counts(cache: Cache, tree: Path) -> None:
    if not Path("/dev/shm").is_dir():
        pytest.skip("no /dev/shm")
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        path = Path(file.name)
        path.write_text("1")
        key = observe(cache, tree, path.read_text)
        path.write_text("2")
        assert now(cache, tree) != key
