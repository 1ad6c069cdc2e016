"""Small results by (kind, key): each file begins with a sealed card that holds the digest of the rest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts.store.trees import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.artifacts.store.seal import Seal
    from pytest_edgebench.artifacts.store.staging import Staging

KEPT_OF_OLD = ("opened", "state", "cost")
"""Kinds that are adopted from layout 1: without them a model would be trained again."""
MARK = b'{"layout": '


class Memos:
    """The files below ``memo``."""

    def __init__(self, staging: Staging, seal: Callable[[], Seal], log: Callable[[str], None]) -> None:
        self._staging = staging
        self._seal = seal
        self._log = log

    def get(self, kind: str, key: str, suffix: str) -> bytes | None:
        """A file's content; None when there is none, or it was changed, which is told."""
        path = self._path(kind, key, suffix)
        try:
            text = path.read_bytes()
        except OSError:
            return None
        name = name_of(path)
        card, _, content = text.partition(b"\n")
        if not card.startswith(MARK):
            if kind not in KEPT_OF_OLD or not self._seal().adopts(name, text):
                return None
            return text
        try:
            fields, _ = self._seal().opened(name, card)
            if fields["sha256"] != hashlib.sha256(content).hexdigest():
                raise ValueError("its content was changed")
        except (ValueError, KeyError) as cause:
            self._log(f"a result in the cache is not used and made again: {kind} of {key[:12]} ({cause})")
            return None
        return content

    def put(self, kind: str, key: str, suffix: str, content: bytes | memoryview) -> None:
        """Keep a file's content; errors as `Staging.stage`."""
        path = self._path(kind, key, suffix)
        fields = {"layout": LAYOUT, "sha256": hashlib.sha256(content).hexdigest()}
        card = self._seal().signed(name_of(path), fields)
        self._staging.replace(path, card + b"\n" + content)

    def _path(self, kind: str, key: str, suffix: str) -> Path:
        return self._staging.root / "memo" / kind / f"{key}.{suffix}"


def name_of(path: Path) -> str:
    """The name that a file's card is sealed with."""
    return f"memo/{path.parent.name}/{path.name}"


def listed(root: Path) -> dict[str, str]:
    """Name → SHA-256 of the card of each file, or of all of it where an old layout has none."""
    found = {}
    for path in (root / "memo").glob("*/*"):
        with path.open("rb") as file:
            text = file.readline()
            if text.startswith(MARK):
                text = text.removesuffix(b"\n")
            elif path.parent.name in KEPT_OF_OLD:
                text += file.read()
            else:
                continue
        found[name_of(path)] = hashlib.sha256(text).hexdigest()
    return found
