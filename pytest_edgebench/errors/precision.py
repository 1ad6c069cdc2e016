"""What can go wrong in steps that choose bits: binarizing, training for int8, mixed precision, draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import BuildError, DeclarationError

if TYPE_CHECKING:
    from collections.abc import Sequence


# Training


def bad_training_data(given: object) -> DeclarationError:
    return DeclarationError(
        f"data= of Fit is a function that returns (inputs, labels), not a {type(given).__name__}",
        fix="def train_set(): return x_train, y_train",
    )


def other_module(step: str) -> BuildError:
    return BuildError(
        f"{step}: finetune returned another module, whose weights are not the ones that were prepared",
        fix="train the module that finetune is given, in place",
    )


def shared(step: str, first: str, second: str) -> BuildError:
    return BuildError(
        f"{step}: layers {first!r} and {second!r} share one weight, which cannot be trained for both",
        fix=f"give them weights of their own, or exclude={first!r}",
    )


# Binarizing


def excludes_no_layer(step: str, pattern: str, known: Sequence[str]) -> BuildError:
    return BuildError(
        f"{step}: exclude={pattern!r} matches no layer with a weight",
        fix=f"layers are {', '.join(known[:20])}",
    )


def excludes_no_weight(step: str, pattern: str, known: Sequence[str]) -> BuildError:
    return BuildError(
        f"{step}: exclude={pattern!r} matches no weight of the file",
        fix=f"weights are {', '.join(known[:20])}",
    )


def weight_not_finite(step: str, name: str) -> BuildError:
    return BuildError(
        f"{step}: the weight {name!r} holds NaN or infinite values, which have no sign and scale",
        fix="mend the training that made it",
    )


def old_opset(step: str, given: int, needed: int) -> BuildError:
    return BuildError(
        f"{step} unpacks bits by operators of opset {needed}; the file has opset {given}",
        fix=f"export the model again with opset {needed} or later",
    )


def already_binary(step: str) -> BuildError:
    return BuildError(
        f"{step} would expand the binary weights of the file to more bits",
        fix="leave one of the two steps out; layers kept out of binarizing by exclude= stay float",
    )


def nothing_to_binarize(smallest: int, trained: bool) -> str:
    what = "whose channels have one magnitude each" if trained else "that stands in the file as such"
    return f"no convolution or matrix product has a float weight of {smallest} elements or more {what}"


# Mixed precision


def bad_points(given: object) -> DeclarationError:
    return DeclarationError(
        f"points= is how far the score may fall, a number from 0, not {given!r}",
        fix="write e.g. keep=eb.sensitive(points=1)",
    )


def bad_samples(given: object) -> DeclarationError:
    return DeclarationError(
        f"samples= of eb.sensitive is a number of labelled samples, at least 1, not {given!r}",
        fix="write e.g. keep=eb.sensitive(1, samples=500), or leave it out to take all",
    )


def bad_keep(given: object) -> DeclarationError:
    return DeclarationError(
        f"keep= is what eb.sensitive returns, not {given!r}",
        fix="write keep=eb.sensitive(points=1); to name layers yourself write exclude=",
    )


def limit_not_held(step: str, limit: float, fall: float, layers: int, unit: str) -> BuildError:
    allowed = f"{limit:g} {unit}".strip()
    return BuildError(
        f"{step}: the score falls by more than {allowed} however many of the {layers} layers stay in float, "
        f"by {fall:.3g} with all but one",
        fix="allow more points, quantize by another scheme or method, or train for int8 with eb.qat",
    )


# Draws of calibration data


def bad_draws(given: object) -> DeclarationError:
    return DeclarationError(
        f"eb.draws takes a number of draws, at least 2, not {given!r}",
        fix="write e.g. calibration=eb.draws(8, 256); for one draw write calibration=256",
    )


def bad_draw(given: object) -> DeclarationError:
    return DeclarationError(
        f"draw= is one of the draws of calibration=eb.draws(...), counted from 0, not {given!r}",
        fix="leave draw= out: the draws are built by themselves",
    )


def nothing_to_draw(samples: int, total: int) -> BuildError:
    return BuildError(
        f"draws of {samples} samples from {total} are all the same",
        fix=f"give more calibration data, or draw fewer: eb.draws(8, {max(1, total // 2)})",
    )


def no_draws(score: str) -> str:
    return f"the recipe has one calibration; for the {score} of several write calibration=eb.draws(8, 256)"
