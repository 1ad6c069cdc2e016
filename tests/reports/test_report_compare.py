"""Profiles side by side: who wins where, and what nobody needs."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from parsed import parse
from report_runs import HOSTILE, case, metric, run

from pytest_edgebench.__main__ import main
from pytest_edgebench.record import store
from pytest_edgebench.record.run import CaseResult, Metric, Row, Verdict
from pytest_edgebench.reports.compare import Axis, better, comparisons
from pytest_edgebench.reports.html import render
from pytest_edgebench.reports.numbers import Unit
from pytest_edgebench.reports.tradeoff import poster, tradeoff
from pytest_edgebench.reports.view_tradeoff import trade_views

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

Captured = pytest.CaptureFixture[str]
TIME = Axis("latency.p50", "latency p50", False, Unit(1e-3, "ms"))
SVG = "{http://www.w3.org/2000/svg}"
SCORE = Axis("accuracy", "accuracy", True, Unit(1.0, "%"))


def three() -> Run:
    """int8 small, fp16 accurate, bad worse than int8 in both; m7 is not timed."""
    recipes = (
        ("int8", 0.020, 50_000, 90.0),
        ("fp16", 0.030, 90_000, 91.0),
        ("bad", 0.030, 60_000, 89.0),
    )
    return run(
        *(
            case(
                recipe=recipe,
                profile=profile,
                latency=time if profile == "rpi4" else None,
                bytes_=size,
                accuracy=score,
            )
            for profile in ("rpi4", "m7")
            for recipe, time, size, score in recipes
        )
    )


def test_at_least_so_much_is_never_better() -> None:
    least, known = (Metric(value, "", "static", 1, floor=floor) for value, floor in ((10, True), (20, False)))
    macs = replace(TIME, metric="macs")
    assert not better(least, known, macs)
    assert better(replace(known, value=5), least, macs)


def test_better() -> None:
    assert better(metric(0.02), metric(0.03), TIME)
    assert not better(metric(0.03), metric(0.02), TIME)
    assert not better(metric(0.02), metric(0.0205), TIME)  # 2 % either side: the intervals touch
    exact = [Metric(value, "B", "static", 1) for value in (1, 2)]
    assert better(exact[0], exact[1], replace(TIME, metric="size"))
    # Scores are of the same samples: their intervals are about the world the samples are from.
    assert better(metric(91.0, "%"), metric(90.9, "%"), SCORE)
    assert not better(metric(90.0, "%"), metric(90.0, "%"), SCORE)


def test_who_is_best_and_who_is_needed() -> None:
    (found,) = comparisons([("", three())])
    assert [axis.metric for axis in found.axes] == ["size", "accuracy", "latency.p50", "memory"]
    assert found.profiles == ("rpi4", "m7")
    rpi4 = {recipe: row["rpi4"] for recipe, row in found.entries.items()}
    assert {recipe: entry.pareto for recipe, entry in rpi4.items()} == {
        "int8": True,
        "fp16": True,
        "bad": False,
        "original": True,
    }
    assert dict(found.wins)["rpi4"] == (("size", "int8"), ("accuracy", "original"), ("latency p50", "int8"))
    assert dict(found.wins)["m7"] == (("size", "int8"), ("accuracy", "original"))
    assert found.evidence["rpi4", "latency.p50"] == "host"
    assert ("m7", "latency.p50") not in found.evidence


def test_the_original_is_a_case_only_once() -> None:
    found = run(*three().cases, case(recipe="original", bytes_=180_000))
    (one,) = comparisons([("", found)])
    assert one.entries["original"]["rpi4"].key == "kws-original-rpi4"
    assert one.entries["original"]["rpi4"].metrics["size"].value == 180_000


def test_alone_nobody_wins() -> None:
    alone = replace(case(), parent=None)
    (found,) = comparisons([("", run(alone))])
    entry = found.entries["int8"]["rpi4"]
    assert (entry.best, entry.pareto, found.wins) == (frozenset(), False, ())


def renamed(found: CaseResult, name: str, *, higher: bool | None) -> CaseResult:
    assert found.observation is not None
    metrics = dict(found.observation.metrics)
    metrics[name] = metrics.pop("accuracy")
    rows = () if higher is None else (
        Row(name, "", "", "3", 3.0, metrics[name], Verdict.PASS, "error", "t.py:1", higher),
    )  # fmt: skip
    check = replace(found.checks[0], rows=rows)
    return replace(
        found, observation=replace(found.observation, metrics=metrics), parent=None, checks=(check,)
    )


@pytest.mark.parametrize(
    "name, higher, best",
    [("mae", None, "low"), ("auc", None, "high"), ("loud", False, "low"), ("loud", True, "high")],
)
def test_direction_of_a_score(name: str, higher: bool | None, best: str) -> None:
    both = [
        renamed(case(recipe=r, accuracy=v), name, higher=higher) for r, v in (("low", 1.0), ("high", 2.0))
    ]
    (found,) = comparisons([("", run(*both))])
    assert dict(dict(found.wins)["rpi4"])[name] == best


def test_the_same_profile_in_two_records_has_two_columns() -> None:
    (found,) = comparisons([("a.json", run(case(), case(profile="x86"))), ("b.json", run(case()))])
    assert found.profiles == ("rpi4 (a.json)", "x86", "rpi4 (b.json)")


def test_what_has_no_numbers_says_why() -> None:
    silent = case(recipe="int4", verdict=Verdict.UNSUPPORTED, reason="no kernel")
    (found,) = comparisons([("", run(case(), silent))])
    assert found.entries["int4"]["rpi4"].why == "unsupported: no kernel"


# The page


def test_nothing_to_compare() -> None:
    text = "No device has two recipes with a size and a score."
    assert text in parse(render(run())).by_id("tradeoff").text
    assert text in parse(render(run(case(verdict=Verdict.ERROR, reason="it died")))).by_id("tradeoff").text


def test_figure() -> None:
    (found,) = comparisons([("", three())])
    root = ElementTree.fromstring(tradeoff(found, "rpi4"))
    assert root.findtext("title") == "Size against accuracy of kws on rpi4"
    assert root.findtext("desc", "").startswith("int8 50.0 kB, 90.0 %; fp16 ")
    assert [node.get("class") for node in root.iter("circle")] == ["q0", "q4", "q4", "q3"]
    untimed = ElementTree.fromstring(tradeoff(found, "m7"))
    assert {node.get("class") for node in untimed.iter("circle")} == {"qn"}
    labels = ["".join(node.itertext()) for node in root.iter("text")]
    assert {"accuracy, %", "size, kB"} <= set(labels)
    assert [label.split()[0] for label in labels if label.endswith(" ms")] == [
        "original",
        "fp16",
        "int8",
        "bad",
    ]
    assert (root.get("viewBox") or "").split()[2:] == ["760", "400"]


def test_words_beside_the_figure() -> None:
    first = trade_views(three())[0]
    words = dict(first.words)
    assert words["Dominated"].startswith("bad (int8 is better in size, ")
    assert first.colour is not None
    assert "left is better" in words["Read it"]


def test_an_axis_is_never_narrower_than_the_interval() -> None:
    """Two scores that differ by one sample do not span the figure."""
    cases = []
    for recipe, score in (("a", 90.0), ("b", 90.1)):
        found = case(recipe=recipe)
        assert found.observation is not None
        metrics = {
            **found.observation.metrics,
            "accuracy": Metric(score, "%", "host", 1000, score - 2, score + 2),
        }
        cases.append(replace(found, parent=None, observation=replace(found.observation, metrics=metrics)))
    (view,) = trade_views(run(*cases))
    root = ElementTree.fromstring(view.figure)
    tops = sorted(float(node.get("cy") or 0) for node in root.iter("circle"))
    assert tops[-1] - tops[0] < 0.1 * 400
    assert dict(view.words)["Not distinguishable in accuracy"] == "a, b (intervals overlap)"
    assert sum(node.get("class") == "whisker" for node in root.iter("path")) == 2


def test_no_figure_of_one_recipe() -> None:
    (found,) = comparisons([("", run(replace(case(), parent=None)))])
    assert tradeoff(found, "rpi4") == ""
    assert poster([found]) == ""


def test_hostile_names() -> None:
    found = run(*(case(name, recipe, name) for name in HOSTILE for recipe in (name, "b")))
    page = parse(render(found))
    shown = page.by_id("tradeoff").text
    assert '<script>alert("x")</script>' in shown
    assert not [node for node in page.by_id("tradeoff").nodes() if node.tag == "script"]
    root = ElementTree.fromstring(poster(comparisons([("", found)])))
    heads = [node.text for node in root.iter(f"{SVG}text") if node.get("class") == "head"]
    assert heads[0] == '<script>alert("x")</script> on <script>alert("x")</script>'
    assert len(heads) == len(HOSTILE)


# The command


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    store.write(tmp_path / "run.json", store.dump(three()))
    return tmp_path


def test_command(record: Path, capsys: Captured) -> None:
    assert main(["compare", "run.json", "--csv=t.csv", "--parquet=t.parquet", "--svg=t.svg"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "kws: size, kB · accuracy, % · latency p50, ms · memory, MB"
    assert lines[1].split() == ["rpi4", "m7"]
    assert re.match(r"int8      ★ 50\.0\* · 90\.0 · 20\.\d\* · 31\.4  ★ 50\.0\* · 90\.0 · – · –$", lines[3])
    assert "best on rpi4: size: int8; accuracy: original; latency p50: int8" in lines
    import pandas

    table = pandas.read_csv("t.csv")
    other = pandas.read_parquet("t.parquet")
    assert list(other.columns) == list(table.columns)
    numbers = ["size", "accuracy", "latency.p50", "latency.p50_low", "memory_high"]
    pandas.testing.assert_frame_equal(table[numbers], other[numbers], check_dtype=False)
    rpi4 = table[table.profile == "rpi4"].set_index("recipe")
    assert dict(rpi4["size"]) == {"int8": 50_000, "fp16": 90_000, "bad": 60_000, "original": 193_876}
    assert dict(rpi4.pareto) == {"int8": True, "fp16": True, "bad": False, "original": True}
    assert set(rpi4["latency.p50_evidence"]) == {"host"}
    assert ElementTree.parse("t.svg").getroot().tag.endswith("svg")


def test_patterns(record: Path, capsys: Captured) -> None:
    assert main(["compare", "run.json", "--recipes=int*", "--profiles=m7"]) == 0
    shown = capsys.readouterr().out
    assert "int8" in shown
    assert "fp16" not in shown
    assert "rpi4" not in shown
    assert main(["compare", "run.json", "--recipes=int9"]) == 2
    assert capsys.readouterr().err == (
        "there is nothing to compare: no measured case of recipe 'int9' on '*'\n"
        "  fix: give records with cases that were measured, or other patterns\n"
    )


def test_bad_input(record: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["compare", "none.json"]) == 2
    assert capsys.readouterr().err.startswith("none.json: run record not found")
    assert main(["compare", "run.json", "run.json"]) == 2
    assert capsys.readouterr().err.startswith("run.json: this record is given twice")
    store.write(record / "one.json", store.dump(run(replace(case(), parent=None))))
    assert main(["compare", "one.json", "--svg=t.svg"]) == 2
    assert capsys.readouterr().err.startswith("there is nothing to draw")
    assert main(["compare", "run.json", "--parquet=run.json/t.parquet"]) == 2
    assert "run.json/t.parquet: the file cannot be written: Not a directory" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["compare", "run.json", "--parquet=t.parquet"]) == 2
    assert capsys.readouterr().err.startswith("--parquet: Parquet files need pyarrow, which is not installed")
    assert not Path("t.parquet").exists()
