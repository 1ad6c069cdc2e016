"""What a worker must not reach, it does not: canaries in files, variables, processes and on the network."""

from __future__ import annotations

import json
import os
import shutil
import site
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.runtimes.known import runtime_file
from pytest_edgebench.workers import sandbox
from pytest_edgebench.workers.sandbox import Sandbox, new_folder, own_interpreter
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ESCAPING = Path(__file__).with_name("escaping.py")
SECRETS = ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "EDGEBENCH_CACHE_KEY", "SSH_AUTH_SOCK", "CANARY")
whole = pytest.mark.skipif(
    len(Sandbox("auto").holds()) < 3, reason="this kernel has no Landlock or no seccomp"
)


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Files, a program, sockets and a process that a worker must not reach, and all may read."""
    home, project, models = (tmp_path / name for name in ("home", "project", "models"))
    for folder in (home / ".ssh", project, models):
        folder.mkdir(parents=True)
    for path in (home / ".ssh" / "id_ed25519", project / "conftest.py", models / "net.onnx"):
        path.write_text("canary")
    program = project / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (project / "link.onnx").symlink_to(home / ".ssh" / "id_ed25519")
    (models / "link.onnx").symlink_to(home / ".ssh" / "id_ed25519")
    for folder in (*reversed(tmp_path.parents), tmp_path):
        if folder.is_relative_to(tmp_path.parents[1]):
            folder.chmod(0o755)
    outside = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with (
        socket.socket() as listening,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal,
    ):
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        local.bind(str(tmp_path / "docker.sock"))
        (tmp_path / "docker.sock").chmod(0o777)
        local.listen()
        journal.bind(str(tmp_path / "journal.sock"))
        (tmp_path / "journal.sock").chmod(0o777)
        wanted = {
            "read": [
                *map(str, (home / ".ssh" / "id_ed25519", project / "conftest.py", models / "link.onnx")),
                "/etc/passwd", "/etc/hostname", __file__,
            ],
            "list": [str(home), str(project), "/etc", "/", str(Path.home())],
            "write": [str(project / "new"), str(home / "new"), str(models / "new"), "/tmp/edgebench-new",
                      str(models / "net.onnx"), "/dev/shm/edgebench-new"],
            "run": [str(program)],
            "variables": list(SECRETS),
            "sockets": [str(tmp_path / "docker.sock"), str(tmp_path / "journal.sock")],
        }  # fmt: skip
        port = listening.getsockname()[1]
        yield {"models": models, "told": {"wanted": wanted, "port": port, "process": outside.pid}}
    outside.kill()
    outside.wait()


def escape(
    mode: Any,
    canaries: dict[str, Any],
    folder: Path,
    before: tuple[str, ...] = (),
    python: str = sys.executable,
) -> list[str]:
    """What the program reached."""
    command = [python, "-S", str(ESCAPING), json.dumps(canaries["told"])]
    variables = {**os.environ, **dict.fromkeys(SECRETS, "secret")}
    if mode != "off":
        scratch = new_folder(folder)
        scratch.chmod(0o777)
        held = Sandbox(mode, (canaries["models"],))
        command, variables = held.around(command, variables, scratch, (*own_interpreter(), ESCAPING))
        command = [python if word == sys.executable else word for word in command]
    done = subprocess.run([*before, *command], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def somebody_else() -> tuple[tuple[str, ...], str]:
    """Words that run a command as an ordinary user, and an interpreter that such a user can start."""
    if os.getuid():
        return (), sys.executable
    if shutil.which("setpriv") is None:
        pytest.skip("becoming another user takes root")
    words = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    for python, prefix in ((sys.executable, sys.base_prefix), ("/usr/bin/python3", "/usr")):
        program = f"import os; os.listdir({prefix!r})"
        if Path(python).exists():
            done = subprocess.run([*words, python, "-c", program], capture_output=True, check=False)
            if done.returncode == 0:
                return words, python
    pytest.skip("nobody but root may read this environment")


@whole
def test_nothing_is_reached(canaries: dict[str, Any], tmp_path: Path) -> None:
    assert escape("auto", canaries, tmp_path / "run") == []


@whole
def test_nothing_is_reached_by_an_ordinary_user(canaries: dict[str, Any], tmp_path: Path) -> None:
    assert escape("require", canaries, tmp_path / "run", *somebody_else()) == []


def test_the_canaries_can_be_reached_without_a_sandbox(canaries: dict[str, Any], tmp_path: Path) -> None:
    found = escape("off", canaries, tmp_path / "run")
    wanted = canaries["told"]["wanted"]
    for kind, name in (("read", 0), ("list", 1), ("write", 1), ("run", 0), ("variables", 0)):
        word = kind.removesuffix("s")
        assert f"{word} {wanted[kind][name]}" in found
    assert {"signal", "limit", "shared memory", "session"} <= set(found)
    assert f"send {wanted['sockets'][1]}" in found
    for change in ("mode", "owner", "times"):
        assert f"{change} {wanted['read'][0]}" in found
    assert f"watch {wanted['list'][1]}" in found
    assert any(each.startswith("connect") for each in found)
    for path in ("/tmp/edgebench-new", "/dev/shm/edgebench-new"):
        Path(path).unlink(missing_ok=True)


@whole
def test_models_and_temporary_files(tmp_path: Path) -> None:
    """A worker still reads models, and writes where temporary files go."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "net.onnx").write_text("model")
    program = (
        "import tempfile, sys; tempfile.NamedTemporaryFile().write(b'x'); print(open(sys.argv[1]).read())"
    )
    command = [sys.executable, "-S", "-c", program, str(tmp_path / "models" / "net.onnx")]
    scratch = new_folder(tmp_path / "run")
    command, variables = Sandbox("require", (tmp_path / "models",)).around(
        command, {**os.environ, "TMPDIR": "/nowhere"}, scratch, own_interpreter()
    )
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("model\n", "")


