"""What the networks of images are made of."""

from __future__ import annotations

from torch import Tensor, nn


def block(channels: int, filters: int, size: int = 3, *, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution, a batch norm, which an export folds, and ReLU."""
    padding = size // 2
    convolution = nn.Conv2d(
        channels, filters, size, stride=stride, padding=padding, groups=groups, bias=False
    )
    return [convolution, nn.BatchNorm2d(filters), nn.ReLU()]


class Residual(nn.Module):
    """Two convolutions, to whose output the input is added; a third makes it as large where it is not."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        last = block(filters, filters)[:2]
        self.body = nn.Sequential(*block(channels, filters, stride=stride), *last)
        same = channels == filters and stride == 1
        self.skip = nn.Identity() if same else nn.Conv2d(channels, filters, 1, stride=stride)
        self.relu = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        """(n, channels, h, w) to (n, filters, h / stride, w / stride)."""
        found: Tensor = self.relu(self.body(inputs) + self.skip(inputs))
        return found
