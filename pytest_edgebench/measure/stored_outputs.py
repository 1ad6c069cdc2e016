"""`StoredOutputs`: what files answered on labelled data, kept across sessions by all it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts.store.large import is_large
from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.samples.stream import Samples
    from pytest_edgebench.workers.results import Array, Outputs

    Run = Callable[[Path], Outputs]
    Found = tuple[tuple[Array, ...], tuple[int, ...]]

STATE = "-state"  # behind the number of an output, in the cache


class StoredOutputs:
    """Outputs in a cache; a failure is remembered, so that a runtime that hangs is waited for once."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._failed: dict[str, MeasureError] = {}

    def outputs(
        self,
        parts: tuple[Any, ...],
        samples: Samples,
        inputs_key: Callable[[], str],
        batch: int,
        run: Run,
        what: str,
    ) -> Found:
        """All outputs of a file, and which of them feed a state.

        Data that are made as they are read are known once they were read to their end: where the file never
        ran on any, they are read once, for the run.

        Args:
            parts: all that outputs depend on but the inputs and the batch.
            run: the file on the samples; outputs may be mapped from files in the folder it is given.
            what: for who waits.

        Raises:
            MeasureError, DataError: as `run`.
        """
        ran = digest(("ran", *parts, batch))
        if not samples.known and self._cache.memo_get("ran", ran) is None:
            with self._cache.lock(f"outputs-{ran}", what):
                if self._cache.memo_get("ran", ran) is None:
                    return self._made(ran, lambda: self._key(parts, inputs_key, batch), run, ran)
        key = self._key(parts, inputs_key, batch)
        found = self._cache.arrays_get("outputs", key)
        if found is None:
            with self._cache.lock(f"outputs-{key}", what):
                found = self._cache.arrays_get("outputs", key)  # another process may have run it meanwhile
                if found is None:
                    return self._made(key, lambda: key, run, ran)
        return _told(found)

    def _key(self, parts: tuple[Any, ...], inputs_key: Callable[[], str], batch: int) -> str:
        return digest(("outputs", *parts, inputs_key(), batch))

    def _made(self, known: str, key: Callable[[], str], run: Run, ran: str) -> Found:
        """Run it, and keep what it answers."""
        if known in self._failed:
            raise self._failed[known]
        with self._cache.stage() as folder:
            try:
                outputs = run(folder)
            except MeasureError as error:
                self._failed[known] = error
                raise
            names = [f"{n:03}{STATE if n in outputs.fed else ''}" for n in range(len(outputs.arrays))]
            found = dict(zip(names, outputs.arrays, strict=True))
            final = key()
            self._cache.arrays_put("outputs", final, found)
            self._cache.memo_put("ran", ran, True)
        if is_large(found):  # they are now mapped from the cache's own files
            found = self._cache.arrays_get("outputs", final) or found
        return _told(found)


def _told(found: dict[str, Array]) -> Found:
    names = sorted(found)
    fed = tuple(n for n, name in enumerate(names) if name.endswith(STATE))
    return tuple(found[name] for name in names), fed
