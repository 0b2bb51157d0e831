"""Two projects -> what changed between them: each change with its class, a sentence, and a fingerprint (LANGUAGE §10).

Everything that can move a number, a status or a name that somebody relies on is `breaking`; what is new and leaves all
of them is `compatible`; prose and order are `editorial`. Which it is comes from the field (`kinds.classes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from aac.agreements import content_of, digest, fingerprint, is_of_its_text, is_taken_back, value_of
from aac.comparing import NAMES, SKIPPED, Level, differences, fields_of, level_of, rule_id
from aac.expressions.phrases import spaced
from aac.expressions.words import words
from aac.kinds.base import Kind, Versioned
from aac.kinds.lock import Lock
from aac.kinds.signoff import Signoff
from aac.kinds.written import Strict
from aac.records import record
from aac.renames import Renames, renames
from aac.resting import is_prose
from aac.signing import named_teams, signed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from aac.comparing import Difference, Steps
    from aac.documents import Document
    from aac.findings import Span
    from aac.graph import Id
    from aac.kinds.classes import Change as Mark
    from aac.project import Project, Version

LEVELS: tuple[Level, ...] = ("breaking", "compatible", "editorial")
"""The classes of changes, the most careful first."""
LONGEST = 200
"""Characters of a value that a sentence tells."""
BEFORE = 60
"""Characters that are told before the first one that differs."""
ACRONYMS = ("icp", "sla")
"""Kinds that people write in capital letters."""


@record
class Change:
    """One change. ``rule`` is its stable name, as in `sla.how_measured.objective.lowered`.

    ``doc``: kind and id; ``was``: the former id, if it has another now. ``old``, ``new``: the values as written, null
    where there is none; ``words``: before and after in English, of rules, and of what is new. ``from_``: the day from
    which it holds, null if from the first. ``over``: what it rests on that changed, from the nearest on.
    ``acknowledged``: the reason for which a team knows and means it. ``is_past``: the newest version says the same as
    before, so it is about an earlier one, or about the days on which they hold.
    """

    rule: str
    level: Level
    doc: Id
    sentence: str
    fingerprint: str
    span: Span | None = None
    old: str | None = None
    new: str | None = None
    words: tuple[str, str] | None = None
    from_: date | None = None
    was: str | None = None
    over: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    moves_meaning: bool = False
    teams: tuple[str, ...] = ()
    acknowledged: str | None = None
    is_past: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the whole document is new: it has no number before."""
        return self.rule == f"{self.doc[0]}.added"

    @property
    def asks(self) -> bool:
        """Whether its teams must agree: to what they rely on, and to what they are to rely on."""
        return self.level == "breaking" or (self.is_new and self.level == "compatible")


def settled(changes: Iterable[Change], severity: Mapping[str, str]) -> Iterator[Change]:
    """Changes in the class that the teams gave their rules; ``severity``: classes by rule."""
    for change in changes:
        yield replace(change, level=cast("Level", severity.get(change.rule, change.level)))


def acknowledged(changes: Iterable[Change], reasons: Mapping[str, str]) -> Iterator[Change]:
    """Changes with the reasons for which they are known and meant; ``reasons``: by fingerprint."""
    for change in changes:
        yield replace(change, acknowledged=reasons.get(change.fingerprint))


def document_changes(base: Project, head: Project) -> tuple[tuple[Change, ...], tuple[tuple[Id, str], ...]]:
    """What changed in the documents, and which could not be compared, with the reason."""
    before, after = _versions(base), _versions(head)
    renamed = _renamed(base, head, before, after)
    known = _names(renamed, before, after)
    found: list[Change] = []
    broken: list[tuple[Id, str]] = []
    for id_ in sorted(before.keys() | after.keys()):
        if id_ in renamed.values():
            continue
        former = renamed.get(id_, id_)
        old, new = before.get(former, []), after.get(id_, [])
        bad = next((side for side, found_ in ((base, old), (head, new)) if any(v.model is None for v in found_)), None)
        if bad is not None:
            broken.append((id_, "its document has errors before" if bad is base else "its document has errors"))
            continue
        found += _Pair(base, head, id_, former, known).changes(old, new)
    return tuple(found), tuple(broken)


def _versions(project: Project) -> dict[Id, list[Version]]:
    versions: dict[Id, list[Version]] = {}
    for version in sorted(project.versions, key=lambda version: version.begins):
        versions.setdefault(version.id, []).append(version)
    return versions


