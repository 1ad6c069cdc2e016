"""A program of the user's own: it gets a folder with a request, and writes its answer there.

It covers what no worker can be started on: phones, flashed boards, farms of devices, emulators of chips. The
folder, the request and the answer are told in ``docs/targets.md``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.profiles.target import Kind, choice, text, words
from pytest_edgebench.targets import command_answer as answers
from pytest_edgebench.targets import command_errors as errors
from pytest_edgebench.targets import command_numbers as numbers
from pytest_edgebench.targets.command_run import MOST_PRINTED, Run
from pytest_edgebench.targets.local import Local
from pytest_edgebench.workers import errors as workers_errors
from pytest_edgebench.workers import machine
from pytest_edgebench.workers.process import end_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np

    from pytest_edgebench.profiles.target import TargetRef
    from pytest_edgebench.workers.spec import Spec

    Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]
    Answer = tuple[dict[str, Any], Arrays]

GIVES = ("outputs", "inner", "latency", "memory", "instructions")
KIND = Kind(
    "command",
    "",
    frozenset({"outputs"}),
    options={
        "run": words('run = ["./measure.sh", "--serial", "A1"]'),
        "evidence": choice(("predicted", "emulated", "host", "device")),
        "gives": words('gives = ["outputs", "latency"]', GIVES),
        "lock": text('lock = "phone-A1"'),
    },
    paths=frozenset({"run"}),
    required={"run": 'run = ["./measure.sh"]', "evidence": 'evidence = "device"'},
)
"""How a profile names this target, and its `target_options`."""
REQUEST, PRINTED, MANIFEST = "request.json", "printed.txt", "manifest.json"
PAIR_CALLS, WARM_UPS = 20, 3
NEEDS = {"run": "outputs", "time": "latency", "pairs": "latency", "memory": "memory", "count": "instructions"}
"""Question → what the profile must say that the program gives."""


class Program(Local):
    """The program of a profile."""

    def __init__(self, target_ref: TargetRef) -> None:
        self.target_ref = target_ref
        run = target_ref.option("run", ())
        assert isinstance(run, tuple)  # checked when the settings were read
        self._run = run

    def prepare(self) -> None:
        """Make sure that there is such a program."""
        if shutil.which(self._run[0]) is None:
            said = "it may not be executed" if Path(self._run[0]).is_file() else "there is no such file"
            raise errors.no_program(self._run[0], said)

    def start(self, spec: Spec, folder: Path) -> Requests:
        """Nothing runs between requests."""
        return Requests(spec, self._run, folder)

    def describe(self) -> Mapping[str, str]:
        """How it is called."""
        return {"target": f"command {Path(self._run[0]).name}"}


class Requests:
    """Answers the questions of a worker, each by one or more runs of the program."""

    def __init__(self, spec: Spec, run: tuple[str, ...], folder: Path) -> None:
        self._spec, self._run, self._folder = spec, run, folder
        self._gives, self._evidence = spec.target_ref.gives, spec.target_ref.evidence
        self._name = Path(run[0]).name
        self._tail = ""
        self._open = True
        self._boards: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._running: Run | None = None

    @property
    def pid(self) -> int:
        """Of the program while it runs, else of this process."""
        return os.getpid() if self._running is None else self._running.pid

    @property
    def alive(self) -> bool:
        """Until something has failed."""
        return self._open

    def ask(self, message: Mapping[str, Any], arrays: Arrays, doing: str, deadline_s: float) -> Answer:
        """Errors as `Channel.ask`; nothing is ever asked twice."""
        if not self._open:
            raise workers_errors.dead(self._spec.title)
        needed = NEEDS.get(message["ask"])
        if needed is not None and needed not in self._gives:
            raise errors.not_asked(self._name, needed, self._gives)
        ask: Callable[..., Answer] = getattr(self, f"_ask_{message['ask']}")
        before = machine.reading(board=False)
        self._boards.clear()
        try:
            ok, results = ask(message, arrays, doing, time.monotonic() + deadline_s)
        except BaseException:
            self.kill()
            raise
        first, last = (self._boards[0][0], self._boards[-1][1]) if self._boards else ({}, {})
        return {"ok": ok, "readings": [before | first, machine.reading(board=False) | last]}, results

    def tail(self) -> str:
        """The end of what it printed last."""
        return self._tail

    def kill(self, patience_s: float = 0) -> int:
        """End the program, if it runs, with all it started."""
        self._open = False
        return 0 if self._running is None else self._running.kill()

    def close(self) -> None:
        """Nothing runs between requests."""
        self.kill()

    # Questions

    def _ask_describe(self, message: Mapping[str, Any], arrays: Arrays, doing: str, end: float) -> Answer:
        with self._asked("describe", {}, None, {}, doing, end) as (answer, _):
            return {**answers.described(answer, self._name), "threads": str(self._spec.threads)}, {}

    def _ask_run(self, message: Mapping[str, Any], arrays: Arrays, doing: str, end: float) -> Answer:
        roles = message.get("roles", {})
        count = next(
            len(array)
            for name, array in arrays.items()
            if roles.get(name, {}).get("role", "sample") == "sample"
        )
        terms = {"batch": message["batch"], **_roles(message)}
        with self._asked("run", terms, message["path"], arrays, doing, end) as (answer, folder):
            raw = answer.get("raw", False)
            if not isinstance(raw, bool):
                raise errors.wrong_key(self._name, "raw", "true or false", raw)
            return {"raw": raw}, answers.outputs(answer, folder, count, self._name)

    def _ask_time(self, message: Mapping[str, Any], arrays: Arrays, doing: str, end: float) -> Answer:
        import numpy as np

        timed: list[list[float]] = []
        others: dict[str, list[float | None]] = {"load": [], "first_call": []}
        for _ in range(message["loads"]):
            terms = {"calls": message["calls"], "warm_ups": WARM_UPS, "seconds": message["seconds"]}
            terms |= _roles(message)
            timed_calls, answer, longest_s = self._timed(terms, message["path"], arrays, doing, end)
            timed.append(timed_calls)
            for key, values in others.items():
                values.append(numbers.seconds(answer, f"{key}_s", self._name, longest_s))
        results = {
            "calls": np.concatenate([np.asarray(calls) for calls in timed]),
            "counts": np.asarray([len(calls) for calls in timed]),
        }
        for key, values in others.items():
            if None not in values:
                results[key] = np.asarray(values, np.float64)
        return {}, results

    def _ask_pairs(self, message: Mapping[str, Any], arrays: Arrays, doing: str, end: float) -> Answer:
        """Both files in turns, a run of the program for each; which comes first is chance."""
        import numpy as np

        if message["eleven_for_ten"]:
            raise errors.no_slowdown(self._name)
        plan = message["plan"] or {"pairs": 1, "calls": PAIR_CALLS, "warm_ups": WARM_UPS}
        began = time.perf_counter()
        rows, started = [], []
        for at in range(message["first"], message["first"] + message["loads"]):
            started.append(time.perf_counter() - began + 1e-9)
            calls = {}
            for which in random.Random(f"{message['seed']}/{at}").sample("ab", 2):
                terms = {"calls": plan["calls"], "warm_ups": plan["warm_ups"], "seconds": message["seconds"]}
                terms |= _roles(message)
                calls[which], _, _ = self._timed(terms, message[which], arrays, doing, end)
            rows.append([figure(calls[which]) for figure in (min, np.median) for which in "ab"])
            if time.perf_counter() - began > message["seconds"]:
                break
        table = np.asarray(rows)
        columns = {name: table[:, at] for at, name in enumerate(("a", "b", "a_p50", "b_p50"))}
        return {"plan": plan}, {**columns, "started": np.asarray(started)}

    def _ask_memory(self, message: Mapping[str, Any], arrays: Arrays, doing: str, end: float) -> Answer:
        with self._asked("memory", _roles(message), message["path"], arrays, doing, end) as (answer, _):
            return {
                key: numbers.whole(answer, key, self._name) for key in ("peak_bytes", "baseline_bytes")
            }, {}

    def _ask_count(self, message: Mapping[str, Any], arrays: Arrays, doing: str, end: float) -> Answer:
        import numpy as np

        terms = {"calls": message["calls"], **_roles(message)}
        with self._asked("count", terms, message["path"], arrays, doing, end) as (answer, _):
            return {}, {"instructions": np.asarray(numbers.counts(answer, self._name), np.int64)}

    # Within

    def _timed(
        self, terms: Mapping[str, Any], path: str, arrays: Arrays, doing: str, end: float
    ) -> tuple[list[float], dict[str, Any], float]:
        """Seconds of the calls of one load, the whole answer, and the longest time it can tell."""
        began = time.monotonic()
        with self._asked("time", terms, path, arrays, doing, end) as (answer, _):
            longest_s = numbers.longest(self._evidence, time.monotonic() - began)
            calls = numbers.calls(answer, terms["calls"], terms["seconds"], self._name, longest_s)
            for key in ("load_s", "first_call_s"):  # whether or not they are asked for
                numbers.seconds(answer, key, self._name, longest_s)
            return calls, answer, longest_s

    @contextlib.contextmanager
    def _asked(
        self, ask: str, terms: Mapping[str, Any], path: str | None, arrays: Arrays, doing: str, end: float
    ) -> Iterator[tuple[dict[str, Any], Path]]:
        """One run of the program in a folder of its own: its answer, and the folder."""
        folder = (self._folder / f"command-{uuid.uuid4().hex[:12]}").absolute()
        folder.mkdir(parents=True)
        try:
            request = {
                "schema": answers.SCHEMA,
                "request": folder.name,
                "ask": ask,
                "runtime": self._spec.runtime,
                "threads": self._spec.threads,
                "options": dict(self._spec.options),
                "deadline_s": round(max(0.0, end - time.monotonic()), 3),
                **terms,
                **_given(folder, path, arrays),
            }
            (folder / REQUEST).write_text(json.dumps(request, indent=1), encoding="utf-8")
            self._finish(folder, doing, end)
            answer = answers.read(folder, request, self._name, doing, self._tail)
            self._boards.append(numbers.board(answer, self._name))
            yield answer, folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, folder: Path, doing: str, end: float) -> None:
        """Run the program to its end."""
        began = time.monotonic()
        printed = folder / PRINTED
        try:
            self._running = Run((*self._run, str(folder)), folder, printed)
        except OSError as cause:
            raise errors.no_program(self._run[0], cause.strerror or str(cause)) from cause
        ended = self._running.wait(end)
        left = self._running.left()
        status = self._running.kill()
        self._running = None
        self._tail = end_of(printed) if printed.is_file() else ""
        if ended == "late":
            raise errors.hung(self._name, doing, time.monotonic() - began, self._tail)
        if ended == "loud":
            raise errors.printed_too_much(self._name, doing, MOST_PRINTED)
        if status:
            raise errors.failed(self._name, doing, status, self._tail)
        if left is not None:
            raise errors.left_running(self._name, doing, *left)


def make(target_ref: TargetRef, folder: Path) -> Program:
    """The target of a reference of this kind."""
    return Program(target_ref)


def _roles(message: Mapping[str, Any]) -> dict[str, Any]:
    """What the request says of inputs that are not simply samples along the first axis, if there are any."""
    return {"roles": message["roles"]} if "roles" in message else {}


def _given(folder: Path, path: str | None, arrays: Arrays) -> dict[str, Any]:
    """Copies of the model file and of the inputs, and what the request says of them."""
    import numpy as np

    if path is None:
        return {}
    source = Path(path)
    if not source.is_file():
        raise workers_errors.refused("command", "reading the file", "no_file", {}, path)
    target = folder / "artifact"
    target.mkdir()
    if (source.parent / MANIFEST).is_file():  # all files in its folder are of one artifact
        shutil.copytree(source.parent, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MANIFEST))
    else:
        shutil.copyfile(source, target / source.name)
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    (folder / "inputs").mkdir()
    inputs = []
    for number, (name, array) in enumerate(arrays.items()):
        np.save(folder / "inputs" / f"{number}.npy", array, allow_pickle=False)
        shape = list(array.shape)
        inputs.append(
            {"name": name, "path": f"inputs/{number}.npy", "dtype": array.dtype.name, "shape": shape}
        )
    artifact = {"path": f"artifact/{source.name}", "sha256": sha256, "bytes": source.stat().st_size}
    return {"artifact": artifact, "inputs": inputs}
