"""This machine: the interpreter that runs pytest, or the one that a profile names as `python`."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from typing import TYPE_CHECKING

from pytest_edgebench.profiles.target import HOST
from pytest_edgebench.targets import errors
from pytest_edgebench.targets.local import Local, parent
from pytest_edgebench.workers import shared
from pytest_edgebench.workers.process import WORKER, Process
from pytest_edgebench.workers.sandbox import interpreter, new_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.profiles.target import TargetRef
    from pytest_edgebench.workers.spec import Spec

KIND = HOST


class Host(Local):
    """Workers as child processes; files are used where they lie."""

    def __init__(self, target_ref: TargetRef) -> None:
        self.target_ref = target_ref

    def prepare(self) -> None:
        """Nothing to do."""

    def start(self, spec: Spec, folder: Path) -> Process:
        """A worker in the environment of the spec's interpreter; errors as `Target.start`."""
        python = spec.python or sys.executable
        command = [python, "-u", "-P", str(WORKER), str(spec.file), str(parent())]
        variables, scratch = environment(), None
        if self.sandbox.confines(spec.file, spec.code):
            if shutil.which(python) is None:  # what starts it would not say so
                raise errors.no_python(python, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
            scratch = new_folder(folder)
            readable = (*interpreter(spec.python), spec.file, *spec.code)
            command, variables = self.sandbox.around(command, variables, scratch, readable)
        descriptor = shared.make()
        memory = None if descriptor is None else shared.Shared(descriptor)
        return Process(
            spec.title,
            command,
            variables,
            folder,
            lambda cause: errors.no_python(python, cause),
            scratch,
            memory,
        )

    def describe(self) -> Mapping[str, str]:
        """Nothing that the worker does not tell."""
        return {}


def make(target_ref: TargetRef, folder: Path) -> Host:
    """The target of a reference of this kind."""
    return Host(target_ref)


def environment() -> dict[str, str]:
    """Variables of a worker: more threads for linear algebra cost memory that would count as the model's.

    Without a sandbox ONNX Runtime's telemetry would write into the user's home when it is imported.
    """
    return {"OPENBLAS_NUM_THREADS": "1", **os.environ, "ORT_DISABLE_TELEMETRY": "1"}
