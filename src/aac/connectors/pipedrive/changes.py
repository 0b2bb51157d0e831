"""The changes of one field of deals: each value that it had, from when on and until when.

Pipedrive's changelog of a deal tells changes only: what a field was at the beginning is the old value of its first
change, or today's value if it never changed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from aac.connectors.base import Stream
from aac.connectors.pipedrive.fields import value_of
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.connectors.base import Message
    from aac.connectors.pipedrive.client import Client, Record
    from aac.connectors.pipedrive.walking import Walk
    from aac.connectors.row_files import RowFiles

COLUMNS = (
    "change_id", "deal_id", "from_value", "value", "changed_at", "left_at", "source_type", "changed_by", "known",
)  # fmt: skip
PAGE = 50
"""Deals of a page: each is a call, and what was asked is kept after each page."""
CREATED = "created"
"""How a deal came to its first value."""


@record
class Followed:
    """A field whose changes are a stream. ``keys``: what changelogs call it, the first being its column too."""

    stream: str
    keys: tuple[str, ...]


FOLLOWED = (
    Followed("deals_owner_changes", ("owner_id", "user_id")),
    Followed("deals_stage_changes", ("stage_id",)),
    Followed("deals_status_changes", ("status",)),
)
KEYS = frozenset(key for each in FOLLOWED for key in each.keys)


def change_stream(followed: Followed) -> Stream:
    """The stream of the changes of a field."""
    types = {"changed_at": "timestamp", "left_at": "timestamp", "known": "integer"}
    return Stream(followed.stream, COLUMNS, types, key=("change_id",), version="known")


def rows_of(followed: Followed, deal: Record, changelog: Sequence[Record]) -> list[dict[str, Any]]:
    """The values that a field of a deal had, the oldest first. ``changelog``: of the deal, the newest first."""
    entries = [entry for entry in reversed(changelog) if entry["field_key"] in followed.keys]
    entries.sort(key=lambda entry: str(entry["time"]))
    first = entries[0].get("old_value") if entries else deal.get(followed.keys[0])
    found = [_row(followed, deal, first, None, deal["add_time"], (CREATED, deal.get("creator_user_id")))]
    for entry in entries:
        how = (entry.get("change_source"), entry.get("actor_user_id"))
        row = _row(followed, deal, entry.get("new_value"), found[-1]["value"], entry["time"], how)
        if row["value"] != found[-1]["value"]:
            found[-1] |= {"left_at": row["changed_at"], "known": 1}
            found.append(row)
    often = Counter[str]()
    for row in found:  # a value may come back within a second
        often[row["change_id"]] += 1
        if (times := often[row["change_id"]]) > 1:
            row["change_id"] += f"/{times}"
    return found


def _row(
    followed: Followed, deal: Record, value: Any, before: str | None, at: str, how: tuple[Any, Any]
) -> dict[str, Any]:
    text, moment = value_of(value, "text"), value_of(at, "timestamp")
    return {
        "change_id": f"deals/{deal['id']}/{followed.keys[0]}/{moment}/{text or ''}",
        "deal_id": str(deal["id"]),
        "from_value": before,
        "value": text,
        "changed_at": moment,
        "left_at": None,
        "source_type": how[0],
        "changed_by": value_of(how[1], "text"),
        "known": 0,
    }


class Changelogs:
    """The changelogs of deals, as far as they are of use: each is asked for once a pull, whatever is read of it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._held: dict[tuple[str, str], tuple[Record, ...] | None] = {}

    def of(self, deal: Record) -> Sequence[Record] | None:
        """The changelog of a deal as it is at its last change; null when the deal is gone."""
        state = (str(deal["id"]), str(deal.get("update_time")))
        if state not in self._held:
            entries = self._client.changelog(state[0])
            of_use = tuple(entry for entry in entries or () if entry["field_key"] in KEYS)
            self._held[state] = of_use if entries is not None else None
        return self._held[state]


class Changes:
    """Reads the changes of a field of deals."""

    def __init__(self, followed: Followed, changelogs: Changelogs) -> None:
        self._followed = followed
        self._changelogs = changelogs

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        def ask(page: Sequence[Record]) -> list[Sequence[Record] | None]:
            return [self._changelogs.of(deal) for deal in page]

        def take(page: Sequence[Record], found: list[Sequence[Record] | None]) -> None:
            for deal, changelog in zip(page, found, strict=True):
                for row in rows_of(self._followed, deal, changelog) if changelog is not None else ():
                    files.add("upsert", row)

        yield from walk.read(ask, take, files)
        yield from walk.ended(files)
