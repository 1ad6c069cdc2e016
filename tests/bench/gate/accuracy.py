"""``python tests/bench/gate/accuracy.py``: the rules for scores, simulated and on digits.

Simulated: pairs of right and wrong with 4 % of samples judged differently and a known drop, 20,000 draws for
each line, against "model - 1 points". Real: int8 against float on the digits suite's CNN, with a budget that
it meets, one that it breaks and one that cannot be decided.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from gate_results import Results, command, read, table, where

from pytest_edgebench.judge.accuracy import ALPHA_PASS, RightWrong

if TYPE_CHECKING:
    from gate_results import Line

NAME = "accuracy"
SAMPLES = (200, 1000, 5000)
DROPS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
DIFFERENT = 0.04
ALLOWED = 1.0
ALPHA = 0.01
CONFTEST = """
import pytest_edgebench as eb
from pytest_edgebench.suites.digits.digits import held_out, training_images
from pytest_edgebench.suites.digits.nets import train_cnn

@eb.model
def cnn():
    return eb.Model(train_cnn, held_out, eb.top1, calibration=training_images)

@eb.recipe
def int8(cnn):
    return eb.quantize(cnn, "static-int8", calibration=128)
"""
BUDGETS = {"meets": "model - 2 points", "breaks": "model + 2 points", "cannot decide": "model - 0.2 points"}


def simulate(n: int, drop: float, draws: int) -> Line:
    """Shares of the draws in which each rule fails; for evidence under a written budget also passes."""
    rng = np.random.default_rng([n, int(10 * drop)])
    worse, better = DIFFERENT / 2 + drop / 200, DIFFERENT / 2 - drop / 200
    counts = rng.multinomial(n, [worse, better, 1 - worse - better], size=draws)[:, :2]

    @cache
    def judged(b: int, c: int) -> tuple[bool, bool, bool, bool]:
        found = RightWrong(b, c, n)
        return (
            found.drop > ALLOWED,
            found.p_worse() < ALPHA,
            found.low(ALPHA) > ALLOWED,
            found.high(ALPHA_PASS) <= ALLOWED,
        )

    shares = 100 * np.mean([judged(int(b), int(c)) for b, c in counts], axis=0)
    names = ("literal_fail", "default_fail", "population_fail", "population_pass")
    return {"n": n, "drop": drop, "draws": draws, **dict(zip(names, map(float, shares), strict=True))}


def digits() -> list[Line]:
    """The rows of a session on digits, in the mode that asks for evidence.

    Raises:
        RuntimeError: the session judged something else.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tests = [
            f'@eb.budget(accuracy="{limit}")\n@eb.budget(latency="model + 1900 %", level="off")\n'
            f"def test_{word.replace(' ', '_')}(edge):\n    edge.check()\n"
            for word, limit in BUDGETS.items()
        ]
        (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        (folder / "test_digits.py").write_text(
            "import pytest_edgebench as eb\n\n" + "\n".join(tests), "utf-8"
        )
        (folder / "edgebench.toml").write_text('[profiles.board]\nextends = "cortex-a72"\n', encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\nedgebench_accuracy_mode = population\n", "utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-pno:randomly", "--edgebench-json=run.json"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if not (folder / "run.json").is_file():
            raise RuntimeError(f"no record was written:\n{ended.stdout}{ended.stderr}")
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    found = []
    for check in (check for case in record["cases"] for check in case["checks"]):
        for row in check["rows"]:
            if row["metric"] == "accuracy" and row["limit"] in BUDGETS.values():
                kept = {name: row[name] for name in ("limit", "verdict", "reason")}
                kept |= {"measured": row["measured"]["value"], "reference": row["reference_value"]}
                found.append(kept)
    if len(found) != len(BUDGETS):
        raise RuntimeError(f"{len(found)} rows instead of {len(BUDGETS)}:\n{ended.stdout}{ended.stderr}")
    return found


def run(kept: Results) -> None:
    done = {(line["n"], line["drop"]) for line in kept.lines() if line["what"] == "simulated"}
    for n in SAMPLES[:1] if kept.quick else SAMPLES:
        for drop in DROPS:
            if (n, drop) not in done and kept.time_left:
                kept.add(what="simulated", **simulate(n, drop, 500 if kept.quick else 20_000))
    if kept.time_left and not any(line["what"] == "digits" for line in kept.lines()):
        kept.add(what="digits", rows=digits())


def markdown(folder: Path) -> str:
    lines = read(folder / f"{NAME}.jsonl")
    parts = []
    simulated = [line for line in lines if line["what"] == "simulated"]
    if simulated:
        rows = [
            (f"{line['n']:,}", f"{line['drop']:g} points", f"{line['literal_fail']:.2f} %",
             f"{line['default_fail']:.2f} %", f"{line['population_fail']:.2f} %",
             f"{line['population_pass']:.2f} %",
             f"{100 - line['population_fail'] - line['population_pass']:.2f} %")
            for line in sorted(simulated, key=lambda line: (line["n"], line["drop"]))
        ]  # fmt: skip
        head = (
            "samples",
            "true drop",
            "literal: FAIL",
            "no budget: FAIL",
            "population: FAIL",
            "PASS",
            "INCONCLUSIVE",
        )
        note = (
            f"Simulated: {100 * DIFFERENT:g} % of samples judged differently, "
            f'{simulated[0]["draws"]:,} draws a line, budget "model - {ALLOWED:g} points", one comparison.'
        )
        parts += [table(head, rows), note]
    for line in lines:
        if line["what"] == "digits":
            parts.append(
                table(
                    ("budget", "float", "int8", "verdict", "why"),
                    [(row["limit"], f"{row['reference']:.1f} %", f"{row['measured']:.1f} %", row["verdict"],
                      row["reason"]) for row in line["rows"]],
                )
            )  # fmt: skip
            parts.append(f"The digits suite's CNN, static int8 against float. {where([line])}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(command(__doc__, NAME, run, markdown))
