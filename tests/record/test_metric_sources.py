"""Metrics of other packages: found by entry point, made sure of, shown in their units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.record import units
from pytest_edgebench.record.errors import SourceError
from pytest_edgebench.record.metrics_table import MetricsTable

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
from pytest_edgebench.record.metric_info import MetricInfo

GIVES = {"energy": MetricInfo("J", "noisy", "energy", False, units={"J": "1", "mJ": "1e-3", "milli": "1e-3"})}
NEEDS = "run"
measure = why = lambda view: None
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    return Installer(tmp_path, monkeypatch)


class Installer:
    """Puts packages of one file, ``NAME.py``, on the path of this test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._patch = folder, monkeypatch

    def __call__(self, name: str, source: str) -> MetricsTable:
        """All metrics, with those of this package."""
        folder = self._folder / name
        info = folder / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[pytest_edgebench.metrics]\n{name} = {name}\n")
        (folder / f"{name}.py").write_text(source)
        self._patch.syspath_prepend(folder)
        return MetricsTable()


def test_of_this_package_alone() -> None:
    found = MetricsTable()
    assert found["size"].unit == "B"
    assert len(found) == len(list(found)) == len(set(found))
    assert "energy" not in found
    ranks = [found[name].rank for name in found]
    assert ranks == sorted(ranks)


def test_of_another_package(install: Installer) -> None:
    found = install("meter_good", SOURCE)
    assert found["energy"].unit == "J"
    assert list(found)[-1] == "energy"
    (last,) = [source for source in found.sources if source.package]
    assert (last.name, last.package, last) == ("meter_good", "meter_good", found.sources[-1])


def test_its_units(install: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two names of one size the first is shown."""
    units.scales.cache_clear()
    monkeypatch.setattr(units, "METRICS", install("meter_units", SOURCE))
    assert units.scales("J") == ((1.0, "J"), (1e-3, "mJ"))
    assert units.scales("s") == ((1.0, "s"),)
    assert units.scales("kWh") == ((1.0, "kWh"),), "as where a record of another machine is read"
    units.scales.cache_clear()


NOT_ONE = "the metric source {name!r} of {name} has no GIVES"


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("meter_empty", "", NOT_ONE),
        ("meter_nothing", SOURCE.replace("GIVES = {", "GIVES = {} and {"), NOT_ONE),
        ("meter_list", "GIVES = ['energy']", NOT_ONE),
        ("meter_mute", SOURCE.replace("why =", "other ="), NOT_ONE),
        ("meter_plain", SOURCE + "GIVES = {'energy': 'J'}", NOT_ONE),
        ("meter_need", SOURCE.replace('"run"', '"a meter"'), "{name!r} of {name} has NEEDS = 'a meter'"),
        ("meter_raise", "raise RuntimeError('no driver')", "cannot be imported: RuntimeError: no driver"),
        (
            "meter_twice",
            SOURCE.replace('"energy":', '"size":'),
            "the metric 'size' has two sources: static and {name}",
        ),
    ],
)
def test_what_is_no_source_is_refused(install: Installer, name: str, source: str, said: str) -> None:
    found = install(name, source)
    assert found["latency"].unit == "s", "its own metrics are there without any other package"
    with pytest.raises(SourceError) as caught:
        found["energy"]
    assert said.format(name=name) in caught.value.what
    assert caught.value.fix


def test_two_packages_by_one_name(install: Installer, tmp_path: Path) -> None:
    install("meter_first", SOURCE)
    found = install("meter_second", SOURCE)
    points = tmp_path / "meter_second" / "meter_second-1.dist-info" / "entry_points.txt"
    points.write_text("[pytest_edgebench.metrics]\nmeter_first = meter_second\n")
    with pytest.raises(SourceError, match="two packages register 'meter_first'"):
        found["energy"]


def test_two_packages_with_one_metric(install: Installer) -> None:
    install("meter_one", SOURCE)
    found = install("meter_two", SOURCE)
    with pytest.raises(SourceError, match="'energy' has two sources: meter_one and meter_two") as caught:
        found["energy"]
    assert caught.value.fix == "rename it in meter_two, or uninstall that package"
