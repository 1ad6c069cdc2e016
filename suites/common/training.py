"""Training in seconds, and always to the same weights."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from torch import Tensor, nn

    Array = np.ndarray[Any, np.dtype[Any]]


def trained(
    module: nn.Module,
    inputs: Array,
    targets: Array,
    *,
    epochs: int,
    rate: float,
    batch: int = 32,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
    varied: Callable[[Tensor], Tensor] | None = None,
) -> nn.Module:
    """Train with Adam, the rate falling to nothing along a cosine; ready for use when it returns.

    Order and variations follow torch's global seed, which `eb.Model` sets.

    Args:
        module: changed in place.
        inputs: (n, ...). targets: (n, ...), of the dtype that `loss` takes.
        epochs: passes over all samples; what does not fill a batch is left to the next one.
        rate: of the first step.
        batch: samples in a step.
        loss: (outputs, targets) to one number; cross-entropy where it is left out.
        varied: changes the inputs (batch, ...) of a step, so that no epoch sees the same ones.
    """
    import torch

    criterion = torch.nn.functional.cross_entropy if loss is None else loss
    given, wanted = torch.from_numpy(inputs), torch.from_numpy(targets)
    optimizer = torch.optim.Adam(module.parameters(), lr=rate)
    steps = epochs * (len(given) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    module.train()
    with one_thread():
        for _ in range(epochs):
            order = torch.randperm(len(given))
            for start in range(0, len(given) - batch + 1, batch):
                chosen = order[start : start + batch]
                seen = given[chosen] if varied is None else varied(given[chosen])
                reached = criterion(module(seen), wanted[chosen])
                optimizer.zero_grad()
                reached.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return module.eval()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Sums over several threads depend on their number, and so would the weights."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
