"""`Profile`: one hardware target as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Profile:
    """A hardware target.

    Attributes:
        name: as declared in the user's settings.
        extends: catalogue entries it came from, nearest first.
        target: how it is reached: "host" measures here; "" means it is only described.
        runtime: "onnxruntime", "litert", "tflite-runtime" or "tflite-micro"; "" takes the usual one of the
            artifact's format.
        python: interpreter of another environment to run the runtime in; "" for this one.
        runtime_options: handed to the runtime as they are.
        threads: intra-op threads; batch: samples a call.
        cpu, isa: of the target, for people and for later evidence.
        ram_bytes, flash_bytes: what the target has; None when unknown.
        dedicated: nothing else runs on it, so noisy absolute budgets may block.
        required: a case that cannot be built for it is a failure.
        sources: key → where its figure comes from (catalogue provenance).
        place: ``file`` and key of the declaration.
    """

    name: str
    extends: tuple[str, ...] = ()
    target: str = ""
    runtime: str = ""
    python: str = ""
    runtime_options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    threads: int = 1
    batch: int = 1
    cpu: str = ""
    isa: tuple[str, ...] = ()
    ram_bytes: int | None = None
    flash_bytes: int | None = None
    dedicated: bool = False
    required: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @property
    def measured(self) -> bool:
        """Whether code can be run and timed on this target from here."""
        return self.target == "host"
