"""Property tests here draw the same examples in every run, and take their time on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("judge", deadline=None, derandomize=True)
settings.load_profile("judge")
