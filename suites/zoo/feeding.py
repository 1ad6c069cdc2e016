"""How a file is fed: its samples or made-up ones, which a worker runs to know what the file answers."""

from __future__ import annotations

import functools
import tempfile
from ast import literal_eval
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.zoo.likeness import likeness

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from pytest_edgebench.commands.init_layouts import Plan
    from pytest_edgebench.commands.init_probe import Probe
    from pytest_edgebench.suites.zoo.folder import File

    Array = np.ndarray[Any, np.dtype[Any]]

LABELS = "y"


def model(file: File) -> eb.Model:
    """The model of a file, with data and score.

    Raises:
        EdgebenchError: it cannot be loaded or fed.
    """
    plan, inputs, labels, judged = _fed(file)
    score = eb.top1 if file.kind == "labelled" else likeness(judged)
    told = {
        "labelled": f"{_name(file)}: inputs and labels as given",
        "expected": f"{_name(file)}: inputs and expected outputs as given",
        "given": f"{_name(file)}: inputs as given; expected is what the file itself answers",
        "made up": "inputs made up from a seed; expected is what the file itself answers",
    }[file.kind]
    return eb.Model(file.path, data=(_roles(plan, inputs), labels), score=score, data_source=told)


def _name(file: File) -> str:
    return file.samples.name if file.samples is not None else ""


def _fed(file: File) -> tuple[Plan, Mapping[str, Array], Array, int]:
    """How the file is fed, its sample inputs, labels, and which output they are of."""
    probe = _probe(file.path)
    try:
        interface = probe.interface()
    except eb.EdgebenchError as error:
        fix = "take the file out of the folder, or write it again"
        raise eb.EdgebenchError(error.what, where=str(file.path), fix=fix) from None
    try:
        if file.samples is None:
            known = probe.answers(interface, {})
    except eb.EdgebenchError as error:
        raise eb.EdgebenchError(
            error.what,
            where=str(file.path),
            fix=f"put its inputs next to it as {file.path.stem}.npz, or take the file out of the folder",
        ) from None
    if file.samples is None:
        judged = probe.run(file.path, known.plan, known.inputs)[known.judged]
        return known.plan, known.inputs, judged, known.judged
    arrays = _arrays(file.samples, [tensor["name"] for tensor in interface.inputs])
    labels = arrays.pop(LABELS, None)
    if labels is not None and labels.dtype.kind not in "biuf":
        raise eb.EdgebenchError(
            f"the labels y in {file.samples.name} are of dtype {labels.dtype}",
            where=str(file.samples),
            fix="give class numbers, or the first output as it is expected",
        )
    try:
        known = probe.answers(interface, {name: array.shape[1:] for name, array in arrays.items()})
    except eb.EdgebenchError as error:
        fix = f"correct the arrays in {file.samples.name}: samples along the first axis, then the input's own"
        raise eb.EdgebenchError(error.what, where=str(file.samples), fix=fix) from None
    wanted = [role.name for role in known.plan.samples]
    if missing := [name for name in wanted if name not in arrays]:
        raise eb.EdgebenchError(
            f"{file.samples.name} has no input {', '.join(map(repr, missing))}",
            where=str(file.samples),
            fix=f"give it the arrays {', '.join(map(repr, wanted))}, samples along the first axis",
        )
    inputs = {name: arrays[name] for name in wanted}
    if labels is None:
        labels = probe.run(file.path, known.plan, inputs)[known.judged]
    return known.plan, inputs, labels, known.judged


def _arrays(path: Path, names: list[str]) -> dict[str, Array]:
    """The arrays of an ``.npz`` by input; ``x`` is the only or first one."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # noqa: BLE001 - of a damaged file zipfile, zlib and numpy raise theirs
        raise eb.EdgebenchError(
            f"{path.name} cannot be read: {type(error).__name__}: {error}",
            where=str(path),
            fix="write it with numpy.savez; arrays of objects are not read",
        ) from None
    if "x" in arrays and "x" not in names:
        arrays = {names[0] if name == "x" else name: array for name, array in arrays.items()}
    if unknown := [name for name in arrays if name not in (*names, LABELS)]:
        raise eb.EdgebenchError(
            f"{path.name} has arrays that are no input of the model: {', '.join(map(repr, unknown))}",
            where=str(path),
            fix=f"name them as the inputs are: {', '.join(map(repr, names))}, and the labels 'y'",
        )
    return arrays


def _roles(plan: Plan, inputs: Mapping[str, Array]) -> dict[str, Any]:
    """What `eb.Model` takes: samples, constants and states in the file's order."""
    import numpy as np

    found: dict[str, Any] = {}
    for role in plan.roles:
        if role.kind == "sample":
            found[role.name] = inputs[role.name]
        elif role.kind == "constant":
            found[role.name] = eb.Constant(np.full(role.shape, literal_eval(role.value)))
        else:
            found[role.name] = eb.State(role.output, axis=role.axis)
    return found


def _probe(path: Path) -> Probe:
    """What loads and runs the file in a worker of its own, under the restrictions of any other worker."""
    from pytest_edgebench.commands.init_probe import Probe
    from pytest_edgebench.runtimes.known import usual
    from pytest_edgebench.workers.spec import Spec

    return Probe(_pool(path.parent), Spec(usual(path.suffix[1:])), path)  # type: ignore[arg-type]


@functools.cache
def _pool(folder: Path) -> Any:
    """Workers that may read the folder; they end with this process."""
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.workers.sandbox import Sandbox

    return Pool(Path(tempfile.mkdtemp(prefix="edgebench-")), Sandbox("auto", (folder,)))
