"""Labelled data: loading what a `Model` was given, and refusing what cannot be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_edgebench.errors import DataError
from pytest_edgebench.errors import data as errors

if TYPE_CHECKING:
    import numpy as np
    from torch.utils.data import Dataset

    from pytest_edgebench.declare.model import Model

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    Inputs: TypeAlias = Array | Mapping[str, Array]
    Data: TypeAlias = tuple[Inputs, Array] | tuple[Inputs, Array, Array] | str | Path | Dataset[Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Labelled data in memory.

    Attributes:
        inputs: input name → array (N, ...); a bare array is called "input_0".
        labels: (N, ...).
        critical: (N,) bool, samples whose prediction must be the host's on every target; None for none.
    """

    inputs: dict[str, Array]
    labels: Array
    critical: Array | None = None

    def sample(self) -> dict[str, Array]:
        """The first sample of each input, (1, ...)."""
        return {name: array[:1] for name, array in self.inputs.items()}


def load(model: Model) -> Loaded:
    """Load and check a model's labelled data.

    Raises:
        DataError: no samples, labels of another length than the inputs, NaN or infinite inputs, an object
            array, critical samples that are none, a missing file, a function that raises.
    """
    import numpy as np

    value = _called(model.data, model, "data")
    if isinstance(value, str | Path):
        value = _from_file(model.folder / value, model)
    elif not isinstance(value, tuple | list) and hasattr(value, "__getitem__") and hasattr(value, "__len__"):
        value = _from_dataset(value, model)
    if not isinstance(value, tuple | list) or len(value) not in (2, 3):
        raise errors.not_a_pair(value, _of(model))
    inputs = _inputs(value[0], model, "inputs")
    labels = np.asarray(value[1])
    lengths = {name: len(array) for name, array in inputs.items()}
    if len(set(lengths.values())) > 1:
        raise errors.inputs_differ(lengths, _of(model))
    count = next(iter(lengths.values()))
    if labels.ndim == 0 or len(labels) != count:
        raise errors.labels_length(len(labels) if labels.ndim else 0, count, _of(model))
    if labels.dtype == object:
        raise errors.object_array("labels", _of(model))
    return Loaded(inputs, labels, _critical(value[2], count, model) if len(value) == 3 else None)


def calibration(model: Model, count: int) -> tuple[dict[str, Array], bool]:
    """Up to `count` unlabelled inputs, and whether they are the model's own calibration data.

    Without calibration data of its own a sample drawn with the model's seed from its labelled data serves.

    Raises:
        DataError: no samples, NaN, or a function that raises.
    """
    import numpy as np

    if model.calibration is not None:
        inputs = _inputs(_called(model.calibration, model, "calibration"), model, "calibration")
        return {name: array[:count] for name, array in inputs.items()}, True
    inputs = load(model).inputs
    total = len(next(iter(inputs.values())))
    chosen = np.sort(np.random.default_rng(model.seed).permutation(total)[:count])
    return {name: array[chosen] for name, array in inputs.items()}, False


def _of(model: Model) -> str:
    return f"{model.place or 'model'} ({model.name})" if model.name else model.place


def _called(value: Any, model: Model, what: str) -> Any:
    # A torch Dataset may be callable by accident of its base classes; a function has no __getitem__.
    if not callable(value) or hasattr(value, "__getitem__"):
        return value
    function: Callable[[], Any] = value
    try:
        return function()
    except DataError:
        raise
    except Exception as error:
        raise errors.function_raised(what, function, error, _of(model)) from error


def _critical(value: Any, count: int, model: Model) -> Array:
    """(N,) bool from the numbers of samples or from a mask."""
    import numpy as np

    from pytest_edgebench.errors import twins

    given = np.asarray(value)
    shown = f"of shape {given.shape} and dtype {given.dtype}"
    if given.dtype == bool:
        if given.shape != (count,):
            raise twins.critical_shape(shown, count, _of(model))
        mask: Array = given
    else:
        if given.ndim != 1 or given.dtype.kind not in "iu":
            raise twins.critical_shape(shown, count, _of(model))
        if outside := [int(at) for at in given if not 0 <= at < count]:
            raise twins.critical_shape(f"not all there: {outside[0]:,} is none", count, _of(model))
        mask = np.isin(np.arange(count), given)
    if not mask.any():
        raise twins.critical_shape("none at all", count, _of(model))
    return mask


def _from_file(path: Path, model: Model) -> tuple[Any, ...]:
    import numpy as np

    if not path.is_file():
        raise errors.no_file(path, _of(model))
    try:
        with np.load(path, allow_pickle=False) as archive:
            more = (archive["critical"],) if "critical" in archive else ()
            return archive["x"], archive["y"], *more
    except (KeyError, ValueError, OSError, AttributeError) as error:
        raise errors.bad_file(path, error, _of(model)) from error


def _from_dataset(dataset: Any, model: Model) -> tuple[Any, Any]:
    import numpy as np

    pairs = [dataset[index] for index in range(len(dataset))]
    if not pairs:
        raise errors.no_samples("data", _of(model))
    try:
        return np.stack([np.asarray(x) for x, _ in pairs]), np.asarray([np.asarray(y) for _, y in pairs])
    except (TypeError, ValueError) as error:
        raise errors.bad_dataset(error, _of(model)) from error


def _inputs(value: Any, model: Model, what: str) -> dict[str, Array]:
    import numpy as np

    named = value if isinstance(value, Mapping) else {"input_0": value}
    inputs: dict[str, Array] = {}
    for name, given in named.items():
        shown = what if name == "input_0" else f"{what}[{name!r}]"
        try:
            array = inputs[str(name)] = np.asarray(given)
        except ValueError:  # samples of different shapes
            raise errors.object_array(shown, _of(model)) from None
        if array.dtype == object:
            raise errors.object_array(shown, _of(model))
        if array.ndim == 0 or len(array) == 0:
            raise errors.no_samples(shown, _of(model))
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise errors.not_finite(shown, _of(model))
    if not inputs:
        raise errors.no_samples(what, _of(model))
    return inputs
