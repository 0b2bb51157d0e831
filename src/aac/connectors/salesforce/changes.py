"""The changes of one field of an object: each value that it had, from when on and until when.

Stages of opportunities have a history of their own, which is always kept. Other fields have one if the org tracks
them; then a record that was made while it did so has an entry that says that it was created, and only of these it is
known what a field was at the beginning. That entry is also there when only other fields are tracked: what a field is
today is then no news of its past.

A history only grows, so the walk goes through it and not through the records: once in the order of the records, by
pages, as a job sends no order; then what was added, with all that there is of these records.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aac.connectors.base import Notice, Stream
from aac.connectors.salesforce import soql
from aac.connectors.salesforce.fields import value_of
from aac.connectors.salesforce.objects import CREATED, DELETED, ID, LEAD, OPPORTUNITY, SOMEBODY
from aac.connectors.salesforce.walking import Wanted
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
"""Entries whose records' histories are asked for at once."""
BEGINNING = "created"
"""The entry of a history that tells that its record was made."""


@record
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

    @property
    def parent(self) -> str:
        """The record that an entry is of, as questions name it."""
        return self.of.removesuffix("Id")

    @property
    def wanted(self) -> Wanted:
        """What is read of the history."""
        held = ("Field", "OldValue", "NewValue", f"{self.parent}.{self.field}") if self.entries else (self.field,)
        fields = (ID, self.of, CREATED, "CreatedById", *held)
        living = f"{DELETED} = false"
        told = (soql.among("Field", (BEGINNING, *self.entries)),) if self.entries else ()
        return Wanted(
            self.history, fields, CREATED, only_grows=True, by=self.of, batch=BATCH, conditions=(living, *told)
        )


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
    """The values that a field of a record had, the oldest first. ``history``: of that record, in any order.

    ``record``: its field only where the org is known to track it.
    """
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
    """Whether an entry is one to be taken: a change of owners is two of them, one of names and one of ids."""
    if followed.entries != OWNERS:
        return True
    values = [str(entry[name]) for name in ("OldValue", "NewValue") if entry.get(name)]
    return all(re.fullmatch(SOMEBODY, value) for value in values)


class Changes:
    """Reads the changes of a field. ``tracked``: whether the org keeps them; null: it does not say so."""

    def __init__(self, client: Client, followed: Followed, tracked: bool | None) -> None:
        self._client = client
        self._followed = followed
        self._tracked = tracked

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        """Those of all records whose history has grown."""
        of = self._followed.of

        def ask(page: Sequence[Record]) -> Sequence[Record]:
            if walk.sweeps:
                return page
            return list(self._histories(dict.fromkeys(str(entry[of]) for entry in page)))

        def take(_: Sequence[Record], entries: Sequence[Record]) -> None:
            histories = dict[str, list[Any]]()
            for entry in entries:
                histories.setdefault(str(entry[of]), []).append(entry)
            for id, history in histories.items():
                for row in rows_of(self._followed, self._record(id, history[0]), history):
                    files.add("upsert", row)

        yield from walk.read(ask, take, files)
        if not self._tracked:
            yield _untracked(self._followed, is_known=self._tracked is not None)
        yield from walk.ended(files)

    def _record(self, id: str, entry: Record) -> Record:
        """A record as far as its history tells of it, with what its field is today if nothing came before that."""
        followed = self._followed
        if not followed.entries or not self._tracked:
            return {ID: id}
        parent: Record = entry.get(followed.parent) or {}
        return {ID: id, followed.field: parent.get(followed.field)}

    def _histories(self, ids: Iterable[str]) -> Iterator[Record]:
        """All entries of some records."""
        wanted = self._followed.wanted
        conditions = (*wanted.conditions, soql.among(self._followed.of, ids))
        return self._client.all(soql.select(wanted.fields, wanted.object, conditions), wanted.shape)


def _untracked(followed: Followed, *, is_known: bool) -> Notice:
    """That nobody keeps, or may keep, the history of a field."""
    object, field = followed.thing.name, followed.field
    where = f"*Setup → Object Manager → {object} → Fields & Relationships → Set History Tracking*"
    if is_known:
        message = (
            f"the org does not track `{field}` of `{object}`: of its past there is only what was tracked before, and "
            "nothing of a record without that"
        )
        return Notice("AAC646", "warning", message, f"let it be tracked from now on ({where})")
    message = (
        f"the app's user may not see whether the org tracks `{field}` of `{object}`: of a record in which it never "
        "changed nothing is told"
    )
    return Notice(
        "AAC646", "warning", message, f"give the user the right *View Setup and Configuration*, and look at {where}"
    )
