"""How far the baseline of a git ref is, while it is built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from baselines_project import text_of

if TYPE_CHECKING:
    from baselines_project import Repo

pytest_plugins = ["pytester"]

HASTE = """import numpy as np
import pytest_edgebench.baselines.git_ref
import pytest_edgebench.reports.progress

pytest_edgebench.baselines.git_ref.STEP_S = 0.02
pytest_edgebench.reports.progress.PERIOD_S = 0.0
"""


def test_cases_of_the_baseline_are_counted(repo: Repo) -> None:
    repo.branch("same")
    repo.edit("tests/conftest.py", "import numpy as np\n", HASTE)
    result = repo.run("--edgebench-baseline=main")
    result.assert_outcomes(passed=2)
    told = re.findall(r"^edgebench: building references (\d)/(\d)", text_of(result), re.MULTILINE)
    assert ("0", "2") in told
    assert {total for _, total in told} == {"2"}
