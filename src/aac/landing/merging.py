"""Batches become the raw table of their stream: by key and version, and what a key scan did not find is deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aac.engines.base import ROWS
from aac.engines.raw import COLUMNS, MISSING, OURS
from aac.errors import SourceError
from aac.landing.arriving import Mark
from aac.landing.batches import Note
from aac.landing.state import RawStream

if TYPE_CHECKING:
    from pathlib import Path

    from aac.engines.duckdb import Store
    from aac.engines.raw import Raw
    from aac.landing.arriving import Arrival

MOST_DELETED = 20
"""The percentage of records that a key scan may take away without being asked to."""


def read_marks(store: Store, source: str) -> dict[str, Mark]:
    """How far the streams of a source were merged."""
    rows: list[Any] = list(
        store.execute("SELECT stream, number, changed, note FROM _aac.state WHERE source = $1", source)
    )
    return {stream: Mark(number, changed, Note.of(note)) for stream, number, changed, note in rows}


@dataclass(frozen=True, slots=True)
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
    rows = merging.value(arrival.raw.number)
    names = [str(name) for (name,) in store.execute(COLUMNS, *arrival.raw.table)]
    columns = tuple(name for name in names if name not in OURS)
    raw = RawStream((), ROWS, columns, "", rows, mark.note.state, table=arrival.raw.table, changed=mark.changed)
    return Merged(raw, merging.deleted, merging.spent())


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
        self._idle = [self._number] if self._batches.path(self._number).is_file() else []

    def run(self, *, mass_delete: bool) -> Mark:
        """Merges all batches, and then judges the scan of keys."""
        numbers = [number for number in self._batches.numbers() if number > self._number]
        for number in numbers:
            self._merge(number)
        self._judge(numbers, mass_delete=mass_delete)
        note = self._batches.note(numbers[-1]) if numbers else self._known and self._known.note
        if note is None:
            raise SourceError(f"`{self._raw.table[-1]}` was not read to its end: run `aac pull` again")
        return Mark(self._number, self._changed, note)

    def spent(self) -> list[Path]:
        """Lists of keys, and batches without rows but the last: they were nothing but their state."""
        idle = [number for number in self._idle if number != self._number and not self._batches.parts(number)]
        return [*map(self._batches.path, idle), *map(self._batches.path_of_keys, self._batches.listed())]

    def _merge(self, number: int) -> None:
        note = self._batches.note(number)
        raw = replace(self._raw, columns=note.columns, key=note.key)
        for statement in (*raw.make, *(raw.add(column) for column in note.columns)):
            self._store.execute(statement)
        path, parts = str(self._batches.path(number)), self._batches.parts(number)
        self._idle += [] if parts else [number]
        for part, op in parts:
            before = self.value(raw.number) if op == "delete" else 0
            if op == "delete":
                statements: tuple[str, ...] = raw.delete
            elif self.value(raw.is_empty) and self._is_plain(raw, path, part):
                statements = (raw.fill,)
            else:
                statements = raw.upsert(once=note.history)
            self._do(number, statements, path, part)
            self.deleted += before - self.value(raw.number) if op == "delete" else 0
        self._number = number

    def _do(self, number: int, statements: tuple[str, ...], path: str, part: int) -> None:
        """Runs the statements of one part; those after a first that chooses have nothing to be bound to."""
        counts = [self.value(statements[0], path, part)]
        counts += [self.value(statement) for statement in statements[1:]]
        changes = counts[1:] or counts
        self._changed = number if any(changes) else self._changed

    def _is_plain(self, raw: Raw, path: str, part: int) -> bool:
        """Whether no key comes twice."""
        ((rows, keys),) = self._store.execute(raw.repeats, path, part)
        return rows == keys

    def _judge(self, numbers: list[int], *, mass_delete: bool) -> None:
        """Deletes what a complete scan of keys did not find, by a batch of its own."""
        lists = [number for number in self._batches.listed() if number in numbers]
        if not lists:
            return
        note = self._batches.note(numbers[-1])
        raw = replace(self._raw, columns=note.columns, key=note.key)
        first = self._batches.note(lists[0])
        keys = [str(self._batches.path_of_keys(number)) for number in lists]
        later = [str(self._batches.path(number)) for number in numbers if number > lists[0]]
        values = (keys, str(self._batches.path(lists[0])), first.lists, *([later] if later else []))
        self._store.execute(raw.missing(later=bool(later)), *values)
        gone, there = self.value(MISSING), self.value(raw.number)
        if gone * 100 > there * MOST_DELETED and not mass_delete:
            self._batches.remove(self._batches.path(number) for number in numbers if number >= lists[0])
            self._batches.remove(self._batches.path_of_keys(number) for number in lists)
            raise SourceError(
                f"{gone:,} of the {there:,} records of `{self._raw.table[-1]}` are not there any more, more than "
                f"{MOST_DELETED} %: see whether aac may still read all of them; if they are really gone, run "
                "`aac pull --allow-mass-delete`"
            )
        if gone:
            note = replace(note, lists=None)
            self._batches.write(numbers[-1] + 1, raw.deletion(self._run.us, self._run.id), note, raw, None)
            self._merge(numbers[-1] + 1)

    def value(self, statement: str, *values: object) -> Any:
        rows: list[Any] = list(self._store.execute(statement, *values))
        return rows[0][0]
