"""A regression on purpose, which shows that the budgets of a suite can fail.

Every suite has a recipe ``planted`` that a budget must reject. It is declared only where the environment
variable is set: ``EDGEBENCH_SUITE_PLANT=1 pytest --pyargs pytest_edgebench.suites.digits``.
"""

from __future__ import annotations

import os

PLANTED = os.environ.get("EDGEBENCH_SUITE_PLANT", "0").strip().lower() not in ("", "0", "no", "off", "false")
"""Whether the planted recipes are declared."""
