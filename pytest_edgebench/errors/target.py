"""Messages about making what a target needs."""

from __future__ import annotations

from pytest_edgebench.errors import EdgebenchError


class SetupError(EdgebenchError):
    """What a target needs cannot be made here."""


def foreign_folder(folder: str) -> SetupError:
    return SetupError(
        "this folder is there already and was not made by this command, so it is left alone",
        where=folder,
        fix="give another one with --folder, or move it away",
    )


def no_interpreter(python: str, cause: str) -> SetupError:
    return SetupError(
        f"the interpreter {python} cannot be asked for its version: {cause}",
        fix="give --python the path of a Python interpreter",
    )


def no_wheel(package: str, version: str, wanted: str, python: str, found: str) -> SetupError:
    return SetupError(
        f"{package} {version} has no wheel that could be used with Python {found} ({python}): "
        f"it needs {wanted}",
        fix=f"give --python a Python {wanted} interpreter, such as --python python{wanted}",
    )


def failed(doing: str, tail: str) -> SetupError:
    printed = "\n".join(f"    {line}" for line in tail.splitlines())
    return SetupError(
        f"{doing} failed; it printed:\n{printed}",
        fix="mend what it says (is the package registry reached, is the disk full?) and run setup again",
    )


def too_slow(doing: str, seconds: float) -> SetupError:
    return SetupError(
        f"{doing} had not finished after {seconds:g} s, and was stopped",
        fix="run setup again on a quicker connection; what is half made is made anew",
    )


def unlike_asked(folder: str, wanted: str, found: str) -> SetupError:
    return SetupError(
        f"the new environment answers with {found}, not with {wanted}",
        where=folder,
        fix="does a pip configuration or a variable such as PYTHONPATH put other packages there?",
    )
