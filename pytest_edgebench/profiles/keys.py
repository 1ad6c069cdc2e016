"""The keys a profile may have, with the check of each; the same for users' profiles and for the catalogue."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_edgebench.base import discovery
from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles import errors
from pytest_edgebench.profiles.kernels import FAMILIES
from pytest_edgebench.profiles.quantities import parse_bytes, parse_hertz
from pytest_edgebench.profiles.target import RENAMED, Value, check_target


def own_runtimes() -> tuple[str, ...]:
    """Names of the runtimes of this package; their room is above this one, and nothing of it is imported."""
    found = discovery.files("runtimes", "RUNTIME").values()
    return tuple(discovery.constant(path, "RUNTIME")["name"] for path in found)


@dataclass(frozen=True, slots=True)
class Context:
    """What the checks need to know: the runtimes there are, and where relative paths start.

    Attributes:
        elsewhere: the profile is of another machine, whose paths are left as they are.
    """

    runtimes: Collection[str] = field(default_factory=own_runtimes)
    folder: Path | None = None
    elsewhere: bool = False


Check = Callable[[object, str, Context], Any]
"""A value, its place and the context → the value as `Profile` holds it; raises SettingsError."""


def read_keys(
    table: Mapping[str, object],
    at: Callable[[str], str],
    context: Context,
    problems: list[SettingsError],
    further: Collection[str] = (),
) -> dict[str, Any]:
    """Keys of a profile's table → checked values, in the user's words (`ram`, in bytes).

    Args:
        table: as TOML gives it.
        at: key → place for messages.
        problems: every problem is appended; its key is then not in the result.
        further: keys that are allowed and left to the caller.
    """
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in further:
            continue
        check = KEYS.get(key)
        if check is None:
            problems.append(errors.unknown_key(at(key), key, (*KEYS, *further), value))
            continue
        try:
            values[key] = check(value, at(key), context)
        except SettingsError as error:
            problems.append(error)
    return values


def fields_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values by the names of `Profile`'s fields; `extends` is left out."""
    names = {"ram": "ram_bytes", "flash": "flash_bytes", "clock": "clock_hz"}
    return {names.get(key, key): value for key, value in values.items() if key != "extends"}


def _text(example: str) -> Check:
    def check(value: object, where: str, context: Context) -> str:
        if not isinstance(value, str):
            raise errors.wrong_type(where, "text", value, example)
        return value

    return check


def _target(value: object, where: str, context: Context) -> str:
    name: str = _text('target = "host"')(value, where, context)
    return check_target(name, where)


def _target_options(value: object, where: str, context: Context) -> dict[str, Value]:
    """Of any target; which of them has which option is checked once the target is known."""
    example = 'target_options = { name = "value" }'
    if not isinstance(value, Mapping):
        raise errors.wrong_type(where, "a table of options", value, example)
    options: dict[str, Value] = {}
    for name, option in value.items():
        if RENAMED.get(name) in value:
            raise errors.both_names(where, name, RENAMED[name])
        given = tuple(option) if isinstance(option, list) else option
        if not isinstance(given, str | int | float | bool | tuple):
            raise errors.wrong_type(
                f"{where}.{name}", "text, a number, a list, true or false", option, example
            )
        options[RENAMED.get(name, str(name))] = given
    return options


def _runtime(value: object, where: str, context: Context) -> str:
    name: str = _text('runtime = "onnxruntime"')(value, where, context)
    if name and name not in context.runtimes and name not in discovery.entry_points("runtimes"):
        raise errors.unknown_runtime(where, name, (*context.runtimes, *discovery.entry_points("runtimes")))
    return name


def _python(value: object, where: str, context: Context) -> str:
    name: str = _text('python = ".venv-old/bin/python"')(value, where, context)
    # A bare name is looked up on PATH. Links are kept: resolving a virtual environment's would leave it.
    if context.folder is None or context.elsewhere or not ("/" in name or name.startswith("~")):
        return name
    try:
        return str(context.folder / Path(name).expanduser())
    except RuntimeError:
        raise errors.wrong_type(where, "a path (no such user's home)", name, "the path in full") from None


def _kernels(value: object, where: str, context: Context) -> str:
    name: str = _text('kernels = "cmsis-nn"')(value, where, context)
    if name and name not in FAMILIES:
        raise errors.unknown_kernels(where, name, tuple(FAMILIES))
    return name


def _options(value: object, where: str, context: Context) -> dict[str, str | int | float | bool]:
    example = 'runtime_options = { name = "value" }'
    if not isinstance(value, Mapping):
        raise errors.wrong_type(where, "a table of options", value, example)
    options: dict[str, str | int | float | bool] = {}
    for name, option in value.items():
        if not isinstance(option, str | int | float | bool):
            raise errors.wrong_type(f"{where}.{name}", "text, a number, true or false", option, example)
        if isinstance(option, float) and not math.isfinite(option):
            raise errors.not_finite(f"{where}.{name}", option)
        options[str(name)] = option
    return options


def _count(key: str, example: int, most: int) -> Check:
    def check(value: object, where: str, context: Context) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise errors.wrong_type(where, "a whole number", value, f"{key} = {example}")
        if value < 1:
            raise errors.too_small(where, value, 1, f"{key} = {example}")
        if value > most:
            raise errors.too_large(where, value, most, f"{key} = {example}")
        return value

    return check


def _names(value: object, where: str, context: Context) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise errors.wrong_type(where, "a list of names", value, 'isa = ["neon", "dotprod"]')
    return tuple(value)


def _quantity(key: str, example: str, parse: Callable[[str], float]) -> Check:
    def check(value: object, where: str, context: Context) -> float:
        if not isinstance(value, str):
            raise errors.wrong_type(where, "text with a unit", value, f'{key} = "{example}"')
        try:
            return parse(value)
        except ValueError as error:
            raise errors.bad_quantity(where, str(error), f'{key} = "{example}"') from None

    return check


def _flag(key: str) -> Check:
    def check(value: object, where: str, context: Context) -> bool:
        if not isinstance(value, bool):
            raise errors.wrong_type(where, "true or false", value, f"{key} = true, without quotes")
        return value

    return check


KEYS: Mapping[str, Check] = {
    "extends": _text('extends = "cortex-a72"'),
    "target": _target,
    "target_options": _target_options,
    "runtime": _runtime,
    "runtime_version": _text('runtime_version = "1.23.2"'),
    "python": _python,
    "runtime_options": _options,
    "threads": _count("threads", 4, 4096),
    "batch": _count("batch", 1, 65_536),
    "cpu": _text('cpu = "Arm Cortex-A72"'),
    "isa": _names,
    "caches": _text('caches = "16 KiB + 16 KiB"'),
    "core": _text('core = "cortex-m7"'),
    "clock": _quantity("clock", "480 MHz", parse_hertz),
    "predicted_by": _text('predicted_by = "x-cube-ai-8.1"'),
    "kernels": _kernels,
    "ram": _quantity("ram", "320 KiB", parse_bytes),
    "flash": _quantity("flash", "512 kB", parse_bytes),
    "dedicated": _flag("dedicated"),
    "required": _flag("required"),
}
"""Key in a profile's table → its check."""
