"""The content-addressed cache of built model files, and of small results that go with them.

Layout below the root: ``artifacts/<key>/`` with the files and ``manifest.json``; ``memo/<kind>/<key>.*``;
``tmp/`` for what is being written. Everything appears at once by a rename; a folder left in ``tmp`` by a
killed process is recognised by its lock, which the kernel has released, and swept.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

from pytest_edgebench.artifacts.artifact import Artifact
from pytest_edgebench.artifacts.canonical import file_digest
from pytest_edgebench.errors import build as errors
from pytest_edgebench.record.run import ArtifactRecord, Counts, StepRecord

if TYPE_CHECKING:
    import numpy as np

    Arrays = Mapping[str, np.ndarray[Any, np.dtype[Any]]]

MANIFEST = "manifest.json"
LAYOUT = 1  # of the manifest; another number is a miss

LockFactory = Callable[[Path, str], AbstractContextManager[object]]


class Cache:
    """Built files by key.

    Args:
        root: folder of the cache, made when something is first written.
        lock: makes a lock from the path of its file and a word on what it guards; without it nothing is
            locked, which suits one process.
        log: told of damaged entries.
    """

    def __init__(
        self,
        root: Path,
        lock: LockFactory = lambda path, what: contextlib.nullcontext(),
        log: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.root = root
        self._lock = lock
        self._log = log
        self._known: dict[str, Artifact] = {}
        self._swept = False

    # Artifacts

    def get(self, key: str) -> Artifact | None:
        """The artifact made from `key`, its files checked by size and (once a process) by digest.

        A damaged entry is dropped, told, and counts as missing.
        """
        folder = self._folder(key)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if manifest["layout"] != LAYOUT:
                return None
            record = _record(manifest["artifact"])
            whole = all((folder / name).stat().st_size == size for name, size in record.files.items())
            if whole and key in self._known:
                return self._known[key]
            sums = manifest["sha256"]
            if not whole or any(file_digest(folder / name) != sums[name] for name in record.files):
                raise ValueError("a file was changed")
            artifact = Artifact(folder / manifest["model"], record)
        except FileNotFoundError:
            if not folder.exists():
                return None
            self._drop(key, "a file is missing")
            return None
        except OSError:
            return None  # unreadable: the attempt to write says why
        except (ValueError, KeyError, TypeError) as cause:
            self._drop(key, str(cause))
            return None
        self._known[key] = artifact
        return artifact

    def put(self, staged: Path, record: ArtifactRecord) -> Artifact:
        """Move a finished model file, with all else in its folder, into the cache under ``record.key``.

        `record.files` is counted here.

        Raises:
            SettingsError: the cache cannot be written. BuildError: no room.
        """
        folder = staged.parent
        with self._writing():
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            names = {str(path.relative_to(folder)): path for path in files}
            record = dataclasses.replace(record, files={n: p.stat().st_size for n, p in names.items()})
            manifest = {
                "layout": LAYOUT,
                "model": staged.name,
                "sha256": {name: file_digest(path) for name, path in names.items()},
                "artifact": dataclasses.asdict(record),
            }
            text = json.dumps(manifest, indent=1, sort_keys=True)
            (folder / MANIFEST).write_text(text, encoding="utf-8")
            for path in (*files, folder / MANIFEST):
                _sync(path)
            target = self._folder(record.key)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():  # a damaged one, or one that another process finished meanwhile
                shutil.rmtree(target)
            folder.rename(target)
            _sync(target.parent)
        artifact = Artifact(target / staged.name, record, fresh=True)
        self._known[record.key] = dataclasses.replace(artifact, fresh=False)
        return artifact

    @contextlib.contextmanager
    def stage(self) -> Iterator[Path]:
        """A folder to build in, gone afterwards unless it was put into the cache.

        Raises:
            SettingsError: the cache cannot be written. BuildError: no room, also while the block writes.
        """
        with self._writing():
            temporary = self.root / "tmp"
            temporary.mkdir(parents=True, exist_ok=True)
            self._sweep(temporary)
            name, guard = _guarded(temporary)
        folder = temporary / name
        try:
            with self._writing(folder):
                folder.mkdir()
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            Path(guard.name).unlink(missing_ok=True)
            guard.close()

    def lock(self, key: str, what: str) -> AbstractContextManager[object]:
        """The lock of one entry, held while it is made."""
        folder = self.root / "locks"
        with self._writing():
            folder.mkdir(parents=True, exist_ok=True)
        return self._lock(folder / f"{key}.lock", what)

    # Small results

    def memo_get(self, kind: str, key: str) -> Any | None:
        """A JSON value kept under (kind, key); None when there is none or it is damaged."""
        try:
            return json.loads(self._memo(kind, key, "json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def memo_put(self, kind: str, key: str, value: Any) -> None:
        """Keep a JSON value.

        Raises:
            SettingsError: the cache cannot be written. BuildError: no room.
        """
        text = json.dumps(value, sort_keys=True, allow_nan=False)
        self.bytes_put(kind, key, "json", text.encode())

    def arrays_get(self, kind: str, key: str) -> dict[str, np.ndarray[Any, np.dtype[Any]]] | None:
        """Arrays kept under (kind, key); None when there are none or they are damaged."""
        import zipfile

        import numpy as np

        path = self._memo(kind, key, "npz")
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as archive:
                return dict(archive)
        except (ValueError, OSError, zipfile.BadZipFile, EOFError):
            return None

    def arrays_put(self, kind: str, key: str, arrays: Arrays) -> None:
        """Keep arrays; errors as `memo_put`."""
        import io

        import numpy as np

        buffer = io.BytesIO()
        np.savez(buffer, **cast("Any", dict(arrays)))
        self.bytes_put(kind, key, "npz", buffer.getbuffer())

    def bytes_get(self, kind: str, key: str, suffix: str) -> bytes | None:
        """A file's content kept under (kind, key)."""
        path = self._memo(kind, key, suffix)
        return path.read_bytes() if path.is_file() else None

    def bytes_put(self, kind: str, key: str, suffix: str, content: bytes | memoryview) -> None:
        """Keep a file's content; errors as `memo_put`."""
        path = self._memo(kind, key, suffix)
        with self.stage() as folder:
            staged = folder / path.name
            staged.write_bytes(content)
            _sync(staged)
            path.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(path)
            _sync(path.parent)

    # Within

    def _folder(self, key: str) -> Path:
        return self.root / "artifacts" / key

    def _memo(self, kind: str, key: str, suffix: str) -> Path:
        return self.root / "memo" / kind / f"{key}.{suffix}"

    def _drop(self, key: str, reason: str) -> None:
        self._log(f"cache entry {key[:12]} is damaged ({reason}) and will be built again")
        self._known.pop(key, None)
        with self._writing():
            shutil.rmtree(self._folder(key))

    @contextlib.contextmanager
    def _writing(self, only: Path | None = None) -> Iterator[None]:
        """Turn what the system says into our errors; with `only`, other people's OSErrors pass."""
        try:
            yield
        except OSError as cause:
            ours = only is None or errors.is_full(cause) or str(cause.filename or "").startswith(str(only))
            if not ours:
                raise
            raise errors.cannot_write(self.root, cause) from cause

    def _sweep(self, temporary: Path) -> None:
        """Remove what killed processes left: their locks are free."""
        if self._swept:
            return
        self._swept = True
        for lock in temporary.glob("*.lock"):
            with contextlib.suppress(OSError), lock.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink()


def _guarded(temporary: Path) -> tuple[str, IO[bytes]]:
    """A new name with a lock file that is held as long as this process lives."""
    while True:
        name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        path = temporary / f"{name}.lock"
        guard = path.open("xb")
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists():  # else a sweeper came between
                return name, guard
        guard.close()


def _sync(path: Path) -> None:
    """Have a file or folder on disk before anything refers to it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _record(value: dict[str, Any]) -> ArtifactRecord:
    steps = tuple(
        StepRecord(
            step=step["step"],
            stage=cast("Literal['torch', 'export', 'file']", step["stage"]),
            before=_counts(step["before"]),
            after=_counts(step["after"]),
            sizes=step.get("sizes", {}),
        )
        for step in value["steps"]
    )
    counts = Counts(**value["counts"])
    return ArtifactRecord(**{**value, "counts": counts, "steps": steps, "notes": tuple(value["notes"])})


def _counts(value: dict[str, Any] | None) -> Counts | None:
    return None if value is None else Counts(**value)
