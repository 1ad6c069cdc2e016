"""The characterisation run: what the plugin does today, seen from outside.

``python tests/characterisation/characterise.py`` compares all scenarios, or those that are named, with
what is expected; ``--write`` renews what is expected (in another environment than the recorded one: of
the scenarios that are named, the lines that differ in more than numbers), ``--digits`` takes the slow ones,
too.
"""

from __future__ import annotations

import argparse
import difflib
import functools
import importlib.metadata
import json
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from character_capture import capture, missing
from character_projects import PROJECTS
from character_wrong import WRONG
from renamed import RENAMED

EXPECTED = Path(__file__).parent / "expected"
SCENARIOS = {each.name: each for each in (*PROJECTS, *WRONG)}
LIBRARIES = (
    "ai-edge-litert", "ai-edge-quantizer", "litert-torch", "numpy", "onnx", "onnxruntime", "onnxscript",
    "pytest", "scikit-learn", "scipy", "tflite-micro", "torch", "torch-pruning",
)  # fmt: skip
"""Their versions stand in cache keys, or decide what the files hold."""


@functools.cache
def here() -> dict[str, str]:
    """Versions, and what torch says of this processor: what keys and digests depend on."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    try:
        import torch

        found["processor"] = torch.backends.cpu.get_cpu_capability()
    except ImportError:
        found["processor"] = "unknown, without torch"
    return found


def recorded() -> dict[str, str]:
    found: dict[str, str] = json.loads((EXPECTED / "environment.json").read_text(encoding="utf-8"))
    return found


def differences() -> tuple[str, str]:
    """What differs here from the recorded environment: libraries, and the processor; "" if nothing."""
    then, now = recorded(), here()
    libraries = [
        f"{name} {now[name]}, recorded with {then.get(name)}" for name in now if now[name] != then.get(name)
    ]
    processor = [each for each in libraries if each.startswith("processor ")]
    return "; ".join(each for each in libraries if each not in processor), "; ".join(processor)


@dataclass(frozen=True)
class Compared:
    """Diff, "" when equal; and why a part was not compared, "" when all was."""

    diff: str
    left_out: str


def expected(name: str) -> str:
    """What is expected of a scenario, with renamed words."""
    text = (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
    for old, new in RENAMED:
        text = re.sub(old, new, text)
    # The properties of JUnit are listed by name, so a renamed one has another line.
    return re.sub(r"(?m)(?:^edgebench\.\S+  \d+\n)+", lambda found: _by_name(found[0]), text)


def _by_name(lines: str) -> str:
    return "".join(sorted(lines.splitlines(keepends=True), key=lambda line: line.split()[0]))


def compare(name: str, folder: Path) -> Compared:
    """Run a scenario in a new folder and compare it with what is expected."""
    from character_masks import loosened

    wanted, found = expected(name), capture(SCENARIOS[name], folder)
    libraries, processor = differences()
    left_out = ""
    if libraries:
        left_out = f"keys, digests and numbers were not compared: {libraries}"
    elif processor:
        left_out = f"digests and numbers were not compared: {processor}"
    if left_out:
        wanted, found = (loosened(each, keys=not libraries) for each in (wanted, found))
    lines = difflib.unified_diff(
        wanted.splitlines(), found.splitlines(), "expected", "found", lineterm="", n=2
    )
    return Compared("\n".join(lines), left_out)


def patched(name: str, folder: Path) -> str:
    """What is expected of a scenario, with those lines renewed that differ in more than numbers.

    For an environment other than the recorded one, whose digests and numbers stay as they were recorded.
    """
    from character_masks import loosened

    wanted, found = expected(name), capture(SCENARIOS[name], folder)
    keys = not differences()[0]
    before, after = (loosened(each, keys=keys).splitlines() for each in (wanted, found))
    pieces: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        pieces += (wanted.splitlines()[a:b]) if kind == "equal" else found.splitlines()[c:d]
    return "\n".join(pieces) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of scenarios; default: all that are not slow"
    )
    parser.add_argument("--write", action="store_true", help="renew what is expected")
    parser.add_argument("--digits", action="store_true", help="take the slow ones as well")
    given = parser.parse_args()
    names = given.names or [name for name, each in SCENARIOS.items() if given.digits or not each.slow]
    if given.write:
        EXPECTED.mkdir(exist_ok=True)
        text = json.dumps(here(), indent=1, sort_keys=True) + "\n"
        path = EXPECTED / "environment.json"
        other = bool(given.names) and path.exists() and path.read_text(encoding="utf-8") != text
        if not other:
            path.write_text(text, encoding="utf-8")
    write = patched if given.write and other else lambda name, folder: capture(SCENARIOS[name], folder)
    bad = 0
    for name in names:
        if lacking := missing(SCENARIOS[name]):
            print(f"{name}: left out, needs {', '.join(lacking)}")  # noqa: T201 - a command
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary).resolve() / "project"
            if given.write:
                (EXPECTED / f"{name}.txt").write_text(write(name, folder), encoding="utf-8")
                print(f"{name}: written, {time.monotonic() - begun:.1f} s")  # noqa: T201 - a command
                continue
            found = compare(name, folder)
        bad += bool(found.diff)
        print(f"{name}: {found.diff or 'as expected'}, {time.monotonic() - begun:.1f} s", found.left_out)  # noqa: T201 - a command
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
