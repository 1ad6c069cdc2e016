"""``edgebench profiles [NAME]``: what is declared here, and what can be extended."""

from __future__ import annotations

import importlib.util
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base import printed
from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.commands import errors
from pytest_edgebench.predict.fit import NETWORKS
from pytest_edgebench.profiles.catalogue import described, load_catalogue
from pytest_edgebench.profiles.inifile import find_ini
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.profiles.quantities import format_bytes, format_hertz
from pytest_edgebench.profiles.target import HERE
from pytest_edgebench.settings.plugins import from_plugins

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from pytest_edgebench.profiles.profile import Profile

HELP = "show the profiles of this project and the catalogue"
WIDTH = 100
EMULATE = 'with target = "qemu" in the profile'


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show all keys of this profile, with sources")


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or one profile.

    Returns:
        the exit status: 0; 1 when the settings file is wrong, so that only the catalogue was read.

    Raises:
        SettingsError: there is no such profile, or it cannot be read.
    """
    extra, runtimes = from_plugins()
    entries = load_catalogue(extra, runtimes)
    catalogue = {name: described(name, entries) for name in entries}
    folder, inipath = find_ini(Path.cwd())
    declared: Mapping[str, Profile] = {}
    status = 0
    try:
        declared = load_profiles(folder, inipath, extra, runtimes)
    except SettingsError as error:
        # The catalogue is what someone with a broken `extends` wants to see.
        if arguments.name is not None and arguments.name not in catalogue:
            raise
        printed.err(f"{error}\n")
        status = 1
    if arguments.name is None:
        printed.out(overview(declared, catalogue))
        return status
    profile = declared.get(arguments.name) or catalogue.get(arguments.name)
    if profile is None:
        raise errors.unknown_profile(arguments.name, [*declared], catalogue)
    printed.out(details(profile))
    return status


def overview(declared: Mapping[str, Profile], catalogue: Mapping[str, Profile]) -> str:
    """A line for each declared profile and each entry of the catalogue."""
    width = max(len(name) for name in (*declared, *catalogue))
    lines: list[str] = []
    if declared:
        lines.append("Profiles of this project")
        lines += [_line(profile, width) for profile in declared.values()]
        lines.append("")
    lines.append("Catalogue, for `extends` in a [profiles.NAME] table of edgebench.toml")
    lines += [_line(profile, width) for profile in catalogue.values()]
    return "\n".join(lines) + "\n"


def details(profile: Profile) -> str:
    """Every key of a profile with its value and source, and what evidence can be had here."""
    values: Mapping[str, Any] = {
        "extends": " → ".join(profile.extends),
        "target": profile.target,
        "target_options": ", ".join(
            f"{key} = {_toml(value)}" for key, value in profile.target_options.items()
        ),
        "runtime": profile.runtime,
        "runtime_version": profile.runtime_version,
        "python": profile.python,
        "runtime_options": ", ".join(f"{key} = {value!r}" for key, value in profile.runtime_options.items()),
        "threads": profile.threads,
        "batch": profile.batch,
        "cpu": profile.cpu,
        "isa": ", ".join(profile.isa),
        "caches": profile.caches,
        "core": profile.core,
        "clock": "" if profile.clock_hz is None else format_hertz(profile.clock_hz),
        "predicted_by": profile.predicted_by,
        "kernels": profile.kernels,
        "ram": "" if profile.ram_bytes is None else format_bytes(profile.ram_bytes),
        "flash": "" if profile.flash_bytes is None else format_bytes(profile.flash_bytes),
        "dedicated": "true" if profile.dedicated else "false",
        "required": "true" if profile.required else "false",
    }
    lines = [f"{profile.name}  ({profile.place or 'there when none is declared'})"]
    for key, value in values.items():
        lines.append(f"  {key:<15}  {value if value != '' else _ABSENT[key]}")
        if source := profile.sources.get(key, ""):
            lines += _wrapped(source, 21)
    lines += ["", "Evidence that can be had here", *_bullets(evidence(profile))]
    return "\n".join(lines) + "\n"


def evidence(profile: Profile) -> tuple[str, ...]:
    """The kinds of numbers this machine can give for a profile, one sentence each."""
    static = "static: size, parameters, multiply-accumulates and operations, counted in the file"
    if profile.target == HERE:
        return (static, "host: accuracy, latency, load time and memory, measured on this machine")
    if profile.target:
        return (static, *_reached(profile))
    if profile.runtime == "tflite-micro":
        here = profile.python or importlib.util.find_spec("tflite_micro")
        missing = "" if here else ", once it is installed: python -m pip install pytest-edgebench[micro]"
        return (
            static,
            f"emulated: accuracy, flips against the host and the tensor arena, by TFLite Micro here{missing}",
            *_guessed(profile),
            "none for load time: a budget on it fails, as the target cannot be reached",
        )
    can = f"emulated: accuracy and instructions of an inference, {EMULATE}"
    return (
        static,
        "host: accuracy only, from a run of the same runtime on this machine",
        *([can] if "cpu" in profile.target_options else []),
        *_guessed(profile),
        "none for load time and memory: a budget on these fails, as the target cannot be reached",
    )


def _guessed(profile: Profile) -> tuple[str, ...]:
    """What can be predicted for a profile that is not reached, of networks like those it was fitted to."""
    from pytest_edgebench.predict.shipped import OLD, all_fitted, published

    software = profile.predicted_by or "-".join(filter(None, (profile.runtime, profile.runtime_version)))
    names = OLD.get(software, (software,))
    known = [
        one
        for one in all_fitted().values()
        if one.core in ("", profile.core) and one.runtime in names and one.networks >= NETWORKS
    ]
    lines = [
        f"predicted: {one.quantity} of int8 .tflite files as by {one.runtime}, with an interval, from "
        f"{one.points} measurements of {one.networks} networks"
        for one in known
    ]
    if any(one.quantity == "latency" for one in known):
        return tuple(lines)
    lines.append("none for latency: a budget on it fails, as nothing is published for this core and software")
    if others := published("latency", profile.core):
        lines.append(
            f"predictions for this core, if it runs one of these: predicted_by = {', '.join(others)}"
        )
    return tuple(lines)


_MEASURES = {
    "outputs": "accuracy",
    "latency": "latency and load time",
    "memory": "memory",
    "instructions": "instructions of an inference",
}


def _reached(profile: Profile) -> tuple[str, ...]:
    """What the profile's target gives, and what it does not."""
    target_ref = profile.target_ref
    given = [words for what, words in _MEASURES.items() if profile.gives(what)]
    lacking = [words for what, words in _MEASURES.items() if not profile.gives(what)]
    lines = [f"{target_ref.evidence}: {', '.join(given)}, by target {target_ref.kind!r}"]
    if not profile.gives("outputs"):
        lacking.remove("accuracy")
        lines.append("host: accuracy, from a run of the same runtime on this machine")
    if lacking:
        lines.append(f"none for {', '.join(lacking)}: a budget on these fails")
    return tuple(lines)


