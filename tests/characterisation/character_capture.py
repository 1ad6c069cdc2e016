"""Run a scenario in a folder of its own, and write down what can be seen of it from outside, masked."""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import character_masks as masks
from character_scenario import INI, Command, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
_SHOWN = {".csv", ".svg", ".md", ".py", ".toml", ".ini", ".xml", ".json", ".html"}


def missing(scenario: Scenario) -> list[str]:
    """Modules that it needs and that are not installed."""
    return [name for name in scenario.needs if importlib.util.find_spec(name) is None]


def capture(scenario: Scenario, folder: Path) -> str:
    """Run all commands of a scenario in a new folder; the text has a part for each thing that is kept."""
    folder.mkdir(parents=True)
    _write(folder, {"pytest.ini": INI, **scenario.files})
    shutil.copy(HERE / "blobs.tflite", folder / "tiny.tflite")
    spec = importlib.util.find_spec("pytest_edgebench")
    assert spec is not None
    assert spec.origin is not None
    words = masks.places(folder.resolve(), Path(spec.origin).parent)
    parts: list[str] = []
    earlier: dict[str, str] = {}
    for command in scenario.commands:
        _write(folder, command.write)
        for name in command.delete:
            (folder / name).unlink()
        before = _stamps(folder)
        if command.words[0] == "python" and not command.shown:
            _make(command, folder)
            continue
        ended = _run(command, folder)
        if not command.shown:
            assert ended.returncode == 0, ended.stdout
            continue
        printed = _own_help(ended.stdout) if command.words == ("pytest", "--help") else ended.stdout
        mask = _masker(words, folder, timed=scenario.timed)
        parts.append(f"#### {' '.join(command.words)}\nstatus {ended.returncode}\n{mask(printed)}")
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if _kept(name, path) and before.get(name) != path.stat().st_mtime_ns:
                seen = _seen(path, mask, timed=scenario.timed)
                parts.append(f"## {name}\n{_shorter(seen, earlier.get(path.suffix))}")
                earlier.setdefault(path.suffix, seen)
    parts.append(f"#### cache\n{_cache(folder, timed=scenario.timed)}")
    return masks.tidy("\n\n".join(parts))


_MADE: dict[tuple[str, ...], dict[str, bytes]] = {}


def _make(command: Command, folder: Path) -> None:
    """Make a model and data by the project's script, or copy what the same command made before."""
    key = (*command.words, (folder / "blobs.py").read_text(encoding="utf-8"))
    if key not in _MADE:
        ended = _run(command, folder)
        assert ended.returncode == 0, ended.stdout
        _MADE[key] = {name: (folder / name).read_bytes() for name in ("blobs.onnx", "data.npz")}
    for name, content in _MADE[key].items():
        (folder / name).write_bytes(content)


def _shorter(seen: str, before: str | None) -> str:
    """How a file differs from the first of its kind, where that is shorter than the file."""
    if before is None:
        return seen
    lines = list(difflib.unified_diff(before.splitlines(), seen.splitlines(), n=1, lineterm=""))[2:]
    # Without line numbers, so that one line more does not change all that follow.
    told = "\n".join("@@" if line.startswith("@@ ") else line for line in lines)
    return f"as the first of its kind, but for:\n{told}" if 2 * len(told) < len(seen) else seen


def _write(folder: Path, files: Any) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        if content.startswith("#!"):
            path.chmod(0o755)