def _renamed(
    base: Project, head: Project, before: Mapping[Id, list[Version]], after: Mapping[Id, list[Version]]
) -> dict[Id, Id]:
    """The documents that say the same under another id: the new one, and what it was.

    What one says may name another that has a new id, too: so each turn finds those that rest on the last one's.
    """
    gone = [id_ for id_ in before if id_ not in after]
    fresh = {id_: _content(head, after[id_], Renames({}, {})) for id_ in after if id_ not in before}
    found: dict[Id, Id] = {}
    while True:
        known = _names(found, before, after)
        left = {id_: _content(base, before[id_], known) for id_ in gone if id_ not in found.values()}
        more: dict[Id, Id] = {}
        for id_, content in fresh.items():
            same = [other for other, was in left.items() if was == content is not None and other[0] == id_[0]]
            if id_ not in found and len(same) == 1 and same[0] not in more.values():
                more[id_] = same[0]
        if not more:
            return found
        found |= more


def _names(renamed: Mapping[Id, Id], before: Mapping[Id, list[Version]], after: Mapping[Id, list[Version]]) -> Renames:
    """What is called otherwise, by the last versions of what was renamed."""
    pairs = ((former, before[former][-1].model, id_, after[id_][-1].model) for id_, former in renamed.items())
    return renames((old, one, new, other) for old, one, new, other in pairs if one is not None and other is not None)


def _content(project: Project, versions: Sequence[Version], known: Renames) -> tuple[str, ...] | None:
    """What a document says, by version; one that says nothing but prose is known by its name."""
    models = [version.model for version in versions]
    if any(model is None for model in models):
        return None
    parse = project.parsed.parse
    followed = [known.followed(model) for model in models if model is not None]
    return tuple(
        m.title if is_prose(m) or not content_of(m, parse).keys() - SKIPPED else fingerprint(m, parse) for m in followed
    )


