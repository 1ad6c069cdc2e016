"""Roles of inputs: which ones are samples, along which axis, and which are constants or state.

`Roles` is what was declared; `Given` is some samples together with it, as they go to a worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_edgebench.declare.roles import RESETS, Constant, Sample, State
from pytest_edgebench.samples import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Roles:
    """What the inputs are that are not simply samples along the first axis.

    Attributes:
        order: names of all inputs, as given.
        axes: of samples whose axis is not the first one.
        constants: input → its value, in the shape of a call.
        states: input → what it is fed from; for one that a file holds, any name.
        initial: state that is fed → what a reset sets, an array or a number without axes.
    """

    order: tuple[str, ...] = ()
    axes: Mapping[str, int] = field(default_factory=dict)
    constants: Mapping[str, Array] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    initial: Mapping[str, Array] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.axes or self.constants or self.states)

    @property
    def sequences(self) -> bool:
        """Whether a sample is a sequence of calls, and its second axis their number."""
        return any(state.reset == "sequence" for state in self.states.values())

    @property
    def unbroken(self) -> bool:
        """Whether a call depends on all samples before it, so that all go to a worker at once."""
        return any(state.reset == "never" for state in self.states.values())

    def plain(self) -> dict[str, dict[str, Any]]:
        """As JSON, for a worker and for a digest; what is not named is a sample along the first axis."""
        found: dict[str, dict[str, Any]] = {
            name: {"role": "sample", "axis": axis} for name, axis in self.axes.items()
        }
        found |= {name: {"role": "constant"} for name in self.constants}
        for name, state in self.states.items():
            found[name] = {
                "role": "state",
                "fed": not state.held,
                "output": state.output,
                "axis": state.axis,
                "reset": state.reset,
            }
        return found

    def axes_of_calls(self) -> dict[str, int | None]:
        """Input → the axis of the samples in a call where it is not the first, None for a constant."""
        states = {name: self.states[name].axis for name in self.initial if self.states[name].axis}
        return {**self.axes, **states, **dict.fromkeys(self.constants)}

    def told(self) -> str:
        """Which resets are declared, for the report; "" without any state."""
        return ", ".join(
            f"{'variables' if state.held else name} {_TOLD[state.reset]}"
            for name, state in self.states.items()
        )


_TOLD = {
    "sample": "before each sample",
    "sequence": "before each sequence",
    "never": "never",
}
NO_ROLES = Roles()


class Given(Mapping[str, "Array"]):
    """Inputs of some samples as a worker gets them.

    A sample input is (n, ...) whatever its axis in the file, (n, steps, ...) for sequences; a constant has
    the shape of a call; a state is what a reset sets, a number without axes or an array. In the order given.
    """

    def __init__(self, samples: Mapping[str, Array], roles: Roles = NO_ROLES) -> None:
        fixed = {**roles.constants, **roles.initial}
        order = roles.order or tuple(samples)
        self.roles = roles
        self.samples = dict(samples)
        self._arrays = {name: samples[name] if name in samples else fixed[name] for name in order}

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def of(self, samples: Mapping[str, Array]) -> Given:
        """Other samples with the same roles."""
        return Given(samples, self.roles)

    def call(self) -> dict[str, Array]:
        """The arrays of one call with all these samples; of sequences their first step.

        A state whose shape only the file tells is left out.
        """
        import numpy as np

        roles, found = self.roles, {}
        count = len(next(iter(self.samples.values())))
        for name, array in self._arrays.items():
            if name in self.samples:
                step = array[:, 0] if roles.sequences else array
                found[name] = np.ascontiguousarray(np.moveaxis(step, 0, roles.axes.get(name, 0)))
            elif name in roles.constants:
                found[name] = array
            elif array.ndim:
                found[name] = np.repeat(array, count, roles.states[name].axis)
        return found

    def repeated(self) -> dict[str, Array]:
        """Each input with the sample first, (n, ...): constants and states once for each, without copies.

        Sequences are taken apart into their steps, (n × steps, ...).
        """
        import numpy as np

        roles, found = self.roles, {}
        samples = self.samples
        if roles.sequences:
            samples = {name: array.reshape(-1, *array.shape[2:]) for name, array in samples.items()}
        count = len(next(iter(samples.values())))
        for name, array in self._arrays.items():
            if name in samples:
                found[name] = samples[name]
                continue
            one = array
            if name in roles.states and array.ndim:
                one = np.moveaxis(array, roles.states[name].axis, 0)[0]
            found[name] = np.broadcast_to(one, (count, *one.shape))
        return found

    def calls(self, count: int, states: Mapping[str, Array] | None = None) -> dict[str, Any]:
        """At most `count` calls of one sample each: arrays (n, ...), and `Calls` for what is no plain sample.

        Args:
            states: input → (n, ...) before each call; without it what a reset sets.
        """
        found: dict[str, Any] = {name: array[:count] for name, array in self.repeated().items()}
        found |= {name: array[:count] for name, array in (states or {}).items()}
        for name, array in found.items():
            if name in self.roles.constants:
                found[name] = Calls(self.roles.constants[name], len(array), None)
            elif name in self.roles.states or self.roles.axes.get(name):
                state = self.roles.states.get(name)
                axis = state.axis if state is not None else self.roles.axes[name]
                found[name] = Calls(array, len(array), axis) if axis else array
        return found

    def check_states(self, where: str) -> None:
        """Make sure that the shape of each state is known.

        Raises:
            DataError: it is not.
        """
        for name, array in self.roles.initial.items():
            if not array.ndim:
                raise errors.state_needs_array(name, where)


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """An input of some calls that looks like an array (n, ...), but whose slices are as a call takes them.

    Attributes:
        array: a constant, or (n, ...).
        count: of calls.
        axis: of the samples in a call; None for a constant.
    """

    array: Array
    count: int
    axis: int | None

    def __len__(self) -> int:
        return self.count

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.count, *(self.array.shape if self.axis is None else self.array.shape[1:]))

    def __getitem__(self, rows: slice) -> Array:
        import numpy as np

        if self.axis is None:
            return self.array
        return np.ascontiguousarray(np.moveaxis(self.array[rows], 0, self.axis))

    def of(self, array: Array) -> Calls:
        """The same calls of another array, e.g. with numbers of another dtype."""
        return Calls(array, self.count, self.axis)

    def cut(self, count: int) -> Calls:
        """The first ones."""
        array = self.array if self.axis is None else self.array[:count]
        return Calls(array, min(count, self.count), self.axis)


def shortened(calls: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The first `count` of some calls."""
    return {name: each.cut(count) if hasattr(each, "cut") else each[:count] for name, each in calls.items()}


