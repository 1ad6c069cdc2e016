"""What the parts of `identity` share: encoding, refusals, and the walk they are given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pytest_edgebench.base.errors import DeclarationError

Message = Callable[[str, str], DeclarationError]  # (reached, where) -> error


class Refusal(Exception):  # noqa: N818 - carries a refusal outwards, is never shown
    """A value without identity; each level it passes adds where it was reached from."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message
        self.trail: list[str] = []


@dataclass(frozen=True, slots=True)
class Code:
    """A function, class or module whose text is part of the identity.

    Attributes:
        thing: keeps the object alive, so that its `id` stays its own.
        label: for messages, e.g. "train()".
        where: ``file:line``.
        describe: gives what it contributes.
        parent: the code that uses it.
    """

    thing: object
    label: str
    where: str
    describe: Callable[[], bytes] = field(compare=False)
    parent: Code | None = None


class Walk(Protocol):
    """One traversal of everything a value reaches."""

    def of(self, value: object) -> bytes:
        """The identity of a value; raises `Refusal`."""

    def part(self, value: object, label: str, *given: object) -> bytes:
        """As `of`; `label` formatted with `given` says in messages where the value was found."""

    def code(
        self, thing: object, label: str, where: str, short: bytes, describe: Callable[[], bytes]
    ) -> bytes:
        """A reference to code, described once however often it is reached.

        Deferring the description makes recursion and diamonds harmless. `short` identifies the code
        without what it uses; it is only used to bring the members of sets into an order.
        """


def pack(tag: str, *parts: bytes | memoryview) -> bytes:
    """SHA-256 over a tag and parts, free of ambiguity about where one part ends."""
    return _packed(tag, parts).digest()


def unfinished(tag: str, *parts: bytes, size: int) -> hashlib._Hash:
    """As `pack` with one more part of `size` bytes, which the caller adds in pieces."""
    hasher = _packed(tag, parts)
    hasher.update(size.to_bytes(8, "little"))
    return hasher


def _packed(tag: str, parts: tuple[bytes | memoryview, ...]) -> hashlib._Hash:
    hasher = hashlib.sha256()
    for part in (tag.encode(), *parts):  # memoryviews are of bytes: their length is in bytes
        hasher.update(len(part).to_bytes(8, "little"))
        hasher.update(part)
    return hasher


def text(value: str) -> bytes:
    """UTF-8, also of the lone surrogates Python allows in text."""
    return value.encode("utf-8", "surrogatepass")
