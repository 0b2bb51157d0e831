"""The records of an object as they are now, or as they were added: what changed, and what was deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aac.connectors.base import Stream
from aac.connectors.salesforce import soql
from aac.connectors.salesforce.fields import value_of
from aac.connectors.salesforce.objects import DELETED, ID
from aac.connectors.salesforce.shapes import page_of
from aac.connectors.transport import OverError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.connectors.base import Message
    from aac.connectors.row_files import RowFiles
    from aac.connectors.salesforce.client import Client, Record
    from aac.connectors.salesforce.fields import Field
    from aac.connectors.salesforce.walking import Walk, Wanted

SHORTEST = timedelta(minutes=2)
"""Deletions are asked for by the minute, and of more than one."""
TRUE = (True, "true")


def record_stream(name: str, fields: Sequence[Field], cursor: str, is_told: bool) -> Stream:
    """The stream of an object; ``is_told``: Salesforce tells what was deleted of it."""
    types = {field.name: field.type for field in fields if field.type != "text"}
    columns = tuple(field.name for field in fields if field.name != DELETED)
    types.pop(DELETED, None)
    return Stream(name, columns, types, (ID,), cursor, "tombstone_list" if is_told else "key_scan")


def history_stream(name: str, fields: Sequence[Field]) -> Stream:
    """The stream of an object whose records are changes of others: they are only ever added."""
    types = {field.name: field.type for field in fields if field.type != "text"}
    return Stream(name, tuple(field.name for field in fields), types, (ID,), history=True)


def row_of(types: Mapping[str, str], record: Record) -> dict[str, Any]:
    """A record as a row, by the types of all columns; values that are not there are left out."""
    found = {column: value_of(record.get(column), type) for column, type in types.items()}
    return {column: value for column, value in found.items() if value is not None}


class Records:
    """Reads the records of an object. ``types``: of the columns of its stream. ``is_told``: as in `record_stream`."""

    def __init__(self, client: Client, wanted: Wanted, columns: Sequence[str], types: Mapping[str, str],
                 is_told: bool) -> None:  # fmt: skip
        self._client = client
        self._wanted = wanted
        self._types = {column: types.get(column, "text") for column in columns}
        self._is_told = is_told

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        """All of it; what was deleted comes last."""
        grows = self._wanted.only_grows

        def take(page: Sequence[Record], _: None) -> None:
            for record in page:
                if record.get(DELETED) in TRUE and not grows:
                    self._gone(files, str(record[ID]), record[self._wanted.cursor])
                    continue
                files.add("upsert", row_of(self._types, record))
                if walk.sweeps and not grows:
                    files.add("keys", {ID: record[ID]})

        if walk.sweeps and not grows:
            files.begin("keys")
        yield from walk.read(lambda _: None, take, files)
        if walk.since is not None and self._is_told and not grows:
            try:
                self._deleted(walk, files)
            except OverError:
                yield from walk.kept(files)
                raise
        yield from walk.ended(files)

    def _gone(self, files: RowFiles, id: str, at: str) -> None:
        files.add("delete", {ID: id, self._wanted.cursor: value_of(at, "timestamp")})

    def _deleted(self, walk: Walk, files: RowFiles) -> None:
        """What was deleted, also what the recycle bin does not hold any more; all keys where that is not known."""
        assert walk.since is not None
        until = walk.bound.replace(second=0, microsecond=0)
        since = min(walk.told or walk.since, walk.since, until - SHORTEST).replace(second=0, microsecond=0)
        known = self._client.deleted(self._wanted.object, since, until) if walk.listed is None else None
        if known is not None:
            for id, at in known.records:
                self._gone(files, id, at)
            walk.told = known.until
            return
        self._list(walk, files)

    def _list(self, walk: Walk, files: RowFiles) -> None:
        """All keys; a pull that is stopped goes on behind the last one."""
        files.begin("keys")
        living = f"{DELETED} = false"
        conditions = (living, f"{ID} > {soql.text(walk.listed)}") if walk.listed else (living,)
        question = soql.select((ID,), self._wanted.object, conditions, (ID,))
        for record in self._client.all(question, page_of((ID,))):
            files.add("keys", {ID: record[ID]})
            walk.listed = str(record[ID])
        walk.told = walk.bound
