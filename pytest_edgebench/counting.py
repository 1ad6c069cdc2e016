"""Instructions of an inference, where a profile's target counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import MeasureError
from pytest_edgebench.errors import qemu as qemu_errors
from pytest_edgebench.errors import run as errors

if TYPE_CHECKING:
    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.examine import Examination
    from pytest_edgebench.record.run import Metric


def instructions(examination: Examination, artifact: Artifact) -> Metric | str:
    """The count of a file on the profile of a case, or why there is none.

    The file's outputs have to be beside the host's before (`twins.beside_host`): what answers garbage runs
    other code than the one that is asked about.
    """
    profile, spec = examination.profile, examination.spec
    if not profile.gives("instructions"):
        return errors.no_count(profile.name)
    try:
        return examination.bench.observer.counted(artifact, spec, examination.model, profile.batch)
    except MeasureError as error:
        return qemu_errors.not_counted(error.what, error.fix)


def missing(examination: Examination) -> dict[str, str]:
    """ "instructions" → why there is no count; empty where there is one."""
    found = errors.no_count(examination.profile.name) if examination.unfit else examination.instructions
    return {"instructions": found} if isinstance(found, str) else {}
