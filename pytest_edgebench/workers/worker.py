"""The worker: runs and times model files in a process of its own. Needs Python, numpy and the runtime.

Started as ``python -u -P worker.py RUNTIME_FILE PARENT``, it loads the files of this room that it needs
(`process.PARTS`) and the one runtime file it is given by their paths, so that it also runs in another virtual
environment or on a board. PARENT is the process to die with, 0 for none.

Requests come on stdin and answers go to stdout, one for one, as `channel.py` has them. An answer holds ``ok``
or ``error`` (``code`` and ``facts``, told in `pytest_edgebench.workers.errors`), and ``readings`` of the
machine from before and after. Times are in seconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import math
import os
import platform
import random
import signal
import sys
import time
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np


def _by_path(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_edgebench.runtimes.protocol import Array, RuntimeFile, Session
    from pytest_edgebench.workers import binding, channel, machine, memory_layout, shared, streaming

    Arrays = dict[str, Array]
    Request = Mapping[str, Any]
    Answer = tuple[dict[str, Any], Arrays]
else:
    binding = _by_path("edgebench_adapt", Path(__file__).with_name("binding.py"))
    machine = _by_path("edgebench_machine", Path(__file__).with_name("machine.py"))
    memory_layout = _by_path("edgebench_pages", Path(__file__).with_name("memory_layout.py"))
    channel = _by_path("edgebench_channel", Path(__file__).with_name("channel.py"))
    shared = _by_path("edgebench_shared", Path(__file__).with_name("shared.py"))
    streaming = _by_path("edgebench_streaming", Path(__file__).with_name("streaming.py"))

WARM_UPS, SLOW_S = 3, 0.020  # 3 calls, or 1 where the first takes as long as that
UNIT_S = 200e-6  # shorter calls are timed several at once
GRACE_S = 5.0


# What can be asked for


class Worker:
    """Answers requests with the runtime of one file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._pages = memory_layout.Pages()
        self._stream = streaming.Stream(cast("Any", binding))
        self._shared: shared.Shared | None = None

    @cached_property
    def runtime(self) -> RuntimeFile:
        """The runtime file as a module, imported when first needed so that failing is an answer too."""
        try:
            module: RuntimeFile = _by_path("edgebench_runtime", self._file)
        except ImportError as cause:
            raise ValueError("no_runtime", {"text": str(cause), "python": sys.executable}) from cause
        return module

    def answer(self, request: Request, arrays: Arrays) -> Answer:
        """The answer to one request; a mistake in it is an answer too."""
        board = bool(request.get("board"))
        before = machine.reading(board)
        try:
            _ = self.runtime  # importing it is part of no timing
            if "stream" not in request:
                self._stream.end()
            ask: Callable[[Request, Arrays], Answer] = getattr(self, f"ask_{request['ask']}")
            found, results = ask(request, arrays)
        except Exception as cause:  # noqa: BLE001 - whatever a runtime raises is told
            args = cause.args
            if isinstance(cause, ValueError) and len(args) == 2 and isinstance(args[1], dict):
                error = {"code": args[0], "facts": args[1]}
            else:
                error = {"code": "raised", "facts": {"type": type(cause).__name__, "text": str(cause)}}
            return {"error": error, "readings": [before, machine.reading(board)]}, {}
        return {"ok": found, "readings": [before, machine.reading(board)]}, results

    def ask_describe(self, request: Request, arrays: Arrays) -> Answer:
        """Who runs here."""
        return {
            **self.runtime.describe(),
            "threads": str(request["threads"]),
            "cpu": machine.cpu(),
            "python": platform.python_version(),
            "numpy": np.__version__,
        }, {}

    def ask_run(self, request: Request, arrays: Arrays) -> Answer:
        """Outputs for all samples, `batch` of them a call; or for some of a stream."""
        if "stream" in request:
            return self._of_stream(request, arrays)
        session, roles = self._load(request, "path"), request.get("roles", {})
        outputs, raw = binding.run(session, arrays, request["batch"], roles)
        named = {str(i): output for i, output in enumerate(outputs)}
        return {"raw": raw, "fed": binding.fed(session, roles)}, named

    def ask_end(self, request: Request, arrays: Arrays) -> Answer:
        """Nothing: with any request that is not of it a stream has ended."""
        return {}, {}

    def ask_call(self, request: Request, arrays: Arrays) -> Answer:
        """What one call answers to these arrays, as the file gives it."""
        return {}, binding.call(self._load(request, "path"), arrays)

    def ask_own(self, request: Request, arrays: Arrays) -> Any:
        """What this runtime file alone answers."""
        return cast("Any", self.runtime).ask(request, arrays)

    def ask_interface(self, request: Request, arrays: Arrays) -> Answer:
        """The inputs and outputs of a file, each a `Tensor`."""
        session = self._load(request, "path")
        return {key: list(getattr(session, key)) for key in ("inputs", "outputs")}, {}

    def ask_time(self, request: Request, arrays: Arrays) -> Answer:
        """Fresh loads of one file, each with its load time, first call, warm-ups and timed calls."""
        loads, firsts, timed, now = [], [], [], time.perf_counter_ns
        with _no_collection():
            for at in range(request["first"], request["first"] + request["loads"]):
                chance = _chance(request, at)
                self._pages.shuffle(chance)
                padding = memory_layout.padding(chance)
                began = now()
                session = self._load(request, "path")
                loaded = now()
                binding.bind_all(session, arrays, request.get("roles"))
                bound = now()
                session.call()
                first = now()
                self._pages.fit()
                for _ in range(0 if first - bound >= SLOW_S * 1e9 else WARM_UPS - 1):
                    session.call()
                calls = _each(session.call, request["calls"], request["seconds"])
                del session, padding
                gc.collect()
                loads.append((loaded - began) / 1e9)
                firsts.append((first - bound) / 1e9)
                timed.append(calls)
        return {}, {
            "load": np.asarray(loads),
            "first_call": np.asarray(firsts),
            "calls": np.concatenate(timed),
            "counts": np.asarray([len(calls) for calls in timed]),
        }

    def ask_pairs(self, request: Request, arrays: Arrays) -> Answer:
        """Fresh loads of two files "a" and "b": shortest and median of some timed units of each, per call.

        Which comes first, and how memory is laid out, depends on (seed, number of the load) alone, so that
        loads can be asked for in several requests and repeated later.
        """
        rows: list[tuple[float, ...]] = []
        started: list[float] = []
        began = time.perf_counter()
        with _no_collection():
            plan = request["plan"] or self._plan(request, arrays)
            for at in range(request["first"], request["first"] + request["loads"]):
                started.append(time.perf_counter() - began)
                rows.append(self._one_load(request, arrays, plan, _chance(request, at)))
                if time.perf_counter() - began > request["seconds"]:
                    break
        table = np.asarray(rows)
        names = ("a", "b", "a_p50", "b_p50")
        columns = {name: table[:, at] for at, name in enumerate(names)}
        return {"plan": plan}, {**columns, "started": np.asarray(started)}

    def ask_memory(self, request: Request, arrays: Arrays) -> Answer:
        """Peak resident memory before and after a load and one inference; for a new process."""
        with contextlib.suppress(OSError):  # not everywhere allowed; a new process is clean without it too
            kept = os.environ.get("EDGEBENCH_CLEAR_REFS")  # by `confine.py`, opened before this was forbidden
            with open(int(kept) if kept else "/proc/self/clear_refs", "wb", closefd=not kept) as file:
                file.write(b"5")
        baseline = machine.peak_bytes()
        session = self._load(request, "path")
        binding.bind_all(session, arrays, request.get("roles"))
        session.call()
        session.results()
        return {"peak_bytes": machine.peak_bytes(), "baseline_bytes": baseline}, {}

    def ask_count(self, request: Request, arrays: Arrays) -> Answer:
        """Inferences between system calls that no kernel has, at which an emulator's plugin takes its count.

        Three marks each: what lies between the first two is what a mark costs by itself.
        """
        session = self._load(request, "path")
        binding.bind_all(session, arrays, request.get("roles"))
        session.call()  # the first one may choose how later ones are made
        call, number = session.call, request["mark"]
        mark = ctypes.CDLL(None).syscall
        mark.argtypes = [ctypes.c_long, ctypes.c_long]
        with _no_collection():
            for at in range(0, 3 * request["calls"], 3):
                mark(number, at)
                mark(number, at + 1)
                call()
                mark(number, at + 2)
        return {}, {}

    # Within

    def _of_stream(self, request: Request, arrays: Arrays) -> Answer:
        """Outputs of some samples, which may lie in shared memory; see `streaming.Stream.run`."""
        memory = None
        if "shared" in request:
            descriptor, listed = request["shared"]
            if self._shared is None:
                self._shared = shared.Shared(descriptor)
            memory = self._shared
            arrays = memory.arrays(listed)

        def done(count: int) -> None:
            signal.setitimer(signal.ITIMER_REAL, request["deadline_s"] + GRACE_S)
            if memory is not None:
                memory.done = count

        return self._stream.run(request, arrays, lambda: self._load(request, "path"), done)

    def _load(self, request: Request, which: str) -> Session:
        path = request[which]
        if not Path(path).is_file():
            raise ValueError("no_file", {"path": path})
        return self.runtime.load(path, request["threads"], request["options"])

    def _plan(self, request: Request, arrays: Arrays) -> dict[str, int]:
        """How many pairs, calls a unit and warm-ups suit two files, from a few calls of each."""
        seconds = []
        for which in "ab":
            session = self._load(request, which)
            binding.bind_all(session, arrays, request.get("roles"))
            shortest = _unit(session.call, 1)
            if shortest < SLOW_S:
                shortest = min(_unit(session.call, 1) for _ in range(WARM_UPS))
            seconds.append(shortest)
            del session
            gc.collect()
        slower, faster = max(seconds), max(min(seconds), 1e-9)
        calls = math.ceil(UNIT_S / faster)
        if request["eleven_for_ten"]:
            calls = 10 * math.ceil(calls / 10)
        unit = slower * calls
        pairs = 8 if unit < 0.005 else 4 if unit <= SLOW_S else 2
        return {"pairs": pairs, "calls": calls, "warm_ups": 1 if slower >= SLOW_S else WARM_UPS}

    def _one_load(
        self, request: Request, arrays: Arrays, plan: Mapping[str, int], chance: random.Random
    ) -> tuple[float, ...]:
        """Load both files (one at a time where they do not fit together), time them, let go of them."""
        calls = {"a": plan["calls"], "b": plan["calls"]}
        if request["eleven_for_ten"]:
            calls["b"] = plan["calls"] * 11 // 10
        units: dict[str, list[float]] = {"a": [], "b": []}
        order = chance.sample("ab", 2)
        if not request["alternate"]:  # memory is scarce
            self._pages.shuffle(chance)
        for group in [[name] for name in order] if request["alternate"] else [order]:
            padding, sessions = [], {}
            for name in group:
                padding.append(memory_layout.padding(chance))
                sessions[name] = self._load(request, name)
            for session in sessions.values():
                binding.bind_all(session, arrays, request.get("roles"))
                _unit(session.call, plan["warm_ups"])
            if not request["alternate"]:
                self._pages.fit()
            for _ in range(plan["pairs"]):
                for name in chance.sample(group, len(group)):
                    units[name].append(_unit(sessions[name].call, calls[name]))
            del session, sessions, padding
            gc.collect()
        figures = [figure(each) for figure in (min, np.median) for each in units.values()]
        return tuple(float(seconds) / plan["calls"] for seconds in figures)


