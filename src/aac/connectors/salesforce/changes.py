"""The changes of one field of an object: each value that it had, from when on and until when.

Stages of opportunities have a history of their own, which is always kept. Other fields have one if the org tracks
them; then a record that was made while it did so has an entry that says that it was created, and only of these it is
known what a field was at the beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aac.connectors.base import Stream
from aac.connectors.salesforce import soql
from aac.connectors.salesforce.fields import value_of
from aac.connectors.salesforce.objects import CREATED, DELETED, ID, LEAD, OPPORTUNITY
from aac.connectors.salesforce.records import TRUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.connectors.base import Message
    from aac.connectors.row_files import RowFiles
    from aac.connectors.salesforce.client import Client, Record
    from aac.connectors.salesforce.objects import Thing
    from aac.connectors.salesforce.walking import Walk

COLUMNS = (
    "change_id", "record_id", "from_value", "value", "changed_at", "left_at", "source_type", "changed_by", "known",
)  # fmt: skip
BEFORE, AFTER = 2, 1
"""What makes a change better known: the value before it, and the one after it."""
BATCH = 200
"""Records whose histories are asked for at once."""
BEGINNING = "created"
"""The entry of a history that tells that its record was made."""
NAMES_SOMEBODY = re.compile(r"00[5G]\w{12}(?:\w{3})?")
"""The id of a user or a queue. A change of owners is two entries, one of names and one of ids."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A field whose changes are a stream. ``history``: where they are, and ``of``: which field of it names the record.

    ``entries``: what that calls them; none: each of its records holds the value of that time.
    """

    stream: str
    thing: Thing
    field: str
    history: str
    of: str
    entries: tuple[str, ...] = ()


OWNERS = ("Owner", "ownerAccepted", "ownerAssignment")
FOLLOWED = (
    Followed("lead_owner_changes", LEAD, "OwnerId", "LeadHistory", "LeadId", OWNERS),
    Followed("lead_status_changes", LEAD, "Status", "LeadHistory", "LeadId", ("Status",)),
    Followed(
        "opportunity_owner_changes", OPPORTUNITY, "OwnerId", "OpportunityFieldHistory", "OpportunityId", OWNERS
    ),
    Followed("opportunity_stage_changes", OPPORTUNITY, "StageName", "OpportunityHistory", "OpportunityId"),
)  # fmt: skip


def change_stream(followed: Followed) -> Stream:
    """The stream of the changes of a field."""
    types = {"changed_at": "timestamp", "left_at": "timestamp", "known": "integer"}
    return Stream(followed.stream, COLUMNS, types, key=("change_id",), version="known")


def rows_of(followed: Followed, record: Record, history: Sequence[Record]) -> list[dict[str, Any]]:
    """The values that a field of a record had, the oldest first. ``history``: of that record, in any order."""
    ordered = sorted(history, key=lambda entry: (str(entry[CREATED]), str(entry[ID])))
    found: list[dict[str, Any]] = []
    for value, entry in _values(followed, record, ordered):
        before = found[-1] if found else None
        from_value = before["value"] if before is not None else value_of(entry.get("OldValue"), "text")
        if value is None or value == from_value:
            continue
        at = value_of(entry[CREATED], "timestamp")
        if before is not None:
            before |= {"left_at": at, "known": before["known"] + AFTER}
        found.append(
            {
                "change_id": f"{record[ID]}/{followed.field}/{entry[ID]}", "record_id": record[ID],
                "from_value": from_value, "value": value, "changed_at": at, "left_at": None,
                "source_type": entry.get("Field"), "changed_by": entry.get("CreatedById"),
                "known": BEFORE if from_value is not None else 0,
            }
        )  # fmt: skip
    return found


def _values(followed: Followed, record: Record, ordered: Sequence[Record]) -> Iterator[tuple[str | None, Record]]:
    """Each value that a history tells, and the entry that does so."""
    if not followed.entries:
        for entry in ordered:
            yield value_of(entry.get(followed.field), "text"), entry
        return
    changes = [entry for entry in ordered if entry["Field"] in followed.entries and _is_of_ids(followed, entry)]
    begun = next((entry for entry in ordered if entry["Field"] == BEGINNING), None)
    if begun is not None:
        first = changes[0].get("OldValue") if changes else record.get(followed.field)
        yield value_of(first, "text"), begun
    for entry in changes:
        yield value_of(entry.get("NewValue"), "text"), entry


def _is_of_ids(followed: Followed, entry: Record) -> bool:
    if followed.entries != OWNERS:
        return True
    values = [str(entry[name]) for name in ("OldValue", "NewValue") if entry.get(name)]
    return all(NAMES_SOMEBODY.fullmatch(value) for value in values)


class Changes:
    """Reads the changes of a field."""

    def __init__(self, client: Client, followed: Followed) -> None:
        self._client = client
        self._followed = followed

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        """Those of all records that changed themselves."""

        def take(page: Sequence[Record]) -> None:
            living = [record for record in page if record.get(DELETED) not in TRUE]
            histories = self._histories([str(record[ID]) for record in living])
            for record in living:
                for row in rows_of(self._followed, record, histories.get(str(record[ID]), ())):
                    files.add("upsert", row)

        yield from walk.read(take, files)
        yield from walk.ended(files)

    def _histories(self, ids: Sequence[str]) -> Mapping[str, Sequence[Record]]:
        """The histories of some records, as far as they are of use."""
        followed, found = self._followed, dict[str, list[Any]]()
        held = ("Field", "OldValue", "NewValue") if followed.entries else (followed.field,)
        if not ids:
            return found
        conditions = [soql.among(followed.of, ids)]
        if followed.entries:
            conditions.append(soql.among("Field", (BEGINNING, *followed.entries)))
        fields = (ID, followed.of, CREATED, "CreatedById", *held)
        for entry in self._client.all(soql.select(fields, followed.history, conditions)):
            found.setdefault(str(entry[followed.of]), []).append(entry)
        return found
