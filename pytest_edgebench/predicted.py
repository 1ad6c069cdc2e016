"""Latency and memory of a profile that cannot be measured, as far as published measurements tell them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_edgebench.errors import predict as errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.declare.limit import Slot
    from pytest_edgebench.examine import Examination
    from pytest_edgebench.judge.absolute import AbsoluteDecision
    from pytest_edgebench.predict.features import Features
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Metric

P50 = "latency.p50"
WHAT = {P50: "latency", "ram": "ram", "flash": "flash"}
"""Metric → what is fitted for it."""


def metrics(profile: Profile, artifact: Artifact) -> Mapping[str, Metric | str]:
    """Metric → its prediction, or why there is none; of a profile that names no core or runtime, nothing.

    Raises:
        BuildError: the file is damaged.
    """
    wanted = [name for name in WHAT if _asked(profile, name)]
    if not wanted:
        return {}
    if artifact.format != "tflite":
        return dict.fromkeys(wanted, _told(errors.not_tflite(artifact.format)))
    features = _features(artifact.path)
    return {name: _one(name, features, profile) for name in wanted}


def given(found: Mapping[str, Metric | str]) -> dict[str, Metric]:
    """Those of `metrics` that are predicted."""
    return {name: value for name, value in found.items() if not isinstance(value, str)}


def refused(found: Mapping[str, Metric | str]) -> dict[str, str]:
    """What is fitted → why it is not predicted, of `metrics`."""
    return {WHAT[name]: value for name, value in found.items() if isinstance(value, str)}


def absolute(examination: Examination, slots: Sequence[Slot]) -> dict[str, AbsoluteDecision]:
    """Statistic → decision on each written budget in milliseconds; none where no latency is predicted."""
    from pytest_edgebench.judge.predicted import judge_predicted

    metric = given(examination.predicted).get(P50)
    if metric is None:
        return {}
    limits = [slot.limit for slot in slots]
    return {
        limit.statistic: judge_predicted(metric, limit.statistic, limit.amount)
        for limit in limits
        if limit.metric == "latency" and not limit.reference
    }


@lru_cache(maxsize=64)
def _features(path: Path) -> Features:
    """The work in a file of the cache, which never changes; read once for all profiles."""
    from pytest_edgebench.predict.features import features_of

    return features_of(path)


def _asked(profile: Profile, name: str) -> bool:
    if name == P50:
        return bool(profile.core) and not profile.measured
    return bool(profile.predicted_by)


def _one(name: str, features: Features, profile: Profile) -> Metric | str:
    from pytest_edgebench.predict.latency import predict
    from pytest_edgebench.predict.memory import memory

    try:
        if name != P50:
            return memory(features, name, profile.predicted_by)
        if profile.clock_hz is None:
            raise errors.no_clock(profile.name)
        return predict(features, profile.core, profile.predicted_by, profile.clock_hz)
    except errors.PredictionRefused as refused:
        return _told(refused)


def _told(refused: errors.PredictionRefused) -> str:
    return f"{refused.what}; {refused.fix}"
