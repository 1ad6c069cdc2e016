"""A loaded file run on given inputs: which are samples, constants or state, and what becomes of outputs.

Loaded by the worker by its path, so it may import nothing but Python's own library, numpy and, by its path,
`values.py` beside it. Mistakes are raised as ``ValueError(code, facts)``, see
`pytest_edgebench.workers.errors`.

- An input may be a constant, or state that is fed from an output of the call before: `Role` is a mapping of
  "role" ("sample", "constant" or "state"), the "axis" of the samples, and of a state "output" (name or
  number), "fed" (false for what a file keeps) and "reset" ("sample", "sequence" or "never").
- What a file keeps from one call to the next is forgotten before each sample, unless a state says otherwise.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Array, Session, Tensor
    from pytest_edgebench.workers import values

    Arrays = dict[str, Array]
    Role = Mapping[str, Any]
else:
    _spec = importlib.util.spec_from_file_location("edgebench_values", Path(__file__).with_name("values.py"))
    values = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(values)

SAMPLE, WHOLE = {"role": "sample"}, {"role": "constant"}


def run(
    session: Session, given: Arrays, batch: int, roles: Mapping[str, Role] | None = None
) -> tuple[list[Array], bool]:
    """Outputs for all samples, (N, ...) each, and whether they are raw integers.

    Of sequences, (N, steps, ...) each.

    Raises:
        ValueError: (code, facts) as the functions below. Whatever the runtime raises.
    """
    inputs = Inputs(session, given, batch, roles)
    return joined(session, inputs, calls(session, inputs, batch), batch), inputs.raw


def calls(
    session: Session, inputs: Inputs, batch: int, done: Callable[[int], None] = lambda count: None
) -> list[list[list[Array]]]:
    """For each output and step of a sequence, what all calls gave; whatever the runtime raises.

    Args:
        done: told how many samples are done, after each call.
    """
    parts: list[list[list[Array]]] = [[[] for _ in range(inputs.steps)] for _ in session.outputs]
    for start in range(0, inputs.count, batch):
        for step in range(inputs.steps):
            real, results = inputs.answer(session, start, step)
            inputs.feed(session, results)
            for at, output in enumerate(results):
                lead = _led(output, inputs.axis_of(at))
                parts[at][step].append(lead if lead.ndim == 0 or real == batch else lead[:real])
        done(start + real)
    return parts


def joined(
    session: Session, inputs: Inputs, parts: Sequence[Sequence[Sequence[Array]]], batch: int
) -> list[Array]:
    """What `calls` gave as one array for each output, (N, ...), of sequences (N, steps, ...)."""
    found = [
        [values.join(tensor, part, batch, inputs.count, inputs.raw) for part in of_steps]
        for tensor, of_steps in zip(session.outputs, parts, strict=True)
    ]
    return [np.stack(of_steps, axis=1) if inputs.sequences else of_steps[0] for of_steps in found]


def fed(session: Session, roles: Mapping[str, Role]) -> list[int]:
    """The outputs that feed a state, by number."""
    states = {name: role for name, role in roles.items() if role["role"] == "state" and role["fed"]}
    return sorted({_output(name, role["output"], session.outputs) for name, role in states.items()})


def bind_all(session: Session, given: Arrays, roles: Mapping[str, Role] | None = None) -> None:
    """Bind all the samples given, as those of one call (of sequences the first step); errors as `run`."""
    others = roles or {}
    counts = [len(array) for name, array in given.items() if _role(others, name) == "sample"]
    Inputs(session, given, counts[0] if counts else 0, roles).bind(session)


def call(session: Session, given: Arrays) -> Arrays:
    """The outputs of one call, by number, in the file's own numbers and shapes; errors as `run`.

    Args:
        given: each input as the call gets it.
    """
    Inputs(session, given, 0, dict.fromkeys(given, WHOLE)).bind(session)
    session.call()
    return {str(number): output for number, output in enumerate(session.results())}


class Inputs:
    """Given arrays adapted to a loaded file, handed to it `batch` samples at a time.

    Args:
        first: number of the first sample, where those before it were run already.

    Attributes:
        raw: integers were handed unchanged to a quantized input.
        count: number of samples.
        sequences, steps: whether each sample is a sequence of calls, and of how many.
    """

    def __init__(
        self,
        session: Session,
        given: Arrays,
        batch: int,
        roles: Mapping[str, Role] | None = None,
        first: int = 0,
    ) -> None:
        roles = roles or {}
        self._first = first
        tensors = session.inputs
        self._batch = batch
        self._resets = {role["reset"] for role in roles.values() if role["role"] == "state"}
        held = [role["reset"] for role in roles.values() if role["role"] == "state" and not role["fed"]]
        self._held = held[0] if held else "sample"
        self.sequences = "sequence" in self._resets
        if "never" in self._resets and batch > 1:
            raise ValueError("never_batch", {"batch": batch})
        self._slots = [
            Slot(tensor, array, batch, roles.get(name, SAMPLE), session.outputs, steps=self.sequences)
            for tensor, (name, array) in zip(tensors, values.named(tensors, given), strict=True)
        ]
        samples = [slot for slot in self._slots if slot.role == "sample"]
        self.raw = any(slot.raw for slot in samples)
        self.count = len(samples[0].array) if samples else 0
        self.steps = samples[0].array.shape[1] if samples and self.sequences else 1
        self._fixed = any(
            len(slot.tensor["shape"]) > slot.axis and slot.tensor["shape"][slot.axis] is not None
            for slot in self._slots
            if slot.role != "constant" and not slot.alone
        )
        self._fed: dict[int, int] = {s.output: s.axis for s in self._slots if s.role == "state"}

    def axis_of(self, output: int) -> int:
        """The axis of an output along which the samples are."""
        return self._fed.get(output, 0)

    def answer(self, session: Session, start: int, step: int) -> tuple[int, Sequence[Array]]:
        """How many of a call's samples are not mere filling, and the outputs of the call."""
        quick = getattr(session, "answer", None)
        if quick is not None:
            real, arrays = self._ready(session, start, step)
            results = quick(arrays)
            if results is not None:
                return real, results
            session.bind(arrays)
        else:
            real = self.bind(session, start, step)
        session.call()
        return real, session.results()

    def bind(self, session: Session, start: int = 0, step: int = 0) -> int:
        """Bind the samples from `start` on; how many of a call's samples are not mere filling."""
        real, arrays = self._ready(session, start, step)
        session.bind(arrays)
        return real

    def _ready(self, session: Session, start: int, step: int) -> tuple[int, list[Array]]:
        """What a call gets, after a reset where one is due."""
        real = min(self._batch, self.count - start)
        filling = self._batch - real if self._fixed else 0
        reset = getattr(session, "reset", None)
        if reset is not None and _begins(self._held, self._first + start, step):
            reset()
        return real, [self._bound(slot, start, step, real, filling) for slot in self._slots]

    def _bound(self, slot: Slot, start: int, step: int, real: int, filling: int) -> Array:
        if slot.role == "constant":
            return slot.array
        if slot.role == "state":
            if _begins(slot.reset, self._first + start, step):
                slot.now = slot.array if not slot.array.ndim else slot.array.repeat(real + filling, slot.axis)
            return slot.now
        chunk = slot.array[start : start + real]
        chunk = chunk[:, step] if self.sequences else chunk
        if filling:
            chunk = np.concatenate([chunk, np.repeat(chunk[-1:], filling, axis=0)])
        if slot.alone:
            return chunk[:1].reshape(chunk.shape[1:])
        return np.ascontiguousarray(np.moveaxis(chunk, 0, slot.axis)) if slot.axis else chunk

    def go_on(self, before: Inputs) -> None:
        """Take over the state that earlier samples left."""
        for slot, earlier in zip(self._slots, before._slots, strict=True):
            if slot.role == "state":
                slot.now = earlier.now

    def forget(self) -> None:
        """Let go of the samples; the state stays."""
        for slot in self._slots:
            if slot.role == "sample":
                slot.array = slot.now = slot.array[:0]

    def feed(self, session: Session, results: Sequence[Array]) -> None:
        """Keep for the next call what states are fed from.

        Raises:
            ValueError: ("state_shape", facts) an output of another shape than the input it feeds.
        """
        for slot in self._slots:
            if slot.role != "state":
                continue
            source, found = session.outputs[slot.output], results[slot.output]
            if found.shape != slot.now.shape:
                facts = {"name": slot.tensor["name"], "output": source["name"]}
                shapes = {"wanted_shape": list(slot.now.shape), "shape": list(found.shape)}
                raise ValueError("state_shape", facts | shapes)
            scales = [(tensor["scale"], tensor["zero_point"]) for tensor in (source, slot.tensor)]
            if found.dtype == slot.now.dtype and scales[0] == scales[1]:
                slot.now = np.ascontiguousarray(found)
            else:
                real = values.real_numbers(source, found)
                slot.now, _ = values.convert(slot.tensor, real, {"name": slot.tensor["name"], "kind": ""})


