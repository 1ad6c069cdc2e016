"""A lint rule of another package finds what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from other_package import Other

RULE = '''
from pytest_edgebench.lint.rule import Rule, quantize_steps


def halves(subject):
    """XY001."""
    yield from (str(step) for step in quantize_steps(subject) if step.scheme == "fp16")


RULE = Rule("XY001", "half floats", "our chip widens them", "its manual", "quantize to int8", halves)
'''


def test_a_rule_finds_its_steps(other: Other) -> None:
    other.install("rules", "halves", RULE, "other_package_file:RULE")
    ended = other.edgebench("lint")
    assert "XY001 half floats: Quantize(scheme='fp16') on board; our chip widens them" in ended.stdout, ended
    refused = other.pytest("--edgebench-lint=error")
    assert refused.returncode == 1
    assert "XY001" in refused.stdout


def test_a_number_that_is_taken(other: Other) -> None:
    other.install("rules", "halves", RULE.replace("XY001", "EB101"), "other_package_file:RULE")
    ended = other.edgebench("lint")
    assert ended.returncode != 0
    assert "lint rule 'halves' of other-package has the id EB101" in ended.stdout + ended.stderr


def test_something_that_is_no_rule(other: Other) -> None:
    other.install("rules", "halves", RULE, "other_package_file:halves")
    ended = other.edgebench("lint")
    assert ended.returncode != 0
    assert "lint rule 'halves' of other-package is a function, not a rule" in ended.stdout + ended.stderr
