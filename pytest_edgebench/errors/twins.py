"""Messages about a target's predictions beside the host's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import DataError, MeasureError

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Twin

_TRUST = (
    "its numbers are withheld; try another version of the runtime, another kind of quantization, or for an "
    "emulator a CPU it is known to emulate rightly"
)


def garbage(runtime: str, profile: str, twin: Twin, where: str) -> MeasureError:
    agree = "" if twin.agree is None else f", {twin.agree:,} of {twin.n:,} predicted classes agree"
    return MeasureError(
        f"what {runtime} answers on {profile} has nothing to do with what {twin.reference} answers on this "
        f"machine with the same file (it explains none of its variance: {twin.explained:.2g}{agree})",
        where=where,
        fix=_TRUST,
    )


def other_shapes(runtime: str, profile: str, host: object, target: object, where: str) -> MeasureError:
    return MeasureError(
        f"{runtime} on {profile} answers in shapes {target}, this machine in {host} with the same file",
        where=where,
        fix=_TRUST,
    )


def no_twin(profile: str) -> str:
    return (
        f"{profile} is run by the host's own runtime here (or the host cannot run the file), so that nothing "
        "can be compared: name another runtime or target in the profile, or leave it out of the budget"
    )


def no_classes() -> str:
    return (
        "the outputs are no scores of two or more classes, so that no label can flip; limit the score instead"
    )


def none_critical() -> str:
    return (
        "no sample is marked as critical: give data=(inputs, labels, critical) with their numbers or a mask, "
        "or an array `critical` in the .npz"
    )


def not_shown(why: str) -> str:
    return f"the inner tensors cannot be shown: {why}"


def critical_shape(given: str, count: int, where: str) -> DataError:
    return DataError(
        f"the critical samples are {given}",
        where=where,
        fix=f"give their numbers (0 to {count - 1:,}) or a mask of {count:,} true and false",
    )
