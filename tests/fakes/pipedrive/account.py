"""What a Pipedrive account holds, as far as it can be asked for: records, what was done to them, and who works there.

Written from Pipedrive's documentation and its published OpenAPI documents; it shares nothing with what is tried on it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

FOLLOWED = ("deals", "persons", "organizations", "activities")
EMPTY: dict[str, dict[str, Any]] = {
    "deals": {
        "title": "", "creator_user_id": 1, "owner_id": 1, "value": 0, "person_id": None, "org_id": None, "stage_id": 1,
        "pipeline_id": 1, "currency": "EUR", "archive_time": None, "stage_change_time": None, "status": "open",
        "is_archived": False, "probability": None, "lost_reason": None, "visible_to": 7, "close_time": None,
        "won_time": None, "lost_time": None, "expected_close_date": None, "local_close_date": None, "label_ids": [],
        "origin": "ManuallyCreated",
        "channel": None, "source_lead_id": None, "acv": None, "arr": None, "mrr": None,
    },
    "persons": {
        "name": "", "first_name": "", "last_name": "", "owner_id": 1, "org_id": None, "emails": [], "phones": [],
        "job_title": None, "label_ids": [], "visible_to": 7,
    },
    "organizations": {"name": "", "owner_id": 1, "address": None, "label_ids": [], "visible_to": 7},
    "activities": {
        "subject": "", "type": "call", "owner_id": 1, "creator_user_id": 1, "deal_id": None, "lead_id": None,
        "person_id": None, "org_id": None, "due_date": None, "due_time": None, "duration": None, "done": False,
        "marked_as_done_time": None, "note": None,
    },
}  # fmt: skip
LOGGED = {"stage_id": "stage_id", "owner_id": "user_id", "status": "status", "value": "value", "title": "title"}
"""What of a deal is written into its changelog, and under which key."""


def written(moment: datetime) -> str:
    """As version 2 writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def old(moment: datetime) -> str:
    """As version 1 does."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


@dataclass
class Record:
    """A record; ``deleted``: when."""

    id: int
    made: datetime
    changed: datetime
    values: dict[str, Any]
    custom: dict[str, Any] = field(default_factory=dict[str, Any])
    deleted: datetime | None = None


@dataclass
class Logged:
    """A change of a deal."""

    at: datetime
    key: str
    old: Any
    new: Any
    user: int


@dataclass
class Account:
    """An account. ``scopes``: of an app's token; the one of a user may see all that the user may."""

    token: str = "0123456789abcdef0123456789abcdef01234567"
    scopes: set[str] = field(
        default_factory=lambda: {
            "base", "deals:read", "contacts:read", "activities:read", "leads:read", "users:read", "recents:read",
        }
    )  # fmt: skip
    records: dict[str, dict[int, Record]] = field(default_factory=lambda: {name: {} for name in FOLLOWED})
    leads: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    converted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    log: dict[int, list[Logged]] = field(default_factory=dict[int, list[Logged]])
    fields: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in FOLLOWED})
    users: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    pipelines: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    stages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.hire(1, "Ada")
        at = datetime(2024, 1, 2, 8, tzinfo=UTC)
        self.pipeline("Sales", at, 1)
        for number, name in enumerate(("Lead in", "Contact made", "Proposal"), 1):
            self.stage(name, at, number)

    def pipeline(self, name: str, at: datetime, id: int) -> None:
        times = {"add_time": written(at), "update_time": written(at)}
        self.pipelines.append({"id": id, "name": name, "order_nr": id, "is_deleted": False, **times})

    def stage(self, name: str, at: datetime, id: int) -> None:
        times = {"add_time": written(at), "update_time": written(at)}
        more = {"pipeline_id": 1, "deal_probability": 100, "is_deleted": False}
        self.stages.append({"id": id, "name": name, "order_nr": id, **more, **times})

    def hire(self, id: int, name: str, left: bool = False) -> None:
        self.users.append(
            {"id": id, "name": name, "email": f"{name.lower()}@example.com", "active_flag": not left,
             "is_deleted": left, "role_id": 1, "timezone_name": "Europe/Berlin", "created": "2024-01-02 08:00:00",
             "modified": "2024-01-02 08:00:00"}
        )  # fmt: skip

    def join(self, name: str, at: datetime) -> str:
        """Somebody who came at some time; the key of that user."""
        id = next(self.numbers)
        self.hire(id, name)
        self.users[-1] |= {"created": old(at), "modified": old(at)}
        return str(id)

    def create(self, object: str, values: dict[str, Any], at: datetime | None = None) -> int:
        moment, id = at or datetime.now(UTC), next(self.numbers)
        assert values.keys() <= EMPTY[object].keys(), values
        record = Record(id, moment, moment, EMPTY[object] | values)
        record.custom = {code: each["value"] for code, each in self.fields[object].items()}
        self.records[object][id] = record
        return id

    def lead(self, title: str, at: datetime, **values: Any) -> str:
        id = f"{next(self.numbers):08d}-0e10-11eb-879b-05d71fb426ec"
        empty: dict[str, Any] = {
            "owner_id": 1, "creator_id": 1, "label_ids": [], "person_id": None, "organization_id": None,
            "source_name": "API", "origin": "API", "channel": None, "is_archived": False, "was_seen": False,
            "value": None, "expected_close_date": None,
        }  # fmt: skip
        moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.leads[id] = {"id": id, "title": title, **empty, **values, "add_time": moment, "update_time": moment}
        return id

    def change_lead(self, lead: str, title: str) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.leads[lead] |= {"title": title, "update_time": moment}

    def convert(self, lead: str) -> int:
        """Makes a deal of a lead, which is deleted by that (docs of `POST /leads/{id}/convert/deal`); the deal's id."""
        gone = self.leads.pop(lead)
        self.converted.append(gone)
        return self.create("deals", {"title": gone["title"], "source_lead_id": lead})

    def change(self, object: str, id: int, values: dict[str, Any], at: datetime | None = None, user: int = 1) -> None:
        record, moment = self.records[object][id], at or datetime.now(UTC)
        assert values.keys() <= EMPTY[object].keys(), values
        for name, value in values.items():
            if object == "deals" and name in LOGGED and record.values[name] != value:
                entry = Logged(moment, LOGGED[name], record.values[name], value, user)
                self.log.setdefault(id, []).append(entry)
        record.values |= values
        record.changed = max(record.changed, moment)

    def move(self, deal: int, stage: int, at: datetime | None = None, user: int = 1) -> None:
        self.change("deals", deal, {"stage_id": stage, "stage_change_time": written(at or datetime.now(UTC))}, at, user)

    def close(self, deal: int, status: str, at: datetime | None = None, user: int = 1) -> None:
        moment = written(at or datetime.now(UTC))
        times = {f"{status}_time": moment, "close_time": moment, "local_close_date": moment[:10]}
        self.change("deals", deal, {"status": status, **times}, at, user)

    def archive(self, deal: int) -> None:
        now = datetime.now(UTC)
        self.change("deals", deal, {"is_archived": True, "archive_time": written(now)}, now)

    def delete(self, object: str, id: int) -> None:
        """It can be seen for 30 days that it was there; the moment of its last change stays."""
        self.records[object][id].deleted = datetime.now(UTC)

    def merge(self, object: str, stays: int, goes: int) -> None:
        """One of two records stays, and what pointed to the other points to it."""
        key = {"persons": "person_id", "organizations": "org_id", "deals": "deal_id"}[object]
        for name in FOLLOWED:
            for record in self.records[name].values():
                if record.values.get(key) == goes:
                    self.change(name, record.id, {key: stays})
        self.delete(object, goes)

    def purge(self) -> None:
        """What happens 30 days after records were deleted."""
        for records in self.records.values():
            for id in [id for id, record in records.items() if record.deleted is not None]:
                del records[id]

    def add_field(self, object: str, name: str, type: str, value: Any, options: dict[int, str] | None = None) -> str:
        """A field that every record holds a value in; its code."""
        code = hashlib.sha1(f"{name}/{next(self.numbers)}".encode()).hexdigest()
        listed = [{"id": id, "label": label, "color": None} for id, label in (options or {}).items()]
        self.fields[object][code] = {"name": name, "type": type, "value": value, "options": listed or None}
        for record in self.records[object].values():
            record.custom[code] = value
        return code

    def drop_field(self, object: str, name: str) -> None:
        (code,) = (code for code, each in self.fields[object].items() if each["name"] == name)
        del self.fields[object][code]
        for record in self.records[object].values():
            del record.custom[code]

    def shown(self, object: str, record: Record) -> dict[str, Any]:
        """A record as version 2 shows it."""
        times = {"add_time": written(record.made), "update_time": written(record.changed)}
        more = {} if object == "activities" else {"custom_fields": record.custom}
        status = {"status": "deleted"} if object == "deals" and record.deleted is not None else {}
        gone = {"is_deleted": record.deleted is not None}
        return {"id": record.id, **record.values, **times, **gone, **status, **more}

    def forgotten(self, record: Record) -> bool:
        """Whether 30 days have gone since it was deleted."""
        return record.deleted is not None and datetime.now(UTC) - record.deleted > timedelta(days=30)
