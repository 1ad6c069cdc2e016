"""Where the data of a suite is from, and what it uses without it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest_edgebench as eb

VARIABLE = "EDGEBENCH_DATA"
"""Environment variable: the folder with public data that is not part of this package."""


@dataclass(frozen=True)
class Source:
    """What the figures of a suite rest on.

    Attributes:
        name: of the data set or generator, with its version or size.
        origin: who made it, where it is from.
        licence: under which it may be used.
        instead: why this is not the data that was asked for; "" where it is.
    """

    name: str
    origin: str
    licence: str
    instead: str = ""

    def __str__(self) -> str:
        told = f"{self.name}; {self.origin}; {self.licence}"
        return f"{told}; used because {self.instead}" if self.instead else told


def shared(path: str, variable: str = VARIABLE) -> Path | None:
    """A file or folder of the user's data folder; None where the variable is not set or it is not there.

    Args:
        path: below the folder. variable: environment variable with the folder.

    Raises:
        EdgebenchError: the variable is set, but not to a folder.
    """
    root = os.environ.get(variable, "")
    if not root:
        return None
    if not Path(root).is_dir():
        raise eb.EdgebenchError(
            f"{root!r} is not a folder",
            where=variable,
            fix=f"set {variable} to a folder, or unset it to run on bundled data",
        )
    found = Path(root, path)
    return found if found.exists() else None


def absent(path: str, variable: str = VARIABLE) -> str:
    """Why `shared` found nothing, for `Source.instead`."""
    return f"{variable} has no {path}" if os.environ.get(variable) else f"{variable} is not set"
