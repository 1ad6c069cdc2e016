"""`steps`: steps that other installed packages register, found when they are asked for.

A package names them in its own metadata; the name before ``=`` is what users write after ``eb.steps.``::

    [project.entry-points."pytest_edgebench.steps"]
    clip = "my_package.steps:clip"

The entry point is what ``eb.step`` returned, or a subclass of ``eb.Step``. They are not put into ``eb``
itself, so that no package can hide a name that a later version of this one adds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.compressors.custom import errors
from pytest_edgebench.compressors.custom.step import StepFunction
from pytest_edgebench.declare.model import Step

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints
    from typing import Any

GROUP = "pytest_edgebench.steps"


class Registered:
    """Registered steps as attributes."""

    def __getattr__(self, name: str) -> Any:
        """The step of this name: a `StepFunction`, or a class to give to ``eb.chain`` with its parameters.

        Raises:
            DeclarationError: none or two of this name; one that cannot be imported or is no step.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        found = [point for point in _points() if point.name == name]
        owners = [point.dist.name if point.dist else point.value for point in found]
        if not found:
            raise errors.unknown_step(name, dir(self))
        if len({point.value for point in found}) > 1:
            raise errors.registered_twice(name, owners)
        try:
            step = found[0].load()
        except Exception as cause:
            raise errors.not_importable(name, owners[0], cause) from cause
        if not isinstance(step, StepFunction) and not (isinstance(step, type) and issubclass(step, Step)):
            raise errors.no_step(name, owners[0], step)
        return step

    def __dir__(self) -> list[str]:
        """Names of all registered steps; nothing is imported for it."""
        return sorted({point.name for point in _points()})


def _points() -> EntryPoints:
    from importlib import metadata

    return metadata.entry_points(group=GROUP)


steps = Registered()
"""Steps that other installed packages register, as attributes: ``eb.steps.NAME(recipe, ...)``."""
