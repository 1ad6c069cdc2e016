"""What the inputs of a file most likely are: samples of a known layout, constants, state.

A file says less than one must know to feed it. Lengths of free axes come from layouts that are common for
their rank and type; state and constants are known by names and shapes. They are tried one after the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.runtimes.protocol import Tensor

PICTURES = ((224, 224), (48, 320), (32, 320), (640, 640), (128, 128), (64, 64))
AUDIO = (16000, 512, 400, 8000)
FRAMES = (100, 128, 3000)
TOKENS = (128, 8, 16)
CHANNELS = (1, 3, 4)
ANY = (8, 32, 1)
GIVEN = "as given"
RATE, RATES = 16000, re.compile(r"(^|_)(sr|rate|fs)$|sample_?rate|sampling")
WORDS = "in|input|prev|previous|past|initial|init|old|next|new|present|out|output|final|o|i|n"
MARKS = re.compile(rf"^({WORDS})_|_({WORDS})$")


@dataclass(frozen=True, slots=True)
class Role:
    """One input as it is to be fed.

    Attributes:
        name, dtype: of the file. scale: whether floats are to be given for a quantized input.
        kind: "sample", "constant" or "state".
        shape: of one sample, without its axis; of a constant as in a call.
        value: of a constant, as Python writes it.
        output: that feeds a state. axis: of the samples.
        free: axes of the file's shape whose length is chosen; layout: what it was taken for.
        declared: the file's own shape.
    """

    name: str
    dtype: str
    scale: bool
    kind: str = "sample"
    shape: tuple[int, ...] = ()
    value: str = ""
    output: str = ""
    axis: int = 0
    free: tuple[int, ...] = ()
    layout: str = ""
    declared: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A way to feed a file.

    Attributes:
        roles: of all inputs, in the file's order. batch: samples a call.
    """

    roles: tuple[Role, ...]
    batch: int

    @property
    def samples(self) -> tuple[Role, ...]:
        return tuple(role for role in self.roles if role.kind == "sample")


def plans(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], given: Mapping[str, tuple[int, ...]]
) -> list[Plan]:
    """Ways to feed a file, the likeliest first, at least one; each feeds some input with samples.

    Args:
        given: input → lengths of a sample, as the user says they are.
    """
    if not any(tensor["shape"] for tensor in inputs):  # one number a call, or a rank that is not told
        return [Plan(tuple(Role(t["name"], t["dtype"], t["scale"] is not None) for t in inputs), 1)]
    fed = states(inputs, outputs)
    batch = _batch([t for t in inputs if t["name"] not in fed])
    choices = [_choices(tensor, batch, fed, given) for tensor in inputs]
    most = max(len(choice) for choice in choices)
    found = [Plan(tuple(c[min(n, len(c) - 1)] for c in choices), batch) for n in range(most)]
    if not found[0].samples:
        return [Plan(tuple(_sampled(role) for role in found[0].roles), batch)]
    found[1:1] = _of_one_length(found[0])
    if batch > 1:  # or the file has no axis for samples at all
        found.append(Plan(tuple(_whole(role) for role in found[0].roles), 1))
    return found


def _of_one_length(plan: Plan) -> list[Plan]:
    """The plan with one length for all free axes of several inputs, such as tokens and their mask."""
    open_ = [role for role in plan.samples if role.free and role.layout != GIVEN]
    if len(open_) < 2:
        return []
    return [
        Plan(tuple(_as_long(role, n) if role in open_ else role for role in plan.roles), plan.batch)
        for n in (*TOKENS, *ANY)
    ]


def _as_long(role: Role, length: int) -> Role:
    lengths = tuple(length if n is None else n for n in role.declared[1:])
    return replace(role, shape=lengths, layout="one length for all inputs")


def _sampled(role: Role) -> Role:
    """A sample, where the only inputs look like constants."""
    lengths = tuple(n or 1 for n in role.declared[1:])
    return replace(role, kind="sample", shape=lengths, value="") if role.declared else role


def _whole(role: Role) -> Role:
    """A sample that takes all axes of the file's shape."""
    lengths = tuple(n or 1 for n in role.declared)
    return replace(role, shape=lengths) if role.kind == "sample" else role


