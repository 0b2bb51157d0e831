"""Which records of two objects belong together: a row for each label of a pair, and one for a pair that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aac.connectors.base import Stream
from aac.connectors.hubspot.objects import MERGED
from aac.connectors.hubspot.records import merged_into, winners
from aac.connectors.transport import OverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.connectors.base import Message
    from aac.connectors.hubspot.client import Client, Record
    from aac.connectors.hubspot.objects import Thing
    from aac.connectors.hubspot.walking import Walk
    from aac.connectors.row_files import RowFiles

    Links = Mapping[str, list[Record]]

ID, RECORD, LABEL = "id", "record_id", "label"


def pair_stream(name: str, column: str) -> Stream:
    """The stream of the pairs of two objects; ``column`` names the record of the second one."""
    return Stream(name, (ID, RECORD, column, LABEL), key=(ID,), deletes="key_scan")


class Pairs:
    """Reads the pairs of an object with another, ``to``, whose records are named in ``column``. ``merging``: whether
    records of each of the two say what was merged into them."""

    def __init__(self, client: Client, thing: Thing, to: Thing, column: str, merging: tuple[bool, bool]) -> None:
        self._client = client
        self._thing = thing
        self._to = to
        self._column = column
        self._merging = merging

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        """All of them. A pair that is not there any more is told by a sweep, unless a record of it was merged."""

        def ask(page: list[Record]) -> Links:
            ids = [str(record["id"]) for record in page]
            return self._client.links(self._thing, self._to.place, ids) if ids else {}

        def take(page: list[Record], links: Links) -> None:
            for record in page:
                id = str(record["id"])
                for row in self._taken(id, links.get(id, ()), files):
                    if walk.sweeps:
                        files.add("keys", {ID: row[ID]})
                    for gone in merged_into(record):
                        _delete(files, gone, row[self._column], row)

        if walk.sweeps:
            files.begin("keys")
        yield from walk.read([MERGED] if self._merging[0] else [], ask, take, files)
        if walk.window is not None and self._merging[1]:
            try:
                self._lead_elsewhere(walk, files)
            except OverError:
                yield from walk.kept(files)
                raise
        yield from walk.ended(files)

    def _lead_elsewhere(self, walk: Walk, files: RowFiles) -> None:
        """Pairs whose second record was merged into another: that changes none of the first ones."""
        merged = {str(each["id"]): merged_into(each) for each in winners(self._client, self._to, walk.window)}
        back = self._client.links(self._to, self._thing.place, list(merged)) if merged else {}
        ids = sorted({str(link["toObjectId"]) for links in back.values() for link in links}, key=int)
        # asked anew in this direction: a label has another number, and may have other words, in the other one
        for id, links in self._client.links(self._thing, self._to.place, ids).items():
            for row in self._taken(id, links, files):
                for gone in merged.get(row[self._column], ()):
                    _delete(files, id, gone, row)

    def _taken(self, id: str, links: Iterable[Record], files: RowFiles) -> list[dict[str, Any]]:
        """The rows of a record, which replace what was there of the same pairs."""
        rows = list(self._rows(id, links))
        for row in rows:
            files.add("upsert", row)
            if row[LABEL] is not None:  # it may have had none before
                files.add("delete", {ID: _key(id, row[self._column])})
        return rows

    def _rows(self, id: str, links: Iterable[Record]) -> Iterator[dict[str, Any]]:
        for link in links:
            other = str(link["toObjectId"])
            labels = {_type_of(type): str(type["label"]) for type in link["associationTypes"] if type.get("label")}
            for type, label in (labels or {"": None}).items():
                yield {ID: _key(id, other, type), RECORD: id, self._column: other, LABEL: label}


def _type_of(type: Record) -> str:
    """What a label is called even when its words are changed."""
    return f"{type['category']}-{type['typeId']}"


def _key(id: str, other: str, type: str = "") -> str:
    return f"{id}/{other}/{type}"


def _delete(files: RowFiles, id: str, other: str, row: Mapping[str, Any]) -> None:
    """A pair of which a record was merged away, with the label of what it became, and without one."""
    for type in {row[ID].rpartition("/")[2], ""}:
        files.add("delete", {ID: _key(id, other, type)})
