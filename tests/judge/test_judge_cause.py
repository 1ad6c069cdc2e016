"""The likely cause of a regression: one sentence on what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_edgebench.judge.cause import UNEXPLAINED, Made, cause, explained
from pytest_edgebench.record.run import Metric, Row, Verdict

THEN = Made(
    model="m1",
    artifact="a1",
    steps=("export to onnx", "Quantize('static-int8')"),
    versions={"onnxruntime": "1.31.0", "torch": "2.13.0"},
    runtime={"name": "onnxruntime", "version": "1.31.0", "threads": "1", "pid": "12"},
    profile={"target": "host", "threads": "1"},
    host={"cpu": "Xeon", "load_average": "0.1"},
    ops={"Conv": 8, "Relu": 8},
    counts={"parameters": 1000, "macs": 50_000, "size": 2000},
)


@pytest.mark.parametrize(
    "change, told",
    [
        ({}, UNEXPLAINED),
        ({"runtime": {**THEN.runtime, "pid": "99"}, "host": {**THEN.host, "load_average": "9"}}, UNEXPLAINED),
        (
            {"model": "m2", "artifact": "a2", "ops": {"Conv": 10, "Relu": 8}, "counts": {"parameters": 1100}},
            "the uncompressed model changed: parameters 1,000 → 1,100 (+10.0 %), operations +2 Conv",
        ),
        (
            {"model": "m2", "artifact": "a2"},
            "the uncompressed model changed: other weights, the same operations",
        ),
        (
            {"artifact": "a2", "ops": {"Conv": 8, "Relu": 8, "Cast": 1}},
            "the compressed file changed: operations +1 Cast",
        ),
        (
            {"artifact": "a2", "steps": ("export to onnx", "Quantize('dynamic-int8')")},
            "the recipe changed: Quantize('static-int8') → Quantize('dynamic-int8')",
        ),
        (
            {"artifact": "a2", "steps": THEN.steps[::-1], "ops": {"Conv": 9, "Relu": 8}},
            "the recipe changed: the order of its steps; the compressed file changed: operations +1 Conv",
        ),
        ({"steps": THEN.steps[::-1]}, "the recipe changed: the order of its steps"),
        ({"steps": THEN.steps[:1]}, "the recipe changed: Quantize('static-int8') → nothing"),
        ({"versions": {**THEN.versions, "torch": "2.14.0"}}, "built with torch 2.13.0 → 2.14.0"),
        (
            {"runtime": {**THEN.runtime, "version": "1.32.0"}},
            "the runtime changed: version 1.31.0 → 1.32.0",
        ),
        ({"profile": {**THEN.profile, "threads": "2"}}, "the profile changed: threads 1 → 2"),
        ({"host": {**THEN.host, "cpu": "EPYC"}}, "another machine: cpu Xeon → EPYC"),
    ],
)
def test_what_differs_is_named(change: dict[str, Any], told: str) -> None:
    assert cause(THEN, replace(THEN, **change)) == told


def test_the_model_comes_first_and_the_rest_is_counted() -> None:
    now = replace(
        THEN,
        model="m2",
        artifact="a2",
        steps=(),
        versions={},
        runtime={"name": "litert"},
        profile={"target": "ssh"},
        host={"cpu": "EPYC"},
    )
    told = cause(THEN, now)
    assert told.startswith("the uncompressed model changed: ")
    assert told.endswith("; and 2 more")


def test_an_unknown_profile_or_host_is_no_cause() -> None:
    assert cause(replace(THEN, profile={}, host={}), THEN) == UNEXPLAINED


def test_only_rows_worse_than_the_baseline_are_explained() -> None:
    row = Row(
        "size", "", "baseline", "baseline + 1 %", 1.0, Metric(2, "B", "static", 1), Verdict.FAIL, "error"
    )
    assert explained(row, "why").cause == "why"
    for other in (
        replace(row, reference="model"),
        replace(row, verdict=Verdict.PASS),
        replace(row, measured=None),
    ):
        assert explained(other, "why").cause == ""
