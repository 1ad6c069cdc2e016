"""What a model may be given as its labelled data, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from torch.utils.data import DataLoader, Dataset

    from pytest_edgebench.declare.roles import Constant, Sample, State

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    One: TypeAlias = Array | str | Path  # the path is that of an .npy
    Input: TypeAlias = One | Sample | Constant | State
    Named: TypeAlias = Input | Mapping[str, Input]
    Stream: TypeAlias = Dataset[Any] | DataLoader[Any] | list[tuple[Any, Any]]  # the list is one of batches
    Inputs: TypeAlias = Named | Stream
    Data: TypeAlias = tuple[Named, One] | tuple[Named, One, One] | str | Path | Stream
