"""What the models of a run were scored on, as they say themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.text import plain

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run


def data_sources(run: Run) -> dict[str, str]:
    """The text of a source → names of the models that were scored on it, in the order of their cases."""
    found: dict[str, list[str]] = {}
    for case in run.cases:
        if case.observation is not None and case.observation.data:
            models = found.setdefault(case.observation.data, [])
            if case.model not in models:
                models.append(case.model)
    return {told: ", ".join(models) for told, models in found.items()}


def data_lines(run: Run) -> list[str]:
    """``data of cnn, mlp: ...``, a line for each source; none where no model names its data."""
    return [plain(f"data of {models}: {told}") for told, models in data_sources(run).items()]
