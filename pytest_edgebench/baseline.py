"""Which accepted state a session is compared with: the reporting process finds it, before collection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_edgebench.begin import COMMITTED
from pytest_edgebench.errors import baseline as errors
from pytest_edgebench.record import baseline as record

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.session import Session

POINTER = "baseline.json"


def find(session: Session) -> Baseline | None:
    """The folder, git ref or committed baseline a session is compared with, told to all its processes.

    A git ref is built in a worktree of its own (`ref.build`).

    Raises:
        BaselineError: it cannot be had.
    """
    settings = session.settings
    if session.ref is not None:
        return None
    given = settings.baseline
    if given is None:
        folder = settings.root / COMMITTED
        if not (folder / record.FILE).is_file():
            return None
        found = record.load(folder, kind="committed", name=f"{COMMITTED}/{record.FILE}")
    else:
        folder = session.config.invocation_params.dir / given
        if (folder / record.FILE).is_file():
            found = record.load(folder, name=given)
        else:
            from pytest_edgebench import ref

            found = ref.build(session, given)
    pointer = {"folder": str(found.folder), "kind": found.kind, "name": found.name}
    (session.run_folder / POINTER).write_text(json.dumps(pointer), encoding="utf-8")
    return found


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
    return {
        "kind": baseline.kind,
        "name": baseline.name,
        "commit": baseline.commit,
        "made": baseline.made,
        "host": "this machine" if same_host(baseline, host) else baseline.host.get("cpu", "another machine"),
        **{f"was {key}": value for key, value in differs.items() if key != "load_average"},
    }


def same_host(baseline: Baseline, host: dict[str, str]) -> bool:
    """Whether a baseline was made by a machine with this processor and name."""
    return all(baseline.host.get(key) == host.get(key) for key in ("host", "cpu", "cpu_features"))


def notes(baseline: Baseline, host: dict[str, str]) -> list[str]:
    """What a reader must know of a baseline."""
    if baseline.kind == "ref":
        return [errors.of_a_ref(baseline.name)]
    if same_host(baseline, host):
        return []
    then, now = (found.get("cpu", "unknown") for found in (baseline.host, host))
    return [errors.other_host(baseline.name, then, now)]
