"""A score as a model declares it: it judges outputs by labels. The shipped ones are in `samples.scores`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare.torch_metric import fields_of, is_torch_metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.declare.data import Array

    ByRows = Callable[[Any, Array], Callable[[Array], float]]


@dataclass(frozen=True)
class Score:
    """A figure of merit over a labelled set.

    Attributes:
        fn: ``(outputs, labels) -> float``; outputs is an array (N, ...), or a tuple of arrays for several.
        lower_is_better: direction.
        per_sample: ``(outputs, labels) -> (N,)`` array whose mean, times `scale`, is the score; None for
            aggregates such as AUC.
        name: of the metric in budgets; "accuracy" for top-1.
        unit: "%"; "fraction" for a number from 0 to 1, which is printed without a unit; or "" for any other
            plain number. In a limit such as ``model - 1 points`` a point is a hundredth of the range of the
            first two, and 1 of the last.
        on_rows: ``(outputs, labels)`` → a function of sample numbers (m,) that gives the score on these,
            where that is quicker than `fn` on the chosen samples: its interval rests on thousands of draws.
        correctness: whether `per_sample` gives right (True) or wrong (False).
        of_samples: the score from what `per_sample` gave for all samples, where it is that alone: outputs are
            then looked at some at a time.
    """

    fn: Callable[[Any, Any], float]
    lower_is_better: bool = False
    per_sample: Callable[[Any, Any], Array] | None = None
    name: str = ""
    unit: str = ""
    correctness: bool = False
    on_rows: ByRows | None = field(default=None, metadata={"later": True})
    of_samples: Callable[[Array], float] | None = field(default=None, metadata={"later": True}, repr=False)

    @property
    def fraction(self) -> bool:
        """Whether it is a number from 0 to 1."""
        return self.unit == "fraction"

    @property
    def written_unit(self) -> str:
        """The unit of its numbers and absolute limits."""
        return "" if self.fraction else self.unit

    def __post_init__(self) -> None:
        if not callable(self.fn):
            raise DeclarationError(
                f"a score is a function (outputs, labels) -> float, not {self.fn!r}",
                fix="write score=eb.top1 or eb.Score(your_function)",
            )
        if not self.name:
            object.__setattr__(self, "name", getattr(self.fn, "__name__", "score").strip("<>"))


def as_score(score: Score | Callable[[Any, Any], float]) -> Score:
    """A `Score` from what a user gave; a plain function is an aggregate, higher is better.

    Raises:
        DeclarationError: a metric of torchmetrics that does not say which way is better.
    """
    if is_torch_metric(score):
        return Score(**fields_of(score))
    return score if isinstance(score, Score) else Score(score)
