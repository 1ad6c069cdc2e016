"""What has to be done to build a recipe in a format, or why it cannot be done."""

from __future__ import annotations

from pytest_edgebench.compressors.build import errors
from pytest_edgebench.declare.model import Format, Model, Prebuilt, Recipe


def check(source: Model | Recipe, fmt: Format) -> None:
    """Refuse what cannot be built, without building anything.

    Raises:
        UnsupportedError: with the recipe's place, the reason and what to do.
        DeclarationError: a file that is neither ``.onnx`` nor ``.tflite``.
    """
    model = source if isinstance(source, Model) else source.model
    place = place_of(source)
    name = f"model {model.name!r}" if model.name else "the model"
    steps = () if isinstance(source, Model) else source.steps()
    given = model.format()
    prebuilt = next((step for step in steps if isinstance(step, Prebuilt)), None)
    if prebuilt is not None:
        if len(steps) > 1:
            raise errors.prebuilt_with_steps(place)
        if prebuilt.format != fmt:
            raise errors.wrong_format(prebuilt.path.name, prebuilt.format, fmt, place)
        return
    if given not in (None, fmt):
        raise errors.wrong_format(name, str(given), fmt, place)
    for step in steps:
        for other in step.ingredients:
            root = other if isinstance(other, Model) else other.model
            if root.format() is not None or (isinstance(other, Recipe) and not is_torch(other, fmt)):
                raise errors.ingredient_not_torch(str(step), root.name, place)
    on_file = None
    for step in steps:
        stage = step.stages.get(fmt)
        if stage is None:
            raise errors.no_stage(str(step), fmt, place)
        reason = step.refuses(fmt)
        if reason:
            raise errors.refused(str(step), fmt, reason, place)
        if stage == "torch" and given is not None:
            raise errors.needs_torch(str(step), name, place)
        if stage == "torch" and on_file is not None:
            raise errors.wrong_order(str(step), str(on_file), place)
        if stage == "file":
            on_file = step


def check_runtime(source: Model | Recipe, runtime: str) -> None:
    """Refuse what a runtime is known not to run.

    Raises:
        UnsupportedError: as `check`.
    """
    for step in () if isinstance(source, Model) else source.steps():
        reason = step.refuses_on(runtime)
        if reason:
            raise errors.refused(str(step), runtime, reason, place_of(source))


def is_torch(source: Model | Recipe, fmt: Format) -> bool:
    """Whether the last step works on a torch module."""
    return isinstance(source, Recipe) and source.step.stages.get(fmt) == "torch"


def place_of(source: Model | Recipe) -> str:
    """``file:line`` of the outermost declaration that has one."""
    while isinstance(source, Recipe):
        if source.place:
            return source.place
        source = source.source
    return source.place
