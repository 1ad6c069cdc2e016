"""Pictures of 32 x 32 pixels in three colours: CIFAR-10 from its official files, or digits.

A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; the files of the "binary version"
of https://www.cs.toronto.edu/~kriz/cifar.html. Its page does not state a licence, so they are not part of
this package: unpack them yourself and set `EDGEBENCH_CIFAR10` to their folder. Without them the digits of
scikit-learn are made four times as large.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest_edgebench as eb
from pytest_edgebench.suites.common.sources import Source, absent, shared
from pytest_edgebench.suites.digits import digits

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

VARIABLE = "EDGEBENCH_CIFAR10"
TRAINING = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = "test_batch.bin"
JUDGED = 2000
"""Of the 10,000 test pictures of CIFAR-10, the first: enough for 2 points, and quick."""


def given() -> bool:
    """Whether CIFAR-10 is there.

    Raises:
        EdgebenchError: the variable names a folder without the files of the binary version.
    """
    lost = [name for name in (*TRAINING, TEST) if shared(name, VARIABLE) is None]
    if lost and lost != [*TRAINING, TEST]:
        raise _incomplete(lost)
    if lost and not absent(TEST, VARIABLE).endswith("is not set"):
        raise _incomplete(lost)
    return not lost


def _incomplete(lost: list[str]) -> eb.EdgebenchError:
    return eb.EdgebenchError(
        f"{VARIABLE} has no {lost[0]}",
        where=VARIABLE,
        fix="set it to the folder cifar-10-batches-bin of the binary version, or unset it to run on digits",
    )


def source(real: bool) -> Source:
    """What the figures rest on."""
    if real:
        return Source(
            f"CIFAR-10 (50,000 to train on, the first {JUDGED:,} test pictures to judge on)",
            "A. Krizhevsky 2009",
            "its page does not state a licence",
        )
    return Source(
        f"{digits.SOURCE.name}, 4 times as large", digits.SOURCE.origin, digits.SOURCE.licence,
        absent(TEST, VARIABLE),
    )  # fmt: skip


def training(real: bool, most: int) -> tuple[Array, Array]:
    """Pictures (n, 3, 32, 32), float32 from -1 to 1, and classes (n,), of 10: the first, at most so many."""
    if not real:
        return _enlarged(*(part[:most] for part in digits.training()))
    return _scaled(_files(TRAINING), most)


def held_out(real: bool) -> tuple[Array, Array]:
    """As `training`, of pictures that no training has seen."""
    if not real:
        return _enlarged(*digits.held_out())
    return _scaled(_files((TEST,)), JUDGED)


def training_inputs(real: bool) -> Array:
    """The first 512 pictures without classes, for calibration."""
    return training(real, 512)[0]


def _scaled(files: tuple[Array, Array], most: int) -> tuple[Array, Array]:
    import numpy as np

    images, classes = (part[:most] for part in files)
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1), classes.astype(np.int64)


@functools.cache
def _files(names: tuple[str, ...]) -> tuple[Array, Array]:
    """All pictures and classes of some files, uint8: as floats they would take 600 MB."""
    import numpy as np

    found = [shared(name, VARIABLE) for name in names]
    parts = [read_bin(path) for path in found if path is not None]
    if len(parts) < len(names):
        raise eb.EdgebenchError(f"no CIFAR-10: {absent(names[0], VARIABLE)}")
    images, classes = (np.concatenate(part) for part in zip(*parts, strict=True))
    return images, classes


def read_bin(path: Path) -> tuple[Array, Array]:
    """Pictures (n, 3, 32, 32) and classes (n,), uint8, of a file of the binary version.

    Each picture is 3,073 bytes: its class, then 32 rows of 32 pixels of red, of green and of blue.

    Raises:
        EdgebenchError: not whole pictures, or a class above 9.
    """
    import numpy as np

    raw = np.fromfile(path, np.uint8)
    if len(raw) == 0 or len(raw) % 3073:
        raise eb.EdgebenchError(
            f"expected pictures of 3,073 bytes, found {len(raw):,} bytes", where=str(path)
        )
    rows = raw.reshape(-1, 3073)
    if rows[:, 0].max() > 9:
        raise eb.EdgebenchError(f"expected classes 0 to 9, found {rows[:, 0].max()}", where=str(path))
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0]


def _enlarged(images: Array, classes: Array) -> tuple[Array, Array]:
    """Grey digits (n, 1, 8, 8) from 0 to 1 as pictures (n, 3, 32, 32), each pixel 4 x 4."""
    import numpy as np

    large = images.repeat(4, axis=2).repeat(4, axis=3).repeat(3, axis=1)
    return (2 * large - 1).astype(np.float32), classes
