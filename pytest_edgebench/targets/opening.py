"""`Targets`: the places that one process of a session has reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base import discovery
from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.profiles.target import GROUP, KINDS, MARKER
from pytest_edgebench.targets.local import Local
from pytest_edgebench.workers.sandbox import OFF

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.profiles.target import TargetRef
    from pytest_edgebench.workers.protocol import Target
    from pytest_edgebench.workers.sandbox import Sandbox


class Targets:
    """Opens each target once and keeps it.

    Args:
        folder: for what programs print and other files of this session; made when needed.
        sandbox: of workers on this machine.
    """

    def __init__(self, folder: Path, sandbox: Sandbox = OFF) -> None:
        self._folder = folder
        self._sandbox = sandbox
        self._open: dict[TargetRef, Target] = {}
        self._failed: dict[TargetRef, MeasureError] = {}

    def get(self, target_ref: TargetRef) -> Target:
        """A target that is ready.

        Raises:
            MeasureError: it cannot be reached; what trying again cannot mend is not tried again.
        """
        if target_ref in self._failed:
            raise self._failed[target_ref]
        target = self._open.get(target_ref)
        if target is None:
            assert target_ref.kind in KINDS  # checked when the settings were read
            module = discovery.module(GROUP, MARKER, GROUP, target_ref.kind)
            self._open[target_ref] = target = module.make(target_ref, self._folder)
            if isinstance(target, Local):
                target.sandbox = self._sandbox
        try:
            target.prepare()
        except MeasureError as error:
            if error.lasting:
                self._failed[target_ref] = error
            raise
        return target

    def close(self) -> None:
        """Let go of all."""
        while self._open:
            self._open.popitem()[1].stop()
