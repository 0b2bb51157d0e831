"""Statements about raw tables: what a stream's records are now, merged from its batches.

A batch is a Parquet file with the columns of the stream as text and, for each row, what it says (`OP`: ``upsert`` or
``delete``), in which part of the batch it came, and the version of the record, when it was read and by which run. Names
of columns enter as sqlglot makes them, values are bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OP, PART, VERSION = "_aac_op", "_aac_part", "_aac_source_us"
EXTRACTED, DELETED, RUN = "_aac_extracted_us", "_aac_deleted_us", "_aac_run_id"
ROW = "file_row_number"
OURS = (OP, PART, VERSION, EXTRACTED, DELETED, RUN, ROW)
"""The columns that a stream cannot have: they are ours, or DuckDB's."""

KNOWN, FIRST, SURE = "_aac_known", "_aac_first", "_aac_sure"
LEAST = "-9223372036854775808"
"""A version that is not known is older than every other."""


def name(*parts: str) -> str:
    """A name that cannot be read as anything else, outermost part first."""
    from sqlglot import exp

    return ".".join(exp.to_identifier(part, quoted=True).sql("duckdb") for part in parts)


def texts(values: Iterable[str]) -> str:
    """A list of texts."""
    from sqlglot import exp

    return f"[{', '.join(exp.Literal.string(value).sql('duckdb') for value in values)}]"


def batch(which: str, *, rows: bool = False) -> str:
    """A batch, or a list of them; ``rows``: with the number of each row.

    A folder above them that is called `x=1` is no column `x` with a 1 in every row.
    """
    return f"read_parquet({which}, hive_partitioning = false{', file_row_number = true' if rows else ''})"


