"""Messages about the memory of a microcontroller: the tensor arena, and what does not fit into a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import MeasureError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_LINES = 4


def too_slow(name: str, seconds: float) -> MeasureError:
    return MeasureError(
        f"TFLite Micro had not counted the arena of {name} after {seconds:g} s, and was stopped",
        fix="a file that hangs there cannot be judged for a microcontroller; is the machine overloaded?",
    )


def not_started(python: str, cause: str) -> MeasureError:
    return MeasureError(
        f"{python} cannot be started to count the arena: {cause}", fix="mend `python` in the profile"
    )


def failed(name: str, status: int, printed: str) -> MeasureError:
    lines = [line.strip() for line in printed.strip().splitlines()]
    # Python's own words for an exception, else the end of what was printed.
    raised = [line.partition("Error: ")[2] for line in lines if line.startswith("RuntimeError: ")]
    lines = raised[-1:] or lines[-_SHOWN_LINES:]
    how = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
    return MeasureError(
        f"TFLite Micro {how} while counting the arena of {name}: {' / '.join(lines)}",
        fix="does TFLite Micro know all of the file's operators and dtypes? Hybrid (dynamic-range) files it "
        "does not",
    )


def no_count(name: str, printed: str) -> MeasureError:
    shown = printed.strip()[:200] or "nothing"
    return MeasureError(
        f"TFLite Micro told no arena of {name}: it printed {shown!r}",
        fix="install another version of tflite-micro: python -m pip install pytest-edgebench[micro]",
    )


def does_not_fit(profile: str, why: Sequence[str], where: str) -> UnsupportedError:
    return UnsupportedError(
        f"it does not fit into {profile}, so it was not run: {'; '.join(why)}",
        where=where,
        fix="compress it further, or leave it out of this profile with profiles= in eb.recipe",
    )


def not_run(profile: str, why: Sequence[str]) -> str:
    return f"left out: the model does not fit into {profile}: {'; '.join(why)}"


def over_flash(size: str, flash: str) -> str:
    return f"its files take {size}, the flash is {flash}"


def over_ram(what: str, need: str, ram: str) -> str:
    return f"{what} takes {need}, the RAM is {ram}"


def needs_micro() -> str:
    return 'the tensor arena is told by TFLite Micro: write runtime = "tflite-micro" in the profile'
