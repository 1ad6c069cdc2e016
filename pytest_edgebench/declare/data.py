"""What a model may be given as its labelled data, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from torch.utils.data import DataLoader, Dataset

    from pytest_edgebench.declare.roles import Constant, Sample, State

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    One: TypeAlias = Array | str | Path  # the path is that of an .npy
    Input: TypeAlias = One | Sample | Constant | State
    Several: TypeAlias = Input | Sequence[Array]  # samples of differing shapes
    Named: TypeAlias = Several | Mapping[str, Several]
    Labels: TypeAlias = One | Sequence[Any]
    Stream: TypeAlias = (
        Dataset[Any] | DataLoader[Any] | Iterable[tuple[Any, ...]] | Iterable[Mapping[str, Any]]
    )
    Inputs: TypeAlias = Named | Stream
    Data: TypeAlias = tuple[Named, Labels] | tuple[Named, Labels, Labels] | str | Path | Stream
