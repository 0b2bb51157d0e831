"""Whether sign-offs can count: each is of a document that is there, by a member of a team that is a party of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from aac.findings import Finding, did_you_mean
from aac.kinds.signoff import Signoff
from aac.kinds.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.findings import Level
    from aac.graph import Id
    from aac.kinds.base import Kind
    from aac.project import Project, Version

FIRST = "first"
"""What the version is called that begins before all others."""


def signed(signoff: Signoff) -> Id:
    """Kind and id of the document that a sign-off is of."""
    kind, _, id_ = signoff.of.partition("/")
    return kind, id_


def signed_version(signoff: Signoff, project: Project) -> Version | None:
    """The version that a sign-off is of: the first one unless it says which; null when there is none."""
    versions = [version for version in project.versions if version.id == signed(signoff)]
    first = min((version.begins for version in versions), default=date.min)
    return next((version for version in versions if version.begins == (signoff.version or first)), None)


def named_teams(*models: Kind | None) -> tuple[str, ...]:
    """The teams that a document names, before and after: who answers for it, and its parties."""
    named = (
        team
        for model in models
        if model is not None
        for team in (model.owner, *getattr(model, "owners", ()), *model.parties)
    )
    return tuple(dict.fromkeys(team for team in named if team))


def signoffs_can_count(project: Project) -> None:
    """What a sign-off is of is there (AAC440), and who signs may: AAC441, AAC442."""
    for signoff in project.of_kind("signoff"):
        if isinstance(signoff, Signoff):
            version = signed_version(signoff, project)
            if version is None:
                _tell_absent(signoff, project)
            elif version.model is not None:
                _check_signer(signoff, version.model, project)


def _tell_absent(signoff: Signoff, project: Project) -> None:
    kind, id_ = signed(signoff)
    begins = sorted(str(version.begins) for version in project.versions if version.id == (kind, id_))
    if begins:
        message = f"no version of {kind} `{id_}` begins on {signoff.version}"
        _tell(project, signoff, "AAC440", "warning", message, did_you_mean(str(signoff.version), begins), "version")
    elif not project.is_incomplete(kind):
        known = [f"{other}/{name}" for other, name in project.places if kind == other]
        advice = did_you_mean(signoff.of, known) or f"no document is of kind `{kind}`: delete this sign-off"
        _tell(project, signoff, "AAC440", "warning", f"there is no {kind} `{id_}` to agree to", advice, "of")


def _check_signer(signoff: Signoff, document: Kind, project: Project) -> None:
    """A party signs, by a member of it; others are told, and count for nothing."""
    team = project.models.get(("team", signoff.team))
    if not isinstance(team, Team):
        if ("team", signoff.team) not in project.places and not project.is_incomplete("team"):
            advice = did_you_mean(signoff.team, project.ids("team")) or "delete this sign-off"
            _tell(project, signoff, "AAC204", "error", f"no team is called `{signoff.team}`", advice, "team")
        return
    if signoff.team not in named_teams(document):
        message = f"`{team.id}` is no party of {document.kind} `{document.id}`, so its word does not count"
        advice = f"delete this sign-off, or name `{team.id}` in `parties` there"
        _tell(project, signoff, "AAC441", "warning", message, advice, "team")
    elif team.external:
        message = f"`{team.id}` is outside the company, so its word does not count"
        _tell(project, signoff, "AAC441", "warning", message, "delete this sign-off: they are never asked", "team")
    elif bare(signoff.handle) not in map(bare, handles_of(team)):
        message = f"`{signoff.handle}` is no member of `{team.id}`, so this does not count as its word"
        advice = did_you_mean(signoff.handle, handles_of(team))
        if not advice.startswith("did you mean"):
            advice = f"name them in `members` of team `{team.id}`, or let a member sign it anew"
        _tell(project, signoff, "AAC442", "warning", message, advice, "handle")
    else:
        parties = named_teams(document)
        other = speaks_for(signoff.handle, parties, members_of(parties, project))
        if other != team.id:
            message = f"`{signoff.handle}` speaks for `{other}` here, so this does not count as the word of `{team.id}`"
            advice = f"let another member of `{team.id}` sign: of one document nobody speaks for two teams"
            _tell(project, signoff, "AAC442", "warning", message, advice, "handle")


def bare(handle: str) -> str:
    """A handle as hosts compare them."""
    return handle.removeprefix("@").lower()


def speaks_for(handle: str, parties: Iterable[str], members: Mapping[str, Sequence[str]]) -> str | None:
    """The one party of a document for which somebody speaks: the first of those that they are a member of, since nobody
    agrees with themselves. ``members``: handles by team."""
    return next((team for team in parties if bare(handle) in map(bare, members.get(team, ()))), None)


def members_of(parties: Iterable[str], project: Project) -> dict[str, Sequence[str]]:
    """The handles of some teams' members, but of those outside the company."""
    found = ((id_, project.models.get(("team", id_))) for id_ in parties)
    return {id_: handles_of(team) for id_, team in found if isinstance(team, Team) and not team.external}


def handles_of(team: Team) -> Sequence[str]:
    """The accounts of a team's members."""
    return [member.handle for member in team.members]


def _tell(project: Project, signoff: Signoff, code: str, level: Level, message: str, instead: str, key: str) -> None:
    span = project.places["signoff", signoff.id].span(key)
    project.told.append(Finding(code, level, message, instead, span, f"signoff:{signoff.id}"))
