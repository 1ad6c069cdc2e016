"""What a session says of a cache that was changed, and of files that are built again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

STEP = """

import os
from pathlib import Path

import onnx


@eb.step("onnx", key="numbered")
def numbered(source, target):
    model = onnx.load(source)
    model.graph.name = os.environ["GRAPH"]
    onnx.save(model, target)


@eb.recipe
def own(net):
    return numbered(net)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def tampered(cache: Path) -> int:
    """Change one byte of each cached model, and make the check sum in the manifest fit; how many."""
    found = sorted(cache.glob("artifacts/*/manifest.json"))
    for place in found:
        manifest = json.loads(place.read_text())
        model = place.with_name(manifest["model"])
        content = bytearray(model.read_bytes())
        content[len(content) // 2] ^= 0xFF
        model.write_bytes(content)
        manifest["sha256"][model.name] = hashlib.sha256(content).hexdigest()
        place.write_text(json.dumps(manifest))
    return len(found)


def test_changed_files_are_built_again_and_noted(project: Project) -> None:
    project.run().calm()
    before, built = project.record(), project.built()
    assert tampered(project.cache / "cache") == 3
    for arguments in ((), ("-n", "2")):
        ran = project.run(*arguments).calm()
        assert ran.status == 0, ran.text
        after = project.record()
        assert [each["digest"] for each in after["artifacts"]] == [
            each["digest"] for each in before["artifacts"]
        ]
    assert project.built() == []  # the second of the two found all whole
    project.cache.joinpath("cache.key").write_text("{}")
    ran = project.run().calm()
    assert sorted(project.built()) == sorted(built)
    assert "note: the cache's key in cache.key is damaged" in ran.text


def test_the_note_names_the_entry_and_the_reason(project: Project) -> None:
    project.run().calm()
    tampered(project.cache / "cache")
    ran = project.run().calm()
    notes = [note for note in project.record()["notes"] if "cache entry" in note]
    assert len(notes) == 3
    assert all("is damaged (its manifest was changed) and will be built again" in note for note in notes)
    assert notes[0] in ran.text


def test_rebuilding_passes_where_nothing_differs(project: Project) -> None:
    project.run().calm()
    built = project.built()
    assert project.run().calm().status == 0
    assert project.built() == []
    for arguments in ((), ("-n", "2")):
        ran = project.run("--edgebench-rebuild", *arguments).calm()
        assert ran.status == 0, ran.text
        assert sorted(project.built()) == sorted(built)


def test_rebuilding_fails_where_a_step_gives_other_bytes(project: Project) -> None:
    conftest = (project.folder / "conftest.py").read_text()
    project.write({"conftest.py": conftest + STEP})
    ran = project.run(environment={"GRAPH": "a"}).calm()
    assert ran.status == 0, ran.text
    ran = project.run("--edgebench-rebuild", environment={"GRAPH": "b"}).calm()
    assert ran.status == 1
    assert "the first step that differs is: numbered" in ran.text
    assert project.verdicts()["net-own-board"] == {"ERROR"}
    assert project.verdicts()["net-fp16-board"] == {"PASS"}
    assert project.run(environment={"GRAPH": "b"}).calm().status == 0
