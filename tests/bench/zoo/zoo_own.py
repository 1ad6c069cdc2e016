"""Networks of the zoo that no package has in a small form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor


def conv(ins: int, outs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(ins, outs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outs),
        nn.SiLU() if groups == 1 and kernel == 3 else nn.ReLU(),
    )


def ds_cnn() -> nn.Module:
    """Keywords, by depthwise separable convolutions over a spectrogram (Zhang et al. 2017, small)."""
    first = nn.Sequential(nn.Conv2d(1, 64, (10, 4), 2, (5, 1), bias=False), nn.BatchNorm2d(64), nn.ReLU())
    blocks = [nn.Sequential(conv(64, 64, groups=64), conv(64, 64, 1)) for _ in range(4)]
    return nn.Sequential(first, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 12))


class UNet(nn.Module):
    """Three resolutions, joined by concatenation, with transposed convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = conv(3, 16), conv(16, 32), conv(32, 64)
        self.pool = nn.MaxPool2d(2)
        self.up_two, self.up_one = nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)
        self.back_two, self.back_one = conv(64, 32), conv(32, 16)
        self.out = nn.Conv2d(16, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        one = self.one(x)
        two = self.two(self.pool(one))
        three = self.three(self.pool(two))
        two = self.back_two(torch.cat([self.up_two(three), two], 1))
        found: Tensor = self.out(self.back_one(torch.cat([self.up_one(two), one], 1)))
        return found


class Yolo(nn.Module):
    """Two heads over a pyramid, as one tensor (n, boxes, 4 + 1 + classes)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv(3, 16, stride=2), conv(16, 32, stride=2), conv(32, 64, stride=2))
        self.deep = nn.Sequential(conv(64, 128, stride=2), conv(128, 128))
        self.up = nn.Upsample(scale_factor=2)
        self.mix = conv(192, 64)
        self.heads = nn.ModuleList([nn.Conv2d(64, 25, 1), nn.Conv2d(128, 25, 1)])

    def forward(self, x: Tensor) -> Tensor:
        fine = self.stem(x)
        coarse = self.deep(fine)
        fine = self.mix(torch.cat([fine, self.up(coarse)], 1))
        parts = [head(each).flatten(2) for head, each in zip(self.heads, (fine, coarse), strict=True)]
        raw = torch.cat(parts, 2).transpose(1, 2)
        return torch.cat([raw[..., :4], raw[..., 4:].sigmoid()], 2)


class Recurrent(nn.Module):
    """Two layers of LSTM over 20 frames, classes from the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(16, 32, 2, batch_first=True)
        self.out = nn.Linear(32, 8)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.out(self.lstm(x)[0][:, -1])
        return found


class TCN(nn.Module):
    """Dilated convolutions over 128 frames with residuals."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(16, 32, 1)
        self.layers = nn.ModuleList([nn.Conv1d(32, 32, 3, padding=d, dilation=d) for d in (1, 2, 4, 8)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(32) for _ in range(4)])
        self.out = nn.Linear(32, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = x + torch.relu(norm(layer(x)))
        found: Tensor = self.out(x.mean(2))
        return found
