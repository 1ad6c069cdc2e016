"""The suites as their users run them, from a folder of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest_edgebench.suites

FOLDER = Path(pytest_edgebench.suites.__file__).parent
SUITES = sorted(path.parent.name for path in FOLDER.glob("*/test_*.py") if path.parent.name != "zoo")
"""Those with models of their own."""


def run(
    folder: Path, cache: Path, suite: str, *arguments: str, planted: bool = False, data: bool = False
) -> subprocess.CompletedProcess[str]:
    """A session of one suite in a folder, which is made.

    Args:
        cache: what an earlier run with it built is not built again.
        planted: with the regression that its budgets must reject.
        data: with `EDGEBENCH_DATA`, where it is set; without, on bundled data.
    """
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", "-rA", "-v"]
    command += ["-o", "edgebench_cap_seconds=2", *arguments, "--pyargs", f"pytest_edgebench.suites.{suite}"]
    environment = {**os.environ, "EDGEBENCH_SUITE_PLANT": str(int(planted))}
    if not data:
        environment.pop("EDGEBENCH_DATA", None)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def outcomes(result: subprocess.CompletedProcess[str], word: str) -> set[str]:
    """The cases that ended so in any test, from the short summary, which -v has list all of them."""
    return set(re.findall(rf"^{word} \S*::\w+\[([\w.-]+)\]", result.stdout, re.MULTILINE))


def built(cache: Path) -> list[str]:
    """What all runs with a cache built until now, one line each."""
    logs = sorted(cache.glob("d/edgebench/runs/*/built.log"))
    return [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
