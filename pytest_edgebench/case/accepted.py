"""`Accepted`: what a case asks of the accepted state, whoever keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.judge.measurements import Reference
    from pytest_edgebench.record.layers import Layers


class Accepted(Protocol):
    """The accepted state of a session's cases.

    A case hands over itself (`pytest_edgebench.case.case.CaseRun`); what of it is read is the affair of who
    keeps the state.
    """

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where its model files lie."""

    def artifact(self, case_run: Any, /) -> Artifact | None:
        """The accepted file, where it can be timed beside the case's own; None where not."""

    def kept(self, case_run: Any, /) -> tuple[Artifact | None, str]:
        """The accepted file, of whatever format; or None, and why there is none."""

    def reference(self, case_run: Any, /) -> Reference:
        """What is accepted of a case, or why there is nothing to compare with."""

    def cause(self, case_run: Any, /) -> str:
        """What of a case differs from the accepted state, in one sentence; "" without one."""

    def layers(self, case_run: Any, /) -> Layers | None:
        """What moved in a case's file since the accepted one; None where nothing did, or nobody can tell."""


class NothingAccepted:
    """No accepted state at all."""

    folders: tuple[Path, ...] = ()

    def artifact(self, case_run: Any, /) -> Artifact | None:
        return None

    def kept(self, case_run: Any, /) -> tuple[Artifact | None, str]:
        from pytest_edgebench.case.errors import no_baseline

        return None, no_baseline()

    def reference(self, case_run: Any, /) -> Reference:
        from pytest_edgebench.judge.measurements import Reference

        return Reference()

    def cause(self, case_run: Any, /) -> str:
        return ""

    def layers(self, case_run: Any, /) -> Layers | None:
        return None
