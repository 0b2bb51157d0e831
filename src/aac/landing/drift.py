"""What a source changed of a stream's columns since the last pull: what is added, dropped or of another type.

Of a stream that comes as rows, older records stay as they were sent. So a column whose new type does not hold what it
held before goes on under another name (`x__v2`), and one that is not sent any more stays as it is.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from aac.findings import Finding
from aac.landing.telling import columns_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from aac.connectors.base import SchemaChange, Stream
    from aac.landing.batches import Note
    from aac.measures import Table

WIDER = frozenset(
    {
        ("integer", "number"),
        ("integer", "float"),
        ("number", "float"),
        ("date", "timestamp"),
        ("date", "local_timestamp"),
    }
)
"""Types and those that hold all of their values, beside text and JSON, which hold the values of all."""
CALLED = {
    "integer": "a whole number",
    "number": "a number",
    "float": "an inexact number",
    "boolean": "true or false",
    "date": "a date",
    "timestamp": "a moment",
    "local_timestamp": "a local time",
    "json": "JSON",
    "text": "text",
}
"""Types of columns in a sentence."""


def is_wider(before: str, after: str) -> bool:
    """Whether all values of one type are values of another."""
    return before == after or after == "text" or (before, after) in WIDER


class Places:
    """Under which names the columns of a stream are kept; ``last``: what was written of it the last time.

    ``retyped``: what is to be said about each column that has another type now.
    """

    def __init__(self, stream: Stream, last: Note | None) -> None:
        self.retyped: dict[str, str] = {}
        self.held: dict[str, str] = {}
        self._stream = stream
        self._goes_on = last is not None and not last.complete
        self._there = set(stream.columns)
        if last is not None:
            self._there.update(last.columns)
            self.held.update((column, name) for column, name in last.held.items() if column in stream.columns)
            for column in stream.columns:
                name, now = self.name(column), stream.types.get(column, "text")
                if name in last.columns and (before := last.types.get(name, "text")) != now:
                    self._retype(column, before, now)

    def name(self, column: str) -> str:
        """The name that a column is kept under."""
        return self.held.get(column, column)

    @property
    def names(self) -> tuple[str, ...]:
        """Those of all columns, in order."""
        return tuple(map(self.name, self._stream.columns))

    @property
    def types(self) -> dict[str, str]:
        """The types of what is kept, as in `Stream`."""
        return {self.name(column): type_ for column, type_ in self._stream.types.items()}

    def change(self, change: SchemaChange) -> None:
        """Takes what a connector says of a column itself, before it sends rows; once, also if it was stopped then."""
        is_known = change.column in self.retyped or (self._goes_on and change.column in self.held)
        if change.change == "retyped" and not is_known:
            self._retype(change.column, change.before or "of another type", change.after or "text")

    def _retype(self, column: str, before: str, after: str) -> None:
        was, now = CALLED.get(before, before), CALLED.get(after, after)
        told = f"`{column}` was {was} and is {now} now"
        is_mark = column in self._stream.key or column == self._stream.version
        if not is_mark and not is_wider(before, after):
            free = (f"{column}__v{number}" for number in count(2))
            self.held[column] = next(name for name in free if name not in self._there)
            self._there.add(self.held[column])
            told += f": its values are in `{self.held[column]}` from now on"
        self.retyped[column] = told


def column_changes(
    columns: Collection[str], types: Mapping[str, str] | None, now: Collection[str], types_now: Mapping[str, str]
) -> Iterator[str]:
    """What is to be said about the columns of a stream that is replaced whole; ``types`` are null if not known."""
    yield from (f"it has a new column `{column}`" for column in now if column not in columns)
    yield from (f"its column `{column}` is gone" for column in columns if column not in now)
    known = types_now if types is None else types
    for column in now:
        before, after = known.get(column, "text"), types_now.get(column, "text")
        if column in columns and before != after:
            yield f"`{column}` was {CALLED.get(before, before)} and is {CALLED.get(after, after)} now"


def told_change(change: SchemaChange) -> str:
    """What a connector says of a column, in a sentence about its stream."""
    match change.change:
        case "added":
            return f"it has a new column `{change.column}`"
        case "dropped":
            return f"its column `{change.column}` is gone"
        case "retyped":
            was, now = change.before or "of another type", change.after or "of another"
            return f"`{change.column}` was {CALLED.get(was, was)} and is {CALLED.get(now, now)} now"


def older_names(held: Mapping[str, str]) -> dict[str, str]:
    """The names under which retyped columns were kept before, and the name of each now."""
    found: dict[str, str] = {}
    for column, name in held.items():
        numbers = range(2, int(name.rpartition("__v")[2]))
        found |= dict.fromkeys([column, *(f"{column}__v{number}" for number in numbers)], name)
    return found


def refused_types(stream: str, held: Mapping[str, str], tables: Iterable[Table]) -> Iterator[Finding]:
    """AAC642: fields that read a column under an older name only, where newer records have nothing."""
    older = older_names(held)
    for table in tables:
        for field in table.fields:
            read = columns_of(field)
            for column in read:
                name = older.get(column)
                if name is not None and name not in read:
                    message = (
                        f"`{column}` of `{stream}` has another type now, and `{field.name}` of `{table.entity}` "
                        f"reads it as it was: what was sent since is in `{name}`"
                    )
                    instead = f"read `from: {name}`, or both: `from: coalesce({name}, {column})`"
                    yield Finding("AAC642", "error", message, instead, field.span, f"entity:{table.entity}")


def stale_columns(
    stream: str, sent: Collection[str], columns: Iterable[str], tables: Iterable[Table]
) -> Iterator[Finding]:
    """AAC643: fields that read a column which is kept and not ``sent`` any more."""
    gone = [column for column in columns if column not in sent]
    for table in tables:
        for field in table.fields:
            for column in columns_of(field):
                if column in gone:
                    message = (
                        f"`{stream}` has no column `{column}` any more: `{field.name}` of `{table.entity}` is what "
                        "was known of it before, and unknown in new records"
                    )
                    instead = "read another column, or leave the field out"
                    yield Finding(
                        "AAC643", "warning", message, instead, field.span, f"entity:{table.entity}", field=field.name
                    )
