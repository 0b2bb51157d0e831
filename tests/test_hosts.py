"""The comment on a pull request: against loopback servers that keep to what GitHub and GitLab document; and by the
steps of the action, the component and the workflow, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

from aac.operations import open_sound_project, pull_sources
from aac.reports.review import MARKER
from aac.starting import Answers, first_files
from tests.small import NOW_US, write_project
from tests.test_impact import DOCUMENTS, LEADS, edit
from tests.test_revisions import git

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
TOKEN = "only-for-this-test"


class Host(BaseHTTPRequestHandler):
    """Both hosts: comments of one request in pages of at most a hundred, and its reviews."""

    comments: ClassVar[list[dict[str, Any]]] = []
    reviews: ClassVar[list[dict[str, Any]]] = []
    refused: ClassVar[int] = 0

    def log_message(self, format: str, *args: object) -> None:
        del format, args

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}" or self.headers.get("PRIVATE-TOKEN") == TOKEN
        status = self.refused or (200 if allowed else 401)
        status, answer = self._told(method, body) if status < 400 else (status, None)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _told(self, method: str, body: Any) -> tuple[int, Any]:
        path, _, query = self.path.partition("?")
        asked = dict(part.split("=") for part in query.split("&") if part)
        page, size = int(asked.get("page", 1)), int(asked.get("per_page", 20))
        part = slice((page - 1) * size, page * size)
        changing = re.fullmatch(r"/api/(?:repos/o/r/issues/comments|projects/o%2Fr/merge_requests/7/notes)/(\d+)", path)
        match method, path:
            case "GET", "/api/repos/o/r/issues/7/comments" | "/api/projects/o%2Fr/merge_requests/7/notes":
                return 200, self.comments[part]
            case "POST", "/api/repos/o/r/issues/7/comments" | "/api/projects/o%2Fr/merge_requests/7/notes":
                self.comments.append({"id": 1000 + len(self.comments), "body": body["body"]})
                return 201, self.comments[-1]
            case "GET", "/api/repos/o/r/pulls/7/reviews":
                return 200, self.reviews[part]
            case "GET", "/api/projects/o%2Fr/merge_requests/7/approvals":
                return 200, {"approved_by": [{"user": {"username": r["user"]["login"]}} for r in self.reviews]}
            case "PATCH" | "PUT", _ if changing is not None:
                (found,) = [comment for comment in self.comments if comment["id"] == int(changing[1])]
                found["body"] = body["body"]
                return 200, found
            case _:
                return 404, {}


@pytest.fixture
def host() -> Iterator[str]:
    Host.comments, Host.reviews, Host.refused = [], [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A branch that proposes a narrower word, on top of what was pulled."""
    root = write_project(tmp_path / "small", DOCUMENTS, {"leads": LEADS})
    (root / ".gitignore").write_text(".aac/\n*.json\n")
    edit(root, "name: Sales", 'name: Sales\nmembers: [{handle: "@sam"}]', "alignment/teams.yml")
    git(root, "init", "--quiet", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    git(root, "checkout", "--quiet", "-b", "narrower")
    edit(root, "when: score > 50", "when: score > 55")
    git(root, "commit", "--quiet", "-am", "narrower")
    return root


def environment(host: str, name: str, root: Path) -> dict[str, str]:
    """What a run of a host says of itself."""
    base = git(root, "rev-parse", "main")
    event = root / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "base": {"sha": base}}}))
    own = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI_", "GITLAB_"))}
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    github = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event), "GITHUB_API_URL": host,
        "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": TOKEN,
    }  # fmt: skip
    gitlab = {
        "GITLAB_CI": "true", "CI_API_V4_URL": host, "CI_PROJECT_ID": "o/r", "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_SHA": git(root, "rev-parse", "HEAD"),
        "AAC_GITLAB_TOKEN": TOKEN,
    }  # fmt: skip
    return {**own, **path, "BASE": base, **{"github": github, "gitlab": gitlab}[name]}


