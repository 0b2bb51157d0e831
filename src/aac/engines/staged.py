"""Statements about staged tables: the records of one entity, typed but not yet looked at.

A staged table and its columns are numbered, so that nothing of a document or a source stands in these texts; what they
need of one is bound to $1, $2, … The columns of field 3 are ``f3``, its value, and where they are needed ``l3``, text
that did not become a value, ``o3``, the text of a moment out of range, ``p3``, the text of one that the field's `from`
takes for none, and ``w3``, what a mapped text was before.
``deleted``, ``incomplete``, ``version0``, ``version1``, … are there where an entity has such marks.
A *selection* is a statement that yields flawed records as (row, keys, text); ``row`` counts from 1 in source order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

FORGET = ("DELETE FROM _aac.set_aside WHERE entity = $1", "DELETE FROM _aac.problems WHERE entity = $1")
"""What makes room for the flaws of entity $1."""


@record
class Staged:
    """A staged table: its number, the types of its fields, those that are its key, the one that says when a record
    occurred, and the marks that are told of its rows."""

    number: int
    types: tuple[str, ...]
    keys: tuple[int, ...]
    occurs: int | None = None
    marks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The temporary table."""
        return f"stage_{self.number}"

    @property
    def has_no_key(self) -> str:
        """Condition: a part of the key is missing."""
        return " OR ".join(f"f{key} IS NULL" for key in self.keys)

    @property
    def is_doubled(self) -> str:
        """Condition: another record of the same key stays, the latest or among equals the last one (LANGUAGE §3)."""
        return self._behind([f"f{self.occurs}"] if self.occurs is not None else [])

    @property
    def is_older(self) -> str:
        """Condition: another row of the same key is a newer version."""
        return self._behind(self.versions)

    @property
    def versions(self) -> list[str]:
        """The marks that tell which row is newer, in order."""
        return [mark for mark in self.marks if mark.startswith("version")]

    def _behind(self, newest: Sequence[str]) -> str:
        """Condition: another record of the same key comes first, by the greatest of some columns, then the last row."""
        keys = ", ".join(f"f{key}" for key in self.keys)
        latest = "".join(f"{column} DESC NULLS LAST, " for column in newest)
        return f"""rowid IN (
            SELECT rowid FROM {self.name}
            WHERE ({keys}) IN (SELECT ({keys}) FROM {self.name} GROUP BY {keys} HAVING count(*) > 1)
            QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {latest}rowid DESC) > 1)"""

    def text(self, field: int) -> str:
        """The value of a field as people write it: moments in ISO 8601 (UTC)."""
        match self.types[field]:
            case "date":
                return f"(DATE '1970-01-01' + f{field}::INTEGER)::VARCHAR"
            case "timestamp":
                written = f"strftime(make_timestamp(f{field}), '%Y-%m-%dT%H:%M:%S.%fZ')"
                return f"replace({written}, '.000000Z', 'Z')"
            case "number" | "money":
                return f"rtrim(rtrim(f{field}::VARCHAR, '0'), '.')"
            case _:
                return f"f{field}::VARCHAR"

    def finds_nothing(self, field: int, target: Staged) -> str:
        """Condition: a value is the key of no record of ``target``."""
        known = f"SELECT f{target.keys[0]} FROM {target.name} WHERE f{target.keys[0]} IS NOT NULL"
        return f"f{field} IS NOT NULL AND f{field} NOT IN ({known})"

    def is_not_named(self, field: int, target: Staged) -> str:
        """Condition on records of ``target``: none of ours leads there by a field."""
        return f"f{target.keys[0]} NOT IN (SELECT DISTINCT f{field} FROM {self.name} WHERE f{field} IS NOT NULL)"

    def flawed(self, condition: str, text: str = "NULL") -> str:
        """The selection of the records for which ``condition`` holds; ``text`` yields what was written."""
        keys = ", ".join(map(self.text, self.keys))
        return f"SELECT rowid + 1 AS row, [{keys}] AS keys, {text} AS text FROM {self.name} WHERE {condition}"

    def set_aside(self, selection: str, values: Sequence[str]) -> str:
        """Keeps whole records of entity $1 under code $2; ``values`` yield what the fields named by $3 hold."""
        return f"""INSERT INTO _aac.set_aside
            SELECT $1, $2, flawed.row, flawed.keys, map($3::VARCHAR[], [{", ".join(values)}])
            FROM ({selection}) AS flawed JOIN {self.name} ON {self.name}.rowid + 1 = flawed.row"""

    @property
    def remove_set_aside(self) -> str:
        """Takes out the records of entity $1 that are set aside."""
        return f"DELETE FROM {self.name} WHERE rowid + 1 IN (SELECT row FROM _aac.set_aside WHERE entity = $1)"

    def remove(self, condition: str) -> str:
        """Takes out the records for which ``condition`` holds."""
        return f"DELETE FROM {self.name} WHERE {condition}"

    def forget(self, field: int, condition: str) -> str:
        """Makes a field unknown where ``condition`` holds."""
        return f"UPDATE {self.name} SET f{field} = NULL WHERE {condition}"

    def few_keys(self, most: int) -> str:
        """The keys as text, at most so many."""
        return f"SELECT {self.text(self.keys[0])} FROM {self.name} ORDER BY rowid LIMIT {most}"

    def extents(self, fields: Sequence[int]) -> str:
        """One row: the number of records, then the least and the greatest value of each field."""
        columns = ["count(*)", *(f"min(f{field}), max(f{field})" for field in fields)]
        return f"SELECT {', '.join(columns)} FROM {self.name}"

    def values(self, fields: Sequence[int]) -> str:
        """One row: of how many records each field is known."""
        return f"SELECT {', '.join(f'count(f{field})' for field in fields)} FROM {self.name}"


def number_of(selection: str) -> str:
    """One value: how many records a selection has."""
    return f"SELECT count(*) FROM ({selection})"


def number_of_rows(table: str) -> str:
    """One value: how many rows a temporary table of ours has."""
    return f"SELECT count(*) FROM {table}"


def first_of(selection: str) -> str:
    """(row, keys) of the first ten records of a selection."""
    return f"SELECT row, keys FROM ({selection}) ORDER BY row LIMIT 10"


def texts_of(selection: str) -> str:
    """The five texts a selection has most often."""
    texts = f"SELECT text, count(*) AS times FROM ({selection}) WHERE text IS NOT NULL GROUP BY text"
    return f"SELECT text FROM ({texts}) ORDER BY times DESC, text LIMIT 5"


def leads_to_deleted(deleted: Sequence[str]) -> str:
    """One value: in how many records of entity $1 reference $2 leads to a record of $3 that was left out as deleted, or
    to one of the keys that the statements ``deleted`` yield."""
    marked = "SELECT keys[1] FROM _aac.set_aside WHERE entity = $3 AND code = 'AAC516'"
    return f"""SELECT count(*) FROM _aac.problems WHERE entity = $1 AND code = 'AAC503' AND field = $2
        AND text IN ({" UNION ALL ".join((marked, *deleted))})"""


def keep_problems(selection: str) -> str:
    """Keeps texts of entity $1 that became unknown, under code $2 and the name $3 of the field."""
    return f"INSERT INTO _aac.problems SELECT $1, $2, $3, row, keys, text FROM ({selection})"
