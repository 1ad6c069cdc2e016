"""The network twice, with the same weights: for a whole text at once, and for one token with a cache."""

from __future__ import annotations

import copy
import functools
import math
from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.generative.topics import (
    HEADS,
    LAYERS,
    LONG,
    VOCABULARY,
    WIDTH,
    WINDOW,
    training,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

SEED = 0


def train_window() -> nn.Module:
    """Tokens (n, WINDOW) → scores of the next one at each place (n, WINDOW, VOCABULARY)."""
    return copy.deepcopy(_trained())


def train_step() -> nn.Module:
    """(token, keys, values, place) → (scores of the next one, and the other three after this call)."""
    return stepping(train_window(), WINDOW)


def train_long_step() -> nn.Module:
    """As `train_step`, with room for `LONG` tokens."""
    return stepping(train_window(), LONG)


@functools.cache
def _trained() -> nn.Module:
    """116,608 parameters. Kept in a process, since three models are made of it; it rests on code alone."""
    import torch

    tokens, following = training()
    torch.manual_seed(SEED)

    def loss(scores: Tensor, wanted: Tensor) -> Tensor:
        return torch.nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten())

    return trained(window(), tokens, following, epochs=2, rate=4e-3, batch=16, loss=loss)


def places(room: int) -> Any:
    """What is added to tokens at each place, (room, WIDTH): as Vaswani et al. (2017), 3.5."""
    import torch

    rates = torch.exp(torch.arange(0, WIDTH, 2) * (-math.log(10_000.0) / WIDTH))
    angles = torch.arange(room)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def window() -> nn.Module:
    """The network for whole texts, untrained."""
    import torch
    from torch import nn

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
            self.value, self.together = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
            self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

        def attend(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
            """Queries (n, tokens, WIDTH) on keys and values (n, room, WIDTH); mask (..., tokens, room)."""
            q, k, v = (
                x.reshape(-1, x.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)
                for x in (query, keys, values)
            )
            weights = torch.softmax(q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5 + mask, dim=-1)
            together: Tensor = self.together((weights @ v).transpose(1, 2).flatten(2))
            return together

        def think(self, x: Tensor) -> Tensor:
            narrow: Tensor = self.narrow(nn.functional.gelu(self.wide(self.after(x))))
            return x + narrow

        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            seen = self.before(x)
            x = x + self.attend(self.query(seen), self.key(seen), self.value(seen), mask)
            return self.think(x)

    class Window(nn.Module):
        places: Tensor
        mask: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(VOCABULARY, WIDTH)
            self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
            self.norm = nn.LayerNorm(WIDTH)
            self.scores = nn.Linear(WIDTH, VOCABULARY)
            self.register_buffer("places", places(WINDOW))
            self.register_buffer("mask", torch.full((WINDOW, WINDOW), -1e4).triu(1))

        def forward(self, tokens: Tensor) -> Tensor:
            x = self.tokens(tokens) + self.places
            for layer in self.layers:
                x = layer(x, self.mask)
            scores: Tensor = self.scores(self.norm(x))
            return scores

    return Window()


def stepping(net: Any, room: int) -> nn.Module:
    """The network for one token a call, with a cache of `room` tokens that the caller keeps.

    The cache has one size from the first call on, as files for devices have it: a call writes its keys and
    values at its place, and places after it are masked.
    """
    import torch
    from torch import nn

    class Step(nn.Module):
        places: Tensor
        numbers: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.net = net
            self.register_buffer("places", places(room))
            self.register_buffer("numbers", torch.arange(room)[None])

        def forward(
            self, token: Tensor, keys: Tensor, values: Tensor, place: Tensor
        ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
            here = (self.numbers == place).to(keys.dtype)[:, :, None]  # (n, room, 1)
            mask = torch.where(self.numbers > place, -1e4, 0.0)[:, None, None]
            x = (self.net.tokens(token) + (here * self.places).sum(dim=1))[:, None]
            all_keys, all_values = [], []
            for number, layer in enumerate(self.net.layers):
                seen = layer.before(x)
                own = keys[:, number] * (1 - here) + layer.key(seen) * here
                shown = values[:, number] * (1 - here) + layer.value(seen) * here
                x = layer.think(x + layer.attend(layer.query(seen), own, shown, mask))
                all_keys.append(own)
                all_values.append(shown)
            scores = self.net.scores(self.net.norm(x[:, 0]))
            return scores, torch.stack(all_keys, dim=1), torch.stack(all_values, dim=1), place + 1

    return Step().eval()