@record
class Raw:
    """The raw table of a stream, ``columns`` and ``key`` being those of the stream.

    ``base``: the batches that all records there are lie in, as long as few have changed since; with ``over`` those few
    are in the table, which else is not there.
    """

    table: tuple[str, ...]
    columns: tuple[str, ...]
    key: tuple[str, ...]
    base: tuple[str, ...] = ()
    over: bool = False

    @property
    def make(self) -> tuple[str, ...]:
        """Makes it, empty, if it is not there."""
        ours = f"{VERSION} BIGINT, {EXTRACTED} BIGINT, {DELETED} BIGINT, {RUN} VARCHAR"
        columns = ", ".join(f"{name(column)} VARCHAR" for column in self.columns)
        return (
            f"CREATE SCHEMA IF NOT EXISTS {name(*self.table[:-1])}",
            f"CREATE TABLE IF NOT EXISTS {name(*self.table)} ({columns}, {ours})",
        )

    def make_over(self, number: int) -> tuple[str, ...]:
        """Makes it, empty, for what changes in the records of the batch of this number."""
        return (*self.make, f"COMMENT ON TABLE {name(*self.table)} IS '{number:d}'")

    @property
    def lift(self) -> tuple[str, ...]:
        """Takes away the table of what has changed, and keeps what is in it."""
        return (f"CREATE OR REPLACE TEMP TABLE lifted AS FROM {name(*self.table)}", f"DROP TABLE {name(*self.table)}")

    @property
    def lower(self) -> tuple[str, ...]:
        """Puts what was kept into a table of all records."""
        remove = f"DELETE FROM {name(*self.table)} AS r USING temp.main.lifted AS b WHERE {self._same('r', 'b')}"
        return remove, f"INSERT INTO {name(*self.table)} BY NAME FROM temp.main.lifted"

    def add(self, column: str) -> str:
        """Adds a column, empty in the records there are."""
        return f"ALTER TABLE {name(*self.table)} ADD COLUMN IF NOT EXISTS {name(column)} VARCHAR"

    @property
    def nothing(self) -> str:
        """A batch without rows."""
        columns = ", ".join(f"CAST(NULL AS VARCHAR) AS {name(column)}" for column in self.columns)
        ours = f"0::BIGINT AS {VERSION}, 0::BIGINT AS {EXTRACTED}, '' AS {RUN}, '' AS {OP}, 0 AS {PART}"
        return f"SELECT {columns}, {ours} WHERE false"

    @property
    def keyless(self) -> str:
        """One value: how many rows of the batch $1 have no key."""
        return f"SELECT count(*) FROM {batch('$1')} WHERE {' OR '.join(f'{name(key)} IS NULL' for key in self.key)}"

    def unread(self, version: str) -> str:
        """(text) that is in the column of the version in the batch $1 and was not understood."""
        text = name(version)
        return f"SELECT {text} FROM {batch('$1')} WHERE trim({text}) <> '' AND {VERSION} IS NULL LIMIT 1"

    @property
    def number(self) -> str:
        """One value: how many records there are that are not deleted."""
        return f"SELECT count(*) FROM {self._records} WHERE {DELETED} IS NULL"

    @property
    def is_empty(self) -> str:
        """One value: whether it has no row."""
        return f"SELECT count(*) = 0 FROM (FROM {name(*self.table)} LIMIT 1)"

    @property
    def repeats(self) -> str:
        """One row: how many rows part $2 of the batch or the batches $1 has, and how many keys."""
        keys = f"SELECT DISTINCT {self._keys()} FROM {batch('$1')} WHERE {PART} = $2"
        return f"SELECT (SELECT count(*) FROM {batch('$1')} WHERE {PART} = $2), (SELECT count(*) FROM ({keys}))"

    @property
    def fill(self) -> str:
        """Adds part $2 of the batch or the batches $1, in which no key comes twice, to a table without rows."""
        return f"""INSERT INTO {name(*self.table)} ({self._kept()})
            SELECT {self._kept()} FROM {batch("$1")} WHERE {PART} = $2"""

    def upsert(self, *, once: bool) -> tuple[str, ...]:
        """Merges part $2 of the batch $1: a record is replaced by one that is no older.

        The first statement chooses what changes something, the others do it. ``once``: no record is ever replaced, and
        of several the first stays.
        """
        newest = ROW if once else f"coalesce({VERSION}, {LEAST}) DESC, {ROW} DESC"
        changed = [f"r.{name(column)} IS DISTINCT FROM b.{name(column)}" for column in self._values]
        changed += [f"r.{VERSION} IS DISTINCT FROM b.{VERSION}", f"r.{DELETED} IS NOT NULL"]
        newer = f"coalesce(b.{VERSION}, {LEAST}) >= coalesce(r.{VERSION}, {LEAST}) AND ({' OR '.join(changed)})"
        choose = f"""CREATE OR REPLACE TEMP TABLE merging AS
            SELECT b.*, r.{RUN} IS NOT NULL AS {KNOWN} FROM (
                FROM {batch("$1", rows=True)} WHERE {PART} = $2
                QUALIFY row_number() OVER (PARTITION BY {self._keys()} ORDER BY {newest}) = 1
            ) AS b LEFT JOIN {self._records} AS r ON {self._same("r", "b")}
            WHERE r.{RUN} IS NULL{"" if once else f" OR ({newer})"}"""
        if self.base:
            add = f"""INSERT INTO {name(*self.table)} ({self._kept()})
                SELECT {self._kept()} FROM temp.main.merging ORDER BY {ROW}"""
            return choose, self._remove("merging"), add
        new = [*(name(column) for column in self._values), VERSION, EXTRACTED, RUN]
        values = ", ".join([*(f"{column} = b.{column}" for column in new), f"{DELETED} = NULL"])
        replace = f"""UPDATE {name(*self.table)} AS r SET {values} FROM temp.main.merging AS b
            WHERE b.{KNOWN} AND {self._same("r", "b")}"""
        add = f"""INSERT INTO {name(*self.table)} ({self._kept()})
            SELECT {self._kept()} FROM temp.main.merging WHERE NOT {KNOWN} ORDER BY {ROW}"""
        return choose, replace, add

    @property
    def delete(self) -> tuple[str, ...]:
        """Merges part $2 of the batch $1, which says what is gone; a deletion that is older than its record is not.

        A record that was never seen is added as deleted, so that an older state of it that comes late is not taken
        for it. The first statement chooses, the others do it.
        """
        choose = f"""CREATE OR REPLACE TEMP TABLE merging AS
            SELECT b.*, r.{RUN} IS NOT NULL AS {KNOWN} FROM (
                SELECT {self._keys()}, max({VERSION}) AS {VERSION}, bool_or({VERSION} IS NULL) AS {SURE},
                    max({EXTRACTED}) AS {EXTRACTED}, max({RUN}) AS {RUN}, min({ROW}) AS {FIRST}
                FROM {batch("$1", rows=True)} WHERE {PART} = $2 GROUP BY {self._keys()}
            ) AS b LEFT JOIN {self._records} AS r ON {self._same("r", "b")}
            WHERE CASE WHEN r.{RUN} IS NULL THEN b.{VERSION} IS NOT NULL
                ELSE b.{SURE} OR b.{VERSION} >= coalesce(r.{VERSION}, {LEAST}) END"""
        at, gone = f"greatest(r.{VERSION}, b.{VERSION})", f"coalesce(r.{DELETED}, b.{VERSION}, b.{EXTRACTED})"
        which = f"(r.{DELETED} IS NULL OR r.{VERSION} IS DISTINCT FROM {at})"
        forget: tuple[str, ...] = (
            f"""UPDATE {name(*self.table)} AS r SET {DELETED} = {gone}, {VERSION} = {at}
            FROM temp.main.merging AS b WHERE b.{KNOWN} AND {self._same("r", "b")} AND {which}""",
        )
        if self.base:
            gather = f"""CREATE OR REPLACE TEMP TABLE forgotten AS
                SELECT r.* REPLACE ({gone} AS {DELETED}, {at} AS {VERSION}), true AS {KNOWN}
                FROM {self._records} AS r JOIN temp.main.merging AS b ON {self._same("r", "b")}
                WHERE b.{KNOWN} AND {which}"""
            put = f"INSERT INTO {name(*self.table)} BY NAME SELECT * EXCLUDE ({KNOWN}) FROM temp.main.forgotten"
            forget = (gather, self._remove("forgotten"), put)
        add = f"""INSERT INTO {name(*self.table)} ({self._keys()}, {VERSION}, {EXTRACTED}, {DELETED}, {RUN})
            SELECT {self._keys()}, {VERSION}, {EXTRACTED}, {VERSION}, {RUN}
            FROM temp.main.merging WHERE NOT {KNOWN} ORDER BY {FIRST}"""
        return choose, *forget, add

    def _remove(self, chosen: str) -> str:
        """Takes the records of a temporary table out of the table of what has changed, before they are put in again."""
        known = f"b.{KNOWN} AND {self._same('r', 'b')}"
        return f"DELETE FROM {name(*self.table)} AS r USING temp.main.{chosen} AS b WHERE {known}"

    def missing(self, *, later: bool) -> str:
        """Keeps the keys of records that are in no list of keys $1 and were not sent since these began.

        Such are the upserts behind part $3 of the batch $2, and with ``later`` those of the batches $4.
        """
        key = f"SELECT 1 FROM {batch('$1')} AS b WHERE {self._same('r', 'b')}"
        sent = f"SELECT 1 FROM {batch('$2')} AS b WHERE b.{OP} = 'upsert' AND b.{PART} > $3 AND {self._same('r', 'b')}"
        after = f"SELECT 1 FROM {batch('$4')} AS b WHERE b.{OP} = 'upsert' AND {self._same('r', 'b')}"
        conditions = [f"NOT EXISTS ({each})" for each in (key, sent, *([after] if later else []))]
        return f"""CREATE OR REPLACE TEMP TABLE missing AS
            SELECT {self._keys("r")} FROM {self._records} AS r
            WHERE r.{DELETED} IS NULL AND {" AND ".join(conditions)}"""

    def deletion(self, us: int, run: str) -> str:
        """A batch that deletes what is missing; a moment in microseconds and the id of a run, made by us."""
        values = [
            f"{name(column)}" if column in self.key else f"NULL::VARCHAR AS {name(column)}" for column in self.columns
        ]
        ours = f"NULL::BIGINT AS {VERSION}, {us:d}::BIGINT AS {EXTRACTED}, '{UUID(run).hex}' AS {RUN}"
        return f"SELECT {', '.join(values)}, {ours}, 'delete' AS {OP}, 0 AS {PART} FROM temp.main.missing"

    @property
    def changed(self) -> str:
        """One value: how many records have changed since the batch that all lie in."""
        return f"SELECT count(*) FROM {name(*self.table)}"

    @property
    def _records(self) -> str:
        """Where the records are."""
        if not self.base:
            return name(*self.table)
        base = f"SELECT {self._kept()}, NULL::BIGINT AS {DELETED} FROM {batch(texts(self.base))} AS p"
        if not self.over:
            return f"({base})"
        same = self._same("p", "o")
        over = f"SELECT {self._kept()}, {DELETED} FROM {name(*self.table)}"
        return f"({base} WHERE NOT EXISTS (SELECT 1 FROM {name(*self.table)} AS o WHERE {same}) UNION ALL {over})"

    @property
    def _values(self) -> tuple[str, ...]:
        """The columns that are no part of the key."""
        return tuple(column for column in self.columns if column not in self.key)

    def _keys(self, of: str | None = None) -> str:
        return ", ".join(name(*filter(None, (of, key))) for key in self.key)

    def _same(self, one: str, other: str) -> str:
        return " AND ".join(f"{one}.{name(key)} = {other}.{name(key)}" for key in self.key)

    def _kept(self) -> str:
        """The columns of a row, but for when it was deleted."""
        return ", ".join([*map(name, self.columns), VERSION, EXTRACTED, RUN])


