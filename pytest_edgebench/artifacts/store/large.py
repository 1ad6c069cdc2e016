"""Large arrays, each in an ``.npy`` named by its SHA-256, which is mapped into memory where it is used."""

from __future__ import annotations

import hashlib
import math
import re
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts.store.staging import sync

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.artifacts.store.staging import Staging

    Array = np.ndarray[Any, np.dtype[Any]]

LARGE_BYTES = 16 << 20  # of all arrays of an entry
FOLDER = "arrays"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_large(arrays: Mapping[str, Array]) -> bool:
    """Whether arrays are kept in files of their own: many bytes, or samples that differ in shape."""
    return any(array.dtype.hasobject for array in arrays.values()) or (
        sum(array.nbytes for array in arrays.values()) > LARGE_BYTES
    )


class LargeArrays:
    """The files below ``arrays``."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._checked: dict[Path, tuple[int, int, int]] = {}

    def put(self, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """Keep arrays; what `get` takes, as JSON. Errors as `Staging.stage`.

        A file of the staging folder that an array is mapped from is moved.
        """
        found = {}
        with self._staging.stage() as folder:
            for number, (name, array) in enumerate(arrays.items()):
                path, shapes = _written(array, folder / f"{number}.npy", self._staging.folder)
                with self._staging.writing():
                    with path.open("rb") as file:
                        digest = hashlib.file_digest(file, "sha256").hexdigest()
                    sync(path)
                    target = self._path(digest)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(target)
                    self._checked[target] = _stamp(target)
                found[name] = {"sha256": digest, **({} if shapes is None else {"shapes": shapes})}
        return found

    def get(self, told: Any) -> dict[str, Array]:
        """The arrays that `put` kept.

        Raises:
            ValueError, KeyError, OSError: some of them are not there, or were changed.
        """
        import numpy as np

        found = {}
        for name, card in dict(told).items():
            digest = str(card["sha256"])
            if not _DIGEST.fullmatch(digest):
                raise ValueError(f"{digest!r} is no digest")
            path = self._path(digest)
            if self._checked.get(path) != (stamp := _stamp(path)):
                with path.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                        raise ValueError("its content was changed")
                self._checked[path] = stamp
            # A score that writes into what it is given changes no file.
            array: Array = np.load(path, mmap_mode="c", allow_pickle=False)
            shapes = card.get("shapes")
            found[str(name)] = array if shapes is None else _apart(array, shapes)
        return found

    def _path(self, digest: str) -> Path:
        return self._staging.root / FOLDER / f"{digest}.npy"


def _stamp(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _written(array: Array, path: Path, staging: Path) -> tuple[Path, list[list[int]] | None]:
    """The file that holds an array, and the shapes of its samples where they differ."""
    import numpy as np

    if not array.dtype.hasobject:
        mapped = type(path)(getattr(array, "filename", None) or path)
        if mapped.is_relative_to(staging) and mapped.is_file():
            whole = np.load(mapped, mmap_mode="r", allow_pickle=False)
            if (whole.shape, whole.dtype) == (array.shape, array.dtype):
                return mapped, None
        np.save(path, array, allow_pickle=False)
        return path, None
    shapes = [list(sample.shape) for sample in array]
    flat = np.lib.format.open_memmap(path, "w+", array[0].dtype, (sum(map(math.prod, shapes)),))
    at = 0
    for sample in array:
        flat[at : at + sample.size] = sample.reshape(-1)
        at += sample.size
    flat.flush()
    return path, shapes


def _apart(flat: Array, shapes: Any) -> Array:
    """Samples of these shapes that lie one after the other, as an array of dtype object, (N,)."""
    import numpy as np

    found = np.empty(len(shapes), object)
    at = 0
    for number, shape in enumerate(shapes):
        size = math.prod(shape)
        found[number] = flat[at : at + size].reshape(shape)
        at += size
    if at != len(flat):
        raise ValueError("its shapes are of other arrays")
    return found
