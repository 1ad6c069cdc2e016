"""Sentences on rows that fail for want of a number, a reference or evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LADDER: Sequence[str] = ("static", "predicted", "emulated", "host", "device")
"""Kinds of evidence, weakest first."""


def no_number(title: str, profile: str, why: str) -> str:
    """A budget on a metric that could not be had."""
    reason = why or "it was not measured; run the test that measures it, or drop the budget"
    return f"no {title} for {profile}: {reason}"


def not_finite(title: str, value: float, profile: str) -> str:
    return f"the {title} for {profile} is {value}, which is no number; look at how it was measured"


def no_such_score(metric: str, model: str, score: str | None) -> str:
    if score is None:
        return f"{model} has no score {metric!r}: it has none at all; give its eb.Model one, score=eb.top1"
    return f"{model} has no score {metric!r}: its score is {score!r}; write {score}= in the budget"


def weak_evidence(title: str, had: str, demanded: str, profile: str) -> str:
    needed = " or ".join(LADDER[LADDER.index(demanded) :])
    return (
        f"the budget demands evidence {demanded!r}, this {title} is {had!r}: "
        f"give {profile} a target that yields {needed} evidence, or drop evidence= from the budget"
    )


def no_parent(model: str, why: str) -> str:
    reason = why or "this case is the float model itself"
    return f"there is no float parent of {model} to compare with: {reason}; write an absolute limit"


def no_baseline(why: str) -> str:
    if not why:
        return (
            "there is no baseline to compare with: none was given; run with --edgebench-baseline=main, "
            "or accept a state with --edgebench-update-baseline and commit .edgebench"
        )
    advice = "mend it, or compare with another baseline"
    return f"there is no baseline to compare with: {why}; {advice}"


def new_case() -> str:
    return (
        "new: the baseline does not list this case, so there is nothing to compare with yet; "
        "accept it with --edgebench-update-baseline"
    )


def reference_lacks(title: str, reference: str, why: str) -> str:
    name = "baseline" if reference == "baseline" else "float parent"
    reason = f": {why}" if why else ""
    advice = (
        "write an absolute limit"
        if reference == "model"
        else "write an absolute limit or update the baseline"
    )
    return f"the {name} has no {title} to compare with{reason}; {advice}"


def other_limit(kind: str, judged: str, wanted: str) -> str:
    return (
        f"the {kind} was judged against {judged}, but the limit is {wanted}: measure it again with this limit"
    )


def unconfirmed(found: str) -> str:
    return f"{found}; not confirmed in a fresh process, so it does not count"


def other_samples(reference: str, mine: int, theirs: int) -> str:
    name = "baseline" if reference == "baseline" else "float parent"
    return (
        f"the {name} was scored on {theirs:,} samples, this case on {mine:,}: score both on the same set "
        "(a changed test set needs --edgebench-update-baseline)"
    )


def no_samples(reference: str) -> str:
    name = "baseline" if reference == "baseline" else "float parent"
    return f"the {name}'s predictions are not known, so a drop cannot be told from chance; keep them with it"


def no_interval(title: str) -> str:
    return f"the {title} has no interval, so nothing is proven; measure it several times"


def not_compared(title: str) -> str:
    return f"the {title} is too noisy to be compared with another model's; write an absolute limit"


def guesses_not_compared(title: str) -> str:
    return (
        f"the {title} is only predicted, too roughly to be compared with another model's; write an absolute "
        "limit"
    )


def other_unit(metric: str, text: str, unit: str) -> str:
    if unit == "%":
        return f'the score {metric!r} is in %, the limit {text!r} is not: write e.g. {metric}="90 %"'
    return f'the score {metric!r} is a plain number, the limit {text!r} is in %: write e.g. {metric}="0.9"'
