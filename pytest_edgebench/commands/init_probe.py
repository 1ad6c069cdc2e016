"""A model file run on made-up samples, in a worker, and the first compressor that makes it smaller."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.commands import errors
from pytest_edgebench.commands.init_layouts import Plan, plans

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from pytest_edgebench.commands.init_layouts import Role
    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.samples.roles import Given
    from pytest_edgebench.workers.results import Interface
    from pytest_edgebench.workers.spec import Spec

    Array = NDArray[np.generic]
    Outputs = tuple[Array, ...]

MOST, FEWEST = 64, 8
"""Samples, fewer of large ones."""
MOST_BYTES = 4 << 20
MOST_CLASSES = 100_000
WHOLE_BELOW = 2
"""Made-up integers are 0 or 1: indices, token numbers and masks may all be of that type."""
SCHEMES = ("fp16", "dynamic-int8")
MOST_LOST = 66.0
"""Points of a difference: half as much again is still a limit that can be broken."""
DEADLINE_S = 120.0
NO_ARRAYS = ("seq(", "optional(", "sparse_tensor(", "map(")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says to made-up samples.

    Attributes:
        plan: how it is fed. inputs: name → array (n, ...) of those that are samples.
        labels: its answers, as data for `score`.
        score: "top1" for one output of classes, "mae" for one other output, "difference" for several.
        judged: the number of the output that the answers are of.
    """

    plan: Plan
    inputs: Mapping[str, Array]
    labels: Array
    score: str
    judged: int


class Probe:
    """One model file and the worker that runs it and what is made of it.

    Args:
        pool: of workers that may read the file. spec: the kind of worker.
        model: the file, for messages too.
    """

    def __init__(self, pool: Pool, spec: Spec, model: Path) -> None:
        self.pool, self._spec, self._model = pool, spec, model

    def interface(self) -> Interface:
        """What the file takes and gives.

        Raises:
            StartError: it cannot be loaded, has no inputs, one of a type that no samples can be made of, or
                an output that is no array.
        """
        from pytest_edgebench.workers.errors import odd_kind, output_kind

        try:
            found = self.pool.get(self._spec).interface(self._model.resolve(), DEADLINE_S)
        except MeasureError as error:
            raise errors.cannot_run(str(self._model), plain(error)) from None
        if not found.inputs:
            raise errors.no_inputs(str(self._model))
        for tensor in found.inputs:
            if not tensor["dtype"]:
                raise errors.odd_input(str(self._model), tensor["name"], odd_kind(tensor.get("kind", "")))
        for tensor in found.outputs:
            kind = tensor.get("kind", "")
            if kind.startswith(NO_ARRAYS):
                said = output_kind({"name": tensor["name"], "kind": kind})
                raise errors.odd_output(str(self._model), *said)
        return found

    def answers(self, found: Interface, given: Mapping[str, tuple[int, ...]]) -> Answers:
        """Seeded random inputs, and the model's own answers to them, in the first way that runs.

        Raises:
            StartError: no way does, or the answers are no numbers or not finite.
        """
        import numpy as np

        first: Exception | None = None
        for plan in plans(found.inputs, found.outputs, given):
            for calm in (False, True):  # what overflows on random numbers may not on small ones
                inputs = {role.name: _drawn(role, plan, calm=calm) for role in plan.samples}
                try:
                    outputs = self.run(self._model, plan, inputs)
                except MeasureError as error:
                    first = first or error
                    break
                fed = {role.output for role in plan.roles if role.kind == "state"}
                kept = [n for n, tensor in enumerate(found.outputs) if tensor["name"] not in fed]
                numbers = [n for n in kept if outputs[n].dtype.kind in "biuf"]
                if not numbers:
                    raise errors.no_numbers(str(self._model), [found.outputs[n]["name"] for n in kept])
                judged = numbers[0]
                if all(np.isfinite(each).all() for each in outputs if each.dtype.kind == "f"):
                    return _scored(plan, inputs, outputs[judged], judged, alone=len(kept) == 1)
                first = first or errors.not_finite(str(self._model))
        if isinstance(first, MeasureError) and not any(tensor["shape"] for tensor in found.inputs):
            raise errors.no_rank(str(self._model), found.inputs[0]["name"]) from None
        if isinstance(first, MeasureError):
            raise errors.cannot_run(str(self._model), plain(first)) from None
        assert first is not None
        raise first

    def run(self, path: Path, plan: Plan, inputs: Mapping[str, Array]) -> Outputs:
        """All outputs of a file, each (n, ...); errors as `Client.run`."""
        given = _given(plan, inputs)
        return self.pool.get(self._spec).run(
            path.resolve(), given, batch=plan.batch, deadline_s=DEADLINE_S
        ).arrays  # fmt: skip

    def loss(self, path: Path, known: Answers) -> float:
        """How far a compressed file's answers are from the original's: points of top-1, or a mean difference.

        Of a model with several outputs in points of the mean size of the one that is judged.

        Raises:
            MeasureError: it cannot be run.
        """
        import numpy as np

        first = self.run(path, known.plan, known.inputs)[known.judged]
        if known.score == "top1":
            return float(100 * np.mean(np.argmax(first, axis=1) != known.labels))
        labels = known.labels.reshape(first.shape).astype(np.float64)
        difference = float(np.abs(first.astype(np.float64) - labels).mean())
        if known.score == "mae":
            return difference
        return 100 * difference / (float(np.abs(labels).mean()) or 1.0)


