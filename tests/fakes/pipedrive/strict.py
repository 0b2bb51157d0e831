"""What Pipedrive's published OpenAPI documents ask of a call: whatever they do not allow is refused.

Read in the documents of versions 1 and 2 that api-evangelist/pipedrive keeps, at
eb3f5e2daa627f5fdef21589476da198514e1198 (22 August 2026). How long a page may be in version 1 is in no document; 500 is
what Pipedrive's guides say.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Refused(Exception):
    """An answer that is no good news."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"success": False, "error": message, "error_info": "see developers.pipedrive.com", "data": None}


MOST = 500
WINDOW = {"updated_since": "moment", "updated_until": "moment", "sort_direction": "asc desc"}
PAGED = {"limit": "limit", "cursor": "cursor"}
ASKED = {"deals": ("source_lead_id",)}
"""What records show only when `include_fields` names it, as far as this account holds it."""
IDS = {"filter_id": "int", "ids": "text", "owner_id": "int"}
DEALS = {
    **WINDOW, **PAGED, **IDS, "person_id": "int", "org_id": "int", "pipeline_id": "int", "stage_id": "int",
    "status": "open won lost deleted", "sort_by": "id update_time add_time", "custom_fields": "text",
    "include_fields": "next_activity_id last_activity_id first_won_time products_count files_count notes_count "
    "followers_count email_messages_count activities_count done_activities_count undone_activities_count "
    "participants_count last_incoming_mail_time last_outgoing_mail_time smart_bcc_email source_lead_id",
}  # fmt: skip
OLD = {"start": "int", "limit": "limit"}
LEADS = {
    **OLD, "owner_id": "int", "person_id": "int", "organization_id": "int", "filter_id": "int", "sort": "text",
}  # fmt: skip
ITEMS = "activity activityType deal file filter note person organization pipeline product stage user"
LABELS = {"include_option_labels": "bool", "include_labels": "bool"}
CONTACTS = {**WINDOW, **PAGED, **IDS, **LABELS, "sort_by": "id update_time add_time", "custom_fields": "text",
            "include_fields": "text"}  # fmt: skip
FIELDS = {**PAGED, "include_fields": "text"}
QUERIES: dict[str, dict[str, str]] = {
    "/api/v2/deals": {**DEALS, **LABELS},
    "/api/v2/deals/archived": DEALS,
    "/api/v2/persons": {**CONTACTS, "org_id": "int", "deal_id": "int"},
    "/api/v2/organizations": CONTACTS,
    "/api/v2/activities": {
        **WINDOW, **PAGED, **IDS, "deal_id": "int", "lead_id": "text", "person_id": "int", "org_id": "int",
        "done": "bool", "sort_by": "id update_time add_time due_date", "include_fields": "attendees",
    },
    "/api/v2/pipelines": {**PAGED, "sort_by": "id update_time add_time", "sort_direction": "asc desc"},
    "/api/v2/stages": {
        **PAGED, "pipeline_id": "int", "sort_by": "id update_time add_time order_nr", "sort_direction": "asc desc",
    },
    "/api/v2/dealFields": FIELDS,
    "/api/v2/personFields": FIELDS,
    "/api/v2/organizationFields": FIELDS,
    "/api/v2/activityFields": {**PAGED, "include_fields": "ui_visibility"},
    "/v1/users": {},
    "/v1/users/me": {},
    "/v1/leads": {**LEADS, "updated_since": "moment"},
    "/v1/leads/archived": LEADS,
    "/v1/recents": {**OLD, "since_timestamp": "old moment", "items": ITEMS},
    "/v1/deals/{id}/changelog": PAGED,
}  # fmt: skip
"""The parameters of each address, and of which type each is; words are the values that it may have."""
SCOPES = {
    "/api/v2/deals": {"deals:read"}, "/api/v2/deals/archived": {"deals:read"}, "/api/v2/persons": {"contacts:read"},
    "/api/v2/organizations": {"contacts:read"}, "/api/v2/activities": {"activities:read"},
    "/api/v2/pipelines": {"deals:read", "admin"}, "/api/v2/stages": {"deals:read", "admin"},
    "/api/v2/dealFields": {"deals:read", "admin"}, "/api/v2/personFields": {"contacts:read", "admin"},
    "/api/v2/organizationFields": {"contacts:read", "admin"}, "/api/v2/activityFields": {"admin"},
    "/v1/users": {"users:read"}, "/v1/users/me": {"base"}, "/v1/leads": {"leads:read"},
    "/v1/leads/archived": {"leads:read"}, "/v1/recents": {"recents:read", "search:read"},
    "/v1/deals/{id}/changelog": {"recents:read"},
}  # fmt: skip
"""Of these scopes an app needs one."""
COSTS = {
    "/api/v2/deals": 10, "/api/v2/deals/archived": 20, "/api/v2/persons": 10, "/api/v2/organizations": 10,
    "/api/v2/activities": 10, "/api/v2/pipelines": 5, "/api/v2/stages": 5, "/api/v2/dealFields": 10,
    "/api/v2/personFields": 10, "/api/v2/organizationFields": 10, "/api/v2/activityFields": 10, "/v1/users": 20,
    "/v1/users/me": 2, "/v1/leads": 20, "/v1/leads/archived": 40, "/v1/recents": 20, "/v1/deals/{id}/changelog": 20,
}  # fmt: skip
"""Tokens of the day that a call takes."""


def need(fulfilled: bool, message: str) -> None:
    if not fulfilled:
        raise Refused(400, message)


def query_of(path: str, query: Mapping[str, list[str]]) -> dict[str, str]:
    """The parameters of a query: each known, given once, and of its type."""
    allowed = QUERIES[path]
    for name, values in query.items():
        need(name in allowed, f"unknown parameter {name}")
        need(len(values) == 1, f"{name} is given twice")
        need(_is(values[0], allowed[name]), f"{name} must not be {values[0]!r}")
    need(path != "/v1/recents" or "since_timestamp" in query, "since_timestamp is missing")
    return {name: values[0] for name, values in query.items()}


def _is(value: str, type: str) -> bool:
    match type:
        case "text":
            return value != ""
        case "int":
            return re.fullmatch(r"\d+", value) is not None
        case "limit":
            return re.fullmatch(r"\d+", value) is not None and 1 <= int(value) <= MOST
        case "bool":
            return value in ("true", "false")
        case "moment":
            return re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", value) is not None
        case "old moment":
            return re.fullmatch(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", value) is not None
        case "cursor":
            return place_of(value) is not None
        case _:
            return set(value.split(",")) <= set(type.split())


def cursor_of(place: Any) -> str:
    """Where a page begins, as nobody should read it."""
    return base64.urlsafe_b64encode(json.dumps({"after": place}).encode()).decode().rstrip("=")


def place_of(cursor: str) -> Any:
    """The other way round; null if it is no cursor."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))["after"]
    except (ValueError, KeyError, TypeError):
        return None


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text.replace(" ", "T").removesuffix("Z") + "+00:00")
