"""Mixed precision: the layers that int8 harms most stay in float, as few as an accuracy limit allows."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.engines.protocol import Tools
    from pytest_edgebench.compressors.engines.quantization import Quantization
    from pytest_edgebench.declare.model import StepContext

    Array = np.ndarray[Any, np.dtype[Any]]

ON_EVALUATION_DATA = "layers kept in float were chosen on evaluation data"


@dataclass(frozen=True)
class Sensitive:
    """How many layers `Quantize` keeps in float: the fewest that hold a limit on the loss.

    First nothing is kept; where the score then falls by more than the limit, each operator that gets a
    scale of its own is quantized alone, and they are put in order of the error that does to the outputs
    (mean square, over that of the outputs themselves). They are then kept one more at a time, the worst
    first, until the limit holds.

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
            raise errors.bad_points(given)
        if self.samples is not None and (type(self.samples) is not int or self.samples < 1):
            raise errors.bad_samples(self.samples)


def sensitive(points: float = 1.0, samples: int | None = None) -> Sensitive:
    """For ``keep=`` of `quantize`; see `Sensitive`."""
    return Sensitive(points, samples)


def quantize(
    source: Path,
    target: Path,
    asked: Quantization,
    keep: Sensitive,
    samples: Mapping[str, Array],
    tools: Tools,
    context: StepContext,
) -> None:
    """Quantize `source` into `target` as it is asked for, the most sensitive layers kept in float.

    Raises:
        BuildError: not even with one layer quantized does the limit hold.
    """
    limit, scored = keep.points, _Scorer(context, keep.samples)
    source = tools.prepared(source, _whole_path(target))
    layers = tools.layers(source, asked)
    outputs = scored.outputs(source)
    whole = scored.score(outputs)

    def tried(path: Path, kept: Sequence[str]) -> float:
        """How far the score falls with these layers kept in float."""
        names = (*asked.exclude, *map(escaped, kept))
        tools.quantize(source, path, dataclasses.replace(asked, exclude=names), samples)
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
            raise errors.limit_not_held(asked.step, limit, fall, len(layers), scored.unit)
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
    """Runs files on a model's labelled data, in a worker with one thread, and scores them."""

    def __init__(self, context: StepContext, count: int | None) -> None:
        from pytest_edgebench.declare.score import as_score
        from pytest_edgebench.samples.data import load

        model = context.model
        self._client = partial(context.runs.client, context.format, model.signature)
        self._samples = load(model)
        self._count = min(count or self._samples.count, self._samples.count)
        self._score = as_score(model.score)
        self._fed: tuple[int, ...] = ()
        self._place = model.place
        self.unit = "points" if self._score.unit == "%" else ""

    def outputs(self, path: Path) -> tuple[Array, ...]:
        """One array (n, ...) for each output, in real numbers."""
        from pytest_edgebench.samples.stream import chunk

        size, left = chunk(self._samples), self._count
        parts: list[tuple[Array, ...]] = []
        with contextlib.closing(self._samples.walk(lambda: size, 1)) as pieces:
            for inputs in pieces:
                given = inputs.of({n: array[:left] for n, array in inputs.samples.items()})
                found = self._client().run(path, given)
                self._fed = found.fed
                parts.append(found.arrays)
                left -= len(found.arrays[0])
                if left <= 0:
                    break
        return tuple(_together(arrays) for arrays in zip(*parts, strict=True))

    def score(self, outputs: tuple[Array, ...]) -> float:
        from pytest_edgebench.samples.scores import evaluate, judged

        given = judged(self._score, outputs, self._fed)
        return evaluate(self._score, given, self._samples.labels()[: self._count], self._place)[0]

    def fall(self, before: float, after: float) -> float:
        """How much worse a score is, at least 0."""
        return max(0.0, after - before if self._score.lower_is_better else before - after)


def _together(parts: Sequence[Array]) -> Array:
    """Outputs of some samples, (n, ...), where samples differ in shape of dtype object."""
    import numpy as np

    if len({part.shape[1:] for part in parts}) == 1:
        return np.concatenate(parts)
    from pytest_edgebench.samples.ragged import as_objects

    return as_objects([row for part in parts for row in part])


def escaped(name: str) -> str:
    """A pattern that matches this name alone."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _alone(first: float, count: int) -> str:
    return f", by {first:.3g} with all layers quantized" if count else ""


def _alone_path(target: Path) -> Path:
    return target.with_suffix(f".alone{target.suffix}")


def _whole_path(target: Path) -> Path:
    return target.with_suffix(f".whole{target.suffix}")
