"""What schema 1 of records and baselines called otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

RENAMED: Mapping[type, Mapping[str, str]] = {Metric: {"rung": "evidence"}}
"""Result type → old key → new key."""
_STEPS = {"Bottleneck(": "Tucker(", "QuantizeTraining(": "QAT(", "PruneNofM(": "PruneSemiStructured("}


def with_new_keys(kind: type, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object of a result with the keys of now."""
    names = RENAMED.get(kind, {})
    if not any(old in given and new not in given for old, new in names.items()):
        return given
    return {names.get(key, key): value for key, value in given.items()}


def with_new_words(case: Mapping[str, Any]) -> dict[str, Any]:
    """A case of a baseline of schema 1 in the words of now, so that a rename is not reported as a change."""
    found = dict(case)
    if isinstance(steps := case.get("steps"), list):
        found["steps"] = [_step(step) if isinstance(step, str) else step for step in steps]
    keys = case.get("profile_keys")
    if isinstance(keys, dict) and isinstance(options := keys.get("target_options"), str):
        renamed = re.sub(r"(^|, )rung=", r"\1evidence=", options)
        found["profile_keys"] = {**keys, "target_options": renamed}
    return found


def _step(text: str) -> str:
    old = next((old for old in _STEPS if text.startswith(old)), "")
    return _STEPS[old] + text.removeprefix(old) if old else text
