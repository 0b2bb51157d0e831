"""Two models of one document -> where they differ, key by key, by what each field says of itself (`kinds.classes`).

What is compared is what was read, not how it was written: order of keys, spaces and comments are no difference, and of
a rule neither is the way it is spelt. Rows are found again by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as with_
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Literal, cast

from aac.expressions.mistakes import Refused
from aac.kinds.base import Versioned
from aac.kinds.classes import MEANING, Change
from aac.kinds.written import Row, Split, Strict
from aac.periods import Duration
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aac.expressions.nodes import Node
    from aac.kinds.written import Part

Verb = Literal["added", "removed", "changed", "raised", "lowered", "reordered"]
Level = Literal["breaking", "compatible", "editorial"]
Steps = tuple["Part", ...]
SKIPPED = frozenset({"kind", "id"})
"""Keys by which a document is known: they are the same on both sides, or it has another name."""
PARTS = frozenset({"all", "any"})
"""The keys of checklists, which may stand inside one another."""
NAMES = ("id", "handle")
"""What rows are known by."""
SHORT = 60
"""Characters of a value by which people know a row."""
NUMBERED = "no. "
"""What stands before the number of a row without a name."""


@record
class Difference:
    """One key that differs. ``keys`` lead to it in the model, names of rows and entries left out; ``entries`` are those
    names, ``phrases`` what people call them, and with ``is_entry`` it is the last of them as a whole. ``old`` and
    ``new``: the values, null where there is none, at ``old_path`` and ``new_path``."""

    keys: tuple[str, ...]
    entries: tuple[str, ...]
    verb: Verb
    mark: Change
    old: object
    new: object
    old_path: Steps
    new_path: Steps
    is_entry: bool
    phrases: tuple[str, ...] = ()


@record
class Place:
    """Where in both models something stands, and what the field there says of itself."""

    keys: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    old: Steps = ()
    new: Steps = ()
    mark: Change = MEANING
    is_entry: bool = False
    phrases: tuple[str, ...] = ()

    def key(self, name: str, mark: Change | None) -> Place:
        """A key below; one that says nothing of itself is of the same class."""
        there = mark or Change(self.mark.sort)
        keys, old, new = (*self.keys, name), (*self.old, name), (*self.new, name)
        return with_(self, keys=keys, old=old, new=new, mark=there, is_entry=False)

    def entry(self, name: str, old: Steps, new: Steps) -> Place:
        shown = name if name.startswith(NUMBERED) else f"`{name}`"
        phrase = f"{self.mark.each} {shown}" if self.mark.each else f"{shown} in {self.said}"
        entries, old, new = (*self.entries, name), (*self.old, *old), (*self.new, *new)
        return with_(self, entries=entries, old=old, new=new, is_entry=True, phrases=(*self.phrases, phrase))

    @property
    def said(self) -> str:
        """What people call the key."""
        return self.mark.says or f"`{self.keys[-1]}`"

    def differs(self, verb: Verb, old: object, new: object) -> Difference:
        paths = (self.old, self.new)
        return Difference(self.keys, self.entries, verb, self.mark, old, new, *paths, self.is_entry, self.phrases)


def level_of(mark: Change, verb: Verb, *, is_entry: bool) -> Level:
    """The class of a difference, by what the field says of itself."""
    if mark.speaks:
        return "breaking"
    if mark.sort == "prose":
        return "editorial"
    return "compatible" if verb == "added" and mark.grows and is_entry else "breaking"


def rule_id(kind: str, keys: Sequence[str], verb: str) -> str:
    """The name of the rule by which a difference is classed: what any document or row may say is one rule for all
    kinds, and the lists of a checklist, which may stand inside one another, are its parts."""
    if len(keys) == 1 and keys[0] in Versioned.model_fields:
        return f"document.{keys[0]}.{verb}"
    if keys[-1] in Row.model_fields:
        return f"row.{keys[-1]}.{verb}"
    named = tuple(dict.fromkeys("parts" if key in PARTS else key for key in keys))
    return f"{kind}.{'.'.join(named)}.{verb}"


def differences(old: Strict, new: Strict, parse: Callable[[str], Node]) -> Iterator[Difference]:
    """Where two documents of one kind differ; ``parse`` reads a rule, and raises Refused for what is none."""
    return _models(old, new, Place(), _Rules(parse))


class _Rules:
    """Whether two texts say the same."""

    def __init__(self, parse: Callable[[str], Node]) -> None:
        self._parse = parse

    def same(self, old: object, new: object) -> bool:
        if isinstance(old, Duration) and isinstance(new, Duration):
            return old.plain == new.plain
        if old == new or not (isinstance(old, str) and isinstance(new, str)):
            return old == new
        if " ".join(old.split()) == " ".join(new.split()):
            return True
        try:
            return self._parse(old) == self._parse(new)
        except Refused:
            return False


def _models(old: Strict, new: Strict, place: Place, rules: _Rules) -> Iterator[Difference]:
    for key, (name, mark) in fields_of(type(new)).items():
        if not place.keys and key in SKIPPED:
            continue
        was, now = getattr(old, name, None), getattr(new, name)
        # what nobody wrote follows from what somebody did
        if _is_unlike(was, now, mark) and name in old.model_fields_set | new.model_fields_set:
            yield from _values(was, now, place.key(key, mark), rules)


def _is_unlike(old: object, new: object, mark: Change | None) -> bool:
    """Whether two values differ, or the order of what they hold where that says something."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and mark is not None and mark.ordered:
        return list(cast("Mapping[str, object]", old).items()) != list(cast("Mapping[str, object]", new).items())
    return old != new or isinstance(old, Strict)  # parts that are equal may hold another order


