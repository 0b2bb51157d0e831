"""Batches become the raw table of their stream: by key and version, and what a key scan did not find is deleted.

As long as little has changed since the first batches that bring records, they are read from there, and the table holds
those that have changed. These batches become one.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from aac.engines.base import ROWS
from aac.engines.raw import COLUMNS, MISSING, OURS, TABLES
from aac.errors import SourceError
from aac.landing.arriving import Mark
from aac.landing.batches import Note
from aac.landing.state import KEPT, RawStream, raw_name
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aac.engines.duckdb import Store
    from aac.engines.raw import Raw
    from aac.landing.arriving import Arrival

MOST_DELETED = 20
"""The percentage of records that a key scan may take away without being asked to."""
MOST_OVER = 5
"""The percentage of records that may have changed before all of them are put into a table."""


def read_marks(store: Store, source: str) -> dict[str, Mark]:
    """How far the streams of a source were merged."""
    rows: list[Any] = list(
        store.execute("SELECT stream, number, changed, note FROM _aac.state WHERE source = $1", source)
    )
    _, schema, _ = raw_name(source, "")
    made: dict[str, Any] = dict(list[Any](store.execute(TABLES, KEPT, schema)))
    found: dict[str, Mark] = {}
    for stream, number, changed, note in rows:
        over = made.get(stream)
        base = changed if stream not in made else int(over) if over is not None else None
        found[stream] = Mark(number, changed, Note.of(note), base, over is not None)
    return found


@record
class Merged:
    """A stream as it is now, how many records of it were deleted, and files to remove when that is kept."""

    raw: RawStream
    deleted: int
    spent: list[Path]


def merge(store: Store, arrival: Arrival, *, mass_delete: bool) -> Merged:
    """Merges what is not merged yet of a stream, within the caller's transaction.

    Raises SourceError when a key scan would take away too much; then that scan, and what followed it, is forgotten.
    """
    merging = _Merge(store, arrival)
    mark = merging.run(mass_delete=mass_delete)
    _, schema, stream = arrival.raw.table
    source = schema.removeprefix("raw_")
    store.execute("DELETE FROM _aac.state WHERE source = $1 AND stream = $2", source, stream)
    values = (source, stream, mark.number, mark.changed, mark.note.text)
    store.execute("INSERT INTO _aac.state VALUES ($1, $2, $3, $4, $5)", *values)
    return Merged(merging.stream(mark), merging.deleted, merging.spent())


class _Merge:
    """A merge while it goes on."""

    def __init__(self, store: Store, arrival: Arrival) -> None:
        self.deleted = 0
        self._store = store
        self._raw = arrival.raw
        self._batches = arrival.batches
        self._run = arrival.run
        self._known = arrival.known
        self._number = self._known.number if self._known else 0
        self._changed = self._known.changed if self._known else 0
        self._base = arrival.base
        self._beside: list[int] = []
        self._judged = 0
        self._has_table = self._known is not None and (self._known.base is None or self._known.over)
        if self._known is not None and self._known.over and self._base is None:  # what it lies over was removed
            self._store.drop(self._raw.table)
            self._has_table = False
        self._idle = [self._number] if self._batches.path(self._number).is_file() else []

    def run(self, *, mass_delete: bool) -> Mark:
        """Merges all batches, and then judges the scan of keys."""
        numbers = self._left()
        for number in self._based(numbers):
            self._merge(number)
        self._judge(numbers, mass_delete=mass_delete)
        self._gather()
        note = self._batches.note(numbers[-1]) if numbers else self._known and self._known.note
        if note is None:
            raise SourceError(f"`{self._raw.table[-1]}` was not read to its end: run `aac pull` again")
        return Mark(self._number, self._changed, note)

    def spent(self) -> list[Path]:
        """Lists of keys, batches of which a later one holds the rows, and those without rows but the last: they were
        nothing but their state."""
        idle = [number for number in self._idle if number != self._number and not self._batches.parts(number)]
        if self._base is not None and self._batches.note(self._base).gathered is not None:
            idle += [number for number in self._batches.numbers() if number < self._base]
        return [*map(self._batches.path, idle), *self._batches.paths_of_keys()]

    def _left(self) -> list[int]:
        """The batches that are still to be merged, without those of which a later one holds the rows."""
        numbers = [number for number in self._batches.numbers() if number > self._number]
        for place, number in reversed(list(enumerate(numbers))):
            if (judged := self._batches.note(number).gathered) is not None:
                self._judged = judged
                return numbers[place:]
        return numbers

    def stream(self, mark: Mark) -> RawStream:
        """The stream as it is now."""
        rows, state = self._there, mark.note.state
        if self._base is not None:
            path, columns = self._batches.path(self._base), self._batches.note(self._base).columns
            copies = (f"{path.parent.name}/{path.name}",)
            if not self._has_table:
                return RawStream(copies, "parquet", columns, "", rows, state, changed=mark.changed)
            over = RawStream(copies, ROWS, columns, "", rows, state, table=self._raw.table, changed=mark.changed)
            return replace(over, key=self._raw.key)
        table = self._raw.table
        names = [str(name) for (name,) in self._store.execute(COLUMNS, *table)]
        columns = tuple(name for name in names if name not in OURS)
        return RawStream((), ROWS, columns, "", rows, state, table=table, changed=mark.changed)

    def _based(self, numbers: list[int]) -> list[int]:
        """Lets the first batches together hold all records, as far as these only bring records and none of them twice;
        what is left to be merged one by one."""
        if self._base is not None or self._has_table or not numbers:
            return numbers
        note = self._batches.note(numbers[0])
        first = list(takewhile(lambda number: self._brings(number, note), numbers))
        raw, paths = self._as_of(note), [str(self._batches.path(number)) for number in first]
        if len(first) < 2 or not self._is_plain(raw, paths, 0):
            return numbers
        *self._beside, self._base = first
        self._number = self._changed = self._base
        return numbers[len(first) :]

    def _brings(self, number: int, like: Note) -> bool:
        """Whether a batch has records in one part, and nothing else, with the columns and the key of another batch."""
        note = self._batches.note(number)
        alike = (note.columns, note.key) == (like.columns, like.key)
        return alike and self._batches.parts(number) == [(0, "upsert")]

    def _merge(self, number: int) -> None:
        note, parts = self._batches.note(number), self._batches.parts(number)
        raw = self._as_of(note)
        path = str(self._batches.path(number))
        self._idle += [] if parts else [number]
        self._number = number
        is_first = self._base is None and not self._has_table
        if is_first and [op for _, op in parts] == ["upsert"] and self._is_plain(raw, path, parts[0][0]):
            self._base = self._changed = number
            return
        self._make_room(note)
        for part, op in parts:
            self._merge_part(number, self._as_of(note), part, op)

    def _make_room(self, note: Note) -> None:
        """Makes the raw table, with the columns of a batch; what is one batch until now can wait for a change."""
        base = self._batches.note(self._base) if self._base is not None else None
        if base is not None and (base.columns, base.key) == (note.columns, note.key):
            return
        self._settle()
        raw = self._as_of(note)
        for statement in (*raw.make, *(raw.add(column) for column in note.columns)):
            self._store.execute(statement)
        self._has_table = True

    def _settle(self) -> None:
        """Makes a raw table of the records that batches hold."""
        if self._base is None:
            return
        raw = replace(self._as_of(self._batches.note(self._base)), base=())
        paths, ((part, _),) = self._paths, self._batches.parts(self._base)
        for statement in (*(raw.lift if self._has_table else ()), *raw.make):
            self._store.execute(statement)
        self._store.execute(raw.fill, paths, part)
        for statement in raw.lower if self._has_table else ():
            self._store.execute(statement)
        self._base, self._beside, self._has_table = None, [], True

    def _lie_over(self, raw: Raw, more: int) -> bool:
        """Whether what changes goes into a table over the batch that holds all records, as it is little; makes it."""
        if self._base is None:
            return False
        before = self.value(raw.changed) if self._has_table else 0
        if (before + more) * 100 > self._there * MOST_OVER:
            return False
        for statement in () if self._has_table else raw.make_over(self._base):
            self._store.execute(statement)
        self._has_table = True
        return True

    def _merge_part(self, number: int, raw: Raw, part: int, op: str) -> None:
        path = str(self._batches.path(number))
        before = self._there if op == "delete" else 0
        if not raw.base and op == "upsert" and self.value(raw.is_empty) and self._is_plain(raw, path, part):
            changes = self.value(raw.fill, path, part)
        else:
            once = self._batches.note(number).history
            choose, *_ = raw.delete if op == "delete" else raw.upsert(once=once)
            chosen = self.value(choose, path, part)
            if not chosen:
                return
            is_over = self._lie_over(raw, chosen)
            if not is_over:
                self._settle()
            raw = replace(raw, base=raw.base if is_over else (), over=is_over)
            _, *then = raw.delete if op == "delete" else raw.upsert(once=once)
            changes = sum(self.value(statement) for statement in then)
        self._changed = number if changes else self._changed
        self.deleted += before - self._there if op == "delete" else 0

    def _as_of(self, note: Note) -> Raw:
        """The raw table, or what stands for it, with the columns of a batch."""
        base = tuple(self._paths)
        return replace(self._raw, columns=note.columns, key=note.key, base=base, over=bool(base) and self._has_table)

    @property
    def _paths(self) -> list[str]:
        """The batches that hold all records, as long as there is no table that does."""
        numbers = [*self._beside, self._base] if self._base is not None else []
        return [str(self._batches.path(number)) for number in numbers]

    @property
    def _there(self) -> int:
        """How many records there are."""
        if self._base is not None:
            return self.value(self._as_of(self._batches.note(self._base)).number)
        return self.value(self._raw.number) if self._has_table else 0

    def _is_plain(self, raw: Raw, batches: str | list[str], part: int) -> bool:
        """Whether no key comes twice."""
        ((rows, keys),) = self._store.execute(raw.repeats, batches, part)
        return rows == keys

    def _judge(self, numbers: list[int], *, mass_delete: bool) -> None:
        """Deletes what a complete scan of keys did not find, by a batch of its own."""
        lists = [number for number in self._batches.listed() if number in numbers and number > self._judged]
        if not lists or self._lacks_keys(lists, numbers):
            return
        note = self._batches.note(numbers[-1])
        raw = self._as_of(note)
        first = self._batches.note(lists[0])
        keys = [str(self._batches.path_of_keys(number)) for number in lists]
        later = [str(self._batches.path(number)) for number in numbers if number > lists[0]]
        values = (keys, str(self._batches.path(lists[0])), first.lists, *([later] if later else []))
        self._store.execute(raw.missing(later=bool(later)), *values)
        gone, there = self.value(MISSING), self._there
        if gone * 100 > there * MOST_DELETED and not mass_delete:
            refused = [number for number in reversed(numbers) if number >= lists[0]]
            self._batches.remove(map(self._batches.path, refused))
            self._batches.remove(self._batches.paths_of_keys())
            raise SourceError(
                f"{gone:,} of the {there:,} records of `{self._raw.table[-1]}` are not there any more, more than "
                f"{MOST_DELETED} %: see whether aac may still read all of them; if they are really gone, run "
                "`aac pull --allow-mass-delete`"
            )
        if gone:
            note = replace(note, lists=None)
            self._batches.write(numbers[-1] + 1, raw.deletion(self._run.us, self._run.id), note, raw, None)
            self._merge(numbers[-1] + 1)

    def _lacks_keys(self, lists: Sequence[int], numbers: Sequence[int]) -> bool:
        """Whether keys that were listed are not there any more: then nothing can be told by those that are."""
        return any(
            number not in lists and self._batches.note(number).lists is not None
            for number in numbers
            if number > lists[0]
        )

    def _gather(self) -> None:
        """Makes one batch of those that hold all records, in the place of the last of them. The others stay until the
        store that is written now is in its place: before, they may be those of the one that is there."""
        if not self._beside or self._base is None:
            return
        judged = max(self._batches.numbers())
        note = replace(self._batches.note(self._base), lists=None, gathered=judged)
        self._batches.gather([*self._beside, self._base], note)
        self._beside = []

    def value(self, statement: str, *values: object) -> Any:
        rows: list[Any] = list(self._store.execute(statement, *values))
        return rows[0][0]
