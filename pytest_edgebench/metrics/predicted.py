"""Latency and memory of a profile that cannot be measured, as far as published measurements tell them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_edgebench.metrics import errors
from pytest_edgebench.predict import errors as predict_errors
from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.predict.features import Features
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Metric

GIVES = {
    "ram": MetricInfo("B", "exact", "memory on the target", rank=8, expected=True),
    "flash": MetricInfo("B", "exact", "flash on the target", rank=9, expected=True),
}
"""And a typical latency."""
NEEDS = "file"
RANK = 20
P50 = "latency.p50"
WHAT = {P50: "latency", "ram": "ram", "flash": "flash"}
"""Metric → what is fitted for it."""


def measure(view: View) -> Mapping[str, Metric]:
    """What is predicted of a profile that names a core or runtime and is not measured.

    Raises:
        BuildError: the file is damaged.
    """
    found = _all(view.profile, view.artifact)
    return {name: value for name, value in found.items() if not isinstance(value, str)}


def why(view: View) -> Mapping[str, str]:
    """Why each is not predicted; of a predicted latency, that only what is typical is known of it."""
    found = _all(view.profile, view.artifact)
    told = {name: errors.not_on_host(name) for name in GIVES}
    told |= {WHAT[name]: value for name, value in found.items() if isinstance(value, str)}
    if P50 in found and not isinstance(found[P50], str):
        told["latency"] = errors.only_typical(view.profile.name)
    return told


def _all(profile: Profile, artifact: Artifact) -> Mapping[str, Metric | str]:
    """Metric → its prediction, or why there is none; of a profile that names no core or runtime, nothing."""
    wanted = [name for name in WHAT if _asked(profile, name)]
    if not wanted:
        return {}
    if artifact.format != "tflite":
        return dict.fromkeys(wanted, errors.not_tflite())
    features = _features(artifact.path)
    return {name: _one(name, features, profile) for name in wanted}


@lru_cache(maxsize=64)
def _features(path: Path) -> Features:
    """The work in a file of the cache, which never changes; read once for all profiles."""
    from pytest_edgebench.predict.features import features_of

    return features_of(path)


def _asked(profile: Profile, name: str) -> bool:
    from pytest_edgebench.predict.shipped import published

    if name == P50:
        return bool(profile.core) and not profile.measured
    return bool(profile.predicted_by) or bool(published("latency", profile.core))


def _one(name: str, features: Features, profile: Profile) -> Metric | str:
    """By the software that runs files on the profile: its runtime, unless it names other software."""
    from pytest_edgebench.predict.latency import predict
    from pytest_edgebench.predict.memory import memory

    runs = "-".join(filter(None, (profile.runtime, profile.runtime_version)))
    software = profile.predicted_by or runs
    try:
        if name != P50:
            found = memory(features, name, software)
        elif profile.clock_hz is None:
            raise errors.no_clock(profile.name)
        else:
            found = predict(features, profile.core, software, profile.clock_hz)
    except predict_errors.PredictionRefused as refused:
        return _told(refused)
    if profile.predicted_by and runs:
        return replace(found, note=errors.other_software(found.note, runs))
    return found


def _told(refused: predict_errors.PredictionRefused) -> str:
    return f"{refused.what}; {refused.fix}"
