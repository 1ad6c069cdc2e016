"""What a change demands less of a case than was demanded when it was accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.baselines import errors
from pytest_edgebench.baselines.terms import LEVELS, Placed, Today, strictness, upwards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_edgebench.record.terms import Demand, Terms, Waived

HIGHER, LOWER, OTHER = "higher", "lower", "other"
LOOSER: Mapping[str, str | tuple[str, ...]] = {
    "edgebench_alpha": LOWER,
    "edgebench_max_loads": LOWER,
    "edgebench_cap_seconds": LOWER,
    "edgebench_default_latency_tolerance": HIGHER,
    "edgebench_baseline_limit": HIGHER,
    "edgebench_accuracy_mode": OTHER,
    "--edgebench-inconclusive": ("pass", "fail"),
    "--edgebench-regressions": ("warn", "error"),
    "--edgebench-loosened": ("warn", "error"),
    "--edgebench-lint": ("off", "warn", "error"),
    "edgebench_lint": ("off", "warn", "error"),
    "required": ("false", "true"),
    "dedicated": ("false", "true"),
    "ram": HIGHER,
    "flash": HIGHER,
}
"""Setting → which values demand less: higher ones, lower ones, any other, or those that come first here."""


def loosened(then: Terms, now: Today) -> list[str]:
    """One clause for each thing that is demanded less of a case than before."""
    return [*_limits(then, now), *_switched_off(then, now), *_gate(then.gate, now.gate), *_waivers(then, now)]


def _limits(then: Terms, now: Today) -> Iterator[str]:
    for name, old in then.demands.items():
        if old.level == "off":
            continue
        up = upwards(name, higher_is_better=then.higher_is_better)
        new = now.demands.get(name, ())
        if not new:
            skipped = now.skipped.get(name, "")
            yield errors.demanded_no_more(name, old.text, skipped, switched_off=name in now.off)
        elif not any(_as_strict(placed.demand, old, up=up) for placed in new):
            best = max(new, key=lambda placed: strictness(placed.demand, up=up))
            yield _less(name, old, best)


def _as_strict(new: Demand, old: Demand, *, up: bool) -> bool:
    if new.unit != old.unit:
        return False
    return all(a >= b for a, b in zip(strictness(new, up=up), strictness(old, up=up), strict=True))


def _less(name: str, old: Demand, new: Placed) -> str:
    parts = []
    demand = new.demand
    if (demand.amount, demand.unit) != (old.amount, old.unit):
        parts.append((f"limit {demand.text}", old.text))
    if LEVELS.index(demand.level) < LEVELS.index(old.level):
        by = f" by pytest.mark.xfail on {new.excused}" if new.excused else ""
        parts.append((f"level {demand.level}{by}", old.level))
    if demand.evidence != old.evidence:
        parts.append((f"evidence {demand.evidence or 'of any kind'}", old.evidence or "of any kind"))
    return errors.demanded_less(new.place, name, parts)


def _switched_off(then: Terms, now: Today) -> Iterator[str]:
    for name in now.off:
        if name not in then.off and name not in then.demands:
            yield errors.check_off(name)


def _gate(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name, rule in LOOSER.items():
        old, new = then.get(name), now.get(name)
        if old == new or (old is None and rule != LOWER and isinstance(rule, str)):
            continue
        if _looser(rule, old, new):
            yield errors.setting_looser(name, new, old)


def _looser(rule: str | tuple[str, ...], old: str | None, new: str | None) -> bool:
    if isinstance(rule, tuple):
        # An option that is not in the ini file has its default, which none of these may fall below.
        place = {value: index for index, value in enumerate(rule)}
        return old is not None and place.get(new or "", -1) < place.get(old, -1)
    if rule == OTHER:
        return True
    if old is None or new is None:
        return new is None and rule == HIGHER  # a memory limit that is gone
    return float(new) > float(old) if rule == HIGHER else float(new) < float(old)


def _waivers(then: Terms, now: Today) -> Iterator[str]:
    for name, new in now.waived.items():
        old: Waived | None = then.waived.get(name)
        up = upwards(name, higher_is_better=then.higher_is_better)
        if old is None:
            yield errors.waiver_new(name, new.text, new.until)
        elif new.until > old.until or new.unit != old.unit or _further(new, old, up=up):
            yield errors.waiver_further(
                name, f"{new.text} until {new.until}", f"{old.text} until {old.until}"
            )


def _further(new: Waived, old: Waived, *, up: bool) -> bool:
    return new.amount < old.amount if up else new.amount > old.amount
