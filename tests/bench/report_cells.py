"""Run records like those of a real project, of any size: most cases pass, some of each kind do not.

Of each 100 cells 2 are over a budget, 2 are slower than the baseline, 1 is faster, 1 is undecided, 1 ends in
an error and 1 is not supported. Timed cells have the quantiles of their calls, intervals, the float model
beside them, the comparison with a baseline and the earlier numbers of what a report draws; a third of the
profiles are only described.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgebench.record.past import Past
from pytest_edgebench.record.run import (
    ArtifactRecord,
    CaseResult,
    Check,
    Counts,
    Metric,
    Observation,
    PairRecord,
    Row,
    Run,
    StepRecord,
    Verdict,
)
from pytest_edgebench.reports import trend, view_cases
from pytest_edgebench.reports.summary import brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.reports.summary import Brief

RECIPES = (
    "int8",
    "fp16",
    "pruned_int8.ratio30",
    "pruned_int8.ratio50",
    "int4",
    "distilled",
    "dynamic",
    "cp_int8",
)
TIMED, DESCRIBED = ("rpi4", "rpi5", "x86-avx2", "host"), ("cortex-m4", "cortex-m7")
PROFILES = TIMED + DESCRIBED
COMMITS = tuple(hashlib.sha256(bytes([i])).hexdigest()[:9] for i in range(18))
KINDS = {3: "over", 53: "over", 12: "regressed", 62: "regressed"}
KINDS |= {25: "improved", 38: "inconclusive", 71: "error", 84: "unsupported"}


def record(cells: int) -> Run:
    """A run of so many cells: models of 8 recipes on 6 profiles each."""
    run = _run(cells)
    drawn = {found.case.key: found for found in view_cases.drawn([brief(case) for case in run.cases])}
    return replace(run, cases=tuple(_remembered(case, drawn.get(case.key)) for case in run.cases))


def _remembered(case: CaseResult, drawn: Brief | None) -> CaseResult:
    """The case with its past, where a report draws it."""
    if drawn is None:
        return case
    chance = random.Random(f"{case.key} before")
    return replace(case, past={trend.name(row): _past(row, chance) for row in trend.slots(drawn)})


def _run(cells: int) -> Run:
    return Run(
        started="2026-03-02T10:00:00Z",
        duration_s=1800.0,
        command=("-n", "2", "--edgebench-report=report.html", "--edgebench-baseline=main"),
        commit="9c41e07aa1b2c3d4e5f60718293a4b5c6d7e8f90",
        branch="faster-head",
        dirty=False,
        environment={"cpu": "AMD EPYC 7B13", "cpus": "4", "cpu_features": "avx2 fma", "python": "3.11.9"},
        versions={"onnxruntime": "1.32.0", "numpy": "2.4.6", "pytest": "9.2.0", "torch": "2.13.0"},
        profiles={name: {"cpu": "Cortex-A72", "target": "host"} for name in TIMED}
        | {name: {"cpu": name, "runtime": "onnxruntime"} for name in DESCRIBED},
        cases=tuple(cases(cells)),
        notes=("timings were taken on a machine that is not dedicated",),
        baseline={
            "kind": "ref", "name": "main", "commit": "3b2f1aa0", "made": "2026-02-28T09:00:00Z",
            "host": "this machine",
        },
    )  # fmt: skip


def cases(cells: int) -> Iterator[CaseResult]:
    """The cells one by one, without their past."""
    artifacts: dict[tuple[str, str], ArtifactRecord] = {}
    parents: dict[tuple[str, str], Observation] = {}
    for i in range(cells):
        profile = PROFILES[i % len(PROFILES)]
        recipe = RECIPES[i // len(PROFILES) % len(RECIPES)]
        model = f"net{i // (len(PROFILES) * len(RECIPES))}"
        chance = random.Random(f"{model} {recipe}")
        file = artifacts.setdefault((model, recipe), _artifact(model, recipe, chance))
        if (model, profile) not in parents:
            parents[model, profile] = _observation(model, profile, 193_876, 91.4, 0.0262, None)
        yield _case(i, model, recipe, profile, file, parents[model, profile])


def _case(
    i: int, model: str, recipe: str, profile: str, file: ArtifactRecord, parent: Observation
) -> CaseResult:
    name, _, variant = recipe.partition(".")
    key, place = f"{model}-{recipe}-{profile}", f"tests/{model}/conftest.py:{9 + len(recipe)}"
    nodeid = f"tests/{model}/test_budgets.py::test_budget[{key}]"
    kind = KINDS.get(i % 100, "")
    if kind in ("error", "unsupported"):
        words = {
            "error": "the worker died of signal 11 (segmentation fault) while loading the model\n"
            "  runtime: onnxruntime 1.32.0\n  last words: mlas: illegal instruction",
            "unsupported": f"{place}: {recipe} has no kernel in this runtime; use int8",
        }[kind]
        verdict = Verdict.ERROR if kind == "error" else Verdict.UNSUPPORTED
        check = Check(nodeid, verdict, (), words, 0.2, failed=kind == "error")
        return CaseResult(key, model, name, variant, profile, place, (check,))
    chance = random.Random(key)
    timed = 0.0201 * chance.uniform(0.8, 1.2)
    (size,) = file.files.values()
    seen = _observation(model, profile, size, 90.2 + chance.uniform(-0.5, 0.5), timed, chance)
    rows = tuple(_rows(model, seen, parent, kind, chance))
    verdict = max((row.verdict for row in rows if row.level == "error"), key=list(Verdict).index)
    check = Check(nodeid, verdict, rows, "", 1.25, failed=verdict is Verdict.FAIL)
    pairs = {"baseline": _pair(chance)} if "latency.p50" in seen.metrics else {}
    return CaseResult(key, model, name, variant, profile, place, (check,), file, seen, parent, pairs)


def _observation(
    model: str, profile: str, size: int, score: float, middle: float, chance: random.Random | None
) -> Observation:
    chance = chance or random.Random(f"{model} {profile}")
    metrics = {
        "size": Metric(size, "B", "static", 1),
        "gzip": Metric(size // 2 + 13, "B", "static", 1),
        "parameters": Metric(23_312, "", "static", 1),
        "macs": Metric(2_656_768, "", "static", 1),
        "ops": Metric(17, "", "static", 1),
        "float_ops": Metric(0, "", "static", 1),
        "accuracy": Metric(score, "%", "host", 1000, score - 1.9, score + 1.7),
    }
    series: dict[str, tuple[float, ...]] = {}
    missing = {name: f"{name} is only measurable on the device" for name in ("ram", "flash")}
    if profile in TIMED:
        calls = tuple(sorted(middle * (1 + abs(chance.gauss(0, 0.03))) for _ in range(90)))
        for name, at in (("min", 0), ("p50", 45), ("mean", 48), ("p95", 85), ("p99", 89), ("max", 89)):
            metrics[f"latency.{name}"] = _noisy(calls[at], chance)
        metrics |= {"load": _noisy(4.1 * middle, chance), "first_inference": _noisy(1.7 * middle, chance)}
        series = {"latency": calls, "latency.load_min": calls[:12], "latency.load_p50": calls[40:52]}
    else:
        missing |= {
            name: f"{profile} is only described: {name} needs a measurement on the device"
            for name in ("latency", "load", "first_inference", "memory")
        }
    runtime = {"name": "onnxruntime", "version": "1.32.0", "threads": "1"}
    key = hashlib.sha256(f"{model} {size}".encode()).hexdigest()
    return Observation(key, profile, runtime, metrics, series, {}, missing)


def _noisy(value: float, chance: random.Random, n: int = 12) -> Metric:
    half = value * chance.uniform(0.005, 0.03)
    return Metric(value, "s", "host", n, value - half, value + half)


def _rows(
    model: str, seen: Observation, parent: Observation, kind: str, chance: random.Random
) -> Iterator[Row]:
    place = f"tests/{model}/test_budgets.py:{chance.randint(5, 40)}"
    size, score = seen.metrics["size"], seen.metrics["accuracy"]
    broken = Verdict.FAIL if kind == "over" else Verdict.PASS
    since = f"since {COMMITS[-3]} (2026-02-27, 3 runs), passed at {COMMITS[-4]}"
    limit = 64_000.0 if kind != "over" else 0.9 * size.value
    yield Row(
        "size", "", "", f"{limit / 1000:.3g} kB", limit, size, broken, "error", place,
        since=since if kind == "over" else "",
    )  # fmt: skip
    floor, lost = 89.4, score.value - parent.metrics["accuracy"].value
    change = Metric(lost, "points", "host", 1000, lost - 0.9, lost + 0.9)
    yield Row(
        "accuracy", "", "model", "model - 2 points", floor, score, Verdict.PASS, "error", place,
        higher_is_better=True, reference_value=parent.metrics["accuracy"].value, change=change, p=0.02,
    )  # fmt: skip
    time = seen.metrics.get("latency.p50")
    if time is None:
        return
    undecided = "the hypervisor took 4.2 % of the CPU time: run again, or use a quieter machine"
    yield Row(
        "latency", "p50", "", "30 ms", 0.030, time,
        Verdict.INCONCLUSIVE if kind == "inconclusive" else Verdict.PASS, "error", place,
        reason=undecided if kind == "inconclusive" else "",
    )  # fmt: skip
    gone = {"regressed": 15.2, "improved": -8.4}.get(kind, chance.uniform(-0.5, 0.5))
    slower = kind == "regressed"
    yield Row(
        "latency", "p50", "baseline", "not 3 % slower", 1.03 * time.value / (1 + gone / 100), time,
        Verdict.FAIL if slower else Verdict.PASS, "warn",
        reference_value=time.value / (1 + gone / 100),
        change=Metric(gone, "%", "host", 13, gone - 2, gone + 2),
        p=3e-7 if slower else 0.4, p_adjusted=2e-5 if slower else 1.0,
        cause="built with onnxruntime 1.31.0 → 1.32.0" if slower else "", since=since if slower else "",
    )  # fmt: skip


def _past(row: Row, chance: random.Random) -> tuple[Past, ...]:
    """What 18 earlier runs found: the limit is broken in the last three, where it is broken now."""
    assert row.measured is not None
    found = []
    for i, commit in enumerate(COMMITS):
        late = i >= len(COMMITS) - 3
        value = row.measured.value * (1 if late else 0.85)
        noisy = row.measured.low is not None
        value *= chance.uniform(0.99, 1.01) if noisy else 1
        low, high = (0.98 * value if noisy else None), (1.02 * value if noisy else None)
        failed = late and row.verdict is Verdict.FAIL
        found.append(Past(commit, f"2026-02-{10 + i:02}T10:00:00Z", value, low, high, failed))
    return tuple(found)


def _pair(chance: random.Random) -> PairRecord:
    ratios = tuple(chance.gauss(0, 0.01) for _ in range(13))
    noise = (chance.gauss(0, 0.002), -0.006, 0.007)
    took = tuple(float(f"{4e-4 * (1 + 0.02 * chance.random()):.4g}") for _ in ratios)
    return PairRecord(
        1.03, 0.005, 0.05, 7, 13, 40, 5, True, ratios, noise=noise, seconds=2.1, reference_s=took
    )


def _artifact(model: str, recipe: str, chance: random.Random) -> ArtifactRecord:
    size = 53_876 + chance.randint(0, 6_000)
    before = Counts({"Conv": 8, "Relu": 8, "Gemm": 1}, 9, {"float32": 93_248}, 23_312, 12, 2_656_768)
    after = Counts(
        {"QLinearConv": 8, "QGemm": 1, "QuantizeLinear": 1, "DequantizeLinear": 1}, 0,
        {"int8": 22_912, "int32": 1_600, "float32": 400}, 23_412, 1_204, 2_656_768,
    )  # fmt: skip
    steps = (
        StepRecord("export to onnx", "export", None, before),
        StepRecord("Quantize(scheme='static-int8', calibration=256)", "file", before, after),
    )
    key, digest = (
        hashlib.sha256(f"{model} {recipe} {what}".encode()).hexdigest() for what in ("key", "digest")
    )
    versions = {"onnx": "1.23.2", "onnxruntime": "1.32.0", "torch": "2.13.0"}
    files = {f"{recipe}.onnx": size}
    return ArtifactRecord(
        key, digest, "onnx", files, after, steps, versions, ("calibrated on evaluation data",)
    )
