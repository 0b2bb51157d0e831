"""What DuckDB sees in files and databases: their columns, and which type of ours each is."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from aac.config import EMBEDDED
from aac.engines.duckdb import DuckdbEngine, damaged
from aac.errors import DamagedStoreError, EngineError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from aac.config import EngineSettings

TYPES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), "integer"),
    "DOUBLE": "float",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "local_timestamp"),
}
"""DuckDB's types and ours. The others are text: also single floats, whose text is the number that was meant, and whole
numbers of more than 64 bits."""
NESTED = re.compile(r"STRUCT|MAP|UNION|JSON|.*\[\d*\]$")

PARQUET = "DESCRIBE FROM read_parquet($1::VARCHAR[], union_by_name = true, hive_partitioning = false)"
JSON_OBJECTS = "FROM read_json_objects($1::VARCHAR[], format = 'newline_delimited', hive_partitioning = false)"
KEYS = f"SELECT DISTINCT unnest(json_keys(json)) AS name {JSON_OBJECTS} WHERE json_type(json) = 'OBJECT' ORDER BY name"
NO_OBJECTS = f"SELECT count(*) {JSON_OBJECTS} WHERE json_type(json) <> 'OBJECT'"
COLUMNS = (
    "FROM duckdb_columns() SELECT schema_name, table_name, column_name, data_type "
    "WHERE database_name = $1 AND NOT internal ORDER BY schema_name, table_name, column_index"
)


class DuckdbLook:
    """Looks into those ``files`` and what lies in ``folders``; opened when it is first used."""

    def __init__(
        self, settings: EngineSettings = EMBEDDED, files: Iterable[Path] = (), folders: Iterable[Path] = ()
    ) -> None:
        self._engine: DuckdbEngine | None = None
        self._opened = partial(DuckdbEngine, settings, files, folders)

    def __enter__(self) -> DuckdbLook:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()

    def columns(self, paths: Sequence[Path], format: str) -> Mapping[str, str]:
        """The columns of files, parquet or json, and the type of each; raises SourceError for what cannot be read."""
        names = list(map(str, paths))
        if format == "parquet":
            return {name: type_of(type_) for name, type_, *_ in self._rows(PARQUET, names, path=names[0])}
        ((others,),) = self._rows(NO_OBJECTS, names, path=names[0])
        if others:
            lines = "lines that are no JSON objects" if others > 1 else "line that is no JSON object"
            raise SourceError(f"`{names[0]}` holds {others:,} {lines}: write one object a line")
        return {name: "text" for (name,) in self._rows(KEYS, names, path=names[0])}

    def tables(self, database: Path) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """The tables and views of a DuckDB file, and the columns of each; raises SourceError if it cannot be read."""
        alias = "looked_at"
        self._raised(lambda engine: engine.attach(str(database), alias), str(database))
        found: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, type_ in self._rows(COLUMNS, alias, path=str(database)):
            found.setdefault((schema, table), {})[column] = type_of(type_)
        self._raised(lambda engine: engine.detach(alias), str(database))
        return found

    def _rows(self, statement: str, *values: object, path: str) -> list[Any]:
        return cast("list[Any]", self._raised(lambda engine: engine.execute(statement, *values), path))

    def _raised(self, act: Callable[[DuckdbEngine], object], path: str) -> object:
        self._engine = self._engine or self._opened()
        try:
            return act(self._engine)
        except DamagedStoreError as error:
            raise SourceError(damaged(path)) from error
        except EngineError as error:
            message = str(error)
            raise SourceError(message if path in message else f"`{path}` cannot be read: {message}") from error


def type_of(type_: str) -> str:
    """Our type of a DuckDB type."""
    if type_.startswith("DECIMAL"):
        return "number"
    return TYPES.get(type_, "json" if NESTED.match(type_) else "text")
