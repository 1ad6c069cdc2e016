"""The accepted state: what is kept of each case, as a folder that can be committed, and read back.

``baseline.json`` holds one case a line, sorted, with a check sum of the line, so that a review sees which
case changed and an edit by hand is noticed. ``baseline/<digest>/`` holds the files of an artifact,
``baseline/<digest>.npz`` the outputs on the labelled data.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.errors import baseline as errors
from pytest_edgebench.errors.record import RecordError
from pytest_edgebench.record.codec import Decoder, encode
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    Outputs = tuple[NDArray[np.generic], ...]

SCHEMA = 1
FILE = "baseline.json"
FILES = "baseline"
SUM = "sum"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of one case.

    Attributes:
        case: its key. place: ``file:line`` of the recipe.
        tests: files with tests of the case, from the root folder.
        digest: SHA-256 of the artifact's canonical bytes. model: name of the model file.
        files: file name → SHA-256 of its bytes.
        artifact_key: SHA-256 of what it was made from. steps, versions: how, and by which libraries.
        runtime: name, version and threads of what ran it.
        metrics: exact ones, and the score. ops: op type → nodes.
        parent: digest of the uncompressed model for the same profile; "" when it was not built.
        profile_keys: the profile, key by key.
        outputs: SHA-256 of the file of outputs; "" without. data: SHA-256 of the labelled data.
    """

    case: str
    model_name: str
    recipe: str
    variant: str
    profile: str
    place: str
    tests: tuple[str, ...]
    digest: str
    format: str
    model: str
    files: Mapping[str, str]
    artifact_key: str
    steps: tuple[str, ...]
    versions: Mapping[str, str]
    runtime: Mapping[str, str]
    metrics: Mapping[str, Metric]
    ops: Mapping[str, int] = field(default_factory=dict)
    parent: str = ""
    profile_keys: Mapping[str, str] = field(default_factory=dict)
    outputs: str = ""
    data: str = ""


@dataclass(frozen=True)
class Baseline:
    """An accepted state in a folder.

    Attributes:
        folder: where `FILE` lies.
        made: ISO 8601, UTC. commit: of the tree it was made from; "" when unknown.
        host: facts of the machine. cases: key → entry.
        broken: key → why a case of a git ref could not be built there; it is compared with nothing.
        kind, name: "folder", "ref" or "committed", and what the user called it.
    """

    folder: Path
    made: str = ""
    commit: str = ""
    host: Mapping[str, str] = field(default_factory=dict)
    cases: Mapping[str, Entry] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    kind: str = "folder"
    name: str = ""

    def artifact(self, entry: Entry) -> Path:
        """The model file of an entry, its files checked by digest.

        Raises:
            BaselineError: a file is gone or was changed.
        """
        folder = self.folder / FILES / entry.digest
        if entry.digest in self._whole:
            return folder / entry.model
        for name, sum_ in entry.files.items():
            if not (folder / name).is_file():
                raise errors.file_gone(self.title, f"{FILES}/{entry.digest[:12]}/{name}", entry.case)
            if _sum(folder / name) != sum_:
                raise errors.file_changed(self.title, f"{FILES}/{entry.digest[:12]}/{name}", entry.case)
        self._whole.add(entry.digest)
        return folder / entry.model

    def outputs(self, entry: Entry) -> Outputs | None:
        """The outputs on the labelled data; None where none were kept.

        Raises:
            BaselineError: the file is gone or was changed.
        """
        if not entry.outputs:
            return None
        import numpy as np

        path = self.folder / FILES / f"{entry.outputs}.npz"
        if not path.is_file():
            raise errors.file_gone(self.title, f"{FILES}/{path.name[:12]}….npz", entry.case)
        if _sum(path) != entry.outputs:
            raise errors.file_changed(self.title, f"{FILES}/{path.name[:12]}….npz", entry.case)
        with np.load(path, allow_pickle=False) as archive:
            return tuple(archive[f"output_{i}"] for i in range(len(archive.files)))

    @property
    def title(self) -> str:
        """What the user calls it."""
        return self.name or str(self.folder)

    @cached_property
    def _whole(self) -> set[str]:
        return set()


