"""Messages of the room `profiles`: what was wrong, where, and what to write instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import SettingsError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def several(problems: Sequence[SettingsError]) -> SettingsError:
    """All problems in one error, so that they can be mended in one go."""
    if len(problems) == 1:
        return problems[0]
    shown = "\n".join(str(problem) for problem in problems)
    return SettingsError(f"{len(problems)} problems in the settings\n{shown}")


def two_files(own: str, shared: str, where: str) -> SettingsError:
    return SettingsError(
        f"[tool.edgebench] holds settings, and so does {own} next to it",
        where=where,
        fix=f"keep {own}: move what is missing there and delete [tool.edgebench] from {shared}",
    )


def not_utf8(name: str, error: UnicodeDecodeError) -> SettingsError:
    return SettingsError(
        f"the file is not UTF-8 text (byte {error.start + 1} is {error.object[error.start]:#04x})",
        where=name,
        fix="save it with the encoding UTF-8",
    )


def unreadable(name: str, error: OSError) -> SettingsError:
    return SettingsError(
        f"the file cannot be read: {error.strerror}", where=name, fix="make it a file that you may read"
    )


def bad_toml(name: str, said: str, lines: Sequence[str]) -> SettingsError:
    """`said` is tomllib's sentence, which ends with "(at line 3, column 5)" or "(at end of document)"."""
    found = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$", said)
    what = said[: found.start()] if found else said
    number = int(found[1]) if found and found[1] else len(lines)
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    value = re.match(r"([^=#\[\]]+)=\s*([^\s\"'\[{][^#]*)", line)
    if value and not _is_plain(value[2].strip()):
        fix = f'text and quantities stand in quotes: {value[1].strip()} = "{value[2].strip()}"'
    elif what.startswith(("Cannot overwrite", "Cannot declare", "Duplicate")):
        fix = "the key or table stands there twice: delete one"
    else:
        fix = 'write [profiles.NAME] above lines such as threads = 4 or ram = "512 kB"'
    shown = f": {line}" if line else ""
    return SettingsError(f"invalid TOML ({what}){shown}", where=f"{name}:{number}", fix=fix)


def _is_plain(value: str) -> bool:
    return value in ("true", "false") or re.fullmatch(r"[+-]?[0-9_.]+", value) is not None


def unknown_section(where: str, key: str, known: Sequence[str]) -> SettingsError:
    if key.startswith("edgebench_"):
        fix = f"{key} is a key of pytest's own ini file, e.g. below [tool.pytest.ini_options]"
    else:
        fix = f"{_nearest(key, known)} Settings are in tables [profiles.NAME] and [[waivers]]"
    return SettingsError(f"unknown setting {key!r}", where=where, fix=fix)


def unknown_key(where: str, key: str, known: Iterable[str], value: object) -> SettingsError:
    if isinstance(value, dict):
        fix = f'{_nearest(key, known)} A name with a dot in it stands in quotes: [profiles."a.b"]'
    else:
        fix = _nearest(key, known)
    return SettingsError(f"a profile has no key {key!r}", where=where, fix=fix)


def wrong_type(where: str, expected: str, given: object, example: str) -> SettingsError:
    return SettingsError(f"this is {_shown(given)}, not {expected}", where=where, fix=f"write {example}")


def too_small(where: str, given: int, least: int, example: str) -> SettingsError:
    return SettingsError(f"{given} is less than {least}", where=where, fix=f"write {example}")


def too_large(where: str, given: int, most: int, example: str) -> SettingsError:
    shown = f"{given:,}" if given < 10**15 else "the number"
    return SettingsError(f"{shown} is more than {most:,}", where=where, fix=f"write {example}")


def long_name(where: str, length: int, most: int) -> SettingsError:
    return SettingsError(
        f"the name has {length:,} characters; it is part of each test's id and in file names",
        where=where,
        fix=f"use at most {most}",
    )


def not_finite(where: str, given: float) -> SettingsError:
    what = f"{given} is not a number a runtime can use"
    return SettingsError(what, where=where, fix="write a finite number")


def profile_name(where: str, name: str) -> SettingsError:
    usable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")
    return SettingsError(
        f"{name!r} cannot be part of a test's id",
        where=where,
        fix=f"use letters, digits, '_', '-' and '.'{f', e.g. {usable}' if usable else ''}",
    )


def unknown_entry(where: str, name: str, catalogue: Iterable[str], declared: Iterable[str]) -> SettingsError:
    """`extends` names nothing in the catalogue; `declared` are the user's own profiles."""
    if name in declared:
        return SettingsError(
            f"{name!r} is a profile of yours, and profiles extend catalogue entries only",
            where=where,
            fix=f"extend the entry that {name!r} extends and repeat its other keys; known: "
            f"{', '.join(sorted(catalogue))}",
        )
    return SettingsError(f"the catalogue has no entry {name!r}", where=where, fix=_nearest(name, catalogue))


def unknown_kernels(where: str, name: str, known: Iterable[str]) -> SettingsError:
    return SettingsError(f"unknown kernels {name!r}", where=where, fix=_nearest(name, known))


def unknown_runtime(where: str, name: str, known: Iterable[str]) -> SettingsError:
    return SettingsError(
        f"unknown runtime {name!r}",
        where=where,
        fix=f"{_nearest(name, known)} Without `runtime` the usual one of the file's format is taken",
    )


