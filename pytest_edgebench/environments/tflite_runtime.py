"""An environment with tflite-runtime, whose interpreter a profile names as ``python``."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from pytest_edgebench.environments import errors, steps

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE, VERSION = "tflite-runtime", "2.14.0"
PYTHON = "3.11"  # its newest wheel is for 3.11, and the worker needs 3.11
FOLDER = ".venv-tflite-runtime"
MARK = "edgebench-setup"
ASK_S = 60.0
VERSIONS = (
    "from importlib.metadata import version; import tflite_runtime.interpreter; "
    f"print('{PACKAGE}', version('{PACKAGE}'), 'and numpy', version('numpy'))"
)


def make(folder: Path, python: str) -> tuple[Path, bool]:
    """Make the environment, unless it is there and works; one that is half made is made anew.

    Args:
        folder: made if missing.
        python: interpreter to make it of.

    Returns:
        its interpreter, and whether it was made now.

    Raises:
        SetupError: no wheel for this Python, a folder of somebody else's, or pip failed.
    """
    folder = folder.absolute()
    inner, mark = folder / "bin" / "python", folder / MARK
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise errors.foreign_folder(str(folder))
    if mark.exists() and _answers(inner):
        return inner, False
    found = _version(python)
    if found != PYTHON:
        raise errors.no_runtime_wheel(PACKAGE, VERSION, PYTHON, python, found)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    mark.write_text(f"{PACKAGE} {VERSION}\n", encoding="utf-8")
    steps.do(f"making an environment of {python}", [python, "-m", "venv", str(folder)])
    install = [str(inner), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    wanted = ["--only-binary=:all:", f"{PACKAGE}=={VERSION}", "numpy<2"]
    steps.do(f"installing {PACKAGE} {VERSION}", [*install, *wanted])
    if not _answers(inner):
        raise errors.unlike_asked(str(folder), f"{PACKAGE} {VERSION} and numpy 1", _asked(inner))
    return inner, True


def told(folder: Path, python: Path, made: bool) -> str:
    """What was done, and the lines for the settings file."""
    verb = "made" if made else "there already"
    return (
        f"{PACKAGE} {VERSION} is {verb} in {folder}. A profile that uses it, for edgebench.toml:\n\n"
        f'[profiles.{PACKAGE}]\ntarget = "host"\nruntime = "{PACKAGE}"\npython = "{python}"\n'
    )


def _answers(python: Path) -> bool:
    """Whether what was asked for can be imported there."""
    return _asked(python).startswith(f"{PACKAGE} {VERSION} and numpy 1.")


def _asked(python: Path) -> str:
    try:
        ended = subprocess.run(
            [str(python), "-c", VERSIONS], capture_output=True, text=True, timeout=ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as cause:
        return str(cause)
    return (ended.stdout or steps.tail(ended.stderr)).strip()


def _version(python: str) -> str:
    """Major and minor version of an interpreter."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        ended = subprocess.run([python, "-c", ask], capture_output=True, text=True, timeout=ASK_S, check=True)
    except (OSError, subprocess.SubprocessError) as cause:
        raise errors.no_interpreter(python, str(cause)) from cause
    return ended.stdout.strip()
