"""Words that were renamed since the characterisation was written."""

from __future__ import annotations

RENAMED: list[tuple[str, str]] = [
    # Sorted keys of baseline.json.
    (r'\{((?:"(?:high|low|n)": [^,{}]*, |"note": "[^"]*", )*)"rung": ("\w+"), ', r'{"evidence": \2, \1'),
    (r"\brung\b", "evidence"),
    (r'("schema": ?)1\b', r"\g<1>2"),
    (r"_rung\b", "_evidence"),
    ("python -m pytest_edgebench", "edgebench"),
    # Messages and help.
    (r"('[^'\n]*') is no quantization scheme", r"unknown quantization scheme \1"),
    (
        r"(schemes are 'dynamic-int8', .*'weight-int4')(?!, '(?:W8A32|dynamic-int4)')",
        r"\1, 'W8A32', 'A16W8', 'int16x8'",
    ),
    (
        r"begun: (.*, .*) are there already, and nothing is overwritten",
        r"begun: \1 already exist; nothing was written",
    ),
    (r"there is no metric '", "unknown metric '"),
    (
        r"no declared profile is called ('[^'\n]*'); there is: ([^.\n]*)\.",
        r"unknown profile \1; declared: \2",
    ),
    (r"no declared profile is called '", "unknown profile '"),
    (
        "# On made-up samples, of today and a margin: replace it by what your data shows.",
        "# Placeholder: measured on random inputs. Replace once you pass --data.",
    ),
]
"""(old, new) pairs of regular expression and replacement, as for ``re.sub``, applied in order to what is
expected before it is compared. A move or rename lists its words here, e.g. ``(r'"rung":', '"evidence":')``,
and leaves the expected files as they are, so that a reader sees all that has changed."""