def states(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> dict[str, str]:
    """Input → the output that feeds it: of like names, one type, and shapes that agree."""
    found: dict[str, str] = {}
    for tensor in inputs:
        for output in outputs:
            if output["name"] not in found.values() and _feeds(output, tensor):
                found[tensor["name"]] = output["name"]
                break
    # An input that is all a file has is a sample, whatever it is called.
    return found if len(found) < sum(1 for tensor in inputs if tensor["shape"]) else {}


def _feeds(output: Tensor, tensor: Tensor) -> bool:
    one, other = tensor["shape"], output["shape"]
    if tensor["dtype"] != output["dtype"] or not one or len(one) != len(other):
        return False
    if any(n is not None and m is not None and n != m for n, m in zip(one, other, strict=True)):
        return False
    # A length that grows from call to call, as of keys and values, is no state of one shape.
    if sum(1 for n in one if n is None) > 1:
        return False
    if len(one) == 4 and (one[1] in CHANNELS or one[3] in CHANNELS):
        return False  # a picture that is made of a picture
    stem = _stem(tensor["name"])
    return bool(stem) and stem in (_stem(output["name"]), _stem(output["name"]).removesuffix("n"))


def _stem(name: str) -> str:
    """A name without what marks an input or an output: "state" of "state_in" and of "next_state"."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    while (shorter := MARKS.sub("", plain, count=1).strip("_")) != plain:
        plain = shorter
    return plain.replace("_", "")


def _batch(tensors: Sequence[Tensor]) -> int:
    """Samples a call: what the first axis is fixed at, of the input with most axes."""
    ranked = sorted((t for t in tensors if t["shape"]), key=lambda t: -len(t["shape"]))
    return (ranked[0]["shape"][0] or 1) if ranked else 1


def _choices(
    tensor: Tensor, batch: int, fed: Mapping[str, str], given: Mapping[str, tuple[int, ...]]
) -> list[Role]:
    name, shape = tensor["name"], tensor["shape"]
    role = Role(name, tensor["dtype"], tensor["scale"] is not None, declared=tuple(shape))
    if name in fed:
        return [replace(role, kind="state", output=fed[name], axis=_state_axis(shape, batch))]
    # What has no axis of that length for samples is the same for all of them.
    alone = not shape or shape == [1] or shape[0] not in (None, batch)
    if alone:
        whole = tuple(n or 1 for n in shape)
        return [replace(role, kind="constant", shape=whole, value=_constant(tensor))]
    rest = shape[1:]
    if name in given:
        return [replace(role, shape=given[name], free=_free(shape), layout=GIVEN)]
    if None not in rest:
        return [replace(role, shape=tuple(n or 1 for n in rest))]
    return [
        replace(role, shape=lengths, free=_free(shape), layout=layout) for lengths, layout in _known(tensor)
    ]


def _free(shape: Sequence[int | None]) -> tuple[int, ...]:
    return tuple(axis for axis, n in enumerate(shape) if n is None and axis)


def _state_axis(shape: Sequence[int | None], batch: int) -> int:
    """The free axis; else the second of three, as recurrent layers have it, else the first of that length."""
    if None in shape:
        return list(shape).index(None)
    fitting = [axis for axis, n in enumerate(shape) if n == batch]
    return 1 if len(shape) == 3 and 1 in fitting else fitting[0] if fitting else 0


def _constant(tensor: Tensor) -> str:
    """A likely value: a sampling rate by its name, else 1."""
    if RATES.search(tensor["name"].lower()):
        return str(RATE)
    return "True" if tensor["dtype"] == "bool" else "1.0" if "float" in tensor["dtype"] else "1"


def _known(tensor: Tensor) -> list[tuple[tuple[int, ...], str]]:
    """Lengths of a sample, and the layout they are of, the likeliest first."""
    rest, whole = list(tensor["shape"][1:]), "int" in tensor["dtype"] and tensor["scale"] is None
    found: list[tuple[tuple[int, ...], str]] = []

    def fill(lengths: Sequence[int], layout: str) -> None:
        left = iter(lengths)
        filled = tuple(n if n is not None else next(left, 1) for n in rest)
        if (filled, layout) not in found:
            found.append((filled, layout))

    if len(rest) == 3 and (not whole or tensor["dtype"] == "uint8"):
        last = rest[2] in CHANNELS and rest[0] not in CHANNELS
        for height, width in PICTURES:
            sizes = (height, width, 3) if last else (3, height, width)
            layout = f"a picture ({'NHWC' if last else 'NCHW'})"
            fill([n for n, m in zip(sizes, rest, strict=True) if m is None], layout)
    elif len(rest) == 2 and not whole:
        narrow = 1 in rest
        for length in AUDIO if narrow else FRAMES:
            fill([length, 80], "audio samples" if narrow else "frames of features")
    elif len(rest) == 1 and not whole:
        for length in AUDIO:
            fill([length], "audio samples")
    elif whole:
        for length in TOKENS:
            fill([length] * len(rest), "tokens")
    for length in ANY:
        fill([length] * len(rest), "a length like any other")
    return found
