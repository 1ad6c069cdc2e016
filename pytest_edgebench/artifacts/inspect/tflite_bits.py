"""Find binary weights of TFLite files, which lie packed in bytes and are expanded by operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CHAIN = ("CAST", "FLOOR_MOD", "GREATER_EQUAL", "RESHAPE", "SLICE", "SELECT_V2", "MUL")


def binary(operators: Sequence[tuple[str, list[int], list[int]]]) -> tuple[dict[int, int], set[int]]:
    """Packed signs → the float weight made of them, and all tensors that serve to expand them.

    Args:
        operators: (name, inputs, outputs) of each.
    """
    users: dict[int, list[tuple[str, list[int], list[int]]]] = {}
    makers = {output: operator for operator in operators for output in operator[2]}
    for operator in operators:
        for index in operator[1]:
            users.setdefault(index, []).append(operator)
    signs: dict[int, int] = {}
    helpers: set[int] = set()
    for operator in operators:
        if operator[0] != "CAST" or operator[1][0] in makers:
            continue
        passed = [operator]
        while passed[-1][0] != "MUL":
            following = users.get(passed[-1][2][0], [])
            if len(following) != 1 or following[0][0] not in CHAIN:
                break
            passed.append(following[0])
        names = {name for name, _, _ in passed}
        if not {"FLOOR_MOD", "GREATER_EQUAL", "SELECT_V2", "MUL"} <= names:
            continue
        signs[operator[1][0]] = passed[-1][2][0]
        helpers |= {index for step in passed for index in step[1]}
        scale = makers.get(passed[-1][1][1])
        helpers |= set(scale[1]) if scale else set()
    return signs, helpers
