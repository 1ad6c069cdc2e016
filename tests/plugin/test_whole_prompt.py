"""What `edge` and its metrics look like at a prompt, and one problem for one mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
import pytest
import pytest_edgebench as eb


@eb.cases(recipes="int8")
def test_repr(edge):
    assert repr(edge) == f"<edge {edge.key}: nothing measured yet>"
    assert edge.size < "64 kB"
    assert repr(edge.size).startswith("<size ")
    assert repr(edge).startswith(f"<edge {edge.key}: size ")
    with pytest.raises(eb.EdgebenchError, match="has no unit"):
        edge.size < 64_000


@eb.cases(recipes="int8", profiles=["host"])
def test_statistics(edge):
    assert repr(edge.latency).startswith("<latency: p50 ")
    assert edge.latency.p50 < "1 s"
"""


def test_edge_shows_what_is_known(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.write({"test_net.py": TEST, "edgebench.toml": '[profiles.host]\ntarget = "host"\n'})
    ran = project.run().calm()
    assert ran.outcomes == {"passed": 2}


@pytest.mark.parametrize("limit", ["16 kB", "nonsense"])
def test_an_unknown_metric_is_one_problem(limit: str, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    test = f'@eb.budget(sise="{limit}")\ndef test_a(edge):\n    edge.check()\n'
    project.write({"test_net.py": f"import pytest_edgebench as eb\n\n\n{test}"})
    ran = project.run()
    assert "unknown metric 'sise'" in ran.text
    assert "problems with" not in ran.text
    assert limit not in ran.text
