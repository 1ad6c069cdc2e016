"""The seal of what a cache holds: whether an index card was written by somebody who knows the cache's key.

A digest finds a changed file, not one that was changed together with its digest. So each card carries an HMAC
(RFC 2104) by a key that is not in the cache's folder: a file beside it, made with the first session, or
``EDGEBENCH_CACHE_KEY``, a secret that jobs of strangers do not get. A cache that is older than its key file
(restored in CI, made by an earlier version) was listed when the key was made, and only what was listed is
adopted.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import errors

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = "EDGEBENCH_CACHE_KEY"
SHORTEST = 16
Listing = Callable[[], dict[str, str]]


class Seal:
    """Signs cards and checks them.

    Args:
        secret: the key; empty for a mere check sum.
        adopted: name of a card → SHA-256 of its text: cards of other keys that are to be used all the same.
    """

    def __init__(self, secret: bytes = b"", adopted: Mapping[str, str] | None = None) -> None:
        self._secret = secret
        self._adopted = adopted or {}
        self.by = self._mac(b"id")[:12] if secret else ""

    def signed(self, name: str, fields: Mapping[str, Any]) -> bytes:
        """The text of a card, one line of JSON, which holds for this name only."""
        seal = {"by": self.by, "mac": self._mac(_text(name, fields))}
        return json.dumps({**fields, "seal": seal}, sort_keys=True).encode()

    def opened(self, name: str, text: bytes) -> tuple[dict[str, Any], bool]:
        """The fields of a card, and whether it is to be adopted: checked all through and signed again.

        Raises:
            ValueError: it was changed, or signed by somebody else; why, in words.
        """
        try:
            fields = json.loads(text)
            seal = fields.pop("seal")
            by, mac = str(seal["by"]), str(seal["mac"])
            wanted = self._mac(_text(name, fields))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ValueError("its index card is not readable") from None
        if by == self.by and hmac.compare_digest(mac.encode(), wanted.encode()):
            return fields, False
        if self.adopts(name, text):
            return fields, True
        raise ValueError(
            "its index card was changed" if by == self.by else "its index card is sealed with another key"
        )

    def adopts(self, name: str, text: bytes) -> bool:
        """Whether a card of somebody else was there before the key."""
        return self._adopted.get(name) == hashlib.sha256(text).hexdigest()

    def _mac(self, text: bytes) -> str:
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()


def load(
    place: Path, listing: Listing, log: Callable[[str], None] = lambda text: None, *, make: bool = True
) -> Seal:
    """The seal of a cache.

    Args:
        place: of the key's file, outside the cache's folder.
        listing: name → SHA-256 of all cards that are there; called once, when the key is made.
        make: without it no file is made, and what is there is adopted for this process.

    Raises:
        SettingsError: the key in the environment is too short to be one.
    """
    given = os.environ.get(ENVIRONMENT)
    if given is not None:
        if len(given) < SHORTEST:
            raise errors.short_key(ENVIRONMENT, len(given), SHORTEST)
        return Seal(given.encode())
    with contextlib.suppress(FileNotFoundError, PermissionError, NotADirectoryError):
        found = _read(place)
        if found is not None:
            return found
        log(f"the cache's key in {place.name} is damaged: what was built with it is built again")
        with contextlib.suppress(OSError):
            place.unlink()
        listing = dict
    value = {"secret": os.urandom(32).hex(), "adopted": listing()}
    if make:
        with contextlib.suppress(OSError):  # told when the cache itself is written
            _make(place, value)
            return _read(place) or Seal()
    return Seal(bytes.fromhex(str(value["secret"])), value["adopted"])  # type: ignore[arg-type]


def _read(place: Path) -> Seal | None:
    """None where it is damaged."""
    try:
        value = json.loads(place.read_text(encoding="utf-8"))
        secret, adopted = bytes.fromhex(value["secret"]), dict(value["adopted"])
    except (ValueError, KeyError, TypeError):
        return None
    return Seal(secret, adopted) if secret else None


def _make(place: Path, value: Mapping[str, Any]) -> None:
    """Write the key, unless another process was quicker."""
    place.parent.mkdir(parents=True, exist_ok=True)
    staged = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        staged.write_text(json.dumps(value), encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            place.hardlink_to(staged)
    except OSError:  # a file system without links
        staged.replace(place)
    finally:
        staged.unlink(missing_ok=True)


def _text(name: str, fields: Mapping[str, Any]) -> bytes:
    return json.dumps([name, fields], sort_keys=True).encode()