def bad_quantity(where: str, said: str, example: str) -> SettingsError:
    return SettingsError(said, where=where, fix=f"write {example}")


def no_source(where: str, key: str) -> SettingsError:
    return SettingsError(
        f"the figure of {key!r} has no source",
        where=where,
        fix=f'say where it comes from: sources.{key} = "..."',
    )


def source_without_figure(where: str, key: str) -> SettingsError:
    return SettingsError(
        f"a source is given for {key!r}, which the entry does not set",
        where=where,
        fix=f"delete sources.{key}",
    )


def entry_twice(where: str, name: str, other: str) -> SettingsError:
    return SettingsError(
        f"the catalogue has an entry {name!r} already, from {other}", where=where, fix="give it another name"
    )


def endless(where: str, chain: Sequence[str]) -> SettingsError:
    return SettingsError(
        f"the entry extends itself: {' → '.join(chain)}", where=where, fix="delete one of these `extends`"
    )


def not_a_quantity(text: str) -> str:
    if "," in text:
        return f"{text!r} has a comma; decimals take a point, and thousands nothing"
    return f"{text!r} is not a number with a unit"


def not_a_byte_unit(text: str, unit: str, known: Sequence[str]) -> str:
    if not unit:
        return f"{text!r} has no unit; known units: {', '.join(known)}"
    if unit in ("KB", "K", "k"):
        return f"{unit!r} in {text!r} is read both ways: kB is 1000 bytes, KiB is 1024"
    alike = next((name for name in known if name.lower() == unit.lower()), "")
    hint = f"did you mean {alike!r}?" if alike else f"known units: {', '.join(known)}"
    return f"{unit!r} in {text!r} is not a unit of bytes; {hint}"


def not_whole_bytes(text: str) -> str:
    return f"{text!r} is not a whole number of bytes above 0"


def not_a_frequency(text: str, known: Sequence[str]) -> str:
    return f"{text!r} is not a frequency above 0 with a unit; known units: {', '.join(known)}"


def not_a_percentage(text: str) -> str:
    return f"{text!r} is not a percentage"


def _nearest(given: str, known: Iterable[str]) -> str:
    """ "did you mean" for a name, also for one that was cut short or drawn out; or the names there are."""
    known = sorted(set(known))
    said = nearest(given, known)
    if said.endswith("?"):
        return said
    alike = [name for name in known if min(len(name), len(given)) >= 3 and _begins(name, given)]
    return f"did you mean {alike[0]!r}?" if len(alike) == 1 else f"{said}."


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _shown(given: Any) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, dict):
        return "a table"
    if isinstance(given, list):
        return "a list"
    if isinstance(given, str):
        return f"the text {given!r}"
    if given is None:
        return "nothing"
    return str(given)


def settings_twice(one: str, other: str, test: str) -> SettingsError:
    return SettingsError(
        f"two settings files apply to {test}: {one} and {other}",
        where="settings",
        fix="move what both say into one of them and delete the other, or run these tests with a root "
        "directory of their own (--rootdir)",
    )


def accepted_twice(files: Sequence[str]) -> SettingsError:
    return SettingsError(
        f"two baselines apply to these tests: {' and '.join(files)}",
        where="settings",
        fix="run the tests of each folder apart, or delete one and accept all of them with "
        "--edgebench-update-baseline",
    )


def outside(file: str, settings: str) -> str:
    return (
        f"{file} takes `edge`, but the settings of this session are {settings}, which hold for the tests in "
        "that folder only: move the file next to pytest's ini file, or run these tests apart"
    )


def not_regular(name: str) -> SettingsError:
    return SettingsError("this is not a regular file", where=name, fix="make it a text file, or delete it")


def link_to_nothing(name: str) -> SettingsError:
    return SettingsError("this is a link to nothing", where=name, fix="fix the link, or delete it")


def nested_too_deeply(name: str) -> SettingsError:
    return SettingsError(
        "the file is nested too deeply to be read", where=name, fix="write tables such as [profiles.NAME]"
    )


def settings_apart(found: Sequence[tuple[str, str]]) -> SettingsError:
    """`found`: pairs of settings file and the argument of pytest that leads to it."""
    files = "; ".join(f"{argument} lies with {file}" for file, argument in found)
    return SettingsError(
        f"these tests have settings of their own that cannot hold together: {files}",
        where="arguments of pytest",
        fix="run them apart, or have one edgebench.toml for all, next to pytest's ini file",
    )


def unknown_target(where: str, name: str, examples: Sequence[str]) -> SettingsError:
    return SettingsError(
        f"unknown target {name!r}",
        where=where,
        fix=f"write {', '.join(repr(example) for example in examples[:-1])} or {examples[-1]!r} to measure "
        "there, or leave target out for hardware that is not connected",
    )


def target_address(where: str, name: str, example: str) -> SettingsError:
    return SettingsError(f"{name!r} is not a target of this kind", where=where, fix=f"write e.g. {example!r}")


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


def both_names(where: str, old: str, new: str) -> SettingsError:
    return SettingsError(
        f"{old} is the old name of {new}, and both are given", where=where, fix=f"delete {old}"
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
        fix='take "latency" out of gives (give "instructions"), or name the evidence of the times',
    )


def not_a_target(name: str, module: str) -> SettingsError:
    return SettingsError(
        f"target {name!r}: {module} has no KIND of type profiles.target.Kind, or no function make",
        fix="give the module KIND = Kind(...) and make(target_ref, folder)",
    )
