"""Written digits: 0 to 4 are normal, 5 to 9 are not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.digits import digits

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

SOURCE = replace(
    digits.SOURCE, name=f"{digits.SOURCE.name}: 408 from 0 to 4 to train on, 1,000 of 0 to 9 to judge on"
)


def training() -> Array:
    """Images (408, 64), float32 from 0 to 1, of 0 to 4."""
    images, classes = digits.training()
    return images[classes < 5].reshape(-1, 64)


def held_out() -> tuple[Array, Array]:
    """Images (1000, 64) that no training has seen, and 1 for 5 to 9, 0 for 0 to 4 (1000,)."""
    import numpy as np

    images, classes = digits.held_out()
    return images.reshape(-1, 64), (classes > 4).astype(np.int64)
