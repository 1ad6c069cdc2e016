"""Every code block of README.md and of the documentation does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import blocks
import pytest
from page_files import MAKERS

ROOT = Path(__file__).parents[2]
NOT_RUN_AT_MOST = 6


@pytest.mark.parametrize("name", blocks.PAGES)
def test_a_page_does_what_it_says(name: str, tmp_path: Path) -> None:
    text = blocks.PAGES[name].read_text(encoding="utf-8")
    changed = blocks.run(text, tmp_path)
    assert not changed, (
        f"python tests/docs/blocks.py {name} writes what is printed now: {[*changed.values()]}"
    )


def test_few_blocks_are_not_run() -> None:
    every = [
        block for path in blocks.PAGES.values() for block in blocks.blocks(path.read_text(encoding="utf-8"))
    ]
    left_out = [block.notes["not run"] for block in every if "not run" in block.notes]
    assert len(every) > 60
    assert len(left_out) <= NOT_RUN_AT_MOST, left_out
    assert all(left_out), "each says why"


def test_no_block_is_missed() -> None:
    """Fences that are indented, or of another kind, would be."""
    for path in blocks.PAGES.values():
        text = path.read_text(encoding="utf-8")
        fences = re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE)
        assert len(fences) == 2 * len(list(blocks.blocks(text))), path.name


def test_output_follows_a_command() -> None:
    for path in blocks.PAGES.values():
        before = ""
        for block in blocks.blocks(path.read_text(encoding="utf-8")):
            if block.language == "text" and "not run" not in block.notes:
                assert before in ("console", "text"), f"{path.name}:{block.line}"
            before = block.language


PAGE = """<!-- needs: model.onnx -->

```python title="a.py"
print("a", 1)
```

<!-- exits: 3 -->

```console
$ python a.py
$ python a.py; exit 3  # wrong
```

```text
a 2
```
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"a", 1', '"b", 1', "changed"),
        ("exits: 3", "exits: 4", "ended with 3, not 4"),
        ("$ python a", "> python a", "no line begins"),
        ('```python title="a.py"', "```cobol", "nothing is known of 'cobol'"),
        ("print(", "print((", "ended with 1, not 0"),
    ],
)
def test_what_is_wrong_is_found(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert blocks.run(PAGE, tmp_path) == {}
    page = PAGE.replace(old, new)
    assert page != PAGE
    try:
        found = "changed" if blocks.run(page, tmp_path) else ""
    except blocks.Wrong as error:
        found = str(error)
    assert told in found


def test_what_is_printed_now_is_written_into_the_page(tmp_path: Path) -> None:
    page = PAGE.replace("a 2", "old")
    changed = blocks.run(page, tmp_path)
    assert blocks.renewed(page, changed) == PAGE.replace("a 2", "a 1")


def test_an_excerpt_is_of_the_lines_that_are_named(tmp_path: Path) -> None:
    page = PAGE.replace("```text\na 2\n", "<!-- shows: a ... 1 -->\n\n```text\nno\n")
    assert [*blocks.run(page, tmp_path).values()] == ["a 1\n"]
    with pytest.raises(blocks.Wrong, match="is not in"):
        blocks.run(page.replace("shows: a", "shows: z"), tmp_path)


def test_each_maker_is_used() -> None:
    needed = {
        name
        for path in blocks.PAGES.values()
        for found in re.findall(r"<!-- needs: (.*?) -->", path.read_text(encoding="utf-8"))
        for name in found.split(", ")
    }
    assert needed == {*MAKERS}
