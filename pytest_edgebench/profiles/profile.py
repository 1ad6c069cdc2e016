"""`Profile`: one hardware target as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgebench.profiles.target import TargetRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.profiles.target import Value


@dataclass(frozen=True, slots=True)
class Profile:
    """A hardware target.

    Attributes:
        name: as declared in the user's settings.
        extends: catalogue entries it came from, nearest first.
        target: how it is reached: "host" measures on this machine, "ssh://user@board" on a board; "" means it
            is not connected (`profiles.target.KINDS` has all).
        target_options: options of that target.
        runtime: "onnxruntime", "litert", "tflite-runtime" or "tflite-micro"; "" takes the usual one of the
            artifact's format.
        runtime_version: version that it must have, or begin with; "" for any.
        python: interpreter of another environment to run the runtime in; "" for this one. A
            path of the target, where that is another machine.
        runtime_options: handed to the runtime unchanged.
        threads: threads of one operator (intra-op).
        batch: samples in one call.
        cpu: name of the CPU, for people.
        isa: instruction set and extensions, for the linter.
        caches: sizes of its caches, for people.
        core: CPU core that predictions are made for, as published measurements name it.
        clock_hz: clock frequency that predictions are made for.
        predicted_by: software and version that predictions are made for, such as "x-cube-ai-8.1".
        kernels: what computes on it, such as "cmsis-nn" (`profiles.kernels` has all); "" for not stated.
        ram_bytes: memory of the target; None when unknown.
        flash_bytes: flash of the target; None when unknown.
        dedicated: nothing else runs on it, so noisy absolute budgets may fail a test.
        required: a case that cannot be built for it is a failure, not a skip.
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
    kernels: str = ""
    ram_bytes: int | None = None
    flash_bytes: int | None = None
    dedicated: bool = False
    required: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    place: str = ""

    @property
    def target_ref(self) -> TargetRef:
        """How it is reached; what is only described has its accuracy measured on this machine."""
        return TargetRef.of(self.target, self.target_options)

    @property
    def measured(self) -> bool:
        """Whether code can be run and timed on this target from here."""
        return self.gives("latency")

    def gives(self, what: str) -> bool:
        """Whether "outputs", "latency", "memory" or "instructions" can be had on this target from here."""
        return bool(self.target) and what in self.target_ref.gives
