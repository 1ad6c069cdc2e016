"""Whether a model fits into the memory a profile has, told before it is run there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.case import errors
from pytest_edgebench.profiles.quantities import format_bytes
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.record.run import Observation, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.judge.measurements import Facts, Rules
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Metric, Row


def reasons(artifact: Artifact, profile: Profile, needed: Metric | None) -> tuple[str, ...]:
    """Why a file does not fit into a profile; empty where it does, or where the profile tells no memory.

    Args:
        needed: the tensor arena, beside which the file stays in flash; without it, the file has to be held in
            memory too.
    """
    found = []
    if profile.flash_bytes is not None and artifact.size > profile.flash_bytes:
        found.append(errors.over_flash(format_bytes(artifact.size), format_bytes(profile.flash_bytes)))
    if profile.ram_bytes is not None:
        what = "the file itself" if needed is None else f"the tensor arena ({needed.note})"
        count = artifact.size if needed is None else int(needed.value)
        if count > profile.ram_bytes:
            found.append(errors.over_ram(what, format_bytes(count), format_bytes(profile.ram_bytes)))
    return tuple(found)


def observation(
    key: str, profile: str, runtime: str, counted: Mapping[str, Metric], missing: Mapping[str, str],
    why: Sequence[str],
) -> Observation:  # fmt: skip
    """What is recorded of a file that was not run since it does not fit.

    Args:
        key: of the artifact. profile, runtime: names.
        counted: metrics that need no run. missing: metric → why it cannot be had; why: as `reasons`.
    """
    told = {**missing, "accuracy": errors.not_run(profile, why)}
    return Observation(key, profile, {"name": runtime}, counted, missing=told)


def judge(
    slots: Sequence[Slot], facts: Facts, rules: Rules, why: Sequence[str], place: str
) -> tuple[Row, ...]:
    """The rows of a model that does not fit: budgets on memory are judged, one of which has to be broken.

    Args:
        why: as `reasons`. place: ``file:line`` of the recipe.

    Raises:
        UnsupportedError: no budget tells that it does not fit.
    """
    from pytest_edgebench.judge.draft import written
    from pytest_edgebench.judge.rows import judge_slot

    rows = []
    for slot in slots:
        if _of_memory(slot.limit.metric) and not slot.limit.reference:
            rows.append(judge_slot(slot, facts, rules))
        else:
            told = errors.not_run(facts.profile, why)
            rows.append(replace(written(slot), verdict=Verdict.NOT_RUN, level="off", reason=told))
    if not any(row.verdict is Verdict.FAIL and row.level == "error" for row in rows):
        raise errors.does_not_fit(facts.profile, why, place)
    return tuple(rows)


def _of_memory(metric: str) -> bool:
    """Whether a metric is judged of a model that does not fit: counted bytes; the rest would need a run."""
    info = METRICS.get(metric)
    return info is not None and info.unit == "B" and info.cls == "exact"
