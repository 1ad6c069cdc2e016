"""Which accepted state a session is compared with: the reporting process finds it, before collection."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from pytest_edgebench.base.names import COMMITTED
from pytest_edgebench.baselines import errors
from pytest_edgebench.record import baseline as record
from pytest_edgebench.record import errors as record_errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.settings.resolve import Settings

POINTER = "baseline.json"


def listed(settings: Settings, start: Path) -> Baseline | None:
    """The folder or committed baseline that a session is compared with; None for a git ref, or without one.

    Args:
        start: the folder that a path given by the user is seen from.

    Raises:
        BaselineError: it cannot be read.
    """
    if settings.baseline is None:
        folder = settings.root / COMMITTED
        if os.path.lexists(folder) and not folder.is_dir():
            raise record_errors.no_folder(str(folder))
        if not os.path.lexists(folder / record.FILE):
            return None
        return record.load(folder, kind="committed", name=f"{COMMITTED}/{record.FILE}")
    folder = start / settings.baseline
    if not os.path.lexists(folder / record.FILE):
        return None
    return record.load(folder, name=settings.baseline)


def tell(found: Baseline, run_folder: Path) -> None:
    """Tell all processes of a session which baseline it has."""
    pointer = {"folder": str(found.folder), "kind": found.kind, "name": found.name}
    (run_folder / POINTER).write_text(json.dumps(pointer), encoding="utf-8")


def found(run_folder: Path) -> Baseline | None:
    """The baseline that the reporting process told of in the run folder."""
    try:
        pointer = json.loads((run_folder / POINTER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    from pathlib import Path

    return record.load(Path(pointer["folder"]), kind=pointer["kind"], name=pointer["name"])


def header(baseline: Baseline, host: dict[str, str]) -> dict[str, str]:
    """What a run record says of what it was compared with, and as "was cpu" where its machine differed."""
    differs = {key: value for key, value in baseline.host.items() if host.get(key, value) != value}
    elsewhere = baseline.host.get("cpu", "another machine")
    return {
        "kind": baseline.kind,
        "name": baseline.name,
        "commit": baseline.commit,
        "made": baseline.made,
        "host": "this machine" if same_host(baseline.host, host) else elsewhere,
        **{f"was {key}": value for key, value in differs.items() if key != "load_average"},
    }


def same_host(made: Mapping[str, str], host: Mapping[str, str]) -> bool:
    """Whether both are a machine with this processor and name."""
    return all(made.get(key) == host.get(key) for key in ("host", "cpu", "cpu_features"))


def notes(baseline: Baseline, host: Mapping[str, str]) -> list[str]:
    """What a reader must know of a baseline."""
    if baseline.kind == "ref" and not baseline.cases and not baseline.broken:
        return [errors.ref_without(baseline.name)]
    if baseline.kind == "ref":
        return [errors.of_a_ref(baseline.name)]
    hosts = [entry.host for entry in baseline.cases.values() if entry.host] or [baseline.host]
    others = [made for made in hosts if not same_host(made, host)]
    if not others:
        return []
    then, now = (found.get("cpu", "unknown") for found in (others[0], host))
    return [errors.other_host(baseline.name, then, now)]
