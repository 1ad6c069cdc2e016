"""A model's example input and calibration data, each loaded once a process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.compressors.build import errors
from pytest_edgebench.compressors.build.carrying import Carrying, carrying
from pytest_edgebench.compressors.build.plan import place_of
from pytest_edgebench.declare.model import Format, Model, Recipe, Step, StepContext
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.samples import data
from pytest_edgebench.samples.roles import shortened
from pytest_edgebench.samples.seeds import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.build.keys import Observed
    from pytest_edgebench.compressors.build.runs import Runs
    from pytest_edgebench.samples.roles import Given

    Array = np.ndarray[Any, np.dtype[Any]]

ON_EVALUATION_DATA = "calibrated on evaluation data"


class StepData:
    """Loads what steps and exports need of a model's data."""

    def __init__(self, observed: Observed, runs: Runs) -> None:
        self._observed = observed
        self._runs = runs
        # By id; the model is kept with its data so that no id is used twice.
        self._firsts: dict[int, tuple[Model, Given]] = {}
        self._labels: dict[int, tuple[Model, str]] = {}
        self._calibrations: dict[tuple[int, int], tuple[Model, dict[str, Array]]] = {}
        self._carrying: dict[tuple[int, int], Carrying] = {}

    def example(self, model: Model) -> dict[str, Array]:
        """The inputs of one call with the first sample: (1, ...) but for what has a role of its own.

        Raises:
            DataError: the data cannot be read, or do not tell the shape of a state.
        """
        first = self._first(model)
        first.check_states(model.place)
        return first.call()

    def sample(self, model: Model) -> Given | None:
        """The first sample; None where the data cannot be read, which is said when the model is measured."""
        try:
            return self._first(model)
        except EdgebenchError:
            return None

    def _first(self, model: Model) -> Given:
        if id(model) not in self._firsts:
            with seeded(model.seed):
                given = data.load(model).first(1)
            copied = given.of({name: array.copy() for name, array in given.samples.items()})
            self._firsts[id(model)] = model, copied
        return self._firsts[id(model)][1]

    def signature(self, model: Model) -> list[Any]:
        """Name, shape and dtype of each input, and axes of samples: what an export depends on of the data."""
        found: list[Any] = [(n, array.shape, array.dtype.str) for n, array in self.example(model).items()]
        axes = self.axes(model)
        return [*found, sorted(axes.items())] if axes else found

    def axes(self, model: Model) -> dict[str, int | None]:
        """Input → the axis of the samples where it is not the first, None for a constant."""
        return self._first(model).roles.axes_of_calls()

    def calibration(self, model: Model, count: int) -> dict[str, Array]:
        """Up to `count` unlabelled inputs."""
        if (id(model), count) not in self._calibrations:
            base = _calibration_base(model)
            with seeded(model.seed):
                if base is None:
                    arrays, given = data.calibration(model, count)
                else:
                    with self._observed.run(base):
                        arrays, given = data.calibration(model, count)
            self._calibrations[id(model), count] = model, arrays
            self._carrying[id(model), count] = carrying(given)
        return self._calibrations[id(model), count][1]

    def key(self, recipe: Recipe) -> str:
        """Identity of the data that a recipe's last step reads; "" when it reads none.

        A step whose `labelled` is true reads the labelled data; one that works on a file scores it, too.

        A function is known by its code and the files it reads, and called only when it never was.
        """
        found = self._key(recipe)
        # The samples are of one signature of the file.
        return digest((found, recipe.model.signature)) if found and recipe.model.signature else found

    def _key(self, recipe: Recipe) -> str:
        model, count = recipe.model, samples_of(recipe.step)
        if getattr(recipe.step, "labelled", False):
            if "file" not in recipe.step.stages.values():
                drawn = (
                    [self._calibration_key(model, count)] if count and model.calibration is not None else []
                )
                return digest(("labelled", self._labelled(model), count, *drawn))
            own = self._calibration_key(model, count) if count else ""
            return digest(("scored", self._labelled(model), as_score(model.score), own))
        return self._calibration_key(model, count) if count else ""

    def _calibration_key(self, model: Model, count: int) -> str:
        base = _calibration_base(model)
        # States that go on between calls were held at their initial value once.
        carried = ("states carried",) if carrying(self._first(model)).states else ()
        if base is None:
            found = digest(self.calibration(model, count))
            return digest((found, *carried)) if carried else found
        key = self._observed.key(base)
        if key is None:
            self.calibration(model, count)
            key = self._observed.key(base)
        return digest((key, count, *carried))

    def _labelled(self, model: Model) -> str:
        """Identity of the labelled data, by content."""
        if id(model) not in self._labels:
            with seeded(model.seed):
                self._labels[id(model)] = model, data.load(model).key()
        return self._labels[id(model)][1]

    def context(self, recipe: Recipe, fmt: Format, note: Callable[[str], None]) -> StepContext:
        """What the recipe's last step may use."""

        def calibration(count: int) -> Mapping[str, Array]:
            if count > samples_of(recipe.step):
                raise errors.undeclared_calibration(str(recipe.step), place_of(recipe))
            if recipe.model.calibration is None:
                note(ON_EVALUATION_DATA)
            return shortened(self.calibration(recipe.model, count), count)

        def carried(calls: Mapping[str, Array], source: Path) -> Mapping[str, Array]:
            known = self._carrying[id(recipe.model), samples_of(recipe.step)]
            if not known.states:
                return calls
            return known.carried(calls, source, self._runs.client(fmt, recipe.model.signature), note)

        model = recipe.model
        return StepContext(fmt, model, calibration, model.seed, note, runs=self._runs, carried=carried)


def samples_of(step: Step) -> int:
    """Calibration samples a step says it reads; they are part of its identity."""
    return int(getattr(step, "samples", 0))


def _calibration_base(model: Model) -> str | None:
    """Identity of a calibration function; None for arrays, which are known by their content."""
    if callable(model.calibration) and not hasattr(model.calibration, "__getitem__"):
        return digest(("calibration", model.calibration, model.seed))
    return None
