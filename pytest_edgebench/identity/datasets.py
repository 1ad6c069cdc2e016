"""torch's own data sets and loaders, by what they hold; and objects that their user gave a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity.walk import pack, text

if TYPE_CHECKING:
    from pytest_edgebench.identity.walk import Walk

KEY = "edgebench_key"
"""Attribute by which an object that has no other identity gets one."""
LOADER = ("dataset", "batch_size", "drop_last", "collate_fn")


def known(walk: Walk, value: Any) -> bytes | None:
    """The identity of a data set, a loader or an object with a key; None for others."""
    key = getattr(value, "__dict__", {}).get(KEY)
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(key, str) and key:
        return pack("own key", text(name), text(key))
    if not name.startswith("torch.utils.data."):
        return None
    held = vars(value)
    if name.endswith(".DataLoader"):
        generator = held["generator"]
        held = {each: held[each] for each in LOADER} | {
            "sampler": type(held["sampler"]),
            "seed": None if generator is None else generator.initial_seed(),
        }
    parts = [walk.part(item, "attribute `{}` of a {}", each, type(value).__name__)
             for each, item in sorted(held.items())]  # fmt: skip
    return pack("torch data", text(name), *map(text, sorted(held)), *parts)
