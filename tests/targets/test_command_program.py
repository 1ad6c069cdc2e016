"""A user's own program as a device: what it is asked, and all that can be wrong with what it answers."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.profiles.target import TargetRef, Value
from pytest_edgebench.samples.roles import Given, split
from pytest_edgebench.targets import command_answer
from pytest_edgebench.targets.command import Program
from pytest_edgebench.workers.results import board_note
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.workers.client import Client

PROGRAM = str(Path(__file__).with_name("device_program.py"))
X = np.array([[1, 2], [3, 4]], np.float32)
EVERYTHING = ("outputs", "latency", "memory", "instructions")


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with Pool(tmp_path / "session") as pool:
        yield pool


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """The more bytes it has, the slower it is told to be."""
    path = tmp_path / "nets" / "net.any"
    path.parent.mkdir()
    path.write_bytes(b"w" * 1000)
    return path


def spec(do: str = "nothing", *, run: tuple[str, ...] = (), **options: Any) -> Spec:
    given: dict[str, Value] = {
        "run": run or (sys.executable, "-I", PROGRAM, do),
        "evidence": "device",
        "gives": EVERYTHING,
    }
    return Spec(
        "litert", options=tuple(options.items()), target_ref=TargetRef("command", "", tuple(given.items()))
    )


def failure(client: Client, ask: str, net: Path, deadline_s: float = 20) -> str:
    questions: dict[str, Callable[[], object]] = {
        "describe": lambda: client.describe(deadline_s),
        "run": lambda: client.run(net, X, deadline_s=deadline_s),
        "time": lambda: client.time(net, X, loads=1, calls=3, seed=0, deadline_s=deadline_s),
        "memory": lambda: client.memory(net, X, deadline_s=deadline_s),
        "count": lambda: client.count(net, X, deadline_s=deadline_s),
    }
    with pytest.raises(MeasureError) as caught:
        questions[ask]()
    assert caught.value.fix
    return str(caught.value)


# What works


def test_who_answers(pool: Pool) -> None:
    found = pool.get(spec()).describe()
    assert found == {"name": "doubler", "version": "4.5", "cpu": "a chip", "threads": "1"}
    assert pool.reached(spec()) == {"target": f"command {Path(sys.executable).name}"}


def test_outputs(pool: Pool, net: Path) -> None:
    found = pool.get(spec()).run(net, X)
    assert [array.tolist() for array in found.arrays] == [(X * 2).tolist()]
    assert not found.raw


def test_times(pool: Pool, net: Path) -> None:
    """A run of the program for each load."""
    timing = pool.get(spec()).time(net, X, loads=2, calls=40, seed=0)
    assert [len(calls) for calls in timing.calls_s] == [40, 40]
    assert timing.calls_s[0][0] == pytest.approx(1e-3)
    assert (timing.load_s.tolist(), timing.first_s.tolist()) == ([0.01, 0.01], [0.002, 0.002])


def test_a_mean_alone(pool: Pool, net: Path) -> None:
    timing = pool.get(spec("mean_only")).time(net, X, loads=2, calls=40, seed=0)
    assert [calls.tolist() for calls in timing.calls_s] == [[0.004], [0.004]]
    assert (timing.load_s.shape, timing.first_s.shape) == ((0,), (0,))


def test_two_files_in_turns(pool: Pool, net: Path) -> None:
    larger = net.with_name("larger.any")
    larger.write_bytes(b"w" * 1100)
    pairs = pool.get(spec()).pairs(net, larger, X, loads=3, seed=0)
    assert (pairs.b_s / pairs.a_s).tolist() == pytest.approx([1.1] * 3)
    more = pool.get(spec()).pairs(net, larger, X, loads=1, seed=0, first=3, plan=pairs.plan)
    assert (more.plan, len(more.a_s)) == (pairs.plan, 1)


def test_memory_and_instructions(pool: Pool, net: Path) -> None:
    client = pool.get(spec())
    memory = client.memory(net, X)
    assert (memory.peak_bytes, memory.baseline_bytes) == (3_000_000, 2_000_000)
    assert client.count(net, X, calls=3) == [2_000_001, 2_000_000, 2_000_000]


def test_what_is_told_of_the_device(pool: Pool, net: Path) -> None:
    readings = pool.get(spec("warm")).time(net, X, loads=1, calls=3, seed=0).readings
    assert board_note(readings) == "board: 41 → 50 °C, governor performance, load 0.5 → 1.5"


def test_roles_of_inputs_are_in_the_request(pool: Pool, net: Path, tmp_path: Path) -> None:
    """What is no plain sample is named, and does not count as samples."""
    program = tmp_path / "keeper.py"
    program.write_text(f"""
