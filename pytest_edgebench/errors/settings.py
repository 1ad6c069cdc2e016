"""Messages about ``edgebench.toml``, the profile catalogue, the command line and ini keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_edgebench.errors import DeclarationError


def several(problems: Sequence[SettingsError]) -> SettingsError:
    """All problems in one error, so that they can be mended in one go."""
    if len(problems) == 1:
        return problems[0]
    shown = "\n".join(str(problem) for problem in problems)
    return SettingsError(f"{len(problems)} problems in the settings\n{shown}")


# The file


def two_files(own: str, shared: str, where: str) -> SettingsError:
    return SettingsError(
        f"[tool.edgebench] holds settings, and so does {own} beside it",
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
    return SettingsError(f"this is no TOML ({what}){shown}", where=f"{name}:{number}", fix=fix)


def _is_plain(value: str) -> bool:
    return value in ("true", "false") or re.fullmatch(r"[+-]?[0-9_.]+", value) is not None


def unknown_section(where: str, key: str, known: Sequence[str]) -> SettingsError:
    if key.startswith("edgebench_"):
        fix = f"{key} is a key of pytest's own ini file, e.g. below [tool.pytest.ini_options]"
    else:
        fix = f"{_nearest(key, known)} Settings are in tables [profiles.NAME] and [[waivers]]"
    return SettingsError(f"there is no setting {key!r}", where=where, fix=fix)


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


def not_finite(where: str, given: float) -> SettingsError:
    return SettingsError(f"{given} is no number a runtime can use", where=where, fix="write a finite number")


# Profiles


def profile_name(where: str, name: str) -> SettingsError:
    usable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")
    return SettingsError(
        f"{name!r} cannot stand in a test's id",
        where=where,
        fix=f"use letters, digits, '_', '-' and '.'{f', e.g. {usable}' if usable else ''}",
    )


def unknown_entry(where: str, name: str, catalogue: Iterable[str], declared: Iterable[str]) -> SettingsError:
    """`extends` names nothing in the catalogue; `declared` are the user's own profiles."""
    if name in declared:
        return SettingsError(
            f"{name!r} is a profile of yours, and profiles extend catalogue entries only",
            where=where,
            fix=f"extend the entry that {name!r} extends and repeat its other keys; there is: "
            f"{', '.join(sorted(catalogue))}",
        )
    return SettingsError(f"the catalogue has no entry {name!r}", where=where, fix=_nearest(name, catalogue))


def unknown_runtime(where: str, name: str, known: Iterable[str]) -> SettingsError:
    return SettingsError(
        f"there is no runtime {name!r}",
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


# Waivers


def waiver_key(where: str, key: str, known: Iterable[str]) -> SettingsError:
    return SettingsError(f"a waiver has no key {key!r}", where=where, fix=_nearest(key, known))


def waiver_missing(where: str, missing: Sequence[str], examples: Sequence[str]) -> SettingsError:
    return SettingsError(
        f"the waiver has no {', '.join(missing)}", where=where, fix=f"add {'; '.join(examples)}"
    )


def waiver_limit(where: str, error: DeclarationError) -> SettingsError:
    said = error.what.removeprefix(f"{where}: ")
    return SettingsError(f"up_to: {said}", where=where, fix=error.fix)


def waiver_twice(where: str, case: str, metric: str, first: str) -> SettingsError:
    return SettingsError(
        f"{metric} of {case} is waived twice; the other is at {first}", where=where, fix="delete one of them"
    )


# Quantities; these are sentences for a caller to place


def not_a_quantity(text: str) -> str:
    if "," in text:
        return f"{text!r} has a comma; decimals take a point, and thousands nothing"
    return f"{text!r} is not a number with a unit"


def not_a_byte_unit(text: str, unit: str, known: Sequence[str]) -> str:
    if not unit:
        return f"{text!r} has no unit; there is: {', '.join(known)}"
    if unit in ("KB", "K", "k"):
        return f"{unit!r} in {text!r} is read both ways: kB is 1000 bytes, KiB is 1024"
    alike = next((name for name in known if name.lower() == unit.lower()), "")
    hint = f"did you mean {alike!r}?" if alike else f"there is: {', '.join(known)}"
    return f"{unit!r} in {text!r} is no unit of bytes; {hint}"


def not_whole_bytes(text: str) -> str:
    return f"{text!r} is not a whole number of bytes above 0"


def not_a_frequency(text: str, known: Sequence[str]) -> str:
    return f"{text!r} is no frequency above 0 with a unit; there is: {', '.join(known)}"


def not_a_percentage(text: str) -> str:
    return f"{text!r} is not a percentage"


# The command line and ini keys; these are sentences for pytest.UsageError


def option_empty(option: str, example: str) -> str:
    return f"{option} was given nothing (an unset variable?): write {example}, or leave it out"


def option_choice(option: str, given: str, known: Sequence[str]) -> str:
    return f"{option}: there is no {given!r}; {_nearest(given, known)} It takes {', '.join(known)}"


def option_profile(given: str, known: Iterable[str]) -> str:
    return f"--edgebench-profile: no declared profile is called {given!r}; {_nearest(given, known)}"


def option_swallowed(option: str, given: str, expected: str) -> str:
    """An option with an optional value took the path that followed it."""
    return (
        f"{option} took {given!r} for its value, which is {expected}: "
        f"write the test paths before {option}, or its value behind '='"
    )


def option_count(option: str, given: object, least: int) -> str:
    return f"{option} is a whole number, at least {least}, not {given!r}"


def option_folder(option: str, given: str) -> str:
    return f"{option} is to write a file, but {given!r} is a folder: add a file name"


def ini_value(key: str, said: str, example: str) -> str:
    return f"ini key {key}: {said}; write e.g. {key} = {example}"


def ini_outside(given: object, bounds: str) -> str:
    return f"{given!r} is not {bounds}"


# The command line of the package


def unknown_profile(name: str, known: Iterable[str]) -> SettingsError:
    return SettingsError(f"there is no profile or catalogue entry {name!r}", fix=_nearest(name, known))


def _nearest(given: str, known: Iterable[str]) -> str:
    """ "did you mean" for a name, also for one that was cut short or drawn out; or the names there are."""
    # difflib is only worth its import once something is wrong.
    from pytest_edgebench.errors.declare import nearest

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


# Settings that lie with the tests


def settings_apart(found: Sequence[tuple[str, str]]) -> SettingsError:
    """`found`: pairs of settings file and the argument of pytest that leads to it."""
    files = "; ".join(f"{argument} lies with {file}" for file, argument in found)
    return SettingsError(
        f"these tests have settings of their own that cannot hold together: {files}",
        where="arguments of pytest",
        fix="run them apart, or write an edgebench.toml beside pytest's ini file, which then holds for all",
    )
