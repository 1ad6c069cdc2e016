"""One search: chains of steps in all orders, built, measured and compared on each profile."""

from __future__ import annotations

import shutil
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError, UnsupportedError
from pytest_edgebench.case.toolbox import Toolbox, format_of
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.recipe_search.chains import Refused, Shared, try_build
from pytest_edgebench.recipe_search.result import Candidate, Order, Search, best_of, with_front
from pytest_edgebench.record.phase import PERIOD_S, Phase, line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.declare.limit import Limit
    from pytest_edgebench.declare.model import Format, Model, Step
    from pytest_edgebench.measure.observer import Scored
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.recipe_search.chains import Chain
    from pytest_edgebench.record.run import Metric


@dataclass(slots=True)
class _Meter:
    """Progress on the standard error stream: one line drawn anew on a terminal, else one in half a minute."""

    total: int
    show: bool
    seconds: list[float] = field(default_factory=list)
    last: float = field(default_factory=time.monotonic)

    def step(self, seconds: float | None, title: str) -> None:
        """Tell what is begun, `seconds` after the one before was."""
        if seconds is not None:
            self.seconds.append(seconds)
        if not self.show:
            return
        live, now = sys.stderr.isatty(), time.monotonic()
        if not live and now - self.last < PERIOD_S:
            return
        self.last = now
        items = [f"{number}" for number in range(self.total)]
        done = dict(zip(items, self.seconds, strict=False))
        begun = dict.fromkeys(done, 0.0) | {title: 1.0}
        planned = {*items[: self.total - 1], title}
        text = line([Phase("trying chains", planned, begun, done, {"main"})],
                    shutil.get_terminal_size().columns)  # fmt: skip
        sys.stderr.write(f"\r\x1b[K{text}" if live else f"edgebench: {text}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self.show and sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class SearchRun:
    """One search."""

    def __init__(
        self,
        toolbox: Toolbox,
        built: Callable[[], int],
        model: Model,
        pool: Sequence[Step],
        every: Sequence[Chain],
        profiles: Sequence[Profile],
        limits: Sequence[Limit],
        show: bool,
        deployed: Path | None = None,
    ) -> None:
        self._toolbox = toolbox
        self._model = model
        self._score = as_score(model.score)
        self._profiles = profiles
        self._limits = limits
        self._show = show
        self._deployed = deployed
        formats = {profile.name: format_of(profile, model) for profile in profiles}
        self._formats: dict[str, Format] = formats
        self._shared = {
            fmt: Shared(toolbox.builder, toolbox.cache, model, fmt, pool, built)
            for fmt in dict.fromkeys(formats.values())
        }
        self._refused: list[Refused] = []
        self._plan: list[tuple[Format, Chain]] = []
        for fmt, shared in self._shared.items():
            for chain in every:
                refused = shared.refused(chain)
                if refused is None:
                    self._plan.append((fmt, chain))
                else:
                    self._refused.append(refused)
        self._found: dict[str, list[tuple[Chain, Candidate, Scored]]] = defaultdict(list)
        self._reference: dict[str, dict[str, Metric]] = {}

    def search(self, objective: str, end: float) -> Search:
        """Build and measure until the end of the plan, or of the time."""
        meter, tried, spent = _Meter(len(self._plan), self._show), 0, None
        for fmt in dict.fromkeys(fmt for fmt, _ in self._plan):
            self._shared[fmt].begin()
        try:
            for fmt, chain in self._plan:
                began = time.monotonic()
                if began >= end:
                    break
                meter.step(spent, " → ".join(map(str, self._shared[fmt].steps(chain))))
                self._try(fmt, chain)
                tried, spent = tried + 1, time.monotonic() - began
        finally:
            meter.end()
        lower = self._score.lower_is_better
        higher = objective == self._score.name and not lower
        candidates: list[Candidate] = []
        orders: list[Order] = []
        for found in self._found.values():
            each = with_front([candidate for _, candidate, _ in found], self._score.name, lower)
            candidates += each
            best = best_of(each, objective, higher)
            if best is not None:
                orders += self._orders(found, each, each.index(best))
        costs = [shared.costs() for shared in self._shared.values()]
        told = [cost for cost in costs if cost is not None]
        whole = len(told) == len(costs)
        return Search(
            objective, higher, tuple(candidates), tuple(self._refused), tuple(orders), len(self._plan), tried,
            sum(cost[0] for cost in told) if whole else None,
            sum(cost[1] for cost in told) if whole else None,
        )  # fmt: skip

    def _try(self, fmt: Format, chain: Chain) -> None:
        shared = self._shared[fmt]
        artifact = try_build(shared, chain, fmt)
        if isinstance(artifact, Refused):
            self._refused.append(artifact)
            return
        for profile in self._profiles:
            if self._formats[profile.name] != fmt:
                continue
            try:
                metrics, scored = self._measure(artifact, fmt, profile)
            except EdgebenchError as error:
                reason = f"{error.what} (on {profile.name})"
                self._refused.append(Refused(shared.steps(chain), fmt, reason))
                continue
            broken = self._broken(metrics, fmt, profile)
            candidate = Candidate(
                self._model.name, profile.name, shared.steps(chain), metrics, broken, artifact.digest
            )
            self._found[profile.name].append((chain, candidate, scored))

    def _measure(self, artifact: Artifact, fmt: Format, profile: Profile) -> tuple[dict[str, Metric], Scored]:
        observer, spec = self._toolbox.observer, self._toolbox.spec(profile, fmt, self._model)
        scored = observer.scored(artifact, spec, self._model, profile.batch, self._model.place)
        metrics = {"size": observer.static(artifact, self._model)["size"], scored.name: scored.metric}
        if self._deployed is not None:
            metrics["update"] = self._update(artifact, self._deployed)
        if profile.measured:
            timed = observer.timed(artifact, spec, self._model, profile.batch)
            metrics["latency"] = timed.metrics["latency.p50"]
        return metrics, scored

    def _update(self, artifact: Artifact, deployed: Path) -> Metric:
        """Bytes of a patch from the file that devices have now."""
        from pytest_edgebench.artifacts import update
        from pytest_edgebench.metrics.errors import too_large
        from pytest_edgebench.record.run import Metric

        files = tuple(artifact.record.files)
        if (size := update.size(artifact.path, files)) > update.MOST_BYTES:
            raise UnsupportedError(too_large(size), where=self._model.place)
        found = update.cached(self._toolbox.cache, deployed, (deployed.name,), artifact.path, files)
        return Metric(float(found), "B", "static", len(files), note=f"patch of {update.title()}, applied")

    def _broken(self, metrics: Mapping[str, Metric], fmt: Format, profile: Profile) -> tuple[str, ...]:
        """Budgets that are not met, literally."""
        from pytest_edgebench.judge.exact import as_written, bound_of, breaks
        from pytest_edgebench.judge.formatting import quantity

        out = []
        for limit in self._limits:
            reference = None
            if limit.reference:
                reference = as_written(self._parent(fmt, profile)[limit.metric].value)
            value = metrics[limit.metric]
            scored = limit.metric == self._score.name
            higher = scored and not self._score.lower_is_better
            bound = bound_of(limit, reference, fraction=scored and self._score.fraction)
            if breaks(as_written(value.value), bound, higher_is_better=higher):
                out.append(f"{limit.metric} {quantity(value.value, value.unit)} for {limit.text!r}")
        return tuple(out)

    def _parent(self, fmt: Format, profile: Profile) -> dict[str, Metric]:
        """The model itself on the profile, measured when a limit first asks for it."""
        if profile.name not in self._reference:
            artifact = self._toolbox.builder.build(self._model, fmt)
            self._reference[profile.name] = self._measure(artifact, fmt, profile)[0]
        return self._reference[profile.name]

    def _orders(
        self, found: Sequence[tuple[Chain, Candidate, Scored]], marked: Sequence[Candidate], best: int
    ) -> list[Order]:
        """The best chain against each other order of its steps."""
        chain, _, scored = found[best]
        rivals = [
            place
            for place, (other, _, _) in enumerate(found)
            if other != chain and sorted(other) == sorted(chain)
        ]
        pairs = (len(rivals) + 1) * len(rivals)
        return [self._order(marked[best], scored, marked[place], found[place][2], pairs) for place in rivals]

    def _order(self, best: Candidate, mine: Scored, other: Candidate, theirs: Scored, pairs: int) -> Order:
        from pytest_edgebench.judge.accuracy import differences, right_wrong

        lower = self._score.lower_is_better
        sign = 1.0 if lower else -1.0
        drop = sign * (theirs.metric.value - mine.metric.value)
        p = None
        if mine.samples is not None and theirs.samples is not None:
            if self._score.correctness:
                p = right_wrong(mine.samples, theirs.samples).p_worse()
            else:
                p = differences(mine.samples, theirs.samples, lower_is_better=lower).p_worse()
            p = min(1.0, pairs * p)
        size = int(other.metrics["size"].value - best.metrics["size"].value)
        return Order(best, other, size, drop, mine.metric.unit, p, pairs)
