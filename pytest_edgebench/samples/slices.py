"""Which samples are in which slice: what `eb.slices` was told, applied to a model's data."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.samples import slice_errors as errors
from pytest_edgebench.samples.stream import chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.declare.slices import Slices
    from pytest_edgebench.samples.stream import Samples

    Rows = Mapping[str, Array]

MOST = 1000
MISSING = ("NAType", "NaTType")
"""Types of what pandas has in place of a value."""


def slices_of(model: Model, samples: Samples) -> dict[str, Array] | None:
    """The slices of a model's data; None where it has none. Errors as `rows_of`."""
    if model.slices is None:
        return None
    from pytest_edgebench.samples.seeds import seeded

    with seeded(model.seed):
        return rows_of(model.slices, samples)


def rows_of(slices: Slices, samples: Samples) -> dict[str, Array]:
    """Slice → the numbers of its samples, ascending; in the order of their names, or as a mapping has them.

    Raises:
        DataError: no slices, of another number of samples, empty, or a function that raises.
    """
    given, count, where = slices.of, samples.count, slices.place
    if isinstance(given, str):
        given = _field(given, samples, where)
    if callable(given) and not hasattr(given, "__array__"):
        found = _by_function(given, samples, where)
    elif isinstance(given, Mapping):
        found = {name: _rows(name, rows, count, where) for name, rows in _named(given, where)}
    else:
        found = _grouped(_names(given, where), count, where)
    if not found:
        raise errors.none_at_all(where)
    for name, rows in found.items():
        if not len(rows):
            raise errors.empty(name, where)
    if len(found) > MOST:
        raise errors.too_many(len(found), MOST, where)
    return found


def _named(given: Mapping[Any, Any], where: str) -> Iterator[tuple[str, Any]]:
    """A mapping's slices by the names that budgets may use."""
    seen: dict[str, Any] = {}
    for key, rows in given.items():
        name = _name(key, where)
        if name is None:
            raise errors.no_name(key, where)
        if name in seen:
            raise errors.same_name(seen[name], key, where)
        seen[name] = key
        yield name, rows


def _names(given: Any, where: str) -> list[str | None]:
    """The slice's name of each sample, None for none."""
    import numpy as np

    values = list(given) if isinstance(given, list | tuple) else given
    if not isinstance(values, list):
        try:
            array = np.asarray(values)
        except Exception:  # noqa: BLE001 - whatever the user's object does
            raise errors.not_slices(errors.no_samples_of(given), where) from None
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim == 0 and array.dtype == object:
            raise errors.not_slices(errors.no_samples_of(given), where)
        if array.ndim != 1:
            raise errors.not_slices(f"of shape {array.shape}, not one name a sample", where)
        values = array.tolist()
    return [_name(value, where) for value in values]


def _name(value: Any, where: str) -> str | None:
    import numpy as np

    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:  # a numpy scalar, a tensor of one number
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value is None or type(value).__name__ in MISSING or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float):
        if not value.is_integer():
            raise errors.numbers_between(value, where)
        value = int(value)
    if not isinstance(value, str | int | np.generic):
        raise errors.not_slices(f"named by a {type(value).__name__}", where)
    return " ".join(str(value).split()) or None


def _grouped(names: list[str | None], count: int, where: str) -> dict[str, Array]:
    import numpy as np

    if len(names) != count:
        raise errors.other_length(len(names), count, where)
    groups: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        if name is not None:
            groups.setdefault(name, []).append(number)
    return {name: np.array(groups[name], np.intp) for name in sorted(groups, key=_natural)}


def _natural(name: str) -> tuple[bool, int, str]:
    """Class 10 after class 9, before any word."""
    number = name.isdecimal() and len(name) < 16
    return (not number, int(name) if number else 0, name)


