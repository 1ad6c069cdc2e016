"""One scale a channel, or one a weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.lint.rule import Rule, int8_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject

PER_TENSOR = "per-tensor"
"""Word in a profile's `isa` for an accelerator that reads one scale a weight."""


def per_channel(subject: Subject) -> Iterator[str]:
    """EB103."""
    if PER_TENSOR in subject.profile.isa:
        yield from (str(step) for step in int8_steps(subject) if step.per_channel)


def per_tensor(subject: Subject) -> Iterator[str]:
    """EB109."""
    if PER_TENSOR not in subject.profile.isa:
        yield from (str(step) for step in int8_steps(subject) if not step.per_channel and step.keep is None)


RULES = (
    Rule(
        "EB103",
        "one scale a channel on an accelerator that reads one a tensor",
        "what it cannot read it refuses or hands back to the processor, in float or much slower",
        f"the profile: {PER_TENSOR!r} in its isa",
        "say per_channel=False and measure the accuracy",
        per_channel,
    ),
    Rule(
        "EB109",
        "one scale for all channels of a weight, on a target that reads one a channel",
        "where the ranges of channels differ, small ones are rounded to nothing by the scale of the largest",
        "Nagel et al. 2019, Data-Free Quantization Through Weight Equalization and Bias Correction: "
        "MobileNet v2 falls to chance; a network of our tests loses more than 10 points",
        "leave per_channel=True, or keep the layers that suffer in float with keep=eb.sensitive()",
        per_tensor,
    ),
)
