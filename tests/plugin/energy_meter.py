"""A package of one file that measures energy: what somebody with a meter would write.

This meter writes what it reads, in joules, into ``meter.txt``, one inference a line.
"""

import os
from pathlib import Path
from typing import Any

from pytest_edgebench.metrics.protocol import Metric, MetricInfo

GIVES = {
    "energy": MetricInfo(
        "J", "exact", "energy of an inference", units={"J": "1", "mJ": "1e-3", "uJ": "1e-6"}, on_request=True
    )
}
NEEDS = "run"


def measure(view: Any) -> dict[str, Metric]:
    _ = view.answered  # what answers garbage does other work
    with Path("asked.txt").open("a") as asked:
        asked.write(f"{view.artifact.path.name}\n")
    if not Path("meter.txt").is_file():
        return {}
    if "METER_BROKEN" in os.environ:
        raise OSError("the meter does not answer")
    runs = view.memo("energy", (), lambda: [float(line) for line in Path("meter.txt").read_text().split()])
    middle = sorted(runs)[len(runs) // 2]
    return {"energy": Metric(middle, "J", "device", len(runs), note="at the plug")}


def why(view: Any) -> dict[str, str]:
    return {"energy": f"no meter is connected to {view.profile.name}: plug it in and write meter.txt"}
