"""`Targets`: the places that one process of a session has reached."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from pytest_edgebench.errors import MeasureError
from pytest_edgebench.targets.reach import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.targets.protocol import Target
    from pytest_edgebench.targets.reach import Reach


class Targets:
    """Opens each target once and keeps it.

    Args:
        folder: for what programs print and other files of this session; made when needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Reach, Target] = {}
        self._failed: dict[Reach, MeasureError] = {}

    def get(self, reach: Reach) -> Target:
        """A target that is ready.

        Raises:
            MeasureError: it cannot be reached; what trying again cannot mend is not tried again.
        """
        if reach in self._failed:
            raise self._failed[reach]
        target = self._open.get(reach)
        if target is None:
            assert reach.kind in KINDS  # checked when the settings were read
            module = importlib.import_module(f"pytest_edgebench.targets.{reach.kind}")
            self._open[reach] = target = module.make(reach, self._folder)
        try:
            target.prepare()
        except MeasureError as error:
            if error.lasting:
                self._failed[reach] = error
            raise
        return target

    def close(self) -> None:
        """Let go of all."""
        while self._open:
            self._open.popitem()[1].stop()
