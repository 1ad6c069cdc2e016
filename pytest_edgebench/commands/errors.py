"""Messages of the room `commands`: what was wrong, where, and what to write instead."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class CompareError(EdgebenchError):
    """A comparison that cannot be made or written."""


def nothing(what: str) -> CompareError:
    return CompareError(
        f"there is nothing to compare: {what}",
        fix="give records with cases that were measured, or other patterns",
    )


def no_figure() -> CompareError:
    return CompareError(
        "there is nothing to draw: no model has size and score of two recipes on one profile",
        fix="leave --svg out, or measure a second recipe",
    )


def no_parquet() -> CompareError:
    return CompareError(
        "Parquet files need pyarrow, which is not installed",
        where="--parquet",
        fix="pip install pyarrow, or write --csv=FILE",
    )


def record_twice(name: str) -> CompareError:
    return CompareError("this record is given twice", where=name, fix="give each record once")


def one_record() -> CompareError:
    return CompareError(
        "a limit relative to the baseline needs two records",
        where="--fail",
        fix="give the accepted record first, then the one to judge",
    )


class StartError(EdgebenchError):
    """A project that cannot be started."""


def there_already(names: Sequence[str], folder: str) -> StartError:
    verb = "exists" if len(names) == 1 else "exist"
    return StartError(
        f"{', '.join(names)} already {verb}; nothing was written",
        where=folder,
        fix="give an empty folder with --folder, or move these files away",
    )


def cannot_run(path: str, cause: str) -> StartError:
    return StartError(
        f"the model cannot be run on random inputs: {cause}",
        where=path,
        fix="give labelled samples with --data FILE.npz (arrays x and y), lengths of free axes with "
        "--length NAME=3,224,224, or another model file",
    )


def odd_input(path: str, name: str, kind: str) -> StartError:
    fix = "export the model with inputs that are arrays of numbers; any preprocessing stays outside"
    if "numbers," in kind:
        fix = "export the model with an input of another type, such as int8 or float32"
    return StartError(f"input {name!r} takes {kind}", where=path, fix=fix)


def odd_output(path: str, what: str, fix: str) -> StartError:
    return StartError(what, where=path, fix=fix)


def no_inputs(path: str) -> StartError:
    return StartError(
        "the model has no inputs, so its answers are always the same",
        where=path,
        fix="give a model with at least one input",
    )


def no_rank(path: str, name: str) -> StartError:
    return StartError(
        f"the file does not say how many axes input {name!r} has, and does not run on single numbers",
        where=path,
        fix="give labelled samples with --data FILE.npz (arrays x and y), or declare the shape in the export",
    )


def no_numbers(path: str, names: Sequence[str]) -> StartError:
    return StartError(
        f"the model answers with text alone ({', '.join(names)})",
        where=path,
        fix="give labelled samples with --data FILE.npz (arrays x and y) and a score of your own",
    )


def not_finite(path: str) -> StartError:
    return StartError(
        "the model answers NaN or infinity to random inputs",
        where=path,
        fix="give labelled samples with --data FILE.npz (arrays x and y)",
    )


def no_length(given: str, names: Iterable[str]) -> StartError:
    return StartError(
        f"--length {given} names no input and its lengths",
        fix=f"write --length NAME=3,224,224, without the axis of the samples; inputs: {', '.join(names)}",
    )


def several_inputs(path: str, names: Sequence[str]) -> StartError:
    return StartError(
        f"the model has {len(names)} inputs of samples ({', '.join(names)}), and the file one array x",
        where=path,
        fix="save them as x_0, x_1, ... in that order, and the labels as y",
    )


def no_data(path: str, detail: str) -> StartError:
    return StartError(
        f"the labelled samples cannot be used: {detail}",
        where=path,
        fix="write them with numpy.savez(FILE, x=inputs, y=labels), samples along the first axis of both",
    )


def unknown_profile(name: str, declared: Iterable[str], catalogue: Iterable[str]) -> SettingsError:
    close = difflib.get_close_matches(name, sorted({*declared, *catalogue}), n=1)
    if close:
        return SettingsError(f"unknown profile {name!r}", fix=f"did you mean {close[0]!r}?")
    listed = f"declared: {', '.join(declared)}" if declared else "no profile is declared"
    return SettingsError(
        f"unknown profile {name!r}", fix=f"{listed}; run `edgebench profiles` for the catalogue"
    )


def no_count(given: str) -> str:
    return f"{given!r} is not a whole number above 0"


def unknown_page(name: str, known: Iterable[str]) -> EdgebenchError:
    names = list(known)
    near = difflib.get_close_matches(name.removesuffix(".md").lower(), names, n=3)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return EdgebenchError(f"unknown page {name!r}{hint}", fix=f"choose one of: {', '.join(names)}")
