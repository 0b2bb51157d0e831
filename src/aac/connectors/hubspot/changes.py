"""The changes of one property of an object: each value that it had, from when on and until when.

HubSpot shows the history of a property record by record, and may show only the last part of it. A change that was known
with its neighbours before stays as it was when less of it is shown.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from aac.connectors.base import Notice, Stream
from aac.connectors.hubspot.objects import STAGE_MOMENT
from aac.connectors.hubspot.values import moment_of, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aac.connectors.base import Message
    from aac.connectors.hubspot.client import Client, Record
    from aac.connectors.hubspot.objects import Thing
    from aac.connectors.hubspot.walking import Walk
    from aac.connectors.row_files import RowFiles

COLUMNS = (
    "change_id", "record_id", "from_value", "value", "changed_at", "left_at", "source_type", "source_id",
    "source_label", "user_id", "changed_by", "known",
)  # fmt: skip
SAID = {"sourceType": "source_type", "sourceId": "source_id", "sourceLabel": "source_label"}
"""What an entry may say of where a change comes from, and in which column that is kept."""
BEFORE, AFTER = 2, 1
"""What makes a change better known: the value before it, and the one after it."""
SAME = timedelta(seconds=1)
"""Two moments that are no farther apart are the same one, calculated twice."""


def change_stream(name: str, type: str) -> Stream:
    """The stream of the changes of a property; ``type``: ours, of its values."""
    types = {"changed_at": "timestamp", "left_at": "timestamp", "known": "integer"}
    types |= {column: type for column in ("from_value", "value") if type != "text"}
    return Stream(name, COLUMNS, types, key=("change_id",), version="known")


class Change(NamedTuple):
    """One value that a property got. ``value`` is null when it was cleared."""

    value: str | None
    at: str
    entry: Mapping[str, Any]


def changes_of(entries: Sequence[Mapping[str, Any]], type: str) -> list[Change]:
    """The changes of a history, the oldest first; an entry with the value before it is none."""
    ordered = list(reversed(entries))  # HubSpot begins with the newest
    if not _are_in_order([entry["timestamp"] for entry in ordered]):
        ordered.sort(key=lambda entry: moment_of(entry["timestamp"]))
    found: list[Change] = []
    last: str | None = None
    for entry in ordered:
        value = value_of(entry.get("value"), type)
        if value != last:
            found.append(Change(value, entry["timestamp"], entry))
            last = value
    return found


def _are_in_order(moments: Sequence[str]) -> bool:
    """Whether moments follow each other, as far as that can be told without reading them: when all are of one form."""
    if len(moments) < 2:
        return True
    if len({len(moment) for moment in moments}) > 1 or not all(moment.endswith("Z") for moment in moments):
        return False
    return list(moments) == sorted(moments)


class Changes:
    """Reads the changes of a property. ``moments``: calculated properties by the stage whose entry they tell.

    ``owners``: asks for the owner behind the id of each user.
    """

    def __init__(
        self, client: Client, thing: Thing, property: str, type: str, moments: Mapping[str, str],
        owners: Callable[[], Mapping[str, str]],
    ) -> None:  # fmt: skip
        self._client = client
        self._thing = thing
        self._property = property
        self._type = type
        self._moments = moments
        self._owners = owners

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        def ask(page: list[Record]) -> tuple[list[Record], Mapping[str, str]]:
            ids = [str(record["id"]) for record in page]
            histories = list(self._client.histories(self._thing, ids, self._property, tuple(self._moments)))
            return histories, self._owners() if histories else {}

        def take(_: list[Record], found: tuple[list[Record], Mapping[str, str]]) -> None:
            histories, owners = found
            rows: list[dict[str, Any]] = []
            for record in histories:
                shown: Record = record.get("propertiesWithHistory") or {}
                changes = changes_of(shown.get(self._property) or (), self._type)
                rows += self._rows(str(record["id"]), changes, owners)
                if (example := self._other_than_told(record, changes)) is not None:
                    noted = walk.noted
                    noted |= {"records": noted.get("records", 0) + 1, "example": noted.get("example") or example}
            files.add("upsert", *rows)

        yield from walk.read([], ask, take, files)
        if walk.noted:
            yield self._told(walk.noted["records"], walk.noted["example"])
        yield from walk.ended(files)

    def _rows(self, id: str, changes: list[Change], owners: Mapping[str, str]) -> list[dict[str, Any]]:
        """The rows of a record; what is not known is left out of them."""
        rows: list[dict[str, Any]] = []
        key = f"{self._thing.name}/{id}/{self._property}"
        for value, at, entry in changes:
            row: dict[str, Any] = {
                "change_id": f"{key}/{at}/{value or ''}",
                "record_id": id,
                "value": value,
                "changed_at": at,
            }
            row |= {column: entry[name] for name, column in SAID.items() if name in entry}
            if (user := entry.get("updatedByUserId")) is not None:
                row |= {"user_id": str(user), "changed_by": owners.get(str(user))}
            if rows:
                before = rows[-1]
                before |= {"left_at": at, "known": before["known"] + AFTER}
                row["from_value"] = before["value"]
            row["known"] = BEFORE if rows else 0
            rows.append(row)
        return rows

    def _other_than_told(self, record: Record, changes: list[Change]) -> str | None:
        """Holds the history against what HubSpot calculates, a moment at which a stage was entered; in words what
        differs first."""
        if not changes or not self._moments:
            return None
        shown = {(change.value, change.at) for change in changes}
        for property, stage in self._moments.items():
            told = value_of(record["properties"].get(property), "timestamp")
            if told is None or (stage, told) in shown or (at := moment_of(told)) < moment_of(changes[0].at) - SAME:
                continue  # what came before the history that is shown cannot be judged
            entered = [moment_of(change.at) for change in changes if change.value == stage]
            if all(abs(moment - at) > SAME for moment in entered):
                return _shown(str(record["id"]), stage, told, entered)
        return None

    def _told(self, number: int, example: str) -> Notice:
        whose = f"{number:,} of the `{self._thing.name}`" if number > 1 else f"one of the `{self._thing.name}`"
        message = f"HubSpot calculates for {whose} that a stage was entered when its history has another: {example}"
        return Notice(
            "AAC644", "warning", message, "the history is what counts here; ask in HubSpot who changed stages"
        )


def _shown(id: str, stage: str, told: str, entered: Sequence[datetime]) -> str:
    history = " and ".join(f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in entered) or "never"
    return f"{id} came to `{stage}` at {told}, by its history {history}"


def stage_moments(properties: Sequence[str], stages: Sequence[str]) -> dict[str, str]:
    """The calculated properties that tell when a stage was entered, and that stage."""
    found: dict[str, str] = {}
    for property in properties:
        match = re.fullmatch(STAGE_MOMENT, property)
        if match and match[1] in stages:
            found[property] = match[1]
    return found
