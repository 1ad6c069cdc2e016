"""Whom the cache is shared with: the job's word goes before the project's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.settings.resolve import Settings

pytest_plugins = ["pytester"]


def test_the_job_s_word_on_the_cache_goes_before_the_project_s(
    configure: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull request can edit the ini file."""
    given = ("-o", "edgebench_cache_trust=read-write")
    monkeypatch.setenv("EDGEBENCH_CACHE_TRUST", "apart")
    assert configure(*given).cache_trust == "apart"
    monkeypatch.setenv("EDGEBENCH_CACHE_TRUST", "none")
    with pytest.raises(pytest.UsageError, match="environment variable EDGEBENCH_CACHE_TRUST") as caught:
        configure(*given)
    assert "read-only" in str(caught.value)
    monkeypatch.setenv("EDGEBENCH_CACHE_TRUST", "")
    with pytest.raises(pytest.UsageError):
        configure(*given)
    monkeypatch.delenv("EDGEBENCH_CACHE_TRUST")
    with pytest.raises(pytest.UsageError, match="edgebench_cache_trust"):
        configure("-o", "edgebench_cache_trust=mine")
