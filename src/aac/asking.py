"""Who must agree to a change, and who has: the teams of what changes, those whose word it brings or takes back."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING, Any

from aac.agreements import agreement_of, agreements, print_of
from aac.inheriting import CODE, SETTINGS
from aac.kinds.signoff import Signoff
from aac.kinds.team import Team
from aac.records import record
from aac.reports.agreed import agreed_view
from aac.resting import Grounds
from aac.signing import FIRST, handles_of, speaks_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from aac.agreements import Agreement, Signature
    from aac.approving import Approvals
    from aac.changes import Change
    from aac.given import Word
    from aac.graph import Id
    from aac.project import Project, Version
    from aac.reports.base import View

OF_ALL = ("review", "privacy")
"""Tables of `aac.toml` that say how teams agree, and what is shown of their people."""


def asked_of(
    changes: Sequence[Change], base: Project, head: Project, approvals: Approvals, words: Sequence[Word]
) -> list[dict[str, Any]]:
    """The teams that must agree, as plain data: ``id``, ``name``, ``by`` (the handle of who did, or null), whom to
    ``ask``, and to which ``documents``, of which they have yet to agree to those that are ``waiting``. ``sign`` are the
    commands by which one of them signs what can be signed; of the others, to ``approve``, only an approval counts.
    ``before``: who approved what an earlier commit said, which does not count.

    A team has agreed when one of it approved what each of its documents says, or signed it in this change. Who is in a
    team is what the base says: nobody makes themselves a member with the change that they approve, nor another team one
    that is never asked, as those outside the company are; nor are the first members of a team, of whom nobody could
    agree yet. How teams agree, what is hidden of their people, and code, is for all of them to say.
    """
    parties = _parties(changes, words, base)
    members = {team: _members(team, base) for teams in parties.values() for team in teams}
    asking = _Asking(head, _edited(parties, base, head), parties, members, approvals, words)
    asked: list[dict[str, Any]] = []
    for id_ in sorted(members):
        team = base.models.get(("team", id_), head.models.get(("team", id_)))
        documents = sorted(doc for doc, teams in parties.items() if id_ in teams)
        if isinstance(team, Team) and not team.external and (members[id_] or documents != [("team", id_)]):
            asked.append(asking.of(team, documents))
    return asked


def outside_of(base: Project, head: Project) -> frozenset[str]:
    """The teams that are never asked, as the base says it: of the head only those that are new there."""
    ids = {*base.ids("team"), *head.ids("team")}
    found = {id_: base.models.get(("team", id_), head.models.get(("team", id_))) for id_ in ids}
    return frozenset(id_ for id_, team in found.items() if isinstance(team, Team) and team.external)


def _parties(changes: Sequence[Change], words: Sequence[Word], base: Project) -> dict[Id, tuple[str, ...]]:
    """Whom each document asks: its teams where it changes or is new, and those whose word needs a proof."""
    found: dict[Id, dict[str, None]] = {}
    for change in changes:
        if change.doc[0] == Signoff.kind_name:
            continue  # of words it is asked below
        # nobody knows what code does, and it may say by another name that it brings numbers
        is_of_all = change.doc[0] == CODE or (change.doc == SETTINGS and change.keys[0] in OF_ALL)
        if change.asks:
            teams = [id_ for id_ in sorted(base.ids("team")) if _members(id_, base)] if is_of_all else change.teams
            found.setdefault(change.doc, {}).update(dict.fromkeys(teams))
    for word in words:
        if word.is_asked_for:
            found.setdefault(word.doc, {})[word.team] = None
    return {doc: tuple(teams) for doc, teams in found.items()}


def _edited(docs: Iterable[Id], base: Project, head: Project) -> dict[Id, list[Version]]:
    """The versions of some documents that say what none said before; the newest where all of them were there, since it
    is another thing now that they rest on. Nothing of what is gone."""
    known = {print_ for _, print_ in _prints(base, set(docs))}
    found: dict[Id, list[Version]] = {}
    for version, print_ in _prints(head, set(docs)):
        found.setdefault(version.id, []).extend([version] if print_ not in known else [])
    return {id_: versions or [head.chosen[id_]] for id_, versions in found.items()}


def _prints(made: Project, docs: Collection[Id]) -> Iterator[tuple[Version, tuple[Id, str]]]:
    """The sound versions of some documents, the oldest first, each with what it says."""
    for version in sorted(made.versions, key=lambda version: version.begins):
        if version.id in docs and version.model is not None:
            yield version, (version.id, print_of(version, version.model, made))


def _members(id_: str, base: Project) -> Sequence[str]:
    team = base.models.get(("team", id_))
    return handles_of(team) if isinstance(team, Team) else []


@record
class _Asking:
    head: Project
    edited: Mapping[Id, Sequence[Version]]
    parties: Mapping[Id, Sequence[str]]
    members: Mapping[str, Sequence[str]]
    approvals: Approvals
    words: Sequence[Word]
    known: dict[date, Grounds] = field(default_factory=dict[date, "Grounds"])

    def of(self, team: Team, documents: Sequence[Id]) -> dict[str, Any]:
        """What is asked of a team."""
        handles, id_ = self.members[team.id], team.id
        given = {doc: self._by(id_, doc) for doc in documents}
        waiting = [doc for doc in documents if given[doc] is None]
        may_sign = {doc: versions for doc in waiting if handles and (versions := self._to_sign(id_, doc))}
        before = [h for h in handles if any(self.approvals.are_of_before(h, doc) for doc in waiting)]
        return {
            "id": id_,
            "name": team.title,
            "by": given[documents[0]] if not waiting else None,
            "ask": handles or ([team.notify] if team.notify else []),
            "documents": [":".join(doc) for doc in documents],
            "waiting": [":".join(doc) for doc in waiting],
            "sign": [f"aac agree {names} --team {id_} --by {handles[0]}" for names in self._named(may_sign)],
            "approve": [":".join(doc) for doc in waiting if doc not in may_sign],
            "before": before,
        }

    def _named(self, may_sign: Mapping[Id, Sequence[Version]]) -> list[str]:
        """Versions as `aac agree` takes them: together where none need be named, else each by itself."""
        begins: dict[Id, list[date]] = {}
        for version in self.head.versions:
            begins.setdefault(version.id, []).append(version.begins)
        plain = [":".join(doc) for doc in may_sign if len(begins[doc]) == 1]
        named = [" ".join(plain)] if plain else []
        for doc, versions in may_sign.items():
            for day in (version.begins for version in versions if len(begins[doc]) > 1):
                named.append(f"{':'.join(doc)} --version {day if day != min(begins[doc]) else FIRST}")
        return named

    def _by(self, team: str, doc: Id) -> str | None:
        """Who of a team agreed to a document as it is now."""
        speaking = [h for h in self.members[team] if speaks_for(h, self.parties[doc], self.members) == team]
        approved = next((handle for handle in speaking if self.approvals.hold(handle, doc)), None)
        signed = [self._signed(team, version) for version in self.edited.get(doc, ())]
        if approved is not None or not signed:
            return approved
        # one who signed each of what was edited
        return next((h for h in signed[0] if h in speaking and all(h in handles for handles in signed)), None)

    def _signed(self, team: str, version: Version) -> list[str]:
        """Who signed a version for a team in this change, as it is now and with what it rests on now."""
        brought = {w.handle for w in self.words if w.sort == "given" and w.proof is not None and w.doc == version.id}
        return [word.handle for word in self._signatures(team, version) if word.handle in brought]

    def _signatures(self, team: str, version: Version) -> list[Signature]:
        """The words of a team about a version as it is now, and with what it rests on now."""
        agreement = self._agreement(version)
        given = agreement.signatures if agreement is not None else ()
        return [word for word in given if word.team == team and word.is_of_today and not word.changed]

    def _to_sign(self, team: str, doc: Id) -> list[Version]:
        """What can be signed: nothing of what is gone, nor what the team signed as it is."""
        return [
            version
            for version in self.edited.get(doc, ())
            if (agreement := self._agreement(version)) is not None
            and team in agreement.parties
            and not self._signatures(team, version)
        ]

    def _agreement(self, version: Version) -> Agreement | None:
        made = self.head.holding(version)
        return agreement_of(made, version.id, None, self.known.setdefault(made.day, Grounds(made)))


def agreed_in(changes: Iterable[Change], head: Project) -> dict[str, View]:
    """Who must agree to the documents that change and who has, as the later side says it, by `kind:id`."""
    docs = {change.doc for change in changes if change.asks} & head.models.keys()
    found = agreements(head, docs) if docs else ()
    return {f"{at.doc[0]}:{at.doc[1]}": agreed_view(at, head.titles.names) for at in found}
