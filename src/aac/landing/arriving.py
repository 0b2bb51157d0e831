"""A stream that comes as rows, while it is read: what came since the last checkpoint becomes a batch at the next."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from time import time
from typing import TYPE_CHECKING, Any

from aac.engines.base import Files, Query, Select, Stack
from aac.engines.raw import EXTRACTED, OP, OURS, PART, RUN, VERSION
from aac.errors import SourceError
from aac.expressions.nodes import NOTHING, Call, Column, Literal, Node
from aac.landing.batches import Note
from aac.landing.drift import Places
from aac.landing.events import Event
from aac.landing.staging import CONVERSIONS, moment_value
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.connectors.base import Checkpoint, Rows, SchemaChange, Stream
    from aac.engines.raw import Raw
    from aac.landing.batches import Batches
    from aac.landing.events import Tell


ONE_PULL = 3_600
"""Seconds within which pulls that go on from each other count as one."""


@record
class Run:
    """A pull, as its rows remember it: its moment in microseconds, its id, and the zone of times that carry none."""

    us: int
    id: str
    zone: str


@record
class Mark:
    """How far a stream was merged: the last batch, the last that changed something, and the last one's note.

    ``base``: the batch that holds all of its records, as long as there is no raw table of them; ``over``: there is one
    of those few that have changed since.
    """

    number: int
    changed: int
    note: Note
    base: int | None = None
    over: bool = False


class Arrival:
    """Writes the batches of one stream. ``known``: how far it was merged; ``settings``: a digest of the source's.

    ``state``: what the connector goes on from; ``hidden``: the columns that are dropped or hashed.

    Raises SourceError for rows that are not what the stream promises.
    """

    def __init__(
        self,
        stream: Stream,
        raw: Raw,
        batches: Batches,
        run: Run,
        settings: str,
        known: Mark | None,
        hidden: Mapping[str, str],
    ) -> None:
        if clash := sorted(set(OURS) & set(stream.columns)):
            raise SourceError(f"`{stream.name}` has a column `{clash[0]}`, a name that is ours: rename it")
        self.batches = batches
        self.known = known
        self.run = run
        self.state: Mapping[str, Any] | None = None
        self._stream = stream
        self.run = run
        self._settings = settings
        self._hidden = hidden
        self._waiting: list[Rows] = []
        self._cut = batches.cut()  # they keep their names until all is read anew: so the next pull, too, knows of it
        numbers = [number for number in batches.numbers() if batches.path(number) not in self._cut]
        merged = known.number if known else 0
        self._number = max([*batches.numbers(), merged])
        self._last = batches.note(numbers[-1]) if numbers and numbers[-1] >= merged else known and known.note
        self._scans = self._is_scanning(numbers)
        self.places = Places(stream, self._last)
        self.raw = replace(raw, columns=self.places.names)

    @property
    def base(self) -> int | None:
        """The batch that holds all records merged so far but for those that changed; null where a table holds them, or
        where it was removed."""
        base = self.known.base if self.known is not None else None
        path = self.batches.path(base) if base is not None else None
        return base if path is not None and path.is_file() and path not in self._cut else None

    def _is_scanning(self, numbers: Sequence[int]) -> bool:
        """Whether keys were listed since the stream was last complete: the next ones belong to the same list."""
        listed = set(self.batches.listed())
        for number in reversed(numbers):
            if self.batches.note(number).complete:
                return False
            if number in listed:
                return True
        return False

    def begin(self, *, full: bool, tell: Tell) -> None:
        """Finds the state to go on from; there is none when the stream is to be read from its beginning, which is told
        with its reason if it is news."""
        self._refuse_others()
        last = None if full else self._last
        reason = self._reason(last) if self._cut or not full else None
        if reason is not None:
            words = f"{self._stream.name}: {reason}, so all of it is read anew"
            tell(Event("notice", words, {"stream": self._stream.name}))
        if last is not None and reason is None:
            self.state = last.state
        else:
            self._scans = False  # a scan of keys that was not at its end is none

    def _refuse_others(self) -> None:
        """Raises SourceError where other columns than now were dropped or hashed: what lies there is not taken back."""
        was = self._last.hidden if self._last is not None else self._hidden
        unlike = sorted(name for name in {**was, **self._hidden} if was.get(name) != self._hidden.get(name))
        if unlike:
            raise SourceError(
                f"what was pulled of `{self._stream.name}` before holds `{unlike[0]}` otherwise than `landing` says "
                "now: delete the folder `.aac`, and run `aac pull` again"
            )

    @property
    def end(self) -> Note | None:
        """What was written last: with it comes the state that the next pull goes on from."""
        return self._last

    @property
    def is_open(self) -> bool:
        """Whether it was never read, or not to its end."""
        return self._last is None or self.state is None or not self._last.complete

    @property
    def is_waiting(self) -> bool:
        """Whether it was read to its end just now, by a pull that did not come to its own end."""
        merged = self.known.number if self.known is not None else 0
        if self.is_open or self._number <= merged:
            return False
        return time() - self.batches.path(self._number).stat().st_mtime < ONE_PULL

    def _reason(self, last: Note | None) -> str | None:
        """What has changed so that the state of the connector means nothing any more."""
        stream = self._stream
        if self._cut:
            lost = " (of what the source has forgotten since, that part is lost)" if stream.history else ""
            return f"`{self._cut[0].name}`, which holds a part of it in `.aac/raw`, was cut{lost}"
        if last is None:
            return None
        if self.known is not None and self.known.base != self.base:
            return "what was read of it has been removed"
        if last.settings != self._settings:
            return "the settings of its source have changed"
        if last.key != stream.key:
            return "its key is another one"
        if self.places.retyped:
            return "; ".join(self.places.retyped.values())
        if added := [column for column in stream.columns if self.places.name(column) not in last.columns]:
            return f"it has a new column `{added[0]}`"
        return None

    def change(self, change: SchemaChange) -> None:
        """Takes what the connector says of a column, which holds for the rows that follow."""
        if self._waiting:
            raise SourceError(f"`{self._stream.name}` sends rows before it says that `{change.column}` has changed")
        self.places.change(change)
        self.raw = replace(self.raw, columns=self.places.names)

    def add(self, rows: Rows) -> None:
        """Takes rows, which belong to the next checkpoint."""
        name = self._stream.name
        if not self._stream.key:
            raise SourceError(f"`{name}` sends rows, and has no key to know them by")
        if self._stream.history and rows.op != "upsert":
            raise SourceError(f"`{name}` is a history, of which nothing is ever taken away: it sends `{rows.op}`")
        unknown = [column for column in rows.columns if column not in self._stream.columns]
        absent = [column for column in self._stream.key if column not in rows.columns]
        if unknown or absent:
            told = f"without `{absent[0]}`, its key" if absent else f"with `{unknown[0]}`, which it did not announce"
            raise SourceError(f"`{name}` sends rows {told}")
        self._waiting.append(rows)

    def keep(self, checkpoint: Checkpoint, *, complete: bool) -> None:
        """Makes a batch of what came since the last checkpoint, and forgets the files it came in."""
        waiting = self._records if self._is_all(complete=complete) else self._waiting
        parts, keys, lists = _divided(waiting)
        stream = self._stream
        note = Note(
            self.places.names,
            self.places.types,
            stream.key,
            stream.history,
            checkpoint.state,
            complete,
            self._settings,
            lists,
            self.places.held,
            checkpoint.until,
            self._hidden,
        )
        if note == self._last and not self._waiting and not self._cut:
            return
        unfinished = [number for number in self.batches.listed() if number > self._number]
        self.batches.remove(map(self.batches.path_of_keys, unfinished))  # keys whose batch was never written
        before = self.batches.paths_of_keys()
        if keys:
            self.batches.write_keys(self._number + 1, _sql([self._keys(part) for part in keys]))
        select = _sql([self._rows(at, part) for at, part in enumerate(parts)]) if parts else self.raw.nothing
        self.batches.write(self._number + 1, select, note, self.raw, stream.version if parts else None)
        self.batches.set_aside(self._cut)
        self._cut = []
        if keys and not self._scans:
            self.batches.remove(before)
        self._scans = not complete and (self._scans or bool(keys))
        self._move_on(note)

    def _is_all(self, *, complete: bool) -> bool:
        """Whether the first batch is the last too and its records list their own keys: then none of them is missing."""
        lists = {rows.path for rows in self._waiting if rows.op == "keys"}
        return complete and not self._number and lists == {rows.path for rows in self._records}

    @property
    def _records(self) -> list[Rows]:
        return [rows for rows in self._waiting if rows.op != "keys"]

    def _move_on(self, note: Note) -> None:
        self.batches.remove(rows.path for rows in self._waiting)
        self._waiting.clear()
        self._number, self._last = self._number + 1, note

    def _rows(self, part: int, rows: Sequence[Rows]) -> Select:
        """One part of a batch: rows of one kind."""
        first = rows[0]
        told = set(first.columns)
        columns = [
            (self.places.name(column), Column(column) if column in told else Call("to_text", (NOTHING,)))
            for column in self._stream.columns
        ]
        ours: list[tuple[str, Node]] = [
            (VERSION, Call("as_integer", (self._version(first),))),
            (EXTRACTED, Literal(self.run.us)),
            (RUN, Literal(self.run.id)),
            (OP, Literal(first.op)),
            (PART, Literal(part)),
        ]
        return Select(_files(rows), (*columns, *ours))

    def _keys(self, rows: Sequence[Rows]) -> Select:
        return Select(_files(rows), tuple((key, Column(key)) for key in self._stream.key))

    def _version(self, rows: Rows) -> Node:
        """What tells which of two states is newer: a number, a day, or else a moment in microseconds."""
        version = self._stream.version
        if version is None or version not in rows.columns:
            return NOTHING
        if self._stream.types.get(version) == "integer":
            return Call(CONVERSIONS["integer"], (Column(version),))
        if self._stream.types.get(version) == "date":
            return moment_value("date", Column(version), None, self.run.zone)
        return moment_value("timestamp", Column(version), None, self.run.zone)


def _divided(waiting: Sequence[Rows]) -> tuple[list[list[Rows]], list[list[Rows]], int | None]:
    """Rows in parts of one kind, lists of keys in such parts, and the last part that stands before all of these."""
    first = next((at for at, rows in enumerate(waiting) if rows.op == "keys"), None)
    before = _parts(waiting[:first])
    after = _parts([rows for rows in waiting[first:] if rows.op != "keys"]) if first is not None else []
    keys = _parts([rows for rows in waiting if rows.op == "keys"])
    return [*before, *after], keys, None if first is None else len(before) - 1


def _parts(rows: Sequence[Rows]) -> list[list[Rows]]:
    """Neighbours that can be read together."""
    return [
        list(part) for _, part in groupby(rows, key=lambda each: (each.op, each.format, each.columns, each.delimiter))
    ]


def _files(rows: Sequence[Rows]) -> Files:
    first = rows[0]
    return Files(tuple(str(each.path) for each in rows), first.format, first.columns, first.delimiter)


def _sql(parts: Sequence[Select]) -> str:
    """All parts, one after the other."""
    from aac.engines import sql

    blocks = tuple((f"part_{at}", part) for at, part in enumerate(parts))
    columns = tuple((name, Column(name)) for name, _ in parts[0].columns)
    output = Select(Stack(tuple(name for name, _ in blocks)), columns)
    return sql.output_sql(Query(blocks, (output,), {}), output)
