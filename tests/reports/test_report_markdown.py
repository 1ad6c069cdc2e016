"""The pull-request comment."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

import pytest
from changed_project import changed_run
from hypothesis import given
from hypothesis import strategies as st
from report_runs import BASELINE, HOSTILE, case, over, row, run, size

from pytest_edgebench.record.run import Metric, Run, Verdict
from pytest_edgebench.reports import markdown_text
from pytest_edgebench.reports.markdown import MARKER, render
from pytest_edgebench.reports.markdown_text import code, fenced, text


def table_rows(comment: str) -> list[str]:
    return [line for line in comment.splitlines() if line.startswith("| ") and "---" not in line]


@pytest.mark.parametrize(
    "found, first",
    [
        (run(case(rows=(over(),))), "### ✕ Edge budgets: 1 of 1 case fails"),
        (
            run(case(rows=(replace(over(), verdict=Verdict.INCONCLUSIVE),))),
            "### ? Edge budgets: 1 of 1 case could not be decided (1 undecided · 1 inconclusive check)",
        ),
        (run(case()), "### ✓ Edge budgets: The case is within budget (1 passed)"),
        (run(), "### – Edge budgets: Nothing was judged: no case ran to its end"),
    ],
)
def test_first_line_says_whether_to_act(found: Run, first: str) -> None:
    lines = render(found).splitlines()
    assert lines[0] == first
    assert lines[1] == MARKER == "<!-- edgebench -->"


def test_the_changed_model() -> None:
    """Verdict, cause, table and limits; what is folded covers everything that failed."""
    comment = render(changed_run(), {"job": "https://example.org/1"})
    assert len(comment.encode()) <= 4_000
    lines = comment.splitlines()
    assert lines[0].startswith("### ✕ Edge budgets: 16 of 18 cases fail (2 unsupported · 60 warnings")
    assert lines[2].startswith("**Cause:** digits grew: parameters +19.9 to +20.0 %")
    assert lines[2].endswith("(16 cases; new in this change)")
    assert "[job](https://example.org/1)" in comment
    rows = {line.split("|")[1].strip(): line for line in table_rows(comment)}
    assert "13.2 kB **(+15.2 %)** ✕ | 96.4 % (+1.90 points) |" in rows["`int8`"]
    assert "| **79.8 %** (+1.40 points) ✕ |" in rows["`rank`"]
    assert "| unsupported |" in rows["`a16w8`"]
    assert rows["size ≤ baseline + 1 %"] == (
        "| size ≤ baseline + 1 % | 16 | `rank` on `laptop-ort`: 37.5 kB &gt; 31.7 kB | `test_digits.py:6` |"
    )
    assert "- accept as the new baseline: `pytest --edgebench-update-baseline` (16 cases)" in comment
    assert "- raise the limit at `test_digits.py:4` (4 cases)" in comment
    assert "\npytest --lf\n" in comment


def test_reproduce_and_accept() -> None:
    comment = render(run(case(rows=(over(),))))
    assert '```sh\npytest --lf\npytest "tests/test_kws.py::test_budget[kws-int8-rpi4]"\n```' in comment
    assert "- raise the limit at `tests/test_kws.py:6` (1 case)\n" in comment


def test_accepting_a_baseline_row() -> None:
    change = Metric(7.2, "%", "host", 13, 6.4, 8.1)
    slow = replace(over(), reference="baseline", limit="baseline + 5 %", change=change)
    update = "accept as the new baseline: `pytest --edgebench-update-baseline` (1 case)"
    committed = render(run(case(rows=(slow,)), baseline={**BASELINE, "kind": "committed"}))
    assert update in committed
    ref = render(run(case(rows=(slow,)), baseline=BASELINE))
    assert update not in ref
    waiver = ref.split("```toml\n")[1].split("\n```")[0]
    table = tomllib.loads(waiver)["waivers"][0]
    assert table["case"] == "kws-int8-rpi4"
    assert table["up_to"] == "baseline + 9 %"
    assert "--edgebench-baseline=main" in ref


def test_green_asks_for_nothing() -> None:
    same = Metric(0.0, "%", "static", 1)
    kept = row(
        "size", "", "not larger than the baseline", 64_000.0, size(64_000), reference="baseline",
        reference_value=64_000.0, change=same, place="",
    )  # fmt: skip
    comment = render(run(case(rows=(kept,)), baseline=BASELINE))
    assert "accept" not in comment
    assert "Reproduce" not in comment
    assert not table_rows(comment)


def test_many_recipes_and_limits_are_counted() -> None:
    cases = [case(recipe=f"r{i}", rows=(over(0.0286 + i / 1e3, place=f"t.py:{i}"),)) for i in range(25)]
    comment = render(run(*cases))
    assert "and 13 more recipes, none of them more urgent" in comment
    assert "and 17 more limits" in comment
    assert "`r24` on `rpi4`: 52.6 ms &gt; 22.6 ms" in comment  # largest excess first


def test_what_was_not_run() -> None:
    comment = render(
        run(case(), case(profile="m7", verdict=Verdict.UNSUPPORTED, reason="c.py:9: no int4 kernel"))
    )
    assert "- unsupported: kws int8 on m7: c.py:9: no int4 kernel" in comment


def test_always_below_the_limit_of_a_comment() -> None:
    many = [
        case(recipe=f"{i}" + "r" * 200, profile=f"p{i}" + "x" * 200, rows=(over(0.0286 + i / 1e5),))
        for i in range(400)
    ]
    assert len(render(run(*many))) < 60_000


def test_even_if_only_names_are_long() -> None:
    name = "|" * 5_000
    big = row("size", "", name, 1.0, size(2), verdict=Verdict.FAIL, place=name, message=name)
    found = run(
        *(case(name, name, f"{name}{i}", rows=(replace(big, message=f"{i}"),)) for i in range(30)),
        problems=(name,) * 100,
        notes=(name,) * 100,
    )
    assert len(render(found)) < 65_536
    assert render(found).splitlines()[1] == MARKER


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_break_no_table(name: str) -> None:
    bad = replace(over(), metric=name, limit=name, place=name, reason=name, message=name)
    comment = render(run(case(name, name, name, rows=(bad,)), problems=(name,), notes=(name,), branch=name))
    heads, line, *_ = table_rows(comment)
    assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", heads))
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", comment, flags=re.DOTALL).replace(MARKER, "")
    assert "<" not in re.sub(r"</?(details|summary|sub)>", "", outside)


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_code_cannot_be_ended(name: str) -> None:
    span = code(name)
    assert "\n" not in span
    found = re.fullmatch(r"(`+)(.*?[^`]|)\1", span) or re.fullmatch(r"–", span)
    assert found
    fence = re.match("`*", span)
    assert fence
    inner = span[len(fence[0]) : len(span) - len(fence[0])]
    assert not fence[0] or fence[0] not in re.findall("`+", inner)


def test_text_is_only_text() -> None:
    assert text("a|b *c* <img> [x](y) `z`") == r"a\|b \*c\* &lt;img&gt; \[x\](y) \`z\`"
    assert text("ask @maintainer") == "ask @\u200bmaintainer"
    assert text("two\nlines") == "two lines"
    assert len(text("x" * 1000)) == markdown_text._LONGEST_CELL


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced(["echo ````"]) == ["`````sh", "echo ````", "`````"]
