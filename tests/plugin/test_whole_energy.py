"""Somebody's energy meter: a metric source in a package of its own, installed beside this one."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_project import DESCRIBED, Project

METER = Path(__file__).with_name("energy_meter.py")


def budget_test(limits: str) -> str:
    return f"import pytest_edgebench as eb\n\n\n@eb.budget({limits})\ndef test_net(edge):\n    edge.check()\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages with the meter in it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "energy_meter.py").write_text(METER.read_text(encoding="utf-8"), encoding="utf-8")
    info = folder / "joule_meter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: joule-meter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pytest_edgebench.metrics]\nenergy = energy_meter\n")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path / "p")
    found.write({"edgebench.toml": DESCRIBED, "meter.txt": "0.0009\n0.0008\n0.0007\n"})
    return found


def test_a_budget_that_is_kept(project: Project, site: Path) -> None:
    project.write({"test_net.py": budget_test('energy="1 mJ"')})
    ran = project.run("-k", "fp16", environment={"PYTHONPATH": str(site)}).calm()
    assert ran.status == 0, ran.text
    found = project.metrics("net-fp16-board")["energy"]
    assert (found["value"], found["unit"], found["evidence"]) == (0.0008, "J", "device")
    (row,) = _rows(project)
    assert (row["verdict"], row["bound"]) == ("PASS", 0.001)


def test_a_budget_that_is_broken(project: Project, site: Path) -> None:
    project.write({"test_net.py": budget_test('metrics={"energy": "750 uJ"}')})
    ran = project.run("-k", "fp16", environment={"PYTHONPATH": str(site)}).calm()
    assert ran.status == 1
    assert "800 uJ is 50.0 uJ over the limit of 750 uJ" in str(_rows(project)[0]["reason"])
    assert "800 uJ" in ran.text


def test_a_missing_number_has_the_packages_own_reason(project: Project, site: Path) -> None:
    (project.folder / "meter.txt").unlink()
    project.write({"test_net.py": budget_test('energy="1 mJ"')})
    ran = project.run("-k", "fp16", environment={"PYTHONPATH": str(site)}).calm()
    assert ran.status == 1
    own = "no meter is connected to board: plug it in and write meter.txt"
    assert own in str(_rows(project)[0]["reason"])
    assert own in ran.text


def test_nothing_is_measured_that_nobody_asked_for(project: Project, site: Path) -> None:
    project.write({"test_net.py": budget_test('size="1 MB"')})
    assert project.run("-k", "fp16", environment={"PYTHONPATH": str(site)}).calm().status == 0
    assert not (project.folder / "asked.txt").exists()
    assert "energy" not in project.metrics("net-fp16-board")


def test_a_test_that_reads_it(project: Project, site: Path) -> None:
    project.write({"test_net.py": "def test_net(edge):\n    assert edge.energy.value == 0.0008\n"})
    assert project.run("-k", "fp16", environment={"PYTHONPATH": str(site)}).calm().status == 0
    assert (project.folder / "asked.txt").read_text().count("\n") == 1


def test_against_the_float_model(project: Project, site: Path) -> None:
    project.write({"test_net.py": budget_test('energy="model + 5 %"')})
    assert project.run("-k", "fp16", environment={"PYTHONPATH": str(site)}).calm().status == 0
    assert [(row["verdict"], row["reference_value"]) for row in _rows(project)] == [("PASS", 0.0008)]


def test_mistakes_of_the_package_name_it(project: Project, site: Path, tmp_path: Path) -> None:
    project.write({"test_net.py": budget_test('energy="1 mJ"')})
    ran = project.run(
        "-k", "fp16", environment={"PYTHONPATH": str(site), "METER_BROKEN": "1"}
    )  # fmt: skip
    assert ran.status == 1
    assert "the metric source 'energy' of joule-meter failed: OSError: the meter does not answer" in ran.text
    ran = project.run("-k", "fp16")
    assert ran.status != 0
    assert "there is no metric 'energy'" in ran.text or "unknown metric 'energy'" in ran.text


def test_a_wrong_unit(project: Project, site: Path) -> None:
    project.write({"test_net.py": budget_test('energy="1 kJ"')})
    ran = project.run("-k", "fp16", environment={"PYTHONPATH": str(site)})
    assert ran.status != 0
    assert "unit 'kJ' does not fit energy" in ran.text
    assert "J, mJ, uJ" in ran.text


def _rows(project: Project) -> list[dict[str, object]]:
    """The judged budgets on energy, from the record."""
    (found,) = [each for each in project.record()["cases"] if each["key"] == "net-fp16-board"]
    rows = [row for check in found["checks"] for row in check.get("rows", ())]
    return [row for row in rows if row["metric"] == "energy"]
