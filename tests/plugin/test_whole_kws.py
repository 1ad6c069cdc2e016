"""The shortest path on real input: a given ``.tflite`` file, its 1,000 inputs, budgets, report."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from plugin_project import Project, Ran

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")

CONFTEST = """
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest_edgebench as eb

DATA = Path(os.environ["EDGEBENCH_DATA"])


@eb.model
def kws():
    given = np.load(DATA / "kws/kws_inputs.npz")
    return eb.Model(DATA / "models/mlperf_tiny/kws_int8.tflite", data=(given["x"], given["y"]), score=eb.top1)


def pytest_sessionfinish():
    heavy = {"torch", "onnx", "pandas", "sklearn"} & set(sys.modules)
    Path("heavy.txt").write_text(" ".join(sorted(heavy)))
"""
TEST = """\
import pytest_edgebench as eb


@eb.budget(accuracy="90 %", size="54 kB", ops="13", float_ops="0", latency="1 s")
def test_kept(edge):
    edge.check()


@eb.budget(accuracy="91 %")
@eb.budget(
    size="50 kB",
    message="what the bootloader leaves",
)
def test_broken(edge):
    edge.check()


@eb.cases(recipes="original")
def test_seen(edge):
    assert len(edge.predictions) == edge.accuracy.n == 1000
    assert edge.latency.p50.evidence == "host"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("kws") / "project", plain=True)
    project.write({"conftest.py": CONFTEST, "test_kws.py": TEST})
    return project


@pytest.fixture(scope="module")
def ran(project: Project) -> Ran:
    """One session that all tests here look at."""
    return project.run("--edgebench-report=report.html", "--junitxml=junit.xml").calm()


def test_green_and_red(ran: Ran) -> None:
    assert (ran.status, ran.outcomes) == (1, {"passed": 2, "failed": 1})
    assert "test_kws.py::test_broken[kws-original-host]" in ran.text


def test_the_failure_names_the_budgets_lines(ran: Ran) -> None:
    """Those of the two broken promises, with what was found and the user's own message."""
    assert re.search(r"^(and )?test_kws.py:10: (kws-original-host: )?", ran.text, re.M)
    assert re.search(r"^(and )?test_kws.py:9: (kws-original-host: )?accuracy 90.2 % < 91 %", ran.text, re.M)
    assert "(+1 limit)" in ran.text
    assert "what the bootloader leaves" in ran.text


def test_nothing_heavy_was_imported(ran: Ran, project: Project) -> None:
    loaded = (project.folder / "heavy.txt").read_text(encoding="utf-8").split()
    assert "torch" not in loaded


def test_the_record_has_unit_evidence_and_n(ran: Ran, project: Project) -> None:
    found = project.metrics("kws-original-host")
    assert found["accuracy"]["value"] == pytest.approx(90.2)
    assert (found["accuracy"]["unit"], found["accuracy"]["evidence"], found["accuracy"]["n"]) == (
        "%",
        "host",
        1000,
    )
    assert (found["size"]["value"], found["size"]["unit"], found["size"]["evidence"]) == (
        53_936,
        "B",
        "static",
    )
    assert found["ops"]["value"] == 13
    assert found["float_ops"]["value"] == 0
    for name in ("latency.p50", "latency.p95", "latency.min", "latency.mean", "load", "first_inference"):
        assert found[name]["unit"] == "s"
        assert found[name]["evidence"] == "host"
        assert found[name]["n"] >= 12
        assert 0 < found[name]["low"] <= found[name]["value"] <= found[name]["high"]


def test_junit_has_the_numbers(ran: Ran, project: Project) -> None:
    cases = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in ET.parse(project.folder / "junit.xml").iter("testcase")
    }
    kept, broken = cases["test_kept[kws-original-host]"], cases["test_broken[kws-original-host]"]
    assert kept["edgebench.verdict"] == "PASS"
    assert kept["edgebench.size"] == "53936 B"
    assert kept["edgebench.size.evidence"] == "static"
    assert kept["edgebench.accuracy"] == "90.2 %"
    assert kept["edgebench.accuracy.evidence"] == "host"
    assert kept["edgebench.accuracy.n"] == "1000"
    assert str(kept["edgebench.latency.p50"]).endswith(" s")
    assert broken["edgebench.verdict"] == "FAIL"
    assert broken["edgebench.accuracy.verdict"] == "FAIL"
    assert broken["edgebench.accuracy.budget"] == "91 %"


def test_the_report_tells_it_all(ran: Ran, project: Project) -> None:
    page = (project.folder / "report.html").read_text(encoding="utf-8")
    assert "kws-original-host" in page
    assert "test_kws.py:9" in page
    assert "90.2 %" in page
    assert "what the bootloader leaves" in page
    assert str(project.folder) not in page.replace(os.environ["EDGEBENCH_DATA"], "")


def test_without_edgebench_data_it_is_a_sentence(tmp_path: Path) -> None:
    """A model file that is not there: no traceback of ours, no pass."""
    project = Project(tmp_path, plain=True)
    project.write({"conftest.py": CONFTEST.replace("kws_int8", "lost"), "test_kws.py": TEST})
    ran = project.run().calm()
    assert ran.status == 1
    assert "passed" not in ran.outcomes
    assert "lost.tflite: model file not found" in ran.text
