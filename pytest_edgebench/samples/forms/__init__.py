"""The forms that data can be given in, one file each.

A file here has two functions: ``takes(value, about)`` says whether the value is of its form (one form at most
takes a value), and ``read(value, about)`` gives its `Contents`.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.samples.columns import Contents


@dataclass(frozen=True, slots=True)
class About:
    """What data are for.

    Attributes:
        what: "data" or "calibration", for messages.
        where: ``file:line`` and name of the model.
        folder: where relative paths start.
        labelled: whether a pair (inputs, labels) is wanted; else inputs alone.
    """

    what: str
    where: str
    folder: Path
    labelled: bool


class Form(Protocol):
    """A file of this folder."""

    def takes(self, value: Any, about: About) -> bool: ...

    def read(self, value: Any, about: About) -> Contents: ...


@lru_cache(maxsize=1)
def forms() -> dict[str, Form]:
    """Name → form, all files of this folder."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return {name: cast("Form", importlib.import_module(f"{__name__}.{name}")) for name in names}


def contents(value: Any, about: About) -> Contents:
    """Read a value by the form that takes it.

    Raises:
        DataError: no form takes it, or it cannot be read.
    """
    from pytest_edgebench.samples import errors

    for form in forms().values():
        if form.takes(value, about):
            return form.read(value, about)
    if about.labelled:
        raise errors.not_a_pair(value, about.where)
    raise errors.not_inputs(about.what, value, about.where)