def split(given: Mapping[str, Any], what: str, where: str) -> tuple[dict[str, Any], Roles]:
    """Arrays of samples, with the sample as their first axis, and the roles of all inputs.

    Raises:
        DataError: no sample input at all, a value that is no array, an axis that an array does not have.
    """
    import numpy as np

    samples: dict[str, Any] = {}
    axes: dict[str, int] = {}
    constants: dict[str, Array] = {}
    states: dict[str, State] = {}
    initial: dict[str, Array] = {}
    for name, value in given.items():
        shown = f"{what}[{name!r}]"
        if isinstance(value, Constant):
            constants[name] = _plain(value.value, shown, where)
        elif isinstance(value, State):
            states[name] = _checked(value, shown, where)
            if not value.held:
                initial[name] = _initial(value, shown, where)
        elif isinstance(value, Sample) and value.axis != 0:
            axes[name] = value.axis
            array = np.asarray(value.array)
            if not 0 < value.axis < array.ndim:
                raise errors.no_axis(shown, value.axis, array.shape, where)
            samples[name] = np.moveaxis(array, value.axis, 0)
        else:
            samples[name] = value.array if isinstance(value, Sample) else value
    if given and not samples:
        raise errors.only_roles(list(given), what, where)
    order = tuple(name for name in given if name not in states or name in initial)
    return samples, Roles(order, axes, constants, states, initial)


def _plain(value: Any, shown: str, where: str) -> Array:
    import numpy as np

    try:
        array = np.asarray(value)
    except Exception as error:
        raise errors.no_array(shown, error, where) from error
    if array.dtype.kind not in "biufUS":
        raise errors.no_numbers(shown, str(array.dtype), where)
    return array


def _checked(state: State, shown: str, where: str) -> State:
    if state.reset not in RESETS:
        raise errors.unknown_reset(shown, state.reset, RESETS, where)
    whole = isinstance(state.axis, int) and not isinstance(state.axis, bool)
    if not whole or state.axis < 0:
        raise errors.state_axis(shown, state.axis, where)
    return state


def _initial(state: State, shown: str, where: str) -> Array:
    """With the axis of the sample, of length 1, unless a number."""
    import numpy as np

    array = _plain(state.initial, f"{shown} initial", where)
    if not array.ndim:
        return array
    if array.ndim > state.axis and array.shape[state.axis] == 1:
        return array
    if array.ndim >= state.axis:
        return np.expand_dims(array, state.axis)
    raise errors.no_axis(f"{shown} initial", state.axis, array.shape, where)
