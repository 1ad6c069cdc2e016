"""Which records are read and written, and what kinds of evidence and levels they know.

Apart from the results themselves: declaring a budget needs these words and none of those.
"""

from __future__ import annotations

from typing import Literal

SCHEMA = 2
OLDEST = 1
"""The first schema that is still read; in it `Metric.evidence` was called "rung"."""

Evidence = Literal["static", "predicted", "emulated", "host", "device"]
Level = Literal["error", "warn", "off"]
