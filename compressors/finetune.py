"""Train a module after a step changed it: the user's function, with their data where it asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors import errors, training_errors
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.training import given, labelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.nn import Module

    from pytest_edgebench.declare.model import Model, StepContext

    Finetune = Callable[[Module], Module | None] | Callable[[Module, Any], Module | None]

ON_EVALUATION_DATA = "fine-tuned with the evaluation data at hand"


def finetuned(module: Module, finetune: Finetune | None, context: StepContext) -> Module:
    """What `finetune` makes of the module; the module itself without one.

    Raises:
        BuildError: it returned something else than a module, or left weights that are NaN or infinite.
    """
    import torch

    if finetune is None:
        return module
    function: Callable[..., Module | None] = finetune
    arguments: tuple[Any, ...] = ()
    if takes_data(finetune):
        arguments = (_data(finetune, context.model, module),)
        context.note(ON_EVALUATION_DATA)
    elif isinstance(finetune, Fit):
        arguments = (given(finetune.data, module, "Fit", context.model.folder),)
    module.train()
    with torch.enable_grad():
        result = function(module, *arguments)
    if result is not None and not isinstance(result, torch.nn.Module):
        raise errors.finetune_no_module(result)
    trained: Module = module if result is None else result
    finite(trained, "finetune")
    return trained


def finite(module: Module, what: str) -> None:
    """Refuse a module that training broke.

    Raises:
        BuildError: a weight is NaN or infinite.
    """
    for name, value in module.state_dict().items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise training_errors.diverged(what, name)


def takes_data(finetune: Callable[..., object]) -> bool:
    """Whether a function wants ``(module, data)`` rather than ``(module)``."""
    says = getattr(finetune, "labelled", None)  # of an `eb.Fit`
    if isinstance(says, bool):
        return says
    import inspect

    required = [
        p
        for p in inspect.signature(finetune).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return len(required) >= 2


def wants_data(finetune: Finetune | None) -> bool:
    """Whether a step with this `finetune` reads the model's labelled data."""
    return finetune is not None and takes_data(finetune)


def _data(finetune: Callable[..., object], model: Model, module: Module) -> Any:
    """What a function that asks for data is given: arrays; an `eb.Fit` reads them batch by batch."""
    from pytest_edgebench.samples.data import load
    from pytest_edgebench.samples.stream import in_memory

    if isinstance(finetune, Fit):
        return labelled(model, module)
    inputs, labels = in_memory(load(model))
    return (inputs["input_0"] if list(inputs) == ["input_0"] else inputs), labels
