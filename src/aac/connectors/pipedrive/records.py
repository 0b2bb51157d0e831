"""The records of an object as they are now: what changed, and what was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aac.connectors.base import Stream
from aac.connectors.pipedrive.fields import value_of
from aac.connectors.pipedrive.objects import UPDATED
from aac.connectors.transport import OverError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.connectors.base import Message
    from aac.connectors.pipedrive.client import Client, Record
    from aac.connectors.pipedrive.fields import Field
    from aac.connectors.pipedrive.objects import Thing
    from aac.connectors.pipedrive.walking import Walk
    from aac.connectors.row_files import RowFiles


def record_stream(thing: Thing, own: Sequence[Field]) -> Stream:
    """The stream of an object with the account's own fields."""
    columns = {**thing.columns, **{field.column: field.type for field in own}}
    types = {column: type for column, type in columns.items() if type != "text"}
    return Stream(thing.name, tuple(columns), types, key=("id",), version=UPDATED, deletes="tombstone_list")


def row_of(thing: Thing, own: Sequence[Field], record: Record) -> dict[str, Any]:
    """A record as a row; values that are not there are left out."""
    found: dict[str, Any] = {}
    for column, type in thing.columns.items():
        place, key = thing.inner.get(column, (column, ""))
        value = _main(record.get(place), key) if key else record.get(place)
        found[column] = value_of(value, type)
    held: Record = record.get("custom_fields") or {}
    for field in own:
        found[field.column] = value_of(held.get(field.code), field.type, field.labels)
    return {column: value for column, value in found.items() if value is not None}


def _main(value: Any, key: str) -> Any:
    """A part of a value, or of the primary one of several."""
    if isinstance(value, list):
        several = cast("list[Record]", value)
        value = next((each for each in several if each.get("primary")), several[0] if several else None)
    return cast("Record", value).get(key) if isinstance(value, dict) else None


class Records:
    """Reads the records of an object, with the account's ``own`` fields."""

    def __init__(self, client: Client, thing: Thing, own: Sequence[Field]) -> None:
        self._client = client
        self._thing = thing
        self._own = own

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        """All of it; what was deleted comes last."""

        def take(page: Sequence[Record], _: None) -> None:
            for record in page:
                if record.get("is_deleted"):
                    files.add("delete", {"id": str(record["id"])})
                    continue
                files.add("upsert", row_of(self._thing, self._own, record))
                if walk.sweeps:
                    files.add("keys", {"id": str(record["id"])})

        if walk.sweeps:
            files.begin("keys")
        yield from walk.read(lambda _: None, take, files)
        try:
            for id in self._gone(walk):
                files.add("delete", {"id": id})
        except OverError:
            yield from walk.kept(files)
            raise
        yield from walk.ended(files)

    def _gone(self, walk: Walk) -> Iterator[str]:
        if self._thing.item is None:
            for path in self._thing.paths:
                yield from self._client.deleted(path)
        elif walk.since is not None:
            yield from self._client.gone(self._thing.item, walk.since)
