"""`Artifact`: a built model file with its side files and its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.record.run import ArtifactRecord


@dataclass(frozen=True, slots=True)
class Artifact:
    """A built file in the cache.

    Attributes:
        path: the model file; its side files lie beside it in a folder of its own.
        record: key, digest, files, counts, steps, versions, notes.
        fresh: built in this process rather than found in the cache.
    """

    path: Path
    record: ArtifactRecord
    fresh: bool = False

    @property
    def key(self) -> str:
        return self.record.key

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes."""
        return self.record.digest

    @property
    def format(self) -> Format:
        return "tflite" if self.record.format == "tflite" else "onnx"

    @property
    def size(self) -> int:
        """Bytes of all files of the artifact together."""
        return sum(self.record.files.values())
