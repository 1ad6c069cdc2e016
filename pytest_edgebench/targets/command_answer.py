"""What a user's own program wrote, checked; the schema is told in ``docs/targets.md``."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import npy_header
from pytest_edgebench.targets import command_errors as errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
    Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]

SCHEMA = 1
ANSWER = "answer.json"
LARGEST_ANSWER = 64 << 20  # bytes of JSON: numbers belong there, arrays in files
LONGEST_NAME = 200
COMMON = frozenset({"schema", "request", "error", "board"})
KEYS = {
    "describe": frozenset({"runtime", "cpu"}),
    "run": frozenset({"artifact", "outputs", "raw"}),
    "time": frozenset({"artifact", "calls_s", "mean_s", "load_s", "first_call_s"}),
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
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_ANSWER + 1)
        if len(content) > LARGEST_ANSWER:
            raise errors.no_json(program, doing, f"it has more than {LARGEST_ANSWER:,} bytes")
        answer = json.loads(content.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as cause:
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
        if not isinstance(value, str) or (not value and key != "cpu") or not _is_name(value):
            wanted = f"text of one line, at most {LONGEST_NAME} characters"
            raise errors.wrong_key(program, key if key == "cpu" else f"runtime.{key}", wanted, value)
    return {key: str(value) for key, value in found.items()}


def outputs(answer: Mapping[str, Any], folder: Path, count: int, program: str) -> Arrays:
    """Outputs "0", "1", ..., each (count, ...); each header is checked before its array is read.

    Raises:
        MeasureError: a path that leads nowhere or outside, a file that holds no such array.
    """
    paths = answer.get("outputs")
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
        raise errors.wrong_key(program, "outputs", 'a list of paths, such as ["outputs/0.npy"]', paths)
    found: Arrays = {}
    for number, path in enumerate(paths):
        try:
            file = (folder / path).resolve()
            inside, regular = file.is_relative_to(folder.resolve()), file.is_file()
        except (OSError, ValueError, RuntimeError) as cause:  # too long, with a NUL, links in a circle
            raise errors.wrong_array(program, path, str(cause)) from None
        if not inside:
            raise errors.outside(program, path)
        if not regular:
            raise errors.wrong_array(program, path, "there is no such file")
        try:
            found[str(number)] = _array(file, count)
        except Exception as cause:  # noqa: BLE001 - whatever numpy raises of a file it cannot read
            raise errors.wrong_array(program, path, str(cause) or type(cause).__name__) from None
    return found


def _array(file: Path, count: int) -> Array:
    """The numbers of an ``.npy``, (count, ...); any mistake is an exception that says what it is."""
    import numpy as np

    with file.open("rb") as opened, warnings.catch_warnings():
        warnings.simplefilter("error")
        shape, dtype = npy_header.checked(opened, file.stat().st_size)
        if dtype.kind not in "fiub":
            raise ValueError("it holds no numbers")
        if not shape or shape[0] != count:
            raise ValueError(f"its shape is {shape}, for {count} samples")
        opened.seek(0)
        array: Array = np.lib.format.read_array(opened, allow_pickle=False)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("it has values that are not finite")
    return array


def _is_name(text: str) -> bool:
    return text.isprintable() and len(text) <= LONGEST_NAME
