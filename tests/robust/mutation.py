"""Changes of a file at random: of its bytes, the values of a JSON or TOML text, the fields of a message."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

SPICE = (
    b"\x00", b"\xff", b"'", b'"', b"(", b"{", b"[", b"9" * 12, b"-1", b"<O8", b"|O", b"V0", b"<U9",
    b"\x1b[2J", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"\r\n::error::x",
    "\u202e".encode(),
)  # fmt: skip
LONG = "n" * 5000
TEXTS = ("", LONG, "../../../../etc/passwd", "/etc/passwd", "a\x00b", "\x1b[31m\x1b]0;x\x07", "\u202e",
         "\n::error::x", "NaN", "1e999", ".", "nan %", "baseline", "\ud800")  # fmt: skip
NUMBERS = (0, -1, 1, 2**31 - 1, -(2**31), 2**31, 2**62, -(2**63), 10**18)
VALUES: tuple[Any, ...] = (
    None, True, False, *NUMBERS, 10**400, 0.0, -0.5, 1e308, 5e-324, float("nan"), float("inf"), *TEXTS,
    [], {}, [[]], [None], {"": 0}, [1] * 50,
)  # fmt: skip
WORDS = (
    "nan", "inf", "-1", "10000000000000000000000", "1e308", "true", '""', "[]", "{}", '"\\u202e"',
    "2026-13-45", "1979-05-27T07:32:00Z", f'"{LONG}"', "'''", "[[[[[[[[", "0x",
    '"0 B"', '"model + 1000 points"', "{a = {b = {}}}",
)  # fmt: skip


def in_bytes(content: bytes, chance: random.Random) -> bytes:
    """Flipped, removed, put in, repeated or cut."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[at : at + chance.randrange(1, 40)]
        elif kind == 2:
            spice = chance.choice(SPICE)
            changed[at : at + len(spice) * chance.randrange(2)] = spice
        elif kind == 3:
            del changed[at:]
        elif kind == 4:
            changed[at:at] = changed[: chance.randrange(40)]
        elif len(changed) >= 4:
            word = 4 * chance.randrange(len(changed) // 4)
            changed[word : word + 4] = (chance.choice(NUMBERS) & 0xFFFFFFFF).to_bytes(4, "little")
    return bytes(changed)


def in_json(content: bytes, chance: random.Random) -> bytes:
    """A value replaced, removed or doubled somewhere; sometimes a change of the bytes."""
    if chance.random() < 0.25:
        return in_bytes(content, chance)
    if chance.random() < 0.02:
        return b'{"a": ' * 100_000
    whole = json.loads(content)
    for _ in range(chance.choice((1, 1, 2))):
        _put(whole, chance)
    return json.dumps(whole).encode("utf-8", "surrogatepass")


def _put(whole: Any, chance: random.Random) -> None:
    at = whole
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return
        key = chance.choice(keys)
        below = at[key]
        if isinstance(below, dict | list) and below and chance.random() < 0.8:
            at = below
            continue
        kind = chance.randrange(6)
        if kind == 0:
            del at[key]
        elif kind == 1 and isinstance(at, dict):
            at[chance.choice(TEXTS)] = below
        elif kind == 2 and isinstance(at, list):
            at.append(below)
        else:
            at[key] = chance.choice(VALUES)
        return


def in_toml(content: bytes, chance: random.Random) -> bytes:
    """A value or a key replaced; sometimes a change of the bytes."""
    if chance.random() < 0.3:
        return in_bytes(content, chance)
    lines = content.decode().splitlines()
    for _ in range(chance.choice((1, 1, 3))):
        at = chance.randrange(len(lines))
        kind = chance.randrange(5)
        key, sign, value = lines[at].partition(" = ")
        if kind == 0:
            lines[at] = f"{chance.choice((LONG, 'x y', '', '[a', '[[profiles]]', 'a.b.c'))} = {value or 1}"
        elif kind == 1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        elif kind == 2:
            lines[at] = re.sub(
                r"[a-z0-9]+", lambda _: chance.choice(("", "x", "0", "-1")), lines[at], count=1
            )
        elif sign:
            lines[at] = f"{key} = {chance.choice(WORDS)}"
    return "\n".join(lines).encode()


def in_message(content: bytes, chance: random.Random, kind: Any) -> bytes:
    """A field of a protobuf message, or of one inside it, replaced, emptied or doubled."""
    if chance.random() < 0.25:
        return in_bytes(content, chance)
    whole = kind.FromString(content)
    for _ in range(chance.choice((1, 1, 3))):
        _field(whole, chance)
    found: bytes = whole.SerializeToString()
    return found


def _field(message: Any, chance: random.Random) -> None:
    fields = message.ListFields()
    if not fields:
        return
    field, value = chance.choice(fields)
    many = hasattr(value, "append") or hasattr(value, "add")
    if field.message_type is not None:
        below = chance.choice(value) if many else value
        if chance.random() < 0.85:
            _field(below, chance)
        elif many and chance.random() < 0.5:
            value.remove(below)
        elif many:
            value.add().CopyFrom(below)
        else:
            message.ClearField(field.name)
        return
    numbers, texts = NUMBERS, [text.replace("\ud800", "") for text in TEXTS]
    made: Any
    if isinstance(value[0] if many else value, str):
        made = chance.choice(texts)
    elif isinstance(value[0] if many else value, bytes):
        made = chance.choice((b"", b"\x00" * 7, b"\xff" * 4000, chance.choice(texts).encode()))
    elif isinstance(value[0] if many else value, float):
        made = chance.choice((0.0, -1.0, float("nan"), 1e38))
    else:
        made = chance.choice(numbers)
    try:
        if not many:
            setattr(message, field.name, made)
        elif chance.random() < 0.3:
            del value[chance.randrange(len(value)) :]
        elif chance.random() < 0.3:
            value.extend([made] * chance.choice((1, 40)))
        else:
            value[chance.randrange(len(value))] = made
    except (ValueError, TypeError):  # a number that the field does not take
        message.ClearField(field.name)