def _each(call: Callable[[], object], calls: int, seconds: float) -> Array:
    """Seconds of each of some calls, up to the first that ends later than allowed."""
    stamps: list[int] = []
    now = time.perf_counter_ns
    keep = stamps.append
    at = now()
    end = at + int(seconds * 1e9)
    keep(at)
    for _ in range(calls):
        call()
        at = now()
        keep(at)
        if at > end:
            break
    return np.diff(np.asarray(stamps, np.float64)) / 1e9


def _unit(call: Callable[[], object], calls: int) -> float:
    """Seconds that some calls take one after the other."""
    now = time.perf_counter_ns
    began = now()
    for _ in range(calls):
        call()
    return (now() - began) / 1e9


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Collect garbage only where it is asked for, and quickly, since what lives already is left out."""
    gc.collect()
    gc.freeze()  # for good: going through the runtime's modules again takes as long as loads of a small file
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _chance(request: Request, at: int) -> random.Random:
    return random.Random(f"{request['seed']}/{at}")


def packed(worker: Worker, request: Request, arrays: Arrays) -> list[memoryview]:
    """The answer to a request as pieces to write; one that cannot be written is told as an error."""
    answer, results = worker.answer(request, arrays)
    try:
        return channel.pack(answer, results)
    except (TypeError, ValueError) as cause:
        error = {"code": "raised", "facts": {"type": type(cause).__name__, "text": str(cause)}}
        return channel.pack({"error": error, "readings": answer.get("readings", [])}, {})


def main(runtime: str, parent: str) -> None:
    """Answer requests until stdin ends."""
    machine.die_with(int(parent))
    source, sink = channel.private_channel()
    worker = Worker(Path(runtime))
    while True:
        try:
            request, arrays = channel.unpack(partial(channel.read, source))
        except EOFError:
            return
        # Should the other side be stopped or cut off, a hanging runtime still ends.
        signal.setitimer(signal.ITIMER_REAL, request["deadline_s"] + GRACE_S)
        pieces = packed(worker, request, arrays)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for piece in pieces:
            while piece:
                piece = piece[sink.write(piece) :]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
