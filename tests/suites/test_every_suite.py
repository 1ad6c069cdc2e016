"""Every suite on bundled data: its budgets hold, a second run builds nothing, what is planted is red."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from suite_runs import SUITES, built, outcomes, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_green_then_warm_then_planted(suite: str, tmp_path: Path) -> None:
    for needed in ("torch", "litert_torch", "sklearn"):
        pytest.importorskip(needed)
    cache = tmp_path / "cache"
    cold = run(tmp_path / "cold", cache, suite, "--edgebench-json=run.json")
    assert cold.returncode == 0, cold.stdout + cold.stderr
    assert not re.search(r"[1-9]\d* failed", cold.stdout)
    record = json.loads((tmp_path / "cold" / "run.json").read_text(encoding="utf-8"))
    unnamed = [
        case["key"]
        for case in record["cases"]
        if "observation" in case and not record["observations"][case["observation"]].get("data")
    ]
    assert unnamed == []
    made = built(cache)
    assert made
    warm = run(tmp_path / "warm", cache, suite)
    assert warm.returncode == 0, warm.stdout + warm.stderr
    assert built(cache) == made
    red = run(tmp_path / "red", cache, suite, "-k", "planted", planted=True)
    assert red.returncode == 1, red.stdout + red.stderr
    failed = outcomes(red, "FAILED")
    models = {case["model"] for case in record["cases"]}
    assert {key.partition("-")[0] for key in failed} == models
    assert {key.split("-")[1] for key in failed} == {"planted"}
