"""One number a cell: recipes in rows, devices and their metrics in columns, in four ways to look at it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.reports import numbers, row_text, status
from pytest_edgebench.reports.change_table import ranks, slot_rows
from pytest_edgebench.reports.changes import why_silent
from pytest_edgebench.reports.scores import against_parent, is_score, order, title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.record.run import CaseResult, Metric, Run

MODES = ("absolute", "against the baseline", "against the original", "% of budget")
MOST_METRICS = 4
"""Of a device."""
HIDDEN = ("parameters", "macs", "ops", "float_ops", "gzip", "zstd", "first_inference", "load", "memory")
ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class DeviceCell:
    """One number.

    Attributes:
        called: its own status; None where there is no number, as `why` says.
        texts: in the order of the modes, or one for all of them.
        beside: half of its 95 % interval. bar: share of the largest in its column, %; None without.
    """

    called: status.Status | None
    texts: tuple[str, ...] = ()
    beside: str = ""
    bar: int | None = None
    key: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A metric of a device: ``size, kB``."""

    title: str
    key: str
    unit: numbers.Unit


@dataclass(frozen=True, slots=True)
class Group:
    """A device: what it is, the kind of evidence of its numbers, and its columns."""

    name: str
    about: str
    heads: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class DeviceRow:
    recipe: str
    cells: tuple[DeviceCell, ...]


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """A model on all its devices."""

    model: str
    groups: tuple[Group, ...]
    rows: tuple[DeviceRow, ...]

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """For each cell of a row: its name where columns are folded, and whether it begins a device."""
        return [
            (f"{group.name} {head.title}" + (f", {head.unit.sign}" if head.unit.sign else ""), not place)
            for group in self.groups
            for place, head in enumerate(group.heads)
        ]


def device_tables(run: Run, *, whole: bool = True) -> tuple[DeviceTable, ...]:
    """A table a model.

    Args:
        whole: all modes; else the first alone, for pages that would get too long.
    """
    models: dict[str, list[CaseResult]] = {}
    for case in run.cases:
        models.setdefault(case.model, []).append(case)
    return tuple(_table(run, model, cases, whole=whole) for model, cases in models.items())


def _table(run: Run, model: str, cases: Sequence[CaseResult], *, whole: bool) -> DeviceTable:
    devices: dict[str, list[CaseResult]] = {}
    recipes: dict[str, dict[str, CaseResult]] = {}
    for case in cases:
        devices.setdefault(case.profile, []).append(case)
        recipes.setdefault(case.variant_name, {})[case.profile] = case
    units = _units(cases)
    groups = tuple(_group(run, name, here, units) for name, here in devices.items())
    largest = {
        (group.name, head.key): max(
            (found.value for case in devices[group.name] if (found := _metric(case, head.key)) is not None),
            default=0.0,
        )
        for group in groups
        for head in group.heads
    }
    rows = [
        DeviceRow(
            recipe,
            tuple(
                _cell(here.get(group.name), head, largest[group.name, head.key], whole=whole)
                for group in groups
                for head in group.heads
            ),
        )
        for recipe, here in recipes.items()
    ]
    if ORIGINAL not in recipes:
        rows.append(_original(groups, devices))
    return DeviceTable(model, groups, tuple(rows))


def _units(cases: Sequence[CaseResult]) -> dict[str, numbers.Unit]:
    values: dict[str, list[Metric]] = {}
    for case in cases:
        for key, metric in (case.observation.metrics if case.observation is not None else {}).items():
            values.setdefault(key, []).append(metric)
    return {
        key: numbers.unit_for([metric.value for metric in found], found[0].unit)
        for key, found in values.items()
    }


def _group(run: Run, name: str, cases: Sequence[CaseResult], units: Mapping[str, numbers.Unit]) -> Group:
    seen: dict[str, int] = {}
    for case in cases:
        for key, rank in ranks(case).items():
            seen[key] = min(seen.get(key, 99), rank)
    shown = [key for key, rank in seen.items() if _wanted(key, rank)]
    shown.sort(key=order)
    heads = tuple(Head(title(key), key, _own_unit(cases, key, units[key])) for key in shown[:MOST_METRICS])
    return Group(name, _about(run, name, cases, shown), heads or (Head("status", "", numbers.Unit(1.0, "")),))


