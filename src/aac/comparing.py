"""Two models of one document -> where they differ, key by key, by what each field says of itself (`kinds.classes`).

What is compared is what was read, not how it was written: order of keys, spaces and comments are no difference, and of
a rule neither is the way it is spelt. Rows are found again by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

from aac.expressions.mistakes import Refused
from aac.kinds.classes import MEANING, Change
from aac.kinds.written import Split, Strict
from aac.periods import Duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aac.expressions.nodes import Node
    from aac.kinds.written import Part

Verb = Literal["added", "removed", "changed", "raised", "lowered", "reordered"]
Steps = tuple["Part", ...]
SKIPPED = frozenset({"kind", "id"})
"""Keys by which a document is known: they are the same on both sides, or it has another name."""
NAMES = ("id", "handle")
"""What rows are known by."""
NUMBERED = "no. "
"""What stands before the number of a row without a name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that differs. ``keys`` lead to it in the model, names of rows and entries left out; ``entries`` are those
    names, and with ``is_entry`` it is the last of them as a whole. ``old`` and ``new``: the values, null where there is
    none, at ``old_path`` and ``new_path``."""

    keys: tuple[str, ...]
    entries: tuple[str, ...]
    verb: Verb
    mark: Change
    old: object
    new: object
    old_path: Steps
    new_path: Steps
    is_entry: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where in both models something stands, and what the field there says of itself."""

    keys: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    old: Steps = ()
    new: Steps = ()
    mark: Change = MEANING
    is_entry: bool = False

    def key(self, name: str, mark: Change | None) -> Place:
        """A key below; one that says nothing of itself is of the same class."""
        there = mark or Change(self.mark.sort)
        return Place((*self.keys, name), self.entries, (*self.old, name), (*self.new, name), there)

    def entry(self, name: str, old: Steps, new: Steps) -> Place:
        return Place(self.keys, (*self.entries, name), (*self.old, *old), (*self.new, *new), self.mark, True)

    def differs(self, verb: Verb, old: object, new: object) -> Difference:
        return Difference(self.keys, self.entries, verb, self.mark, old, new, self.old, self.new, self.is_entry)


def differences(old: Strict, new: Strict, parse: Callable[[str], Node]) -> Iterator[Difference]:
    """Where two documents of one kind differ; ``parse`` reads a rule, and raises Refused for what is none."""
    return _models(old, new, Place(), _Rules(parse))


class _Rules:
    """Whether two texts say the same."""

    def __init__(self, parse: Callable[[str], Node]) -> None:
        self._parse = parse

    def same(self, old: object, new: object) -> bool:
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
        if was != now:
            yield from _values(was, now, place.key(key, mark), rules)


def fields_of(model: type[Strict]) -> dict[str, tuple[str, Change | None]]:
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
            yield from _models(old, new, place, rules)
        case (Mapping(), Mapping()):
            before, after = cast("Mapping[object, object]", old), cast("Mapping[object, object]", new)
            yield from _entries(_as_text(before), _as_text(after), place, rules)
        case (tuple(), tuple()):
            yield from _lists(cast("tuple[object, ...]", old), cast("tuple[object, ...]", new), place, rules)
        case _ if _is_nothing(old) or _is_nothing(new):
            yield from _whole(old, new, place)
        case _ if not rules.same(old, new):
            yield place.differs(_verb(old, new), old, new)
        case _:
            pass


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
    if one is None or other is None or one[1:] != other[1:]:
        return "changed"
    return "raised" if other[0] > one[0] else "lowered"


def _amount(value: object) -> tuple[Fraction, str, str] | None:
    match value:
        case bool():
            return None
        case int() | Fraction() | Decimal():
            return Fraction(value), "", ""
        case Duration():
            return value.amount, value.unit, value.clock
        case _:
            return None


def _entries(old: Mapping[str, object], new: Mapping[str, object], place: Place, rules: _Rules) -> Iterator[Difference]:
    """Two mappings, or lists of what has names."""
    for name in (*new, *(name for name in old if name not in new)):
        there = place.entry(name, (name,), (name,))
        if name in old and name in new:
            yield from _values(old[name], new[name], there, rules)
        else:
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
        for item in (*new, *(item for item in old if item not in new)):
            if (item in old) != (item in new):
                there = place.entry(str(item), (), ())
                yield there.differs(
                    "added" if item in new else "removed", *((None, item) if item in new else (item, None))
                )


def _rows(old: tuple[Strict, ...], new: tuple[Strict, ...], place: Place, rules: _Rules) -> Iterator[Difference]:
    """Two lists of rows: found again by name, else by being the same, else by their turn."""
    before, after = list(enumerate(old)), list(enumerate(new))
    pairs = [(o, n) for n in after for o in before if name_of(n[1]) is not None and name_of(o[1]) == name_of(n[1])]
    while True:
        same = next(((o, n) for o in _left(before, pairs, 0) for n in _left(after, pairs, 1) if o[1] == n[1]), None)
        if same is None:
            break
        pairs.append(same)
    nameless = [
        [row for row in _left(side, pairs, which) if name_of(row[1]) is None]
        for which, side in enumerate((before, after))
    ]
    pairs += list(zip(*nameless, strict=False))
    for (at, row), (to, following) in sorted(pairs, key=lambda pair: pair[1][0]):
        yield from _models(row, following, place.entry(_called(following, to), (at,), (to,)), rules)
    for to, row in _left(after, pairs, 1):
        yield place.entry(_called(row, to), (), (to,)).differs("added", None, row)
    for at, row in _left(before, pairs, 0):
        yield place.entry(_called(row, at), (at,), ()).differs("removed", row, None)
    turns = [_called(row, at) for (at, row), _ in sorted(pairs, key=lambda pair: pair[0][0])]
    yield from _order(turns, [_called(row, at) for (at, row), _ in sorted(pairs, key=lambda pair: pair[1][0])], place)


def _left(
    rows: Iterable[tuple[int, Strict]], pairs: Iterable[tuple[tuple[int, Strict], ...]], which: int
) -> list[tuple[int, Strict]]:
    """The rows that no pair has."""
    taken = {pair[which][0] for pair in pairs}
    return [row for row in rows if row[0] not in taken]


def name_of(row: Strict) -> str | None:
    """What a row is known by."""
    return next((str(getattr(row, name)) for name in NAMES if hasattr(row, name)), None)


def _called(row: Strict, number: int) -> str:
    return name_of(row) or f"{NUMBERED}{number + 1}"