def _run(command: Command, folder: Path) -> subprocess.CompletedProcess[str]:
    first, *rest = command.words
    start = {
        "pytest": [sys.executable, "-m", "pytest"],
        "edgebench": [sys.executable, "-m", "pytest_edgebench"],
        "python": [sys.executable],
        "git": ["git"],
    }[first]
    ours = ("PYTEST_", "GIT_", "EDGEBENCH_", "GITHUB_", "CI", "GITLAB_", "FORCE_COLOR", "NO_COLOR")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    environment |= {
        "COLUMNS": "160", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {
            f"GIT_{who}_NAME": "A",
            f"GIT_{who}_EMAIL": "a@example.org",
            f"GIT_{who}_DATE": "2026-01-01T00:00:00Z",
        }
    return subprocess.run(
        [*start, *rest], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=600, check=False,
    )  # fmt: skip


def _own_help(printed: str) -> str:
    """Of pytest's help what this plugin adds: its options and its ini keys."""
    options = printed.partition("pytest-edgebench: ")[2].partition("\n\n")[0]
    keys = re.findall(r"^  edgebench_\w+ .*\n(?:^ {10,}.*\n)*", printed, re.MULTILINE)
    return "pytest-edgebench: " + options + "\n\n" + "".join(keys)


def _masker(words: list[tuple[str, str]], folder: Path, *, timed: bool) -> Callable[[str], str]:
    """Masks also what the last record says of this machine, and the commit."""
    mine = list(words)
    record = folder / "run.json"
    if record.exists():
        environment = json.loads(record.read_text(encoding="utf-8")).get("environment", {})
        mine += [
            (value, f"<{name}>")
            for name, value in environment.items()
            if name in ("cpu", "cpu_features", "kernel", "system", "memory", "sandbox") and len(value) > 3
        ]
    head = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    if head.returncode == 0 and (folder / ".git").exists():
        commit = head.stdout.strip()
        mine += [(commit[:length], "<commit>") for length in (40, 12, 10, 9, 8, 7)]
    return lambda given: masks.text(given, mine, timed=timed)


def _kept(name: str, path: Path) -> bool:
    hidden = any(part in (".pytest_cache", "__pycache__", ".git") for part in name.split("/"))
    return path.is_file() and path.suffix in _SHOWN and not hidden


def _stamps(folder: Path) -> dict[str, int]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in files}


def _seen(path: Path, mask: Callable[[str], str], *, timed: bool) -> str:
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        given = json.loads(content)
        if isinstance(given, dict) and "cases" in given and "observations" in given:
            given = masks.ordered(given)
        found = masks.record(given, mask if not timed else _plain(mask), timed=timed)
        return _json(found)
    if path.suffix == ".html":
        return mask(_visible(content, timed=timed))
    if path.suffix == ".xml":
        return mask(_properties(content))
    return mask(content)


def _json(given: Any, indent: str = "") -> str:
    """JSON in which what fits in a line takes one."""
    line = json.dumps(given, ensure_ascii=False)
    if len(line) < 260 or not isinstance(given, dict | list):
        return line
    inner = indent + " "
    if isinstance(given, list):
        return "[\n" + ",\n".join(inner + _json(each, inner) for each in given) + f"\n{indent}]"
    lines = (f"{inner}{json.dumps(key)}: {_json(value, inner)}" for key, value in given.items())
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _plain(mask: Callable[[str], str]) -> Callable[[str], str]:
    """For short texts of a timed record."""
    return lambda given: masks.TIME.sub("<time>", mask(given))


def _properties(content: str) -> str:
    """Each test's names of JUnit properties, and how often each name occurs."""
    tests: list[str] = []
    counts: Counter[str] = Counter()
    for test in ElementTree.fromstring(content).iter("testcase"):
        names = [each.get("name", "") for each in test.iter("property")]
        counts.update(names)
        tests.append(f"{test.get('classname')}::{test.get('name')}  {len(names)} properties")
    return "\n".join([*sorted(tests), *(f"{name}  {count}" for name, count in sorted(counts.items()))])


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: Counter[str] = Counter()
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


def _calm(word: str) -> bool:
    return bool(re.search(r"[A-Za-z]{3}", word)) and not re.search(r"\d|[mµn]s\b|inconclusive", word)


def _visible(content: str, *, timed: bool) -> str:
    """A page's text, one piece a line, and how many elements of each kind it has.

    Of a timed one only what has no digit.
    """
    parser = _Visible()
    parser.feed(content)
    if timed:
        return "\n".join(word for word in parser.words if _calm(word))
    return "\n".join([*parser.words, *(f"<{tag}> {count}" for tag, count in sorted(parser.tags.items()))])


def _cache(folder: Path, *, timed: bool) -> str:
    """Files below the plugin's cache folder, by their names, which are keys."""
    root = folder / ".pytest_cache" / "d" / "edgebench"
    return "\n".join(sorted(set(_entries(root, timed=timed))))


def _entries(root: Path, *, timed: bool) -> Iterator[str]:
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        # Plans and progress are one for each process; what was timed once is named by the machine as well.
        if path.is_dir() or re.search(r"/(progress|plans)/|\.lock$|-(wal|shm)$", name):
            continue
        name = re.sub(r"^runs/[^/]+/", "runs/<run>/", name)
        if timed or "/once/" in name:
            name = re.sub(r"(/once/\w+)/.*", r"\1/<name>", name)
        yield masks.HEX.sub(r"\1", name)
