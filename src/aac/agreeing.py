"""What `aac agree` writes: a team's word about documents, each as a file of its own."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from aac.agreements import agreement_of, grounds
from aac.changes import flow
from aac.comparing import SKIPPED, fields_of
from aac.errors import UsageError
from aac.explaining import document
from aac.files import write_file
from aac.findings import did_you_mean
from aac.kinds.signoff import Signoff
from aac.kinds.team import Team
from aac.periods import day_of
from aac.records import record
from aac.reports.agreed import agreed_view
from aac.resting import Grounds
from aac.signing import FIRST, handles_of, members_of, speaks_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.agreements import Agreement, Signature
    from aac.graph import Id
    from aac.operations import Opened
    from aac.project import Project, Version

FOLDER = "alignment/signoffs"


@record
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

    ``version``: the day on which the versions begin that are signed, else those that hold today; where the team signed
    one of these as it is, the next one that is still to come. Raises UsageError for a document, version, team or handle
    that there is not, a team that is no party, and for what was signed already.
    """
    project = opened.project
    handle = _handle(project, team, by)
    day = day_of(now_us - 1, project.timezone)
    ids = dict.fromkeys(document(name.replace("/", ":"), project) for name in names)
    signer = _Signer(project, team, handle, day)
    words = tuple(_word(signer, signer.to_sign(id_, version)) for id_ in ids)
    for word in words:
        path = project.root / word.file
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, word.text)
    return words


@record
class _Signer:
    """A member who signs for a team on a day; of each day of the project what documents rest on is read once."""

    project: Project
    team: str
    handle: str
    day: date
    known: dict[date, Grounds] = field(default_factory=dict[date, "Grounds"])

    def to_sign(self, id_: Id, asked: str | None) -> Version:
        """The version that was asked for by its first day; else the one that holds today or comes next, unless the team
        signed it as it is and not one behind it."""
        versions = sorted((v for v in self.project.versions if v.id == id_), key=lambda version: version.begins)
        if asked is not None:
            return _asked(id_, versions, asked)
        now = next((at for at, version in enumerate(versions) if self.day < version.ends), len(versions) - 1)
        return next((version for version in versions[now:] if not self.has_signed(version)), versions[now])

    def has_signed(self, version: Version) -> bool:
        """Whether the team agreed to a version as it is, and as what it rests on is."""
        word = self.word(version)
        return word is not None and word.is_of_today and not word.changed

    def word(self, version: Version) -> Signature | None:
        """The word of the team about a version."""
        agreement = agreement_of(self.of(version).project, version.id, None, self.of(version))
        return next((word for word in agreement.signatures if word.team == self.team), None) if agreement else None

    def of(self, version: Version) -> Grounds:
        """The project that has a version, with what its documents rest on."""
        made = self.project.holding(version)
        return self.known.setdefault(made.day, Grounds(made))


def _asked(id_: Id, versions: Sequence[Version], day: str) -> Version:
    """The version that begins on a day, or the first one; raises UsageError."""
    if len(versions) == 1:
        raise UsageError(f"--version: {id_[0]} `{id_[1]}` has one version alone: leave `--version` out")
    known = {FIRST: versions[0], **{str(version.begins): version for version in versions[1:]}}
    if day not in known:
        advice = did_you_mean(day, known)
        raise UsageError(f"--version: no version of {id_[0]} `{id_[1]}` begins on `{day}`; {advice}")
    return known[day]


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


def _word(signer: _Signer, version: Version) -> Word:
    id_, team, handle, known = version.id, signer.team, signer.handle, signer.of(version)
    kind, name = id_
    project = known.project
    agreement = agreement_of(project, id_, None, known)
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
    before = signer.word(version)
    if before is not None and signer.has_signed(version):
        raise UsageError(f"`{team}` agreed to {kind} `{name}` as it is already, by {before.handle} on {before.day}")
    signoff_id, file = _names(version, team)
    there = project.places.get(("signoff", signoff_id))
    if there is not None and there.file != file:
        raise UsageError(f"`{team}` signed {kind} `{name}` in {there.span('id')}: delete that one first")
    text = _text(version, signoff_id, team, handle, signer.day, agreement, grounds(id_, known))
    return Word(id_, file, text, tuple(_says(signer, version)))


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


def _says(signer: _Signer, version: Version) -> list[str]:
    """What is agreed to, in words, when it holds, and who is asked next."""
    kind, name = version.id
    team, handle, project = signer.team, signer.handle, signer.of(version).project
    titles = project.titles.names
    title = titles.get(f"{kind}:{name}", name)
    held = _held(version, signer.day)
    lines = [f"{titles.get(f'team:{team}', team)} agrees to {kind} {name} «{title}»{held}, by {handle}:"]
    lines += [f"  {key}: {flow(value)}" for key, value in version.document.data.items() if _is_agreed(version, key)]
    lines += ["  in words:", *(f"    {place}: {said}" for place, said in project.in_words(kind, name))]
    after = agreement_of(project, version.id, {team: handle})
    return [*lines, f"  {agreed_view(after, titles)['words']}"] if after is not None else lines


def _held(version: Version, day: date) -> str:
    """From when on a version holds, and until when; nothing of one that holds on all days."""
    said = [f"took effect on {version.begins}" if version.begins <= day else f"takes effect on {version.begins}"]
    said = said if version.begins != date.min else []
    if version.ends != date.max:
        said.append(f"ended on {version.ends}" if version.ends <= day else f"ends on {version.ends}")
    return f", the version that {' and '.join(said)}" if said else ""


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
