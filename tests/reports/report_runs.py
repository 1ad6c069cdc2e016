"""Run records made by hand: what the reports promise to understand."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from pytest_edgebench.record.past import Past
from pytest_edgebench.record.run import (
    ArtifactRecord,
    CaseResult,
    Check,
    Counts,
    Metric,
    Observation,
    Row,
    Run,
    StepRecord,
    Verdict,
)

FLOAT = Counts({"Conv": 8, "Relu": 8, "Gemm": 1}, 9, {"float32": 93_248}, 23_312, 12, 2_656_768)
INT8 = Counts(
    {"QLinearConv": 8, "QGemm": 1, "QuantizeLinear": 1, "DequantizeLinear": 1},
    0,
    {"int8": 22_912, "int32": 1_600, "float32": 400},
    23_412,
    1_204,
    2_656_768,
)
HOSTILE = (
    '<script>alert("x")</script>',
    "a|b`c``d",
    "\u202eevil\u2066",
    "naïve 😀 \u05e9\u05dc\u05d5\u05dd",
    "q\"uo'te&amp;",
    "x" * 300,
    "line\nbreak\x1b[31m",
    "]]>--><!--",
)


def times(middle: float, seed: int, spread: float = 0.02, count: int = 90) -> tuple[float, ...]:
    """Quantiles of timed calls round a median: a body and a tail to the right."""
    random_ = random.Random(seed)
    return tuple(
        sorted(middle * (1 + abs(random_.gauss(0, spread)) + 2e-3 * random_.random()) for _ in range(count))
    )


def metric(
    value: float, unit: str = "s", evidence: str = "host", n: int = 12, half: float | None = 0.02
) -> Metric:
    low, high = (None, None) if half is None else (value * (1 - half), value * (1 + half))
    return Metric(value, unit, evidence, n, low, high)  # type: ignore[arg-type]


def size(value: float) -> Metric:
    return Metric(value, "B", "static", 1)


def row(
    name: str, statistic: str, limit: str, bound: float | None, measured: Metric | None, **more: object
) -> Row:
    """A row that passes unless `more` says otherwise."""
    settings = {
        "verdict": Verdict.PASS,
        "level": "error",
        "place": "tests/test_kws.py:6",
        "reference": "",
        **more,
    }
    return Row(metric=name, statistic=statistic, limit=limit, bound=bound, measured=measured, **settings)  # type: ignore[arg-type]


def observation(profile: str, latency: float | None, bytes_: int, accuracy: float, seed: int) -> Observation:
    metrics = {
        "size": size(bytes_),
        "gzip": size(bytes_ // 2 + 13),
        "parameters": Metric(23_312, "", "static", 1),
        "macs": Metric(2_656_768, "", "static", 1),
        "accuracy": Metric(accuracy, "%", "host", 1000),
    }
    series = {}
    missing = {"ram": "no evidence: a static memory plan or a device run is needed"}
    if latency is None:
        missing["latency"] = "this target cannot be reached from here; a device or emulator run is needed"
    else:
        quantiles = times(latency, seed)
        metrics |= {
            "latency.p50": metric(quantiles[45]),
            "latency.p95": metric(quantiles[85], half=0.05),
            "latency.min": metric(quantiles[0], half=0.01),
            "latency.mean": metric(math.fsum(quantiles) / 90),
            "load": metric(latency * 4.1),
            "first_inference": metric(latency * 1.7),
            "memory": Metric(31_400_000, "B", "host", 3, 31_100_000, 31_900_000, "the whole worker process"),
        }
        series = {
            "latency": quantiles,
            "latency.load_min": quantiles[:12],
            "latency.load_p50": quantiles[40:52],
        }
    runtime = {"name": "onnxruntime", "version": "1.32.0", "threads": "1"}
    return Observation(f"{bytes_:064x}", profile, runtime, metrics, series, {}, missing)


def artifact(bytes_: int, recipe: str) -> ArtifactRecord:
    steps = (
        StepRecord("Prune(ratio=0.5)", "torch", replace(FLOAT, zeros=0), replace(FLOAT, zeros=11_656)),
        StepRecord("export to onnx", "export", None, FLOAT),
        StepRecord("Quantize(scheme='static-int8')", "file", FLOAT, INT8),
    )
    return ArtifactRecord(
        key=f"{bytes_:064x}",
        digest=f"{bytes_ * 7919:064x}",
        format="onnx",
        files={f"{recipe}.onnx": bytes_},
        counts=INT8,
        steps=steps,
        versions={"onnx": "1.19.0", "onnxruntime": "1.32.0"},
        notes=("calibrated on evaluation data",),
    )


def case(
    model: str = "kws",
    recipe: str = "int8",
    profile: str = "rpi4",
    *,
    rows: tuple[Row, ...] = (),
    verdict: Verdict | None = None,
    reason: str = "",
    latency: float | None = 0.0226,
    bytes_: int = 53_876,
    accuracy: float = 90.2,
    seed: int = 1,
    variant: str = "",
) -> CaseResult:
    """A case with one check; its verdict is the worst error-level row's unless given."""
    key = f"{model}-{recipe}{'.' + variant if variant else ''}-{profile}"
    loud = [r.verdict for r in rows if r.level == "error" or r.verdict is not Verdict.FAIL]
    found = verdict or (max(loud, key=list(Verdict).index) if loud else Verdict.PASS)
    check = Check(f"tests/test_kws.py::test_budget[{key}]", found, rows, reason, 1.25)
    ran = found not in (Verdict.NOT_RUN, Verdict.UNSUPPORTED, Verdict.ERROR)
    return CaseResult(
        key=key,
        model=model,
        recipe=recipe,
        variant=variant,
        profile=profile,
        place="conftest.py:9",
        checks=(check,),
        artifact=artifact(bytes_, recipe) if ran else None,
        observation=observation(profile, latency, bytes_, accuracy, seed) if ran else None,
        parent=observation(profile, latency and latency * 1.3, 193_876, 91.4, seed + 1000) if ran else None,
    )


