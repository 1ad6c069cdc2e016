"""Several draws of calibration data: how much a quantized model's score owes to the samples it was given."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors import errors
from pytest_edgebench.declare.model import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.record.run import Metric

    Array = np.ndarray[Any, np.dtype[Any]]

ALL = sys.maxsize  # samples a step with draws may read: as many as there are


@dataclass(frozen=True)
class Draws:
    """Calibrate on several random parts of the calibration data, and score each file.

    The first draw makes the file that ships. Its score is the case's; "worst" and "median" of all draws are
    known too, and a budget may name them: ``accuracy="worst 88 %"``, ``accuracy="worst model - 2 points"``.

    Attributes:
        count: of draws, at least 2.
        samples: of each draw, without replacement; fewer than there are.

    Raises:
        DeclarationError: numbers that are none.
    """

    count: int = 8
    samples: int = 256

    def __post_init__(self) -> None:
        if type(self.count) is not int or self.count < 2:
            raise errors.bad_draws(self.count)
        if type(self.samples) is not int or self.samples < 1:
            raise errors.not_a_count("samples", self.samples)

    def drawn(self, pool: Mapping[str, Array], seed: int, draw: int) -> dict[str, Array]:
        """The samples of one draw, in the order they have in the pool.

        Args:
            pool: input name → array (n, ...). draw: from 0 to `count` - 1.

        Raises:
            BuildError: no more samples than a draw takes.
        """
        import numpy as np

        total = len(next(iter(pool.values())))
        if total <= self.samples:
            raise errors.nothing_to_draw(self.samples, total)
        chosen = np.sort(np.random.default_rng((seed, draw)).permutation(total)[: self.samples])
        return {name: array[chosen] for name, array in pool.items()}


def draws(count: int = 8, samples: int = 256) -> Draws:
    """For ``calibration=`` of `quantize`; see `Draws`."""
    return Draws(count, samples)


def redrawn(source: Model | Recipe) -> tuple[Recipe, ...]:
    """The recipe with each of its draws, the first first; nothing where it has none."""
    if not isinstance(source, Recipe):
        return ()
    given = getattr(source.step, "calibration", None)
    if isinstance(given, Draws):
        steps: list[Any] = [dataclasses.replace(source.step, draw=n) for n in range(given.count)]  # type: ignore[call-arg]
        return tuple(dataclasses.replace(source, step=step) for step in steps)
    return tuple(dataclasses.replace(source, source=inner) for inner in redrawn(source.source))


def summary(name: str, found: Sequence[Metric], *, lower_is_better: bool) -> dict[str, Metric]:
    """Worst, median and spread of a score over the draws, by their names in `Observation.metrics`.

    The spread is the distance between the best and the worst draw, in the score's unit.
    """
    if not found:
        return {}
    import statistics

    values = [metric.value for metric in found]
    note = f"of {len(values)} calibration draws"
    plain = dataclasses.replace(found[0], low=None, high=None, note=note)
    points = {
        "worst": max(values) if lower_is_better else min(values),
        "median": statistics.median(values),
        "spread": max(values) - min(values),
    }
    rows = {f"{name}.{key}": dataclasses.replace(plain, value=value) for key, value in points.items()}
    unit = "points" if plain.unit == "%" else plain.unit
    return rows | {f"{name}.spread": dataclasses.replace(rows[f"{name}.spread"], unit=unit)}