@cache
def fields_of(model: type[Strict]) -> Mapping[str, tuple[str, Change | None]]:
    """The keys of a model: the name of each field, and what it says of itself.

    Null where it says nothing: then it is of the class of what it stands in.
    """
    return {
        info.alias or name: (name, next((mark for mark in info.metadata if isinstance(mark, Change)), None))
        for name, info in model.model_fields.items()
    }


def mark_at(model: object, path: Iterable[Part]) -> Change:
    """What the field at a place of a model says of itself, or the one it stands in."""
    mark = MEANING
    for step in path:
        match model, step:
            case Strict(), str() if step in (known := fields_of(type(model))):
                name, own = known[step]
                model, mark = getattr(model, name), own or Change(mark.sort)
            case tuple(), int():
                model = cast("tuple[object, ...]", model)[step]
            case Mapping(), _:
                model = cast("Mapping[object, object]", model).get(step)
            case _:
                break
    return mark


def _values(old: object, new: object, place: Place, rules: _Rules) -> Iterator[Difference]:
    match old, new:
        case (Strict(), Strict()) if type(old).__name__ == type(new).__name__:
            yield from (
                [place.differs("changed", old, new)] if _is_another(old, new) else _models(old, new, place, rules)
            )
        case (Mapping(), Mapping()):
            before, after = cast("Mapping[object, object]", old), cast("Mapping[object, object]", new)
            yield from _entries(_as_text(before), _as_text(after), place, rules)
        case (tuple(), tuple()) if place.mark.shows is None:
            yield from _lists(cast("tuple[object, ...]", old), cast("tuple[object, ...]", new), place, rules)
        case _ if _is_nothing(old) or _is_nothing(new):
            yield from _whole(old, new, place)
        case _ if not rules.same(old, new):
            yield place.differs(_verb(old, new), old, new)
        case _:
            pass


def _is_another(old: Strict, new: Strict) -> bool:
    """Whether two parts have nothing in common but their name: then each is told as a whole."""
    one, other = _told(old), _told(new)
    return bool(one and other) and not one & other


def _told(part: Strict) -> set[str]:
    """The keys of a part that say something, beside its name and prose."""
    plain = {name for name, mark in fields_of(type(part)).values() if mark is None or mark.sort != "prose"}
    return {name for name in part.model_fields_set & plain if name not in NAMES}


def _as_text(entries: Mapping[object, object]) -> dict[str, object]:
    return {str(key): value for key, value in entries.items()}


def _by_name(splits: Iterable[Split]) -> dict[str, object]:
    return {split.name: split.rule for split in splits}


def _is_nothing(value: object) -> bool:
    return value is None or value == () or value == {}


def _whole(old: object, new: object, place: Place) -> Iterator[Difference]:
    """Something that only one side has."""
    if _is_nothing(old) != _is_nothing(new):
        yield place.differs("added" if _is_nothing(old) else "removed", old, new)


def _verb(old: object, new: object) -> Verb:
    """How a value differs: of amounts of one sort one is more."""
    one, other = _amount(old), _amount(new)
    if one is None or other is None or one[1:] != other[1:] or one == other:
        return "changed"
    return "raised" if other[0] > one[0] else "lowered"


def _amount(value: object) -> tuple[Fraction, str, str] | None:
    match value:
        case bool():
            return None
        case int() | Fraction() | Decimal():
            return Fraction(value), "", ""
        case Duration() if value.has_length:
            return Fraction(value.us), "", value.clock
        case Duration():
            return value.amount, value.unit, value.clock
        case _:
            return None


