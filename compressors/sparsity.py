"""Masks that keep some weights and remove others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pytest_edgebench.compressors import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor
    from torch.nn import Module

Scope = Literal["global", "layer"]


def prunable(module: Module) -> dict[str, Tensor]:
    """Parameter name → weight of all convolutions and linear layers; one that several share, once."""
    from torch import nn
    from torch.nn.modules.conv import _ConvNd

    layers = [m for m in module.modules() if isinstance(m, _ConvNd | nn.Linear)]
    known = {id(layer.weight) for layer in layers}
    return {name: p for name, p in module.named_parameters() if id(p) in known}


def smallest(
    weights: Mapping[str, Tensor], ratio: float, scope: Scope, own: Mapping[str, float] | None = None
) -> dict[str, Tensor]:
    """Masks (1 keeps, 0 removes) that remove `ratio` of the weights, the smallest in absolute value.

    Over all weights together, or in each layer for itself; of the weights in `own` that ratio of each.
    """
    import torch

    if own:
        rest = {name: weight for name, weight in weights.items() if name not in own}
        alone = {n: smallest({n: weights[n]}, share, "global")[n] for n, share in own.items() if share}
        return {**alone, **(smallest(rest, ratio, scope) if rest else {})}
    if scope == "layer":
        return {name: smallest({name: w}, ratio, "global")[name] for name, w in weights.items()}
    scores = torch.cat([weight.detach().abs().flatten() for weight in weights.values()])
    # Exactly this many, whatever the ties; a model of one weight keeps it.
    removed = min(max(1, round(ratio * len(scores))), len(scores) - 1)
    keep = torch.ones_like(scores)
    keep[torch.topk(scores, removed, largest=False).indices] = 0
    parts = torch.split(keep, [math.prod(weight.shape) for weight in weights.values()])
    return {name: part.view_as(weight) for (name, weight), part in zip(weights.items(), parts, strict=True)}


def n_of_m(weights: Mapping[str, Tensor], keep: int, of: int) -> dict[str, Tensor]:
    """Masks that keep the `keep` largest of each `of` neighbours along a weight's inputs.

    Inputs of one output are taken in memory order, (in, taps...) of a convolution; a weight whose inputs are
    no multiple of `of` is left out.
    """
    import torch

    masks = {}
    for name, weight in weights.items():
        inputs = math.prod(weight.shape[1:])
        if inputs % of:
            continue
        groups = weight.detach().abs().reshape(-1, of)
        mask = torch.zeros_like(groups)
        mask.scatter_(1, torch.topk(groups, keep, dim=1).indices, 1)
        masks[name] = mask.view_as(weight)
    return masks


def apply(module: Module, masks: Mapping[str, Tensor]) -> None:
    """Set removed weights to zero.

    Raises:
        BuildError: the module is not the one the masks were made for.
    """
    import torch

    named = dict(module.named_parameters())
    if any(name not in named or named[name].shape != mask.shape for name, mask in masks.items()):
        raise errors.other_architecture()
    with torch.no_grad():
        for name, mask in masks.items():
            named[name].mul_(mask)


def held(module: Module, masks: Mapping[str, Tensor], train: Callable[[Module], Module]) -> Module:
    """Train the module while removed weights get no gradient, and remove again what came back."""
    # A removed weight has no gradient, so an optimizer that starts from nothing never moves it.
    apply(module, masks)
    named = dict(module.named_parameters())
    hooks = [named[name].register_hook(_hold(mask)) for name, mask in masks.items()]  # type: ignore[no-untyped-call]
    try:
        trained = train(module)
    finally:
        for hook in hooks:
            hook.remove()
    apply(trained, masks)
    return trained


def told(module: Module) -> str:
    """The share of zeros in each weight, for the manifest, and what they are good for."""
    shares = [f"{name} {float((w == 0).float().mean()):.0%}" for name, w in prunable(module).items()]
    return f"zeros: {', '.join(shares)}; dense kernels run no faster for them"


def _hold(mask: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda gradient: gradient * mask
