"""Connectors of a small table that is asked for page by page, as an API is: one that is right, and four that are not.

The table lies in a SQLite file, so that it changes while it is read as a CRM does.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from aac import (
    Checkpoint,
    Connector,
    Context,
    Message,
    Rows,
    Settings,
    Slice,
    SourceError,
    Stream,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE = 50
TYPES = {"INTEGER": "integer"}


class PagedSettings(Settings):
    path: str


class Paged:
    """Pages follow the key; each ends in a checkpoint that says what was read. At the end all keys are listed."""

    name: ClassVar[str] = "paged"
    settings: ClassVar[type[Settings]] = PagedSettings
    overlap = timedelta(minutes=1)

    def __init__(self, settings: PagedSettings, context: Context) -> None:
        self.database = sqlite3.connect(Path(settings.path))
        self.folder = context.folder
        self.now = datetime.now(UTC)
        self.files = 0

    def __del__(self) -> None:
        self.database.close()

    def check(self) -> None:
        if not self.ask("SELECT allowed FROM access")[0][0]:
            raise SourceError("the table may not be read: ask for the right to")

    def discover(self) -> tuple[Stream, ...]:
        columns = {name: type_ for _, name, type_, *_ in self.ask("PRAGMA table_info(record)")}
        types = {name: TYPES[type_] for name, type_ in columns.items() if type_ in TYPES}
        return (Stream("record", tuple(columns), types | {"at": "timestamp"}, ("id",), "at", "key_scan"),)

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """From where the last pull stopped, or from a little before the end of the last complete one."""
        if state is not None and "last" in state:
            return (Slice(stream.name, state),)
        since = self.moment(datetime.fromisoformat(state["until"]) - self.overlap) if state is not None else ""
        return (Slice(stream.name, {"since": since, "until": self.moment(self.now), "last": 0}),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        if not self.ask("SELECT allowed FROM access")[0][0]:
            raise SourceError("the table may not be read: ask for the right to")
        bounds = dict(part.bounds)
        while page := self.page(stream, bounds):
            bounds["last"] = page[-1][stream.columns.index("id")]
            yield self.rows(page, stream.columns)
            yield Checkpoint(dict(bounds), complete=False)
        yield self.rows(self.ask("SELECT id FROM record"), stream.key, "keys")
        yield Checkpoint({"until": bounds["until"]}, complete=True)

    def page(self, stream: Stream, bounds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        asked = f"SELECT {self.names(stream)} FROM record WHERE at >= ? AND id > ? ORDER BY id LIMIT {PAGE}"
        return self.ask(asked, bounds["since"], bounds["last"])

    def names(self, stream: Stream) -> str:
        return ", ".join(f'"{name}"' for name in stream.columns)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.database.execute(statement, values).fetchall()

    def rows(self, records: list[tuple[Any, ...]], columns: tuple[str, ...], op: Any = "upsert") -> Rows:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.files += 1
        path = self.folder / f"{self.files}.jsonl"
        lines = (json.dumps(dict(zip(columns, record, strict=True))) + "\n" for record in records)
        path.write_text("".join(lines), encoding="utf-8")
        return Rows(path, "json", columns, op)

    def moment(self, at: datetime) -> str:
        return at.isoformat(timespec="microseconds")


class AfterTheLast(Paged):
    """Goes on behind the latest moment there is: what appears later with that same moment is never read."""

    name: ClassVar[str] = "after_the_last"

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        if state is not None and "last" in state:
            return (Slice(stream.name, state),)
        ((latest,),) = self.ask("SELECT max(at) FROM record")
        since = f"{state['until']}x" if state is not None else ""  # later than that moment, and than no other
        return (Slice(stream.name, {"since": since, "until": latest or self.moment(self.now), "last": 0}),)


class Ahead(Paged):
    """Says that a page was read before it is sent: a pull that dies between the two never reads it again."""

    name: ClassVar[str] = "ahead"

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        bounds = dict(part.bounds)
        while page := self.page(stream, bounds):
            bounds["last"] = page[-1][stream.columns.index("id")]
            yield Checkpoint(dict(bounds), complete=False)
            yield self.rows(page, stream.columns)
        yield self.rows(self.ask("SELECT id FROM record"), stream.key, "keys")
        yield Checkpoint({"until": bounds["until"]}, complete=True)


class ByTime(Paged):
    """Counts through the records in the order of their changes: one that changes meanwhile moves all behind it."""

    name: ClassVar[str] = "by_time"
    overlap = timedelta(0)

    def page(self, stream: Stream, bounds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        self.passed = 0 if bounds["last"] == 0 else self.passed + PAGE
        asked = f"SELECT {self.names(stream)} FROM record WHERE at >= ? ORDER BY at, id LIMIT {PAGE} OFFSET ?"
        return self.ask(asked, bounds["since"], self.passed)


class Forgiving(Paged):
    """Takes it that what may not be read is gone."""

    name: ClassVar[str] = "forgiving"

    def check(self) -> None: ...

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        if self.ask("SELECT allowed FROM access")[0][0]:
            yield from super().read(stream, part)
        else:
            yield self.rows(self.ask("SELECT id FROM record"), stream.key, "delete")
            yield Checkpoint({"until": part.bounds["until"]}, complete=True)


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [Paged, AfterTheLast, Ahead, ByTime, Forgiving]
