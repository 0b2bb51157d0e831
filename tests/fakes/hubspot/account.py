"""What a HubSpot account holds, as far as anybody can ask for it: records with their histories, and what people do.

Written from HubSpot's documentation and its published specification; it shares nothing with what is tried on it.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

LAST_CHANGE = {"contacts": "lastmodifieddate"}
"""The property that tells when a record was changed last; of all others it is `hs_lastmodifieddate`."""
OBJECTS = ("contacts", "companies", "deals", "tickets", "leads", "calls", "emails", "meetings", "notes", "tasks")
PROPERTIES: dict[str, dict[str, str]] = {
    "contacts": {
        "firstname": "string", "lastname": "string", "email": "string", "jobtitle": "string", "country": "string",
        "lifecyclestage": "enumeration", "hs_lead_status": "enumeration", "associatedcompanyid": "number",
        "hubspotscore": "number", "hs_analytics_source": "enumeration", "hs_analytics_source_data_1": "string",
        "hs_email_optout": "bool", "phone": "string", "hubspot_owner_assigneddate": "datetime",
        "hs_lifecyclestage_marketingqualifiedlead_date": "datetime",
        "hs_lifecyclestage_salesqualifiedlead_date": "datetime", "hs_lifecyclestage_opportunity_date": "datetime",
        "hs_v2_date_entered_customer": "datetime", "hs_object_source": "enumeration",
    },
    "companies": {
        "name": "string", "domain": "string", "industry": "enumeration", "country": "string", "state": "string",
        "numberofemployees": "number", "annualrevenue": "number", "lifecyclestage": "enumeration",
        "hs_parent_company_id": "number", "hs_object_source": "enumeration",
    },
    "deals": {
        "dealname": "string", "dealstage": "enumeration", "pipeline": "enumeration", "amount": "number",
        "closedate": "datetime", "dealtype": "enumeration", "deal_currency_code": "enumeration",
        "closed_lost_reason": "string", "hs_is_closed_won": "bool", "hs_deal_stage_probability": "number",
        "hs_manual_forecast_category": "enumeration", "hs_analytics_source": "enumeration",
        "hs_analytics_source_data_1": "string", "hs_object_source": "enumeration",
        "hs_v2_date_entered_qualified": "datetime", "hs_v2_date_entered_closedwon": "datetime",
    },
    "tickets": {
        "subject": "string", "hs_pipeline": "enumeration", "hs_pipeline_stage": "enumeration",
        "hs_ticket_priority": "enumeration", "hs_ticket_category": "enumeration", "closed_date": "datetime",
        "source_type": "enumeration", "first_agent_reply_date": "datetime", "hs_object_source": "enumeration",
    },
    "leads": {"hs_lead_name": "string", "hs_pipeline_stage": "enumeration"},
    "calls": {
        "hs_timestamp": "datetime", "hs_call_direction": "enumeration", "hs_call_duration": "number",
        "hs_call_disposition": "enumeration", "hs_object_source": "enumeration",
    },
    "emails": {
        "hs_timestamp": "datetime", "hs_email_direction": "enumeration", "hs_email_status": "enumeration",
        "hs_email_text": "string", "hs_object_source": "enumeration",
    },
    "meetings": {
        "hs_timestamp": "datetime", "hs_meeting_outcome": "enumeration", "hs_object_source": "enumeration",
    },
    "notes": {"hs_timestamp": "datetime", "hs_note_body": "string", "hs_object_source": "enumeration"},
    "tasks": {
        "hs_timestamp": "datetime", "hs_task_status": "enumeration", "hs_task_completion_date": "datetime",
        "hs_object_source": "enumeration",
    },
}  # fmt: skip
"""The properties of each object and HubSpot's type of them; those that all have come on top."""
ALL_HAVE = {"hs_object_id": "number", "hubspot_owner_id": "enumeration", "hs_merged_object_ids": "string"}
MADE_AT = {"contacts": "createdate", "companies": "createdate", "deals": "createdate", "tickets": "createdate"}
STAGES: dict[str, dict[str, tuple[bool, str]]] = {
    "deals": {"new": (False, "0.1"), "qualified": (False, "0.4"), "closedwon": (True, "1.0"),
              "closedlost": (True, "0.0")},
    "tickets": {"1": (False, ""), "4": (True, "")},
    "leads": {"new-stage-id": (False, ""), "qualified-stage-id": (True, "")},
}  # fmt: skip
"""Stages of the first pipeline of each object: whether they close it, and with which probability it is won."""
SCOPES = frozenset(
    {
        "crm.objects.contacts.read", "crm.objects.companies.read", "crm.objects.deals.read", "tickets",
        "crm.objects.leads.read", "sales-email-read", "crm.objects.owners.read", "crm.objects.custom.read",
    }
)  # fmt: skip


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Entry:
    """A value that a property got."""

    value: str
    at: datetime
    source: str = "CRM_UI"
    user: int | None = None


