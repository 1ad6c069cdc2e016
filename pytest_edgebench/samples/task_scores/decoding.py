"""The user's function that makes of one sample's outputs what its label is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.samples import errors

if TYPE_CHECKING:
    from collections.abc import Callable


def checked(decode: object, name: str, gives: str) -> None:
    """Make sure that it is a function.

    Raises:
        DeclarationError: it is not.
    """
    if not callable(decode):
        raise DeclarationError(
            f"{name}() needs a function that makes {gives} of one sample's outputs, not {decode!r}",
            fix=f"write score=eb.{name}(decode), with def decode(output): ...",
        )


def decoded(outputs: Any, decode: Callable[[Any], Any]) -> list[Any]:
    """What a model says of each sample.

    Args:
        outputs: an array (N, ...), or a tuple of arrays.
        decode: gets the sample's part of the one array, or a tuple of the parts.
    """
    if isinstance(outputs, tuple):
        return [decode(parts) for parts in zip(*outputs, strict=True)]
    return [decode(output) for output in outputs]


def texts(values: list[Any], what: str) -> list[str]:
    """Values that are to be texts.

    Raises:
        DataError: one is none.
    """
    for number, value in enumerate(values):
        if not isinstance(value, str):
            raise errors.outputs_shape(f"{what} of sample {number:,} is {value!r:.60}, not a text", "")
    return [str(value) for value in values]