def scheme(probe: Probe, model: Path, form: Format, known: Answers | None, folder: Path) -> tuple[str, float]:
    """The first quantization that makes the file smaller and leaves it running, and its loss.

    Args:
        known: None where labelled samples were given: then nothing is run, and the loss is 0.
        folder: that workers may read.

    Returns:
        ("", 0.0) where none does.
    """
    import math

    from pytest_edgebench.artifacts.inspect.file import inspect
    from pytest_edgebench.compressors.build.runs import Runs
    from pytest_edgebench.compressors.quantize import Quantize
    from pytest_edgebench.declare.model import Model, StepContext
    from pytest_edgebench.samples.scores import top1

    runs = Runs(probe.pool)
    context = StepContext(form, Model(model, _never, top1), lambda n: {}, 0, lambda text: None, runs=runs)
    before = inspect(model)
    for name in SCHEMES:
        made = Path(tempfile.mkdtemp(dir=folder)) / f"model{model.suffix}"
        step = Quantize(name)  # type: ignore[arg-type]
        try:
            step.file(model, made, context)
            helped = step.effect(before, inspect(made)) is None and size(made, form) < size(model, form)
            lost = probe.loss(made, known) if helped and known is not None else 0.0
        except Exception:  # noqa: BLE001 - quantizers raise what they like: then it is not this one
            continue
        if (
            helped
            and math.isfinite(lost)
            and not (known and known.score == "difference" and lost >= MOST_LOST)
        ):
            return name, lost
    return "", 0.0


def size(model: Path, form: Format) -> int:
    """Bytes of a model file with the files of its external data."""
    files = [model]
    if form == "onnx":
        from pytest_edgebench.artifacts.inspect.onnx_file import side_files

        files += [model.parent / name for name in side_files(model)]
    return sum(path.stat().st_size for path in files)


def plain(error: BaseException) -> str:
    """The first line of what an error says, or its name."""
    text = error.what if isinstance(error, MeasureError) else str(error)
    return (text.strip() or type(error).__name__).splitlines()[0]


def _never() -> Any:
    """Data of a model that nothing is measured of: these quantizations read no samples."""
    raise AssertionError("no samples are needed")


def _drawn(role: Role, plan: Plan, *, calm: bool) -> Array:
    """Seeded samples of one input, (n, ...)."""
    import numpy as np

    generator = np.random.default_rng([0, [other.name for other in plan.roles].index(role.name)])
    shape = (_count(plan), *role.shape)
    if "float" in role.dtype or role.scale:
        numbers = generator.uniform(0, 0.1, shape) if calm else generator.normal(size=shape)
        return numbers.astype("float32" if role.scale or role.dtype == "bfloat16" else role.dtype)
    return generator.integers(0, WHOLE_BELOW, shape).astype(role.dtype)


def _count(plan: Plan) -> int:
    """How many samples: whole batches, of no more bytes in all than `MOST_BYTES` as far as that goes."""
    import math

    one = sum(4 * math.prod(role.shape) for role in plan.samples)
    count = min(MOST, max(FEWEST, MOST_BYTES // max(1, one)))
    return math.ceil(count / plan.batch) * plan.batch


def _given(plan: Plan, inputs: Mapping[str, Array]) -> Given:
    from ast import literal_eval

    import numpy as np

    from pytest_edgebench.declare.roles import Constant, State
    from pytest_edgebench.samples.roles import Given, split

    whole: dict[str, Any] = {}
    for role in plan.roles:
        if role.kind == "sample":
            whole[role.name] = inputs[role.name]
        elif role.kind == "constant":
            whole[role.name] = Constant(np.full(role.shape, literal_eval(role.value)))
        else:
            whole[role.name] = State(role.output, axis=role.axis)
    samples, roles = split(whole, "inputs", "")
    return Given(samples, roles)


def _scored(plan: Plan, inputs: Mapping[str, Array], output: Array, judged: int, *, alone: bool) -> Answers:
    import numpy as np

    if alone and output.ndim == 2 and 2 <= output.shape[1] <= MOST_CLASSES and output.dtype.kind == "f":
        return Answers(plan, inputs, np.argmax(output, axis=1), "top1", judged)
    return Answers(plan, inputs, output, "mae" if alone else "difference", judged)
