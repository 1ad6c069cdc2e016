"""What is known to go wrong with a recipe on a target, told before anything is built.

A rule is a small pure function over a `Subject`; `RULES` in `lint_rules` has them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.declare.model import Format, Recipe, Step
    from pytest_edgebench.profiles.profile import Profile


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


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a recipe breaks on a profile.

    Attributes:
        rule, title, reason, fix: of the rule.
        place: ``file:line`` of the recipe.
        about: the step, or what is missing.
        profile: name of the target.
    """

    rule: str
    title: str
    reason: str
    fix: str
    place: str
    about: str
    profile: str

    @property
    def text(self) -> str:
        """One sentence for the terminal, the record and the report."""
        where = f"{self.place}: " if self.place else ""
        said = f"{self.rule} {self.title}: {self.about} on {self.profile}"
        return f"{where}{said}; {self.reason}; fix: {self.fix}"


def findings(subject: Subject, place: str, rules: Sequence[Rule] | None = None) -> tuple[Finding, ...]:
    """All that the rules find, in the order of their ids.

    Args:
        place: ``file:line`` of the recipe.
        rules: all there are without.
    """
    from pytest_edgebench.lint_rules import RULES

    return tuple(
        Finding(rule.id, rule.title, rule.reason, rule.fix, place, about, subject.profile.name)
        for rule in (RULES if rules is None else rules)
        for about in rule.check(subject)
    )


def subject_of(source: Model | Recipe, fmt: Format, profile: Profile, slots: Sequence[Slot]) -> Subject:
    """What the rules look at of one case; nothing is built, and no function of the user's is called.

    Args:
        slots: what the tests demand of the case.
    """
    from pytest_edgebench.lint_model import convolutions

    usual = {"onnx": "onnxruntime", "tflite": "litert"}
    model, steps = (source, ()) if isinstance(source, Model) else (source.model, source.steps())
    dynamic = any(getattr(step, "scheme", "") == "dynamic-int8" for step in steps)
    return Subject(
        steps=steps,
        fmt=fmt,
        profile=profile,
        runtime=profile.runtime or usual[fmt],
        convolutions=convolutions(model) if dynamic else None,  # else no rule asks, and a file may be large
        latency=any(slot.limit.metric == "latency" for slot in slots),
    )