def _rows(name: str, given: Any, count: int, where: str) -> Array:
    """The numbers of a slice's samples from a mask, or from numbers in any order."""
    import numpy as np

    try:
        array = np.asarray(sorted(given) if isinstance(given, set | frozenset) else given)
    except Exception:  # noqa: BLE001
        raise errors.rows_shape(name, errors.no_samples_of(given), count, where) from None
    if array.ndim == 1 and not len(array):
        return np.zeros(0, np.intp)
    shown = f"of shape {array.shape} and dtype {array.dtype}"
    if array.dtype == bool:
        if array.shape != (count,):
            raise errors.rows_shape(name, shown, count, where)
        return np.flatnonzero(array)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise errors.rows_shape(name, shown, count, where)
    if len(array) == count > 2 and set(array.tolist()) <= {0, 1}:
        raise errors.looks_like_mask(name, count, where)
    outside = [int(at) for at in array if not 0 <= at < count]
    if outside:
        raise errors.rows_shape(name, f"not all there: {outside[0]:,} is none", count, where)
    return np.unique(array).astype(np.intp)


def _is_mask(given: Any) -> bool:
    import numpy as np

    try:
        return np.asarray(given).dtype == bool
    except Exception:  # noqa: BLE001 - whatever the user's object does
        return False


def _field(name: str, samples: Samples, where: str) -> Any:
    """One value a sample: of an input, or of a key in labels that are dicts."""
    import numpy as np

    first = samples.first(1).samples
    if name in first and first[name].size == 1:
        step = chunk(samples)
        parts = [given.samples[name].reshape(-1) for given, _ in samples.batches(step)]
        return np.concatenate(parts)
    labels = samples.labels()
    if labels.dtype.names and name in labels.dtype.names:
        return labels[name]
    known = [key for key, array in first.items() if array.size == 1] + list(labels.dtype.names or ())
    if labels.dtype == object and all(isinstance(label, dict) for label in labels):
        if any(name in label for label in labels):
            return [label.get(name) for label in labels]
        known += [key for label in labels for key in label]
    raise errors.unknown_field(name, known, where)


def _by_function(fn: Callable[..., Any], samples: Samples, where: str) -> dict[str, Array]:
    import numpy as np

    parts = list(_asked(fn, samples, where))
    if len({isinstance(part, Mapping) for part, _ in parts}) > 1:
        raise errors.names_differ(where)
    if not isinstance(parts[0][0], Mapping):
        names = []
        for part, count in parts:
            found = _names(part, where)
            if len(found) != count:
                raise errors.other_length(len(found), count, where)
            names += found
        return _grouped(names, samples.count, where)
    rows: dict[str, list[Array]] = {}
    start = 0
    for part, count in parts:
        for name, given in _named(part, where):
            if len(parts) > 1 and not _is_mask(given):
                raise errors.numbers_of_part(where)
            rows.setdefault(name, []).append(start + _rows(name, given, count, where))
        start += count
    return {name: np.concatenate(found) for name, found in rows.items()}


def _asked(fn: Callable[..., Any], samples: Samples, where: str) -> Iterator[tuple[Any, int]]:
    """What a function returns for the samples of each part, and how many these are."""
    if _takes_inputs(fn, where):
        for given, labels in samples.batches(chunk(samples)):
            arrays: Any = given.samples
            if list(arrays) == ["input_0"]:
                arrays = arrays["input_0"]
            yield _called(fn, (arrays, labels), where), len(labels)
    else:
        yield _called(fn, (samples.labels(),), where), samples.count


def _called(fn: Callable[..., Any], arguments: tuple[Any, ...], where: str) -> Any:
    try:
        return fn(*arguments)
    except EdgebenchError:
        raise
    except Exception as cause:
        raise errors.function_raised(cause, where) from cause


def _takes_inputs(fn: Callable[..., Any], where: str) -> bool:
    """Whether a function wants (inputs, labels) rather than (labels).

    Raises:
        DataError: neither.
    """
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):  # of a function in C, which says nothing
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p for p in positional if p.default is p.empty]
    several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    keyword = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    wanted = max(len(needed), 1)
    if keyword or wanted > 2 or (not positional and not several):
        raise errors.arguments(f"{len(needed) + len(keyword)} arguments", where)
    return wanted == 2 or (not positional and several)
