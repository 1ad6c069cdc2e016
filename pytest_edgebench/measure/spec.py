"""`Spec`: which worker a measurement needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.errors import measure as errors
from pytest_edgebench.runtimes.protocol import USUAL, Option, runtime_file
from pytest_edgebench.targets.reach import LOCAL, Reach

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.profiles.profile import Profile


@dataclass(frozen=True, slots=True)
class Spec:
    """What makes one worker process differ from another; hashable.

    Attributes:
        runtime: "onnxruntime", "litert" or "tflite-runtime", or the path of a runtime file.
        python: interpreter of another environment, which needs Python ≥ 3.11, numpy and the runtime; "" for
            this one.
        options: of the runtime, as pairs; kept sorted.
        threads: intra-op threads.
        reach: where it runs.
        version: of the runtime, which must be that or begin with it ("2.3" for "2.3.0"); "" for any.

    Raises:
        MeasureError: no such runtime, an option that is no plain value.
    """

    runtime: str
    python: str = ""
    options: tuple[tuple[str, Option], ...] = ()
    threads: int = 1
    reach: Reach = LOCAL
    version: str = ""

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
        runtime = profile.runtime or USUAL[fmt]
        runtime_file(runtime, profile.place)
        options = tuple(profile.runtime_options.items())
        return cls(runtime, profile.python, options, profile.threads, profile.reach, profile.runtime_version)

    @property
    def file(self) -> Path:
        """The runtime file."""
        return runtime_file(self.runtime)

    @property
    def title(self) -> str:
        """For messages."""
        name = self.file.stem if self.runtime.endswith(".py") else self.runtime
        return f"{name} on {self.reach.title}" if self.reach.title else name

    @property
    def key(self) -> tuple[object, ...]:
        """What tells its results from those of another kind, for keys."""
        plain = (self.runtime, self.python, self.options, self.threads)
        return plain if self.reach.here else (*plain, self.reach.kind, self.reach.address, self.reach.options)

    def accepts(self, version: str) -> bool:
        """Whether a runtime of this version is the one asked for."""
        return not self.version or version == self.version or version.startswith(f"{self.version}.")
