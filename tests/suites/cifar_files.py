"""Files in the format of CIFAR-10's binary version, filled with enlarged digits: few, and quickly learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_edgebench.suites.digits import digits

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path) -> Path:
    """Write the five files to train on and the one to judge on; the folder, which is made."""
    folder.mkdir()
    images, classes = digits.training()
    parts = zip(np.array_split(images, 5), np.array_split(classes, 5), strict=True)
    for number, (some, kinds) in enumerate(parts, 1):
        (folder / f"data_batch_{number}.bin").write_bytes(rows(some, kinds))
    (folder / "test_batch.bin").write_bytes(rows(*digits.held_out()))
    return folder


def rows(images: np.ndarray, classes: np.ndarray) -> bytes:
    """Grey images (n, 1, 8, 8) from 0 to 1 as pictures of 3,073 bytes each."""
    large = np.kron((255 * images).astype(np.uint8), np.ones((1, 3, 4, 4), np.uint8))
    return np.hstack([classes[:, None].astype(np.uint8), large.reshape(len(large), -1)]).tobytes()
