"""Messages of the room `compressors.onnx_form`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Sequence


def matches_nothing(step: str, name: str, pattern: str, known: Sequence[str]) -> BuildError:
    return BuildError(
        f"{step}: {name}={pattern!r} matches no operator of the file",
        fix=f"operators are {', '.join(known)}",
    )


def opset_too_low(step: str, given: int, needed: int, operator: str) -> BuildError:
    return BuildError(
        f"{step} needs opset {needed}; the file has opset {given}, which cannot be raised because of its "
        f"{operator} operators",
        fix=f"export the model again with opset {needed} or later",
    )


def no_products(step: str, preset: str) -> BuildError:
    return BuildError(
        f"{step}: the file has no convolution or matrix product, and preset={preset!r} takes nothing else",
        fix="leave the step out, or the preset",
    )
