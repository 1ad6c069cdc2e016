"""The kit for pull requests from forks: what its files promise, and its comments on hostile texts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
KIT = ROOT / "ci"
GITHUB = (*sorted((KIT / "github").glob("*.yml")), ROOT / "action.yml")
EVERY = (*GITHUB, *sorted((ROOT / ".github" / "workflows").glob("*.yml")))
HOSTILE = """## edgebench: FAIL
@everyone and @octocat see ![picture](https://example.org/track.png)
<IMG src="https://example.org/track.png"> < a href="https://example.org">here</a> <!-- hidden
/approve
\u202egnp.exe \u200b\x1b]0;title\x07 <b>bold</b> size 3 < 4
"""


def load(path: Path) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict[str, Any]]:
    found = load(path)
    if "runs" in found:
        return list(found["runs"]["steps"])
    return [step for job in found["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [*GITHUB, KIT / "gitlab" / "edgebench.yml"], ids=lambda path: path.name)
def test_the_schema_is_kept(path: Path) -> None:
    schema = "gitlab-ci" if "gitlab" in path.parts else "github-actions" if path.name == "action.yml" else ""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    found = subprocess.run(
        [*command, f"vendor.{schema or 'github-workflows'}", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_actions_are_pinned_and_nothing_is_expanded_in_a_shell(path: Path) -> None:
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
            if step["uses"].startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False
        assert "${{" not in step.get("run", "")
        assert "${{" not in step.get("with", {}).get("script", "")


@pytest.mark.parametrize(
    "path", [path for path in EVERY if path.name != "action.yml"], ids=lambda path: path.name
)
def test_only_what_posts_the_comment_may_write(path: Path) -> None:
    found = load(path)
    events = found.get("on", found.get(True))
    assert "pull_request_target" not in events
    rights = {
        **found["permissions"],
        **{k: v for job in found["jobs"].values() for k, v in job.get("permissions", {}).items()},
    }
    writing = {name for name, right in rights.items() if right == "write"}
    if "workflow_run" in events:
        assert writing == {"pull-requests"}
        assert not any(
            "run" in step or step.get("uses", "").startswith("actions/checkout") for step in steps(path)
        )
    else:
        assert rights == {"contents": "read"}


def test_what_runs_a_pull_request_saves_no_cache() -> None:
    saving = [step for step in steps(ROOT / "action.yml") if "cache/save" in step.get("uses", "")]
    assert len(saving) == 1
    assert "github.event_name == 'push'" in saving[0]["if"]
    assert not [
        step for step in steps(ROOT / "action.yml") if step.get("uses", "").startswith("actions/cache@")
    ]


def harmless(posted: str) -> None:
    """What must be true of a comment, whatever the artifact said."""
    assert posted.startswith("<!-- edgebench -->\n")
    rest = posted.removeprefix("<!-- edgebench -->\n")
    assert "FAIL" in rest
    assert not re.search(r"@[A-Za-z0-9]", rest)
    assert "![" not in rest
    assert "<!--" not in rest
    assert not re.search(r"<\s*(img|a)\b", rest.partition("<sub>")[0], re.IGNORECASE)
    assert not re.search("[\x1b\x07\u202e\u200b]", rest)
    assert "<b>bold</b> size 3 < 4" in rest
    assert "not by a maintainer" in rest


GITHUB_STAND_IN = """
const posted = [];
const comments = JSON.parse(process.env.COMMENTS);
const pulls = JSON.parse(process.env.PULLS);
const run = {conclusion: 'failure', head_sha: 'abc', head_branch: 'x; $(reboot)',
  html_url: 'https://example.org/run', head_repository: {id: 7, owner: {login: 'f'}}};
const context = {repo: {owner: 'o', repo: 'r'}, payload: {workflow_run: run}};
const core = {info: text => posted.push({info: text})};
const issues = {listComments: 1, createComment: async given => posted.push({made: given}),
  updateComment: async given => posted.push({changed: given})};
const github = {paginate: async () => comments, rest: {issues, pulls: {list: async given => {
  if (given.head !== 'f:x; $(reboot)') throw new Error(given.head);
  return {data: pulls}; }}}};
