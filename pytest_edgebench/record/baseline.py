"""The accepted state: what is kept of each case, as a folder that can be committed, and read back.

``baseline.json`` holds one case a line, sorted, with a check sum of the line, and all check sums once more in
a list, so that a review sees which case changed, and an edit or a deleted line is noticed
(`record.baseline_text`). ``baseline/<digest>/`` holds the files of an artifact, ``baseline/<digest>.npz`` the
outputs on the labelled data.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.writing import remove
from pytest_edgebench.record import baseline_text, errors
from pytest_edgebench.record.codec import Decoder, encode
from pytest_edgebench.record.errors import RecordError
from pytest_edgebench.record.older import with_new_words
from pytest_edgebench.record.run import Metric
from pytest_edgebench.record.schema import OLDEST
from pytest_edgebench.record.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    Outputs = tuple[NDArray[np.generic], ...]

SCHEMA = 2
FILE = "baseline.json"
FILES = "baseline"
_DIGEST = re.compile(r"[\w-]+", re.ASCII)


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
        made, commit, host: when, at which commit and on which machine it was accepted, as in `Baseline`: in
            each case, since two branches that accept different cases would else change the same line.
        counters: versions of what the numbers rest on beside the file: where they differ from those of now,
            numbers of another value are no contradiction.
        terms: what it was judged by when it was accepted; None in a line of an older version.
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
    made: str = ""
    commit: str = ""
    host: Mapping[str, str] = field(default_factory=dict)
    counters: Mapping[str, str] = field(default_factory=dict)
    terms: Terms | None = None


@dataclass(frozen=True)
class Baseline:
    """An accepted state in a folder.

    Attributes:
        folder: where `FILE` lies.
        made: ISO 8601, UTC. commit: of the tree it was made from; "" when unknown.
        host: facts of the machine; like `made` and `commit` those of the case that was accepted last.
        cases: key → entry.
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
            count = sum(name.startswith("output_") for name in archive.files)
            return tuple(_output(archive, number) for number in range(count))

    @property
    def title(self) -> str:
        """What the user calls it."""
        return self.name or str(self.folder)

    @cached_property
    def _whole(self) -> set[str]:
        return set()


def outputs_as_kept(outputs: Outputs) -> dict[str, Any]:
    """Arrays for an ``.npz`` that `Baseline.outputs` reads.

    One whose samples differ in shape (dtype object, an array each) is kept flat, with the shapes.
    """
    import numpy as np

    found: dict[str, Any] = {}
    for number, array in enumerate(outputs):
        if array.dtype.hasobject:
            found[f"output_{number}"] = np.concatenate([sample.reshape(-1) for sample in array])
            found[f"shapes_{number}"] = np.array([sample.shape for sample in array], np.int64)
        else:
            found[f"output_{number}"] = array
    return found


def _output(archive: Any, number: int) -> Any:
    """One output, as it was before `outputs_as_kept`."""
    import numpy as np

    flat = archive[f"output_{number}"]
    if f"shapes_{number}" not in archive.files:
        return flat
    shapes = archive[f"shapes_{number}"]
    found = np.empty(len(shapes), object)
    ends = np.cumsum(shapes.prod(axis=1))
    for at, (end, shape) in enumerate(zip(ends, shapes, strict=True)):
        found[at] = flat[end - shape.prod() : end].reshape(shape)
    return found


def load(folder: Path, *, kind: str = "folder", name: str = "") -> Baseline:
    """Read a baseline; its artifacts are looked at when they are needed.

    Raises:
        BaselineError: missing, truncated, of another schema, or edited by hand.
    """
    path = folder / FILE
    plain = baseline_text.parse(path, name or str(path))
    if not isinstance(plain.get("schema"), int):
        raise errors.not_a_baseline(str(path))
    if not OLDEST <= plain["schema"] <= SCHEMA:
        raise errors.other_schema(str(path), plain["schema"], SCHEMA)
    cases: dict[str, Entry] = {}
    try:
        for line in plain["cases"]:
            called = str(line.get("case", "?"))
            baseline_text.check_line(str(path), called, line)
            if called in cases:
                raise errors.twice(str(path), called)
            now = line if plain["schema"] == SCHEMA else with_new_words(line)
            plainly = {key: value for key, value in now.items() if key != baseline_text.SUM}
            if plain["schema"] == OLDEST:  # the head says it of all cases
                plainly |= {key: plain[key] for key in ("made", "commit", "host") if key in plain}
            cases[called] = Decoder(str(path)).build(Entry, plainly, called)
            _check_names(str(path), cases[called])
        if plain["schema"] == SCHEMA:
            baseline_text.check_list(str(path), plain.get(baseline_text.SUMS), plain["cases"])
        newest = max(cases.values(), key=lambda entry: entry.made, default=None)
        made, commit = (
            str(plain.get(key, "") or (getattr(newest, key) if newest else "")) for key in ("made", "commit")
        )
        given = plain.get("host", {}) or (newest.host if newest else {})
        host = {str(key): str(value) for key, value in given.items()}
        broken = {str(key): str(value) for key, value in plain.get("broken", {}).items()}
    except (KeyError, TypeError, AttributeError, RecordError) as cause:
        raise errors.not_readable(str(path), str(cause)) from None
    return Baseline(folder, made, commit, host, cases, broken, kind, name)


