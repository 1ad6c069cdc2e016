"""The content-addressed cache of built model files, and of small results that go with them.

Layout below the root:

- ``index/<key>.json``: a sealed card, from what an artifact was made from to the digest of its files;
- ``artifacts/<digest>/``: the files, with a manifest whose SHA-256 is the folder's name;
- ``memo/<kind>/<key>.*``: small results, each with a sealed card in its first line;
- ``arrays/<sha256>.npy``: large arrays, such as outputs on many samples, which a small result names;
- ``tmp/``: what is being written. Everything appears at once, by a link or a rename.

Nothing is used in a process before its digests were computed there; what was changed is left alone, told, and
built again in its place. Who is first with a key stays.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.artifacts.artifact import Artifact
from pytest_edgebench.artifacts.store import cards, old, trees
from pytest_edgebench.artifacts.store import memos as small
from pytest_edgebench.artifacts.store import seal as seals
from pytest_edgebench.artifacts.store.large import LargeArrays, is_large
from pytest_edgebench.artifacts.store.staging import Staging
from pytest_edgebench.base.errors import EdgebenchError

if TYPE_CHECKING:
    import numpy as np

    from pytest_edgebench.record.run import ArtifactRecord

    Arrays = Mapping[str, np.ndarray[Any, np.dtype[Any]]]

LockFactory = Callable[[Path, str], AbstractContextManager[object]]
ARTIFACTS = "artifacts"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Cache:
    """Built files by key.

    Args:
        root: folder of the cache, made when something is first written.
        lock: makes a lock from the path of its file and a word on what it guards; without it nothing is
            locked, which suits one process.
        log: told of entries that were changed, and of bytes that differ.
        key_file: of the seal, outside of `root`; None for check sums only.
        below: another cache that is read where this one has nothing, and never written.
        read_only: nothing is written, not even the key.
    """

    def __init__(
        self,
        root: Path,
        lock: LockFactory = lambda path, what: contextlib.nullcontext(),
        log: Callable[[str], None] = lambda text: None,
        *,
        key_file: Path | None = None,
        below: Cache | None = None,
        read_only: bool = False,
    ) -> None:
        self.root = root
        self._lock = lock
        self._log = log
        self._key_file = key_file
        self._below = below
        self._read_only = read_only
        self._staging = Staging(root)
        if not read_only:
            self._staging.sweep()  # here, too: a process that finds all it needs stages nothing
        self._large = LargeArrays(self._staging)
        self._memos = small.Memos(self._staging, lambda: self._seal, log)
        # Text of the card and stamps of the files, as they were when their digests were computed.
        self._known: dict[str, tuple[bytes, tuple[tuple[int, int, int], ...], Artifact]] = {}
        self._refused: set[str] = set()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where its model files lie, those that are being built among them."""
        return (self.root / ARTIFACTS, self._staging.folder, *(self._below.folders if self._below else ()))

    @cached_property
    def _seal(self) -> seals.Seal:
        if self._key_file is None:
            return seals.Seal()
        return seals.load(self._key_file, self._listed, self._log, make=not self._read_only)

    def _listed(self) -> dict[str, str]:
        """All cards that are there; see `seal.load`."""
        import hashlib

        found = {
            cards.name_of(path.stem): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (self.root / "index").glob("*.json")
        }
        return found | old.listed(self.root) | small.listed(self.root)

    # Artifacts

    def get(self, key: str) -> Artifact | None:
        """The artifact made from `key`; all digests are computed with the first call in a process.

        What was changed is reported and counts as missing.
        """
        try:
            found = self._own(key)
        except ValueError as cause:
            self._refuse(key, str(cause))
            found = None
        except OSError:  # unreadable: the attempt to write says why
            found = None
        return found or (self._below.get(key) if self._below else None)

    def _own(self, key: str) -> Artifact | None:
        try:
            text = self._card(key).read_bytes()
        except FileNotFoundError:
            return self._adopted(key)
        known = self._known.get(key)
        if known and known[0] == text:
            with contextlib.suppress(OSError):
                if trees.stamps(known[2].path.parent, _tree_of(known[2])) == known[1]:
                    return known[2]
        return self._checked(key, text)

    def _checked(self, key: str, text: bytes) -> Artifact | None:
        fields, adopt = self._seal.opened(cards.name_of(key), text)
        if fields.get("layout") != trees.LAYOUT:
            return None
        try:
            record, digest = cards.record_of(fields["artifact"]), str(fields["tree"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ValueError("its index card is not readable") from None
        if not _DIGEST.fullmatch(digest):
            raise ValueError("its index card is not readable")
        folder = self.root / ARTIFACTS / digest
        stamped = trees.check(folder, digest)
        if record.key != key or record.files != stamped.sizes or stamped.model not in stamped.sizes:
            raise ValueError("its index card is of other files")
        path = folder / stamped.model
        if adopt:
            record = _confirmed(path, record)
            if not self._read_only:
                text = self._seal.signed(cards.name_of(key), cards.fields_of(record, stamped))
                with contextlib.suppress(
                    EdgebenchError
                ):  # a cache that cannot be written is read all the same
                    self._staging.replace(self._card(key), text)
        artifact = Artifact(path, record)
        self._known[key] = text, trees.stamps(folder, stamped), artifact
        return artifact

    def _adopted(self, key: str) -> Artifact | None:
        """What an earlier version kept under the key, moved to where it belongs now."""
        found = old.read(self.root / ARTIFACTS / key, self._seal)
        if found is None:
            return None
        path, record = found
        record = _confirmed(path, record)
        if self._read_only:
            return Artifact(path, record)
        with self.stage() as folder:
            for name in record.files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path.parent / name, folder / name)
            artifact = self.put(folder / path.name, record)
        shutil.rmtree(path.parent, ignore_errors=True)
        return dataclasses.replace(artifact, fresh=False)

    def put(self, staged: Path, record: ArtifactRecord) -> Artifact:
        """Move a finished model file, with all else in its folder, into the cache under ``record.key``.

        `record.files` is counted here. Where the key is known with whole files, those stay and are given
        back; that the bytes differ is reported.

        Raises:
            SettingsError: the cache cannot be written. BuildError: no room.
        """
        folder, card = staged.parent, self._card(record.key)
        with self._staging.writing():
            tree = trees.describe(folder, staged.name)
            record = dataclasses.replace(record, files=tree.sizes)
            target = self.root / ARTIFACTS / tree.digest
            first = self._first(record) if card.exists() else None
            if first is None:
                trees.place(folder, target, self._staging.folder)
                text = self._seal.signed(cards.name_of(record.key), cards.fields_of(record, tree))
                if not self._staging.add(card, text):
                    first = self._first(record)
                    if first is None:  # it was changed
                        self._staging.replace(card, text)
        if first is not None:
            return dataclasses.replace(first, fresh=first.path.parent == target)
        artifact = Artifact(target / staged.name, record)
        self._known[record.key] = text, trees.stamps(target, tree), artifact
        return dataclasses.replace(artifact, fresh=True)

    def _first(self, record: ArtifactRecord) -> Artifact | None:
        """What another process was first with; None where it is not whole."""
        first = None
        with contextlib.suppress(ValueError, OSError):
            first = self._checked(record.key, self._card(record.key).read_bytes())
        if first is not None and first.digest != record.digest:
            first_made, now = conditions(first.record.made_on), conditions(record.made_on)
            self._log(
                f"{record.key[:12]} was built again with other bytes ({record.digest[:12]} on {now}); "
                f"the first are used ({first.digest[:12]} on {first_made})"
            )
        return first

    def stage(self) -> AbstractContextManager[Path]:
        """A folder to build in, gone afterwards unless it was put into the cache; see `Staging.stage`."""
        return self._staging.stage()

    def tell(self, text: str) -> None:
        """Have something told to the user that concerns what is kept."""
        self._log(text)

    def lock(self, key: str, what: str) -> AbstractContextManager[object]:
        """The lock of one entry, held while it is made."""
        folder = self.root / "locks"
        with self._staging.writing():
            folder.mkdir(parents=True, exist_ok=True)
        return self._lock(folder / f"{key}.lock", what)

    # Small results

    def memo_get(self, kind: str, key: str) -> Any | None:
        """A JSON value kept under (kind, key); None when there is none or it was changed."""
        content = self.bytes_get(kind, key, "json")
        with contextlib.suppress(ValueError):
            return None if content is None else json.loads(content)
        return None

    def memo_put(self, kind: str, key: str, value: Any) -> None:
        """Keep a JSON value.

        Raises:
            SettingsError: the cache cannot be written. BuildError: no room.
        """
        text = json.dumps(value, sort_keys=True, allow_nan=False)
        self.bytes_put(kind, key, "json", text.encode())

    def arrays_get(self, kind: str, key: str) -> dict[str, np.ndarray[Any, np.dtype[Any]]] | None:
        """Arrays kept under (kind, key), large ones mapped from their files; None when there are none or they
        were changed."""
        content = self._memos.get(kind, key, "npz")
        if content is not None:
            return _opened(content)
        card = self._memos.get(kind, key, "json")
        if card is not None:
            try:
                return self._large.get(json.loads(card))
            except (ValueError, KeyError, TypeError, AttributeError, OSError) as cause:
                self._log(f"a result in the cache is not used and made again: {kind} of {key[:12]} ({cause})")
        return self._below.arrays_get(kind, key) if self._below else None

    def arrays_put(self, kind: str, key: str, arrays: Arrays) -> None:
        """Keep arrays; errors as `memo_put`.

        Large ones, and those of dtype object whose elements are arrays, each have a file of their own; one
        that is mapped from a file in a folder of `stage` is moved.
        """
        import io

        import numpy as np

        if is_large(arrays):
            self.memo_put(kind, key, self._large.put(arrays))
            return
        buffer = io.BytesIO()
        np.savez(buffer, **cast("Any", dict(arrays)))
        self.bytes_put(kind, key, "npz", buffer.getbuffer())

    def bytes_get(self, kind: str, key: str, suffix: str) -> bytes | None:
        """A file's content kept under (kind, key); None when there is none or it was changed."""
        found = self._memos.get(kind, key, suffix)
        return self._below.bytes_get(kind, key, suffix) if found is None and self._below else found

    def bytes_put(self, kind: str, key: str, suffix: str, content: bytes | memoryview) -> None:
        """Keep a file's content; errors as `memo_put`."""
        self._memos.put(kind, key, suffix, content)

    # Within

    def _card(self, key: str) -> Path:
        return self.root / "index" / f"{key}.json"

    def _refuse(self, key: str, reason: str) -> None:
        self._known.pop(key, None)
        if key not in self._refused:
            self._refused.add(key)
            self._log(f"cache entry {key[:12]} is damaged ({reason}) and will be built again")


def open_cache(
    folder: Path,
    trust: Literal["read-write", "read-only", "apart"],
    lock: LockFactory,
    log: Callable[[str], None],
) -> Cache:
    """The cache of a session, with its seal.

    Args:
        folder: of the cache that trusted jobs share.
        trust: what this job may do with it: "read-only" keeps what it makes in a folder apart, and reads
            there first; "apart" knows that folder only.
    """

    def key_of(folder: Path) -> Path:
        return folder.with_name(f"{folder.name}.key")

    if trust == "read-write":
        return Cache(folder, lock, log, key_file=key_of(folder))
    own = folder.with_name(f"{folder.name}-apart")
    shared = Cache(folder, log=log, key_file=key_of(folder), read_only=True) if trust == "read-only" else None
    return Cache(own, lock, log, key_file=key_of(own), below=shared)


def _opened(content: bytes) -> dict[str, np.ndarray[Any, np.dtype[Any]]] | None:
    """The arrays of an ``.npz``; None for something else."""
    import io
    import zipfile

    import numpy as np

    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return dict(archive)
    except (ValueError, OSError, zipfile.BadZipFile, EOFError):
        return None


def conditions(made_on: Mapping[str, str]) -> str:
    """What the bytes of a build may depend on, in words."""
    return ", ".join(f"{name} {value}" for name, value in made_on.items()) or "an unknown machine"


def _tree_of(artifact: Artifact) -> trees.Tree:
    return trees.Tree(artifact.path.parent.name, artifact.path.name, dict(artifact.record.files))


def _confirmed(path: Path, record: ArtifactRecord) -> ArtifactRecord:
    """The record with the file counted again, where its card has no seal of ours.

    Raises:
        ValueError: the file has another digest.
    """
    from pytest_edgebench.artifacts.inspect.file import inspect

    try:
        if canonical.digest(path) != record.digest:
            raise ValueError("its digest is of another file")
        return dataclasses.replace(record, counts=inspect(path))
    except EdgebenchError as cause:
        raise ValueError(cause.what) from None
