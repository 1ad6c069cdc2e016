"""The model files of the folder that `EDGEBENCH_ZOO` names, and what is next to them."""

from __future__ import annotations

import keyword
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest_edgebench as eb

VARIABLE = "EDGEBENCH_ZOO"
"""Environment variable: the folder with model files."""
SUFFIXES = (".onnx", ".tflite")
TAKEN = re.compile(
    "annotations|Callable|File|NAMES|TYPE_CHECKING|ZOO|eb|edge|found|original|fp16|dynamic_int8|__.*|"
    "pytest.*|test_.*|request|tmp_.*|tmpdir.*|cap(sys|fd|log|tee).*|cache|config|doctest_.*|monkeypatch|"
    "rec(ord_.*|warn)|subtests|testrun_uid|worker_id"
)
"""Names that mean something else in the suite's conftest, or as a fixture."""
HELP = f"set {VARIABLE} to a folder with .onnx or .tflite files"


@dataclass(frozen=True)
class File:
    """A model file.

    Attributes:
        path: of the file. name: of the model, a Python name made of the file's.
        samples: the ``.npz`` next to it; None without one.
        kind: "labelled" by class numbers, "expected" outputs, "given" inputs without either, or "made up".
    """

    path: Path
    name: str
    samples: Path | None
    kind: str


def files() -> list[File]:
    """All files of the folder by name; none where the variable is not set.

    Raises:
        EdgebenchError: it is not a folder, or has no model file.
    """
    root = os.environ.get(VARIABLE, "")
    if not root:
        return []
    folder = Path(root).resolve()
    if not folder.is_dir():
        raise eb.EdgebenchError(f"{root!r} is not a folder", where=VARIABLE, fix=HELP)
    paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    if not paths:
        raise eb.EdgebenchError(f"no model file in {root!r}", where=VARIABLE, fix=HELP)
    names: dict[str, Path] = {}
    for path in paths:
        names[_name(path, names)] = path
    return [_file(path, name) for name, path in names.items()]


def found() -> tuple[list[File], str]:
    """All files, and why there are none."""
    try:
        known = files()
    except eb.EdgebenchError as error:
        return [], str(error)
    return known, "" if known else f"{VARIABLE} is not set: {HELP}"


def _name(path: Path, taken: dict[str, Path]) -> str:
    """``mobilenet-v2.onnx`` → ``mobilenet_v2``; with the format, or a number, where that is taken."""
    plain = re.sub(r"\W+", "_", path.stem, flags=re.ASCII).strip("_") or "model"
    plain = f"m_{plain}" if not _is_free(plain) else plain
    options = [plain, f"{plain}_{path.suffix[1:]}"]
    return next(name for name in (*options, *(f"{plain}_{n}" for n in range(2, 10_000))) if name not in taken)


def _is_free(name: str) -> bool:
    """Whether it may be a name in the suite's conftest: no number, no word of Python, pytest or ours."""
    return name.isidentifier() and not keyword.iskeyword(name) and not TAKEN.fullmatch(name)


def _file(path: Path, name: str) -> File:
    import numpy as np

    samples = path.with_suffix(".npz")
    if not samples.is_file():
        return File(path, name, None, "made up")
    try:
        with np.load(samples, allow_pickle=False) as arrays:
            labels = arrays["y"] if "y" in arrays.files else None
    except Exception:  # noqa: BLE001 - of a damaged file zipfile, zlib and numpy raise theirs
        labels = None  # told where this model is fed: the others are judged all the same
    if labels is None:
        return File(path, name, samples, "given")
    return File(
        path, name, samples, "labelled" if labels.dtype.kind in "iu" and labels.ndim == 1 else "expected"
    )
