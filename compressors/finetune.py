"""Train a module after a step changed it: the user's function, with their data where it asks for them."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

from pytest_edgebench.declare.data import load
from pytest_edgebench.errors import compress as errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
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
        loaded = load(context.model)
        bare = loaded.inputs["input_0"] if list(loaded.inputs) == ["input_0"] else loaded.inputs
        arguments = ((bare, loaded.labels),)
        context.note(ON_EVALUATION_DATA)
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
            raise errors.diverged(what, name)


def takes_data(finetune: Callable[..., object]) -> bool:
    """Whether a function wants ``(module, data)`` rather than ``(module)``."""
    says = getattr(finetune, "labelled", None)  # of an `eb.Fit`
    if isinstance(says, bool):
        return says
    required = [
        p
        for p in inspect.signature(finetune).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return len(required) >= 2


def wants_data(finetune: Finetune | None) -> bool:
    """Whether a step with this `finetune` reads the model's labelled data."""
    return finetune is not None and takes_data(finetune)


def labelled(model: Model, module: Module) -> tuple[list[Tensor], Tensor]:
    """The model's data as tensors: inputs in the order of ``forward()``, (n, ...), and labels (n, ...)."""
    import torch

    from pytest_edgebench.compressors.export import ordered

    loaded = load(model)
    inputs = [torch.from_numpy(array.copy()) for array in ordered(module, loaded.inputs).values()]
    return inputs, torch.as_tensor(loaded.labels)


def gradients(module: Module, model: Model) -> None:
    """Leave the gradient of the loss on up to 256 samples of the model's data in the module's parameters."""
    import torch

    inputs, labels = labelled(model, module)
    module.zero_grad()
    with torch.enable_grad():
        outputs = module(*(array[:256] for array in inputs))
        first = outputs if isinstance(outputs, torch.Tensor) else outputs[0]
        label_loss(first, labels[:256]).backward()  # type: ignore[no-untyped-call]


def label_loss(output: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy for integer labels (n,) and outputs (n, classes), else the mean squared error.

    Raises:
        BuildError: outputs and labels do not fit together.
    """
    from torch.nn import functional

    if not labels.is_floating_point() and output.dim() == 2 and labels.dim() == 1:
        if int(labels.max()) >= output.shape[1] or int(labels.min()) < 0:
            raise errors.labels_misfit(tuple(output.shape), f"classes up to {int(labels.max())}")
        return functional.cross_entropy(output, labels.long())
    if math.prod(output.shape) != math.prod(labels.shape):
        raise errors.labels_misfit(tuple(output.shape), f"shape {tuple(labels.shape)}")
    return functional.mse_loss(output, labels.to(output.dtype).reshape(output.shape))
