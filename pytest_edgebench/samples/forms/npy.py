"""The path of an ``.npy``: inputs alone, mapped into memory and read where they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.numpy_files import column

if TYPE_CHECKING:
    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    return isinstance(value, str | Path) and Path(value).suffix == ".npy"


def read(value: Any, about: About) -> Contents:
    if about.labelled:
        raise errors.no_labels(Path(value).name, about.where)
    path = about.folder / value
    return Contents({"input_0": column(path, about.where)}, files={"input_0": path})
