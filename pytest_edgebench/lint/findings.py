"""What is known to go wrong with a recipe on a target, told before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.declare.model import Model
from pytest_edgebench.lint import known
from pytest_edgebench.lint.rule import Subject
from pytest_edgebench.lint.torch_model import convolutions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.declare.model import Format, Recipe
    from pytest_edgebench.lint.rule import Rule
    from pytest_edgebench.profiles.profile import Profile


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
    return tuple(
        Finding(rule.id, rule.title, rule.reason, rule.fix, place, about, subject.profile.name)
        for rule in (known.rules() if rules is None else rules)
        for about in rule.check(subject)
    )


def subject_of(source: Model | Recipe, fmt: Format, profile: Profile, slots: Sequence[Slot]) -> Subject:
    """What the rules look at of one case; nothing is built, and no function of the user's is called.

    Args:
        slots: what the tests demand of the case.
    """
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
