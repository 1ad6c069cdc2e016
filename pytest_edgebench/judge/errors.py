"""Messages of the room `judge`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MergeError(EdgebenchError):
    """Run records that cannot be joined."""


def mixed_commits(commits: Mapping[str, str]) -> MergeError:
    told = ", ".join(f"{where} of {commit[:9] or 'no commit'}" for where, commit in commits.items())
    return MergeError(
        f"the run records are of different commits: {told}", fix="join records of one commit only"
    )


def test_twice(key: str, nodeid: str, first: str, second: str) -> MergeError:
    return MergeError(
        f"{nodeid} judged {key} in {first} too",
        where=second,
        fix="give each record once, and let each job run its own tests or profiles "
        "(--edgebench-profile=NAME)",
    )


def other_file(key: str, first: str, second: str) -> MergeError:
    return MergeError(
        f"{key} is another model file here than in {first}",
        where=second,
        fix="run all tests of a case in one job, or let the jobs share pytest's cache folder",
    )


def missing_shards(given: int, expected: int) -> str:
    return (
        f"{given} of {expected} run records were given: a job wrote none; look at the jobs, "
        "or change --shards"
    )


def too_many_shards(given: int, expected: int) -> str:
    return f"{given} run records were given, {expected} were expected: change --shards, or leave one out"


def too_few_cases(judged: int, least: int) -> str:
    return (
        f"{judged} cases were judged, {least} is the least that must be: see what was not run, "
        "or change --min-cases"
    )


def nothing_judged() -> str:
    return "no case was judged in any record"


def shard_level(names: str) -> str:
    return (
        f"{names} did not say --edgebench-planned: the chance that an unchanged model fails was shared among "
        "the comparisons of each record alone, so over all records it is larger"
    )


LADDER: Sequence[str] = ("static", "predicted", "emulated", "host", "device")
"""Kinds of evidence, weakest first."""


def no_number(title: str, profile: str, why: str) -> str:
    """A budget on a metric that could not be had."""
    reason = why or "it was not measured; run the test that measures it, or drop the budget"
    if title == "latency":
        return f"latency on {profile} is not available: {reason}"
    return f"no {title} for {profile}: {reason}"


def not_finite(title: str, value: float, profile: str) -> str:
    return f"the {title} for {profile} is {value}, which is not a number; look at how it was measured"


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
    return f"no original of {model} to compare with: {reason}; write an absolute limit"


def no_baseline(why: str) -> str:
    if not why:
        return (
            "no baseline to compare with: none was given; run with --edgebench-baseline=main, "
            "or accept a state with --edgebench-update-baseline and commit .edgebench"
        )
    advice = "fix it, or compare with another baseline"
    return f"no baseline to compare with: {why}; {advice}"


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
    return (
        f"the {name}'s predictions are not known, so a drop cannot be distinguished from chance; keep them "
        "with it"
    )


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


def floor(title: str, least: str, note: str) -> str:
    because = f" ({note})" if note else ""
    return f"{title} is not known exactly: {least}{because}; a limit on it cannot be shown to hold"


def never_broken(score: str, text: str) -> str:
    return f"no value of {score} could ever break {text!r}: its whole range is 100 points; write fewer"


def points_of_what(score: str, text: str) -> str:
    return (
        f"{text!r} could not be broken: {score} is a plain number, of which a point is 1, and its values are "
        'between 0 and 1; give it eb.Score(..., unit="fraction") or unit="%" for points of a hundredth, or '
        "write a smaller number"
    )


def unit_differs(title: str, unit: str, wanted: str) -> str:
    return (
        f"the {title} is in {unit or 'plain numbers'}, not in {wanted or 'plain numbers'}: such numbers are "
        "not compared; look at what measured it"
    )


def not_recorded() -> str:
    return "the record has no numbers of it"


def no_baseline_recorded() -> str:
    return "the recorded run was not compared with a baseline"


def interval_holds(limit: str) -> str:
    return f"the recorded interval holds the limit of {limit}; measure again to decide"


def interval_over(statistic: str) -> str:
    return f"the whole recorded interval of {statistic} is over the limit"


def interval_under(statistic: str) -> str:
    return f"the whole recorded interval of {statistic} is within the limit"
