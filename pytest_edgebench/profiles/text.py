"""A profile as text, for the record."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from pytest_edgebench.profiles.target import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.profiles.profile import Profile


def as_text(profile: Profile) -> Mapping[str, str]:
    """A profile's keys as text, without those that say nothing, and without paths of programs here."""
    found = {}
    paths = KINDS[profile.target_ref.kind].paths
    for field in fields(profile):
        value = getattr(profile, field.name)
        if field.name == "target_options":
            plain = {key: option for key, option in value.items() if key not in paths}
            value = {key: " ".join(v) if isinstance(v, tuple) else v for key, v in plain.items()}
        if value and field.name not in ("name", "sources", "place"):
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            found[field.name] = (
                ", ".join(f"{k}={v}" for k, v in value.items()) if hasattr(value, "items") else shown
            )
    return found
