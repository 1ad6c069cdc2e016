"""`Engine`: a library that quantizes files, asked in a worker."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import discovery
from pytest_edgebench.base.errors import (
    BuildError,
    DataError,
    MeasureError,
    NoEffectError,
    UnsupportedError,
)
from pytest_edgebench.compressors.build import errors, quantizer
from pytest_edgebench.compressors.engines import known
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from pytest_edgebench.compressors.engines.quantization import Quantization
    from pytest_edgebench.targets.pool import WorkerPool

    Array = np.ndarray[Any, np.dtype[Any]]

BUILD_S = 6 * 3600.0  # a large model on a small machine
TOLD = {kind.__name__: kind for kind in (BuildError, DataError, NoEffectError, UnsupportedError)}
"""What an engine raises for a user to fix."""


class Engine:
    """One engine; see `protocol.Tools`.

    Args:
        name: as `known.find` takes it. pool: of workers that may read them.
        what: the step, for messages.
    """

    def __init__(self, name: str, pool: WorkerPool, what: str) -> None:
        self._name = name
        self._pool = pool
        self._what = what

    def quantize(
        self,
        source: Path,
        target: Path,
        asked: Quantization,
        samples: Mapping[str, Any],
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Quantize a file into another; see the engine."""
        told, arrays = quantizer.packed(samples)
        request = {"asked": dataclasses.asdict(asked), "samples": told}
        for text in self._written("quantize", source, target, request, arrays)["notes"]:
            note(str(text))

    def prepared(self, source: Path, target: Path) -> Path:
        """A file whose operators keep their names when it is quantized: `source`, or `target`."""
        return target if self._written("prepared", source, target, {}, {})["files"] else source

    def layers(self, source: Path, asked: Quantization) -> list[str]:
        """Names of the operators that are quantized with a scale of their own."""
        request = {"source": source, "asked": dataclasses.asdict(asked)}
        answer, _ = self._ask("layers", request, {})
        return [str(name) for name in answer["layers"]]

    def _written(
        self,
        function: str,
        source: Path,
        target: Path,
        request: Mapping[str, Any],
        arrays: Mapping[str, Array],
    ) -> dict[str, Any]:
        """The answer of a function that writes files, which are put where `target` is."""
        request = {**request, "source": source, "target": target.name, "folder": str(target.parent)}
        answer, found = self._ask(function, request, arrays)
        for name, content in zip(answer["files"], found.values(), strict=True):
            if Path(name).name != name:
                raise errors.engine_answer(self._what, name)
            (target.parent / name).write_bytes(content.data)
        return answer

    def _ask(
        self, function: str, request: Mapping[str, Any], arrays: Mapping[str, Array]
    ) -> tuple[dict[str, Any], dict[str, Array]]:
        """The answer of an engine.

        Raises:
            BuildError, DataError, ImportError: as the engine.
        """
        asked = {"engine": self._name, "function": function, **request}
        try:
            client = self._pool.get(_spec(self._name))
            answer, found = client.own(asked, arrays, self._what, BUILD_S)
        except MeasureError as error:
            raise errors.engine_failed(self._what, error.said or error.what) from error
        kind = answer.get("raised")
        if kind in TOLD:
            raise TOLD[kind](str(answer["what"]), where=str(answer["where"]), fix=str(answer["fix"]))
        if kind == "OSError":  # no room, which the cache tells
            raise OSError(int(answer["errno"]), str(answer["what"]))
        if kind == "ModuleNotFoundError":
            raise ModuleNotFoundError(str(answer["what"]), name=str(answer["name"]))
        if kind:
            raise ImportError(str(answer["what"]))
        return answer, found


def _spec(engine: str) -> Spec:
    file = Path(quantizer.__file__)
    others = () if engine in known.own() else (known.find(engine).file.parent,)
    return Spec(str(file), code=(Path(discovery.__file__).parents[1], file.parents[1], *others))
