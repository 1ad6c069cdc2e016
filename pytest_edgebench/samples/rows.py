"""What one item of data holds, be it a sample or a batch: inputs by name, labels, critical samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.declare.roles import Constant, Sample, State
from pytest_edgebench.samples import errors

if TYPE_CHECKING:
    from pytest_edgebench.samples.forms import About

LABELS, CRITICAL, INPUT = ("y", "label", "labels"), "critical", "x"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """An item taken apart.

    Attributes:
        inputs: input name → value.
        label: of the sample or the samples. critical: likewise. Both None where there is none.
    """

    inputs: Mapping[str, Any]
    label: Any = None
    critical: Any = None

    @property
    def alone(self) -> bool:
        """Whether it is one sample: its label is one number, text or mapping."""
        label = self.label
        if label is None:
            return False
        if hasattr(label, "ndim"):
            return bool(label.ndim == 0)
        return isinstance(label, str | bytes | Mapping) or not hasattr(label, "__len__")

    def sample(self, about: About) -> tuple[Mapping[str, Any], Any, Any]:
        """Inputs, labels and critical samples of one sample, each with an axis for it."""
        given = {name: _with_axis(value, about) for name, value in self.inputs.items()}
        label = self.label
        if hasattr(label, "__array__"):
            import numpy as np

            label = np.asarray(label)
        labels = [label] if about.labelled else None
        return (
            given,
            labels,
            [_yes(self.critical, about)] if self.critical is not None and about.labelled else None,
        )

    def batch(self, about: About) -> tuple[Mapping[str, Any], Any, Any]:
        """Those of a batch, as given."""
        return self.inputs, *((self.label, self.critical) if about.labelled else (None, None))


def row(item: Any, about: About) -> Row | None:
    """An item of data; None where labels are wanted and it has none.

    A mapping with ``label`` (or ``labels``, ``y``) is a row of its own: ``critical`` says whether it is a
    critical sample, and ``x``, or else each other entry, is an input. Else it is ``(inputs, labels)`` or
    ``(inputs, labels, critical)``, or inputs alone.
    """
    if isinstance(item, Mapping):
        known = next((name for name in LABELS if name in item), None)
        if about.labelled and known is None:
            return None
        label = None if known is None else item[known]
        if INPUT in item and known is not None:
            return Row(_named(item[INPUT]), label, item.get(CRITICAL))
        left_out = {known, CRITICAL} if known is not None else set()
        given = {str(name): value for name, value in item.items() if name not in left_out}
        return Row(given, label, item.get(CRITICAL) if known is not None else None)
    pair = isinstance(item, tuple | list) and len(item) in (2, 3)
    if about.labelled and not pair:
        return None
    if pair and not about.labelled and not isinstance(item, tuple):
        pair = isinstance(item[0], Mapping) or hasattr(item[0], "__array__")
    return Row(_named(item[0]), *item[1:]) if pair else Row(_named(item))


def _named(value: Any) -> Mapping[str, Any]:
    return {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else {"input_0": value}


def _yes(value: Any, about: About) -> bool:
    """Whether one sample is critical."""
    import numpy as np

    if not isinstance(value, bool | int | np.bool_ | np.integer) and getattr(value, "ndim", True):
        raise errors.not_critical(value, about.where)
    return bool(value)


def _with_axis(value: Any, about: About) -> Any:
    """A sample as an array with an axis for it, (1, ...)."""
    import numpy as np

    if isinstance(value, Constant | State):
        return value
    axis = value.axis if isinstance(value, Sample) else 0
    try:
        array = np.expand_dims(np.asarray(value.array if isinstance(value, Sample) else value), axis)
    except Exception as error:
        raise errors.bad_dataset(error, about.where) from error
    return Sample(array, axis) if isinstance(value, Sample) else array