def bits_of(table: tuple[str, ...]) -> str:
    """The name of the variable that tells which rows of a batch a table of changed records takes the place of."""
    return f"over {'.'.join(table)}"


def mark_changed(table: tuple[str, ...], key: Sequence[str], base: str, rows: int) -> str:
    """Sets that variable: a bit for each of the rows of the batch, as joining these themselves would lose their order.

    Null when the table takes the place of none.
    """
    same = " AND ".join(f"o.{name(each)} = p.{name(each)}" for each in key)
    return f"""SET VARIABLE {name(bits_of(table))} = (
        SELECT bitstring_agg(p.{ROW}, 0, {max(rows - 1, 0):d})
        FROM {batch(texts([base]), rows=True)} AS p JOIN {name(*table)} AS o ON {same})"""


def deleted_keys(table: tuple[str, ...], key: str) -> str:
    """What the column of the key holds in records of a raw table that are deleted."""
    return f"SELECT {name(key)} FROM {name(*table)} WHERE {DELETED} IS NOT NULL"


def together(batches: Iterable[str]) -> str:
    """All rows of some batches, in order."""
    return f"FROM {batch(texts(batches))}"


MISSING = "SELECT count(*) FROM temp.main.missing"
"""One value: how many records are missing."""

COLUMNS = """
SELECT column_name FROM duckdb_columns() WHERE database_name = $1 AND schema_name = $2 AND table_name = $3
ORDER BY column_index"""
"""(name) of the columns of the table $3."""

TABLES = "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2"
"""(name, number) of the tables of the schema $2: of what has changed since which batch; null for one of all records."""

LENGTH = f"SELECT count(*) FROM {batch('$1')}"
"""One value: how many rows the batch $1 has."""

PARTS = f"SELECT DISTINCT {PART}, {OP} FROM {batch('$1')} ORDER BY ALL"
"""(part, op) of the batch $1, in order."""

NOTE = "SELECT decode(value) FROM parquet_kv_metadata($1) WHERE decode(key) = 'aac'"
"""What is written about the Parquet file $1."""
