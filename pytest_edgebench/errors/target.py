"""Messages about how a target is reached, and about making what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import EdgebenchError, MeasureError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


# How it is reached, as a profile says it


def unknown_target(where: str, name: str, examples: Sequence[str]) -> SettingsError:
    return SettingsError(
        f"there is no target {name!r}",
        where=where,
        fix=f"write {', '.join(repr(example) for example in examples[:-1])} or {examples[-1]!r} to measure "
        "there, or leave target out for hardware that is only described",
    )


def target_address(where: str, name: str, example: str) -> SettingsError:
    return SettingsError(f"{name!r} is no target of this kind", where=where, fix=f"write e.g. {example!r}")


def unknown_option(where: str, option: str, kind: str, known: Sequence[str]) -> SettingsError:
    listed = f"it has {', '.join(known)}" if known else "it has none"
    if kind == "none":
        return SettingsError(
            f"target option {option!r} is given, but no target",
            where=where,
            fix="add target = ..., or delete it",
        )
    return SettingsError(
        f"target {kind!r} has no option {option!r}", where=where, fix=f"{listed}; delete or rename this one"
    )


def option_missing(where: str, option: str, kind: str, example: str) -> SettingsError:
    return SettingsError(f"target {kind!r} needs the option {option!r}", where=where, fix=f"add {example}")


def option_type(where: str, expected: str, given: object, example: str) -> SettingsError:
    shown = list(given) if isinstance(given, tuple) else given
    return SettingsError(f"this is {shown!r}, not {expected}", where=where, fix=f"write e.g. {example}")


def option_choice(where: str, given: object, known: Iterable[str]) -> SettingsError:
    return SettingsError(f"this cannot be {given!r}", where=where, fix=f"write one of {', '.join(known)}")


def emulated_latency(where: str) -> SettingsError:
    return SettingsError(
        "an emulator has no latency: its time says nothing of the device's",
        where=where,
        fix='take "latency" out of gives (give "instructions"), or say the rung that the times have',
    )


def other_version(title: str, wanted: str, found: str, place: str) -> MeasureError:
    error = MeasureError(
        f"{title} is version {found}, and the profile asks for {wanted}",
        where=place,
        fix=f'install {wanted} there, or write runtime_version = "{found}" in the profile',
    )
    error.lasting = True
    return error


def not_given(profile: str, what: str, kind: str, gives: Iterable[str]) -> str:
    return f"target {kind!r} of {profile} gives {' and '.join(sorted(gives))} only, so there is no {what}"