def over(latency: float = 0.0286, bound: float = 0.0226, place: str = "tests/test_kws.py:6") -> Row:
    return row("latency", "p50", "22.6 ms", bound, metric(latency), verdict=Verdict.FAIL, place=place)


def remembered(found: CaseResult, slot: str = "latency.p50", kept: int = 5, broken: int = 2) -> CaseResult:
    """A case with a past: so many runs that kept the limit, then so many that broke it."""
    past = tuple(
        Past(f"{i:02}" * 4, f"2026-02-{i + 1:02}T10:00:00Z", value, 0.99 * value, 1.01 * value, i >= kept)
        for i in range(kept + broken)
        for value in ((0.0287 if i >= kept else 0.0205 + 0.0001 * i),)
    )
    return replace(found, past={slot: past})


def run(*cases: CaseResult, **more: object) -> Run:
    settings = {
        "started": "2026-03-02T10:00:00+00:00",
        "duration_s": 42.3,
        "command": ("--edgebench-report=report.html",),
        "commit": "9c41e07aa1b2c3d4e5f60718293a4b5c6d7e8f90",
        "branch": "faster-head",
        "dirty": False,
        "environment": {
            "cpu": "AMD EPYC 7B13",
            "cpu_flags": "avx2 fma",
            "python": "3.11.9",
            "load_average": "0.4",
        },
        "versions": {"onnxruntime": "1.32.0", "numpy": "2.4.0"},
        "profiles": {
            name: {"cpu": "Cortex-A72", "target": "host"} for name in dict.fromkeys(c.profile for c in cases)
        },
        **more,
    }
    return Run(cases=cases, **settings)  # type: ignore[arg-type]


def passing_rows(latency: float | None, bytes_: int, accuracy: float) -> tuple[Row, ...]:
    rows = [
        row("size", "", "64 kB", 64_000.0, size(bytes_)),
        row(
            "accuracy",
            "",
            "model - 2 points",
            89.4,
            Metric(accuracy, "%", "host", 1000),
            reference="model",
            reference_value=91.4,
            higher_is_better=True,
            change=Metric(accuracy - 91.4, "points", "host", 1000, -2.1, 0.3),
        ),
    ]
    if latency is not None:
        rows.append(row("latency", "p50", "30 ms", 0.030, metric(latency)))
    return tuple(rows)