@whole
@pytest.mark.parametrize(("mode", "reads"), [("off", True), ("auto", True), ("require", False)])
def test_a_runtime_of_the_users_own(
    mode: Any,
    reads: bool,
    tmp_path: Path,
    strange: Callable[..., Spec],
    any_file: Path,
    pair: np.ndarray[Any, np.dtype[np.float32]],
) -> None:
    """It is code like the tests, and left alone unless a sandbox is required."""
    held = Sandbox(mode, (any_file.parent,))
    with Pool(tmp_path / "printed", held) as pool:
        client = pool.get(strange("read_a_secret"))
        if reads:
            client.run(any_file, pair)
        else:
            with pytest.raises(MeasureError, match="Permission denied"):
                client.run(any_file, pair)


@whole
def test_a_workers_own_folder_goes_with_it(tmp_path: Path) -> None:
    with Pool(tmp_path / "printed", Sandbox("require")) as pool:
        assert pool.get(Spec("onnxruntime")).describe()["name"] == "onnxruntime"
        assert len(list((tmp_path / "printed").glob("scratch-*"))) == 1
    assert not list((tmp_path / "printed").glob("scratch-*"))


@whole
def test_memory_is_told_as_without(tmp_path: Path) -> None:
    """The peak is reset although the worker may not open what resets it."""
    rng = np.random.default_rng(0)
    path = tmp_path / "net.onnx"
    _write_net(path)
    sample = {"x": rng.normal(size=(1, 64)).astype(np.float32)}
    peaks = []
    for held in (Sandbox("off"), Sandbox("require", (tmp_path,))):
        with Pool(tmp_path / "printed", held) as pool, pool.fresh(Spec("onnxruntime")) as client:
            found = client.memory(path, sample)
            peaks.append(found.peak_bytes)
    assert peaks[1] == pytest.approx(peaks[0], rel=0.1)


def test_required_and_not_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_kernel", lambda: ("network",))
    with Pool(tmp_path / "printed", Sandbox("require")) as pool, pytest.raises(MeasureError) as caught:
        pool.get(Spec("onnxruntime"))
    assert "this kernel has no Landlock" in str(caught.value)
    assert Sandbox("auto").told() == "network, environment; not files on this kernel"
    assert Sandbox("off").told() == "off"


def test_variables_are_kept_back_on_a_kernel_that_can_do_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_kernel", lambda: ())
    command, variables = Sandbox("auto").around(
        ["x"], {"GITHUB_TOKEN": "t", "OMP_NUM_THREADS": "1", "PATH": "/bin"}, tmp_path, ()
    )
    assert command == ["x"]
    assert variables == {
        "OMP_NUM_THREADS": "1",
        "PATH": "/bin",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }


