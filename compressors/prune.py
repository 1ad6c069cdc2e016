"""`Prune`: set the smallest weights to zero."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_edgebench.declare.model import Stage, Step, StepContext
from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.record.run import Counts

    Finetune = Callable[[Module], Module | None] | Callable[[Module, Any], Module | None]


@dataclass(frozen=True)
class Prune(Step):
    """Unstructured magnitude pruning over all convolutions and linear layers together.

    The smallest weights of the whole model become zero, however they are spread over the layers; biases
    stay. Zeros save flash only in a compressed file, and no time on dense kernels.

    Attributes:
        ratio: share of the weights to remove, 0 < ratio < 1.
        finetune: ``(module)`` or ``(module, (inputs, labels))`` trains the pruned module, in place or by
            returning it; removed weights stay zero. The second form is given the model's labelled data,
            which the manifest notes, since accuracy is measured on it too.

    Raises:
        DeclarationError: another ratio, or no function.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    ratio: float
    finetune: Finetune | None = None

    def __post_init__(self) -> None:
        number = isinstance(self.ratio, int | float) and not isinstance(self.ratio, bool)
        if not number or not 0 < self.ratio < 1:  # also refuses NaN
            raise errors.bad_ratio(self.ratio)
        if self.finetune is not None and not callable(self.finetune):
            raise errors.bad_finetune(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        masks = _masks(module, self.ratio)
        if not masks:
            raise errors.no_effect(str(self), "the model has no convolution or linear layer", "")
        _apply(module, masks)
        if self.finetune is None:
            return module
        # A removed weight has no gradient, so an optimizer that starts from nothing never moves it.
        named = dict(module.named_parameters())
        hooks = [named[name].register_hook(_hold(mask)) for name, mask in masks.items()]  # type: ignore[no-untyped-call]
        trained = self._finetuned(module, context)
        for hook in hooks:
            hook.remove()
        _apply(trained, masks)
        return trained

    def effect(self, before: Counts, after: Counts) -> str | None:
        if after.zeros > before.zeros:
            return None
        return f"the model has {after.zeros} zero weights, no more than before"

    def _finetuned(self, module: Module, context: StepContext) -> Module:
        import torch

        finetune: Callable[..., Module | None] = self.finetune  # type: ignore[assignment]
        arguments: tuple[Any, ...] = ()
        if _takes_data(finetune):
            from pytest_edgebench.declare.data import load

            loaded = load(context.model)
            bare = loaded.inputs["input_0"] if list(loaded.inputs) == ["input_0"] else loaded.inputs
            arguments = ((bare, loaded.labels),)
            context.note("fine-tuned with the evaluation data at hand")
        module.train()
        with torch.enable_grad():
            result = finetune(module, *arguments)
        if result is not None and not isinstance(result, torch.nn.Module):
            raise errors.no_module("finetune", result, "")
        return result or module

    def __str__(self) -> str:
        tuned = f", finetune={getattr(self.finetune, '__name__', 'function')}" if self.finetune else ""
        return f"Prune({self.ratio!r}{tuned})"


def _takes_data(finetune: Callable[..., object]) -> bool:
    required = [
        p
        for p in inspect.signature(finetune).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return len(required) >= 2


def _masks(module: Module, ratio: float) -> dict[str, Tensor]:
    """Parameter name → mask (1 keeps, 0 removes) of the weights that several layers may share, each once."""
    import torch
    from torch import nn
    from torch.nn.modules.conv import _ConvNd

    layers = [m for m in module.modules() if isinstance(m, _ConvNd | nn.Linear)]
    prunable = {id(layer.weight) for layer in layers}
    weights = {name: p for name, p in module.named_parameters() if id(p) in prunable}
    if not weights:
        return {}
    scores = torch.cat([weight.detach().abs().flatten() for weight in weights.values()])
    # Exactly this many, whatever the ties; a model of one weight keeps it.
    removed = min(max(1, round(ratio * len(scores))), len(scores) - 1)
    keep = torch.ones_like(scores)
    keep[torch.topk(scores, removed, largest=False).indices] = 0
    parts = torch.split(keep, [math.prod(weight.shape) for weight in weights.values()])
    return {name: part.view_as(weight) for (name, weight), part in zip(weights.items(), parts, strict=True)}


def _apply(module: Module, masks: Mapping[str, Tensor]) -> None:
    import torch

    named = dict(module.named_parameters())
    if any(name not in named or named[name].shape != mask.shape for name, mask in masks.items()):
        raise errors.other_architecture()
    with torch.no_grad():
        for name, mask in masks.items():
            named[name].mul_(mask)


def _hold(mask: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda gradient: gradient * mask
