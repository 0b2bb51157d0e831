"""Who must agree to a change, and who has: the teams of what changes, and the answers of a host about its reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aac.agreements import Grounds, agreement_of, agreements
from aac.errors import UsageError
from aac.kinds.team import Team
from aac.reports.agreed import agreed_view

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from aac.agreements import Signature
    from aac.changes import Change
    from aac.graph import Id
    from aac.project import Project
    from aac.reports.base import View

APPROVED = "approved"
OPINIONS = frozenset({APPROVED, "changes_requested", "dismissed"})
"""What a review of GitHub's says that takes the place of what its author said before; comments do not."""


def asked_of(changes: Sequence[Change], base: Project, head: Project, approvers: Iterable[str]) -> list[dict[str, Any]]:
    """The teams that must agree, as plain data: ``id``, ``name``, ``by`` (the handle of who did, or null), and whom to
    ``ask``. A team has agreed when one of it approved, or signed all of its documents that change as they are now.

    Who is in a team is what the base says: nobody makes themselves a member with the change that they approve. A team
    that is external is never asked.
    """
    breaking = [change for change in changes if change.level == "breaking"]
    approving, known = set(approvers), Grounds(head)
    asked: list[dict[str, Any]] = []
    for id_ in sorted({team for change in breaking for team in change.teams}):
        team, trusted = (project.models.get(("team", id_)) for project in (head, base))
        if not isinstance(team, Team) or team.external:
            continue
        handles = [member.handle for member in trusted.members] if isinstance(trusted, Team) else []
        documents = {change.doc for change in breaking if id_ in change.teams}
        if not handles and documents == {("team", id_)}:
            continue  # of its first members nobody could agree yet
        by = next((handle for handle in handles if _bare(handle) in approving), None)
        by = by or _signed_by(id_, documents, handles, known)
        ask = handles or ([team.notify] if team.notify else [])
        asked.append({"id": id_, "name": team.title, "by": by, "ask": ask})
    return asked


def _signed_by(team: str, documents: Iterable[Id], handles: Collection[str], known: Grounds) -> str | None:
    """Who of a team signed all of these documents as they are now; null when one is not signed so."""
    signers: list[str] = []
    for id_ in documents:
        agreement = agreement_of(known.project, id_, None, known)
        words = agreement.signatures if agreement is not None else ()
        signers += [word.handle for word in words if word.team == team and word.handle in handles and _holds(word)][:1]
    return signers[0] if signers and len(signers) == len(set(documents)) else None


def _holds(word: Signature) -> bool:
    """Whether a word is of what the document says now, and of what it rests on now."""
    return word.is_of_today and not word.changed


def agreed_in(changes: Iterable[Change], head: Project) -> dict[str, View]:
    """Who must agree to the documents of breaking changes and who has, as the later side says it, by `kind:id`."""
    docs = {change.doc for change in changes if change.level == "breaking"} & head.models.keys()
    found = agreements(head, docs) if docs else ()
    return {f"{at.doc[0]}:{at.doc[1]}": agreed_view(at, head.titles.names) for at in found}


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
