"""Two projects -> what changed between them: each change with its class, a sentence, and a fingerprint (LANGUAGE §10).

Everything that can move a number, a status or a name that somebody relies on is `breaking`; what is new and leaves all
of them is `compatible`; prose and order are `editorial`. Which it is comes from the field (`kinds.classes`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, cast

from aac.agreements import digest, fingerprint, value_of
from aac.comparing import NUMBERED, differences
from aac.expressions.phrases import spaced
from aac.expressions.words import words
from aac.kinds.written import Strict
from aac.resting import is_prose
from aac.signing import named_teams

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from aac.comparing import Difference, Steps
    from aac.documents import Document
    from aac.findings import Span
    from aac.graph import Id
    from aac.project import Project, Version

Level = Literal["breaking", "compatible", "editorial"]
LEVELS: tuple[Level, ...] = ("breaking", "compatible", "editorial")
"""The classes of changes, the most careful first."""
LONGEST = 200
"""Characters of a value that a sentence tells."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``rule`` is its stable name, as in `sla.how_measured.objective.lowered`.

    ``doc``: kind and id; ``was``: the former id, if it has another now. ``old``, ``new``: the values as written, null
    where there is none; ``words``: before and after in English, of rules. ``from_``: the day from which it holds, null
    if from the first. ``over``: what it rests on that changed, from the nearest on. ``key``: the field it is about.
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


def document_changes(base: Project, head: Project) -> tuple[tuple[Change, ...], tuple[tuple[Id, str], ...]]:
    """What changed in the documents, and which could not be compared, with the reason."""
    before, after = _versions(base), _versions(head)
    renamed = _renamed(base, head, before, after)
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
        found += _Pair(base, head, id_, former).changes(old, new)
    return tuple(found), tuple(broken)


def _versions(project: Project) -> dict[Id, list[Version]]:
    versions: dict[Id, list[Version]] = {}
    for version in sorted(project.versions, key=lambda version: version.begins):
        versions.setdefault(version.id, []).append(version)
    return versions


def _renamed(
    base: Project, head: Project, before: Mapping[Id, list[Version]], after: Mapping[Id, list[Version]]
) -> dict[Id, Id]:
    """The documents that say the same under another id: the new one, and what it was."""
    gone = {id_: _content(base, versions) for id_, versions in before.items() if id_ not in after}
    fresh = {id_: _content(head, versions) for id_, versions in after.items() if id_ not in before}
    found: dict[Id, Id] = {}
    for id_, content in fresh.items():
        same = [other for other, was in gone.items() if was == content is not None and other[0] == id_[0]]
        if len(same) == 1 and same[0] not in found.values():
            found[id_] = same[0]
    return found


def _content(project: Project, versions: Sequence[Version]) -> tuple[str, ...] | None:
    if any(version.model is None or is_prose(version.model) for version in versions):
        return None
    return tuple(fingerprint(version.model, project.parsed.parse) for version in versions if version.model)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One document on both sides."""

    base: Project
    head: Project
    id: Id
    former: Id

    def changes(self, old: Sequence[Version], new: Sequence[Version]) -> Iterator[Change]:
        if not old:
            yield self._whole("added", "compatible", new[-1], f"the {spaced(self.id[0])} `{self.id[1]}` is new")
            return
        if not new:
            is_told_only = old[-1].model is not None and is_prose(old[-1].model)
            level: Level = "editorial" if is_told_only else "breaking"
            yield self._whole("removed", level, old[-1], f"the {spaced(self.id[0])} `{self.id[1]}` is gone")
            return
        if self.former != self.id:
            sentence = f"is called `{self.id[1]}` now, and was `{self.former[1]}`"
            change = self._whole("renamed", "breaking", new[-1], sentence)
            yield replace(change, old=self.former[1], new=self.id[1], was=self.former[1])
        yield from self._by_version(old, new)

    def _by_version(self, old: Sequence[Version], new: Sequence[Version]) -> Iterator[Change]:
        """Versions that begin on the same day are one; a new one is compared with the one that held before it."""
        if len(old) == len(new) == 1:
            yield from self._differences(old[0], new[0], None)
            return
        begun = {version.begins: version for version in old}
        ends = {version.begins for version in new if version.begins not in begun}
        for version in new:
            if version.begins in begun:
                same = begun.pop(version.begins)
                yield from self._differences(same, version, None, ends)
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
        for found in differences(old.model, new.model, self.head.parsed.parse):
            is_version = found.keys[-1:] in (("effective_from",), ("effective_until",))
            if is_version and (begins is not None or found.new in ends):
                continue
            yield self._change(found, old, new, begins)

    def _change(self, found: Difference, old: Version, new: Version, begins: date | None) -> Change:
        before = _written(old.document, found.old_path, found.old)
        after = _written(new.document, found.new_path, found.new)
        level = _level(found)
        is_gone = found.new is None
        span = (old if is_gone else new).document.span(*(found.old_path if is_gone else found.new_path))
        parse = self.head.parsed.parse
        content = [value_of(found.old, parse, found.mark), value_of(found.new, parse, found.mark)]
        rule = f"{self.id[0]}.{'.'.join(found.keys)}.{found.verb}"
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
            teams=named_teams(old.model, new.model),
        )

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
            teams=named_teams(version.model),
        )


def _level(found: Difference) -> Level:
    if found.mark.sort == "prose":
        return "editorial"
    return "compatible" if found.verb == "added" and found.mark.grows and found.is_entry else "breaking"


# Sentences


def _sentence(found: Difference, old: str | None, new: str | None) -> str:
    what = _what(found)
    match found.verb:
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


def _stricter(found: Difference) -> str:
    if found.mark.stricter is None:
        return ""
    is_stricter = (found.verb == "raised") == (found.mark.stricter == "more")
    return f", a {'stricter' if is_stricter else 'weaker'} promise"


def _what(found: Difference) -> str:
    """What people call the value: in the field's own words, else by its key; and which of several it is."""
    names = [name if name.startswith(NUMBERED) else f"`{name}`" for name in found.entries]
    what = found.mark.says or f"`{found.keys[-1]}`"
    if found.is_entry:
        what = f"{names.pop()} in {what}"
    if names and names[-1].startswith(NUMBERED):
        names[-1] += f" in `{found.keys[-1 - (not found.is_entry)]}`"
    return " of ".join([what, *reversed(names)])


def _written(document: Document, path: Steps, value: object) -> str | None:
    """A value as the document says it, on one line; as it is read where that was left out."""
    if value is None:
        return None
    plain: Any = document.data
    for step in path:
        match plain, step:
            case dict(), str() if step in plain:
                plain = cast("dict[str, Any]", plain)[step]
            case list(), int() if step < len(cast("list[Any]", plain)):
                plain = cast("list[Any]", plain)[step]
            case _:
                return _cut(_shown(value))
    return _cut(flow(plain) if plain is not document.data else _shown(value))


def _shown(value: object) -> str:
    match value:
        case Strict():
            return flow(value.model_dump(mode="json", by_alias=True, exclude_defaults=True))
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
        case _:
            return " ".join(str(plain).split())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
