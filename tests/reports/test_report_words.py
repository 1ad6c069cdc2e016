"""The HTML report: what it says in words, where numbers alone were misread."""

from __future__ import annotations

from dataclasses import replace

from parsed import Node, cells, parse
from report_runs import BASELINE, case, over, row, run

from pytest_edgebench.record.run import Metric, PairRecord, Verdict
from pytest_edgebench.reports.html import render


def test_views_of_the_matrix() -> None:
    """What each cell shows is chosen without a script; a large page has one view."""
    change = Metric(15.2, "%", "host", 13, 13.2, 17.2)
    slow = replace(over(), reference="baseline", limit="baseline + 5 %", change=change)
    found = run(case(rows=(slow,)), case(profile="m7", latency=None), baseline=BASELINE)
    section = parse(render(found)).by_id("matrix")
    assert [choice.text for choice in section.find("label")] == ["headroom", "latency", "size", "score"]
    assert [choice.attrs["id"] for choice in section.find("input") if "checked" in choice.attrs] == [
        "view-headroom"
    ]
    (first, second) = section.find("tbody")[0].find("tr")[1].find("td")
    assert [shown.text for shown in first.find("i")] == [
        "127 % latency p50",
        "+15.2 %",
        "-72.2 %",
        "-1.20",
    ]
    assert [shown.text for shown in second.find("i")] == ["-72.2 % size", "–", "-72.2 %", "-1.20"]
    short = parse(render(found, "r.json")).by_id("matrix")
    assert not short.find("input")
    assert cells(short.find("tbody")[0].find("tr")[1]) == ["int8", "✕ 127 % latency p50", "✓ -72.2 % size"]


def test_a_broken_limit_without_a_number_is_named() -> None:
    """A cell marked broken does not show what is left of a budget that is kept."""
    why = "nothing predicts it"
    unknown = row("flash", "", "64 kB", 64000, None, verdict=Verdict.INCONCLUSIVE, reason=why)
    kept = row("size", "", "64 kB", 64000, Metric(23000.0, "B", "host", 1))
    matrix = parse(render(run(case(rows=(kept, unknown))))).by_id("matrix")
    (shown,) = matrix.find("tbody")[0].find("tr")[1].find("td")
    assert shown.find("i")[0].text == "no figure flash"
    assert why in shown.find("small")[0].attrs["title"]


def bars(node: Node) -> list[Node]:
    return node.find("i", "bar")


def test_a_score_is_told_by_what_is_to_spare() -> None:
    """60 % of a lower bound would be read as a failure, or as 60 % accuracy."""
    low = row(
        "accuracy",
        "",
        "model - 2 points",
        89.4,
        Metric(88.0, "%", "host", 1000),
        verdict=Verdict.FAIL,
        reference="model",
        reference_value=91.4,
        higher_is_better=True,
    )
    page = parse(render(run(case(rows=(low,)))))
    line = page.by_id("failures").find("tbody")[0].find("tr")[0]
    assert cells(line)[2:5] == [
        "88.0 % host, n=1,000",
        "89.4 % model - 2 points tests/test_kws.py:6",
        "1.40 points short",
    ]
    assert not bars(line)
    assert "accuracy 88.0 % < 89.4 % (model - 2 points), 1.40 points short" in page.find("summary")[0].text
    high = replace(low, verdict=Verdict.PASS, measured=Metric(90.2, "%", "host", 1000))
    green = parse(render(run(case(rows=(high,))))).by_id("failures").text
    assert "Tightest: kws-int8-rpi4, accuracy, 0.80 points to spare (model - 2 points)." in green


def test_a_profile_that_is_only_described_ran_nothing() -> None:
    profiles = {
        "rpi4": {"cpu": "Cortex-A72", "target": "host"},
        "m7": {"cpu": "Cortex-M7", "runtime": "litert"},
    }
    found = run(case(), case(profile="m7", latency=None), profiles=profiles)
    page = parse(render(found))
    heads = [head.text for head in page.by_id("matrix").find("thead")[0].find("th")]
    assert heads == ["recipe", "rpi4 Cortex-A72 · host", "m7 Cortex-M7 · only described"]
    runtimes = next(group for group in page.by_id("env").find("div") if group.text.startswith("Runtimes"))
    assert [value.text for value in runtimes.find("dd")] == [
        "onnxruntime 1.32.0, threads 1",
        "nothing ran there; the score is from onnxruntime 1.32.0, threads 1, on the machine of this run",
    ]
    facts = {name: page.by_id(f"case=kws-int8-{name}").text for name in profiles}
    assert "ran on onnxruntime" in facts["rpi4"]
    assert "ran on" not in facts["m7"]
    assert "score from onnxruntime 1.32.0, threads 1, on the machine of this run" in facts["m7"]


