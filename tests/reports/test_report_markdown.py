"""The pull-request comment."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import BASELINE, HOSTILE, case, matrix, over, row, run, size

from pytest_edgebench.record.run import Metric, Run, Verdict
from pytest_edgebench.reports import markdown
from pytest_edgebench.reports.markdown import MARKER, code, fenced, render, text


def table_rows(comment: str) -> list[str]:
    return [line for line in comment.splitlines() if line.startswith("| ") and not line.startswith("| |")]


@pytest.mark.parametrize(
    "found, first",
    [
        (run(case(rows=(over(),))), "### ✕ edgebench: 1 budget broken in 1 case, please read"),
        (
            run(case(rows=(replace(over(), verdict=Verdict.INCONCLUSIVE),))),
            "### ? edgebench: 1 case undecided, please read",
        ),
        (run(case()), "### ✓ edgebench: no action needed, all budgets met in 1 case"),
        (run(), "### – edgebench: nothing was judged: no case ran to its end, please read"),
    ],
)
def test_first_line_says_whether_to_act(found: Run, first: str) -> None:
    lines = render(found).splitlines()
    assert lines[0] == first
    assert lines[1] == MARKER == "<!-- edgebench -->"


def test_a_row_says_all() -> None:
    (line,) = table_rows(render(run(case(rows=(over(),)))))
    assert line == (
        r"| ✕ | `kws-int8-rpi4` | latency p50 | **28.6 ms** \[28.0, 29.2\] "
        r"| 22.6 ms<br>`tests/test_kws.py:6` | 127 % |  "
        "| host, n=12 |"
    )


def test_reproduce_and_accept() -> None:
    comment = render(run(case(rows=(over(),))))
    assert (
        '```sh\npytest "tests/test_kws.py::test_budget[kws-int8-rpi4]"\npytest --lf --edgebench-show=all\n```'
        in comment
    )
    assert comment.endswith("**To accept this**\n\n- raise the budget at `tests/test_kws.py:6`\n")


def test_accepting_a_baseline_row() -> None:
    change = Metric(7.2, "%", "host", 13, 6.4, 8.1)
    slow = replace(over(), reference="baseline", limit="baseline + 5 %", change=change)
    update = "commit the baseline that this writes: `pytest --edgebench-update-baseline`"
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
    comment = render(matrix(8, broken=False))
    assert "To accept" not in comment
    assert "Run again" not in comment
    assert not table_rows(comment)


def test_ten_worst_then_the_rest_folded() -> None:
    comment = render(run(*(case(profile=f"p{i}", rows=(over(0.0286 + i / 1e3),)) for i in range(25))))
    above, folded = comment.split("<details><summary>15 more rows</summary>")
    assert len(table_rows(above)) == 10
    assert "`kws-int8-p24`" in table_rows(above)[0]  # largest excess first
    assert len(table_rows(folded)) == 15
    assert "</details>" in folded


def test_what_was_not_run() -> None:
    comment = render(
        run(case(), case(profile="m7", verdict=Verdict.UNSUPPORTED, reason="c.py:9: no int4 kernel"))
    )
    assert "- 1 case unsupported on m7 (kws-int8-m7): c.py:9: no int4 kernel" in comment


def test_always_below_the_limit_of_a_comment() -> None:
    many = [
        case(recipe="r" * 200, profile=f"p{i}" + "x" * 200, rows=(over(0.0286 + i / 1e5),))
        for i in range(400)
    ]
    comment = render(run(*many))
    assert 40_000 < len(comment) < 65_536
    left_out = re.search(r"(\d+) rows left out: this comment is full. See the HTML report.", comment)
    assert left_out
    assert len(table_rows(comment)) + int(left_out[1]) == 400
    assert comment.endswith("`\n")


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
    (line,) = table_rows(comment)
    assert len(re.findall(r"(?<!\\)\|", line)) == 9
    outside = (
        re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", comment, flags=re.DOTALL)
        .replace("<br>", "")
        .replace(MARKER, "")
    )
    assert "<" not in re.sub(r"</?(details|summary)>", "", outside)


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
    assert len(text("x" * 1000)) == markdown._LONGEST_CELL


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced(["echo ````"]) == ["`````sh", "echo ````", "`````"]
