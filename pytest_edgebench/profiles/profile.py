"""`Profile`: one hardware target as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgebench.targets.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.targets.reach import Value


@dataclass(frozen=True, slots=True)
class Profile:
    """A hardware target.

    Attributes:
        name: as declared in the user's settings.
        extends: catalogue entries it came from, nearest first.
        target: how it is reached: "host" measures here, "ssh://user@board" there (`targets.reach.KINDS`); ""
            means it is only described.
        target_options: of that way.
        runtime: "onnxruntime", "litert", "tflite-runtime" or "tflite-micro"; "" takes the usual one of the
            artifact's format.
        runtime_version: that it must have, or begin with; "" for any.
        python: interpreter of another environment to run the runtime in; "" for this one. A
            path of the target, where that is another machine.
        runtime_options: handed to the runtime as they are.
        threads: intra-op threads; batch: samples a call.
        cpu, isa, caches: of the target, for people and for the linter.
        core, clock_hz, predicted_by: by what its latency is predicted where it cannot be measured: as
            published measurements name the core and the runtime they were made with.
        ram_bytes, flash_bytes: what the target has; None when unknown.
        dedicated: nothing else runs on it, so noisy absolute budgets may block.
        required: a case that cannot be built for it is a failure.
        sources: key → where its figure comes from (catalogue provenance).
        place: ``file`` and key of the declaration.
    """

    name: str
    extends: tuple[str, ...] = ()
    target: str = ""
    target_options: Mapping[str, Value] = field(default_factory=dict)
    runtime: str = ""
    runtime_version: str = ""
    python: str = ""
    runtime_options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    threads: int = 1
    batch: int = 1
    cpu: str = ""
    isa: tuple[str, ...] = ()
    caches: str = ""
    core: str = ""
    clock_hz: float | None = None
    predicted_by: str = ""
    ram_bytes: int | None = None
    flash_bytes: int | None = None
    dedicated: bool = False
    required: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @property
    def reach(self) -> Reach:
        """How it is reached; what is only described has its accuracy measured on this machine."""
        return Reach.of(self.target, self.target_options)

    @property
    def measured(self) -> bool:
        """Whether code can be run and timed on this target from here."""
        return self.gives("latency")

    def gives(self, what: str) -> bool:
        """Whether "outputs", "latency", "memory" or "instructions" can be had on this target from here."""
        return bool(self.target) and what in self.reach.gives
