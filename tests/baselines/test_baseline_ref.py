"""A git ref as baseline: its own recipes, built by its own code, judged beside the branch's."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from baselines_project import Repo, text_of

if TYPE_CHECKING:
    from pathlib import Path

WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "-n 2"])

pytest_plugins = ["pytester"]


@WORKERS
def test_an_unchanged_branch_passes_with_every_cell_judged(repo: Repo, workers: tuple[str, ...]) -> None:
    repo.branch("same")
    result = repo.run("--edgebench-baseline=main", *workers)
    result.assert_outcomes(passed=2)
    for case in ("a-int8-host", "b-int8-host"):
        rows = repo.rows(case)
        assert {rows[key]["verdict"] for key in rows} == {"PASS"}
        assert rows["latency", "baseline"]["reason"] == "same bytes"
        assert rows["accuracy", "baseline"]["verdict"] == "PASS"
        assert rows["ops", "baseline"]["reference_value"] == rows["ops", "baseline"]["measured"]["value"]
    found = repo.record()["baseline"]
    assert (found["kind"], found["name"]) == ("ref", "main")
    assert found["commit"] == repo.git("rev-parse", "main")
    assert repo.git("worktree", "list").count("\n") == 0


@WORKERS
def test_wider_layers_break_exactly_that_models_budgets(repo: Repo, workers: tuple[str, ...]) -> None:
    repo.branch("wide")
    repo.edit("src/nets/build.py", '"a": 512', '"a": 4096')
    repo.commit("wide")
    result = repo.run("--edgebench-baseline=main", *workers)
    result.assert_outcomes(passed=1, failed=1)
    text = text_of(result)
    assert "FAILED tests/test_nets.py::test_budget[a-int8-host]" in text
    assert "(+1 limit)" in text
    rows = repo.rows("a-int8-host")
    size, latency = rows["size", "baseline"], rows["latency", "baseline"]
    assert size["verdict"] == latency["verdict"] == "FAIL"
    assert size["place"] == latency["place"] == "tests/test_nets.py:5"
    assert 600 < size["change"]["value"] < 700
    assert latency["change"]["low"] > 5
    assert latency["p"] < 0.01
    assert "raise the limit at tests/test_nets.py:5 (1 case)" in " ".join(text.split())
    assert "because the uncompressed model changed: parameters 37,888 → 303,104 (+700 %)" in text
    assert {row["verdict"] for row in repo.rows("b-int8-host").values()} == {"PASS"}


@WORKERS
def test_a_comment_builds_nothing_and_is_not_timed(repo: Repo, workers: tuple[str, ...]) -> None:
    repo.run("--edgebench-baseline=main").assert_outcomes(passed=2)
    shutil.rmtree(repo.path / ".pytest_cache" / "d" / "edgebench" / "runs")
    repo.branch("comment")
    repo.edit("src/nets/build.py", "WIDTH =", "# how wide\nWIDTH =")
    repo.commit("comment")
    repo.run("--edgebench-baseline=main", *workers).assert_outcomes(passed=2)
    assert repo.built() == []
    for case in repo.record()["cases"]:
        assert "baseline" not in case.get("pairs", {})
    assert repo.rows("a-int8-host")["latency", "baseline"]["reason"] == "same bytes"


def test_one_prediction_is_seen(repo: Repo) -> None:
    """Other weights of the same shape: no exact count changes, the predictions do."""
    repo.branch("seed")
    repo.edit("src/nets/build.py", "default_rng(0)", "default_rng(7)")
    result = repo.run("--edgebench-baseline=main")
    rows = repo.rows("a-int8-host")
    assert rows["ops", "baseline"]["verdict"] == "PASS"
    assert "predictions changed" in rows["accuracy", "baseline"]["reason"]
    assert "uncommitted changes" not in text_of(result)
    assert repo.record()["dirty"]


def test_a_new_case_is_told_and_waits(repo: Repo) -> None:
    repo.branch("more")
    repo.edit(
        "tests/conftest.py",
        "@eb.recipe",
        '@eb.recipe\ndef fp16(a):\n    return eb.quantize(a, "fp16")\n\n\n@eb.recipe',
    )
    result = repo.run("--edgebench-baseline=main")
    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": 2, "inconclusive": 1}
    assert (
        "new: the baseline does not list this case" in repo.rows("a-fp16-host")["size", "baseline"]["reason"]
    )


def test_a_case_that_vanished_fails(repo: Repo) -> None:
    repo.branch("fewer")
    repo.edit("tests/conftest.py", 'models=["*"]', 'models=["b"]')
    repo.edit("tests/conftest.py", "\n@eb.model\ndef a(", "\ndef a(")
    result = repo.run("--edgebench-baseline=main")
    assert result.ret == 1
    assert "a-int8-host is in the baseline (tests/conftest.py:20) but no test has it any more" in text_of(
        result
    )


def test_filters_and_paths_make_nothing_gone(repo: Repo) -> None:
    result = repo.run("--edgebench-baseline=main", "-k", "b-int8")
    result.assert_outcomes(passed=1, deselected=1)
    assert result.ret == 0
    result = repo.run("--edgebench-baseline=main", "tests/test_nets.py::test_budget[a-int8-host]")
    assert result.ret == 0
    assert "problems" not in repo.record()


def test_an_unknown_ref(repo: Repo) -> None:
    result = repo.run("--edgebench-baseline=nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--edgebench-baseline=nowhere: no folder with a baseline.json, and no git ref" in text_of(result)
    assert "fetch-depth: 0" in text_of(result)


def test_outside_a_repository(repo: Repo) -> None:
    shutil.rmtree(repo.path / ".git")
    result = repo.run("--edgebench-baseline=main")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "not a git repository" in text_of(result)


def test_a_shallow_clone(repo: Repo, tmp_path: Path) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.commit("second")
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(clone))
    shutil.rmtree(repo.path / ".git")
    shutil.move(clone / ".git", repo.path / ".git")
    result = repo.run(f"--edgebench-baseline={first}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "fetch-depth: 0" in text_of(result)


def test_a_ref_without_edgebench(repo: Repo) -> None:
    repo.branch("before")
    repo.edit("tests/test_nets.py", TEST_OLD, "def test_other():\n    pass\n")
    repo.commit("before")
    repo.git("checkout", "-q", "main")
    result = repo.run("--edgebench-baseline=before")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "no edgebench case was found in that commit" in text_of(result)


TEST_OLD = """import pytest_edgebench as eb


