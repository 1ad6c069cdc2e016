"""Inputs alone: one array (N, ...), or a mapping of input name to array; also the ``.npy`` of an array.

An input may have a role, see `pytest_edgebench.declare.roles`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_edgebench.declare.roles import Constant, Sample, State
from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.forms import batches
from pytest_edgebench.samples.numpy_files import column, is_path
from pytest_edgebench.samples.pairs import is_pair

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    if batches.is_list(value) or is_pair(value):
        return False
    plain = isinstance(value, Mapping | list | tuple | int | float | Sample | Constant | State)
    return not about.labelled and (plain or hasattr(value, "__array__"))


def read(value: Any, about: About) -> Contents:
    return Contents(named(value, about), files=files_of(value, about))


def named(value: Any, about: About) -> dict[str, Any]:
    """Input name → array or role; a bare one is called "input_0"."""
    given = value if isinstance(value, Mapping) else {"input_0": value}
    return {str(name): _read(array, about) for name, array in given.items()}


def files_of(value: Any, about: About) -> dict[str, Path]:
    """Input name → the file that it is, along its own axes."""
    given = value if isinstance(value, Mapping) else {"input_0": value}
    return {str(name): about.folder / each for name, each in given.items() if is_path(each)}


def _read(value: Any, about: About) -> Any:
    if isinstance(value, Sample):
        return replace(value, array=_read(value.array, about))
    return column(about.folder / value, about.where) if is_path(value) else value