def _wanted(key: str, rank: int) -> bool:
    if key == "size" or is_score(key) or key == "latency.p50":
        return True
    base = key.partition(".")[0]
    return rank <= status.RANK["failed"] if base in HIDDEN else rank < status.RANK["pass"] or base == "arena"


def _own_unit(cases: Sequence[CaseResult], key: str, shared: numbers.Unit) -> numbers.Unit:
    """The model's unit, but of a device's own where that would be thousands of times off."""
    values = [metric.value for case in cases if (metric := _metric(case, key)) is not None]
    middle = sorted(abs(value) for value in values)[len(values) // 2] if values else 0.0
    if middle and not 0.01 <= middle / shared.factor < 100_000:
        metric = next(found for case in cases if (found := _metric(case, key)) is not None)
        return numbers.unit_for([middle], metric.unit)
    return shared


def _about(run: Run, name: str, cases: Sequence[CaseResult], shown: Sequence[str]) -> str:
    """``Cortex-A72 · onnxruntime · not connected``, with the kind of evidence."""
    facts = run.profiles.get(name, {})
    runtimes = [case.observation.runtime for case in cases if case.observation is not None]
    runtime = next((f"{one.get('name', '')} {one.get('version', '')}".strip() for one in runtimes if one), "")
    kinds = dict.fromkeys(
        metric.evidence
        for case in cases
        for key in shown
        if (metric := _metric(case, key)) is not None and metric.evidence != "static"
    )
    if facts and not facts.get("target"):
        where = "not connected"
    else:
        where = {"host": "this machine"}.get(facts.get("target", ""), facts.get("target", ""))
    told = [facts.get("cpu", ""), runtime or facts.get("runtime", ""), where]
    evidence = f"evidence: {', '.join(kinds)}" if kinds else ""
    return " · ".join(part for part in (*told, evidence) if part)


def _metric(case: CaseResult | None, key: str) -> Metric | None:
    if case is None or case.observation is None:
        return None
    return case.observation.metrics.get(key)


def _cell(case: CaseResult | None, head: Head, largest: float, *, whole: bool) -> DeviceCell:
    if case is None:
        return DeviceCell(None, why="not declared")
    metric = _metric(case, head.key)
    if metric is None:
        return DeviceCell(None, key=case.key, why=_why(case, head.key))
    rows = slot_rows(case, head.key)
    found = status.of_row(rows[0]) if rows else status.PASSED
    texts = [head.unit.bare(metric.value)]
    if whole:
        against = next(
            (
                numbers.change(row.change.value, row.change.unit)
                for row in rows
                if row.reference == "baseline" and row.change is not None
            ),
            "",
        )
        use = next((used for row in rows if row.place and (used := row_text.used(row, short=True))), "")
        changes = (against, against_parent(case, head.key, metric)[1])
        texts += [*(text.replace(" points", " pp") for text in changes), use]
    bar = None
    if whole and head.key == "size" and largest > 0:
        bar = max(2, round(100 * metric.value / largest))
    return DeviceCell(found, tuple(texts), _half(metric, head.unit), bar, case.key)


def _half(metric: Metric, unit: numbers.Unit) -> str:
    """``± 1.2``: half of the 95 % interval."""
    if metric.low is None or metric.high is None or not math.isfinite(metric.high - metric.low):
        return ""
    return f"± {numbers.significant((metric.high - metric.low) / 2 / unit.factor, 2)}"


def _why(case: CaseResult, key: str) -> str:
    shown = status.of_case(case)
    if shown in (*status.SILENT, status.ERROR):
        return f"{shown.label}: {why_silent(case)}" if shown in status.SILENT else shown.label
    missing = case.observation.missing if case.observation is not None else {}
    return missing.get(key.partition(".")[0], "not measured")


def _original(groups: Sequence[Group], devices: Mapping[str, Sequence[CaseResult]]) -> DeviceRow:
    cells = []
    for group in groups:
        parent = next((case.parent for case in devices[group.name] if case.parent is not None), None)
        for head in group.heads:
            metric = parent.metrics.get(head.key) if parent is not None else None
            if metric is None:
                cells.append(DeviceCell(None, why="not measured"))
            else:
                text = head.unit.bare(metric.value)
                cells.append(DeviceCell(status.PASSED, (text,), _half(metric, head.unit)))
    return DeviceRow(ORIGINAL, tuple(cells))
