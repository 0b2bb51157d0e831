"""Leads: listed whole each time, as Pipedrive tells of none that it was deleted; kept anew are those that changed.

A lead that becomes a deal is deleted by that (docs of `POST /leads/{id}/convert/deal`), and the deal names it: it stays
here as it was last.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from aac.connectors.pipedrive.objects import DEALS, UPDATED, Thing, typed
from aac.connectors.pipedrive.records import record_stream, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.connectors.base import Message, Stream
    from aac.connectors.pipedrive.client import Client, Record
    from aac.connectors.pipedrive.walking import Walk
    from aac.connectors.row_files import RowFiles

LEADS = Thing(
    "leads",
    ("/v1/leads", "/v1/leads/archived"),
    "leads:read",
    typed(
        text="id title owner_id creator_id person_id organization_id source_name origin channel currency",
        number="amount",
        boolean="was_seen is_archived",
        date="expected_close_date",
        timestamp="add_time update_time",
    ),
    {"amount": ("value", "amount"), "currency": ("value", "currency")},
)


def lead_stream() -> Stream:
    """The stream of leads."""
    return replace(record_stream(LEADS, ()), deletes="key_scan")


class Leads:
    """Reads them, and of deals which leads they were made of."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(self, walk: Walk, files: RowFiles) -> Iterator[Message]:
        """All keys, and the leads that changed. Deals come last: a lead may become one meanwhile."""
        files.begin("keys")
        for path in LEADS.paths:
            for lead in self._client.all_leads(path):
                if walk.since is None or _changed(lead) >= walk.since:
                    files.add("upsert", row_of(LEADS, (), lead))
                files.add("keys", {"id": lead["id"]})
        for path in (*DEALS.paths, DEALS.paths[0]):  # one may leave the archive meanwhile
            for deal in self._client.all(path, **DEALS.asked):
                if deal.get("source_lead_id"):
                    files.add("keys", {"id": deal["source_lead_id"]})
        yield from walk.ended(files)


def _changed(lead: Record) -> datetime:
    return datetime.fromisoformat(lead[UPDATED])
