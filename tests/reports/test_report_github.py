"""Annotations and the step summary on GitHub Actions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from changed_project import changed_run
from report_runs import HOSTILE, case, matrix, over, run

from pytest_edgebench.record.run import Verdict
from pytest_edgebench.reports import github, markdown
from pytest_edgebench.reports.github import commands, links, summarise

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

pytest_plugins = ["pytester"]
COMMAND = re.compile(r"::(error|warning|notice) ((?:file=[^,:]+,line=\d+,)?title=[^:]*)::(.+)")


def test_on_the_budgets_own_line() -> None:
    (line,) = commands(run(case(rows=(over(),))))
    assert line == (
        "::error file=tests/test_kws.py,line=6,title=latency p50 ≤ 22.6 ms%3A over it in 1 case"
        "::kws-int8-rpi4 28.6 ms > 22.6 ms; because kws int8 on rpi4: latency p50 28.6 ms, limit 22.6 ms"
    )


def test_a_limit_that_many_cases_break_is_one_annotation() -> None:
    lines = commands(changed_run())
    assert len(lines) == 4
    assert lines[0].startswith(
        "::error file=test_digits.py,line=6,title=size ≤ baseline + 1 %25%3A over it in 16 cases::worst: "
        "digits-rank-laptop-ort 37.5 kB > 31.7 kB; because digits grew: "
    )
    assert lines[3].startswith("::notice file=conftest.py,line=")


def test_the_job_is_linked() -> None:
    told = {
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7", "CI": "1"
    }  # fmt: skip
    assert list(links(told).values()) == ["https://github.com/o/r/actions/runs/7"]
    assert links({**told, "GITHUB_RUN_ID": "7) [x](y"}) == {}
    assert links({}) == {}


def test_what_only_warns_or_is_open() -> None:
    warned = replace(over(), level="warn")
    (line,) = commands(run(case(rows=(warned,))))
    assert line.startswith("::warning ")
    (line,) = commands(run(case(rows=(replace(over(), verdict=Verdict.INCONCLUSIVE),))))
    assert line.startswith("::notice ")
    assert commands(matrix(8, broken=False)) == []


def test_nine_and_a_line_for_the_rest() -> None:
    cases = [case(rows=tuple(over(place=f"t.py:{line}") for line in range(1, 26)))]
    lines = commands(replace(run(*cases), problems=("a case is gone",)))
    assert len(lines) == 10
    assert lines[0] == "::error title=edgebench::a case is gone"
    assert lines[-1].endswith("; 17 more annotations: see the step summary")


def test_no_name_ends_a_command() -> None:
    cases = [case(name, name, name, rows=(over(place=name),), reason=name) for name in HOSTILE]
    found = commands(run(*cases, problems=HOSTILE))
    assert len(found) == 10
    for line in found:
        assert COMMAND.fullmatch(line), line


def test_summaries_add_up_to_a_mebibyte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, found = tmp_path / "summary.md", run(case(rows=(over(),)))
    path.write_text("before\n", encoding="utf-8")
    summarise(found, path)
    summarise(found, path)
    assert path.read_text(encoding="utf-8") == "before\n" + 2 * markdown.render(found)
    monkeypatch.setattr(github, "MOST_BYTES", path.stat().st_size + 10)
    summarise(found, path)
    assert path.read_text(encoding="utf-8") == "before\n" + 2 * markdown.render(found)