(async () => { SCRIPT
})().then(() => console.log(JSON.stringify(posted)));
"""


def post(folder: Path, pulls: list[dict[str, Any]], comments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the workflow's script asks GitHub for, run by Node.js with a stand-in for GitHub's client."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    (script,) = [
        step["with"]["script"]
        for step in steps(KIT / "github" / "edgebench-comment.yml")
        if "script" in step["with"]
    ]
    (folder / "run.js").write_text(GITHUB_STAND_IN.replace("SCRIPT", script), encoding="utf-8")
    done = subprocess.run(
        ["node", "run.js"], cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "PULLS": json.dumps(pulls), "COMMENTS": json.dumps(comments)},
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


MINE = {"number": 5, "head": {"sha": "abc", "repo": {"id": 7}}}


def test_a_comment_on_github(tmp_path: Path) -> None:
    (tmp_path / "edgebench-out").mkdir()
    (tmp_path / "edgebench-out" / "comment.md").write_text(HOSTILE, encoding="utf-8")
    (made,) = post(tmp_path, [MINE], [])
    assert made["made"]["issue_number"] == 5
    harmless(made["made"]["body"])
    before = {"id": 9, "user": {"type": "Bot"}, "body": "<!-- edgebench -->\nold"}
    feigned = {"id": 8, "user": {"type": "User"}, "body": "<!-- edgebench -->\nfeigned"}
    (changed,) = post(tmp_path, [MINE], [feigned, before])
    assert changed["changed"]["comment_id"] == 9


def test_another_pull_request_gets_no_comment(tmp_path: Path) -> None:
    others = [
        {"number": 6, "head": {"sha": "abc", "repo": {"id": 8}}},
        {"number": 7, "head": {"sha": "def", "repo": {"id": 7}}},
        {"number": 8, "head": {"sha": "abc", "repo": None}},
    ]
    (told,) = post(tmp_path, others, [])
    assert "0 open pull requests" in told["info"]


@pytest.mark.parametrize("kind", ["nothing", "folder", "link", "long"])
def test_a_strange_artifact(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "edgebench-out" / "comment.md"
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        (tmp_path / "secret").write_text("secret")
        path.symlink_to(tmp_path / "secret")
    elif kind == "long":
        path.write_text("é" * 1_000_000, encoding="utf-8")
    (made,) = post(tmp_path, [MINE], [])
    body = made["made"]["body"]
    assert "secret" not in body
    assert len(body) < 65_000
    assert ("left no comment" in body) is (kind != "long")


class GitLab(BaseHTTPRequestHandler):
    """The few answers of GitLab's API that the script asks for (docs.gitlab.com/api)."""

    posted: list[tuple[str, str, str]]
    pipeline_sha = "abc"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        answers: dict[str, Any] = {
            "/projects/1/merge_requests": [{"iid": 5}],
            "/projects/1/merge_requests/5": {
                "iid": 5, "sha": "abc",
                "head_pipeline": {"id": 3, "project_id": 2, "sha": self.pipeline_sha},
            },
            "/projects/2/pipelines/3/jobs": [
                {"id": 11, "name": "other", "status": "success"},
                {"id": 12, "name": "edgebench", "status": "failed"},
            ],
            "/projects/1/merge_requests/5/notes": [],
        }  # fmt: skip
        if path == "/projects/2/jobs/12/artifacts/comment.md":
            self._answer(HOSTILE.encode(), "text/markdown")
        else:
            self._answer(json.dumps(answers[path]).encode(), "application/json")

    def do_POST(self) -> None:
        assert self.headers["PRIVATE-TOKEN"] == "token"
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.posted.append((self.command, self.path, parse_qs(body)["body"][0]))
        self._answer(b"{}", "application/json")

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def gitlab() -> Iterator[tuple[type[GitLab], dict[str, str]]]:
    handler = type("Handler", (GitLab,), {"posted": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield (
            handler,
            {
                **os.environ,
                "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}",
                "CI_PROJECT_ID": "1",
                "EDGEBENCH_COMMENT_TOKEN": "token",
            },
        )
        server.shutdown()


@pytest.mark.parametrize("current", [True, False])
def test_a_note_on_gitlab(gitlab: tuple[type[GitLab], dict[str, str]], current: bool) -> None:
    handler, environment = gitlab
    handler.pipeline_sha = "abc" if current else "before"
    subprocess.run([sys.executable, "-I", str(KIT / "gitlab" / "comment.py")], env=environment, check=True)
    if not current:
        assert handler.posted == []
        return
    ((method, path, body),) = handler.posted
    assert (method, path) == ("POST", "/projects/1/merge_requests/5/notes")
    harmless(body)
    assert not re.search(r"^\s*/approve", body, re.MULTILINE)


def test_zizmor_finds_nothing() -> None:
    places = [str(ROOT / ".github" / "workflows"), str(KIT / "github"), str(ROOT / "action.yml")]
    program = Path(sys.executable).with_name("zizmor")
    if not program.exists():
        pytest.skip("zizmor is not installed")
    done = subprocess.run([program, "--offline", *places], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