def _toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


_ABSENT: Mapping[str, str] = {
    "extends": "-",
    "target": "- (only described)",
    "target_options": "-",
    "runtime_version": "- (any)",
    "runtime": "- (the usual one of the file's format)",
    "python": "- (the one that runs pytest)",
    "runtime_options": "-",
    "cpu": "-",
    "isa": "-",
    "caches": "-",
    "core": "-",
    "clock": "- (unknown)",
    "predicted_by": "-",
    "kernels": "-",
    "ram": "- (unknown)",
    "flash": "- (unknown)",
}


def _line(profile: Profile, width: int) -> str:
    parts = (
        f"extends {profile.extends[0]}" if profile.extends else "",
        profile.cpu,
        f"ram {format_bytes(profile.ram_bytes)}" if profile.ram_bytes is not None else "",
        f"flash {format_bytes(profile.flash_bytes)}" if profile.flash_bytes is not None else "",
        "described only"
        if not profile.target
        else "measured here"
        if profile.target == HERE
        else profile.target,
    )
    return f"  {profile.name:<{width}}  {'; '.join(part for part in parts if part)}"


def _wrapped(text: str, indent: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=space, subsequent_indent=space, break_on_hyphens=False)


def _bullets(sentences: Iterable[str]) -> list[str]:
    return [f"  - {sentence}" for sentence in sentences]
