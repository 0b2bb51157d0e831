"""Who must agree to a change, and who has: the teams of what changes, those whose word it brings or takes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aac.agreements import Grounds, agreement_of, agreements
from aac.inheriting import SETTINGS
from aac.kinds.team import Team
from aac.reports.agreed import agreed_view
from aac.signing import handles_of, speaks_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.approving import Approvals
    from aac.changes import Change
    from aac.given import Word
    from aac.graph import Id
    from aac.project import Project
    from aac.reports.base import View

OF_ALL = ("review", "privacy")
"""Tables of `aac.toml` that say how teams agree, and what is shown of their people."""


def asked_of(
    changes: Sequence[Change], base: Project, head: Project, approvals: Approvals, words: Sequence[Word]
) -> list[dict[str, Any]]:
    """The teams that must agree, as plain data: ``id``, ``name``, ``by`` (the handle of who did, or null), whom to
    ``ask``, and to which ``documents``, of which they have yet to agree to those that are ``waiting``. ``sign`` is the
    command by which one of them signs what can be signed; of the others, to ``approve``, only an approval counts.
    ``before``: who approved what an earlier commit said, which does not count.

    A team has agreed when one of it approved what each of its documents says, or signed it in this change. Who is in a
    team is what the base says: nobody makes themselves a member with the change that they approve, nor another team one
    that is never asked, as those outside the company are; nor are the first members of a team, of whom nobody could
    agree yet. How teams agree, and what is hidden of their people, is for all of them to say.
    """
    parties = _parties(changes, words, base)
    members = {team: _members(team, base) for teams in parties.values() for team in teams}
    asking = _Asking(head, parties, members, approvals, words, Grounds(head))
    asked: list[dict[str, Any]] = []
    for id_ in sorted(members):
        team = base.models.get(("team", id_), head.models.get(("team", id_)))
        documents = sorted(doc for doc, teams in parties.items() if id_ in teams)
        if isinstance(team, Team) and not team.external and (members[id_] or documents != [("team", id_)]):
            asked.append(asking.of(team, documents))
    return asked


def _parties(changes: Sequence[Change], words: Sequence[Word], base: Project) -> dict[Id, tuple[str, ...]]:
    """Whom each document asks: its teams where it changes or is new, and those whose word needs a proof."""
    found: dict[Id, dict[str, None]] = {}
    for change in changes:
        is_of_all = change.doc == SETTINGS and change.keys[0] in OF_ALL
        if change.asks:
            teams = [id_ for id_ in sorted(base.ids("team")) if _members(id_, base)] if is_of_all else change.teams
            found.setdefault(change.doc, {}).update(dict.fromkeys(teams))
    for word in words:
        if word.is_asked_for:
            found.setdefault(word.doc, {})[word.team] = None
    return {doc: tuple(teams) for doc, teams in found.items()}


def _members(id_: str, base: Project) -> Sequence[str]:
    team = base.models.get(("team", id_))
    return handles_of(team) if isinstance(team, Team) else []


@dataclass(frozen=True, slots=True)
class _Asking:
    head: Project
    parties: Mapping[Id, Sequence[str]]
    members: Mapping[str, Sequence[str]]
    approvals: Approvals
    words: Sequence[Word]
    known: Grounds

    def of(self, team: Team, documents: Sequence[Id]) -> dict[str, Any]:
        """What is asked of a team."""
        handles, id_ = self.members[team.id], team.id
        given = {doc: self._by(id_, doc) for doc in documents}
        waiting = [doc for doc in documents if given[doc] is None]
        may_sign = [doc for doc in waiting if handles and self._can_sign(id_, doc)]
        before = [h for h in handles if any(self.approvals.are_of_before(h, doc) for doc in waiting)]
        names = " ".join(":".join(doc) for doc in may_sign)
        return {
            "id": id_,
            "name": team.title,
            "by": given[documents[0]] if not waiting else None,
            "ask": handles or ([team.notify] if team.notify else []),
            "documents": [":".join(doc) for doc in documents],
            "waiting": [":".join(doc) for doc in waiting],
            "sign": f"aac agree {names} --team {id_} --by {handles[0]}" if may_sign else None,
            "approve": [":".join(doc) for doc in waiting if doc not in may_sign],
            "before": before,
        }

    def _by(self, team: str, doc: Id) -> str | None:
        """Who of a team agreed to a document as it is now."""
        speaking = [h for h in self.members[team] if speaks_for(h, self.parties[doc], self.members) == team]
        approved = next((handle for handle in speaking if self.approvals.hold(handle, doc)), None)
        return approved or next((word for word in self._signed(team, doc) if word in speaking), None)

    def _signed(self, team: str, doc: Id) -> list[str]:
        """Who signed a document for a team in this change, as it is now and with what it rests on now."""
        agreement = agreement_of(self.head, doc, None, self.known)
        brought = {(w.doc, w.team, w.handle) for w in self.words if w.sort == "given" and w.proof is not None}
        return [
            word.handle
            for word in (agreement.signatures if agreement is not None else ())
            if word.team == team and word.is_of_today and not word.changed and (doc, team, word.handle) in brought
        ]

    def _can_sign(self, team: str, doc: Id) -> bool:
        """Whether a sign-off can be written: not of what is gone, nor of what the team signed as it is."""
        agreement = agreement_of(self.head, doc, None, self.known)
        if agreement is None or team not in agreement.parties:
            return False
        return not any(w.team == team and w.is_of_today and not w.changed for w in agreement.signatures)


def agreed_in(changes: Iterable[Change], head: Project) -> dict[str, View]:
    """Who must agree to the documents that change and who has, as the later side says it, by `kind:id`."""
    docs = {change.doc for change in changes if change.asks} & head.models.keys()
    found = agreements(head, docs) if docs else ()
    return {f"{at.doc[0]}:{at.doc[1]}": agreed_view(at, head.titles.names) for at in found}
