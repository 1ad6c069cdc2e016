"""A function that returns data of any other form; called only when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.base.relative import call_from
from pytest_edgebench.samples import errors
from pytest_edgebench.samples.forms import batches, contents

if TYPE_CHECKING:
    from pytest_edgebench.samples.columns import Contents
    from pytest_edgebench.samples.forms import About


def takes(value: Any, about: About) -> bool:
    # A torch Dataset may be callable by accident of its base classes; a function has no __getitem__.
    # A class is called: what it makes is the data.
    return callable(value) and (isinstance(value, type) or not hasattr(value, "__getitem__"))


def read(value: Any, about: About) -> Contents:
    try:
        returned = call_from(value, about.folder)
    except DataError:
        raise
    except Exception as error:
        raise errors.function_raised(about.what, value, error, about.where) from error
    if takes(returned, about):
        raise errors.function_returned_function(about.what, value, about.where)
    if hasattr(returned, "__next__"):  # a generator, which is made anew by each call
        made = iter([returned])  # the first one is there already
        return batches.streamed(lambda: next(made, None) or call_from(value, about.folder), about)
    return contents(returned, about)
