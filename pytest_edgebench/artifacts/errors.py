"""Messages of the room `artifacts`: what was wrong, where, and what to write instead."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import BuildError, EdgebenchError, MeasureError, SettingsError
from pytest_edgebench.base.text import cut, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def damage(path: Path, expected: str) -> Iterator[None]:
    """A block that reads a file which may hold anything: whatever it trips over is damage of the file.

    Raises:
        BuildError: in place of any error that is not one of ours.
    """
    try:
        yield
    except EdgebenchError:
        raise
    except Exception as cause:
        raise damaged(path, expected, first_line(cause)) from cause


REEXPORT = "export the model again, or take the file from its source once more"


def no_file(path: Path) -> BuildError:
    return BuildError("model file not found", where=str(path), fix="give the path of a .onnx or .tflite file")


def empty_file(path: Path) -> BuildError:
    return BuildError("the model file is empty", where=str(path), fix=REEXPORT)


def lfs_pointer(path: Path) -> BuildError:
    return BuildError(
        "the file is a Git LFS pointer, not the model itself", where=str(path), fix="run git lfs pull"
    )


def other_format(path: Path, expected: str, found: str) -> BuildError:
    return BuildError(
        f"the file is called {path.suffix} but holds {found}, not {expected}",
        where=str(path),
        fix="rename the file, or give the one that was meant",
    )


def damaged(path: Path, expected: str, detail: str) -> BuildError:
    return BuildError(
        f"the file is not a whole {expected} model: truncated, damaged or something else ({detail})",
        where=str(path),
        fix=REEXPORT,
    )


def first_line(cause: BaseException) -> str:
    """What a library says of a file, in one line of a bounded length."""
    lines = str(cause).strip().splitlines()
    said = lines[0] if lines else type(cause).__name__
    return cut(plain(f"{type(cause).__name__}: {said}" if isinstance(cause, LookupError) else said), 200)


def short(name: str) -> str:
    """A name that a file has, in quotes and of a bounded length."""
    return repr(cut(plain(name), 60))


def outside_data(path: Path, name: str) -> BuildError:
    return BuildError(
        f"the model keeps weights in {short(name)}, which is not a file in the model's own folder",
        where=str(path),
        fix="put the file next to the model and name it without a folder, or save the model with its "
        "weights inside",
    )


def no_external_data(path: Path, missing: str) -> BuildError:
    return BuildError(
        f"the model keeps weights in {short(missing)}, which is missing or too short",
        where=str(path),
        fix=f"put {short(missing)} next to the model, or save the model with its weights inside",
    )


def external_refused(path: Path, detail: str) -> BuildError:
    return BuildError(
        f"the model keeps weights in a file that ONNX does not open: {detail}",
        where=str(path),
        fix="copy that file, not a link to it, next to the model, or save the model with its weights inside",
    )


def short_key(name: str, given: int, least: int) -> SettingsError:
    return SettingsError(
        f"the cache's key has {given} characters; expected at least {least}",
        where=f"environment variable {name}",
        fix="use a random secret, e.g. the output of: openssl rand -hex 32",
    )


def no_signature(path: Path, name: str, known: list[str]) -> BuildError:
    there = f"its signatures: {', '.join(known)}" if known else "it has no signatures"
    return BuildError(
        f"the file has no signature {name!r}", where=str(path), fix=f"name one that it has ({there})"
    )


def patch_differs(name: str, library: str) -> MeasureError:
    return MeasureError(
        f"the patch that {library} made of {name} does not give the new file",
        fix="install another version of bsdiff4",
    )
