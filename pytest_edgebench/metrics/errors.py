"""Messages of the room `metrics`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.predict.errors import MEASURE, PredictionRefused


def no_twin(profile: str) -> str:
    return (
        f"{profile} is run by the host's own runtime here (or the host cannot run the file), so that nothing "
        "can be compared: name another runtime or target in the profile, or leave it out of the budget"
    )


def no_classes() -> str:
    return "the outputs are not scores of two or more classes, so no label can flip; limit the score instead"


def none_critical() -> str:
    return (
        "no sample is marked as critical: give data=(inputs, labels, critical) with their numbers or a mask, "
        "or an array `critical` in the .npz"
    )


def needs_patches() -> str:
    return "bsdiff4, which makes the patch, is not installed: pip install 'pytest-edgebench[update]'"


def too_large(size: int) -> str:
    return f"a patch is made of files up to 256 MiB, and one of the two has {size:,} bytes"


_SHOWN_LINES = 4


def too_slow(name: str, seconds: float) -> MeasureError:
    return MeasureError(
        f"TFLite Micro had not counted the arena of {name} after {seconds:g} s, and was stopped",
        fix="a file that hangs there cannot be judged for a microcontroller; is the machine overloaded?",
    )


def not_started(python: str, cause: str) -> MeasureError:
    return MeasureError(
        f"{python} cannot be started to count the arena: {cause}", fix="fix `python` in the profile"
    )


def failed(name: str, status: int, printed: str) -> MeasureError:
    lines = [line.strip() for line in printed.strip().splitlines()]
    # Python's own words for an exception, else the end of what was printed.
    raised = [line.partition("Error: ")[2] for line in lines if line.startswith("RuntimeError: ")]
    lines = raised[-1:] or lines[-_SHOWN_LINES:]
    how = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
    return MeasureError(
        f"TFLite Micro {how} while counting the arena of {name}: {' / '.join(lines)}",
        fix="TFLite Micro has not all operators, and runs float32, int8 and int16: quantize files of uint8 "
        "or of dynamic range anew, as static-int8",
    )


def no_count(name: str, printed: str) -> MeasureError:
    shown = printed.strip()[:200] or "nothing"
    return MeasureError(
        f"TFLite Micro printed no arena for {name}: it printed {shown!r}",
        fix="install another version of tflite-micro: python -m pip install pytest-edgebench[micro]",
    )


def not_counted(what: str, fix: str) -> str:
    return f"the instructions cannot be counted: {what}" + (f"; {fix}" if fix else "")


def no_draws(score: str) -> str:
    return f"the recipe has one calibration; for the {score} of several write calibration=eb.draws(8, 256)"


def no_clock(profile: str) -> PredictionRefused:
    return PredictionRefused(
        f"no prediction for {profile}: it names a core and no clock", fix='give it one: clock = "480 MHz"'
    )


def not_tflite() -> str:
    return 'not connected, and predictions need .tflite. Set runtime = "litert" or target = "ssh://USER@HOST"'


def other_software(note: str, runs: str) -> str:
    """A prediction for software that the profile names, beside the runtime that runs the file."""
    return f"{note}; predicted_by of the profile names that software, {runs} runs the file"


def needs_micro() -> str:
    return 'the tensor arena is counted by TFLite Micro: write runtime = "tflite-micro" in the profile'


def not_on_host(what: str) -> str:
    return f"{what} is only measurable on the device"


def only_typical(profile: str) -> str:
    return (
        f"the latency of {profile} is only predicted, and only what is typical in milliseconds: give a "
        f"budget on p50, or {MEASURE}"
    )


def not_reported(profile: str, what: str) -> str:
    return f"the program of {profile} does not report the {what.replace('_', ' ')}"


def no_state() -> str:
    return 'no input of the model is a state: name it in the data, as eb.State("output")'
