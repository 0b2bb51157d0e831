"""What teams agree to: the content of a document that is more than prose, its fingerprint, and who signed which.

The fingerprint is of what was read, key by key, and not of how it was written: it stays the same when keys are put in
another order, a rule is spelt differently or a sentence is mended, and becomes another when a number can.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, cast

from aac.comparing import SKIPPED, fields_of
from aac.expressions.mistakes import Refused
from aac.expressions.nodes import Literal as Constant
from aac.kinds.base import Kind, Versioned
from aac.kinds.classes import MEANING, Change
from aac.kinds.signoff import Signoff
from aac.kinds.team import Team
from aac.kinds.written import Split, Strict
from aac.periods import Duration
from aac.records import record
from aac.resting import Grounds
from aac.signing import members_of, named_teams, signed, signed_version, speaks_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.project import Project, Version
    from aac.resting import Ground

    Parse = Callable[[str], Node]

DIGITS = 16
"""Of a fingerprint: enough that no two documents of a project ever share one by chance."""


def fingerprint(model: Kind, parse: Parse) -> str:
    """Of the meaning and the promise of a document, as hexadecimal digits; its id is no part of it."""
    content = content_of(model, parse)
    return digest([model.kind, {key: value for key, value in content.items() if key not in SKIPPED}])


def digest(content: object) -> str:
    """The hexadecimal digits of plain data."""
    return hashlib.sha256(_sorted(content).encode()).hexdigest()[:DIGITS]


def content_of(model: Strict, parse: Parse, mark: Change = MEANING) -> dict[str, Any]:
    """What a document, or a part of one, says that is more than prose. What is as it is when left out is left out, so
    that a key which a later version brings changes nothing; so are splits and queues, since another one is a
    `compatible` change, which leaves what was agreed as it is."""
    content: dict[str, Any] = {}
    for key, (name, own) in fields_of(type(model)).items():
        value, there = getattr(model, name), own or mark
        info = type(model).model_fields[name]
        may_grow = there.grows and there.sort == "promise"
        is_said = info.is_required() or value != info.get_default(call_default_factory=True)
        if is_said and there.sort != "prose" and not may_grow:
            content[key] = value_of(value, parse, there)
    return content


def value_of(value: object, parse: Parse, mark: Change = MEANING) -> Any:
    """A value of a document as plain data: of lists whose order says nothing, in one order."""
    match value:
        case Strict():
            return content_of(value, parse, mark)
        case Split():
            return [value.name, _text(value.rule, parse)]
        case tuple():
            items = [value_of(item, parse, mark) for item in cast("tuple[object, ...]", value)]
            return items if mark.ordered else sorted(items, key=_sorted)
        case Mapping():
            entries = cast("Mapping[object, object]", value).items()
            named = {str(key): value_of(item, parse, mark) if not mark.labels else None for key, item in entries}
            return list(named.items()) if mark.ordered else named
        case str():
            return _text(value, parse)
        case None:
            return None
        case Duration():
            return str(value.plain)
        case _:
            return str(value)


def _text(text: str, parse: Parse) -> Any:
    """A text; of a rule what it says."""
    try:
        return _rule(parse(text))
    except Refused:
        return " ".join(text.split())


def _rule(part: object) -> Any:
    """A node as plain data, without the places in the text that it was read from."""
    match part:
        case Constant():
            return ["Literal", _rule(part.value)]
        case Decimal():
            return ["Decimal", str(part.normalize())]
        case tuple():
            return [_rule(inner) for inner in cast("tuple[object, ...]", part)]
        case _ if is_dataclass(part) and not isinstance(part, type):
            kept = [getattr(part, field.name) for field in fields(part) if field.compare]
            return [type(part).__name__, *map(_rule, kept)]
        case _:
            return part


def _sorted(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


# What a document rests on


def grounds(id_: Id, known: Grounds) -> dict[str, str]:
    """What a sound document rests on, near and far, each with its fingerprint: documents and entities as `kind/id`, the
    fields of entities that are read as `entity/lead.score`, and parameters as `param/mql_threshold`."""
    project, ground = known.project, known.of(id_)
    parse = project.parsed.parse
    prints = {f"{kind}/{name}": ground_print(project.models[kind, name], parse) for kind, name in ground.documents}
    return dict(sorted((prints | _inner_prints(ground, project)).items()))


def _inner_prints(ground: Ground, project: Project) -> dict[str, str]:
    """The fingerprints of entities, of the fields that are read, and of parameters."""
    parse = project.parsed.parse
    prints: dict[str, str] = {}
    for entity, read in ground.fields.items():
        model = project.models.get(("entity", entity))
        content = content_of(model, parse) if model is not None else {}
        by_name = content.pop("fields", {})
        prints[f"entity/{entity}"] = digest(content)
        prints |= {f"entity/{entity}.{name}": digest(by_name[name]) for name in read if name in by_name}
    values = project.parameters
    return prints | {f"param/{name}": digest(str(values[name])) for name in ground.parameters if name in values}


def measured_with(id_: Id, known: Grounds) -> dict[str, str]:
    """What a document's numbers are made of on the day of a project: itself and all that it rests on, each with its
    fingerprint. From when until when a version holds is no part of it; `definition/mql@2026-02-01` begins on that day.
    """
    project, ground = known.project, known.of(id_)
    prints: dict[str, str] = {}
    for kind, name in (id_, *ground.documents):
        version, model = project.chosen[kind, name], project.models[kind, name]
        begins = f"@{version.begins}" if version.begins != date.min else ""
        prints[f"{kind}/{name}{begins}"] = timeless_print(model, project.parsed.parse)
    return dict(sorted((prints | _inner_prints(ground, project)).items()))


def timeless_print(model: Kind, parse: Parse) -> str:
    """The same as `ground_print`, whatever the days on which a version holds."""
    if isinstance(model, Versioned):
        model = model.model_copy(update={"effective_from": None, "effective_until": None})
    return ground_print(model, parse)


def ground_print(model: Kind, parse: Parse) -> str:
    """The fingerprint of a document for what rests on it: who answers for it says nothing there, nor do queues."""
    content = content_of(model, parse)
    said_nothing = Kind.model_fields.keys() | {
        key for key, (_, mark) in fields_of(type(model)).items() if mark and mark.grows
    }
    return digest([model.kind, {key: value for key, value in content.items() if key not in said_nothing}])


# Whether teams agree


State = Literal["agreed", "waiting", "lapsed", "alone"]


@record
class Signature:
    """A team's word: who gave it, on which day, and whether it is of what the document says today.

    ``changed``: what the document rested on then and is not what it was, as people say it (`icp.core`).
    """

    team: str
    handle: str
    day: date | None
    is_of_today: bool
    changed: tuple[str, ...] = ()


@record
class Agreement:
    """Who must agree to a document, and who has.

    ``state``: `agreed` by all parties to what it says today; `waiting` for those who never signed; `lapsed` where one
    signed what it said before; `alone` where no second team is asked, so that nobody could agree with anybody.
    ``parties``: the teams that are asked, who answers first. ``signatures``: their words that count, one a team.
    """

    doc: Id
    fingerprint: str
    state: State
    parties: tuple[str, ...]
    signatures: tuple[Signature, ...] = ()

    @property
    def waiting(self) -> tuple[str, ...]:
        """The teams that have not agreed to what it says today."""
        given = {signature.team for signature in self.signatures if signature.is_of_today}
        return tuple(team for team in self.parties if team not in given)

    @property
    def changed(self) -> tuple[str, ...]:
        """What the words of today rested on and is not what it was."""
        found = (name for signature in self.signatures if signature.is_of_today for name in signature.changed)
        return tuple(dict.fromkeys(found))

    @property
    def since(self) -> date | None:
        """The day of the last word, where all have given theirs on a day that is known."""
        days = [signature.day for signature in self.signatures if signature.day is not None]
        return max(days) if self.state == "agreed" and len(days) == len(self.parties) else None


def print_of(version: Version, model: Kind, project: Project) -> str:
    """The fingerprint of a version; that it ends where the next begins is no part of what was agreed."""
    begins = {other.begins for other in project.versions if other.id == version.id}
    is_followed = isinstance(model, Versioned) and model.effective_until in begins
    model = model.model_copy(update={"effective_until": None}) if is_followed else model
    return fingerprint(model, project.parsed.parse)


def agreement_of(
    project: Project, id_: Id, approved: Mapping[str, str] | None = None, known: Grounds | None = None
) -> Agreement | None:
    """Whether its parties agree to a document as the project has it; null when it is broken, or no team is named.

    ``approved``: handles by the teams whose word was given elsewhere for what it says now, as in a review. Those count
    like a sign-off of today. ``known``: what documents rest on, where it is asked of many.
    """
    version = project.chosen.get(id_)
    model = version.model if version is not None else None
    if version is None or model is None or id_[0] == "signoff":
        return None
    parties = tuple(team for team in named_teams(model) if not _is_external(team, project))
    if not parties:
        return None
    now, known = print_of(version, model, project), known or Grounds(project)
    words = {signature.team: signature for signature in _signatures(version, parties, now, known)}
    words |= {team: Signature(team, by, None, True) for team, by in (approved or {}).items() if team in parties}
    signatures = tuple(words[team] for team in parties if team in words)
    return Agreement(id_, now, _state(parties, signatures), parties, signatures)


def agreements(project: Project, ids: Iterable[Id] | None = None) -> tuple[Agreement, ...]:
    """Of every document that names teams, or of those that are asked for, by kind and id."""
    known = Grounds(project)
    found = (agreement_of(project, id_, None, known) for id_ in sorted(ids or project.models))
    return tuple(agreement for agreement in found if agreement is not None)


def _is_external(id_: str, project: Project) -> bool:
    team = project.models.get(("team", id_))
    return isinstance(team, Team) and team.external


def _signatures(version: Version, parties: Sequence[str], now: str, known: Grounds) -> Iterator[Signature]:
    """The words that count: of a party, by one of its members who speaks for no other party, and not given before the
    document said so; of two words of a team the later one."""
    project = known.project
    signoffs = [s for s in project.of_kind("signoff") if isinstance(s, Signoff) and signed(s) == version.id]
    ground = grounds(version.id, known) if signoffs else {}
    for signoff in sorted(signoffs, key=lambda signoff: (signoff.fingerprint == now, signoff.date)):
        if signed_version(signoff, project) is version and _counts(signoff, parties, project):
            changed = (key for key, print_ in signoff.rests_on.items() if ground.get(key, print_) != print_)
            is_of_today = signoff.fingerprint == now
            yield Signature(signoff.team, signoff.handle, signoff.date, is_of_today, tuple(map(said, changed)))


def _counts(signoff: Signoff, parties: Sequence[str], project: Project) -> bool:
    """Whether who signed speaks for the team, and did not before the document said so."""
    speaker = speaks_for(signoff.handle, parties, members_of(parties, project))
    return speaker == signoff.team and signoff.id not in project.too_early


def is_of_its_text(signoff: Signoff, project: Project) -> bool:
    """Whether a sign-off is of what its document says in a project."""
    version = signed_version(signoff, project)
    if version is None or version.model is None:
        return False
    return signoff.fingerprint == print_of(version, version.model, project)


def is_taken_back(signoff: Signoff, base: Project, head: Project) -> bool:
    """Whether a word of a team that counted is gone while the document says what was signed still."""
    key, version = (signoff.of, signoff.version, signoff.team), signed_version(signoff, base)
    if version is None or version.model is None or not _counts(signoff, named_teams(version.model), base):
        return False
    others = (other for other in head.of_kind(Signoff.kind_name) if isinstance(other, Signoff))
    return is_of_its_text(signoff, head) and all((s.of, s.version, s.team) != key for s in others)


def said(key: str) -> str:
    """Something a document rests on as rules name it: `mql`, `lead.score`, `icp.core`, `param.mql_threshold`."""
    kind, _, name = key.partition("/")
    return name if kind in ("definition", "entity") else f"{kind}.{name}"


def _state(parties: Sequence[str], signatures: Sequence[Signature]) -> State:
    if len(parties) == 1:
        return "alone"
    if sum(signature.is_of_today for signature in signatures) == len(parties):
        return "agreed"
    return "waiting" if all(signature.is_of_today for signature in signatures) else "lapsed"
