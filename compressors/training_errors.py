"""Messages of what is trained: losses, teachers, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import BuildError, DeclarationError

if TYPE_CHECKING:
    from collections.abc import Sequence


def bad_data(step: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"data= of {step} is labelled data or a function that returns them, not a {type(given).__name__}",
        fix="def train_set(): return x_train, y_train",
    )


def bad_loss(given: object) -> DeclarationError:
    return DeclarationError(
        f"loss= is a function (outputs, labels), not a {type(given).__name__}",
        fix="write e.g. loss=torch.nn.functional.l1_loss",
    )


def loss_is_none(given: object) -> BuildError:
    return BuildError(
        f"loss= of Fit returned {type(given).__name__}, not one number that depends on the outputs",
        fix="return a tensor of one element, made of the outputs without detach() and item()",
    )


def diverged(what: str, name: str) -> BuildError:
    return BuildError(
        f"training diverged: {what} left NaN or infinite values in {name!r}",
        fix="lower the learning rate, clip gradients, or prune less at a time",
    )


def labels_misfit(output: tuple[int, ...], labels: str) -> BuildError:
    return BuildError(
        f"the outputs have shape {output}, the labels of `data` {labels}, so no loss can be computed",
        fix="give data whose labels are class numbers (n,), or targets of the outputs' own shape",
    )


def labels_no_numbers() -> BuildError:
    return BuildError(
        "the labels are texts or other values, which no loss of ours can be computed with",
        fix="give the step data of its own with numbers as labels: data=train_set",
    )


def no_loss() -> DeclarationError:
    return DeclarationError(
        "soft= and hard= are both 0, so nothing is learned", fix="write e.g. soft=0.9, hard=0.1"
    )


def bad_features(given: object) -> DeclarationError:
    return DeclarationError(
        f"features= is a tuple of pairs of layer names, not {given!r}",
        fix="write features=(('conv2', 'layer3'),): layer of the student, layer of the teacher",
    )


def bad_class_axis(given: object) -> DeclarationError:
    return DeclarationError(
        f"class_axis= is the number of an axis of the outputs, not {given!r}", fix="write e.g. class_axis=1"
    )


def no_class_axis(given: int, shape: tuple[int, ...]) -> BuildError:
    return BuildError(
        f"class_axis={given} is no axis of outputs of shape {shape}",
        fix="name the axis that the classes have, counted from 0",
    )


def other_outputs(student: tuple[int, ...], teacher: tuple[int, ...]) -> BuildError:
    return BuildError(
        f"the student's outputs have shape {student}, the teacher's {teacher}",
        fix="give a student and a teacher that answer the same question, with classes in one order",
    )


def other_features(pair: tuple[str, str], student: tuple[int, ...], teacher: tuple[int, ...]) -> BuildError:
    return BuildError(
        f"features {pair[0]!r} and {pair[1]!r} have shapes {student} and {teacher}; "
        "only the second number, channels, may differ",
        fix="pair layers of the same resolution",
    )


def no_layer(name: str, known: Sequence[str]) -> BuildError:
    return BuildError(f"unknown layer {name!r}", fix=f"layers are {', '.join(known[:20])}")


def loss_diverged(epoch: int) -> BuildError:
    return BuildError(
        f"training diverged: the loss is NaN or infinite in epoch {epoch}",
        fix="lower lr=, or look whether the teacher's outputs are finite",
    )
