"""The HTML report of 96, 1,000 and 10,000 cells: its size, the time it takes, its start in a browser."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench_figure import Figure, figure, python
from report_cells import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.record.run import Run

TARGETS = ((96, 200, 0.2), (1_000, 1_000, 1.0), (10_000, 5_000, 5.0))
"""Cells, kB of the page, seconds for all files of the report."""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
COLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from report_cells import record
run = record(96)
began = time.perf_counter()
from pytest_edgebench.reports import html
html.files_of(run, Path("report.html"))
print(time.perf_counter() - began)
"""


def pages(folder: Path, count: int) -> Iterator[Figure]:
    """Files of a report, made from the results in memory; the browser opens what was written.

    The first page of a process also loads jinja2 and compiles the templates: it has a figure of its own.
    """
    folder.mkdir()
    here = str(Path(__file__).parent)
    cold = [
        float(subprocess.run(python("-c", COLD, here), capture_output=True, text=True, check=True).stdout)
        for _ in range(count)
    ]
    yield figure("report of 96 cells, the first of a process", 0.2, "s", cold)
    for cells, most_kb, most_s in TARGETS:
        run, path = record(cells), folder / f"report{cells}.html"
        times = [_seconds(run, path) for _ in range(count if cells < 10_000 else max(1, count // 2))]
        yield figure(f"report of {cells:,} cells", most_s, "s", times)
        yield Figure(f"report of {cells:,} cells: the page", most_kb, path.stat().st_size / 1000, "kB")
    yield from loading(path, count)


def _seconds(run: Run, path: Path) -> float:
    """How long the texts of a report take; they are written, which is not counted."""
    from pytest_edgebench.record import store
    from pytest_edgebench.reports import html

    began = time.perf_counter()
    made = html.files_of(run, path)
    took = time.perf_counter() - began
    for place, text in made:
        store.write(place, text)
    return took


def loading(path: Path, count: int) -> Iterator[Figure]:
    """The load event of the page in Chromium; nothing where there is no Chromium or no Playwright."""
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    try:
        from playwright import sync_api
    except ImportError:
        program = None
    if program is None:
        return
    event = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"
    times: list[float] = []
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(count):
            page = browser.new_page()
            page.goto(path.as_uri(), wait_until="load")
            page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
            times.append(page.evaluate(event) / 1000)
            page.close()
        browser.close()
    yield figure("report of 10,000 cells: load event in Chromium", 2, "s", times)
