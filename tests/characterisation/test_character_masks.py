"""The masks hide what is of the machine, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import characterise
from character_masks import loosened, record, text, tidy
from characterise import compare, expected

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KEY, DIGEST = "0123456789abcdef", "fedcba9876543210"
RECORD = f'"key": "{KEY}", "digest": "{DIGEST}", "size": 13207, artifacts/{KEY}/model.onnx'


def test_a_digest_is_hidden_on_another_processor_and_a_key_is_not() -> None:
    other = RECORD.replace(DIGEST, "0" * 16).replace("13207", "13208")
    assert loosened(other, keys=True) == loosened(RECORD, keys=True)
    assert loosened(RECORD.replace(KEY, "a" * 16), keys=True) != loosened(RECORD, keys=True)


def test_with_other_libraries_keys_are_hidden_and_words_are_not() -> None:
    assert loosened(RECORD.replace(KEY, "a" * 16), keys=False) == loosened(RECORD, keys=False)
    assert loosened(RECORD.replace("size", "length"), keys=False) != loosened(RECORD, keys=False)


def test_paths_and_durations_are_hidden_and_limits_are_not() -> None:
    line = "=== 1 failed in 3.21s ===\n/tmp/a/run.json: size 13.2 kB > 2 ms"
    assert text(line, [("/tmp/a", "<folder>")]) == (
        "=== 1 failed in <time> ===\n<folder>/run.json: size 13.2 kB > 2 ms"
    )


def test_noisy_rows_keep_their_limit_and_exact_ones_their_verdict() -> None:
    rows = [
        {"metric": "latency", "limit": "model + 9 %", "verdict": "FAIL"},
        {"metric": "size", "limit": "9 kB", "verdict": "FAIL"},
    ]
    found = record({"rows": rows, "verdict": "FAIL"}, str, timed=True)
    assert found == {
        "rows": [{"metric": "latency", "limit": "model + 9 %"}, rows[1]],
        "verdict": "<verdict>",
    }
    assert record({"rows": rows, "verdict": "FAIL"}, str, timed=False)["rows"] == rows


def test_progress_leaves_nothing() -> None:
    slow = "a\n\ntest_blobs.py\nedgebench: measuring 1/2\n.F [100%]\n\nb"
    assert tidy(slow) == tidy("a\n\ntest_blobs.py .F [100%]\n\nb") == "a\n\nb\n"
    assert tidy(tidy(slow)) == tidy(slow)
    assert tidy("a\n\n") == "a\n"
    assert text("test_blobs.py", []) == "test_blobs.py"


def test_a_renamed_word_is_renamed_in_what_is_expected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = "wrong_option_show"
    assert "everything" in expected(name)
    monkeypatch.setattr(characterise, "RENAMED", [(r"every(thing)", r"any\1")])
    assert "anything" in expected(name)
    diff = compare(name, tmp_path / "project").diff
    assert "\n-ERROR: --edgebench-show: unknown value 'anything'" in diff
    assert "\n+ERROR: --edgebench-show: unknown value 'everything'" in diff