class Slot:
    """One input of a file and what goes into it.

    Attributes:
        array: adapted: of samples (N, ...), of others as in a call with one sample.
        alone: the input has no axis for samples, and gets one of them a call.
        output, reset: of a state, the number of the output that feeds it, and when it is reset.
        now: of a state, what the next call gets.
    """

    def __init__(
        self, tensor: Tensor, array: Array, batch: int, role: Role, outputs: Sequence[Tensor], *, steps: bool
    ) -> None:
        self.tensor, self.role = tensor, role["role"]
        self.axis, self.reset = role.get("axis", 0), role.get("reset", "")
        self.output, self.raw, self.alone = -1, False, False
        if self.role == "sample":
            self.array, self.raw = values.adapt(tensor, array, batch, self.axis, steps=steps)
            self.alone = values.lone(tensor, self.array, steps=steps)
        elif self.role == "constant":
            self.array = values.whole(tensor, array)
        else:
            self.output = _output(tensor["name"], role["output"], outputs)
            self.array = values.whole(tensor, array, batch, self.axis)
        self.now = self.array


def _begins(reset: str, start: int, step: int) -> bool:
    """Whether a state is reset before this call."""
    return reset == "sample" or (step == 0 and (reset == "sequence" or start == 0))


def _role(roles: Mapping[str, Role], name: str) -> str:
    return str(roles.get(name, SAMPLE)["role"])


def _output(state: str, wanted: str | int, outputs: Sequence[Tensor]) -> int:
    """The number of an output that is named or numbered.

    Raises:
        ValueError: ("state_output", facts) there is none.
    """
    names = [output["name"] for output in outputs]
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        return wanted
    if wanted in names:
        return names.index(str(wanted))
    raise ValueError("state_output", {"name": state, "given": wanted, "known": names})


def _led(output: Array, axis: int) -> Array:
    """With the samples as the first axis."""
    return np.moveaxis(output, axis, 0) if 0 < axis < output.ndim else output
