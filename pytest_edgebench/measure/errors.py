"""Messages of the room `measure`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import MeasureError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_edgebench.record.run import Counts, Twin


def lock_timeout(wanted: str, seconds: float, holders: Sequence[str]) -> MeasureError:
    held = "; ".join(holders) if holders else "unknown"
    return MeasureError(
        f"waited {seconds:g} s for {wanted}; held by: {held}",
        fix="let the other run finish, or end it if it hangs; its locks go with it",
    )


def nested_lock(wanted: str, held: str) -> MeasureError:
    return MeasureError(
        f"{wanted} was asked for while this thread holds {held}: two runs doing so could wait for each "
        "other for good",
        fix="let go of the first lock before asking for the second",
    )


def lock_file(path: Path, cause: OSError) -> SettingsError:
    return SettingsError(
        f"the lock cannot be used: {cause.strerror or cause}",
        where=str(path),
        fix="make its folder writable for everybody who runs pytest here, or remove it",
    )


def lock_folder(variable: str, given: str) -> SettingsError:
    return SettingsError(
        f"{given!r} is not the full path of an existing folder",
        where=f"environment variable {variable}",
        fix="mount one folder of the host into all containers, and name it here",
    )


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


def own_outputs_only(there: int, wanted: int) -> MeasureError:
    return MeasureError(
        f"the target gives {there} of the {wanted} outputs of a copy of the file that has its inner tensors "
        "as outputs",
        fix="a program of your own runs the file it is given, and answers with all its outputs",
    )


def other_inner_shape(name: str, here: object, there: object) -> MeasureError:
    return MeasureError(
        f"{name!r} has shape {here} on this machine and {there} on the target",
        fix="a program of your own runs the file it is given, and answers with all its outputs in order",
    )


def contradicted(stated: str, family: str, found: str) -> str:
    """A profile states kernels, and the outputs are of others."""
    stated = f'kernels = "{stated}", of the family of {family}'
    return f"the profile says {stated}; its outputs say otherwise: {found}"


def not_shown(why: str) -> str:
    return f"the inner tensors cannot be shown: {why}"


def floor(counts: Counts) -> str:
    """Why a count is only a least number."""
    parts = []
    if counts.uncounted:
        named = ", ".join(name if n == 1 else f"{n} {name}" for name, n in counts.uncounted.items())
        parts.append(f"{named} not counted wholly")
    if counts.guessed:
        parts.append("free lengths of the inputs taken as 1")
    return f"at least: {'; '.join(parts)}"