BASELINE = {
    "kind": "ref",
    "name": "main",
    "commit": "3b2f1aa0",
    "made": "2026-02-28T09:00:00+00:00",
    "host": "same host",
}


def matrix(cells: int = 96, broken: bool = True) -> Run:
    """4 models × 4 recipes × 6 profiles: failures of every kind among passing cases, unless not `broken`."""
    profiles = ["rpi4", "rpi5", "x86-avx2", "wasm-simd", "cortex-m4", "cortex-m7"]
    found: list[CaseResult] = []
    for i in range(cells):
        profile = profiles[i % 6]
        recipe = ("int8", "fp16", "pruned_int8", "int4")[i // 6 % 4]
        model = ("kws", "vww", "ad", "ic")[i // 24 % 4] + ("" if i < 96 else str(i // 96))
        latency = None if profile.startswith("cortex") else 0.0201 + 0.0004 * (i % 13)
        bytes_, accuracy = 53_876 + 64 * (i // 6 % 17), 90.2 - 0.1 * (i % 5)
        settings = {"latency": latency, "bytes_": bytes_, "accuracy": accuracy, "seed": i}
        rows = passing_rows(latency, bytes_, accuracy)
        if broken and i == 3:
            rows = (*rows[:2], over(0.0286), row("latency", "p95", "40 ms", 0.040, metric(0.031)))
        elif broken and i == 26:
            slow = metric(0.0268)
            change = Metric(15.2, "%", "host", 13, 13.2, 17.2)
            rows = (
                *rows,
                row(
                    "latency",
                    "p50",
                    "not 3 % slower",
                    0.0240,
                    slow,
                    verdict=Verdict.FAIL,
                    level="warn",
                    place="",
                    reference="baseline",
                    reference_value=0.0233,
                    change=change,
                    p=3e-7,
                    p_adjusted=2e-5,
                ),
            )
        elif broken and i == 31:
            rows = (
                *rows[:2],
                row(
                    "latency",
                    "p50",
                    "28 ms",
                    0.028,
                    metric(0.0281),
                    verdict=Verdict.INCONCLUSIVE,
                    reason="the hypervisor took 4.2 % of the CPU time: run again, or use a quieter machine",
                ),
            )
        elif broken and 48 <= i < 54:
            rows = (
                row(
                    "size",
                    "",
                    "52 kB",
                    52_000.0,
                    size(bytes_),
                    verdict=Verdict.FAIL,
                    place="tests/test_vww.py:11",
                ),
                *rows[1:],
            )
        elif broken and i == 60:
            change = Metric(-8.4, "%", "host", 13, -9.9, -7.0)
            rows = (
                *rows,
                row(
                    "latency",
                    "p50",
                    "not 3 % slower",
                    0.031,
                    metric(0.021),
                    place="",
                    reference="baseline",
                    reference_value=0.0229,
                    change=change,
                ),
            )
        elif broken and i == 70:
            found.append(
                case(
                    model,
                    recipe,
                    profile,
                    verdict=Verdict.ERROR,
                    reason=(
                        "the worker died of signal 11 (segmentation fault) while loading the model\n"
                        "  runtime: onnxruntime 1.32.0\n  last words: mlas: illegal instruction"
                    ),
                )
            )
            continue
        elif broken and i in (89, 95):
            found.append(
                case(
                    model,
                    recipe,
                    profile,
                    verdict=Verdict.UNSUPPORTED,
                    reason="conftest.py:14: int4 has no kernel in this runtime; use int8",
                )
            )
            continue
        elif broken and i == 83:
            found.append(
                case(
                    model,
                    recipe,
                    profile,
                    verdict=Verdict.NOT_RUN,
                    reason="flash: 2.1 MB needed, 512 kB there",
                )
            )
            continue
        found.append(case(model, recipe, profile, rows=rows, **settings))  # type: ignore[arg-type]
    return run(
        *found,
        baseline=BASELINE if broken else {},
        notes=("timings were taken on a machine that is not dedicated",),
    )
