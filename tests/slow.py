"""Parametrised tests that start whole sessions: which of their parameters every run tries.

The others are marked ``slow``, and `.ci/nightly` tries them.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

ROOT = Path(__file__).parents[1]
TRIED = {
    "tests/baselines/test_baseline_first.py::test_anything_else_fails": 3,
    "tests/baselines/test_baseline_first.py::test_the_change_that_introduces_edgebench_passes": 3,
    "tests/baselines/test_baseline_loosened.py::test_told_in_record_and_terminal": 3,
    "tests/baselines/test_baseline_loosened.py::test_what_demands_as_much_is_not_told": 3,
    "tests/baselines/test_git_ref.py::test_a_commit_without_cases_is_refused_with_the_reason": 5,
    "tests/commands/test_init_inputs.py::test_lengths_of_known_layouts": 3,
    "tests/compressors/test_build.py::test_a_step_that_fails_leaves_nothing": 3,
    "tests/compressors/test_plain_form.py::test_an_old_operator_set_is_raised": 3,
    "tests/compressors/test_plain_form.py::test_as_the_plain_file": 4,
    "tests/compressors/test_plain_form.py::test_branches_keep_their_meaning": 4,
    "tests/compressors/test_runs.py::test_the_process_that_builds_loads_no_model_file": 3,
    "tests/compressors/test_which_operators.py::test_a_mask_has_no_scale": 3,
    "tests/docs/test_blocks.py::test_a_page_does_what_it_says": 10,
    "tests/faults/test_write_faults.py::test_the_next_session_is_as_if_nothing_had_failed": 3,
    "tests/plugin/test_attempts.py::test_a_hook_that_hides_a_broken_budget": 3,
    "tests/plugin/test_budgets_made.py::test_a_filter_is_no_mistake": 3,
    "tests/plugin/test_budgets_made.py::test_added_by_a_hook_or_a_fixture": 3,
    "tests/plugin/test_budgets_made.py::test_made_where_no_test_takes_edge": 4,
    "tests/plugin/test_budgets_made.py::test_on_nothing_that_is_judged": 4,
    "tests/plugin/test_settings_found.py::test_a_settings_file_that_cannot_be_read_is_a_sentence": 7,
    "tests/plugin/test_settings_found.py::test_an_accepted_state_that_cannot_be_read_is_a_sentence": 6,
    "tests/plugin/test_settings_found.py::test_settings_without_tests_hold_for_none": 3,
    "tests/plugin/test_settings_found.py::test_the_settings_of_a_folder_of_tests": 3,
    "tests/plugin/test_settings_found.py::test_two_that_hold_for_one_test": 4,
    "tests/test_typing.py::test_a_wrong_file_is_rejected": 3,
}
"""Test → how many of its parameters, spread over all of them, every run tries."""


def chosen(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Those that every run leaves out."""
    found: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in TRIED:
            found[test].append(item)
    for test, group in found.items():
        # Each worker of xdist must choose the same, in whatever order it collected.
        ordered = sorted(group, key=lambda item: item.nodeid)
        wanted = TRIED[test]
        kept = {number * len(ordered) // wanted for number in range(wanted)}
        yield from (item for number, item in enumerate(ordered) if number not in kept)