def run(root: Path, environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aac", "review", "--window", "last:2", *words],
        cwd=root, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_one_comment_is_kept_up_to_date(project: Path, host: str, name: str) -> None:
    Host.comments += [{"id": n, "body": f"comment {n}"} for n in range(130)]
    commit = git(project, "rev-parse", "HEAD")
    Host.reviews += [{"user": {"login": "sam"}, "state": "APPROVED", "commit_id": commit}]
    environ = environment(host, name, project)
    first = run(project, environ, "--comment")
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    (comment,) = [c["body"] for c in Host.comments if MARKER in c["body"]]
    assert "| Hot leads per month | 2.5 | 1.5 | −1 |" in comment
    assert "Marketing ⏳ (4 documents) · Sales ✔ `@sam`" in comment
    edit(project, "when: score > 55", "when: score > 60")
    git(project, "commit", "--quiet", "-am", "narrower still")
    assert run(project, environ, "--comment").returncode == 0
    (comment,) = [c["body"] for c in Host.comments if MARKER in c["body"]]
    assert "| Hot leads per month | 2.5 | 1 | −1.5 |" in comment
    edit(project, "when: score > 60", "when: score > 50")
    git(project, "commit", "--quiet", "-am", "as it was")
    assert run(project, environ, "--comment").returncode == 0
    (comment,) = [c["body"] for c in Host.comments if MARKER in c["body"]]
    assert comment.endswith("Nothing that anybody relies on changes any more.\n")
    assert len(Host.comments) == 131


def test_nothing_is_said_where_nothing_was(project: Path, host: str) -> None:
    edit(project, "when: score > 55", "when: score > 50")
    git(project, "commit", "--quiet", "-am", "as it was")
    assert run(project, environment(host, "github", project), "--comment").returncode == 0
    assert Host.comments == []


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_what_a_host_refuses_is_told_without_the_token(project: Path, host: str, name: str) -> None:
    Host.refused = 403
    done = run(project, environment(host, name, project), "--comment")
    assert done.returncode == 4
    assert "was refused: 403" in done.stderr
    assert TOKEN not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("name", "gone", "told"),
    [
        ("github", "GITHUB_TOKEN", "there is no GITHUB_TOKEN; write `env: {GITHUB_TOKEN: ${{ github.token }}}`"),
        ("github", "GITHUB_EVENT_PATH", "this run is about no pull request"),
        ("gitlab", "AAC_GITLAB_TOKEN", "there is no AAC_GITLAB_TOKEN; add a project access token"),
        ("gitlab", "CI_MERGE_REQUEST_IID", "this run is about no merge request"),
        ("github", "GITHUB_ACTIONS", "this is no run of GitHub Actions or GitLab CI"),
    ],
)
def test_what_a_run_lacks(project: Path, host: str, name: str, gone: str, told: str) -> None:
    environ = environment(host, name, project)
    del environ[gone]
    done = run(project, environ, "--comment")
    assert done.returncode == 2
    assert told in done.stderr


def test_the_steps_of_the_action(project: Path, host: str, tmp_path: Path) -> None:
    """In a clone of the base, as `pull_request_target` checks it out; what was proposed is only fetched."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = {step["name"]: step["run"] for step in action["runs"]["steps"] if "run" in step}
    assert list(steps) == ["Install", "Fetch what was proposed", "Review"]
    git(project, "update-ref", "refs/pull/7/head", "narrower")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", "main", str(project), str(clone))
    (project / ".aac").rename(clone / ".aac")
    environ = environment(host, "github", project) | {"NUMBER": "7"}
    for name in ("Fetch what was proposed", "Review"):
        subprocess.run(["bash", "-e", "-c", steps[name]], cwd=clone, env=environ, check=True)
    (comment,) = [c["body"] for c in Host.comments]
    assert comment.startswith(f"{MARKER}\n### Alignment review — `hot` changes in meaning\n")
    assert json.loads((clone / "aac-review.json").read_text())["schema"] == "aac-changes/1"


def test_the_script_of_the_component(project: Path, host: str) -> None:
    (_, component) = yaml.safe_load_all((ROOT / "ci" / "review.gitlab-ci.yml").read_text())
    script = component["alignment-review"]["script"][1:]
    text = "\n".join(script).replace("$[[ inputs.folder ]]", ".")
    subprocess.run(["bash", "-e", "-c", text], cwd=project, env=environment(host, "gitlab", project), check=True)
    assert len(Host.comments) == 1


def test_the_review_of_the_workflow(project: Path, host: str) -> None:
    workflow = yaml.safe_load(first_files(Answers(is_sample=True))[".github/workflows/alignment.yml"])
    job = workflow["jobs"]["review"]
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    steps = {step["name"]: step["run"] for step in job["steps"] if "run" in step}
    assert list(steps) == ["Install", "Validate", "Review"]
    for name in ("Validate", "Review"):
        environ = environment(host, "github", project)
        subprocess.run(["bash", "-e", "-c", steps[name]], cwd=project, env=environ, check=True)
    assert len(Host.comments) == 1


def test_the_hooks_of_pre_commit(project: Path) -> None:
    """Each entry is a command that ends well on sound documents."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["aac-validate", "aac-diff"]
    for hook in hooks:
        assert re.match(hook["files"], "alignment/definitions/mql.yml")
        words = [sys.executable, "-m", *hook["entry"].split()]
        subprocess.run(words, cwd=project, check=True, capture_output=True)
