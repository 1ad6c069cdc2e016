"""When the state of a file is reset while it is scored: a fact of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.samples.roles import Roles

UNDECLARED = "variables before each sample (default)"


def resets(artifact: Artifact, roles: Roles, cache: Cache) -> dict[str, str]:
    """``{"reset": ...}`` for a file with state, declared or held in the file; else nothing."""
    told = [text] if (text := roles.told()) else []
    declared = any(state.held for state in roles.states.values())
    if artifact.format == "tflite" and not declared and _keeps(artifact, cache):
        told.append(UNDECLARED)
    return {"reset": ", ".join(told)} if told else {}


def _keeps(artifact: Artifact, cache: Cache) -> bool:
    from pytest_edgebench.artifacts.inspect.tflite_state import keeps_state

    known = cache.memo_get("state", artifact.record.digest)
    if not isinstance(known, bool):
        known = keeps_state(artifact.path)
        cache.memo_put("state", artifact.record.digest, known)
    return known
