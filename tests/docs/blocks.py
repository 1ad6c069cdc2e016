"""The code blocks of README.md and docs/, and what is done with each.

A page is run in a folder of its own, from top to bottom:

- a block with a title (in README.md: "`NAME`:" above it) is written to that file;
- `console`: each line that begins with "$ " is run by a shell; a `text` block after it is what it prints;
- `python` without a title is run as a script;
- `toml` without a title is read as settings, `yaml` and `json` are parsed;
- `bash` blocks are the contributor's commands of README.md, which `.ci/run` runs.

What a reader need not see stands in comments of HTML above a block or at the top of the page:

- ``<!-- needs: NAME, NAME -->``: files or a state that `page_files.MAKERS` makes first;
- ``<!-- exits: 1 -->``: the status with which the last command of the next block ends;
- ``<!-- shows: FIRST ... LAST -->``: the next block has the lines from one with FIRST to one with LAST;
- ``<!-- continues -->``: the next script goes on where the script before it ended;
- ``<!-- not run: REASON -->``: of the next block.

``python tests/docs/blocks.py PAGE...`` runs pages and writes what commands print now into them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from page_files import MAKERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')
NAMED = re.compile(r"`([\w./-]+)`:\n\n\Z")
NOTE = re.compile(r"<!-- (needs|exits|shows|not run|continues)(?:: (.*?))? -->\n+\Z")
NUMBER = re.compile(r"\b(?=\w*\d)[0-9a-f]{7,40}\b|[+-]?\d[\d.,]*(?: ?(?:ns|µs|ms|s|B|kB|MB|%)\b)?")
ADDED = ("-p", "no:randomly")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block.

    Attributes:
        title: the file it is; "" for none. line: of its fence, from 1. span: where its text lies in the page.
        notes: what comments above it say.
    """

    language: str
    title: str
    text: str
    line: int
    span: tuple[int, int]
    notes: Mapping[str, str] = field(default_factory=dict)


class Wrong(AssertionError):  # noqa: N818 - what the page is
    """A block that does not do what the page says."""


def blocks(page: str) -> Iterator[Block]:
    """All blocks of a page, in order."""
    for found in FENCE.finditer(page):
        before, notes = page[: found.start()], {}
        while note := NOTE.search(before):
            notes[note[1]] = note[2] or ""
            before = before[: note.start()]
        title = TITLE.search(found[2]) or NAMED.search(before)
        name = title[1] if title else ""
        line = page.count("\n", 0, found.start()) + 1
        yield Block(found[1], name, found[3], line, found.span(3), notes)


def run(page: str, folder: Path) -> dict[tuple[int, int], str]:
    """Do what the blocks of a page say.

    Returns:
        where a block of output lies in the page → what is printed now, of those that differ.

    Raises:
        Wrong: a command ends with another status, a script fails, or a file cannot be read.
    """
    printed, script = "", ""
    changed = {}
    for needed in re.findall(r"^<!-- needs: (.*?) -->$", page, re.MULTILINE):
        for name in needed.split(", "):
            MAKERS[name](folder)
    for block in blocks(page):
        if "not run" in block.notes:
            continue
        if block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            printed = console(block, folder)
        elif block.language == "python":
            script = (script if "continues" in block.notes else "") + block.text
            path = folder / "_script.py"
            path.write_text(script, encoding="utf-8")
            _shell(f"{sys.executable} {path.name}", folder, block)
            path.unlink()
        elif block.language == "text":
            shown = excerpt(printed, block)
            if alike(shown) != alike(block.text):
                changed[block.span] = shown
        else:
            check(block, folder)
    return changed


def console(block: Block, folder: Path) -> str:
    """Run the commands of a block; what the last one prints."""
    printed = ""
    commands = re.findall(r"^\$ (.*?)(?:\s+#.*)?$", block.text.replace("\\\n", ""), re.MULTILINE)
    if not commands:
        raise Wrong(f"line {block.line}: no line begins with '$ '")
    for number, command in enumerate(commands, 1):
        last = number == len(commands)
        printed = _shell(command, folder, block, int(block.notes.get("exits", 0)) if last else 0)
    return printed


def _shell(command: str, folder: Path, block: Block, status: int = 0) -> str:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    variables |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTEST_ADDOPTS": " ".join(ADDED),
        "COLUMNS": "100",
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        variables.pop(name, None)
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if ended.returncode != status:
        raise Wrong(
            f"line {block.line}: {command!r} ended with {ended.returncode}, not {status}:\n{ended.stdout}"
        )
    return ended.stdout


def excerpt(printed: str, block: Block) -> str:
    """Of what was printed, what a block of output shows."""
    lines = [line.rstrip() for line in printed.splitlines()]
    if "shows" in block.notes:
        first, _, last = block.notes["shows"].partition(" ... ")
        try:
            start = next(n for n, line in enumerate(lines) if first in line)
            end = next(n for n, line in enumerate(lines) if n >= start and (last or first) in line)
        except StopIteration:
            raise Wrong(f"line {block.line}: {block.notes['shows']!r} is not in:\n{printed}") from None
        lines = lines[start : end + 1]
    return "".join(f"{line}\n" for line in lines)


def alike(text: str) -> str:
    """A text without the figures that differ from run to run, nor the room they take."""
    return re.sub(r"[ \t]+", " ", NUMBER.sub("0", text)).strip()


def check(block: Block, folder: Path) -> None:
    """Read a block that is not run."""
    try:
        if block.language == "toml":
            settings = folder / "settings-of-a-block"
            settings.mkdir(exist_ok=True)
            (settings / "edgebench.toml").write_text(block.text, encoding="utf-8")
            _shell("edgebench profiles", settings, block)
        elif block.language == "yaml":
            from ruamel.yaml import YAML

            YAML(typ="safe").load(block.text)
        elif block.language == "json":
            import json

            json.loads(block.text)
        elif block.language != "bash":
            raise Wrong(
                f"line {block.line}: nothing is known of {block.language or 'a block without language'!r}"
            )
    except ValueError as cause:
        raise Wrong(f"line {block.line}: {cause}") from cause


def renewed(page: str, changed: Mapping[tuple[int, int], str]) -> str:
    """A page with what commands print now."""
    for (start, end), text in sorted(changed.items(), reverse=True):
        page = page[:start] + text + page[end:]
    return page


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = PAGES[Path(name).stem]
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="edgebench-page-") as temporary:
            found = run(text, Path(temporary).resolve())
        path.write_text(renewed(text, found), encoding="utf-8")
        sys.stdout.write(f"{path.name}: {len(found)} outputs changed\n")
