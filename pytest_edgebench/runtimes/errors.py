"""Messages of the room `runtimes`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import MeasureError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def unknown_runtime(runtime: str, known: Sequence[str], where: str) -> MeasureError:
    return MeasureError(
        f"unknown runtime {runtime!r}",
        where=where,
        fix=f"write one of {', '.join(known)}, or the path of a runtime file (.py)",
    )


def not_a_runtime(file: Path, cause: Exception) -> MeasureError:
    return MeasureError(
        f"the file does not say which runtime it is: {type(cause).__name__}: {cause}",
        where=str(file),
        fix='give it a line such as RUNTIME = {"name": "my-runtime", "format": "onnx"}',
    )
