"""An engine as the runtime file of a worker: a model file is quantized where it can do no harm.

The other side is `pytest_edgebench.compressors.build.engine`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import EdgebenchError, is_full
from pytest_edgebench.compressors.engines import known
from pytest_edgebench.samples.ragged_calls import RaggedCalls
from pytest_edgebench.samples.roles import Calls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
    Answer = tuple[dict[str, Any], dict[str, Array]]


def describe() -> dict[str, str]:
    return {"name": "quantizer", "version": ""}


def ask(request: Mapping[str, Any], arrays: dict[str, Array]) -> Answer:
    """One function of an engine; what it raises for a user to fix is an answer, too."""
    try:
        engine = known.find(request["engine"]).module
        if request["function"] == "layers":
            return {"layers": engine.layers(Path(request["source"]), _asked(request))}, {}
        return _written(engine, request, arrays)
    except EdgebenchError as error:
        kind, said = type(error).__name__, {"what": error.what, "where": error.where, "fix": error.fix}
    except ImportError as cause:
        kind, said = type(cause).__name__, {"what": str(cause), "name": cause.name or ""}
    except OSError as cause:
        if not is_full(cause):
            raise
        return {"raised": "OSError", "errno": cause.errno, "what": cause.strerror or str(cause)}, {}
    return {"raised": kind, **said}, {}


def _written(engine: Any, request: Mapping[str, Any], arrays: dict[str, Array]) -> Answer:
    """Name → content of the files that a function writes, the notes that it makes, and what it returns."""
    import numpy as np

    notes: list[str] = []
    with _workplace(request["folder"]) as folder:
        source, target = Path(request["source"]), Path(folder) / request["target"]
        if request["function"] == "prepared":
            used = Path(engine.prepared(source, target)) != source
        else:
            samples = unpacked(request["samples"], arrays)
            engine.quantize(source, target, _asked(request), samples, notes.append)
            used = True
        paths = sorted(Path(folder).iterdir()) if used else []
        names = [path.name for path in paths]
        return {"notes": notes, "files": names}, {
            str(n): np.fromfile(path, np.uint8) for n, path in enumerate(paths)
        }


def _workplace(folder: str) -> tempfile.TemporaryDirectory[str]:
    """Beside the artifact that is being built, whose folder is swept; in the sandbox, which may not write
    there, in the worker's own."""
    try:
        return tempfile.TemporaryDirectory(prefix=".engine-", dir=folder)
    except OSError:
        return tempfile.TemporaryDirectory(prefix=".engine-")


def _asked(request: Mapping[str, Any]) -> Any:
    from pytest_edgebench.compressors.engines.quantization import Quantization

    given = request["asked"]
    return Quantization(**{name: _tuples(value) for name, value in given.items()})


def _tuples(value: Any) -> Any:
    """What JSON made lists of."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def packed(samples: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Array]]:
    """Calibration samples as JSON and plain arrays, for `unpacked`."""
    import numpy as np

    told: list[dict[str, Any]] = []
    arrays: dict[str, Array] = {}
    for at, (name, given) in enumerate(samples.items()):
        if isinstance(given, RaggedCalls):
            arrays |= {f"{at}/{n}": one for n, one in enumerate(given.arrays)}
            told.append({"name": name, "each": len(given), "ragged": True})
            continue
        calls = isinstance(given, Calls)
        array = given.array if calls else given
        each = [np.asarray(one) for one in array] if array.dtype.kind == "O" else None
        arrays |= {str(at): array} if each is None else {f"{at}/{n}": one for n, one in enumerate(each)}
        entry: dict[str, Any] = {"name": name, "each": None if each is None else len(each)}
        told.append(entry | ({"count": given.count, "axis": given.axis} if calls else {}))
    return told, arrays


def unpacked(told: Sequence[Mapping[str, Any]], arrays: Mapping[str, Array]) -> dict[str, Any]:
    """What `packed` was given."""
    import numpy as np

    found: dict[str, Any] = {}
    for at, entry in enumerate(told):
        if entry["each"] is None:
            array = arrays[str(at)]
        elif entry.get("ragged"):
            each = tuple(arrays[f"{at}/{n}"] for n in range(entry["each"]))
            found[entry["name"]] = RaggedCalls(each, "the calibration data")
            continue
        else:
            array = np.empty(entry["each"], object)
            array[:] = [arrays[f"{at}/{n}"] for n in range(entry["each"])]
        found[entry["name"]] = Calls(array, entry["count"], entry["axis"]) if "count" in entry else array
    return found
