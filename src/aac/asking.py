"""Who must agree to a change, and who has: the teams of what changes, and the answers of a host about its reviews."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from aac.agreements import Grounds, agreement_of, agreements
from aac.errors import UsageError
from aac.kinds.signoff import Signoff
from aac.kinds.team import Team
from aac.reports.agreed import agreed_view

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from aac.agreements import Signature
    from aac.changes import Change
    from aac.graph import Id
    from aac.project import Project
    from aac.reports.base import View
    from aac.revisions import Author

    Word = tuple[str, str, str]
    """A sign-off: of which document (`sla/reply`), by which team and handle."""

APPROVED = "approved"
NUMBERED = re.compile(r"^[0-9]+[+-]")
"""What stands before the account in the addresses that hosts give to commits."""
OPINIONS = frozenset({APPROVED, "changes_requested", "dismissed"})
"""What a review of GitHub's says that takes the place of what its author said before; comments do not."""


def asked_of(
    changes: Sequence[Change], base: Project, head: Project, approvers: Iterable[str], unproven: Collection[Word] = ()
) -> list[dict[str, Any]]:
    """The teams that must agree, as plain data: ``id``, ``name``, ``by`` (the handle of who did, or null), whom to
    ``ask``, and to which ``documents``; ``sign`` is the command by which one of them signs those that can be.
    ``unproven``: sign-offs that do not count. A team has agreed when one of it approved, or signed all of its documents
    that change as they are now.

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
        by = by or _signed_by(id_, documents, handles, known, unproven)
        ask = handles or ([team.notify] if team.notify else [])
        to = sorted(f"{kind}:{name}" for kind, name in documents)
        sign = _command(id_, documents, handles, known) if by is None else None
        asked.append({"id": id_, "name": team.title, "by": by, "ask": ask, "documents": to, "sign": sign})
    return asked


def _command(team: str, documents: Iterable[Id], handles: Sequence[str], known: Grounds) -> str | None:
    """How a member signs the documents that the team is a party of; null where nobody can, or nothing can be signed."""
    found = ((id_, agreement_of(known.project, id_, None, known)) for id_ in sorted(documents))
    names = [":".join(id_) for id_, agreement in found if agreement is not None and team in agreement.parties]
    if not names or not handles:
        return None
    return f"aac agree {' '.join(names)} --team {team} --by {handles[0]}"


def signed_in(base: Project, head: Project, author: Callable[[str], Author | None], approvers: Iterable[str]) -> View:
    """The sign-offs that the later side brings, as plain data, each with its ``proof``: that who signs committed it, or
    approved the change; null where neither is so. A sign-off proves what its commit proves, and no more."""
    approving = set(approvers)
    signed: list[dict[str, Any]] = []
    for made in head.of_kind("signoff"):
        if not isinstance(made, Signoff) or made == base.models.get(("signoff", made.id)):
            continue
        by, proof = author(head.places["signoff", made.id].file), None
        if _bare(made.handle) in approving:
            proof = "who approves this request"
        elif by is not None and _is_by(made.handle, by):
            proof = "who committed it"
        told = {"of": made.of, "team": made.team, "handle": made.handle}
        signed.append(told | {"author": by.name if by is not None else None, "proof": proof})
    return {"signed": signed, "unproven": {(s["of"], s["team"], s["handle"]) for s in signed if s["proof"] is None}}


def _is_by(handle: str, author: Author) -> bool:
    """Whether a commit is by an account: by the name or the address that it carries, as hosts write them, too."""
    local, _, host = author.address.lower().partition("@")
    login = NUMBERED.sub("", local) if host.startswith("users.noreply.") else local
    return _bare(handle) in {author.name.lower(), author.address.lower(), login}


def _signed_by(
    team: str, documents: Iterable[Id], handles: Collection[str], known: Grounds, unproven: Collection[Word]
) -> str | None:
    """Who of a team signed all of these documents as they are now; null when one is not signed so."""
    signers: list[str] = []
    for id_ in documents:
        agreement = agreement_of(known.project, id_, None, known)
        words = agreement.signatures if agreement is not None else ()
        own = [word for word in words if word.team == team and ("/".join(id_), team, word.handle) not in unproven]
        signers += [word.handle for word in own if word.handle in handles and _holds(word)][:1]
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