def _check_names(where: str, entry: Entry) -> None:
    """Names that paths are made of stay below the baseline's folder, and numbers are numbers."""
    for name in (entry.model, *entry.files):
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or parts[0] == "/" or "\\" in name or "\0" in name:
            raise errors.outside(where, entry.case, name)
    for digest in (entry.digest, *([entry.outputs] if entry.outputs else [])):
        if not _DIGEST.fullmatch(digest):
            raise errors.outside(where, entry.case, digest)
    _check_finite(where, entry)


def _check_finite(where: str, entry: Entry) -> None:
    for name, metric in entry.metrics.items():
        numbers = (metric.value, *(bound for bound in (metric.low, metric.high) if bound is not None))
        if not all(map(math.isfinite, numbers)):
            raise errors.not_finite(where, entry.case, name)


def save(baseline: Baseline, artifacts: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    """Write a baseline into its folder: files first, then the list; what that does not name goes.

    Args:
        artifacts: digest → a folder with the files of the artifact, for those not there yet.
        outputs: SHA-256 → a file of outputs, for those not there yet.

    Raises:
        RecordError: the folder cannot be written.
    """
    from pytest_edgebench.record.store import write

    for entry in baseline.cases.values():
        _check_finite(str(baseline.folder / FILE), entry)
    store = baseline.folder / FILES
    try:
        store.mkdir(parents=True, exist_ok=True)
        for entry in baseline.cases.values():
            target = store / entry.digest
            if entry.digest in artifacts and not _holds(target, entry):
                with _staged(target) as staged:
                    for name in entry.files:
                        (staged / name).parent.mkdir(parents=True, exist_ok=True)
                        shutil.copyfile(artifacts[entry.digest] / name, staged / name)
            kept = store / f"{entry.outputs}.npz"
            if entry.outputs in outputs and not kept.is_file():
                with _staged(kept) as staged:
                    shutil.copyfile(outputs[entry.outputs], staged)
        write(baseline.folder / FILE, dump(baseline))
        _sweep(store, baseline.cases.values())
    except OSError as cause:
        raise errors.cannot_write(str(baseline.folder), cause) from cause


@contextlib.contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """A path beside a file or folder, which takes its place once all is written; else it goes."""
    staged = target.with_name(f".{target.name}")
    remove(staged)
    try:
        yield staged
        remove(target)
        staged.rename(target)
    except BaseException:
        remove(staged)
        raise


def dump(baseline: Baseline) -> str:
    """The text of ``baseline.json``: sorted, one case a line."""
    head: dict[str, Any] = {"schema": SCHEMA}
    if baseline.broken:  # of a git ref, whose cases may all be broken
        head |= {
            "made": baseline.made,
            "commit": baseline.commit,
            "host": dict(sorted(baseline.host.items())),
            "broken": dict(sorted(baseline.broken.items())),
        }
    return baseline_text.dump(head, [encode(entry) for _, entry in sorted(baseline.cases.items())])


def merged(old: Baseline | None, new: Baseline, gone: Iterable[str]) -> Baseline:
    """The new cases over the old ones, without those that are gone; what did not change keeps its line."""
    known = old.cases if old else {}
    cases = {**known, **{key: _kept(known.get(key), entry) for key, entry in new.cases.items()}}
    return dataclasses.replace(new, cases={key: cases[key] for key in cases if key not in set(gone)})


def _kept(old: Entry | None, new: Entry) -> Entry:
    """The old entry where only the circumstances of accepting it differ, and the line of the recipe."""
    if old is None or old.place.rpartition(":")[0] != new.place.rpartition(":")[0]:
        return new
    same = dataclasses.replace(new, made=old.made, commit=old.commit, host=old.host, place=old.place)
    return old if same == old else new


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
