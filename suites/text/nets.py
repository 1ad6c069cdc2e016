"""The network: bytes, taken two by two by a convolution, through two layers of attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.text.names import LANGUAGES, LENGTH, training

if TYPE_CHECKING:
    from torch import Tensor, nn

WIDTH, HEADS, LAYERS = 64, 4, 2


def train_transformer() -> nn.Module:
    """88,396 parameters; 88 % of texts in the right one of twelve languages after three epochs."""
    texts, languages = training()
    return trained(transformer(), texts, languages, epochs=3, rate=3e-3, batch=64)


def transformer() -> nn.Module:
    """Texts (n, LENGTH) of bytes, int64 → scores (n, languages); untrained."""
    import torch
    from torch import nn

    class Layer(nn.Module):
        """Attention, then two products, each after a normalisation and added to what it got."""

        def __init__(self) -> None:
            super().__init__()
            self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.three, self.together = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.wide, self.narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

        def forward(self, x: Tensor) -> Tensor:
            parts = self.three(self.before(x)).reshape(-1, LENGTH // 2, 3, HEADS, WIDTH // HEADS)
            query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
            weights = torch.softmax(query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5, dim=-1)
            x = x + self.together((weights @ value).transpose(1, 2).reshape(-1, LENGTH // 2, WIDTH))
            narrow: Tensor = self.narrow(nn.functional.gelu(self.wide(self.after(x))))
            return x + narrow

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bytes = nn.Embedding(256, WIDTH // 2)
            self.pairs = nn.Conv1d(WIDTH // 2, WIDTH, 5, stride=2, padding=2)
            self.places = nn.Parameter(0.02 * torch.randn(LENGTH // 2, WIDTH))
            self.layers = nn.Sequential(*(Layer() for _ in range(LAYERS)))
            self.norm = nn.LayerNorm(WIDTH)
            self.scores = nn.Linear(WIDTH, len(LANGUAGES))

        def forward(self, texts: Tensor) -> Tensor:
            pairs = torch.relu(self.pairs(self.bytes(texts).transpose(1, 2))).transpose(1, 2)
            scores: Tensor = self.scores(self.norm(self.layers(pairs + self.places)).mean(dim=1))
            return scores

    return Transformer()
