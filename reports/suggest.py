"""Budgets at what was measured and a margin, as lines to paste above a test."""

from __future__ import annotations

import json
import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import unseen
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.reports.numbers import Unit, unit_for
from pytest_edgebench.reports.scores import is_higher_better, is_score

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from pytest_edgebench.record.run import CaseResult, Metric, Run

EXACT_MARGIN = 0.05
"""Of a counted number: other versions of converters move a size by some percent."""
NOISY_MARGIN = 0.15
"""Above the upper end of a timing's interval: the next machine is not this one."""
POINTS = 1.0
"""Of a score in %; of one in plain numbers, a hundredth of its value."""
MOST_PLACES = 15
"""No limit is suggested for a number that takes more: it cannot be one that was measured."""
EXACT = ("size", "macs", "ram", "flash")
NOISY = ("latency.p50",)


def suggestions(run: Run) -> list[str]:
    """Decorators that the measured cases keep; [] where nothing was measured.

    Exact numbers and scores get one budget a recipe, at the worst of its profiles, and latency one a recipe
    and profile. Numbers on profiles that are not reached from here have no latency, and get none.
    """
    found: dict[tuple[str, str], list[CaseResult]] = {}
    for case in run.cases:
        if case.observation is not None:
            found.setdefault((case.model, case.variant_name), []).append(case)
    lines = []
    for (model, recipe), cases in found.items():
        seen = [case.observation.metrics for case in cases if case.observation is not None]
        shared = {name: limit for name in _names(seen) if (limit := _limit(name, seen, cases))}
        if shared:
            lines.append(_line(model, recipe, "", shared))
        for case, metrics in zip(cases, seen, strict=True):
            times = {name.partition(".")[0]: _latency(metrics[name]) for name in NOISY if name in metrics}
            times = {name: limit for name, limit in times.items() if limit}
            if times:
                lines.append(_line(model, recipe, case.profile, times))
    return lines


def _names(seen: list[Mapping[str, Metric]]) -> list[str]:
    known = dict.fromkeys(name for metrics in seen for name in metrics)
    return [*(name for name in EXACT if name in known), *(name for name in known if is_score(name))]


def _line(model: str, recipe: str, profile: str, limits: Mapping[str, str]) -> str:
    parts = [_quoted(profile)] if profile else []
    parts += [f"models={_quoted(model)}", f"recipes={_quoted(recipe)}"]
    known = {name: limit for name, limit in limits.items() if name in METRICS}
    own = {name: limit for name, limit in limits.items() if name not in METRICS}
    parts += [f"{name}={_quoted(limit)}" for name, limit in known.items()]
    if own:
        body = ", ".join(f"{_quoted(name)}: {_quoted(limit)}" for name, limit in own.items())
        parts.append(f"metrics={{{body}}}")
    return f"@eb.budget({', '.join(parts)})"


def _limit(name: str, seen: list[Mapping[str, Metric]], cases: list[CaseResult]) -> str:
    """The limit of an exact number or a score, at the worst of some profiles; "" where there is no number."""
    metrics = [found[name] for found in seen if name in found and math.isfinite(found[name].value)]
    if not metrics or any(metric.floor for metric in metrics):  # under a floor nothing passes
        return ""
    if not is_score(name):
        most = max(metric.value for metric in metrics) * (1 + EXACT_MARGIN)
        most = math.ceil(most) if math.isfinite(most) else most
        return _text(most, metrics[0].unit, up=True)
    unit = metrics[0].unit
    higher = is_higher_better(name, cases)
    worst = (min if higher else max)(metric.value for metric in metrics)
    margin = POINTS if unit == "%" else abs(worst) / 100
    limit = max(0.0, worst - margin) if higher else worst + margin
    return _text(min(limit, 100.0) if unit == "%" else limit, unit, up=not higher, plain=True)


def _latency(metric: Metric) -> str:
    most = metric.high if metric.high is not None else metric.value
    return _text(most * (1 + NOISY_MARGIN), metric.unit, up=True)


def _text(value: float, unit: str, *, up: bool, plain: bool = False) -> str:
    """A limit as budgets are written, three digits, rounded to the side that is easier to keep, or ""."""
    if not math.isfinite(value):
        return ""
    # Scores are plain numbers: budgets of theirs take no k or M.
    scale = Unit(1.0, unit) if plain else unit_for([value], unit)
    exact = Decimal(repr(value)) / Decimal(repr(scale.factor))
    if not exact:
        return f"0 {scale.sign}".rstrip()
    if abs(exact.adjusted()) > MOST_PLACES:
        return ""
    step = Decimal(1).scaleb(exact.adjusted() - 2)
    rounded = exact.quantize(step, rounding=ROUND_CEILING if up else ROUND_FLOOR).normalize()
    return f"{rounded:f} {scale.sign}".rstrip()


def _quoted(text: str) -> str:
    """A Python string; what could steer a terminal or GitHub's runner is escaped."""
    return unseen().sub(_escaped, json.dumps(text, ensure_ascii=False)).replace("##[", "#\\x23[")


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
