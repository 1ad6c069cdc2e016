"""`load_run`: a record in a notebook. Importing this reads none of what reading a record takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from pytest_edgebench.record.run import Run


def load_run(path: str | os.PathLike[str]) -> Run:
    """A recorded run, for a notebook: ``load_run("edgebench-report.html").frame()`` is a table of it.

    Args:
        path: a file that ``--edgebench-json`` or ``--edgebench-report`` wrote.

    Raises:
        RecordError: it is not there, or is no record that can be read.
    """
    from pathlib import Path

    from pytest_edgebench.record.store import read

    return read(Path(path), str(path))
