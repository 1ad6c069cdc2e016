"""Run a user's function with seeds set, and leave the generators as they were."""

from __future__ import annotations

import contextlib
import random
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def seeded(seed: int, *, torch: bool = False) -> Iterator[None]:
    """Seed `random`, numpy and, where it is loaded or asked for, torch while the block runs."""
    import numpy as np

    with contextlib.ExitStack() as stack:
        if torch or "torch" in sys.modules:
            import torch as library

            stack.enter_context(library.random.fork_rng())
            library.manual_seed(seed)
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())
        random.seed(seed)
        np.random.seed(seed)
        yield