def _entries(old: Mapping[str, object], new: Mapping[str, object], place: Place, rules: _Rules) -> Iterator[Difference]:
    """Two mappings, or lists of what has names. Entries whose values are written anew and alike are told together."""
    together: dict[tuple[object, object], list[str]] = {}
    for name in (*new, *(name for name in old if name not in new)):
        if name not in old or name not in new or old[name] != new[name]:
            alike = (old.get(name), new.get(name)) if place.mark.shows else (name, None)
            together.setdefault(alike, []).append(name)
    for names in together.values():
        name, called = names[0], ", ".join(place.mark.called(name) if place.mark.called else name for name in names)
        steps = (name,) if place.mark.called is None else ()
        there = place.entry(called, steps, steps)
        if place.mark.labels:
            there = with_(there, mark=with_(place.mark, sort="prose"))
        if name in old and name in new:
            yield from _values(old[name], new[name], there, rules)
        else:
            there = with_(there, mark=place.mark)
            yield there.differs("added" if name in new else "removed", old.get(name), new.get(name))
    yield from _order([name for name in old if name in new], [name for name in new if name in old], place)


def _order(old: list[str], new: list[str], place: Place) -> Iterator[Difference]:
    if place.mark.ordered and old != new:
        yield place.differs("reordered", ", ".join(old), ", ".join(new))


def _lists(old: tuple[object, ...], new: tuple[object, ...], place: Place, rules: _Rules) -> Iterator[Difference]:
    if all(isinstance(item, Strict) for item in (*old, *new)):
        yield from _rows(cast("tuple[Strict, ...]", old), cast("tuple[Strict, ...]", new), place, rules)
    elif all(isinstance(item, Split) for item in (*old, *new)):
        before, after = (cast("tuple[Split, ...]", side) for side in (old, new))
        yield from _entries(_by_name(before), _by_name(after), place, rules)
    elif place.mark.ordered:
        yield place.differs("changed", old, new)
    else:
        for to, item in enumerate(new):
            if item not in old:
                yield place.entry(str(item), (), (to,)).differs("added", None, item)
        for at, item in enumerate(old):
            if item not in new:
                yield place.entry(str(item), (at,), ()).differs("removed", item, None)


Rows = list[tuple[int, Strict]]


def _rows(old: tuple[Strict, ...], new: tuple[Strict, ...], place: Place, rules: _Rules) -> Iterator[Difference]:
    """Two lists of rows: found again by name, by being the same, by how they begin, else by their turn."""
    before, after = list(enumerate(old)), list(enumerate(new))
    pairs: list[tuple[tuple[int, Strict], tuple[int, Strict]]] = []
    for alike in (_have_a_name, Strict.__eq__, _differ_in_name, _begin_alike):
        for to in list(after):
            found = next((at for at in before if alike(at[1], to[1])), None)
            if found is not None:
                pairs.append((found, to))
                before.remove(found)
                after.remove(to)
    nameless: list[Rows] = [[row for row in side if name_of(row[1]) is None] for side in (before, after)]
    by_turn = list(zip(*nameless, strict=False))
    before = [row for row in before if all(row is not one for one, _ in by_turn)]
    after = [row for row in after if all(row is not other for _, other in by_turn)]
    pairs += by_turn
    for (at, row), (to, following) in sorted(pairs, key=lambda pair: pair[1][0]):
        yield from _values(row, following, place.entry(_called(following, to), (at,), (to,)), rules)
    for to, row in after:
        yield place.entry(_called(row, to), (), (to,)).differs("added", None, row)
    for at, row in before:
        yield place.entry(_called(row, at), (at,), ()).differs("removed", row, None)
    turns = [[_called(pair[1][1], pair[1][0]) for pair in sorted(pairs, key=lambda p: p[side][0])] for side in (0, 1)]
    yield from _order(turns[0], turns[1], place)


def _have_a_name(old: Strict, new: Strict) -> bool:
    return name_of(old) is not None and name_of(old) == name_of(new)


def _differ_in_name(old: Strict, new: Strict) -> bool:
    """Whether a row only got another name."""
    key = next((name for name in NAMES if hasattr(old, name) and hasattr(new, name)), None)
    return key is not None and old.model_copy(update={key: getattr(new, key)}) == new


def _begin_alike(old: Strict, new: Strict) -> bool:
    return name_of(old) is None and _first(old) is not None and _first(old) == _first(new)


def _first(row: Strict) -> tuple[str, object] | None:
    """The key by which people find a row that has no name: the first that it has, and its value."""
    keys = {name: key for key, (name, mark) in fields_of(type(row)).items() if mark is None or mark.sort != "prose"}
    return next(((keys[name], getattr(row, name)) for name in keys if name in row.model_fields_set), None)


def name_of(row: Strict) -> str | None:
    """What a row is known by."""
    return next((str(getattr(row, name)) for name in NAMES if hasattr(row, name)), None)


def _called(row: Strict, number: int) -> str:
    name, first = name_of(row), _first(row)
    if name is not None:
        return name
    is_short = first is not None and isinstance(first[1], str) and len(first[1]) <= SHORT
    return f"{first[0]}: {first[1]}" if first is not None and is_short else f"{NUMBERED}{number + 1}"
