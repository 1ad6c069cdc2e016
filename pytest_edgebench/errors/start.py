"""Messages about starting a project from a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import EdgebenchError

if TYPE_CHECKING:
    from collections.abc import Sequence


class StartError(EdgebenchError):
    """A project that cannot be started."""


def there_already(names: Sequence[str], folder: str) -> StartError:
    verb = "is" if len(names) == 1 else "are"
    return StartError(
        f"{', '.join(names)} {verb} there already, and nothing is overwritten",
        where=folder,
        fix="give an empty folder with --folder, or move these files away",
    )


def cannot_run(path: str, cause: str) -> StartError:
    return StartError(
        f"the model cannot be run on random inputs: {cause}",
        where=path,
        fix="give labelled samples with --data FILE.npz (arrays x and y), or mend the model file",
    )


def odd_input(path: str, name: str, dtype: str) -> StartError:
    return StartError(
        f"input {name!r} is of type {dtype or 'text'}, for which no samples can be made up",
        where=path,
        fix="give labelled samples with --data FILE.npz (arrays x and y)",
    )


def no_data(path: str, detail: str) -> StartError:
    return StartError(
        f"the labelled samples cannot be used: {detail}",
        where=path,
        fix="write them with numpy.savez(FILE, x=inputs, y=labels), samples along the first axis of both",
    )
