"""The records of an object as they are now: what changed, what went to the recycle bin, what was merged into others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aac.connectors.base import Stream
from aac.connectors.hubspot.objects import MERGED, NO_ID
from aac.connectors.hubspot.values import type_of, value_of
from aac.connectors.hubspot.walking import PAGES
from aac.connectors.transport import OverError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from aac.connectors.base import Message
    from aac.connectors.hubspot.client import Client, Record, Window
    from aac.connectors.hubspot.objects import Thing
    from aac.connectors.hubspot.walking import Walk
    from aac.connectors.row_files import RowFiles

ID, CREATED, UPDATED, ACTIVITY = "id", "createdAt", "updatedAt", "activity_type"
PRIMARY = "primary"
"""The label of the association that counts most, of HubSpot's own."""


def record_stream(thing: Thing, properties: Mapping[str, str], links: Sequence[str]) -> Stream:
    """The stream of an object. ``properties``: HubSpot's types by name; ``links``: columns that name other records."""
    ours = (ID, CREATED, UPDATED, *((ACTIVITY,) if thing.type else ()), *links)
    columns = dict.fromkeys(ours, "text") | {CREATED: "timestamp", UPDATED: "timestamp"}
    columns |= {column_of(name, ours): type_of(type) for name, type in sorted(properties.items())}
    types = {column: type for column, type in columns.items() if type != "text"}
    return Stream(thing.name, tuple(columns), types, key=(ID,), version=UPDATED, deletes="tombstone_list")


def column_of(property: str, ours: Sequence[str]) -> str:
    """The column of a property: its own name, unless that is one of ours; an engine reads capital letters as small."""
    return f"property_{property}" if property in {name.casefold() for name in ours} else property


class Records:
    """Reads the records of an object; ``columns``: the column of each property. ``links``: the objects of which each
    record names one, and in which column. ``merging``: those whose records say what was merged into them."""

    def __init__(
        self, client: Client, thing: Thing, columns: Mapping[str, str], types: Mapping[str, str],
        links: Sequence[tuple[Thing, str]], merging: Collection[str],
    ) -> None:  # fmt: skip
        self._client = client
        self._thing = thing
        self._columns = columns
        self._links = links
        self._merging = merging
        self._converted = {name: types[column] for name, column in columns.items() if column in types}
        self._merged: set[str] = set()

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        """All of it. Records that were merged into others are gone, whatever a search still shows of them."""

        def ask(page: list[Record]) -> dict[str, dict[str, str]]:
            return {column: self._linked(to, page) for to, column in self._links} if page else {}

        def take(page: list[Record], linked: Mapping[str, Mapping[str, str]]) -> None:
            for record in page:
                id = str(record["id"])
                files.add("upsert", self._row(record) | {column: found.get(id) for column, found in linked.items()})
                if walk.sweeps:
                    files.add("keys", {ID: id})
                gone = merged_into(record)
                self._merged.update(gone)
                for each in gone:
                    files.add("delete", {ID: each})

        if walk.sweeps:
            files.begin("keys")
        properties = [*self._columns, MERGED]
        yield from walk.read(properties, ask, take, files)
        try:
            for page in self._pointing_anew(walk.window, properties):
                take(page, ask(page))
            for number, (page, after) in enumerate(self._client.archived(self._thing, walk.bin), 1):
                for record in page:
                    files.add("delete", {ID: str(record["id"])})
                walk.bin = after or walk.bin
                if number % PAGES == 0:
                    yield from walk.kept(files)
        except OverError:
            yield from walk.kept(files)
            raise
        for id in sorted(self._merged):
            files.add("delete", {ID: id})
        yield from walk.ended(files)

    def _pointing_anew(self, window: Window | None, properties: Sequence[str]) -> Iterator[list[Record]]:
        """Records whose associations lead to what others were merged into: that is no change of their own."""
        for to, _ in self._links if window is not None else ():
            found = winners(self._client, to, window) if to.name in self._merging else ()
            merged = [str(record["id"]) for record in found]
            links = self._client.links(to, self._thing.place, merged) if merged else {}
            ids = {str(link["toObjectId"]) for each in links.values() for link in each}
            yield from self._client.read(self._thing, sorted(ids, key=int), properties)

    def _row(self, record: Record) -> dict[str, Any]:
        held = record["properties"]
        row: dict[str, Any] = {
            ID: str(record["id"]), CREATED: record["createdAt"], UPDATED: record["updatedAt"],
            **({ACTIVITY: self._thing.type} if self._thing.type else {}),
        }  # fmt: skip
        for property, text in held.items():
            if text and (column := self._columns.get(property)) is not None:  # most of them are empty
                type = self._converted.get(property)
                row[column] = value_of(text, type) if type is not None else text
        return row

    def _linked(self, to: Thing, page: list[Record]) -> dict[str, str]:
        """Of each record the one that it is associated with: the primary one, else the one with the least id."""
        links = self._client.links(self._thing, to.place, [str(record["id"]) for record in page])
        return {id: str(min(found, key=_rank)["toObjectId"]) for id, found in links.items() if found}


def merged_into(record: Record) -> list[str]:
    """The records that were merged into one."""
    ids = str(record["properties"].get(MERGED) or "").split(";")
    return [id.strip() for id in ids if id.strip() and id.strip() != str(record["id"])]


def winners(client: Client, of: Thing, window: Window | None) -> list[Record]:
    """The records of an object into which some were merged lately."""
    found: list[Record] = []
    more = True
    while more:
        after = str(found[-1]["id"]) if found else NO_ID
        page, more = client.search(of, after, window, [MERGED], having=MERGED)
        found += page
    return found


def _rank(link: Record) -> tuple[bool, int]:
    labels = {str(type.get("label") or "").casefold() for type in link["associationTypes"]}
    return PRIMARY not in labels, int(link["toObjectId"])
