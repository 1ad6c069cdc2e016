"""What is timed, and how a timing can be repeated; how long things take is judged where it is certain."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.judge.relative_latency import Outcome
from pytest_edgebench.measure import paired
from pytest_edgebench.workers.results import Plan
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.measure.pool import Pool

RECORDING = '''
"""A runtime that writes down what is done to it: one letter for a file and what happens."""
import ctypes, time, weakref
calls = open({log!r}, "a", buffering=1)
alive = weakref.WeakSet()
def describe():
    return {{"name": "recording", "version": "1"}}
def load(path, threads, options):
    name = path[-1]
    calls.write(f"load {{name}}\\n")
    return Session(name, float(options.get(name, 0)))
class Session:
    def __init__(self, name, seconds):
        self.inputs = self.outputs = [dict(name="x", shape=[None], dtype="float32", scale=None, zero_point=0)]
        self.name, self.seconds = name, seconds
        alive.add(self)
    def bind(self, arrays):
        self.call = self.run
    def run(self):
        end = time.perf_counter() + self.seconds
        calls.write(f"call {{self.name}} of {{len(alive)}}\\n")
        time.sleep(max(0, self.seconds - 1e-3))  # who sleeps is rarely held up by what else the machine does
        while time.perf_counter() < end: pass
    def results(self):
        return []
'''

X = np.zeros(1, np.float32)


class Recorder:
    """Two files, and the log of what the worker did with them."""

    def __init__(self, folder: Path, pool: Pool) -> None:
        self.a, self.b = folder / "a", folder / "b"
        self.a.touch()
        self.b.touch()
        self._folder, self._pool, self._log = folder, pool, folder / "log"
        self._runtime = folder / "recording.py"
        self._runtime.write_text(RECORDING.format(log=str(self._log)))

    def client(self, a: float = 0, b: float = 0) -> Any:
        """A worker in which a call of each file takes at least so many seconds."""
        return self._pool.get(Spec(str(self._runtime), options=(("a", a), ("b", b))))

    def log(self) -> list[str]:
        """What was done since it was last asked."""
        lines = self._log.read_text().splitlines()
        self._log.write_text("")
        return lines


@pytest.fixture
def recorder(tmp_path: Path, pool: Pool) -> Recorder:
    return Recorder(tmp_path, pool)


def test_times_fresh_loads(recorder: Recorder) -> None:
    timing = recorder.client(a=0.001).time(recorder.a, X, loads=3, calls=5, seed=1)
    assert recorder.log() == ["load a", *["call a of 1"] * (3 + 5)] * 3
    assert timing.load_s.shape == timing.first_s.shape == (3,)
    assert [len(calls) for calls in timing.calls_s] == [5, 5, 5]
    assert min(calls.min() for calls in timing.calls_s) >= 0.001
    assert timing.first_s.min() >= 0.001


def test_slow_calls_are_warmed_up_once(recorder: Recorder) -> None:
    recorder.client(a=0.021).time(recorder.a, X, loads=1, calls=2, seed=1)
    assert recorder.log() == ["load a", *["call a of 1"] * (1 + 2)]


def test_calls_end_with_their_time(recorder: Recorder) -> None:
    timing = recorder.client(a=0.001).time(recorder.a, X, loads=2, calls=1000, seed=1, seconds=0.02)
    assert all(1 <= len(calls) <= 21 for calls in timing.calls_s)


@pytest.mark.parametrize(
    ("a", "b", "plan"),
    [
        (0.0021, 0.001, Plan(pairs=8, calls=1, warm_ups=3)),
        (0.001, 0.006, Plan(pairs=4, calls=1, warm_ups=3)),
        (0.025, 0.001, Plan(pairs=2, calls=1, warm_ups=1)),
    ],
)
def test_plans_by_the_slower_file(a: float, b: float, plan: Plan, recorder: Recorder) -> None:
    pairs = recorder.client(a, b).pairs(recorder.a, recorder.b, X, loads=1, seed=1)
    assert pairs.plan == plan
    assert pairs.a_s.min() >= a
    assert pairs.b_s.min() >= b


def test_short_calls_are_timed_together(recorder: Recorder) -> None:
    """So many that those of the faster file take 200 µs."""
    client = recorder.client(a=20e-6, b=60e-6)
    pairs = client.pairs(recorder.a, recorder.b, X, loads=1, seed=1)
    assert 2 <= pairs.plan.calls <= 10
    assert pairs.a_s.min() >= 20e-6  # for one call


def test_both_live_through_a_load(recorder: Recorder) -> None:
    plan = Plan(pairs=4, calls=2, warm_ups=3)
    recorder.client().pairs(recorder.a, recorder.b, X, loads=2, seed=1, plan=plan)
    log = recorder.log()
    assert len(log) == 2 * (2 + 2 * (3 + 4 * 2))
    for load in (log[: len(log) // 2], log[len(log) // 2 :]):
        assert sorted(load[:2]) == ["load a", "load b"]
        timed = load[2 + 2 * 3 :]
        assert {line.split(" of ")[1] for line in timed} == {"2"}
        for i in range(0, len(timed), 4):  # each pair has both, in either order
            assert sorted(line[5] for line in timed[i : i + 4]) == ["a", "a", "b", "b"]


def test_orders_vary(recorder: Recorder) -> None:
    """Which file is loaded first, and which of a pair is called first."""
    plan = Plan(pairs=4, calls=1, warm_ups=1)
    recorder.client().pairs(recorder.a, recorder.b, X, loads=20, seed=1, plan=plan)
    log = recorder.log()
    loads = [log[i : i + 12] for i in range(0, len(log), 12)]
    assert {load[0] for load in loads} == {"load a", "load b"}
    firsts = [line[5] for load in loads for line in load[4::2]]
    assert len(firsts) == 20 * 4
    assert 20 < firsts.count("a") < 60


def test_repeats_from_its_record(recorder: Recorder) -> None:
    """Seed, number of the first load and plan say all, in one request or in two."""
    client = recorder.client()
    whole = client.pairs(recorder.a, recorder.b, X, loads=9, seed=5, plan=Plan(4, 3, 1))
    log = recorder.log()
    client.pairs(recorder.a, recorder.b, X, loads=6, seed=whole.seed, plan=whole.plan)
    client.pairs(recorder.a, recorder.b, X, loads=3, seed=whole.seed, plan=whole.plan, first=6)
    assert recorder.log() == log
    client.pairs(recorder.a, recorder.b, X, loads=9, seed=6, plan=whole.plan)
    assert recorder.log() != log


def test_one_at_a_time(recorder: Recorder) -> None:
    plan = Plan(pairs=3, calls=1, warm_ups=2)
    pairs = recorder.client().pairs(recorder.a, recorder.b, X, loads=8, seed=1, plan=plan, alternate=True)
    log = recorder.log()
    assert len(log) == 8 * 2 * (1 + 2 + 3)
    assert not [line for line in log if line.endswith("of 2")]
    firsts = [log[i] for i in range(0, len(log), 12)]
    assert set(firsts) == {"load a", "load b"}
    assert pairs.alternate


def test_eleven_calls_for_ten(recorder: Recorder) -> None:
    client = recorder.client(a=50e-6, b=50e-6)
    pairs = client.pairs(recorder.a, recorder.b, X, loads=1, seed=1, eleven_for_ten=True)
    assert pairs.plan.calls == 10
    recorder.log()
    client.pairs(recorder.a, recorder.b, X, loads=1, seed=1, eleven_for_ten=True, plan=pairs.plan)
    log = recorder.log()
    assert log.count("call a of 2") == 3 + 8 * 10
    assert log.count("call b of 2") == 3 + 8 * 11
    assert pairs.b_s.min() >= 55e-6


def test_stops_at_its_time(recorder: Recorder) -> None:
    pairs = recorder.client(a=0.01, b=0.01).pairs(recorder.a, recorder.b, X, loads=100, seed=1, seconds=0.3)
    assert 1 <= len(pairs.a_s) < 10
    assert len(pairs.a_s) == len(pairs.b_s) == len(pairs.started_s)


def test_a_comparison_may_take_longer_than_a_request(recorder: Recorder) -> None:
    """Six loads of 0.36 s: more than a worker may take for one answer, so it is asked more than once."""
    round_ = paired.run_round(
        recorder.client(a=0.06, b=0.06), recorder.a, recorder.b, {"x": X},
        paired.Terms(limit=1.5, alpha_fail=0.01, deadline_s=2),
    )  # fmt: skip
    assert round_.decision.verdict is Outcome.PASS
    assert len(round_.q) == 6


@pytest.mark.parametrize(("limit", "confirmed"), [(1.014, True), (1.05, False)])
def test_a_pass_near_its_limit_is_measured_in_a_second_process(
    recorder: Recorder, pool: Pool, limit: float, *, confirmed: bool
) -> None:
    spec = recorder.client(a=0.02, b=0.02).spec
    decision, record = paired.compare(
        pool, spec, recorder.a, recorder.b, {"x": X}, paired.Terms(limit=limit, alpha_fail=0.01)
    )
    assert decision.verdict is Outcome.PASS
    assert decision.confirmed is confirmed
    assert bool(record.confirm_q) is confirmed
    assert record.confirm_seed != record.seed


def test_is_slower_where_it_is(recorder: Recorder) -> None:
    """A real difference is found whichever file has it."""
    client = recorder.client(a=0.001, b=0.002)
    forth = client.pairs(recorder.a, recorder.b, X, loads=3, seed=1)
    back = client.pairs(recorder.b, recorder.a, X, loads=3, seed=1)
    assert (forth.b_s > forth.a_s).all()
    assert (back.b_s < back.a_s).all()


def test_readings(recorder: Recorder) -> None:
    before, after = recorder.client(a=0.01).time(recorder.a, X, loads=1, calls=1, seed=0).readings
    assert before.load >= 0
    assert 0 < before.clock_s < 1e-4
    assert after.at_s - before.at_s >= 0.02
    assert before.steal_s is None or 0 <= before.steal_s <= (after.steal_s or 0)


def test_plan_goes_through_a_record(recorder: Recorder) -> None:
    pairs = recorder.client().pairs(recorder.a, recorder.b, X, loads=1, seed=1)
    assert Plan(**dataclasses.asdict(pairs.plan)) == pairs.plan


# Memory


def test_peak_memory(pool: Pool, strange: Callable[..., Spec], any_file: Path, pair: Any) -> None:
    """64 MiB held in a call are seen; a process that does not hold them is without."""
    found = []
    for do in ("fill_memory", "nothing"):
        with pool.fresh(strange(do)) as client:
            found.append(client.memory(any_file, pair))
    greedy, modest = (memory.peak_bytes - memory.baseline_bytes for memory in found)
    assert 64 << 20 <= greedy < 80 << 20
    assert modest < 8 << 20
    assert abs(found[0].baseline_bytes - found[1].baseline_bytes) < 8 << 20
    assert 10 << 20 < found[1].baseline_bytes < 200 << 20


# Loads leave nothing behind


def test_loads_are_let_go(pool: Pool, tmp_path: Path) -> None:
    """Real sessions, though the garbage collector rests while they are timed."""
    path = matrices(tmp_path / "net.onnx", width=512, layers=8)  # 8 MB of weights
    x = np.zeros((1, 512), np.float32)
    client = pool.get(Spec("onnxruntime"))
    client.pairs(path, path, x, loads=2, seed=1)
    before = _resident(client.pid)
    client.pairs(path, path, x, loads=15, seed=2)
    assert _resident(client.pid) - before < 60 << 20


def matrices(path: Path, *, width: int, layers: int) -> Path:
    """(batch, width) through matrix products, as a file for ONNX Runtime."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = [numpy_helper.from_array(np.eye(width, dtype=np.float32), f"w{i}") for i in range(layers)]
    nodes = [helper.make_node("MatMul", [f"h{i}", f"w{i}"], [f"h{i + 1}"]) for i in range(layers)]
    x = helper.make_tensor_value_info("h0", TensorProto.FLOAT, ["batch", width])
    y = helper.make_tensor_value_info(f"h{layers}", TensorProto.FLOAT, ["batch", width])
    graph = helper.make_graph(nodes, "g", [x], [y], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def test_round_trip(pool: Pool, strange: Callable[..., Spec], any_file: Path) -> None:
    """100 MB there and back, whole."""
    x = np.random.default_rng(0).normal(size=(12_500_000, 2)).astype(np.float32)
    began = time.monotonic()
    outputs = pool.get(strange()).run(any_file, x, batch=len(x))
    assert time.monotonic() - began < 30
    np.testing.assert_array_equal(outputs.arrays[0], x * 2)


def test_refuses_impossible_answers(recorder: Recorder) -> None:
    with pytest.raises(MeasureError, match="answered garbage while timing a: "):
        recorder.client().time(recorder.a, X, loads=1, calls=0, seed=0)


def test_a_time_that_is_longer_than_the_question_took(pool: Pool, tmp_path: Path) -> None:
    """A worker's clock that runs away: what was measured is no longer than it took here."""
    recorder = Recorder(tmp_path, pool)
    client = recorder.client()
    ask = client._process.ask

    def faster(*given: Any) -> Any:
        answer, arrays = ask(*given)
        return answer, {name: array * 1e6 if name == "calls" else array for name, array in arrays.items()}

    client._process.ask = faster
    with pytest.raises(MeasureError, match=r"took .* s \(calls\) while timing .*: that is not possible"):
        client.time(recorder.a, X, loads=1, calls=3, seed=0)
    assert not client.alive
