"""Mixed precision: the layers that int8 harms most stay in float, as few as an accuracy limit allows."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_edgebench.errors import precision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.quantize import Quantize
    from pytest_edgebench.declare.model import Model, StepContext

    Array = np.ndarray[Any, np.dtype[Any]]

ON_EVALUATION_DATA = "layers kept in float were chosen on evaluation data"


@dataclass(frozen=True)
class Sensitive:
    """How many layers `Quantize` keeps in float: the fewest that hold a limit on the loss.

    First nothing is kept; where the score then falls by more than the limit, each convolution and matrix
    product is quantized alone, and they are put in order of the error that does to the outputs (mean square,
    over that of the outputs themselves). They are then kept one more at a time, the worst first, until the
    limit holds.

    Attributes:
        points: how far the model's own score may fall on its labelled data, in the score's unit (points for
            an accuracy in %). Must be at least 0.
        samples: labelled samples to score on, from the first on; None for all.

    Raises:
        DeclarationError: numbers that are none.
    """

    points: float = 1.0
    samples: int | None = None

    def __post_init__(self) -> None:
        given = self.points
        number = isinstance(given, int | float) and not isinstance(given, bool)
        if not number or not 0 <= given < math.inf:
            raise precision.bad_points(given)
        if self.samples is not None and (type(self.samples) is not int or self.samples < 1):
            raise precision.bad_samples(self.samples)


def sensitive(points: float = 1.0, samples: int | None = None) -> Sensitive:
    """For ``keep=`` of `quantize`; see `Sensitive`."""
    return Sensitive(points, samples)


class Tools(Protocol):
    """What `quantize_onnx` and `quantize_tflite` offer."""

    def prepared(self, source: Path, target: Path) -> Path:
        """A file whose operators keep their names when it is quantized: `source`, or `target`."""

    def layers(self, source: Path) -> list[str]:
        """Names, for ``exclude``, of convolutions and matrix products with constant weights."""

    def quantize(self, source: Path, target: Path, step: Quantize, samples: Mapping[str, Array]) -> None: ...


def quantize(
    source: Path,
    target: Path,
    step: Quantize,
    samples: Mapping[str, Array],
    tools: Tools,
    context: StepContext,
) -> None:
    """Quantize `source` into `target` as the step says, the most sensitive layers kept in float.

    Raises:
        BuildError: not even with one layer quantized does the limit hold.
    """
    assert step.keep is not None
    limit, scored = step.keep.points, _Scorer(context.model, step.keep.samples, context.format)
    source = tools.prepared(source, _whole_path(target))
    plain = dataclasses.replace(step, keep=None)
    layers = tools.layers(source)
    outputs = scored.outputs(source)
    whole = scored.score(outputs)

    def tried(path: Path, kept: Sequence[str]) -> float:
        """How far the score falls with these layers kept in float."""
        names = (*plain.exclude, *map(escaped, kept))
        tools.quantize(source, path, dataclasses.replace(plain, exclude=names), samples)
        return scored.fall(whole, scored.score(scored.outputs(path)))

    context.note(ON_EVALUATION_DATA)
    first = fall = tried(target, [])
    order: list[str] = []
    if fall > limit:
        order = _order(layers, lambda kept, path: tried(path, kept), scored, outputs, target)
    count = 0
    while fall > limit:
        count += 1
        if count >= len(order):
            raise precision.limit_not_held(str(step), limit, fall, len(layers), scored.unit)
        fall = tried(target, order[:count])
    kept = ", ".join(order[:count]) or "no layer"
    context.note(f"kept in float: {kept}; the score falls by {fall:.3g}{_alone(first, count)}")
    for path in {_whole_path(target), _alone_path(target)}:
        path.unlink(missing_ok=True)


def _order(
    layers: Sequence[str],
    quantized: Callable[[Sequence[str], Path], float],
    scored: _Scorer,
    outputs: tuple[Array, ...],
    target: Path,
) -> list[str]:
    """Layers, the one that does most harm when it alone is quantized first."""
    errors: dict[str, float] = {}
    path = _alone_path(target)
    for layer in layers:
        quantized([other for other in layers if other != layer], path)
        errors[layer] = _error(scored.outputs(path), outputs)
    return sorted(layers, key=lambda layer: -errors[layer])


def _error(found: tuple[Array, ...], wanted: tuple[Array, ...]) -> float:
    """Mean squared error over the mean square of what is wanted, summed over the outputs."""
    import numpy as np

    return sum(
        float(
            np.square(f.astype(float) - w.astype(float)).mean()
            / max(np.square(w.astype(float)).mean(), 1e-30)
        )
        for f, w in zip(found, wanted, strict=True)
    )


class _Scorer:
    """Runs files on a model's labelled data, in this process with one thread, and scores them."""

    def __init__(self, model: Model, count: int | None, fmt: str) -> None:
        from pytest_edgebench.declare.data import load
        from pytest_edgebench.declare.score import as_score

        loaded = load(model)
        self._inputs = {name: array[:count] for name, array in loaded.inputs.items()}
        self._labels = loaded.labels[:count]
        self._score = as_score(model.score)
        self._fmt = fmt
        self._place = model.place
        self.unit = "points" if self._score.unit == "%" else ""

    def outputs(self, path: Path) -> tuple[Array, ...]:
        """One array (n, ...) for each output, in real numbers."""
        from pytest_edgebench.measure import adapt
        from pytest_edgebench.runtimes import run_litert, run_onnxruntime

        runtime: Any = run_onnxruntime if self._fmt == "onnx" else run_litert
        return tuple(adapt.run(runtime.load(str(path), 1, {}), dict(self._inputs), 1)[0])

    def score(self, outputs: tuple[Array, ...]) -> float:
        from pytest_edgebench.declare.score import evaluate

        given = outputs[0] if len(outputs) == 1 else outputs
        return evaluate(self._score, given, self._labels, self._place)[0]

    def fall(self, before: float, after: float) -> float:
        """How much worse a score is, at least 0."""
        return max(0.0, after - before if self._score.lower_is_better else before - after)


def escaped(name: str) -> str:
    """A pattern that matches this name alone."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _alone(first: float, count: int) -> str:
    return f", by {first:.3g} with all layers quantized" if count else ""


def _alone_path(target: Path) -> Path:
    return target.with_suffix(f".alone{target.suffix}")


def _whole_path(target: Path) -> Path:
    return target.with_suffix(f".whole{target.suffix}")
