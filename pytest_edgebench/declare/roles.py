"""What an input of a model is, where it is not simply one array of samples: `Sample`, `Constant`, `State`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Reset = Literal["sample", "sequence", "never"]
RESETS: tuple[Reset, ...] = get_args(Reset)


@dataclass(frozen=True, eq=False)
class Sample:
    """An input whose samples are not along its first axis.

    Attributes:
        array: all samples, as the model file has them in one call but for the length of that axis; or the
            path of an ``.npy``.
        axis: along which the samples are: 1 for an array (time, samples, features).
    """

    array: Any
    axis: int = 0


@dataclass(frozen=True, eq=False)
class Constant:
    """An input that is the same in each call, whatever the batch: a sampling rate, a grid of anchors.

    Attributes:
        value: a number or an array, in the shape that the model file wants; never batched.
    """

    value: Any


@dataclass(frozen=True, eq=False)
class State:
    """An input that is fed back from an output of the call before, or what the model file keeps by itself.

    Attributes:
        output: the output that is fed back, by its name or its number (from 0); "" for the variables that a
            file holds, where the input's name in the data may be any.
        initial: what a reset sets: a number for all elements, or an array in the shape of one call, or of one
            sample without `axis`. For a model that is exported here it must be an array.
        axis: along which the samples of a batch are, in the input and the output.
        reset: before each "sample"; before each "sequence", and then a sample is a sequence of calls, all
            inputs are (samples, steps, ...) and outputs likewise; or "never": the samples are one sequence,
            in their order.
    """

    output: str | int = ""
    initial: Any = 0
    axis: int = 0
    reset: Reset = "sample"

    @property
    def held(self) -> bool:
        """Whether it is kept in the file rather than fed."""
        return self.output == ""
