"""``python tests/bench/gate/side_by_side.py``: the gate and pytest-benchmark on the same files in one run.

At first pytest-benchmark saves the times of the references. Then, round by round, it measures unchanged
copies and really slower networks, with ``--benchmark-compare-fail=mean:5%`` and ``min:5%``, and the gate
judges the same files against the references at the same limit.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gate_files import Kind, copy_of, inputs, network, slower
from gate_results import Results, command, least, most, read, table, where

from pytest_edgebench.judge.matrix import alpha_per_cell
from pytest_edgebench.measure import locks, paired
from pytest_edgebench.measure.pool import Pool

if TYPE_CHECKING:
    from gate_results import Line

NAME = "side_by_side"
KINDS = tuple(Kind(runtime, "float", ms) for ms in (0.03, 0.4, 3.0) for runtime in ("onnxruntime", "litert"))
ROUNDS = 60
SLOWER = 10
"""Percent more multiplications."""
LIMIT = 1.05
FIELDS = ("mean", "min")
TEST = """
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

CASES = json.loads(Path("cases.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_call(benchmark, name):
    runtime, path, inputs = CASES[name]
    found = importlib.util.spec_from_file_location("runtime", runtime)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    session = module.load(path, 1, {})
    session.bind([np.load(inputs)])
    benchmark(session.call)
"""


def benchmark(folder: Path, files: dict[str, tuple[str, Path, Path]], *arguments: str) -> dict[str, set[str]]:
    """Run pytest-benchmark on files; gives the names that each field's comparison said are slower.

    Raises:
        RuntimeError: it did not measure.
    """
    cases = {name: [runtime, str(path), str(given)] for name, (runtime, path, given) in files.items()}
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    own = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-pno:randomly",
        "-pno:edgebench",
        "-pno:xdist",
        "test_call.py",
    ]
    saved = folder / "now.json"
    saved.unlink(missing_ok=True)
    command += [f"--benchmark-json={saved.name}", *arguments]
    ended = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    text = ended.stdout + ended.stderr
    # It ends with a traceback of its own where it finds a slowdown; what it saved tells if it measured.
    measured = json.loads(saved.read_text(encoding="utf-8"))["benchmarks"] if saved.is_file() else []
    if len(measured) != len(files):
        raise RuntimeError(f"pytest-benchmark did not measure:\n{text}")
    found: dict[str, set[str]] = {field: set() for field in FIELDS}
    for name, field in re.findall(r"test_call\[([^\]]+)\].*?Field '(\w+)' has failed", text):
        found[field].add(name)
    reference = json.loads(next(folder.glob(".benchmarks/*/0001_*.json")).read_text(encoding="utf-8"))
    before = {row["name"]: row["stats"] for row in reference["benchmarks"]}
    for field in FIELDS if "--benchmark-compare-fail" in arguments else ():
        over = {row["param"] for row in measured if row["stats"][field] > LIMIT * before[row["name"]][field]}
        if over != found[field]:
            raise RuntimeError(f"{over} are slower by {field}, pytest-benchmark said {found[field]}:\n{text}")
    if bool(ended.returncode) != any(found.values()):
        raise RuntimeError(f"status {ended.returncode} does not fit what was read:\n{text}")
    return found


def run(kept: Results) -> None:
    """Rounds until all are done or the time is up. The saved times stay those of the first run."""
    import numpy as np

    from pytest_edgebench.runtimes.known import runtime_file

    chosen = KINDS[:2] if kept.quick else KINDS
    home = kept.folder / "benchmark"
    home.mkdir(parents=True, exist_ok=True)
    (home / "test_call.py").write_text(TEST, encoding="utf-8")
    # One option: of two, pytest-benchmark would check the last alone.
    compare = ["--benchmark-compare-fail", *(f"{field}:5%" for field in FIELDS)]
    with tempfile.TemporaryDirectory() as folder, Pool(Path(folder)) as pool:
        made = {}
        for kind in chosen:
            path, rows = network(kept.models, pool.get(kind.spec()), kind)
            given = kept.models / f"{kind.name}.npy"
            np.save(given, inputs(kind, rows)["x"])
            made[kind] = (path, rows, given.absolute())
        file = {kind: str(runtime_file(kind.runtime)) for kind in chosen}
        if not (home / ".benchmarks").is_dir():
            with locks.timing("host", "pytest-benchmark's baseline"):
                references = {k.name: (file[k], made[k][0].absolute(), made[k][2]) for k in chosen}
                benchmark(home, references, "--benchmark-save=reference")
        number = 1 + max((line["round"] for line in kept.lines()), default=-1)
        while kept.time_left and number < (1 if kept.quick else ROUNDS):
            lines = []
            for slow in (False, True):
                others = {
                    kind: slower(path, kind, rows, SLOWER, "layers") if slow else copy_of(path)
                    for kind, (path, rows, _) in made.items()
                }
                with locks.timing("host", "pytest-benchmark"):
                    now = {k.name: (file[k], others[k].absolute(), made[k][2]) for k in chosen}
                    said = benchmark(home, now, "--benchmark-compare=0001", *compare)
                for kind, (path, rows, _) in made.items():
                    terms = paired.Terms(LIMIT, alpha_per_cell(len(chosen)))
                    with locks.timing("host", "the gate beside pytest-benchmark"):
                        decision, _ = paired.compare(
                            pool, kind.spec(), path, others[kind], inputs(kind, rows), terms
                        )
                    failed = {field: kind.name in said[field] for field in FIELDS}
                    lines.append({"round": number, "kind": kind.name, "slow": slow, **failed,
                                  "gate": str(decision.verdict), "estimate": decision.estimate})  # fmt: skip
            for line in lines:
                kept.add(**line)
            number += 1
    if kept.quick:
        shutil.rmtree(home)


def markdown(folder: Path) -> str:
    lines = read(folder / f"{NAME}.jsonl")
    if not lines:
        return ""
    same = [line for line in lines if not line["slow"]]
    slow = [line for line in lines if line["slow"]]
    rows = [
        (f"pytest-benchmark, {field}:5%", most(_count(same, field), len(same)),
         least(_count(slow, field), len(slow)), "-")
        for field in FIELDS
    ]  # fmt: skip
    undecided = [sum(line["gate"] == "INCONCLUSIVE" for line in group) for group in (same, slow)]
    fails = [sum(line["gate"] == "FAIL" for line in group) for group in (same, slow)]
    rows.append(("pytest-edgebench, baseline + 5 %", most(fails[0], len(same)), least(fails[1], len(slow)),
                 f"{undecided[0]} and {undecided[1]}"))  # fmt: skip
    seen = sorted(100 * line["estimate"] for line in slow)
    head = ("rule", "false alarms, unchanged", f"found, {SLOWER} % more work", "INCONCLUSIVE")
    low, high = seen[len(seen) // 20], seen[-1 - len(seen) // 20]
    note = f"The slower networks took {low:.1f} to {high:.1f} % longer (log ratio, 90 % of them)."
    return f"{table(head, rows)}\n\n{note} {where(lines)}"


def _count(lines: list[Line], field: str) -> int:
    return sum(bool(line[field]) for line in lines)


if __name__ == "__main__":
    sys.exit(command(__doc__, NAME, run, markdown))