def load(folder: Path, *, kind: str = "folder", name: str = "") -> Baseline:
    """Read a baseline; its artifacts are looked at when they are needed.

    Raises:
        BaselineError: missing, truncated, of another schema, or edited by hand.
    """
    path = folder / FILE
    where = name or str(path)
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise errors.no_file(where) from None
    except (OSError, ValueError) as cause:
        raise errors.not_readable(str(path), str(cause)) from None
    if not isinstance(plain, dict) or not isinstance(plain.get("schema"), int):
        raise errors.not_a_baseline(str(path))
    if plain["schema"] != SCHEMA:
        raise errors.other_schema(str(path), plain["schema"], SCHEMA)
    cases: dict[str, Entry] = {}
    try:
        for line in plain["cases"]:
            called = str(line.get("case", "?"))
            if line.pop(SUM, None) != _line_sum(line):
                raise errors.edited(str(path), called)
            if called in cases:
                raise errors.twice(str(path), called)
            cases[called] = Decoder(str(path)).build(Entry, line, called)
        texts = {key: str(plain.get(key, "")) for key in ("made", "commit")}
        host = {str(key): str(value) for key, value in plain.get("host", {}).items()}
        broken = {str(key): str(value) for key, value in plain.get("broken", {}).items()}
    except (KeyError, TypeError, AttributeError, RecordError) as cause:
        raise errors.not_readable(str(path), str(cause)) from None
    return Baseline(folder, texts["made"], texts["commit"], host, cases, broken, kind, name)


def save(baseline: Baseline, artifacts: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    """Write a baseline into its folder: files first, then the list; what that does not name goes.

    Args:
        artifacts: digest → a folder with the files of the artifact, for those not there yet.
        outputs: SHA-256 → a file of outputs, for those not there yet.

    Raises:
        RecordError: the folder cannot be written.
    """
    from pytest_edgebench.errors import record
    from pytest_edgebench.record.store import write

    store = baseline.folder / FILES
    try:
        store.mkdir(parents=True, exist_ok=True)
        for entry in baseline.cases.values():
            target = store / entry.digest
            if entry.digest in artifacts and not _holds(target, entry):
                staged = store / f".{entry.digest}"
                shutil.rmtree(staged, ignore_errors=True)
                for name in entry.files:
                    (staged / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(artifacts[entry.digest] / name, staged / name)
                shutil.rmtree(target, ignore_errors=True)
                staged.rename(target)
            if entry.outputs in outputs and not (store / f"{entry.outputs}.npz").is_file():
                staged = store / f".{entry.outputs}"
                shutil.copyfile(outputs[entry.outputs], staged)
                staged.rename(store / f"{entry.outputs}.npz")
        write(baseline.folder / FILE, dump(baseline))
        _sweep(store, baseline.cases.values())
    except OSError as cause:
        raise record.cannot_write(str(baseline.folder), cause) from cause


def dump(baseline: Baseline) -> str:
    """The text of ``baseline.json``: sorted, one case a line."""
    head = {
        "schema": SCHEMA,
        "made": baseline.made,
        "commit": baseline.commit,
        "host": dict(sorted(baseline.host.items())),
        "broken": dict(sorted(baseline.broken.items())),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    cases = []
    for _, entry in sorted(baseline.cases.items()):
        plain: dict[str, Any] = encode(entry)
        cases.append(json.dumps({**plain, SUM: _line_sum(plain)}, sort_keys=True))
    listed = ",\n".join(cases)
    lines.append(f'"cases": [\n{listed}\n]' if cases else '"cases": []')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def merged(old: Baseline | None, new: Baseline, gone: Iterable[str]) -> Baseline:
    """The new cases over the old ones, without those that are gone."""
    cases = {**(old.cases if old else {}), **new.cases}
    return dataclasses.replace(new, cases={key: cases[key] for key in cases if key not in set(gone)})


def _holds(folder: Path, entry: Entry) -> bool:
    return all((folder / name).is_file() and _sum(folder / name) == s for name, s in entry.files.items())


def _sweep(store: Path, entries: Iterable[Entry]) -> None:
    entries = list(entries)
    kept = {entry.digest for entry in entries} | {f"{entry.outputs}.npz" for entry in entries}
    for path in store.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _line_sum(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]
