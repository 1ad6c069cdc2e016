"""What can go wrong in steps on torch modules: pruning, distilling, substituting, a user's own steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_edgebench.errors import BuildError, DeclarationError

if TYPE_CHECKING:
    from collections.abc import Sequence


def finetune_no_module(given: object) -> BuildError:
    return BuildError(
        f"finetune returned a {type(given).__name__}, not a torch.nn.Module",
        fix="return the module, or nothing after training it in place",
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


def not_a_count(name: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{name}= is a whole number, at least 1, not {given!r}", fix=f"write e.g. {name}=3"
    )


def rounds_without_finetune(given: int) -> DeclarationError:
    return DeclarationError(
        f"rounds={given} without finetune= does what one round does",
        fix="give finetune=, which trains after each round, or leave rounds= out",
    )


def bad_n_of_m(keep: object, of: object) -> DeclarationError:
    return DeclarationError(
        f"keep= and of= are whole numbers with 1 <= keep < of, not {keep!r} and {of!r}",
        fix="write eb.prune_n_of_m(model, 2, 4) to keep two of four weights",
    )


def no_channels(reason: str, ignored: Sequence[str]) -> str:
    told = f"; layers that make the outputs stay as they are: {', '.join(ignored)}" if ignored else ""
    return f"{reason}{told}"


def finetune_in_place() -> BuildError:
    return BuildError(
        "finetune returned another module, which the next round of pruning knows nothing of",
        fix="train the module that finetune is given, in place, or leave rounds= out",
    )


def check_number(name: str, given: object, *, zero: bool) -> None:
    """Refuse what is no finite number above 0, or from 0 with `zero`.

    Raises:
        DeclarationError: it is none.
    """
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if number and 0 <= given < math.inf and (zero or given):  # type: ignore[operator]
        return
    wanted = "at least 0" if zero else "above 0"
    raise DeclarationError(f"{name}= is a number {wanted}, not {given!r}", fix=f"write e.g. {name}=0.5")


def no_loss() -> DeclarationError:
    return DeclarationError(
        "soft= and hard= are both 0, so nothing is learned", fix="write e.g. soft=0.9, hard=0.1"
    )


def bad_features(given: object) -> DeclarationError:
    return DeclarationError(
        f"features= is a tuple of pairs of layer names, not {given!r}",
        fix="write features=(('conv2', 'layer3'),): layer of the student, layer of the teacher",
    )


def bad_training_data(given: object) -> DeclarationError:
    return DeclarationError(
        f"data= is a function that returns (inputs, labels), not a {type(given).__name__}",
        fix="def train_set(): return x_train, y_train",
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
    return BuildError(f"there is no layer {name!r}", fix=f"layers are {', '.join(known[:20])}")


def loss_diverged(epoch: int) -> BuildError:
    return BuildError(
        f"training diverged: the loss is NaN or infinite in epoch {epoch}",
        fix="lower rate=, or look whether the teacher's outputs are finite",
    )


def bad_rank(given: object) -> DeclarationError:
    return DeclarationError(
        f"ratio= of LowRank is a share of the full rank between 0 and 1, not {given!r}",
        fix="write e.g. eb.low_rank(model, 0.5)",
    )
