"""This machine: the interpreter that runs pytest, or the one that a profile names as `python`."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from pytest_edgebench.errors import measure as errors
from pytest_edgebench.measure.process import WORKER, Process
from pytest_edgebench.targets.local import Local

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.measure.spec import Spec
    from pytest_edgebench.targets.reach import Reach


class Host(Local):
    """Workers as child processes; files are used where they lie."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach

    def prepare(self) -> None:
        """Nothing to do."""

    def start(self, spec: Spec, folder: Path) -> Process:
        """A worker in the environment of the spec's interpreter; errors as `Target.start`."""
        python = spec.python or sys.executable
        command = [python, "-u", "-P", str(WORKER), str(spec.file), str(parent())]
        return Process(
            spec.title, command, environment(), folder, lambda cause: errors.no_python(python, cause)
        )

    def describe(self) -> Mapping[str, str]:
        """Nothing that the worker does not tell."""
        return {}


def make(reach: Reach, folder: Path) -> Host:
    """The target of a reach of this kind."""
    return Host(reach)


def parent() -> int:
    """The process that a worker is to die with, 0 for none.

    The kernel ends a child with the thread that started it: threads other than the main one may be
    short-lived, and then only the end of stdin is left.
    """
    return os.getpid() if threading.current_thread() is threading.main_thread() else 0


def environment() -> dict[str, str]:
    """Variables of a worker: more threads for linear algebra cost memory that would count as the model's."""
    return {"OPENBLAS_NUM_THREADS": "1", **os.environ}
