"""What a pytest process needs for 10,000 cells: collected, heard, recorded and reported in one process.

The project has 10,000 real cells; each test gets what `report_cells` found for one of them in place of
building and measuring, which other processes do. All else is what every session does.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench_figure import Figure, python
from bench_start import MODELS, others_off, write_cells

PLAY = """

# Below: results that are played in place of compressing and measuring.
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_edgebench.session.begin import CHECKS, SESSION
from pytest_edgebench.base.errors import BudgetExceeded
from pytest_edgebench.record.codec import encode
from pytest_edgebench.record.run import Verdict

sys.path.insert(0, HERE)
import report_cells

CELLS = report_cells.cases(COUNT)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    case, planned = next(CELLS), pyfuncitem.callspec.params["edge"]
    facts = {name: encode(getattr(case, name)) for name in ("artifact", "observation", "parent", "pairs")}
    folder = pyfuncitem.config.stash[SESSION].run_folder / "cases"
    folder.mkdir(exist_ok=True)
    (folder / f"{planned.case.key}.json").write_text(json.dumps(facts | {"remarks": []}))
    check, place = case.checks[0], planned.slots[0].place
    rows = tuple(replace(row, place=row.place and place) for row in check.rows)
    pyfuncitem.stash[CHECKS].append(replace(check, nodeid=pyfuncitem.nodeid, rows=rows))
    if check.verdict is Verdict.FAIL:
        raise BudgetExceeded(f"a budget of {planned.case.key} is broken")
    return True


def pytest_unconfigure(config):
    loaded = [name for name in ("torch", "onnxruntime", "ai_edge_litert") if name in sys.modules]
    # Not ru_maxrss, which begins with what the starting process had.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) * 1024
    Path("memory.json").write_text(json.dumps({"peak": peak, "loaded": loaded}))
"""


def memory(folder: Path, cells: int = 10_000) -> Figure:
    """Peak resident memory of a session with so many cells, its record and report included.

    Raises:
        RuntimeError: the session did not end as it should, or a runtime was loaded.
    """
    write_cells(folder, recipes=cells // 100)
    for name in ("data.npz", *(f"net{number}.onnx" for number in range(MODELS))):
        (folder / name).touch()  # none of them is opened
    text = PLAY.replace("HERE", repr(str(Path(__file__).parent))).replace("COUNT", str(cells))
    with (folder / "conftest.py").open("a", encoding="utf-8") as file:
        file.write(text)
    command = python(
        "-m", "pytest", *others_off(), "-q", "--no-header", "--tb=no", "-rN",
        "--edgebench-report=report.html", "--edgebench-json=run.json",
    )  # fmt: skip
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode != 1 or not (folder / "memory.json").is_file():
        raise RuntimeError(
            f"the session ended with {ended.returncode}:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}"
        )
    told = json.loads((folder / "memory.json").read_text(encoding="utf-8"))
    recorded = len(json.loads((folder / "run.json").read_text(encoding="utf-8"))["cases"])
    if told["loaded"] or recorded != cells:
        raise RuntimeError(f"{recorded} cells were recorded, with {told['loaded']}")
    what = f"{cells:,} cells collected, recorded and reported: peak memory of the pytest process"
    return Figure(what, 300, told["peak"] / 1e6, "MB")
