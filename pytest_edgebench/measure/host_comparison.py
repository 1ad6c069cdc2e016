"""Predictions on a target beside the host's: can they be trusted, which labels flip, where do they differ."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.measure import errors
from pytest_edgebench.runtimes import known

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.declare.model import Format, Model
    from pytest_edgebench.declare.score import Score
    from pytest_edgebench.measure import divergence
    from pytest_edgebench.measure.observer import Observer, Scored
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Twin
    from pytest_edgebench.workers.results import Array
    from pytest_edgebench.workers.spec import Spec


def host_spec(spec: Spec, fmt: Format) -> Spec | None:
    """The host's own way to run a format; None where `spec` is that already, or a runtime of the user's own.

    How many threads share the work, and which version was asked for, is no matter of what is worked out.
    """
    from pytest_edgebench.workers.spec import Spec

    usual = Spec(known.usual(fmt))
    return (
        None if known.find(spec.runtime) is None or replace(spec, threads=1, version="") == usual else usual
    )


def of_classes(score: Score) -> bool:
    """Whether outputs are scores of classes: by the score itself, as a function may have any name."""
    from pytest_edgebench.samples import scores

    return score.correctness or score.fn in (scores.auc.fn, scores.f1.fn)


@dataclass(frozen=True, slots=True)
class HostComparison:
    """What it takes to run a file on the host and inside a target, to compare them.

    Attributes:
        cache: keeps across sessions where two runtimes differ. copies: a folder for copies of files.
        deadline_s: of one request to a worker.
    """

    observer: Observer
    pool: Pool
    cache: Cache
    copies: Path
    deadline_s: float

    def twin(
        self, artifact: Artifact, spec: Spec, model: Model, profile: Profile, found: Scored, place: str
    ) -> Twin | None:
        """What a target answered on the labelled data, beside what the host answers with the same file.

        Returns:
            None where the host's own runtime answered, or where the host cannot run the file.

        Raises:
            MeasureError: the answers have nothing to do with the host's, so that no number of theirs holds.
        """
        from pytest_edgebench.judge import agreement

        usual = host_spec(spec, artifact.format)
        if usual is None:
            return None
        try:
            host = self.observer.scored(artifact, usual, model, profile.batch, place)
        except MeasureError:
            return None
        shapes = [[array.shape for array in scored.outputs] for scored in (host, found)]
        if shapes[0] != shapes[1]:
            raise errors.other_shapes(spec.title, profile.name, shapes[0], shapes[1], place)
        score = as_score(model.score)
        about = self.observer.describe(usual)
        classes = of_classes(score)
        theirs = agreement.in_units_of(host.outputs, found.outputs, classes=classes)
        twin = agreement.compare(
            f"{about.get('name', usual.title)} {about.get('version', '')}".strip(),
            host.outputs,
            theirs,
            classes=classes,
            labels=found.labels,
            critical=self.observer.loaded(model).critical,
        )
        if twin.n > 1 and twin.explained is not None and twin.explained <= 0:
            raise errors.garbage(spec.title, profile.name, twin, place)
        told, wrong = self._kernels(artifact, spec, model, profile, (host, theirs), place)
        twin = replace(twin, kernels=told, contradicted=wrong)
        at = agreement.worst_sample(twin, host.outputs, theirs)
        shown = artifact.format == "tflite" and spec.target_ref.shows_inner
        if not shown or at is None or self.observer.loaded(model).roles:
            return twin
        return replace(twin, diverges=self._diverges(artifact, (usual, spec), model, host, found, at))

    def _kernels(
        self,
        artifact: Artifact,
        spec: Spec,
        model: Model,
        profile: Profile,
        found: tuple[Scored, tuple[Array, ...]],
        place: str,
    ) -> tuple[str, bool]:
        """The family of a target's kernels, in words, and whether the profile states another.

        No words for runtimes of this machine and for floats.

        Args:
            found: the host's answers, and the target's in the host's units.
        """
        from pytest_edgebench.judge.family import name_family
        from pytest_edgebench.profiles.kernels import BUILTIN, FAMILIES, INEXACT, MICRO, XNNPACK
        from pytest_edgebench.workers.spec import Spec

        host, theirs = found
        floats = not all(one.dtype.kind in "iu" for one in host.outputs)
        if spec.target_ref.here or artifact.format != "tflite" or floats:
            return "", False
        candidates = {XNNPACK: host.outputs}
        usual = host_spec(spec, artifact.format)
        assert usual is not None  # else there are no host's answers
        others = (BUILTIN, replace(usual, options=(("delegates", "none"),))), (MICRO, Spec(MICRO))
        for name, other in others:
            with contextlib.suppress(MeasureError):  # not installed, or it has not all operators
                outputs = self.observer.scored(artifact, other, model, profile.batch, place).outputs
                if [one.shape for one in outputs] == [one.shape for one in theirs]:
                    candidates[name] = outputs
        family = name_family(candidates, theirs)
        if family is None:
            return "", False
        stated = profile.kernels
        wrong = bool(stated) and family.contradicts(FAMILIES[stated], exact=stated not in INEXACT)
        told = errors.contradicted(stated, FAMILIES[stated], family.told) if wrong else family.told
        return told, wrong

    def _diverges(
        self,
        artifact: Artifact,
        specs: tuple[Spec, Spec],
        model: Model,
        host: Scored,
        found: Scored,
        at: int,
    ) -> str:
        """The first tensor that differs on one sample, of a TensorFlow Lite file; kept across sessions."""
        from pytest_edgebench.identity.digest import digest

        versions = [self.observer.describe(each).get("version", "") for each in specs]
        sample = self.observer.loaded(model).take([at]).samples
        key = digest(("diverges", artifact.record.digest, specs[1].key, versions, sample))
        known = self.cache.memo_get("diverges", key)
        if not isinstance(known, str):
            outputs = host.outputs[0][at : at + 1], found.outputs[0][at : at + 1]
            try:
                known = self._asked(artifact, specs, sample, outputs)
            except MeasureError as error:
                known = errors.not_shown(error.what)
            self.cache.memo_put("diverges", key, known)
        return f"on sample {at}: {known}" if known else ""

    def _asked(
        self,
        artifact: Artifact,
        specs: tuple[Spec, Spec],
        sample: Mapping[str, Array],
        outputs: tuple[Array, Array],
    ) -> str:
        from pytest_edgebench.measure import divergence, locks

        def running(which: Spec) -> divergence.Run:
            return lambda path, x: self.pool.get(which).run(path, x, deadline_s=self.deadline_s).arrays

        with locks.building(f"looking into {artifact.path.name}"):
            return divergence.first(
                artifact.path, sample, running(specs[0]), running(specs[1]), outputs, self.copies
            )
