"""Where pull requests are: GitHub and GitLab, as far as one comment and the approvals of one request go.

Which request it is, and with which token, comes from the environment of the run, as each host documents it. A comment
is found again by its marker and changed in place. Raises SourceError for what a host refuses; a token is never told.
"""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote, urlsplit

from aac.errors import SourceError, UsageError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECONDS = 30
"""How long a host may take to answer."""
FAILED = 400
"""From which status on a request was refused (RFC 9110)."""
A_PAGE = 100
"""Entries of a page, the most that both hosts give."""
MOST_PAGES = 50


class Host(Protocol):
    """A request on a host. ``base``: the commit it is to be merged into, null where that is not told."""

    @property
    def base(self) -> str | None: ...

    def comments(self) -> Iterator[tuple[str, str]]:
        """The address and the text of each comment."""
        ...

    def add(self, text: str) -> None:
        """A new comment."""
        ...

    def change(self, address: str, text: str) -> None:
        """Another text for a comment."""
        ...

    def approvals(self) -> object:
        """What the host answers about reviews, as `asking.approvers` reads it."""
        ...


@record
class Api:
    """The address of an API, and the headers that say who asks."""

    address: str
    headers: Mapping[str, str]

    def ask(self, path: str, method: str = "GET", data: object = None) -> Any:
        """The answer as plain data; raises SourceError."""
        there = urlsplit(self.address)
        connect = {"https": HTTPSConnection, "http": HTTPConnection}.get(there.scheme)
        if connect is None or there.hostname is None:
            raise SourceError(f"`{self.address}` is no address of a host")
        body = json.dumps(data) if data is not None else None
        connection = connect(there.hostname, there.port, timeout=SECONDS)
        try:
            headers = {"User-Agent": "aac", "Content-Type": "application/json", **self.headers}
            connection.request(method, f"{there.path.rstrip('/')}{path}", body, headers)
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, HTTPException) as error:
            raise SourceError(f"{method} {self.address}{path} failed: {error}") from None
        finally:
            connection.close()
        if answer.status >= FAILED:
            raise SourceError(f"{method} {self.address}{path} was refused: {answer.status} {answer.reason}")
        try:
            return json.loads(told or b"null")
        except ValueError:
            raise SourceError(f"{method} {self.address}{path} was answered with something that is no JSON") from None

    def pages(self, path: str) -> Iterator[Any]:
        """The entries of all pages of a list."""
        for page in range(1, MOST_PAGES + 1):
            entries = cast("list[Any]", self.ask(f"{path}?per_page={A_PAGE}&page={page}"))
            yield from entries
            if len(entries) < A_PAGE:
                return


@record
class GitHub:
    """A pull request, of which comments are those of its issue."""

    api: Api
    repository: str
    number: int
    base: str | None

    def comments(self) -> Iterator[tuple[str, str]]:
        for entry in self.api.pages(f"/repos/{self.repository}/issues/{self.number}/comments"):
            yield f"/repos/{self.repository}/issues/comments/{entry['id']}", str(entry.get("body") or "")

    def add(self, text: str) -> None:
        self.api.ask(f"/repos/{self.repository}/issues/{self.number}/comments", "POST", {"body": text})

    def change(self, address: str, text: str) -> None:
        self.api.ask(address, "PATCH", {"body": text})

    def approvals(self) -> object:
        return list(self.api.pages(f"/repos/{self.repository}/pulls/{self.number}/reviews"))


@record
class GitLab:
    """A merge request, of which comments are notes."""

    api: Api
    project: str
    number: int
    base: str | None

    @property
    def _request(self) -> str:
        return f"/projects/{quote(self.project, safe='')}/merge_requests/{self.number}"

    def comments(self) -> Iterator[tuple[str, str]]:
        for entry in self.api.pages(f"{self._request}/notes"):
            yield f"{self._request}/notes/{entry['id']}", str(entry.get("body") or "")

    def add(self, text: str) -> None:
        self.api.ask(f"{self._request}/notes", "POST", {"body": text})

    def change(self, address: str, text: str) -> None:
        self.api.ask(address, "PUT", {"body": text})

    def approvals(self) -> object:
        return self.api.ask(f"{self._request}/approvals")


def here(environment: Mapping[str, str] = os.environ) -> Host:
    """The request that this run is about. Raises UsageError where it is about none, or nobody may comment."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return _github(environment)
    if environment.get("GITLAB_CI") == "true":
        return _gitlab(environment)
    raise UsageError("--comment: this is no run of GitHub Actions or GitLab CI; leave it out to print the comment")


def _github(environment: Mapping[str, str]) -> GitHub:
    path = environment.get("GITHUB_EVENT_PATH", "")
    event = _plain(Path(path).read_bytes()) if path and Path(path).is_file() else None
    request = _at(event, "pull_request")
    number = _at(request, "number")
    if not isinstance(number, int):
        raise UsageError("--comment: this run is about no pull request; run it `on: pull_request_target`")
    token = environment.get("GITHUB_TOKEN")
    if not token:
        raise UsageError("--comment: there is no GITHUB_TOKEN; write `env: {GITHUB_TOKEN: ${{ github.token }}}`")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    api = Api(environment.get("GITHUB_API_URL", "https://api.github.com"), headers)
    base = _at(_at(request, "base"), "sha")
    return GitHub(api, environment["GITHUB_REPOSITORY"], number, base if isinstance(base, str) else None)


def _gitlab(environment: Mapping[str, str]) -> GitLab:
    number = environment.get("CI_MERGE_REQUEST_IID")
    if not number:
        raise UsageError("--comment: this run is about no merge request; run it `if: $CI_MERGE_REQUEST_IID`")
    token = environment.get("AAC_GITLAB_TOKEN")
    if not token:
        told = "add a project access token with the scope `api` as the masked variable AAC_GITLAB_TOKEN"
        raise UsageError(f"--comment: there is no AAC_GITLAB_TOKEN; {told}")
    api = Api(environment["CI_API_V4_URL"], {"PRIVATE-TOKEN": token})
    base = environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None
    return GitLab(api, environment["CI_PROJECT_ID"], int(number), base)


def _plain(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError:
        raise UsageError("--comment: the file at GITHUB_EVENT_PATH is no JSON") from None


def _at(plain: object, key: str) -> object:
    return cast("dict[str, object]", plain).get(key) if isinstance(plain, dict) else None


def put(host: Host, text: str, marker: str, nothing: str) -> None:
    """Puts a comment in the place of the one with the marker; where there is nothing to say, a new one is not made."""
    address = next((address for address, body in host.comments() if body.startswith(marker)), None)
    if address is not None:
        host.change(address, text or nothing)
    elif text:
        host.add(text)
