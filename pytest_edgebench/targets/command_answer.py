"""What a user's own program wrote, checked; the schema is told in ``docs/targets.md``."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import command as errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]

SCHEMA = 1
ANSWER = "answer.json"
LARGEST_ANSWER = 64 << 20  # bytes of JSON: numbers belong there, arrays in files
COMMON = frozenset({"schema", "request", "error", "board"})
KEYS = {
    "describe": frozenset({"runtime", "cpu"}),
    "run": frozenset({"artifact", "outputs", "raw"}),
    "time": frozenset({"artifact", "calls_s", "load_s", "first_call_s"}),
    "memory": frozenset({"artifact", "peak_bytes", "baseline_bytes"}),
    "count": frozenset({"artifact", "instructions"}),
}
"""Question → keys of its answer beside the common ones."""


def read(folder: Path, request: Mapping[str, Any], program: str, doing: str, tail: str) -> dict[str, Any]:
    """The answer to a request, its keys known and its file the one asked about.

    Args:
        folder: where it was to be written.
        request: what stood in ``request.json``.
        tail: what the program printed.

    Raises:
        MeasureError: there is none, it is no JSON, of another schema, for another request or file, or it
            tells of an error.
    """
    path = folder / ANSWER
    if not path.is_file():
        raise errors.no_answer(program, doing, tail)
    if path.stat().st_size > LARGEST_ANSWER:
        raise errors.no_json(program, doing, f"it has {path.stat().st_size} bytes")
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as cause:
        raise errors.no_json(program, doing, str(cause)) from None
    if not isinstance(answer, dict):
        raise errors.wrong_key(program, "the whole", "an object with keys", answer)
    if answer.get("schema") != SCHEMA or isinstance(answer["schema"], bool):
        raise errors.other_schema(program, answer.get("schema"), SCHEMA)
    if answer.get("request") != request["request"]:
        raise errors.other_request(program)
    if (text := answer.get("error")) is not None:
        if not isinstance(text, str):
            raise errors.wrong_key(program, "error", "text", text)
        raise errors.told(program, doing, text)
    known = COMMON | KEYS[request["ask"]]
    if unknown := answer.keys() - known:
        raise errors.unknown_keys(program, unknown, known)
    wanted = request.get("artifact")
    if wanted is not None and str(answer.get("artifact")).lower() != wanted["sha256"]:
        raise errors.other_artifact(program, wanted["sha256"], answer.get("artifact"))
    return answer


def described(answer: Mapping[str, Any], program: str) -> dict[str, str]:
    """``name`` and ``version`` of the runtime, and ``cpu``."""
    runtime = answer.get("runtime")
    example = 'an object such as {"name": "litert", "version": "2.3.0"}'
    if not isinstance(runtime, dict):
        raise errors.wrong_key(program, "runtime", example, runtime)
    found = {"name": runtime.get("name"), "version": runtime.get("version"), "cpu": answer.get("cpu", "")}
    for key, value in found.items():
        if not isinstance(value, str) or (not value and key != "cpu"):
            raise errors.wrong_key(program, key if key == "cpu" else f"runtime.{key}", "text", value)
    return {key: str(value) for key, value in found.items()}


def outputs(answer: Mapping[str, Any], folder: Path, count: int, program: str) -> Arrays:
    """Outputs "0", "1", ..., each (count, ...)."""
    import numpy as np

    paths = answer.get("outputs")
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
        raise errors.wrong_key(program, "outputs", 'a list of paths, such as ["outputs/0.npy"]', paths)
    found: Arrays = {}
    for number, path in enumerate(paths):
        file = (folder / path).resolve()
        if not file.is_relative_to(folder.resolve()):
            raise errors.outside(program, path)
        try:
            array = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as cause:
            raise errors.wrong_array(program, path, str(cause)) from None
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            raise errors.wrong_array(program, path, "it holds no numbers")
        if array.ndim == 0 or len(array) != count:
            raise errors.wrong_array(program, path, f"its shape is {array.shape}, for {count} samples")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise errors.wrong_array(program, path, "it has values that are not finite")
        found[str(number)] = array
    return found


def seconds(answer: Mapping[str, Any], key: str, program: str) -> float | None:
    """A time above 0; None where it is not given."""
    value = answer.get(key)
    if value is None:
        return None
    if not _is_number(value) or not value > 0:
        raise errors.wrong_key(program, key, "seconds above 0", value)
    return float(value)


def calls(answer: Mapping[str, Any], program: str) -> list[float]:
    """Seconds of each call."""
    values = answer.get("calls_s")
    if not isinstance(values, list) or not values or not all(_is_number(v) and v > 0 for v in values):
        raise errors.wrong_key(program, "calls_s", "a list of seconds above 0, one for each call", values)
    return [float(value) for value in values]


def whole(answer: Mapping[str, Any], key: str, program: str) -> int:
    """A whole number above 0."""
    value = answer.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise errors.wrong_key(program, key, "a whole number above 0", value)
    return value


def counts(answer: Mapping[str, Any], program: str) -> list[int]:
    """Instructions of each inference."""
    values = answer.get("instructions")
    good = isinstance(values, list) and values
    if not good or any(isinstance(v, bool) or not isinstance(v, int) or v < 1 for v in values):  # type: ignore[union-attr]
        wanted = "a list of whole numbers above 0, one for each inference"
        raise errors.wrong_key(program, "instructions", wanted, values)
    return list(values)  # type: ignore[arg-type]


def board(answer: Mapping[str, Any], program: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the program tells of the device before and after; empty where it tells nothing."""
    told = answer.get("board")
    if told is None:
        return {}, {}
    if not isinstance(told, dict) or set(told) != {"before", "after"}:
        raise errors.wrong_key(program, "board", 'an object with "before" and "after"', told)
    readings = []
    for when in ("before", "after"):
        reading = told[when]
        if not isinstance(reading, dict) or reading.keys() - {"load", "celsius", "governor", "cpus"}:
            raise errors.wrong_key(
                program, f"board.{when}", "an object of load, celsius, governor, cpus", reading
            )
        for key, value in reading.items():
            if not (isinstance(value, str) if key == "governor" else _is_number(value)):
                raise errors.wrong_key(program, f"board.{when}.{key}", "text or a number", value)
        readings.append({"cpus": 1, **reading})
    return readings[0], readings[1]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
