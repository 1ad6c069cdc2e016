"""Calibration of models with state, which is known in a call only once the call before has run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples.roles import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.declare.roles import State
    from pytest_edgebench.samples.roles import Given
    from pytest_edgebench.workers.client import Client

    Array = np.ndarray[Any, np.dtype[Any]]

INITIAL = "states were calibrated at their initial value alone"


@dataclass(frozen=True, slots=True)
class Carrying:
    """Which states go on from one calibration call to the next.

    Attributes:
        states: input → its state, of those that are not reset before each call.
        steps: calls from one reset to the next; 0 for no reset.
    """

    states: Mapping[str, State]
    steps: int

    def carried(
        self, calls: Mapping[str, Any], source: Path, client: Client, note: Callable[[str], None]
    ) -> Mapping[str, Any]:
        """The calls with the states that the file `source` has in each, as `Given.calls` gives them.

        Where the file cannot be run so (another batch, an output that it does not have), states stay at their
        initial value, and the manifest says so.

        Raises:
            MeasureError: the file cannot be run.
        """
        import numpy as np

        if not self.states:
            return calls
        interface = client.interface(source)
        names = [output["name"] for output in interface.outputs]
        fed = {name: _number(state.output, names) for name, state in self.states.items()}
        shape = interface.inputs[0]["shape"]
        fixed = bool(shape) and (shape[0] or 1) > 1
        if None in fed.values() or fixed:
            note(INITIAL)
            return calls
        count = len(next(iter(calls.values())))
        held: dict[str, list[Array]] = {name: [] for name in fed}
        now: dict[str, Array] = {}
        for at in range(count):
            given = {name: each[at : at + 1] for name, each in calls.items()}
            if at and (not self.steps or at % self.steps):
                given |= now
            for name, values in held.items():
                values.append(np.moveaxis(given[name], self.states[name].axis, 0)[0])
            answers = client.call(source, given)
            now = {name: answers[number] for name, number in fed.items() if number is not None}
        return {name: self._of(name, np.stack(held[name])) if name in fed else calls[name] for name in calls}

    def _of(self, name: str, array: Array) -> Any:
        axis = self.states[name].axis
        return Calls(array, len(array), axis) if axis else array


def carrying(given: Given) -> Carrying:
    """What goes on between the calls of some samples."""
    roles = given.roles
    states = {
        name: state for name, state in roles.states.items() if not state.held and state.reset != "sample"
    }
    steps = next(iter(given.samples.values())).shape[1] if roles.sequences else 0
    return Carrying(states, steps)


def _number(output: str | int, names: list[str]) -> int | None:
    if isinstance(output, int):
        return output if output < len(names) else None
    return names.index(output) if output in names else None
