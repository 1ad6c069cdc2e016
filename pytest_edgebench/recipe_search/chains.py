"""Chains of steps in all their orders, built so that what they share is built once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import EdgebenchError, UnsupportedError
from pytest_edgebench.compressors.build import plan
from pytest_edgebench.declare.model import Model, Recipe, Step
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.recipe_search import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.compressors.build.builder import Builder
    from pytest_edgebench.declare.model import Format

    Chain = tuple[int, ...]
    """Places of steps in the pool, first applied first."""

MOST_CHAINS = 10_000
COST = "search-cost"  # kind of the small results in the cache that tell what a part cost


def pool_of(given: Sequence[Any]) -> tuple[list[Step], list[list[int]]]:
    """All steps that occur, each once, and for each of the given ones which of them may stand for it.

    Args:
        given: steps, or sequences of alternatives for one step.

    Raises:
        DeclarationError: nothing given, something that is no step, an empty sequence.
    """
    if isinstance(given, Step | str) or not hasattr(given, "__iter__") or not given:
        raise errors.no_steps(given)
    pool: list[Step] = []
    slots: list[list[int]] = []
    for entry in given:
        choices = [entry] if isinstance(entry, Step) else entry
        if not isinstance(choices, list | tuple) or not choices:
            raise errors.not_steps(entry)
        slot = []
        for step in choices:
            if not isinstance(step, Step):
                raise errors.not_steps(step)
            if step not in pool:
                pool.append(step)
            slot.append(pool.index(step))
        slots.append(list(dict.fromkeys(slot)))
    return pool, slots


def chains(slots: Sequence[Sequence[int]]) -> list[Chain]:
    """Every order of the slots with every choice in each; neighbours share as long a beginning as can be.

    Raises:
        DeclarationError: there are more than `MOST_CHAINS`.
    """
    found: dict[Chain, None] = {}
    for chain in _orders(slots, ()):
        found[chain] = None
        if len(found) > MOST_CHAINS:
            raise errors.too_many(MOST_CHAINS)
    return list(found)


def _orders(slots: Sequence[Sequence[int]], before: Chain) -> Iterator[Chain]:
    if not slots:
        yield before
        return
    for place, slot in enumerate(slots):
        rest = [*slots[:place], *slots[place + 1 :]]
        for step in slot:
            yield from _orders(rest, (*before, step))


@dataclass(frozen=True, slots=True)
class Refused:
    """A chain that cannot be built in a format, and why: a stage forbids its order, or a step failed."""

    steps: tuple[Step, ...]
    format: Format
    reason: str


class Shared:
    """Chains of one model in one format, and what each of their parts cost.

    A part is the model's own function, a step on a module, an export, or a step on a file. What a part cost
    when it was really built is kept in the cache, since a later search finds the part there for nothing.

    Args:
        built: tells how often something was really built so far.
    """

    def __init__(
        self,
        builder: Builder,
        cache: Cache,
        model: Model,
        fmt: Format,
        pool: Sequence[Step],
        built: Callable[[], int],
    ) -> None:
        self._builder = builder
        self._cache = cache
        self._model = model
        self._fmt = fmt
        self._pool = pool
        self._built = built
        self._recipes: dict[Chain, Model | Recipe] = {(): model}
        self._costs: dict[tuple[str, Chain], float | None] = {}
        self._whole: list[list[tuple[str, Chain]]] = []

    def recipe(self, chain: Chain) -> Model | Recipe:
        """The chain as a recipe; chains with the same beginning share its object."""
        if chain not in self._recipes:
            before = self.recipe(chain[:-1])
            self._recipes[chain] = Recipe(before, self._pool[chain[-1]], place=self._model.place)
        return self._recipes[chain]

    def steps(self, chain: Chain) -> tuple[Step, ...]:
        return tuple(self._pool[place] for place in chain)

    def refused(self, chain: Chain) -> Refused | None:
        """Why a chain can never be built, without building; None where it can be tried."""
        try:
            plan.check(self.recipe(chain), self._fmt)
        except UnsupportedError as error:
            return Refused(self.steps(chain), self._fmt, error.what)
        return None

    def begin(self) -> None:
        """Make the model itself, so that what is wrong with it is told once.

        Raises:
            EdgebenchError: as `Builder.build`.
        """
        if self._is_module(()):
            self._module((), [])
        else:
            self._file((), [])

    def build(self, chain: Chain) -> Artifact:
        """Build a chain part by part.

        Raises:
            EdgebenchError: a part failed, as `Builder.build`.
        """
        parts: list[tuple[str, Chain]] = []
        for length in range(len(chain) + 1):
            part, module = chain[:length], self._is_module(chain[:length])
            if module:
                self._module(part, parts)
            # A module is exported where the next step works on its file.
            if not module or (length < len(chain) and not self._is_module(chain[: length + 1])):
                self._file(part, parts)
        artifact = self._file(chain, parts) if self._is_module(chain) else self._file(chain, [])
        self._whole.append(parts)
        return artifact

    def costs(self) -> tuple[float, float] | None:
        """Seconds that the parts of all chains cost, each part once; and had each chain been built alone.

        None where a part was in the cache already and nobody knows what it cost.
        """
        seen = [part for parts in self._whole for part in parts]
        each = {part: self._costs[part] for part in seen}
        known = {part: cost for part, cost in each.items() if cost is not None}
        if len(known) < len(each):
            return None
        return sum(known.values()), sum(known[part] for part in seen)

    def _is_module(self, chain: Chain) -> bool:
        source = self.recipe(chain)
        return plan.is_torch(source, self._fmt) if chain else self._model.path() is None

    def _module(self, chain: Chain, parts: list[tuple[str, Chain]]) -> None:
        before, began = self._built(), time.monotonic()
        identity = self._builder.prepare(self.recipe(chain), self._fmt)
        parts.append(("module", chain))
        self._cost(parts[-1], identity, time.monotonic() - began if self._built() > before else None)

    def _file(self, chain: Chain, parts: list[tuple[str, Chain]]) -> Artifact:
        before, began = self._built(), time.monotonic()
        found = self._builder.build(self.recipe(chain), self._fmt)
        parts.append(("file", chain))
        self._cost(parts[-1], found.key, time.monotonic() - began if self._built() > before else None)
        return found

    def _cost(self, part: tuple[str, Chain], identity: str, spent: float | None) -> None:
        """Keep what a part cost: `spent` where it was built just now, else what a search wrote down."""
        if part in self._costs:
            return
        key = digest((part[0], identity))
        known = self._cache.memo_get(COST, key)
        if known is None and spent is not None:
            self._cache.memo_put(COST, key, spent)
            known = spent
        self._costs[part] = known


def try_build(shared: Shared, chain: Chain, fmt: Format) -> Artifact | Refused:
    """Build a chain; what fails is told as a reason, since other chains may still do."""
    try:
        return shared.build(chain)
    except EdgebenchError as error:
        return Refused(shared.steps(chain), fmt, error.what)
