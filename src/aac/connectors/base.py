"""What a connector is: settings, and four steps that end in messages.

The framework (`landing`) owns transactions, state and casting; a connector says where data lies and in which order.
"""

from __future__ import annotations

import os
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from aac.errors import SourceError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class Settings(BaseModel):
    """The keys of ``[sources.<id>]`` that belong to the connector; the others (timezone, nulls, …) are the source's.

    ``aside``: those that say how a source is asked, and nothing of what is read: when others change, all is read anew.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    aside: ClassVar[frozenset[str]] = frozenset()

    places: ClassVar[tuple[str, ...]] = ()
    """The keys that name a file or a folder, seen from the project's: it must lie in the project."""


class Secret(BaseModel):
    """A setting that is not written down: ``env`` is the environment variable that holds it, read when it is needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str

    def resolve(self) -> str:
        """The secret itself. Raises SourceError when there is none."""
        value = os.environ.get(self.env)
        if not value:
            raise SourceError(f"the environment variable `{self.env}` is not set: set it and run `aac pull` again")
        return value


@record
class Files:
    """Data an engine reads itself; a stream of files is replaced whole. Types that are not text: those of the stream.

    ``format``: csv (with a header row, maybe ending in `.gz`), json (one object a line) or parquet. ``columns``:
    the names of the header in order. ``encoding``: of each file, by the names Python knows; UTF-8 if there are none.
    ``origins``: the files that the user knows, where ``paths`` were made of them.
    """

    paths: tuple[Path, ...]
    format: str
    columns: tuple[str, ...]
    delimiter: str = ","
    encodings: tuple[str, ...] = ()
    origins: tuple[Path, ...] = ()


@record
class Relation:
    """A table of a database file that the engine reads where it lies: nothing is copied.

    ``name``: schema and table as the database spells them.
    """

    database: Path
    name: tuple[str, ...]
    columns: tuple[str, ...]


@record
class Rows:
    """Records of a stream that has a key, in a file of the connector's own folder: csv or json lines, as in `Files`.

    The file must stay until the next checkpoint has been sent; then it is removed. Columns that are left out are empty.
    A record is replaced by one whose `Stream.version` is not less, an unknown version being the least; a deletion with
    a version counts by the same rule, one without always. What was sent after a list of keys began is not gone.
    Records may be their own list of keys: the same file is then sent as both.
    ``op``: ``upsert`` (records as they are now), ``delete`` (keys of records that are gone) or ``keys`` (a part of the
    complete list of keys there are: once the stream is complete, records with other keys are gone).
    """

    path: Path
    format: str
    columns: tuple[str, ...]
    op: Literal["upsert", "delete", "keys"] = "upsert"
    delimiter: str = ","


@record
class Checkpoint:
    """All messages before it belong together and are kept; ``complete`` ends the slice.

    ``state`` is plain JSON and that of the whole stream: a pull that was stopped goes on from the last one.
    ``until``: how far the stream is read, in words for users, as in `2026-03-02 10:00 UTC` or `record 1,200`.
    """

    state: Mapping[str, Any]
    complete: bool
    until: str | None = None


@record
class SchemaChange:
    """A column that the source added, dropped or retyped since the last pull; comes before the rows of its stream.

    What a `Stream` tells by its columns and types is seen without it: this is for what they do not tell. ``before`` and
    ``after`` are types as in `Stream`, or words.
    """

    column: str
    change: Literal["added", "dropped", "retyped"]
    before: str | None = None
    after: str | None = None


@record
class Notice:
    """Something a user should know: becomes a finding with this code (6xx), level, sentence and what to do."""

    code: str
    level: str
    message: str
    instead: str


@record
class Progress:
    """How far reading has come; told on standard error. ``expected``: the rows there will be, where that is known."""

    rows: int
    expected: int | None = None


Message = Files | Relation | Rows | Checkpoint | SchemaChange | Notice | Progress


@record
class Stream:
    """One table of a source: its name, its columns in order, and what the source can tell about changes.

    ``types``: of columns that are not text, our types (`integer`, `number`, `float`, `boolean`, `date`, `timestamp`),
    `local_timestamp` (what a clock of the source's zone shows) or `json` (nested, read as its JSON text); a column that
    is not there is text. ``key``: the columns that name a record; with one, records may come as `Rows`.
    ``version``: the column whose greater value is the newer state of a record. ``deletes``: how the source tells that
    a record is gone. ``history``: rows are only ever added (of one key the first), and what the source forgot is kept.
    ``refused``: why it may not be read, and what to do about it; then it counts as not there, unless it was before.
    ``withheld``: columns that it has beside ``columns`` and that may not be read, and what to do about each.
    """

    name: str
    columns: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    key: tuple[str, ...] = ()
    version: str | None = None
    deletes: Literal["soft_flag", "tombstone_list", "key_scan", "none"] = "none"
    history: bool = False
    refused: str | None = None
    withheld: Mapping[str, str] = field(default_factory=dict[str, str])


@record
class Slice:
    """A part of a stream that is read in one go; ``bounds`` mean something to the connector only."""

    stream: str
    bounds: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Look(Protocol):
    """How an engine sees files and databases, for connectors, which know none. Raises SourceError."""

    def columns(self, paths: Sequence[Path], format: str) -> Mapping[str, str]:
        """The columns of files (parquet or json, as in `Files`) by name, and their types as in `Stream`, or `text`."""
        ...

    def tables(self, database: Path) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """The tables and views of a DuckDB file by schema and name, and the same of each."""
        ...


class Blind:
    """A run in which nothing but text can be read."""

    def columns(self, paths: Sequence[Path], format: str) -> Mapping[str, str]:
        raise SourceError(f"`{paths[0]}` is {format}, and this run has no engine that reads it")

    def tables(self, database: Path) -> Mapping[tuple[str, str], Mapping[str, str]]:
        raise SourceError(f"`{database}` is a database, and this run has no engine that reads it")


@record
class Context:
    """What a connector may know of the run: the project's folder, a folder for files of its own, which it makes itself
    and which is emptied when the pull has ended, and an engine that looks into files. ``record``: the file in which is
    written down what the source is asked and answers, without secrets; null: it is not."""

    root: Path
    folder: Path
    look: Look = field(default_factory=Blind)
    record: Path | None = None


@runtime_checkable
class Limited(Protocol):
    """A connector whose source allows only so much."""

    def limits(self) -> str:
        """What is left of it, in words, once the source was asked."""
        ...


class Connector(Protocol):
    """Made once a run with its settings. Raises SourceError when the source cannot be used."""

    name: ClassVar[str]
    settings: ClassVar[type[Settings]]

    def __init__(self, settings: Any, context: Context) -> None: ...

    def check(self) -> None:
        """Whether the source can be reached; raises SourceError saying what to do."""
        ...

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name."""
        ...

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """What is to be read in order, given the state of the last checkpoint; null: everything, from the beginning.

        A stream is complete when the last checkpoint of its last slice is.
        """
        ...

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The messages of one slice, ending in a `Checkpoint`."""
        ...
