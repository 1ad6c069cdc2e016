"""A model file run on made-up samples, and the first compressor that makes it smaller."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import start as errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from pytest_edgebench.declare.model import Format

    Array = NDArray[np.generic]
    Outputs = list[Array]

SAMPLES = 64
FREE_AXIS = 8
"""Length taken for an axis that the model leaves open (not the batch)."""
MOST_CLASSES = 100_000
WHOLE_BELOW = 2
"""Made-up integers are 0 or 1: indices, token numbers and masks may all be of that type."""
SCHEMES = ("fp16", "dynamic-int8")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says to made-up samples.

    Attributes:
        inputs: name → array (`SAMPLES`, ...). labels: its answers, as data for `score`.
        score: "top1" for one output of classes, "mae" for one other output, "difference" for several.
    """

    inputs: Mapping[str, Array]
    labels: Array
    score: str


def answers(model: Path, form: Format) -> Answers:
    """Seeded random inputs, and the model's own answers to them.

    Raises:
        StartError: it cannot be loaded, or not be run on one sample at a time.
    """
    import numpy as np

    session = _session(model, form)
    generator = np.random.default_rng(0)
    inputs: dict[str, Array] = {}
    for tensor in session.inputs:
        shape = [FREE_AXIS if length is None else length for length in tensor["shape"]][1:]
        kind = np.dtype(tensor["dtype"]).kind if tensor["dtype"] else ""
        if kind not in ("f", "i", "u", "b"):
            raise errors.odd_input(str(model), tensor["name"], tensor["dtype"])
        whole = generator.integers(0, WHOLE_BELOW, (SAMPLES, *shape))
        drawn = generator.normal(size=(SAMPLES, *shape)) if kind == "f" else whole
        inputs[tensor["name"]] = drawn.astype(tensor["dtype"])
    outputs = _outputs(session, inputs, model)
    first = outputs[0]
    if len(outputs) == 1 and first.ndim == 2 and 2 <= first.shape[1] <= MOST_CLASSES:
        return Answers(inputs, np.argmax(first, axis=1), "top1")
    return Answers(inputs, first, "mae" if len(outputs) == 1 else "difference")


def loss(model: Path, form: Format, known: Answers) -> float:
    """How far a compressed file's answers are from the original's: points of top-1, or the mean difference.

    Raises:
        StartError: it cannot be run.
    """
    import numpy as np

    first = _outputs(_session(model, form), known.inputs, model)[0]
    if known.score == "top1":
        return float(100 * np.mean(np.argmax(first, axis=1) != known.labels))
    labels = known.labels.reshape(first.shape).astype(np.float64)
    return float(np.abs(first.astype(np.float64) - labels).mean())


def scheme(model: Path, form: Format, known: Answers | None) -> tuple[str, float]:
    """The first quantization that makes the file smaller and leaves it running, and its `loss`.

    Args:
        known: None where labelled samples were given: then nothing is run, and the loss is 0.

    Returns:
        ("", 0.0) where none does.
    """
    from pytest_edgebench.artifacts.inspect import inspect
    from pytest_edgebench.compressors.quantize import Quantize
    from pytest_edgebench.declare.model import Model, StepContext
    from pytest_edgebench.declare.score import top1

    context = StepContext(form, Model(model, _never, top1), lambda n: {}, 0, lambda text: None)
    before = inspect(model)
    for name in SCHEMES:
        with tempfile.TemporaryDirectory(prefix="edgebench-") as folder:
            made = Path(folder) / f"model{model.suffix}"
            step = Quantize(name)  # type: ignore[arg-type]
            try:
                step.file(model, made, context)
                helped = step.effect(before, inspect(made)) is None and size(made, form) < size(model, form)
                if helped:
                    return name, loss(made, form, known) if known is not None else 0.0
            except Exception:  # noqa: BLE001 - quantizers raise what they like: then it is not this one
                continue
    return "", 0.0


def size(model: Path, form: Format) -> int:
    """Bytes of a model file with the files of its external data."""
    files = [model]
    if form == "onnx":
        from pytest_edgebench.artifacts.inspect_onnx import side_files

        files += [model.parent / name for name in side_files(model)]
    return sum(path.stat().st_size for path in files)


def first_line(cause: BaseException) -> str:
    """Of what an exception says, or its name."""
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


def _never() -> Any:
    """Data of a model that nothing is measured of: these quantizations read no samples."""
    raise AssertionError("no samples are needed")


def _session(model: Path, form: Format) -> Any:
    runtime: Any
    if form == "onnx":
        from pytest_edgebench.runtimes import run_onnxruntime as runtime
    else:
        from pytest_edgebench.runtimes import run_litert as runtime
    try:
        return runtime.load(str(model), 1, {})
    except Exception as cause:  # noqa: BLE001 - runtimes raise what they like
        raise errors.cannot_run(str(model), first_line(cause)) from None


def _outputs(session: Any, inputs: Mapping[str, Array], model: Path) -> Outputs:
    """Of all samples, one at a time as they are scored."""
    import numpy as np

    found: list[Outputs] = []
    try:
        for i in range(SAMPLES):
            session.bind([array[i : i + 1] for array in inputs.values()])
            session.call()
            found.append([np.array(output) for output in session.results()])
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]
    except Exception as cause:  # noqa: BLE001
        raise errors.cannot_run(str(model), first_line(cause)) from None
