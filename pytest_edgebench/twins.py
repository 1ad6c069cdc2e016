"""Predictions on a target beside the host's: can they be trusted, which labels flip, where do they part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.declare.score import as_score
from pytest_edgebench.errors import MeasureError
from pytest_edgebench.errors import twins as errors
from pytest_edgebench.record.run import Metric
from pytest_edgebench.runtimes.protocol import FILES, USUAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.bench import Bench
    from pytest_edgebench.declare.model import Format, Model
    from pytest_edgebench.measure.observe import Scored
    from pytest_edgebench.measure.results import Array
    from pytest_edgebench.measure.spec import Spec
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Rung, Twin

OF_CLASSES = frozenset({"f1", "auc"})
"""Scores of class scores that are no share of right labels."""


def host_spec(spec: Spec, fmt: Format) -> Spec | None:
    """The host's own way to run a format; None where `spec` is that already, or a runtime of the user's own.

    How many threads share the work, and which version was asked for, is no matter of what is worked out.
    """
    from pytest_edgebench.measure.spec import Spec

    usual = Spec(USUAL[fmt])
    return None if spec.runtime not in FILES or replace(spec, threads=1, version="") == usual else usual


def beside_host(
    bench: Bench, artifact: Artifact, spec: Spec, model: Model, profile: Profile, found: Scored, place: str
) -> Twin | None:
    """Put what a target answered on the labelled data beside what the host answers with the same file.

    Returns:
        None where the host's own runtime answered, or where the host cannot run the file.

    Raises:
        MeasureError: the answers have nothing to do with the host's, so that no number of theirs holds.
    """
    from pytest_edgebench.judge import twins

    usual = host_spec(spec, artifact.format)
    if usual is None:
        return None
    try:
        host = bench.observer.scored(artifact, usual, model, profile.batch, place)
    except MeasureError:
        return None
    shapes = [[array.shape for array in scored.outputs] for scored in (host, found)]
    if shapes[0] != shapes[1]:
        raise errors.other_shapes(spec.title, profile.name, shapes[0], shapes[1], place)
    score = as_score(model.score)
    about = bench.observer.describe(usual)
    twin = twins.compare(
        f"{about.get('name', usual.title)} {about.get('version', '')}".strip(),
        host.outputs,
        found.outputs,
        classes=score.correctness or score.name in OF_CLASSES,
        labels=found.labels,
        critical=bench.observer.loaded(model).critical,
    )
    if twin.n > 1 and twin.explained is not None and twin.explained <= 0:
        raise errors.garbage(spec.title, profile.name, twin, place)
    return replace(twin, diverges=_diverges(bench, artifact, usual, spec, model, host, found, twin))


def metrics(twin: Twin | None, rung: Rung) -> dict[str, Metric]:
    """``agreement`` in %, and ``flips`` where samples are marked as critical."""
    found: dict[str, Metric] = {}
    if twin is not None and twin.agree is not None:
        note = f"with {twin.reference} on this machine"
        found["agreement"] = Metric(100 * twin.agree / twin.n, "%", rung, twin.n, note=note)
        if twin.critical is not None:
            found["flips"] = Metric(float(twin.critical), "", rung, twin.marked, note=note)
    return found


def missing(twin: Twin | None, profile: Profile) -> Mapping[str, str]:
    """``agreement`` and ``flips`` → why they cannot be had."""
    if twin is None:
        return dict.fromkeys(("agreement", "flips"), errors.no_twin(profile.name))
    if twin.agree is None:
        return dict.fromkeys(("agreement", "flips"), errors.no_classes())
    return {} if twin.critical is not None else {"flips": errors.none_critical()}


def _diverges(
    bench: Bench,
    artifact: Artifact,
    usual: Spec,
    spec: Spec,
    model: Model,
    host: Scored,
    found: Scored,
    twin: Twin,
) -> str:
    """The first tensor that differs, of a TensorFlow Lite file; kept across sessions."""
    from pytest_edgebench.declare.identity import digest
    from pytest_edgebench.judge.twins import worst_sample

    at = worst_sample(twin, host.outputs, found.outputs)
    if artifact.format != "tflite" or at is None:
        return ""
    versions = [bench.observer.describe(each).get("version", "") for each in (usual, spec)]
    sample = {name: array[at : at + 1] for name, array in bench.observer.loaded(model).inputs.items()}
    key = digest(("diverges", artifact.record.digest, spec.key, versions, sample))
    known = bench.cache.memo_get("diverges", key)
    if not isinstance(known, str):
        outputs = host.outputs[0][at : at + 1], found.outputs[0][at : at + 1]
        try:
            known = _asked(bench, artifact, usual, spec, sample, outputs)
        except MeasureError as error:
            known = errors.not_shown(error.what)
        bench.cache.memo_put("diverges", key, known)
    return f"on sample {at}: {known}" if known else ""


def _asked(
    bench: Bench,
    artifact: Artifact,
    usual: Spec,
    spec: Spec,
    sample: Mapping[str, Array],
    outputs: tuple[Array, Array],
) -> str:
    from pytest_edgebench.measure import diverge, locks

    deadline = bench.settings.deadline_s

    def running(which: Spec) -> diverge.Run:
        return lambda path, x: bench.pool.get(which).run(path, x, deadline_s=deadline).arrays

    with locks.building(f"looking into {artifact.path.name}"):
        return diverge.first(artifact.path, sample, running(usual), running(spec), outputs)
