"""`Spec`: which worker a measurement needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.profiles.target import LOCAL, RENAMED, TargetRef
from pytest_edgebench.runtimes.known import runtime_file, usual
from pytest_edgebench.workers import errors

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.runtimes.protocol import Option


@dataclass(frozen=True, slots=True)
class Spec:
    """What makes one worker process differ from another; hashable.

    Attributes:
        runtime: "onnxruntime", "litert" or "tflite-runtime", or the path of a runtime file.
        python: interpreter of another environment, which needs Python ≥ 3.11, numpy and the runtime; "" for
            this one.
        options: of the runtime, as pairs; kept sorted.
        threads: intra-op threads.
        target_ref: where it runs.
        version: of the runtime, which must be that or begin with it ("2.3" for "2.3.0"); "" for any.
        code: the folders of this package, for a runtime file of it that imports more of it.

    Raises:
        MeasureError: no such runtime, an option that is no plain value.
    """

    runtime: str
    python: str = ""
    options: tuple[tuple[str, Option], ...] = ()
    threads: int = 1
    target_ref: TargetRef = LOCAL
    version: str = ""
    code: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        runtime_file(self.runtime)
        for key, value in self.options:
            if not isinstance(value, str | int | float):
                raise errors.unlike_option(key, value, "")
        object.__setattr__(self, "options", tuple(sorted(self.options)))

    @classmethod
    def of(cls, profile: Profile, fmt: Format) -> Spec:
        """What a profile says of running files of a format, with the format's usual runtime if it names none.

        Raises:
            MeasureError: it names an unknown runtime.
        """
        runtime = profile.runtime or usual(fmt)
        runtime_file(runtime, profile.place)
        options = tuple(profile.runtime_options.items())
        return cls(
            runtime, profile.python, options, profile.threads, profile.target_ref, profile.runtime_version
        )

    @property
    def file(self) -> Path:
        """The runtime file."""
        return runtime_file(self.runtime)

    @property
    def title(self) -> str:
        """For messages."""
        name = self.file.stem if self.runtime.endswith(".py") else self.runtime
        return f"{name} on {self.target_ref.title}" if self.target_ref.title else name

    @property
    def key(self) -> tuple[object, ...]:
        """What tells its results from those of another kind, for keys."""
        plain = (self.runtime, self.python, self.options, self.threads)
        if self.target_ref.here:
            return plain
        # Renamed options keep their first name here, so that what is cached stays valid.
        first = {new: old for old, new in RENAMED.items()}
        options = sorted((first.get(name, name), value) for name, value in self.target_ref.options)
        return (*plain, self.target_ref.kind, self.target_ref.address, tuple(options))

    def accepts(self, version: str) -> bool:
        """Whether a runtime of this version is the one asked for."""
        return not self.version or version == self.version or version.startswith(f"{self.version}.")
