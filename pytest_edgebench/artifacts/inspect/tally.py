"""What is counted, of an operator and summed up, with what could not be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """A sum.

    Attributes:
        macs: what was counted.
        gaps: what was not, or not wholly → how often: an operator's type, e.g. "Loop" of which the trips are
            not known. With any, `macs` is a floor.
    """

    macs: int = 0
    gaps: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally, times: int = 1) -> None:
        """Add what was counted elsewhere, some times over."""
        self.macs += other.macs * times
        if times:
            self.gaps.update(other.gaps)

    @property
    def empty(self) -> bool:
        """Whether nothing computes here."""
        return not self.macs and not self.gaps


@dataclass(frozen=True, slots=True)
class Layer:
    """An operator of the graph that is run; what its bodies hold is counted with it.

    Attributes:
        name: as the file has it, else that of its first output. op: e.g. "Conv", "CONV_2D".
        macs: of one call, as far as they are known.
        bytes: of the constants that it is the first to read.
    """

    name: str
    op: str
    macs: int
    bytes: int
