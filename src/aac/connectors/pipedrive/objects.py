"""The objects of a Pipedrive account that are followed by their changes, and what is read of each."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

UPDATED = "update_time"
RECENTS = "recents:read"


@record
class Thing:
    """An object. ``paths``: its lists. ``scope``: what the token of an app needs. ``columns``: our types by name.

    ``inner``: columns that are called otherwise or lie within a value: where, and under which key. ``fields``: the
    list of its fields. ``item``: what the list of recent changes calls it; none: to be deleted is a status of its own.
    ``asked``: what the lists are asked for besides.
    """

    name: str
    paths: tuple[str, ...]
    scope: str
    columns: Mapping[str, str]
    inner: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    fields: str | None = None
    item: str | None = None
    asked: Mapping[str, str] = field(default_factory=dict[str, str])


def typed(**types: str) -> Mapping[str, str]:
    """Names by type, each type's in one text."""
    return {name: type for type, names in types.items() for name in names.split()}


DEALS = Thing(
    "deals",
    ("/api/v2/deals", "/api/v2/deals/archived"),
    "deals:read",
    typed(
        text="id title status currency lost_reason owner_id creator_user_id person_id org_id pipeline_id stage_id "
        "origin channel source_lead_id",
        number="amount probability acv arr mrr",
        boolean="is_archived",
        date="expected_close_date local_close_date",
        timestamp="add_time update_time stage_change_time close_time won_time lost_time archive_time",
    ),
    inner={"amount": ("value", "")},
    fields="/api/v2/dealFields",
    asked={"include_fields": "source_lead_id"},
)
PEOPLE = Thing(
    "persons",
    ("/api/v2/persons",),
    "contacts:read",
    typed(
        text="id name first_name last_name job_title email owner_id org_id",
        timestamp="add_time update_time",
    ),
    {"email": ("emails", "value")},
    "/api/v2/personFields",
    "person",
)
ORGANIZATIONS = Thing(
    "organizations",
    ("/api/v2/organizations",),
    "contacts:read",
    typed(text="id name owner_id country region city", timestamp="add_time update_time"),
    {
        "country": ("address", "country"),
        "region": ("address", "admin_area_level_1"),
        "city": ("address", "locality"),
    },
    "/api/v2/organizationFields",
    "organization",
)
ACTIVITIES = Thing(
    "activities",
    ("/api/v2/activities",),
    "activities:read",
    typed(
        text="id type owner_id creator_user_id deal_id lead_id person_id org_id due_time duration",
        boolean="done",
        date="due_date",
        timestamp="add_time update_time marked_as_done_time",
    ),
    item="activity",
)
THINGS = (DEALS, PEOPLE, ORGANIZATIONS, ACTIVITIES)
"""Subjects, notes and telephone numbers are not read: nobody measures them, and they are full of people."""
