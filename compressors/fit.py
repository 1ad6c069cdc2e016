"""`Fit`: the default training loop, for steps that train and whose user has no function for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import compress, precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.nn import Module


@dataclass(frozen=True)
class Fit:
    """Train on labels with Adam: cross-entropy for class numbers, else the mean squared error.

    May stand wherever a step takes ``finetune=``.

    Attributes:
        epochs: passes over the data.
        batch: samples of one step; the last ones that fill none are left out of that epoch.
        rate: learning rate, which falls to 0 along half a cosine.
        data: returns ``(inputs, labels)`` to train on; without it the model's own labelled data is taken,
            which the manifest notes, since accuracy is measured on it too.

    Raises:
        DeclarationError: numbers that are none, data that is no function.
    """

    epochs: int = 3
    batch: int = 32
    rate: float = 1e-3
    data: Callable[[], Any] | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise compress.not_a_count(name, getattr(self, name))
        compress.check_number("rate", self.rate, zero=False)
        if self.data is not None and not callable(self.data):
            raise precision.bad_training_data(self.data)

    @property
    def __name__(self) -> str:
        """How a step shows it among its parameters."""
        return f"Fit(epochs={self.epochs})"

    @property
    def labelled(self) -> bool:
        """Whether it is to be given the model's labelled data."""
        return self.data is None

    def __call__(self, module: Module, data: Any = None) -> None:
        """Train `module` in place.

        Args:
            data: ``(inputs, labels)``: inputs (n, ...) or a mapping of name to such, labels (n, ...).

        Raises:
            BuildError: the loss became NaN or infinite, or outputs and labels do not fit together.
        """
        import torch

        from pytest_edgebench.compressors.export import ordered
        from pytest_edgebench.compressors.finetune import label_loss

        given, labels = self.data() if self.data else data
        named = ordered(module, given) if hasattr(given, "items") else {"input_0": given}
        inputs = [torch.as_tensor(array) for array in named.values()]
        labels = torch.as_tensor(labels)
        count = len(labels)
        batch = min(self.batch, count)
        optimizer = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=self.rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.epochs * (count // batch))
        for epoch in range(self.epochs):
            order = torch.randperm(count)
            for start in range(0, count - batch + 1, batch):
                rows = order[start : start + batch]
                output = module(*(array[rows] for array in inputs))
                output = output if isinstance(output, torch.Tensor) else output[0]
                loss = label_loss(output, labels[rows])
                if not math.isfinite(loss.item()):
                    raise compress.loss_diverged(epoch + 1)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
