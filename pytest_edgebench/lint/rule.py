"""What a rule of the linter is, what it may look at, and what several of them ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.compressors.quantize import Quantize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.declare.model import Format, Step
    from pytest_edgebench.profiles.profile import Profile


MICRO_RUNTIMES = ("tflm", "tflite-micro")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule may look at.

    Attributes:
        steps: of the recipe, first applied first.
        fmt: of the file that will be built.
        profile: the target.
        runtime: what runs the file: the profile's, or the usual one of the format.
        convolutions: whether the model has any; None where only building it would tell.
        latency: whether a test demands a latency.
    """

    steps: tuple[Step, ...]
    fmt: Format
    profile: Profile
    runtime: str
    convolutions: bool | None = None
    latency: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is known to go wrong.

    Attributes:
        id: "EB" and three digits, never given to another rule.
        title: what is found, in a few words.
        reason: why it goes wrong.
        source: where that is known from.
        fix: what to write instead.
        check: says of each step that breaks the rule which one it is.
    """

    id: str
    title: str
    reason: str
    source: str
    fix: str
    check: Callable[[Subject], Iterator[str]]


def quantize_steps(subject: Subject) -> list[Quantize]:
    """The steps that quantize."""
    return [step for step in subject.steps if isinstance(step, Quantize)]


def int8_steps(subject: Subject) -> list[Quantize]:
    """Those that make int8 of weights and activations."""
    return [step for step in quantize_steps(subject) if step.scheme in ("static-int8", "dynamic-int8")]


def is_micro(subject: Subject) -> bool:
    """Whether a microcontroller runs it, whose runtime is TensorFlow Lite for Microcontrollers."""
    cores = any(word.startswith("armv") and word.endswith("-m") for word in subject.profile.isa)
    return subject.runtime in MICRO_RUNTIMES or cores
