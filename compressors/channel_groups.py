"""Which layers of a module must keep their channels: found by taking some away and looking at the outputs.

A layer's channels go together with those of others (both sides of a sum); such a group is tried as one.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from torch.nn import Module

    Pruner = Callable[[Module, tuple[Any, ...], Sequence[Module]], Any]
    """Makes torch-pruning's pruner of a module, an example input and the layers that stay."""
    Group = tuple[str, ...]

NEAR = 1e-3  # of the largest output


def kept(module: Module, example: tuple[Tensor, ...], pruner: Pruner) -> set[str]:
    """Names of the layers that must keep all their channels.

    Without some of their channels the module fails, or answers in another shape, or not what it answers when
    what reads these channels reads zeros: then torch-pruning was wrong about who reads them, as where they
    change places on the way (channel shuffle).

    Raises:
        BuildError: torch-pruning cannot read the module.
    """
    import torch

    with torch.no_grad():
        wanted = tensors(module(*example))
    groups, never = _groups(module, example)

    def bad(tried: Sequence[Group]) -> bool:
        stay = {name for group in groups if group not in tried for name in group} | never
        try:
            return not _same(module, example, pruner, stay, wanted)
        except Exception:  # noqa: BLE001 - what breaks without a channel must keep it
            return True

    def search(tried: Sequence[Group]) -> list[Group]:
        if not tried or not bad(tried):
            return []
        # Blocks that are alike, "layers.0.fc" and "layers.9.fc", mostly share their fate.
        alike = len({_pattern(group) for group in tried}) == 1
        if len(tried) == 1 or (alike and bad(tried[:1]) and bad(tried[-1:])):
            return [*tried]
        cut = _cut(tried)
        return search(tried[:cut]) + search(tried[cut:])

    # Mostly the last layer makes the outputs, and no other has to stay.
    ordered = sorted(groups[:-1], key=_pattern)
    found = search(ordered) + search(groups[-1:])
    free = [group for group in groups if group not in found]
    if found and bad(free):  # each alone does no harm, but some together do
        found += [group for n, group in enumerate(free) if bad(free[: n + 1]) and not bad(free[:n])]
    return {name for group in found for name in group} | never


def _cut(tried: Sequence[Group]) -> int:
    """Where to divide: in the middle, or beside it where groups of another kind begin."""
    middle = len(tried) // 2
    changes = [n for n in range(1, len(tried)) if _pattern(tried[n]) != _pattern(tried[n - 1])]
    return min(changes, key=lambda n: abs(n - middle), default=middle)


def _pattern(group: Group) -> str:
    return re.sub(r"\d+", "*", " ".join(group))


def _groups(module: Module, example: tuple[Tensor, ...]) -> tuple[list[Group], set[str]]:
    """Names of layers that lose channels together, in the order of the module; and of those that cannot."""
    graph, kinds = _graph(module, example), roots()
    found: dict[Group, None] = {}
    never: set[str] = set()
    names = {layer: name for name, layer in module.named_modules()}
    for layer, name in names.items():
        part = graph.get_pruner_of_module(layer) if isinstance(layer, kinds) else None
        if layer not in graph.module2node or part is None or part.get_out_channels(layer) is None:
            continue
        rows = [*range(part.get_out_channels(layer))]
        try:
            group = graph.get_pruning_group(layer, part.prune_out_channels, rows)
        except Exception:  # noqa: BLE001 - torch-pruning cannot follow its channels
            never.add(name)
            continue
        targets = [dep.target.module for dep, _ in group if graph.is_out_channel_pruning_fn(dep.handler)]
        together = {names[target] for target in targets if isinstance(target, kinds) and target in names}
        found[tuple(each for each in names.values() if each in together)] = None
    return [group for group in found if not never & {*group}], never


def roots() -> tuple[type, ...]:
    """Kinds of layers that have channels of their own."""
    from torch import nn

    from pytest_edgebench.compressors.recurrent_channels import GATES

    return (nn.modules.conv._ConvNd, nn.Linear, *GATES)


def reading() -> dict[str, Any]:
    """How torch-pruning is to read a module: what it may return, and layers that are not its own."""
    from pytest_edgebench.compressors.recurrent_channels import GATES, RecurrentPruner

    return {
        "forward_fn": lambda module, inputs: tensors(module(*inputs)),
        "customized_pruners": {kind: RecurrentPruner() for kind in GATES},
    }


