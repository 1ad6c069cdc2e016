"""What a caller keeps from one call to the next: recurrent states, a cache of keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.metrics import errors
from pytest_edgebench.record.metric_info import MetricInfo
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View

GIVES = {"state_bytes": MetricInfo("B", "exact", "state that a caller keeps", rank=16, on_request=True)}
NEEDS = "run"
RANK = 75


def measure(view: View) -> Mapping[str, Metric]:
    """Bytes of all inputs that are fed from an output of the call before, for one sample, in its own types.

    What a file keeps in variables of its own is not in it. A free length is that of the initial state.

    Raises:
        EdgebenchError: the file cannot be loaded.
    """
    import numpy as np

    roles = view.observer.loaded(view.model).roles
    fed = {name: state for name, state in roles.states.items() if not state.held}
    if not fed:
        return {}
    inputs = view.client().interface(view.artifact.path).inputs
    by_name = {tensor["name"]: tensor for tensor in inputs}
    given = [name for name in roles.order if name not in roles.states or name in fed]
    if not set(given) <= set(by_name):
        by_name = dict(zip(given, inputs, strict=False))
    total = 0
    for name, state in fed.items():
        tensor = by_name[name]
        shape = [one or 1 for one in tensor["shape"]]
        initial = roles.initial[name]
        if initial.ndim == len(shape):
            shape = [known or initial.shape[at] for at, known in enumerate(tensor["shape"])]
        shape[state.axis] = 1
        width = 2 if tensor["dtype"] == "bfloat16" else np.dtype(tensor["dtype"]).itemsize
        total += int(np.prod(shape)) * width
    return {"state_bytes": Metric(total, "B", "static", 1)}


def why(view: View) -> Mapping[str, str]:
    """That no input is a state."""
    fed = [state for state in view.observer.loaded(view.model).roles.states.values() if not state.held]
    return {} if fed else {"state_bytes": errors.no_state()}
