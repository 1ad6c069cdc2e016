"""What an engine's file offers beside its literal `ENGINE` (see `known.Engine`): the work itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np

    from pytest_edgebench.compressors.engines.quantization import Quantization

    Array = np.ndarray[Any, np.dtype[Any]]


class Tools(Protocol):
    """An engine's module. `prepared` and `layers` are asked for only if it takes ``keep``."""

    def prepared(self, source: Path, target: Path) -> Path:
        """A file whose operators keep their names when it is quantized: `source`, or `target`."""

    def layers(self, source: Path, asked: Quantization) -> list[str]:
        """Names, for ``exclude``, of the operators that are quantized with a scale of their own."""

    def quantize(
        self,
        source: Path,
        target: Path,
        asked: Quantization,
        samples: Mapping[str, Array],
        note: Callable[[str], None] = ...,
    ) -> None: ...
