"""The HTML report: what it says in words, where numbers alone were misread."""

from __future__ import annotations

from dataclasses import replace

from parsed import cells, parse
from report_runs import BASELINE, case, matrix, over, row, run

from pytest_edgebench.record.run import Metric, PairRecord, Verdict
from pytest_edgebench.reports.html import render
from pytest_edgebench.reports.view_devices import MODES


def test_ways_to_look_at_devices() -> None:
    """What each cell shows is chosen without a script; a large page has one way."""
    change = Metric(15.2, "%", "host", 13, 13.2, 17.2)
    slow = replace(over(), reference="baseline", limit="baseline + 5 %", change=change)
    found = run(case(rows=(slow,)), case(profile="m7", latency=None), baseline=BASELINE)
    section = parse(render(found)).by_id("devices")
    assert [choice.text for choice in section.find("label")] == list(MODES)
    assert [choice.attrs["id"] for choice in section.find("input") if "checked" in choice.attrs] == ["mode-1"]
    time = section.find("tbody")[0].find("tr")[0].find("td")[2]
    assert [shown.text for shown in time.find("i")] == ["23.0", "+15.2 %", "≈ -22.7 %", "127 %"]
    short = parse(render(matrix(240), "r.json")).by_id("devices")
    assert not short.find("input")
    assert not short.find("i")


def test_a_limit_without_a_number_is_named() -> None:
    """Where there is no number there is a dash with the reason, and never a mark."""
    why = "nothing predicts it"
    unknown = row("flash", "", "64 kB", 64000, None, verdict=Verdict.INCONCLUSIVE, reason=why)
    kept = row("size", "", "64 kB", 64000, Metric(23000.0, "B", "host", 1))
    page = parse(render(run(case(rows=(kept, unknown)))))
    assert "int8 rpi4: flash not available: nothing predicts it" in page.by_id("undecided").text
    assert why in page.by_id("case=kws-int8-rpi4").text


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
    assert cells(line)[3:5] == ["88.0 %", "89.4 %"]
    said = page.by_id("case=kws-int8-rpi4").find("p", "said")[0].text
    assert said == "accuracy 88.0 % < 89.4 % (model - 2 points), 1.40 pp below limit"
    high = replace(low, verdict=Verdict.PASS, measured=Metric(90.2, "%", "host", 1000))
    green = parse(render(run(case(rows=(high,))))).by_id("failures").text
    assert "Nearest to one: kws-int8-rpi4, accuracy, 0.80 pp above limit (model - 2 points)." in green


def test_a_profile_that_is_only_described_ran_nothing() -> None:
    profiles = {
        "rpi4": {"cpu": "Cortex-A72", "target": "host"},
        "m7": {"cpu": "Cortex-M7", "runtime": "litert"},
    }
    found = run(case(), case(profile="m7", latency=None), profiles=profiles)
    page = parse(render(found))
    heads = [head.text for head in page.by_id("devices").find("thead")[0].find("tr")[0].find("th")]
    assert heads == [
        "rpi4 Cortex-A72 · onnxruntime 1.32.0 · this machine · evidence: host",
        "m7 Cortex-M7 · onnxruntime 1.32.0 · not connected · evidence: host",
    ]
    runtimes = next(group for group in page.by_id("run").find("div") if group.text.startswith("Runtimes"))
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
    absent = page.by_id("not-measured").find("ul")[-1]
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
    section = parse(render(found)).by_id("run")
    assert "cpu AMD EPYC 7B13 (was Intel N100)" in section.text
    assert "was cpu" not in section.text


def test_the_noise_of_the_machine_is_told() -> None:
    quiet, loud = (
        PairRecord(1.03, 0.005, 0.05, 1, 12, 3, 1, True, (0.01,), noise=noise)
        for noise in ((0.001, -0.004, 0.006), (0.002, -0.02, 0.03))
    )
    found = run(replace(case(), pairs={"model": quiet, "baseline": loud}))
    text = parse(render(found)).by_id("run").text
    assert "rpi4 a file against its own copy: +0.20 % [-1.98 %, +3.05 %]" in text
    assert "Noise floor" not in parse(render(run(case()))).by_id("run").text


def test_a_case_timed_beside_the_baseline_shows_both() -> None:
    took = (0.001, 0.0011, 0.00105)
    pair = PairRecord(1.03, 0.005, 0.05, 1, 12, 3, 1, True, (0.1, 0.1, 0.12), reference_s=took)
    page = parse(render(run(replace(case(rows=(over(),)), pairs={"baseline": pair}))))
    card = page.by_id("case=kws-int8-rpi4")
    assert "fastest call took no longer; both files were loaded in turn" in card.text
    figure = next(one for one in card.find("figure") if "loaded in turn" in one.text)
    assert "baseline" in figure.text
    assert {path.attrs["class"] for path in figure.find("path")} >= {"candidate", "reference"}
    assert "loaded in turn" not in parse(render(run(case()))).by_id("case=kws-int8-rpi4").text


def test_scores_of_different_names_share_a_column() -> None:
    other = case(profile="m7")
    assert other.observation is not None
    metrics = dict(other.observation.metrics)
    metrics["auc"] = replace(metrics.pop("accuracy"), n=12, unit="")
    differs = replace(other, observation=replace(other.observation, metrics=metrics))
    section = parse(render(run(case(), differs))).by_id("all")
    heads = [head.text for head in section.find("p", "heads")[0].find("span")]
    assert heads[4:7] == ["size, kB", "score", "latency p50, ms"]
    assert [cells(line)[5] for line in section.find("summary")[:2]] == ["90.2 %", "90.2"]


def test_words_that_misled_are_gone() -> None:
    """ "Headroom" showed what is used; a tile said "0 regressed" over 36 regressed rows."""
    text = parse(render(matrix())).find("body")[0].text
    assert "headroom" not in text.lower()
    assert "0 regressed" not in text
    assert "uncompressed" not in text
