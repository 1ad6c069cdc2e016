"""States before each call of calibration samples, as the file that is quantized goes through them.

Ranges of a state that is always at its start would be those of that number alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors.build.loads import batch_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.build.runs import Runs
    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.samples.roles import Given

    Array = np.ndarray[Any, np.dtype[Any]]


def states(given: Given, fmt: Format, path: Path, runs: Runs, signature: str = "") -> dict[str, Array]:
    """Input → (calls, ...), the axis of the samples left out; sequences one after the other, step by step.

    Raises:
        MeasureError: the file does not run on these samples.
    """
    import numpy as np

    client = runs.client(fmt, signature)
    interface = client.interface(path)
    names = [tensor["name"] for tensor in interface.outputs]
    made = client.run(path, given, batch=batch_of(interface.inputs, given, given.roles.plain())).arrays
    found = {}
    for name, start in given.roles.initial.items():
        state = given.roles.states[name]
        after = made[state.output if isinstance(state.output, int) else names.index(state.output)]
        first = np.moveaxis(start, state.axis, 0)[0] if start.ndim else start
        lead = 2 if given.roles.sequences else 1
        begin = np.broadcast_to(first.astype(after.dtype), after.shape[lead:])
        if state.reset == "sequence":
            before = np.concatenate([np.broadcast_to(begin, after[:, :1].shape), after[:, :-1]], axis=1)
        elif state.reset == "never":
            flat = after.reshape(-1, *after.shape[lead:])
            before = np.concatenate([begin[None], flat[:-1]])
        else:
            before = np.broadcast_to(begin, after.shape)
        found[name] = np.ascontiguousarray(before.reshape(-1, *after.shape[lead:]))
    return found