@eb.budget(latency=["baseline + 5 %", "model + 2000 %"], size="baseline + 1 %")
def test_budget(edge):
    edge.check()
"""


def test_a_ref_whose_tests_cannot_be_collected(repo: Repo) -> None:
    repo.branch("broken")
    repo.edit("src/nets/build.py", "WIDTH =", "import nosuchmodule\nWIDTH =")
    repo.commit("broken")
    repo.git("checkout", "-q", "main")
    result = repo.run("--edgebench-baseline=broken")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = (result.stdout.str() + result.stderr.str()).replace("\n", " ")
    assert "in that commit's own tree" in text
    assert "No module named 'nosuchmodule'" in text


def test_a_ref_whose_recipe_cannot_be_built(repo: Repo) -> None:
    """Its cases fail, each with the reason; those that could be built are judged."""
    repo.branch("broken")
    repo.edit("tests/conftest.py", '"a.onnx", "a")', '"a.onnx", "a").with_name("nothing.onnx")')
    repo.commit("broken")
    repo.git("checkout", "-q", "main")
    result = repo.run("--edgebench-baseline=broken")
    result.assert_outcomes(passed=1, failed=1)
    reason = repo.rows("a-int8-host")["size", "baseline"]["reason"]
    assert "it could not be built at broken" in reason
    assert "nothing.onnx" in reason


def test_a_file_that_git_ignores(repo: Repo) -> None:
    """The ref needs a file that is not in it; the message names it."""
    repo.write({"tests/labels.json": "[]"})
    repo.edit(
        "tests/conftest.py", "rng =", "LABELS = open(__file__.replace('conftest.py', 'labels.json'))\nrng ="
    )
    repo.commit("reads an ignored file")
    repo.branch("same")
    result = repo.run("--edgebench-baseline=main")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stdout.str() + result.stderr.str()
    assert "tests/labels.json is here but not in that commit: a file that git ignores" in said


def test_modules_of_the_working_tree_are_refused(repo: Repo) -> None:
    """What is loaded before the plugin cannot be turned to the ref: refused, not compared with itself."""
    repo.write({"src/sitecustomize.py": "import nets.build\n"})
    repo.commit("early")
    repo.branch("wide")
    repo.edit("src/nets/build.py", '"a": 512', '"a": 4096')
    result = repo.run("--edgebench-baseline=main")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stdout.str() + result.stderr.str()
    assert "loaded from the working tree, not from that commit" in said
    assert "nets.build (src/nets/build.py)" in said


def test_a_module_that_the_ref_lacks_is_not_taken_from_the_branch(repo: Repo) -> None:
    repo.edit("tests/conftest.py", "from nets.build", "import nets.extra\nfrom nets.build")
    repo.commit("imports what is not there")
    repo.branch("adds")
    repo.write({"src/nets/extra.py": ""})
    result = repo.run("--edgebench-baseline=main")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "nets.extra" in result.stdout.str() + result.stderr.str()


def test_a_worktree_left_by_a_killed_session_is_swept(repo: Repo) -> None:
    trees = repo.path / ".pytest_cache" / "d" / "edgebench" / "trees"
    left = trees / "0123456789ab-99999999"
    left.mkdir(parents=True)
    repo.run("--edgebench-baseline=main").assert_outcomes(passed=2)
    assert list(trees.iterdir()) == []


def test_a_git_lfs_pointer_in_the_ref_is_named(repo: Repo) -> None:
    """A checkout without git-lfs leaves a small text where the model should be."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
    repo.write({"tests/a.onnx": pointer})
    made = 'write(tmp_path_factory.mktemp("a") / "a.onnx", "a")'
    repo.edit("tests/conftest.py", made, '__file__.replace("conftest.py", "a.onnx")')
    repo.commit("a model in LFS")
    repo.branch("fetched")
    repo.edit("tests/conftest.py", '__file__.replace("conftest.py", "a.onnx")', made)
    result = repo.run("--edgebench-baseline=main")
    result.assert_outcomes(passed=1, failed=1)
    reason = repo.rows("a-int8-host")["size", "baseline"]["reason"]
    assert "it could not be built at main" in reason
    assert "tests/a.onnx: the file is a Git LFS pointer, not the model itself; run git lfs pull" in reason


def test_an_empty_submodule_in_the_ref_is_named(repo: Repo) -> None:
    repo.write({".gitmodules": '[submodule "weights"]\n\tpath = weights\n\turl = ../weights\n'})
    (repo.path / "weights").mkdir()
    (repo.path / "weights" / "width.txt").write_text("512", encoding="utf-8")
    repo.write({".gitignore": "__pycache__\n.pytest_cache\n*.json\nweights\n"})
    repo.edit(
        "tests/conftest.py",
        "rng =",
        "open(__file__.replace('tests/conftest.py', 'weights/width.txt'))\nrng =",
    )
    repo.commit("reads what a submodule holds")
    result = repo.run("--edgebench-baseline=main")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "the submodule weights is empty there: run git submodule update --init" in result.stderr.str()