@dataclass
class Record:
    """A record; ``shown_from``: when a search begins to see its last change."""

    id: int
    made: datetime
    changed: datetime
    values: dict[str, str]
    history: dict[str, list[Entry]] = field(default_factory=dict[str, list[Entry]])
    archived: datetime | None = None
    shown_from: datetime | None = None


@dataclass(repr=False)
class Account:
    """An account; ``lag``: how long a search does not see what changed. ``moments`` are given to the millisecond.

    ``stages``: by object, as in `STAGES`; ``pipelines``: by object, their labels by id. ``labels``: of stages.
    ``types``: the numbers of labels of associations, the next one being that of the other direction.
    """

    number: int = 4711
    token: str = "pat-eu1-11111111-2222-3333-4444-555555555555"
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    lag: timedelta = timedelta(0)
    records: dict[str, dict[int, Record]] = field(default_factory=lambda: {name: {} for name in OBJECTS})
    live: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in OBJECTS})
    properties: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict[str, dict[str, dict[str, Any]]])
    links: dict[tuple[str, str], dict[int, list[tuple[int, str]]]] = field(
        default_factory=dict[tuple[str, str], dict[int, list[tuple[int, str]]]]
    )
    owners: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    types: dict[str, int] = field(default_factory=lambda: {"Primary": 5})
    stages: dict[str, dict[str, tuple[bool, str]]] = field(
        default_factory=lambda: {object: dict(stages) for object, stages in STAGES.items()}
    )
    pipelines: dict[str, dict[str, str]] = field(
        default_factory=lambda: {object: {"default": "The pipeline"} for object in STAGES}
    )
    schemas: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _numbers: count[int] = field(default_factory=lambda: count(1001))

    def __repr__(self) -> str:
        return f"Account({ {name: len(ids) for name, ids in self.live.items() if ids} })"

    def __post_init__(self) -> None:
        for name in OBJECTS:
            listed = {
                **ALL_HAVE,
                self.last_change(name): "datetime",
                self.made_at(name): "datetime",
                **PROPERTIES[name],
            }
            self.properties[name] = {each: self._property(each, type, ours=True) for each, type in listed.items()}

    def last_change(self, object: str) -> str:
        return LAST_CHANGE.get(object, "hs_lastmodifieddate")

    def made_at(self, object: str) -> str:
        return MADE_AT.get(object, "hs_createdate")

    def _property(self, name: str, type: str, *, ours: bool) -> dict[str, Any]:
        options = [{"label": value.title(), "value": value, "hidden": False} for value in ("lead", "customer")]
        return {
            "name": name, "label": name, "type": type, "fieldType": "text", "groupName": "information",
            "description": "", "options": options if name == "lifecyclestage" else [], "hubspotDefined": ours,
            "archived": False, "calculated": "date_entered" in name,
        }  # fmt: skip

    # What people do

    def define(self, name: str, **types: str) -> str:
        """An object of the account's own, with pipelines if its properties are ``types`` for them; its id."""
        id = f"2-{777 + len(self.schemas)}"
        self.schemas.append({"objectTypeId": id, "name": name, "fullyQualifiedName": f"p1_{name}"})
        self.records[id], self.live[id] = {}, []
        listed = {**ALL_HAVE, self.last_change(id): "datetime", self.made_at(id): "datetime", **types}
        self.properties[id] = {each: self._property(each, type, ours=True) for each, type in listed.items()}
        return id

    def create(self, object: str, values: dict[str, str], at: datetime | None = None, user: int | None = None) -> str:
        """A new record; its id."""
        moment = _whole(at or datetime.now(UTC))
        record = Record(next(self._numbers), moment, moment, {})
        self.records[object][record.id] = record
        bisect.insort(self.live[object], record.id)
        self._set(object, record, values, moment, "CRM_UI", user)
        return str(record.id)

    def change(
        self, object: str, id: str, values: dict[str, str], at: datetime | None = None, source: str = "CRM_UI",
        user: int | None = None,
    ) -> None:  # fmt: skip
        self._set(object, self.records[object][int(id)], values, _whole(at or datetime.now(UTC)), source, user)

    def archive(self, object: str, id: str) -> None:
        """To the recycle bin; when it was changed last stays as it is."""
        self.records[object][int(id)].archived = _whole(datetime.now(UTC))
        self.live[object].remove(int(id))

    def purge(self, object: str, id: str) -> None:
        """For good, as the law of privacy asks for: as if it had never been there."""
        if int(id) in self.live[object]:
            self.live[object].remove(int(id))
        del self.records[object][int(id)]
        for (of, to), links in self.links.items():
            if of == object:
                links.pop(int(id), None)
            if to == object:
                for each, linked in links.items():
                    links[each] = [link for link in linked if link[0] != int(id)]

    def merge(self, object: str, winner: str, loser: str) -> None:
        """One record goes into another, with its associations."""
        stays, goes = self.records[object][int(winner)], self.records[object][int(loser)]
        ids = [*filter(None, stays.values.get("hs_merged_object_ids", "").split(";")), loser]
        ids += filter(None, goes.values.get("hs_merged_object_ids", "").split(";"))
        for (of, to), links in list(self.links.items()):
            held = {id for id, _ in links.get(stays.id, [])}
            for other, label in list(links.get(goes.id, [])) if of == object else ():
                if other not in held:
                    self.link(of, winner, to, str(other), label)
        self.purge(object, loser)
        self.change(object, winner, {"hs_merged_object_ids": ";".join(ids)}, source="MERGE_OBJECTS")

    def link(self, of: str, id: str, to: str, other: str, label: str = "") -> None:
        """Associates two records, seen from both; that changes neither of them."""
        self.links.setdefault((of, to), {}).setdefault(int(id), []).append((int(other), label))
        self.links.setdefault((to, of), {}).setdefault(int(other), []).append((int(id), label))

    def unlink(self, of: str, id: str, to: str, other: str) -> None:
        """Takes two records apart again; that changes neither of them."""
        for (begin, one), (end, two) in (((of, id), (to, other)), ((to, other), (of, id))):
            held = self.links[begin, end]
            held[int(one)] = [link for link in held[int(one)] if link[0] != int(two)]

    def add_property(self, object: str, name: str, type: str, value: str | None = None) -> None:
        """A new property of the account's own, with a value in every record that changes none of them."""
        self.properties[object][name] = self._property(name, type, ours=False)
        for record in self.records[object].values():
            if value is not None:
                record.values[name] = value

    def drop_property(self, object: str, name: str) -> None:
        del self.properties[object][name]
        for record in self.records[object].values():
            record.values.pop(name, None)

    def _set(
        self, object: str, record: Record, values: dict[str, str], at: datetime, source: str, user: int | None
    ) -> None:
        for name, value in values.items():
            assert name in self.properties[object], f"{object} have no property {name}"
            if record.values.get(name, "") != value:
                record.values[name] = value
                record.history.setdefault(name, []).append(Entry(value, at, source, user))
            entered = f"hs_v2_date_entered_{value}"
            if name in ("dealstage", "lifecyclestage") and entered in self.properties[object]:
                record.values[entered] = written(at)
        record.changed = at
        record.shown_from = datetime.now(UTC) + self.lag if self.lag else None

    def hire(self, id: str, name: str, user: int, team: str, *, left: bool = False) -> None:
        """An owner."""
        self.owners.append(
            {
                "id": id, "email": f"{name.lower()}@example.com", "firstName": name, "lastName": name, "type": "PERSON",
                **({"userIdIncludingInactive": user} if left else {"userId": user, "userIdIncludingInactive": user}),
                "teams": [{"id": f"team-{team}", "name": team, "primary": True}], "archived": left,
                "createdAt": "2024-01-01T00:00:00.000Z", "updatedAt": "2024-01-01T00:00:00.000Z",
            }
        )  # fmt: skip

    # What can be seen

    def held(self, object: str, record: Record) -> dict[str, str]:
        """All values of a record, those of HubSpot's own among them."""
        return {
            **record.values, "hs_object_id": str(record.id), self.last_change(object): written(record.changed),
            self.made_at(object): written(record.made),
        }  # fmt: skip


def _whole(moment: datetime) -> datetime:
    """To the millisecond, as everything here is."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