import json, shutil, sys
from pathlib import Path
sys.path.insert(0, {str(Path(PROGRAM).parent)!r})
import device_program
folder = Path(sys.argv[1])
shutil.copy(folder / "request.json", {str(tmp_path / "seen.json")!r})
device_program.main("nothing", folder)
""")
    inputs = {"x": X, "h": eb.State("next", axis=1, reset="never"), "rate": eb.Constant(16000)}
    samples, roles = split(inputs, "inputs", "")
    client = pool.get(spec(run=(sys.executable, str(program))))
    assert len(client.run(net, Given(samples, roles)).arrays[0]) == 2
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["roles"] == {
        "h": {"role": "state", "fed": True, "output": "next", "axis": 1, "reset": "never"},
        "rate": {"role": "constant"},
    }
    assert [(given["name"], given["shape"]) for given in seen["inputs"]] == [
        ("x", [2, 2]),
        ("h", []),
        ("rate", []),
    ]
    client.run(net, X)
    assert "roles" not in json.loads((tmp_path / "seen.json").read_text())


def test_what_it_is_given(pool: Pool, net: Path, tmp_path: Path) -> None:
    """A folder with the request, the artifact with its side files, and the inputs; nothing stays of it."""
    net.with_name("manifest.json").write_text("{}")
    net.with_name("net.any.data").write_bytes(b"side")
    copy = tmp_path / "copy"
    text = f'cp -r "$1" {copy}; exec {sys.executable} -I {PROGRAM} nothing "$1"'
    wanted = spec(run=("/bin/sh", "-c", text, "sh"), delegates="none")
    pool.get(wanted).run(net, {"x": X}, batch=2, deadline_s=30)
    request = json.loads((copy / "request.json").read_text())
    assert 25 < request.pop("deadline_s") <= 30
    assert request.pop("request").startswith("command-")
    assert request == {
        "schema": 1,
        "ask": "run",
        "runtime": "litert",
        "threads": 1,
        "options": {"delegates": "none"},
        "batch": 2,
        "artifact": {
            "path": "artifact/net.any",
            "sha256": "04ffd92aef8aafe6f4f8388bc9f7c5b0d39eae37128b1ca693647b8569f8e629",
            "bytes": 1000,
        },
        "inputs": [{"name": "x", "path": "inputs/0.npy", "dtype": "float32", "shape": [2, 2]}],
    }
    assert sorted(path.name for path in (copy / "artifact").iterdir()) == ["net.any", "net.any.data"]
    assert np.array_equal(np.load(copy / "inputs" / "0.npy"), X)
    assert list((tmp_path / "session").iterdir()) == []


# What is wrong

WRONG = [
    ("crash", "run", "was ended by SIGSEGV while running net.any\n  it printed:\n    device lost"),
    ("fail", "time", "ended with status 3 while timing net.any\n  it printed:\n    no such device: A1"),
    ("silent", "memory", "wrote no answer.json while measuring the memory of net.any"),
    ("no_json", "count", "wrote an answer.json that is not JSON while counting"),
    ("a_list", "time", "the whole is []; wanted: an object with keys"),
    ("refuse", "run", "says, while running net.any: the arena is too small"),
    ("other_artifact", "time", "gives numbers for another file than asked for: '00000000"),
    ("no_artifact", "memory", "gives numbers for another file than asked for: None"),
    ("other_request", "time", "answered another request: an answer of an earlier run"),
    ("schema_2", "time", "answers by schema 2, and this version of the package reads schema 1"),
    ("another_key", "time", "has keys that mean nothing here: latency_ms"),
    ("not_a_number", "time", "calls_s is [0.1, nan]; wanted: a list of seconds above 0"),
    ("negative", "time", "calls_s is [-0.1]; wanted: a list of seconds above 0"),
    ("no_calls", "time", "calls_s is missing; wanted: a list of seconds above 0"),
    ("bad_load", "time", "load_s is '3 ms'; wanted: seconds above 0"),
    ("odd_board", "time", "board.after is {'volts': 3}; wanted: an object of load, celsius"),
    ("no_version", "describe", "runtime.version is 4.5; wanted: text of one line"),
    ("no_runtime", "describe", "runtime is missing; wanted: an object such as"),
    ("outside", "run", "names an output outside of its folder: ../../y.npy"),
    ("no_output", "run", "wrote an output that cannot be used, outputs/z.npy: there is no such file"),
    ("no_list", "run", "outputs is {}; wanted: a list of paths"),
]


@pytest.mark.parametrize(("do", "ask", "told"), WRONG, ids=[do for do, _, _ in WRONG])
def test_bad_answers(do: str, ask: str, told: str, pool: Pool, net: Path) -> None:
    """Each costs the question, says what to mend, and the next question gets another answer."""
    wanted = spec(do)
    client = pool.get(wanted)
    assert told in failure(client, ask, net)
    assert not client.alive
    assert pool.get(wanted) is not client
    assert pool.get(spec()).describe()["name"] == "doubler"


@pytest.mark.parametrize(
    ("ask", "without", "told"),
    [
        ("count", "peak_bytes", "instructions is [1.5]; wanted: a list of whole numbers above 0"),
        ("memory", "instructions", "peak_bytes is 1.5; wanted: a whole number above 0"),
    ],
)
def test_numbers_that_are_not_whole(ask: str, without: str, told: str, pool: Pool, net: Path) -> None:
    assert told in failure(pool.get(spec("fractions", without=without)), ask, net)


OUTPUTS = [
    ("np.zeros((3, 2))", "its shape is (3, 2), for 2 samples"),
    ("np.zeros(())", "its shape is (), for 2 samples"),
    ("np.full((2, 2), np.nan)", "it has values that are not finite"),
    ("np.array(['a', 'b'])", "it holds no numbers"),
    ("np.array([{}, {}])", "it holds Python objects"),
]


@pytest.mark.parametrize(("array", "told"), OUTPUTS, ids=[array for array, _ in OUTPUTS])
def test_bad_outputs(array: str, told: str, net: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", eval(array), allow_pickle=True)
    with pytest.raises(MeasureError) as caught:
        command_answer.outputs({"outputs": ["y.npy"]}, tmp_path, 2, "measure.sh")
    assert told in str(caught.value)
    assert "measure.sh wrote an output that cannot be used, y.npy" in str(caught.value)


def test_hangs(pool: Pool, net: Path, tmp_path: Path) -> None:
    """It is ended with all it started."""
    client = pool.get(spec("hang", note=str(tmp_path / "pid")))
    began = time.monotonic()
    said = failure(client, "time", net, 1)
    assert "while timing net.any, and was stopped\n  it printed:\n    waiting for the device" in said
    assert time.monotonic() - began < 5
    child = int((tmp_path / "pid").read_text())
    end = time.monotonic() + 5
    while runs(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not runs(child)


@pytest.mark.parametrize("kind", ["missing", "not executable"])
def test_no_program(kind: str, pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "measure.sh"
    if kind == "not executable":
        path.write_text("#!/bin/sh\n")
    with pytest.raises(MeasureError) as caught:
        pool.get(spec(run=(str(path),)))
    told = {"missing": "there is no such file", "not executable": "it may not be executed"}
    assert f"the program {path} cannot be started: {told[kind]}" in str(caught.value)
    assert caught.value.lasting


def test_what_it_does_not_give(pool: Pool, net: Path) -> None:
    target_ref = TargetRef(
        "command", "", (("run", (sys.executable,)), ("evidence", "device"), ("gives", ("latency",)))
    )
    said = failure(pool.get(Spec("litert", target_ref=target_ref)), "run", net)
    assert "gives latency only, and was asked for outputs" in said


def test_no_known_slowdown(pool: Pool, net: Path) -> None:
    with pytest.raises(MeasureError, match="cannot be made slower by a known factor"):
        pool.get(spec()).pairs(net, net, X, loads=1, seed=0, eleven_for_ten=True)


def test_files_stay_where_they_are(net: Path, tmp_path: Path) -> None:
    program = Program(spec().target_ref)
    program.fetch(program.put(net), tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == net.read_bytes()
    with pytest.raises(MeasureError, match="the file cannot be copied: No such file"):
        program.fetch(str(tmp_path / "gone"), tmp_path / "back")


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
