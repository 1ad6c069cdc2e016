"""A model for each file of the folder, and what makes it smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_edgebench as eb
from pytest_edgebench.suites.zoo.folder import File, found

if TYPE_CHECKING:
    from collections.abc import Callable

ZOO, _ = found()


def _declared(file: File) -> Callable[[], eb.Model]:
    def made() -> eb.Model:
        from pytest_edgebench.suites.zoo.feeding import model

        return model(file)

    made.__name__ = made.__qualname__ = file.name
    made.__doc__ = f"{file.path.name}, {file.kind}."
    return eb.model(made)


for _file in ZOO:
    globals()[_file.name] = _declared(_file)

if ZOO:
    NAMES = [file.name for file in ZOO]

    @eb.recipe(models=NAMES)
    def fp16(model: eb.Model) -> eb.Recipe:
        """Half-precision weights."""
        return eb.quantize(model, "fp16")

    @eb.recipe(models=NAMES)
    def dynamic_int8(model: eb.Model) -> eb.Recipe:
        """int8 weights; activations are quantized while the model runs."""
        return eb.quantize(model, "dynamic-int8")
