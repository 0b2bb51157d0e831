"""What `aac agree` writes: a team's word about documents, each as a file of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from aac.agreements import agreement_of, grounds
from aac.changes import flow
from aac.comparing import SKIPPED, fields_of
from aac.errors import UsageError
from aac.explaining import document
from aac.findings import did_you_mean
from aac.kinds.signoff import Signoff
from aac.kinds.team import Team
from aac.operations import write_file
from aac.periods import day_of
from aac.reports.agreed import agreed_view
from aac.resting import Grounds
from aac.signing import handles_of, members_of, speaks_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.agreements import Agreement
    from aac.graph import Id
    from aac.operations import Opened
    from aac.project import Project, Version

FOLDER = "alignment/signoffs"
FIRST = "first"
"""What the version is called that begins before all others."""


@dataclass(frozen=True, slots=True)
class Word:
    """A sign-off that is to be written: the document, its file and text, and what is said of it."""

    id: Id
    file: str
    text: str
    says: tuple[str, ...]


def agree(
    opened: Opened, names: Sequence[str], team: str, by: str, now_us: int, version: str | None = None
) -> tuple[Word, ...]:
    """Writes that a team agrees to some documents as they are, by one of its members: all of them, or none.

    ``version``: the day on which the versions begin that are signed, else those of today. Raises UsageError for a
    document, version, team or handle that there is not, a team that is no party, and for what was signed already.
    """
    project = opened.project if version is None else _of_version(opened.project, names, version)
    known = Grounds(project)
    handle = _handle(project, team, by)
    day = day_of(now_us - 1, project.timezone)
    ids = dict.fromkeys(document(name.replace("/", ":"), project) for name in names)
    words = tuple(_word(project, id_, team, handle, day, known) for id_ in ids)
    for word in words:
        path = project.root / word.file
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, word.text)
    return words


def _of_version(project: Project, names: Sequence[str], day: str) -> Project:
    """The project of the day on which versions of all these documents begin, or of the first of them."""
    for name in names:
        id_ = document(name.replace("/", ":"), project)
        begins = sorted(version.begins for version in project.versions if version.id == id_)
        known = [FIRST, *(str(begin) for begin in begins[1:])]
        if len(begins) == 1:
            raise UsageError(f"--version: {id_[0]} `{id_[1]}` has one version alone: leave `--version` out")
        if day not in known:
            advice = did_you_mean(day, known)
            raise UsageError(f"--version: no version of {id_[0]} `{id_[1]}` begins on `{day}`; {advice}")
    return project.at(date.fromisoformat(day) if day != FIRST else min(project.by_day))


def _handle(project: Project, team: str, by: str) -> str:
    """The account of a member as the team names it."""
    model = project.models.get(("team", team))
    if not isinstance(model, Team):
        raise UsageError(f"--team: there is no team `{team}`; {did_you_mean(team, project.ids('team'))}")
    if model.external:
        raise UsageError(f"--team: `{team}` is outside the company, and never asked to agree")
    members = {handle.removeprefix("@").lower(): handle for handle in handles_of(model)}
    found = members.get(by.removeprefix("@").lower())
    if found is None:
        advice = did_you_mean(by, members.values()) or f"name them in `members` of team `{team}` first"
        raise UsageError(f"--by: `{by}` is no member of `{team}`; {advice}")
    return found


def _word(project: Project, id_: Id, team: str, handle: str, day: date, known: Grounds) -> Word:
    kind, name = id_
    agreement, version = agreement_of(project, id_, None, known), project.chosen[id_]
    if agreement is None:
        raise UsageError(f"{kind} `{name}` names no team: write who agrees to it under `parties` first")
    if team not in agreement.parties:
        raise UsageError(f"`{team}` is no party of {kind} `{name}`; {did_you_mean(team, agreement.parties)}")
    speaker = speaks_for(handle, agreement.parties, members_of(agreement.parties, project))
    if speaker != team:
        raise UsageError(
            f"--by: `{handle}` speaks for `{speaker}` on {kind} `{name}`: let another member of `{team}` sign it"
        )
    if version.is_packaged:
        raise UsageError(f"{kind} `{name}` is none of your own documents: it came with a pack")
    before = next((word for word in agreement.signatures if word.team == team), None)
    if before is not None and before.is_of_today and not before.changed:
        raise UsageError(f"`{team}` agreed to {kind} `{name}` as it is already, by {before.handle} on {before.day}")
    signoff_id, file = _names(version, team)
    there = project.places.get(("signoff", signoff_id))
    if there is not None and there.file != file:
        raise UsageError(f"`{team}` signed {kind} `{name}` in {there.span('id')}: delete that one first")
    text = _text(version, signoff_id, team, handle, day, agreement, grounds(id_, known))
    return Word(id_, file, text, tuple(_says(project, version, team, handle)))


def _names(version: Version, team: str) -> tuple[str, str]:
    """The id of a sign-off, and its file."""
    begins = _begins(version)
    parts = [*version.id, *([begins] if begins else [])]
    return f"{'_'.join(parts).replace('-', '_')}__{team}", f"{FOLDER}/{'-'.join(parts)}--{team}.yml"


def _begins(version: Version) -> str | None:
    begins = getattr(version.model, "effective_from", None)
    return str(begins) if begins is not None else None


def _text(
    version: Version, id_: str, team: str, handle: str, day: date, now: Agreement, rests_on: dict[str, str]
) -> str:
    begins = _begins(version)
    lines = [
        f"kind: {Signoff.kind_name}",
        f"id: {id_}",
        f"of: {'/'.join(version.id)}",
        *([f"version: {begins}"] if begins else []),
        f"team: {team}",
        f'handle: "{handle}"',
        f"date: {day}",
        f"fingerprint: {now.fingerprint}",
        *(["rests_on:"] if rests_on else []),
        *(f"  {key}: {print_}" for key, print_ in rests_on.items()),
    ]
    return "\n".join(lines) + "\n"


def _says(project: Project, version: Version, team: str, handle: str) -> list[str]:
    """What is agreed to, in words, and who is asked next."""
    kind, name = version.id
    titles = project.titles.names
    title = titles.get(f"{kind}:{name}", name)
    begins = _begins(version)
    held = f", the version from {begins}" if begins else ""
    lines = [f"{titles.get(f'team:{team}', team)} agrees to {kind} {name} «{title}»{held}, by {handle}:"]
    lines += [f"  {key}: {flow(value)}" for key, value in version.document.data.items() if _is_agreed(version, key)]
    lines += ["  in words:", *(f"    {place}: {said}" for place, said in project.in_words(kind, name))]
    after = agreement_of(project, version.id, {team: handle})
    return [*lines, f"  {agreed_view(after, titles)['words']}"] if after is not None else lines


def _is_agreed(version: Version, key: str) -> bool:
    """Whether a key is more than prose."""
    if key in SKIPPED:
        return False
    known = fields_of(type(version.model)) if version.model is not None else None
    mark = known[key][1] if known is not None and key in known else None
    return mark is None or mark.sort != "prose"


def written(words: Sequence[Word]) -> str:
    """What was signed, for a terminal."""
    lines = [line for word in words for line in (*word.says, f"  {Path(word.file)}")]
    return "\n".join(lines) + "\n"
