"""What the worker found, in SI units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from pytest_edgebench.runtimes.protocol import Tensor

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Reading:
    """The machine at one moment.

    Attributes:
        load: load average of the last minute.
        steal_s: CPU seconds since boot that a hypervisor gave to others; None where it is not told.
        at_s: when, on the worker's own clock.
        clock_s: the smallest step the clock takes.
        cpus: that the worker may use; None where it was not asked for.
        celsius: the hottest of its thermal zones. governor: of its first CPU's clock. Both only where asked
            for and told.
    """

    load: float
    steal_s: float | None
    at_s: float
    clock_s: float
    cpus: int | None = None
    celsius: float | None = None
    governor: str | None = None


Readings = tuple[Reading, Reading]
"""Before and after a request."""


def board_note(readings: Readings) -> str:
    """Temperature, governor and load of a board before and after, in words; "" where not asked for."""
    before, after = readings
    if after.cpus is None:
        return ""
    parts = []
    if before.celsius is not None and after.celsius is not None:
        parts.append(f"{before.celsius:.0f} → {after.celsius:.0f} °C")
    governors = dict.fromkeys(governor for governor in (before.governor, after.governor) if governor)
    if governors:
        parts.append(f"governor {' → '.join(governors)}")
    parts.append(f"load {before.load:.1f} → {after.load:.1f}")
    return "board: " + ", ".join(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Interface:
    """What a file takes and gives."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """All samples' outputs.

    Attributes:
        arrays: one for each output, (N, ...); large ones are mapped from a file, and one whose samples
            differ in shape is of dtype object, (N,), an array each.
        raw: integers went unchanged into a quantized input, and outputs are stored integers likewise.
        fed: numbers of the outputs that feed a state.
    """

    arrays: tuple[Array, ...]
    raw: bool
    readings: Readings
    fed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Outputs of some samples of a stream.

    Attributes:
        arrays: one for each output, (n, ...); where `single`, what each of n calls gave, as the file has it.
        shapes: number of an output → the shapes of all calls, where they differ: its array is then flat.
        raw, fed, readings: as of `Outputs`.
    """

    arrays: tuple[Array, ...]
    shapes: dict[int, list[tuple[int, ...]]]
    single: bool
    raw: bool
    readings: Readings
    fed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Fresh loads of one file.

    Attributes:
        load_s: (loads,) seconds to make a session from the file; empty where a target does not tell it.
        first_s: (loads,) seconds of its first call; likewise.
        calls_s: for each load, (calls,) seconds of each call after warming up.
        seed, first: chance of load i depends on (seed, first + i) alone.
    """

    load_s: Floats
    first_s: Floats
    calls_s: tuple[Floats, ...]
    seed: int
    first: int
    readings: Readings


@dataclass(frozen=True, slots=True)
class Plan:
    """How each load of two files is timed.

    Attributes:
        pairs: timed units of each file.
        calls: of file "a" in a unit (of "b" too, or 11 for 10).
        warm_ups: calls before the first pair.
    """

    pairs: int
    calls: int
    warm_ups: int


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Fresh loads of two files timed in turns.

    Attributes:
        a_s, b_s: (loads,) seconds a call, the shortest of the load's units.
        a_p50_s, b_p50_s: (loads,) seconds a call, the median of the load's units.
        started_s: (loads,) when each load began, from the start of the request.
        plan, seed, first, alternate, eleven_for_ten: what to ask for to repeat it.
    """

    a_s: Floats
    b_s: Floats
    a_p50_s: Floats
    b_p50_s: Floats
    started_s: Floats
    plan: Plan
    seed: int
    first: int
    alternate: bool
    eleven_for_ten: bool
    readings: Readings


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of a clean process.

    Attributes:
        peak_bytes: the most it held through loading a file and one inference.
        baseline_bytes: what it held before, with Python and the runtime.
    """

    peak_bytes: int
    baseline_bytes: int
    readings: Readings
