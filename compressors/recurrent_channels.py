"""How torch-pruning takes units out of ``nn.LSTM`` and ``nn.GRU``; its own way mixes up their gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch_pruning import function  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable

GATES = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}


class RecurrentPruner(function.BasePruningFunc):  # type: ignore[misc]
    """Of one layer in one direction; of others only the inputs can be pruned."""

    def prune_out_channels(self, layer: Any, idxs: list[int]) -> Any:
        if layer.num_layers > 1 or layer.bidirectional or layer.proj_size:
            raise NotImplementedError("its units are read in several places")
        kept = _others(layer.hidden_size, idxs)
        rows = torch.cat([kept + gate * layer.hidden_size for gate in range(GATES[type(layer)])])
        for name, parameter in list(layer.named_parameters()):
            value = parameter[rows]
            _replace(layer, name, value[:, kept] if name.startswith("weight_hh") else value)
        layer.hidden_size = len(kept)
        return layer

    def prune_in_channels(self, layer: Any, idxs: list[int]) -> Any:
        kept = _others(layer.input_size, idxs)
        for name, parameter in list(layer.named_parameters()):
            if name.startswith("weight_ih_l0"):
                _replace(layer, name, parameter[:, kept])
        layer.input_size = len(kept)
        return layer

    def get_out_channels(self, layer: Any) -> int:
        return int((layer.proj_size or layer.hidden_size) * (2 if layer.bidirectional else 1))

    def get_in_channels(self, layer: Any) -> int:
        return int(layer.input_size)


def _others(count: int, idxs: Iterable[int]) -> Any:
    return torch.tensor(sorted({*range(count)} - {*idxs}))


def _replace(layer: Any, name: str, value: Any) -> None:
    setattr(layer, name, nn.Parameter(value.detach().clone()))
