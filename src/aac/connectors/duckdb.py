"""Connector `duckdb`: the tables of a DuckDB file, read where they lie; nothing of them is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from aac.connectors.base import Checkpoint, Context, Relation, Settings, Slice, Stream
from aac.connectors.folders import refuse_doubled, refuse_outside
from aac.errors import SourceError
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.connectors.base import Connector, Message


class DuckdbSettings(Settings):
    """``path``: the file, seen from the project's folder. ``schema``: the one whose tables are the streams."""

    places: ClassVar[tuple[str, ...]] = ("path",)

    path: str
    schema_: str = Field("main", alias="schema")


class DuckdbConnector:
    """Each table or view of the schema is a stream of its own name."""

    name: ClassVar[str] = "duckdb"
    settings: ClassVar[type[Settings]] = DuckdbSettings

    def __init__(self, settings: DuckdbSettings, context: Context) -> None:
        self._root = context.root
        self._path = context.root / settings.path
        self._schema = settings.schema_
        self._look = context.look

    def check(self) -> None:
        """Raises SourceError when there is no such file, or it lies outside of the project."""
        if not self._path.is_file():
            raise SourceError(f"there is no file `{self._path}`: correct `path` in aac.toml")
        refuse_outside([self._path], self._root)

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name; raises SourceError for a file that cannot be read, or has none."""
        tables = self._look.tables(self._path)
        mine = {name: columns for (schema, name), columns in sorted(tables.items()) if schema == self._schema}
        if not mine:
            there = ", ".join(f"`{schema}`" for schema in sorted({schema for schema, _ in tables})) or "none"
            raise SourceError(
                f"`{self._path}` has no tables in `{self._schema}`: name another `schema` (there is {there})"
            )
        for name, columns in mine.items():
            refuse_doubled(f"`{name}` of `{self._path}`", list(columns))
        return tuple(
            Stream(name, tuple(columns), {column: type_ for column, type_ in columns.items() if type_ != "text"})
            for name, columns in mine.items()
        )

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """The whole stream."""
        del state
        return (Slice(stream.name),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """Where the table is, and the end."""
        del part
        yield Relation(self._path, (self._schema, stream.name), stream.columns)
        yield Checkpoint({}, complete=True)


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [DuckdbConnector]
