"""Properties of precedence: who wins does not depend on order, and every slot has one owner or a told tie."""

from __future__ import annotations

import itertools
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.declare.budget import Budget
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.model import Case
from pytest_edgebench.declare.precedence import (
    ANY,
    CLASS,
    EXACT,
    FOLDER,
    FUNCTION,
    GLOB,
    MODULE,
    NO,
    VARIANT,
    Layered,
    Precedence,
    fit,
)
from pytest_edgebench.profiles.profile import Profile

HOST = Profile("host", target="host")
CASE = Case("kws", "pruned", "ratio30", "host")


@pytest.mark.parametrize(
    "patterns, names, expected",
    [
        (("*",), ("int8",), ANY),
        (("int8",), ("int8",), EXACT),
        (("int*",), ("int8",), GLOB),
        (("INT8",), ("int8",), NO),
        (("fp16", "int8"), ("int8",), EXACT),
        (("*", "int*"), ("int8",), GLOB),
        (("pruned",), ("pruned", "pruned.ratio30"), EXACT),
        (("pruned.ratio30",), ("pruned", "pruned.ratio30"), VARIANT),
        (("*30",), ("pruned", "pruned.ratio30"), GLOB),
        (("pruned.ratio50",), ("pruned", "pruned.ratio30"), NO),
        (("a[b]",), ("a[b]",), EXACT),
    ],
)
def test_fit(patterns: tuple[str, ...], names: tuple[str, ...], expected: int) -> None:
    assert fit(patterns, names) == expected


def layered(layer: tuple[int, int, int], models: str, recipes: str, profiles: str, line: int) -> Layered:
    budget = Budget(
        (profiles,),
        (models,),
        (recipes,),
        MappingProxyType({}),
        None,
        "",
        None,
        "f.py",
        line,
        (),
        f"budget {line}",
    )
    return Layered(budget, (parse("size", f"{line} B"),), layer)


budgets = st.lists(
    st.tuples(
        st.sampled_from(
            [(FOLDER, 1, 0), (FOLDER, 2, 0), (MODULE, 0, 0), (CLASS, 3, -1), (CLASS, 3, 0), (FUNCTION, 0, 0)]
        ),
        st.sampled_from(["*", "k*", "kws", "other"]),
        st.sampled_from(["*", "pru*", "pruned", "pruned.ratio30"]),
        st.sampled_from(["*", "h*", "host"]),
    ),
    min_size=1,
    max_size=6,
).map(lambda rows: [layered(*row, line) for line, row in enumerate(rows, start=1)])


@given(budgets, st.randoms())
def test_the_winner_does_not_depend_on_order(given: list[Layered], random: object) -> None:
    shuffled = list(given)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Precedence(given), Precedence(shuffled)
    first, second = one.slots(CASE, HOST), other.slots(CASE, HOST)
    told, also = one.problems([CASE.key], False), other.problems([CASE.key], False)
    assert sorted(told) == sorted(also) or len(told) == len(also)
    if not any("with equal right" in text for text in told):
        assert first == second


@given(budgets)
def test_the_winner_has_no_better_contender(given: list[Layered]) -> None:
    precedence = Precedence(given)
    slots = precedence.slots(CASE, HOST)
    ranks = {item.budget.place: rank for item in given if (rank := item.rank(CASE)) is not None}
    assert len(slots) == (1 if ranks else 0)
    if not ranks:
        return
    best = max(ranks.values())
    assert ranks[slots[0].place] == best
    tied = sum(rank == best for rank in ranks.values()) > 1
    assert tied == any("with equal right" in text for text in precedence.problems([CASE.key], False))


def test_layers_and_axes_in_order() -> None:
    """Each of these beats all before it."""
    order = [
        layered((FOLDER, 1, 0), "kws", "pruned", "host", 1),
        layered((FOLDER, 2, 0), "*", "*", "*", 2),
        layered((MODULE, 0, 0), "*", "*", "*", 3),
        layered((CLASS, 3, -1), "*", "*", "*", 4),
        layered((CLASS, 3, 0), "*", "*", "*", 5),
        layered((CLASS, 4, 0), "*", "*", "*", 6),
        layered((FUNCTION, 0, 0), "*", "*", "*", 7),
        layered((FUNCTION, 0, 0), "*", "p*", "*", 8),
        layered((FUNCTION, 0, 0), "k*", "p*", "*", 9),
        layered((FUNCTION, 0, 0), "k*", "p*", "h*", 10),
        layered((FUNCTION, 0, 0), "*", "*", "host", 11),
        layered((FUNCTION, 0, 0), "k*", "*", "host", 12),
        layered((FUNCTION, 0, 0), "*", "pruned", "host", 13),
        layered((FUNCTION, 0, 0), "*", "pruned.ratio30", "host", 14),
        layered((FUNCTION, 0, 0), "kws", "pruned", "host", 15),
    ]
    for weaker, stronger in itertools.combinations(order, 2):
        assert Precedence([weaker, stronger]).slots(CASE, HOST)[0].place == stronger.budget.place