@record
class _Pair:
    """One document on both sides."""

    base: Project
    head: Project
    id: Id
    former: Id
    renames: Renames

    def changes(self, old: Sequence[Version], new: Sequence[Version]) -> Iterator[Change]:
        if self.id[0] == Signoff.kind_name and not (old and new):
            yield self._word(old, new)
            return
        if not old:
            is_of_others = new[-1].model is not None and new[-1].model.changes_others
            fresh: Level = "breaking" if is_of_others else "compatible"
            added = self._whole("added", fresh, new[-1], f"the {self._kind} `{self.id[1]}` is new")
            yield replace(added, words=self._new_words(new[-1]))
            return
        if not new:
            is_told_only = old[-1].model is not None and is_prose(old[-1].model)
            level: Level = "editorial" if is_told_only else "breaking"
            yield self._whole("removed", level, old[-1], f"the {self._kind} `{self.id[1]}` is gone")
            return
        if self.former != self.id:
            sentence = f"is called `{self.id[1]}` now, and was `{self.former[1]}`"
            change = self._whole("renamed", "breaking", new[-1], sentence)
            yield replace(change, old=self.former[1], new=self.id[1], was=self.former[1], moves_meaning=self._is_read)
        found = list(self._by_version(old, new))
        is_past = any(change.level == "breaking" for change in found) and self._is_past(old[-1], new[-1])
        yield from (replace(change, is_past=True) for change in found) if is_past else found

    def _word(self, old: Sequence[Version], new: Sequence[Version]) -> Change:
        """The word of a team, which is new or gone: what was said of it there is no more is tidied up."""
        version = new[-1] if new else old[-1]
        word = cast("Signoff", version.model)
        kind, id_ = signed(word)
        of = f"the {_kind_words(kind)} `{id_}`" + (f" as it holds from {word.version}" if word.version else "")
        if new:
            does = "agrees to" if is_of_its_text(word, self.head) else "signs what is not said in"
            return self._whole("added", "compatible", version, f"`{word.team}` {does} {of}, as `{word.handle}`")
        if not is_taken_back(word, self.base, self.head):
            return self._whole("removed", "editorial", version, f"what `{word.team}` signed of {of} is gone")
        sentence = f"`{word.team}` agrees to {of} no longer: what `{word.handle}` signed is gone, and it says the same"
        change = self._whole("taken_back", "breaking", version, sentence)
        return replace(change, teams=(word.team,), moves_meaning=False)

    def _new_words(self, version: Version) -> tuple[str, str] | None:
        """What a new document says, in its own words and in those of its rules; nothing stood before."""
        rules = (f"{place}: {said}" for place, said in self.head.in_words(*self.id))
        if version.model is not None and version.model.changes_others:
            rules = (f"{key}: {flow(value)}" for key, value in version.document.data.items() if key not in SKIPPED)
        told = "; ".join(filter(None, [getattr(version.model, "what", None), *rules]))
        return ("", told if len(told) <= LONGEST else f"{told[:LONGEST]}…") if told else None

    def _is_past(self, old: Version, new: Version) -> bool:
        """Whether the newest versions say the same, so that only others, or days, can have changed."""
        if not isinstance(old.model, Versioned) or not isinstance(new.model, Versioned):
            return False
        days = dict.fromkeys(Versioned.model_fields.keys() - Kind.model_fields.keys())
        was, now = (model.model_copy(update=days) for model in (self.renames.followed(old.model), new.model))
        found = differences(was, now, self.head.parsed.parse)
        return all(level_of(each.mark, each.verb, is_entry=each.is_entry) != "breaking" for each in found)

    @property
    def _kind(self) -> str:
        return _kind_words(self.id[0])

    def _by_version(self, old: Sequence[Version], new: Sequence[Version]) -> Iterator[Change]:
        """Versions that begin on the same day are one; a new one is compared with the one that held before it."""
        if len(old) == len(new) == 1:
            yield from self._differences(old[0], new[0], None)
            return
        begun = {version.begins: version for version in old}
        ends = {version.begins for version in new if version.begins not in begun}
        for version in new:
            if version.begins in begun:
                yield from self._differences(begun.pop(version.begins), version, None, ends)
            else:
                former = max((v for v in old if v.begins <= version.begins), key=lambda v: v.begins, default=old[0])
                yield from self._differences(former, version, version.begins)
        for version in begun.values():
            since = f"that held from {version.begins}" if version.begins != date.min else "that held first"
            yield self._whole("version_removed", "breaking", version, f"the version {since} is gone")

    def _differences(
        self, old: Version, new: Version, begins: date | None, ends: Collection[object] = ()
    ) -> Iterator[Change]:
        """``ends``: the days on which new versions begin: that an older one ends there goes without saying."""
        if old.model is None or new.model is None:
            return
        for found in differences(self.renames.followed(old.model), new.model, self.head.parsed.parse):
            is_version = found.keys[-1:] in (("effective_from",), ("effective_until",))
            if is_version and (begins is not None or found.new in ends):
                continue
            yield self._change(found, old, new, begins)

    def _change(self, found: Difference, old: Version, new: Version, begins: date | None) -> Change:
        before, after = _shortened(
            _written(old.document, found.old_path, found.old, found.mark),
            _written(new.document, found.new_path, found.new, found.mark),
        )
        level = level_of(found.mark, found.verb, is_entry=found.is_entry)
        is_gone = found.new is None
        span = (old if is_gone else new).document.span(*(found.old_path if is_gone else found.new_path))
        parse = self.head.parsed.parse
        content = [value_of(found.old, parse, found.mark), value_of(found.new, parse, found.mark)]
        rule = rule_id(self.id[0], found.keys, found.verb)
        return Change(
            rule,
            level,
            self.id,
            _sentence(found, before, after),
            digest([rule, *self.id, *found.entries, content, str(begins)]),
            span,
            before,
            after,
            self._words(found) if self._is_chosen(old, new) else None,
            begins,
            keys=found.keys,
            entries=found.entries,
            moves_meaning=level == "breaking" and found.mark.sort == "meaning",
            # who speaks for a team is for that team to say
            teams=(
                *named_teams(old.model, new.model, *self._locked(found.entries)),
                *([self.former[1]] if found.mark.speaks else []),
            ),
        )

    @property
    def _is_read(self) -> bool:
        """Whether data is found by the id: then another one leads to other data."""
        return any(table.entity == self.id[1] and not table.streams for table in self.head.tables)

    def _is_chosen(self, old: Version, new: Version) -> bool:
        """Whether these are the versions whose rules were checked last on both sides."""
        return self.base.chosen[self.former] is old and self.head.chosen[self.id] is new

    def _words(self, found: Difference) -> tuple[str, str] | None:
        """A rule before and after in English; null for what is no rule on both sides."""
        said: list[str] = []
        for project, id_, path in ((self.base, self.former, found.old_path), (self.head, self.id, found.new_path)):
            checked = project.rules.get(id_, {}).get(path)
            if checked is None:
                return None
            said.append(words(checked.node, project.titles))
        return (said[0], said[1]) if said[0] != said[1] else None

    def _locked(self, entries: Iterable[str]) -> Iterator[Kind | None]:
        """The documents of settled numbers (`sla/reply`), whose teams stand by them."""
        if self.id[0] == Lock.kind_name:
            for kind, _, id_ in (entry.partition("/") for entry in entries):
                yield self.head.models.get((kind, id_)) or self.base.models.get((kind, id_))

    def _asked(self, version: Version) -> tuple[str, ...]:
        """Who must agree to a whole document: to what only tells of something nobody, to a team itself that team."""
        if version.model is None or is_prose(version.model):
            return ()
        if isinstance(version.model, Lock) and self.id not in self.head.places:
            return named_teams(*self._locked(version.model.numbers))
        speaks = any(mark is not None and mark.speaks for _, mark in fields_of(type(version.model)).values())
        return (*named_teams(version.model), *([self.former[1]] if speaks else []))

    def _whole(self, verb: str, level: Level, version: Version, sentence: str) -> Change:
        rule = f"{self.id[0]}.{verb}"
        return Change(
            rule,
            level,
            self.id,
            sentence,
            digest([rule, *self.id, self.former[1], str(version.begins)]),
            version.document.span(),
            from_=version.begins if version.begins != date.min and verb == "added" else None,
            moves_meaning=level == "breaking",
            teams=self._asked(version),
        )


