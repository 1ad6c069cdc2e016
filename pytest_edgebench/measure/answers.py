"""`Answered`: what a file answers on the labelled data for a profile, and how far that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgebench.profiles.target import LOCAL
from pytest_edgebench.runtimes.protocol import MICRO

if TYPE_CHECKING:
    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.measure.host_comparison import HostComparison
    from pytest_edgebench.measure.observer import Scored
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Twin
    from pytest_edgebench.record.schema import Evidence
    from pytest_edgebench.workers.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """Outputs and score of a file on a profile.

    Attributes:
        twin: predictions compared with the host's; None where the host's own runtime made them.
    """

    scored: Scored
    twin: Twin | None


def answered(
    host: HostComparison, artifact: Artifact, spec: Spec, model: Model, profile: Profile, place: str
) -> Answered:
    """Run a file on the model's labelled data: on the profile's target, or here where it gives no outputs.

    Args:
        spec: the profile's worker. place: ``file:line`` of the recipe.

    Raises:
        MeasureError, DataError: as `Observer.scored`; a target that answers garbage.
    """
    if not profile.gives("outputs"):
        spec = replace(spec, target_ref=LOCAL, version="")
    found = host.observer.scored(artifact, spec, model, profile.batch, place)
    twin = host.twin(artifact, spec, model, profile, found, place)
    if profile.gives("outputs"):
        if twin is not None and twin.kernels:
            found = replace(found, metric=replace(found.metric, note=twin.kernels))
        return Answered(found, twin)
    why = "gives no outputs" if profile.target else "is only described"
    note = f"of {spec.title} on this machine: {profile.name} {why}"
    evidence: Evidence = "emulated" if spec.runtime == MICRO else found.metric.evidence
    return Answered(replace(found, metric=replace(found.metric, evidence=evidence, note=note)), twin)