def _graph(module: Module, example: tuple[Tensor, ...]) -> Any:
    """torch-pruning's graph of who reads whose channels.

    Raises:
        BuildError: it cannot read the module.
    """
    import torch
    import torch_pruning  # type: ignore[import-untyped]

    try:
        with torch.enable_grad():
            return torch_pruning.DependencyGraph().build_dependency(module, example, **reading())
    except Exception as cause:
        raise errors.channels_not_followed(cause) from cause


def tensors(outputs: Any) -> list[Tensor]:
    """All tensors of what a module returned, also where these are in dictionaries and classes."""
    import torch
    from torch.utils import _pytree

    return [leaf for leaf in _pytree.tree_leaves(outputs) if isinstance(leaf, torch.Tensor)]


def _same(
    module: Module, example: tuple[Tensor, ...], pruner: Pruner, stay: set[str], wanted: list[Tensor]
) -> bool:
    """Whether it answers the same without channels of all layers but these as with nobody reading them."""
    import torch

    thin, masked = copy.deepcopy(module), copy.deepcopy(module)
    made = pruner(thin, example, [layer for name, layer in thin.named_modules() if name in stay])
    readers = _Readers(thin, masked)
    for group in made.step(interactive=True):
        for dep, rows in group:
            readers.lose(dep, rows)
        group.prune()
    with torch.no_grad():
        answers = tensors(thin(*example))
    if [answer.shape for answer in answers] != [answer.shape for answer in wanted]:
        return False
    if _has_norm(module):  # of all channels together, which changes with their number
        return True
    with torch.no_grad():
        expected = tensors(masked(*example))
    return all(
        float((a - b).abs().max()) <= NEAR * max(1e-6, float(b.abs().max()))
        for a, b in zip(answers, expected, strict=True)
        if a.numel() and a.is_floating_point()
    )


class _Readers:
    """Sets to zero, in a whole copy of a module, the weights by which layers read channels that are lost."""

    def __init__(self, thin: Module, masked: Module) -> None:
        whole = dict(masked.named_modules())
        self._whole = {layer: whole[name] for name, layer in thin.named_modules()}
        self._left: dict[tuple[int, str], list[int]] = {}

    def lose(self, dep: Any, rows: list[int]) -> None:
        import torch
        from torch import nn
        from torch.nn.modules.conv import _ConvNd

        layer: Any = self._whole.get(dep.target.module)
        side = dep.handler.__name__
        with torch.no_grad():
            if isinstance(layer, nn.RNNBase):
                part = "weight_hh_l" if "out" in side else "weight_ih_l0"
                for name, weight in layer.named_parameters():
                    if name.startswith(part):
                        width = layer.hidden_size if "out" in side else layer.input_size
                        weight[:, self._of_whole(layer, name, width, rows)] = 0
            elif isinstance(layer, nn.Linear) and "in" in side.split("_"):
                layer.weight[:, self._of_whole(layer, side, layer.in_features, rows)] = 0
            elif isinstance(layer, _ConvNd) and "in" in side.split("_"):
                if layer.groups == layer.in_channels == layer.out_channels:
                    return  # passes its channels on
                inputs = layer.in_channels // layer.groups
                outputs = layer.out_channels // layer.groups
                for row in self._of_whole(layer, side, layer.in_channels, rows):
                    group, column = divmod(row, inputs)
                    if layer.transposed:
                        layer.weight[row] = 0
                    else:
                        layer.weight[group * outputs : (group + 1) * outputs, column] = 0

    def _of_whole(self, layer: Any, side: str, width: int, rows: list[int]) -> list[int]:
        """Numbers in the whole layer of channels that are numbered in one that has lost some."""
        left = self._left.setdefault((id(layer), side), [*range(width)])
        lost = [left[row] for row in rows]
        self._left[id(layer), side] = sorted({*left} - {*lost})
        return lost


def _has_norm(module: Module) -> bool:
    """Whether a layer divides by what it measures over all channels."""
    kinds = {type(layer).__name__ for layer in module.modules()}
    return any("Norm" in kind and "Batch" not in kind and "Instance" not in kind for kind in kinds)