# Sentences


def _kind_words(kind: str) -> str:
    """What people call a kind."""
    return kind.upper() if kind in ACRONYMS else spaced(kind)


def _sentence(found: Difference, old: str | None, new: str | None) -> str:
    what = _what(found)
    match found.verb:
        case "added" if found.is_entry and not found.mark.each:
            return _of_entry(found, "is new in", f": `{new}`" if new != found.entries[-1] else "")
        case "removed" if found.is_entry and not found.mark.each:
            return _of_entry(found, "is gone from", f": it was `{old}`" if old != found.entries[-1] else "")
        case "added":
            return f"{what} is new: `{new}`" if new else f"{what} is new"
        case "removed":
            return f"{what} is gone: it was `{old}`"
        case "reordered":
            return f"the order of {what} is `{new}`, and was `{old}`"
        case "raised" | "lowered":
            return f"{what} is {found.verb} from `{old}` to `{new}`{_stricter(found)}"
        case _:
            return f"{what} changes from `{old}` to `{new}`"


def _of_entry(found: Difference, verb: str, rest: str) -> str:
    """Something that is new in a list, or gone from it."""
    where = " of ".join([_said(found), *reversed(found.phrases[:-1])])
    return f"`{found.entries[-1]}` {verb} {where}{rest}"


def _stricter(found: Difference) -> str:
    if found.mark.stricter is None:
        return ""
    is_stricter = (found.verb == "raised") == (found.mark.stricter == "more")
    return f", a {'stricter' if is_stricter else 'weaker'} promise"


def _what(found: Difference) -> str:
    """What people call the value: in the field's own words, else by its key; and which of several it is."""
    phrases = list(reversed(found.phrases))
    return " of ".join(phrases if found.is_entry else [_said(found), *phrases])


def _said(found: Difference) -> str:
    key = found.keys[-1]
    return found.mark.says or ("the name" if key in NAMES and found.entries else f"`{key}`")


def _written(document: Document, path: Steps, value: object, mark: Mark) -> str | None:
    """A value as the document says it, on one line; as it is read where that was left out."""
    if value is None:
        return None
    if mark.shows is not None and isinstance(value, tuple):
        return mark.shows(cast("object", value))
    plain: Any = document.data
    for step in path:
        match plain, step:
            case dict(), str() if step in plain:
                plain = cast("dict[str, Any]", plain)[step]
            case list(), int() if step < len(cast("list[Any]", plain)):
                plain = cast("list[Any]", plain)[step]
            case _:
                return _shown(value)
    return flow(plain) if plain is not document.data else _shown(value)


def _shown(value: object) -> str:
    match value:
        case Mapping():
            return flow({str(key): item for key, item in cast("Mapping[object, object]", value).items()})
        case Strict():
            return flow(value.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(str, cast("tuple[object, ...]", value)))
        case _:
            return str(value)


def flow(plain: object) -> str:
    """Plain data on one line, as YAML writes it."""
    match plain:
        case dict():
            entries = cast("dict[str, object]", plain).items()
            return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in entries) + "}"
        case list():
            return "[" + ", ".join(map(flow, cast("list[object]", plain))) + "]"
        case None:
            return "null"
        case bool():
            return str(plain).lower()
        case _:
            return " ".join(str(plain).split()) or '""'


def _shortened(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Two values, each no longer than a sentence can tell: of long ones the part in which they begin to differ."""
    alike = 0
    if old is not None and new is not None and max(len(old), len(new)) > LONGEST:
        alike = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(old))
    begins = alike - BEFORE if alike > BEFORE else 0
    return _cut(old, begins), _cut(new, begins)


def _cut(text: str | None, begins: int) -> str | None:
    if text is None:
        return None
    plain = f"{'…' if begins else ''}{text[begins:]}".replace("`", "'")
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
