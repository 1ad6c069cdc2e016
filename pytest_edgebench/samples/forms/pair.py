"""``(inputs, labels)`` or ``(inputs, labels, critical)``; an ``.npy`` may stand for any array of them.

Where inputs alone are wanted, the rest is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.columns import Contents
from pytest_edgebench.samples.forms import batches
from pytest_edgebench.samples.forms.tensors import files_of, named
from pytest_edgebench.samples.numpy_files import column, is_path
from pytest_edgebench.samples.pairs import is_pair

if TYPE_CHECKING:
    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    if not about.labelled:
        return is_pair(value)
    return isinstance(value, tuple | list) and not batches.is_list(value)


def read(value: Any, about: About) -> Contents:
    if len(value) not in (2, 3):
        raise errors.not_a_pair(value, about.where)
    files = files_of(value[0], about)
    if not about.labelled:
        return Contents(named(value[0], about), files=files)
    more = [column(about.folder / part, about.where) if is_path(part) else part for part in value[1:]]
    return Contents(named(value[0], about), more[0], more[1] if len(more) > 1 else None, files=files)
