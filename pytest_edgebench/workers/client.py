"""`Client`: one worker, asked with numpy arrays."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import Dropped, MeasureError
from pytest_edgebench.base.text import cut, plain
from pytest_edgebench.profiles.target import HERE
from pytest_edgebench.samples.roles import Given
from pytest_edgebench.workers import errors
from pytest_edgebench.workers.results import Interface, Memory, Outputs, Pairs, Plan, Readings, Timing
from pytest_edgebench.workers.streams import Streams
from pytest_edgebench.workers.told import fed, interface, is_whole, reading, shown

if TYPE_CHECKING:
    from types import TracebackType

    from pytest_edgebench.workers.progress import Progress
    from pytest_edgebench.workers.protocol import Target
    from pytest_edgebench.workers.results import Array, Floats
    from pytest_edgebench.workers.spec import Spec

    Arrays = Array | Mapping[str, Array]

START_S = 60.0
RUN_S = 600.0
FASTEST, CLOCK_STEP_S = 1.02, 0.02  # a board's clock that gains more than this is no clock
SLOW_FROM_S = 4.0  # of an answer with times, from which what goes on the way counts little
LONGEST_TEXT = 300
TIMES = frozenset({"calls", "started"})


class Client(Streams):
    """One worker process of a kind.

    Every question can be asked again with the same result (times apart). Inputs are an array, or a mapping of
    input name to array, first axis samples, in the source model's own dtype (`binding.py` has the rules).
    Every question raises `MeasureError`: the worker crashed, was killed, hung or answered garbage, and then
    this client is dead (`alive`); or it refused, and then it lives on.

    Args:
        spec: the kind.
        folder: for what the worker prints, which is shown when it fails.
        target: where it runs, ready.

    Raises:
        MeasureError: the worker cannot be started.
    """

    def __init__(self, spec: Spec, folder: Path, target: Target) -> None:
        self.spec = spec
        self._folder = folder
        self._target = target
        self._process = target.start(spec, folder)
        self._answered = False
        self._took_s = 0.0

    @property
    def alive(self) -> bool:
        return self._process.alive

    @property
    def pid(self) -> int:
        return self._process.pid

    def check(self) -> None:
        """Make sure that the runtime is of the version asked for.

        Raises:
            MeasureError: it is not, or cannot be asked.
        """
        if self.spec.version:
            found = self.describe().get("version", "")
            if not self.spec.accepts(found):
                raise errors.other_version(self.spec.title, self.spec.version, found, "")

    def describe(self, deadline_s: float = START_S) -> dict[str, str]:
        """``name``, ``version`` and ``threads`` of the runtime, ``cpu``, ``python``, ``numpy``."""
        answer, _ = self._ask("describe", {}, {}, "starting", None, deadline_s)
        found = answer["ok"]
        if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
            raise self._garbage("starting", f"{shown(found)} for a description")
        return {plain(str(name)): cut(plain(text), LONGEST_TEXT) for name, text in found.items()}

    def run(self, path: Path, inputs: Arrays, *, batch: int = 1, deadline_s: float = RUN_S) -> Outputs:
        """Outputs of a file for all samples.

        Args:
            inputs: (N, ...) each.
            batch: samples a call; the last call is filled up where the file wants it whole.
        """
        doing = f"running {path.name}"
        answer, arrays = self._ask("run", {"path": path, "batch": batch}, inputs, doing, path, deadline_s)
        with self._reading(doing):
            raw, states = answer["ok"]["raw"], fed(answer["ok"].get("fed", []), len(arrays))
            if not isinstance(raw, bool):
                raise ValueError(f"{shown(raw)} for raw")
            return Outputs(tuple(arrays.values()), raw, self._readings(answer, doing), states)

    def call(self, path: Path, inputs: Arrays, deadline_s: float = RUN_S) -> tuple[Array, ...]:
        """What one call of a file answers, in the file's own numbers and shapes.

        Args:
            inputs: those of one call, (batch, ...).
        """
        _, arrays = self._ask("call", {"path": path}, inputs, f"running {path.name}", path, deadline_s)
        return tuple(arrays.values())

    def own(
        self, request: Mapping[str, Any], inputs: Mapping[str, Array], doing: str, deadline_s: float = RUN_S
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """What the runtime file alone answers, by its ``ask(request, arrays)``.

        Args:
            request: as JSON; paths are of files that go where it runs. doing: for messages.
        """
        answer, arrays = self._ask("own", request, inputs, doing, None, deadline_s)
        if not isinstance(answer["ok"], dict):
            raise self._garbage(doing, shown(answer["ok"]))
        return answer["ok"], arrays

    def interface(self, path: Path, deadline_s: float = RUN_S) -> Interface:
        """The inputs and outputs of a file, as the runtime tells them."""
        doing = f"loading {path.name}"
        answer, _ = self._ask("interface", {"path": path}, {}, doing, path, deadline_s)
        with self._reading(doing):
            return interface(answer["ok"])

    def time(
        self,
        path: Path,
        inputs: Arrays,
        *,
        loads: int,
        calls: int,
        seed: int,
        first: int = 0,
        seconds: float = 60.0,
        deadline_s: float = RUN_S,
    ) -> Timing:
        """Load a file afresh some times, and time each call.

        Args:
            inputs: those of one call, (batch, ...).
            calls: timed calls of each load, at least one.
            first: number of the first load, for more loads of a seed already used.
            seconds: the calls of a load end with the first that goes over it.
        """
        doing = f"timing {path.name}"
        request = {"path": path, "loads": loads, "calls": calls, "seconds": seconds}
        request |= {"seed": seed, "first": first}
        answer, arrays = self._ask("time", request, inputs, doing, path, deadline_s)
        with self._reading(doing):
            load, first_call = (
                self._times(arrays, name, doing, loads if name in arrays else 0)
                for name in ("load", "first_call")
            )
            counts = [int(count) for count in arrays.get("counts", ())]
            if len(counts) != loads or min(counts) < 1:
                raise ValueError(f"{shown(counts)} calls for {loads} loads")
            flat = self._times(arrays, "calls", doing, sum(counts))
            ends = [sum(counts[: i + 1]) for i in range(loads)]
            parts = tuple(flat[end - count : end] for end, count in zip(ends, counts, strict=True))
            return Timing(load, first_call, parts, seed, first, self._readings(answer, doing))

    def pairs(
        self,
        a: Path,
        b: Path,
        inputs: Arrays,
        *,
        loads: int,
        seed: int,
        first: int = 0,
        plan: Plan | None = None,
        alternate: bool = False,
        eleven_for_ten: bool = False,
        seconds: float = 60.0,
        deadline_s: float = RUN_S,
    ) -> Pairs:
        """Load two files afresh some times, and time them in turns.

        Args:
            inputs: those of one call, (batch, ...), for both.
            first: number of the first load, for more loads of a seed already used.
            plan: that of an earlier answer; None lets the worker choose by how long calls take.
            alternate: keep one file loaded at a time, for those that do not fit twice.
            eleven_for_ten: call `b` 11 times where `a` is called 10 times, and count 10: a slowdown of
                exactly 10 %, to test what is judged by such times.
            seconds: no load begins after it; at least one is timed.
        """
        doing = f"timing {b.name} against {a.name}"
        request = {
            "a": a,
            "b": b,
            "loads": loads,
            "seed": seed,
            "first": first,
            "plan": None if plan is None else dataclasses.asdict(plan),
            "alternate": alternate,
            "eleven_for_ten": eleven_for_ten,
            "seconds": seconds,
        }
        answer, arrays = self._ask("pairs", request, inputs, doing, b, deadline_s)
        with self._reading(doing):
            count = len(arrays.get("a", ()))
            if not 1 <= count <= loads:
                raise ValueError(f"{count} loads instead of {loads}")
            a_s, b_s = self._times(arrays, "a", doing, count), self._times(arrays, "b", doing, count)
            a_p50_s, b_p50_s = (self._times(arrays, name, doing, count) for name in ("a_p50", "b_p50"))
            started_s = self._times(arrays, "started", doing, count)
            used = Plan(**answer["ok"]["plan"])
            if not all(is_whole(value) for value in dataclasses.astuple(used)):
                raise ValueError(f"{shown(used)} for a plan")
            readings = self._readings(answer, doing)
            return Pairs(
                a_s, b_s, a_p50_s, b_p50_s, started_s, used, seed, first, alternate, eleven_for_ten, readings
            )

    def memory(self, path: Path, inputs: Arrays, deadline_s: float = RUN_S) -> Memory:
        """Peak memory of loading a file and of one inference; only a process that has done nothing else is
        clean (`Pool.fresh`).

        Args:
            inputs: those of one call, (batch, ...).
        """
        doing = f"measuring the memory of {path.name}"
        answer, _ = self._ask("memory", {"path": path}, inputs, doing, path, deadline_s)
        with self._reading(doing):
            peak, baseline = answer["ok"]["peak_bytes"], answer["ok"]["baseline_bytes"]
            if not is_whole(peak) or not is_whole(baseline) or baseline > peak:
                raise ValueError(f"a peak of {shown(peak)} bytes over {shown(baseline)}")
            return Memory(peak, baseline, self._readings(answer, doing))

    def count(self, path: Path, inputs: Arrays, *, calls: int = 8, deadline_s: float = RUN_S) -> list[int]:
        """Instructions of each of some inferences, on a target that counts them.

        Args:
            inputs: those of one call, (batch, ...).
        """
        doing = f"counting the instructions of {path.name}"
        _, arrays = self._ask("count", {"path": path, "calls": calls}, inputs, doing, path, deadline_s)
        found = arrays.get("instructions")
        if (
            found is None
            or found.ndim != 1
            or found.dtype.kind not in "iu"
            or not len(found)
            or found.min() < 1
        ):
            raise self._garbage(doing, f"{shown(found)} for instructions")
        return [int(count) for count in found]

    def close(self) -> None:
        """End the worker; may be called again."""
        self._process.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Within

    def _ask(
        self,
        ask: str,
        request: Mapping[str, Any],
        inputs: Arrays,
        doing: str,
        path: Path | None,
        deadline_s: float,
        progress: Progress | None = None,
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        given = dict(inputs) if isinstance(inputs, Mapping) else {"input_0": inputs}
        if isinstance(inputs, Given) and inputs.roles:
            request = {**request, "roles": inputs.roles.plain()}
        terms = {"ask": ask, "threads": self.spec.threads, "options": dict(self.spec.options)}
        if self.spec.target_ref.lock != HERE:
            terms["board"] = True
        try:
            answer, arrays = self._answer(request, terms, given, doing, deadline_s, progress)
        except Dropped:  # once more on a new connection, as requests can be asked again
            self._process.close()
            self._target.prepare()
            self._process = self._target.start(self.spec, self._folder)
            self._answered = False
            answer, arrays = self._answer(request, terms, given, doing, deadline_s, progress)
        error = answer.get("error")
        if error is not None:
            where = str(path) if path else ""
            with self._reading(doing):
                raise errors.refused(self.spec.title, doing, error["code"], error["facts"], where)
        if "ok" not in answer:
            raise self._garbage(doing, shown(answer))
        return answer, arrays

    def _answer(
        self,
        request: Mapping[str, Any],
        terms: Mapping[str, Any],
        given: dict[str, Array],
        doing: str,
        deadline_s: float,
        progress: Progress | None,
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """The answer to one question, asked once."""
        sent = self._sent(request)
        began = time.monotonic()
        how: dict[str, Any] = {} if progress is None else {"progress": progress}
        answer, arrays = self._process.ask({**sent, **terms}, given, doing, deadline_s, **how)
        self._took_s = time.monotonic() - began
        if "board" in terms and "error" not in answer:
            # Before the first answer the worker may have been starting for long.
            times = self._answered and bool(arrays.keys() & TIMES)
            self._check_clock(answer, doing, time.monotonic() - began, times)
        self._answered = True
        return answer, arrays

    def _check_clock(self, answer: Mapping[str, Any], doing: str, here_s: float, times: bool) -> None:
        """Make sure that a board's clock goes like ours, as far as the time on the way allows to tell."""
        before, after = self._readings(answer, doing)
        there_s = after.at_s - before.at_s
        slow = times and here_s > SLOW_FROM_S and there_s < here_s / 2
        if there_s > here_s * FASTEST + CLOCK_STEP_S or there_s < 0 or slow:
            self._process.kill()
            raise errors.clock_rate(self.spec.title, doing, there_s, here_s)

    def _sent(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """A request with its files as they are called where it goes."""
        return {name: self._target.put(v) if isinstance(v, Path) else v for name, v in request.items()}

    def _times(self, arrays: Mapping[str, Array], name: str, doing: str, count: int) -> Floats:
        """Some of the answer's seconds, made sure to be that."""
        import numpy as np

        found = arrays.get(name, np.empty(0))
        if found.shape != (count,) or found.dtype != np.float64:
            raise self._garbage(doing, f"{found.shape} {found.dtype} for {count} times ({name})")
        wrong = found[~(np.isfinite(found) & (found > 0))]
        # What was measured is no longer than the question took; a program of the user's own says what it did.
        if not len(wrong) and self.spec.target_ref.kind != "command":
            wrong = found[found > self._took_s * FASTEST + CLOCK_STEP_S]
        if len(wrong):
            self._process.kill()
            raise errors.impossible_time(self.spec.title, doing, name, float(wrong[0]))
        return found

    def _readings(self, answer: Mapping[str, Any], doing: str) -> Readings:
        with self._reading(doing):
            before, after = (reading(told) for told in answer["readings"])
            return before, after

    @contextlib.contextmanager
    def _reading(self, doing: str) -> Iterator[None]:
        """A block that reads an answer: whatever it trips over is the answer's fault."""
        try:
            yield
        except MeasureError:
            raise
        except Exception as cause:  # noqa: BLE001 - whatever is wrong in it
            said = f"{type(cause).__name__}: {cause}" if isinstance(cause, LookupError) else str(cause)
            raise self._garbage(doing, cut(plain(said), LONGEST_TEXT)) from None

    def _garbage(self, doing: str, what: str) -> MeasureError:
        self._process.kill()
        return errors.malformed(self.spec.title, doing, what, self._process.tail())
