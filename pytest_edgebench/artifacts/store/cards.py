"""Index cards: from a key to the digest of the files, with what is known of the artifact."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, cast

from pytest_edgebench.artifacts.store.trees import LAYOUT, Tree
from pytest_edgebench.record.run import ArtifactRecord, Counts, StepRecord


def name_of(key: str) -> str:
    """The name that the card of a key is sealed with."""
    return f"artifact/{key}"


def fields_of(record: ArtifactRecord, tree: Tree) -> dict[str, Any]:
    """What a card says."""
    return {"layout": LAYOUT, "tree": tree.digest, "artifact": dataclasses.asdict(record)}


def record_of(value: dict[str, Any]) -> ArtifactRecord:
    """An artifact's record from JSON.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is not one.
    """
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
