"""Who must agree to a change, and who has: the teams of what changes, and the answers of a host about its reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aac.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.changes import Change
    from aac.project import Project

APPROVED = "approved"
OPINIONS = frozenset({APPROVED, "changes_requested", "dismissed"})
"""What a review of GitHub's says that takes the place of what its author said before; comments do not."""


def asked_of(changes: Sequence[Change], base: Project, head: Project, approvers: Iterable[str]) -> list[dict[str, Any]]:
    """The teams that must agree, as plain data: ``id``, ``name``, ``by`` (the handle of who did, or null), and whom to
    ``ask``. Who is in a team is what the base says: nobody makes themselves a member with the change that they approve.
    A team that is external is never asked."""
    ids = dict.fromkeys(team for change in changes if change.level == "breaking" for team in change.teams)
    approving = set(approvers)
    asked: list[dict[str, Any]] = []
    for id_ in sorted(ids):
        model = cast("Any", head.models.get(("team", id_)))
        trusted = cast("Any", base.models.get(("team", id_)))
        if model is None or model.external:
            continue
        handles = [member.handle for member in trusted.members] if trusted is not None else []
        by = next((handle for handle in handles if _bare(handle) in approving), None)
        ask = handles or ([model.notify] if model.notify else [])
        asked.append({"id": id_, "name": model.title, "by": by, "ask": ask})
    return asked


def approvers(answer: object) -> set[str]:
    """The handles of those who approved, by what GitHub (a list of reviews) or GitLab (`approved_by`) answers.

    Raises UsageError for an answer of another shape.
    """
    if answer is None:
        return set()
    given = cast("dict[str, object]", answer).get("approved_by") if isinstance(answer, dict) else None
    if isinstance(given, list):
        return {_user(entry, "username") for entry in cast("list[object]", given)}
    if not isinstance(answer, list):
        told = "is no answer of GitHub's about reviews, nor of GitLab's about approvals"
        raise UsageError(f"--approvals: the file {told}")
    last: dict[str, str] = {}
    for entry in cast("list[object]", answer):
        state = str(_part(entry, "state")).lower()
        if state in OPINIONS:
            last[_user(entry, "login")] = state
    return {user for user, state in last.items() if state == APPROVED}


def _part(entry: object, key: str) -> object:
    return cast("dict[str, object]", entry).get(key) if isinstance(entry, dict) else None


def _user(entry: object, key: str) -> str:
    """The account of an entry; raises UsageError."""
    name = _part(_part(entry, "user"), key)
    if not isinstance(name, str):
        raise UsageError(f"--approvals: an entry has no `user` with a `{key}`")
    return _bare(name)


def _bare(handle: str) -> str:
    """A handle as hosts compare them."""
    return handle.removeprefix("@").lower()
