"""Which family of kernels a target's outputs are of: those that the same file gives bit for bit elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

SAME = 0.75
"""Share of samples that have to be the same, bit for bit. Of published runs, accelerators and kernels of
other rounding are below 0.6; software of a family is at 1 on one network, and at 0.86 on another."""
SURE = 0.05
"""A chance of at most this, and a family is distinguished from another."""


@dataclass(frozen=True, slots=True)
class Family:
    """What stands for the family, and how sure that is.

    Attributes:
        name: of the candidate with the most equal samples; "" where none has `SAME` of them.
        shares: candidate → samples with all outputs the same. n: samples.
        chance: candidate → the chance that the target would side with the named one as often as it did on the
            samples that tell both apart, were it of either family alike; 1 where none does.
    """

    name: str
    shares: Mapping[str, int]
    n: int
    chance: Mapping[str, float]

    @property
    def unsure(self) -> tuple[str, ...]:
        """Candidates that the samples do not tell apart from the named one."""
        return tuple(name for name, chance in self.chance.items() if chance > SURE)

    def contradicts(self, stated: str, *, exact: bool = True) -> bool:
        """Whether outputs say otherwise than that they are of a candidate's family.

        Args:
            exact: the kernels are of that family on every network, so that none found is another one.
        """
        if not self.name and not exact:
            return False
        return stated in self.shares and stated != self.name and stated not in self.unsure

    @property
    def told(self) -> str:
        """For people: name, shares, and from what it is not told apart."""
        counted = ", ".join(f"{name} {count:,}" for name, count in self.shares.items())
        shares = f"samples with the same outputs, of {self.n:,}: {counted}"
        if not self.name:
            return f"kernels of no known family ({shares})"
        least = max(self.chance.values(), default=0.0)
        if self.unsure:
            apart = f"not told apart from {' and '.join(self.unsure)}, p = {least:.2g}"
        else:
            apart = f"p < {SURE:g} against each other" if self.chance else "nothing else to compare with"
        return f"kernels of the family of {self.name} ({shares}; {apart})"


def name_family(candidates: Mapping[str, Sequence[Array]], target: Sequence[Array]) -> Family | None:
    """The family of a target's outputs among candidates.

    Args:
        candidates: name → its outputs, (N, ...) each. target: outputs of the same shapes and units.

    Returns:
        None where no candidate gives integers, which alone are the same bit for bit, or there is no sample.
    """
    import numpy as np

    whole = {name: outs for name, outs in candidates.items() if all(a.dtype.kind in "iu" for a in outs)}
    count = len(target[0])
    if not whole or not count:
        return None
    same = {}
    for name, outs in whole.items():
        equal = np.ones(count, bool)
        for one, other in zip(outs, target, strict=True):
            equal &= (one == other).reshape(count, -1).all(axis=1)
        same[name] = equal
    shares = {name: int(equal.sum()) for name, equal in same.items()}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] < SAME * count:
        return Family("", shares, count, {})
    chance = {}
    for name, equal in same.items():
        if name != best:
            for_best = int((same[best] & ~equal).sum())
            chance[name] = at_least(for_best, for_best + int((equal & ~same[best]).sum()))
    return Family(best, shares, count, chance)


def at_least(hits: int, tries: int) -> float:
    """The chance of so many heads or more of a fair coin (the sign test)."""
    return float(sum(math.comb(tries, k) for k in range(hits, tries + 1)) / 2**tries)
