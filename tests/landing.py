"""A project folder that can be pulled: what tests of landing write, read and ask."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aac.config import EMBEDDED, EngineSettings, Source
from aac.connectors.base import Context
from aac.connectors.csv import CsvConnector
from aac.connectors.duckdb import DuckdbConnector
from aac.connectors.jsonl import JsonlConnector
from aac.connectors.parquet import ParquetConnector
from aac.connectors.xlsx import XlsxConnector
from aac.engines.duckdb import Store
from aac.engines.looking import DuckdbLook
from aac.expressions.nodes import Column, Type
from aac.findings import Finding, Span
from aac.landing.landed import Landed, prepared
from aac.landing.pull import Pulled, pull
from aac.landing.pulling import Wish
from aac.landing.state import reach
from aac.measures import StoredField, StreamName, Table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aac.connectors.base import Connector
    from aac.landing.events import Event

CONNECTORS: dict[str, type[Connector]] = {
    "csv": CsvConnector,
    "duckdb": DuckdbConnector,
    "jsonl": JsonlConnector,
    "parquet": ParquetConnector,
    "xlsx": XlsxConnector,
}
NOW_US = 1_772_600_000_000_000


def us(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Microseconds of a moment in UTC."""
    since = datetime(year, month, day, hour, minute, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1)


def days(year: int, month: int, day: int) -> int:
    """Days since the epoch."""
    return (date(year, month, day) - date(1970, 1, 1)).days


def column(name: str, type_: str | Type = "text", read: str | None = None, **others: Any) -> StoredField:
    """A stored field, with a span that tells its name."""
    known = type_ if isinstance(type_, Type) else Type(type_)
    return StoredField(name, known, Column(read or name), span=Span("f.yml", 1, 1, text=name), **others)


def ref(entity: str, key: str = "text") -> Type:
    return Type(key, entity=entity)


def table(entity: str, *fields: StoredField, key: str = "id", occurs: str | None = None, source: str = "crm") -> Table:
    """An entity read from the stream of its own name; several keys are parted by a space."""
    span = Span("f.yml", 1, 1, text=entity)
    return Table(entity, (StreamName(source, entity),), tuple(key.split()), occurs, fields, span)


@dataclass
class Project:
    """A project folder, with the sources `crm` and maybe others in folders of their own name."""

    root: Path
    tables: list[Table] = field(default_factory=list[Table])
    sources: dict[str, Source] = field(default_factory=lambda: {"crm": Source("crm", "csv")})
    told: list[str] = field(default_factory=list[str])
    engine: EngineSettings = EMBEDDED

    def put(self, stream: str, text: str, source: str = "crm") -> Path:
        path = self.root / source / f"{stream}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def set(self, source: str = "crm", **changes: Any) -> None:
        self.sources[source] = replace(self.sources.get(source, Source(source, "csv")), **changes)

    def hear(self, event: Event) -> None:
        self.told.append(event.words)

    @property
    def reached(self) -> dict[str, Source]:
        """The sources with the folders that they lie in."""
        return {id: replace(s, settings={"path": id, **s.settings}) for id, s in self.sources.items()}

    def pull(self, zone: str = "UTC", now_us: int = NOW_US, *, full: bool = False) -> Pulled:
        with DuckdbLook(self.engine, *reach(self.root, self.reached)) as look:

            def connect(source: Source) -> Connector:
                made = CONNECTORS[source.connector]
                settings = made.settings.model_validate({"path": source.id, **source.settings})
                return made(settings, Context(self.root, self.root / ".aac" / "raw" / source.id, look))

            wish = Wish(full=full)
            return pull(self.root, self.reached, self.tables, connect, zone, now_us, self.hear, self.engine, wish)

    def landed(self, zone: str = "UTC", as_of_us: int | None = None) -> Landed:
        return prepared(self.root, self.tables, self.reached, zone, self.engine, as_of_us)

    def rows(self, entity: str, as_of_us: int | None = None) -> list[tuple[Any, ...]]:
        """What can be read of an entity now, in order."""
        with self.landed(as_of_us=as_of_us) as data:
            return list(data.engine.execute(f"SELECT * FROM {'.'.join(data.relations[entity].name)}"))

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the store."""
        with Store(self.root / ".aac" / "store.duckdb", read_only=True) as store:
            return list(store.execute(statement))


def found(findings: Iterable[Finding], code: str) -> list[tuple[int, str, tuple[str, ...]]]:
    """Count, message and keys of the findings of a code."""
    return [(each.count, each.message, each.keys) for each in findings if each.code == code]


def codes(findings: Iterable[Finding]) -> list[str]:
    return sorted(each.code for each in findings)
