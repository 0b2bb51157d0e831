"""Who approved a request, by the answers of hosts, and what each of them saw when they did."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, cast

from aac.errors import UsageError
from aac.records import record
from aac.signing import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.graph import Id

APPROVED = "approved"
OPINIONS = frozenset({APPROVED, "changes_requested", "dismissed"})
"""What a review of GitHub's says that takes the place of what its author said before; comments do not."""


def approvers(answer: object) -> dict[str, str | None]:
    """The handles of those who approved, each with the commit that they approved, by what GitHub (a list of reviews) or
    GitLab (`approved_by`) answers.

    GitHub names the commit, `""` where it does not know it any more. GitLab names none: null, since it takes approvals
    back by itself when something is pushed. Raises UsageError for an answer of another shape.
    """
    if answer is None:
        return {}
    given = _part(answer, "approved_by")
    if isinstance(given, list):
        return {_user(entry, "username"): None for entry in cast("list[object]", given)}
    if not isinstance(answer, list):
        told = "is no answer of GitHub's about reviews, nor of GitLab's about approvals"
        raise UsageError(f"--approvals: the file {told}")
    last: dict[str, tuple[str, str]] = {}
    for entry in cast("list[object]", answer):
        state, commit = str(_part(entry, "state")).lower(), _part(entry, "commit_id")
        if state in OPINIONS:
            last[_user(entry, "login")] = state, commit if isinstance(commit, str) else ""
    return {user: commit for user, (state, commit) in last.items() if state == APPROVED}


def _part(entry: object, key: str) -> object:
    return cast("dict[str, object]", entry).get(key) if isinstance(entry, dict) else None


def _user(entry: object, key: str) -> str:
    """The account of an entry; raises UsageError."""
    name = _part(_part(entry, "user"), key)
    if not isinstance(name, str):
        raise UsageError(f"--approvals: an entry has no `user` with a `{key}`")
    return bare(name)


@record
class Approvals:
    """Who approved what. ``commits``: the commit that each handle saw, null where the host vouches for it;
    ``is_as_then``: whether a document says now what it said at a commit."""

    commits: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    is_as_then: Callable[[str, Id], bool] = lambda _commit, _id: False

    def hold(self, handle: str, id_: Id) -> bool:
        """Whether somebody approved what a document says now."""
        name = bare(handle)
        if name not in self.commits:
            return False
        commit = self.commits[name]
        return commit is None or self.is_as_then(commit, id_)

    def are_of_before(self, handle: str, id_: Id) -> bool:
        """Whether somebody approved only what a document said at an earlier commit."""
        return bare(handle) in self.commits and not self.hold(handle, id_)
