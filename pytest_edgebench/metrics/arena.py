"""The tensor arena of a file in TFLite Micro, asked of a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.metrics import errors
from pytest_edgebench.profiles.target import LOCAL
from pytest_edgebench.record.metric_info import MetricInfo
from pytest_edgebench.runtimes.protocol import MICRO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric
    from pytest_edgebench.workers.spec import Spec

GIVES = {"arena": MetricInfo("B", "exact", "tensor arena", rank=7)}
NEEDS = "file"
RANK = 30
NOTE = "host-struct arena, an upper bound"
"""Structures that hold pointers take more bytes on this 64-bit machine than on a 32-bit microcontroller."""


def measure(view: View) -> Mapping[str, Metric]:
    """Bytes, counted on this machine by its own interpreter; nothing where another runtime runs the file.

    Raises:
        MeasureError: TFLite Micro cannot be asked, or cannot run the file.
    """
    spec = view.spec
    if spec.runtime != MICRO:
        return {}
    if not spec.target_ref.here:
        spec = replace(spec, target_ref=LOCAL, python="", version="")
    version = view.observer.describe(spec)["version"]
    return {"arena": arena(view.artifact, spec, version, view.cache, view.deadline_s)}


def why(view: View) -> Mapping[str, str]:
    """That another runtime than TFLite Micro runs the file."""
    return {} if view.spec.runtime == MICRO else {"arena": errors.needs_micro()}


def arena(artifact: Artifact, spec: Spec, version: str, cache: Cache, deadline_s: float) -> Metric:
    """Bytes of arena a file takes, evidence "emulated"; exact for this machine, kept across sessions.

    Args:
        spec: of TFLite Micro. version: of that runtime.

    Raises:
        MeasureError: the file cannot be run there, or the process crashed, hung or answered garbage.
    """
    from pytest_edgebench.record.run import Metric

    key = f"{artifact.record.digest}-{version}"
    known = cache.memo_get("arena", key)
    if not isinstance(known, int):
        known = _asked(artifact, spec, deadline_s)
        cache.memo_put("arena", key, known)
    return Metric(float(known), "B", "emulated", 1, note=NOTE)


def _asked(artifact: Artifact, spec: Spec, deadline_s: float) -> int:
    name = artifact.path.name
    command = [spec.python or sys.executable, "-P", str(spec.file), str(artifact.path)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=deadline_s, check=False)
    except subprocess.TimeoutExpired:
        raise errors.too_slow(name, deadline_s) from None
    except OSError as cause:
        raise errors.not_started(command[0], str(cause)) from cause
    if ended.returncode:
        raise errors.failed(name, ended.returncode, ended.stderr)
    try:
        total = json.loads(ended.stdout)["total"]
    except (ValueError, KeyError, TypeError):
        total = 0
    if isinstance(total, bool) or not isinstance(total, int) or total < 1:
        raise errors.no_count(name, ended.stdout)
    return total