@whole
def test_a_runtime_that_does_not_start_in_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment of an unusual build goes on working, and the record says how."""
    monkeypatch.setattr("pytest_edgebench.workers.sandbox.own_interpreter", lambda: (tmp_path,))
    spec = Spec("onnxruntime")
    with Pool(tmp_path / "printed", Sandbox("auto")) as pool:
        assert pool.get(spec).describe()["name"] == "onnxruntime"
        assert pool.reached(spec)["sandbox"].startswith("off: onnxruntime does not start in it: ")
    with Pool(tmp_path / "printed", Sandbox("require")) as pool, pytest.raises(MeasureError):
        pool.get(spec).describe()


def test_a_runtime_that_may_do_without_leaves_the_others_confined() -> None:
    one, other = runtime_file("onnxruntime"), runtime_file("litert")
    auto, require = (Sandbox(mode, exempt=frozenset({one})) for mode in ("auto", "require"))
    assert (auto.confines(one), auto.confines(other)) == (False, True)
    if len(require.holds()) == 3:
        assert (require.confines(one), require.confines(other)) == (True, True)


@whole
def test_a_session_in_the_sandbox(tmp_path: Path) -> None:
    """Building, scores, timings and memory as without; the record says what holds."""
    _write_net(tmp_path / "net.onnx")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_net.py").write_text(TEST)
    (tmp_path / "edgebench.toml").write_text('[profiles.here]\ntarget = "host"\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\nedgebench_sandbox = require\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--edgebench-json=run.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    told = json.loads((tmp_path / "run.json").read_text())["environment"]["sandbox"]
    assert told == "files, network, environment"


def test_a_project_that_lies_in_a_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As /usr/src/app of a container, or with the virtual environment made in the project's own folder."""
    for name in ("bin", "lib", "src"):
        (tmp_path / name).mkdir()
    shutil.copy(sys.executable, tmp_path / "bin" / "python")
    (tmp_path / "conftest.py").write_text("")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    own_interpreter.cache_clear()
    try:
        readable = [*own_interpreter(), *sandbox.interpreter(str(tmp_path / "bin" / "python"))]
    finally:
        own_interpreter.cache_clear()
    assert {tmp_path / "bin", tmp_path / "lib"} <= set(readable)
    opened = [*map(Path, sandbox.SYSTEM), *readable]
    for path in (tmp_path / "conftest.py", tmp_path / "src", Path("/usr/src/app"), Path("/usr/local/src")):
        assert not any(path.is_relative_to(folder) for folder in opened)


@whole
def test_packages_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of ``pip install --user`` are found although the home folder is another."""
    packages = Path(site.getusersitepackages())
    packages = tmp_path / "base" / packages.relative_to(site.getuserbase())
    packages.mkdir(parents=True)
    (packages / "installed_here.py").write_text("print('imported')")
    monkeypatch.setattr(site, "USER_BASE", str(tmp_path / "base"))
    monkeypatch.setattr(site, "USER_SITE", str(packages))
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    own_interpreter.cache_clear()
    try:
        readable = own_interpreter()
    finally:
        own_interpreter.cache_clear()
    base = getattr(sys, "_base_executable", sys.executable)  # that of a virtual environment looks for none
    command, variables = Sandbox("require").around(
        [base, "-c", "import installed_here"], os.environ, new_folder(tmp_path / "run"), readable
    )
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("imported\n", "")


CONFTEST = """
import numpy as np
import pytest_edgebench as eb

X = np.random.default_rng(0).normal(size=(40, 64)).astype("float32")


@eb.model
def net():
    return eb.Model("net.onnx", data=(X, X[:, 0] > 0), score=eb.top1)


@eb.recipe
def fp16(net):
    return eb.quantize(net, "fp16")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(latency=["1 s", "model + 900 %"], size="20 kB", memory="2 GB", accuracy="1 %")
def test_budget(edge):
    edge.check()
"""


def _write_net(path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.zeros((64, 2), np.float32), "w")
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, n]) for name, n in (("x", 64), ("y", 2))
    ]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "g", ends[:1], ends[1:], [weights]
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
