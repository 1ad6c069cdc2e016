"""The layers of a torch module that are trained with weights of few bits."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from pytest_edgebench.compressors import errors
from pytest_edgebench.compressors.finetune import finetuned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.declare.model import Step, StepContext


def weighted(step: Step, module: Module, exclude: Sequence[str] = (), smallest: int = 1) -> dict[str, Module]:
    """Layer name → convolution or linear layer, but for small ones and those that a pattern matches.

    Raises:
        BuildError: a pattern that matches no layer; layers that share one weight.
    """
    from torch import nn

    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
    known = {name: m for name, m in module.named_modules() if isinstance(m, kinds)}
    for pattern in exclude:
        if not fnmatch.filter(known, pattern):
            raise errors.excludes_no_layer(str(step), pattern, list(known))
    chosen = {
        name: layer
        for name, layer in known.items()
        if layer.weight.numel() >= smallest
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in exclude)
    }
    owners: dict[int, str] = {}
    for name, layer in chosen.items():
        first = owners.setdefault(id(layer.weight), name)
        if first != name:
            raise errors.shared(str(step), first, name)
    return dict(chosen)


def train_as_seen(
    step: Step,
    module: Module,
    layers: Mapping[str, Module],
    seen: Callable[[], Module],
    finetune: Finetune,
    context: StepContext,
) -> None:
    """Train a module whose forward pass sees the weights of some layers as what `seen` makes turns them.

    Afterwards they are still parametrized.

    Raises:
        BuildError: as `finetuned`; it trained another module.
    """
    from torch.nn.utils import parametrize

    for layer in layers.values():
        parametrize.register_parametrization(layer, "weight", seen())
    trained = finetuned(module, finetune, context)
    if trained is not module or not all(parametrize.is_parametrized(layer) for layer in layers.values()):
        raise errors.other_module(str(step))
