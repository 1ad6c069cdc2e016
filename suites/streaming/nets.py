"""The network: what it hears of two frames is weighed by a gated recurrent cell and put together again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.suites.common.training import trained
from pytest_edgebench.suites.streaming.sounds import FRAME, HIDDEN, training

if TYPE_CHECKING:
    from torch import Tensor, nn

PARTS = 96
EPOCHS = 15


def train_denoiser() -> nn.Module:
    """55,744 parameters; trained on whole sequences, run call by call."""
    import torch

    noisy, clean = training()
    net = denoiser()

    class Unrolled(torch.nn.Module):
        """Sequences (n, steps, FRAME) in, cleaned ones out."""

        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, frames: Tensor) -> Tensor:
            before, hidden = frames.new_zeros(len(frames), FRAME), frames.new_zeros(len(frames), HIDDEN)
            outputs = []
            for frame in frames.unbind(1):
                output, before, hidden = self.net(frame, before, hidden)
                outputs.append(output)
            return torch.stack(outputs, dim=1)

    def loss(outputs: Tensor, wanted: Tensor) -> Tensor:
        """The mean signal-to-noise ratio over sequences, in dB, with the sign turned."""
        error = ((outputs - wanted) ** 2).flatten(1).sum(dim=1)
        return 10 * torch.log10(error / (wanted**2).flatten(1).sum(dim=1) + 1e-6).mean()

    trained(Unrolled(), noisy, clean, epochs=EPOCHS, rate=5e-3, batch=32, loss=loss)
    return net


def denoiser() -> nn.Module:
    """(frame, frame before, hidden state) → (cleaned frame, this frame, next hidden state); untrained."""
    import torch
    from torch import nn

    class Denoiser(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.heard = nn.Linear(2 * FRAME, PARTS)
            self.gates = nn.Linear(PARTS + HIDDEN, 2 * HIDDEN)
            self.fresh = nn.Linear(PARTS + HIDDEN, HIDDEN)
            self.weights = nn.Linear(HIDDEN, PARTS)
            self.said = nn.Linear(PARTS, FRAME)

        def forward(self, frame: Tensor, before: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            parts = torch.tanh(self.heard(torch.cat([before, frame], dim=1)))
            kept, shown = torch.sigmoid(self.gates(torch.cat([parts, hidden], dim=1))).chunk(2, dim=1)
            fresh = torch.tanh(self.fresh(torch.cat([parts, shown * hidden], dim=1)))
            hidden = kept * hidden + (1 - kept) * fresh
            return self.said(parts * torch.sigmoid(self.weights(hidden))), frame + 0, hidden

    return Denoiser()
