"""The path of an ``.npz`` with ``x`` and ``y``, and ``critical`` where there are critical samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.numpy_files import members

if TYPE_CHECKING:
    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    return isinstance(value, str | Path) and Path(value).suffix not in (".npy", ".parquet")


def read(value: Any, about: About) -> Contents:
    path = about.folder / value
    found = members(path, ("x", "y", "critical") if about.labelled else ("x",), about.where)
    for needed in ("x", "y") if about.labelled else ("x",):
        if needed not in found:
            raise errors.no_member(path.name, needed, about.where)
    return Contents({"input_0": found["x"]}, found.get("y"), found.get("critical"), files={"input_0": path})
