"""``python tests/bench/zoo.py``: every step on eighteen architectures and both formats.

A cell works, is refused with a reason, or is a fault. What was tried before is not tried again
(``build/zoo``; ``--again`` does), so it may be stopped at any time.
``--network`` and ``--step`` (patterns) take a part.
``--publish`` writes the results there are as ``docs/zoo.md``. Ends with status 1 where there is a fault.
Needs the packages pytorchcv (without its dependencies), transformers and nncf.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

PARTS = Path(__file__).parent / "zoo"
sys.path.insert(0, str(PARTS))
# mypy: disable-error-code="import-not-found"
import zoo_page  # noqa: E402
from zoo_cells import FAULT, Cell, load  # noqa: E402
from zoo_networks import NETWORKS  # noqa: E402
from zoo_steps import STEPS  # noqa: E402

FORMATS = ("onnx", "tflite")
DEADLINE = 300  # seconds for each cell of a process


def missing(folder: Path, network: str, fmt: str, steps: list[str], *, again: bool) -> list[str]:
    """Steps of a format that have no result yet."""
    wanted = [step for step in steps if fmt in STEPS[step][0]]
    return [s for s in wanted if again or not (folder / "cells" / Cell(network, s, fmt, "").path).is_file()]


def run(folder: Path, network: str, fmt: str, steps: list[str]) -> None:
    """Try them in a process of their own; one that ends or hangs is a fault of the step that it was at."""
    while steps:
        command = [sys.executable, str(PARTS / "zoo_cells.py"), str(folder), network, fmt, *steps]
        with (folder / "log").open("a", encoding="utf-8") as log:
            try:
                status = subprocess.run(
                    command, stdout=log, stderr=log, timeout=DEADLINE * len(steps), check=False
                ).returncode
                ended = f"the process ended with status {status}"
            except subprocess.TimeoutExpired:
                status, ended = 1, f"took more than {DEADLINE} s"
        if status == 0:
            return
        step = (folder / "now").read_text(encoding="utf-8")
        cell = Cell(network, step, fmt, FAULT, ended)
        (folder / "cells" / cell.path).write_text(json.dumps(asdict(cell)), encoding="utf-8")
        steps = steps[steps.index(step) + 1 :]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--out", type=Path, default=Path("build/zoo"), help="results and cache")
    options.add_argument("--network", default="*", help="a pattern")
    options.add_argument("--step", action="append", help="a pattern; several may be given")
    options.add_argument("--again", action="store_true", help="also what has a result")
    options.add_argument("--publish", action="store_true", help="write docs/zoo.md")
    options.add_argument("--no-run", action="store_true", help="only print and publish the results there are")
    arguments = options.parse_args()
    folder = arguments.out.absolute()
    (folder / "cells").mkdir(parents=True, exist_ok=True)
    steps = [s for s in STEPS if any(fnmatch.fnmatch(s, each) for each in arguments.step or ["*"])]
    for network in () if arguments.no_run else fnmatch.filter(NETWORKS, arguments.network):
        for fmt in FORMATS:
            todo = missing(folder, network, fmt, steps, again=arguments.again)
            if todo:
                run(folder, network, fmt, todo)
            done = [c for c in load(folder) if (c.network, c.fmt) == (network, fmt)]
            sys.stdout.write(f"{network} {fmt}: {zoo_page.counted(done)}\n")
            sys.stdout.flush()
    cells = load(folder)
    for cell in cells:
        if cell.verdict == FAULT:
            sys.stdout.write(f"fault: {cell.network} {cell.fmt} {cell.step}: {cell.reason}\n")
    if arguments.publish:
        zoo_page.publish(cells)
    return int(any(cell.verdict == FAULT for cell in cells))


if __name__ == "__main__":
    sys.exit(main())
