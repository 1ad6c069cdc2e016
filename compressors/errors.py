"""Messages of the room `compressors`: what was wrong, where, and what to write instead."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import (
    BuildError,
    DeclarationError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        fix="fix the training that made it",
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


def not_a_source(given: object) -> DeclarationError:
    return DeclarationError(
        f"a {type(given).__name__} is not a model or recipe",
        fix="give an eb.Model, or what eb.quantize, eb.prune or eb.chain return",
    )


def other_architecture() -> BuildError:
    return BuildError(
        "finetune returned a module of another architecture, whose removed weights are unknown",
        fix="train the module that finetune is given, in place",
    )


def bad_ratio(given: object) -> DeclarationError:
    return DeclarationError(
        f"a pruning ratio is a number between 0 and 1, not {given!r}",
        fix="write e.g. eb.prune(model, 0.5) to remove half of the weights",
    )


def bad_finetune(given: object) -> DeclarationError:
    return DeclarationError(
        f"finetune= takes a function (module) or (module, data), not a {type(given).__name__}",
        fix="def finetune(module): ... train it in place ...",
    )


def unknown_scheme(given: object, allowed: Sequence[str], near: str | None) -> DeclarationError:
    hint = f"did you mean {near!r}? " if near else ""
    if re.search(r"(int|bits?)[-_]?[23](?!\d)", str(given)):
        hint = (
            "no engine writes weights of 2 or 3 bits into .onnx or .tflite files (NNCF does so only in "
            "OpenVINO's own form): write 'weight-int4'; "
        )
    return DeclarationError(
        f"unknown quantization scheme {given!r}", fix=f"{hint}schemes are {', '.join(map(repr, allowed))}"
    )


def other_activations(scheme: object, meant: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{scheme!r} has activations={meant!r}, not {given!r}", fix="leave activations= out"
    )


def not_a_choice(name: str, given: object, allowed: Sequence[object]) -> DeclarationError:
    return DeclarationError(f"{name}= is not {given!r}", fix=f"choose one of {', '.join(map(repr, allowed))}")


def bad_percentile(given: object) -> DeclarationError:
    return DeclarationError(
        f"percentile= is a number between 50 and 100, not {given!r}", fix="write e.g. percentile=99.9"
    )


def bad_block(given: object) -> DeclarationError:
    return DeclarationError(
        f"block= is a power of two from 16 to 256, not {given!r}", fix="write e.g. block=32"
    )


def signed_by_unsigned() -> DeclarationError:
    return DeclarationError(
        "no runtime multiplies int8 activations by uint8 weights",
        fix="choose activations='uint8' with weights 'int8' or 'uint8', or 'int8' with 'int8'",
    )


def preset_and_ops(preset: str) -> DeclarationError:
    return DeclarationError(
        f"preset={preset!r} says which operators are quantized, and so does ops=",
        fix="leave one of the two out",
    )


def bad_rules(given: object, schemes: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"rules= maps patterns of operators to schemes, not {given!r}",
        fix=f"write e.g. rules={{'EMBEDDING_LOOKUP': 'dynamic-int4'}}; schemes are {', '.join(schemes)}",
    )


def needs_engine(name: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{name}={given!r} has a meaning for some engines only, and none is named",
        fix=f"write engine= too, or leave {name}= out",
    )


def only_for(name: str, schemes: str, given: str) -> DeclarationError:
    return DeclarationError(
        f"{name}= has a meaning for {schemes} only, not for {given!r}", fix=f"leave {name}= out"
    )


def bad_patterns(name: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{name}= is a pattern or several, not {given!r}", fix=f"write e.g. {name}=('Gemm', '*conv1*')"
    )


def bad_calibration_count(given: object) -> DeclarationError:
    return DeclarationError(
        f"calibration= is a number of samples, at least 1, not {given!r}",
        fix="write e.g. calibration=128",
    )


def not_a_flag(name: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{name}= is True or False, not {given!r}", fix=f"write {name}=True or {name}=False"
    )


def not_a_step(given: object) -> DeclarationError:
    return DeclarationError(
        f"eb.chain takes steps after the model, not {given!r}",
        fix="write e.g. eb.chain(model, Prune(0.5), Quantize('static-int8'))",
    )


def empty_chain() -> DeclarationError:
    return DeclarationError(
        "eb.chain needs at least one step",
        fix="write e.g. eb.chain(model, Prune(0.5)); the model itself is the recipe `original`",
    )


def prebuilt_of_recipe(given: object) -> DeclarationError:
    return DeclarationError(
        f"eb.prebuilt takes the model the file was made of, not a {type(given).__name__}",
        fix="write eb.prebuilt(model, 'models/model_int8.tflite')",
    )


def finetune_no_module(given: object) -> BuildError:
    return BuildError(
        f"finetune returned a {type(given).__name__}, not a torch.nn.Module",
        fix="return the module, or nothing after training it in place",
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


def bad_layer_ratios(given: object) -> DeclarationError:
    return DeclarationError(
        f"layer_ratios= maps patterns of layer names to numbers from 0 to below 1, not {given!r}",
        fix='write e.g. layer_ratios={"conv1": 0.2, "head*": 0.0}',
    )


def bad_layer_ranks(given: object) -> DeclarationError:
    return DeclarationError(
        "layer_ratios= maps patterns of layer names to shares of the full rank above 0 and up to 1, "
        f"not {given!r}",
        fix='write e.g. layer_ratios={"conv1": 0.25, "head*": 1.0}; 1 leaves a layer whole',
    )


def layer_ratios_match_nothing(step: str, pattern: str, known: Sequence[str]) -> BuildError:
    return BuildError(
        f"{step}: the pattern {pattern!r} of layer_ratios= matches no layer",
        fix=f"layers are {', '.join(known[:20])}",
    )


def schedule_without_rounds(schedule: object) -> DeclarationError:
    return DeclarationError(
        f"schedule={schedule!r} says how a ratio is reached over several rounds, and there is one",
        fix="write e.g. rounds=3 with finetune=, or leave schedule= out",
    )


def bad_n_of_m(keep: object, of: object) -> DeclarationError:
    return DeclarationError(
        f"keep= and of= are whole numbers with 1 <= keep < of, not {keep!r} and {of!r}",
        fix="write eb.prune_semi_structured(model, 2, 4) to keep two of four weights",
    )


def no_channels(kept: Sequence[str]) -> str:
    if not kept:
        return "no layer has channels that another layer reads"
    named = f"{', '.join(kept[:5])}{f' and {len(kept) - 5} more' if len(kept) > 5 else ''}"
    return (
        f"no channel can be removed: without some, {named} would fail or change the outputs' shape or order"
    )


def channels_not_followed(cause: Exception) -> BuildError:
    return BuildError(
        "torch-pruning cannot tell which layers read which channels of this module "
        f"({type(cause).__name__}: {str(cause)[:100]})",
        fix="channel shuffles and layers that are not PyTorch's own stop it: use eb.prune, eb.low_rank or a "
        "smaller architecture",
    )


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


def bad_rank(given: object) -> DeclarationError:
    return DeclarationError(
        f"ratio= of LowRank is a share of the full rank between 0 and 1, not {given!r}",
        fix="write e.g. eb.low_rank(model, 0.5)",
    )