def test_each_reason_for_missing_numbers_is_told_once() -> None:
    described = 'is only described, not reached from here: {} needs a profile with target = "host"'
    missing = {name: described.format(name) for name in ("latency", "load", "first_inference")}
    missing["ram"] = "ram is a figure of the device"
    cases = []
    for profile in ("m4", "m7"):
        found = case(profile=profile, latency=None)
        assert found.observation is not None
        told = {name: f"{profile} {text}" if name != "ram" else text for name, text in missing.items()}
        cases.append(replace(found, observation=replace(found.observation, missing=told)))
    page = parse(render(run(*cases)))
    absent = page.by_id("not-run").find("ul")[-1]
    assert [line.text for line in absent.find("li")] == [
        "latency, load, first inference on m4, m7: the profile is only described, not reached from here: "
        'this needs a profile with target = "host"',
        "ram on m4, m7: this is a figure of the device",
    ]
    card = page.by_id("case=kws-int8-m4")
    assert "ram: ram is a figure of the device" in card.text
    assert card.text.count("only described") == 1


def test_the_machine_of_the_baseline_is_marked() -> None:
    found = run(case(), baseline={**BASELINE, "was cpu": "Intel N100"})
    section = parse(render(found)).by_id("env")
    assert "cpu AMD EPYC 7B13 (was Intel N100)" in section.text
    assert "was cpu" not in section.text


def test_the_noise_of_the_machine_is_told() -> None:
    quiet, loud = (
        PairRecord(1.03, 0.005, 0.05, 1, 12, 3, 1, True, (0.01,), noise=noise)
        for noise in ((0.001, -0.004, 0.006), (0.002, -0.02, 0.03))
    )
    found = run(replace(case(), pairs={"model": quiet, "baseline": loud}))
    text = parse(render(found)).by_id("env").text
    assert "rpi4 a file against its own copy: +0.20 % [-1.98 %, +3.05 %]" in text
    assert "Noise floor" not in parse(render(run(case()))).by_id("env").text


def test_a_case_timed_beside_the_baseline_shows_both() -> None:
    took = (0.001, 0.0011, 0.00105)
    pair = PairRecord(1.03, 0.005, 0.05, 1, 12, 3, 1, True, (0.1, 0.1, 0.12), reference_s=took)
    page = parse(render(run(replace(case(), pairs={"baseline": pair}))))
    card = page.by_id("case=kws-int8-rpi4")
    assert "fastest call took no longer; both files were loaded in turn" in card.text
    figure = next(one for one in card.find("figure") if "loaded in turn" in one.text)
    assert "baseline" in figure.text
    assert {path.attrs["class"] for path in figure.find("path")} >= {"candidate", "reference"}
    assert "loaded in turn" not in parse(render(run(case()))).by_id("case=kws-int8-rpi4").text


def test_what_a_column_has_in_common_stands_in_its_head() -> None:
    other = case(profile="m7")
    assert other.observation is not None
    metrics = dict(other.observation.metrics)
    metrics["auc"] = replace(metrics.pop("accuracy"), n=12)
    differs = replace(other, observation=replace(other.observation, metrics=metrics))
    table = parse(render(run(case(), differs))).by_id("all")
    heads = [head.text for head in table.find("thead")[0].find("th")]
    assert heads[2:5] == ["size, kB (static)", "score", "latency p50, ms (host, n=12)"]
    lines = [cells(line) for line in table.find("tbody")[0].find("tr")]
    assert [line[3] for line in lines] == ["", ""]
    assert [line[5] for line in lines] == ["accuracy host, n=1,000", "auc host, n=12"]
    assert all(line[7].startswith("[") and line[7].endswith("]") for line in lines)
