"""What a Salesforce org holds, as far as it can be asked for: records, what was done to them, and what it remembers.

Written from Salesforce's documentation; it shares nothing with what is tried on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

AUDIT = {
    "Id": "id", "IsDeleted": "boolean", "CreatedDate": "datetime", "CreatedById": "reference",
    "LastModifiedDate": "datetime", "LastModifiedById": "reference", "SystemModstamp": "datetime",
}  # fmt: skip
CHANGED = {
    "Id": "id", "IsDeleted": "boolean", "CreatedById": "reference", "CreatedDate": "datetime", "Field": "picklist",
    "DataType": "picklist", "OldValue": "anyType", "NewValue": "anyType",
}  # fmt: skip


def made_of(**names: str) -> dict[str, str]:
    """The type of each field; names by type in one text."""
    return {name: type for type, listed in names.items() for name in listed.split()}


PEOPLE = made_of(
    string="Name FirstName LastName Title Company", email="Email", picklist="LeadSource Industry Rating Status",
    boolean="HasOptedOutOfEmail IsConverted", date="ConvertedDate LastActivityDate", address="Address",
    reference="OwnerId ConvertedAccountId ConvertedContactId ConvertedOpportunityId MasterRecordId RecordTypeId",
    phone="Phone", textarea="Description Street", int="NumberOfEmployees",
)  # fmt: skip
OBJECTS: dict[str, tuple[str, dict[str, str]]] = {
    "Account": ("001", AUDIT | made_of(
        string="Name BillingCountry BillingState BillingStreet", url="Website", picklist="Type Industry AccountSource",
        reference="ParentId OwnerId MasterRecordId", int="NumberOfEmployees", currency="AnnualRevenue",
        date="LastActivityDate", address="BillingAddress", phone="Phone",
    )),
    "Contact": ("003", AUDIT | {
        name: type for name, type in PEOPLE.items()
        if name in ("Name", "FirstName", "LastName", "Title", "Email", "LeadSource", "HasOptedOutOfEmail", "OwnerId",
                    "MasterRecordId", "LastActivityDate", "Phone")
    } | made_of(string="Department", reference="AccountId ReportsToId")),
    "Lead": ("00Q", AUDIT | PEOPLE | made_of(string="Country State")),
    "Opportunity": ("006", AUDIT | made_of(
        string="Name NextStep", picklist="StageName Type LeadSource ForecastCategory ForecastCategoryName",
        currency="Amount ExpectedRevenue", percent="Probability", date="CloseDate LastActivityDate",
        boolean="IsClosed IsWon", reference="AccountId OwnerId CampaignId ContactId", textarea="Description",
        datetime="LastStageChangeDate",
    )),
    "Task": ("00T", AUDIT | made_of(
        reference="WhoId WhatId OwnerId AccountId", picklist="Status CallType TaskSubtype",
        string="Subject CallDisposition", boolean="IsClosed IsArchived", date="ActivityDate",
        int="CallDurationInSeconds", datetime="CompletedDateTime",
    )),
    "Event": ("00U", AUDIT | made_of(
        reference="WhoId WhatId OwnerId AccountId", picklist="EventSubtype", string="Subject",
        boolean="IsChild IsArchived", date="ActivityDate", datetime="StartDateTime EndDateTime",
        int="DurationInMinutes",
    )),
    "User": ("005", {name: type for name, type in AUDIT.items() if name != "IsDeleted"} | made_of(
        string="Name Department Country", email="Email", boolean="IsActive", picklist="UserType",
        reference="UserRoleId ProfileId ManagerId",
    )),
    "Campaign": ("701", AUDIT | made_of(
        string="Name", picklist="Type Status", reference="ParentId OwnerId", date="StartDate EndDate",
        currency="BudgetedCost ActualCost ExpectedRevenue", boolean="IsActive",
    )),
    "CampaignMember": ("00v", AUDIT | made_of(
        reference="CampaignId LeadId ContactId", picklist="Status", boolean="HasResponded", date="FirstRespondedDate",
    )),
    "OpportunityHistory": ("008", made_of(
        id="Id", boolean="IsDeleted", reference="OpportunityId CreatedById", picklist="StageName ForecastCategory",
        currency="Amount ExpectedRevenue", date="CloseDate", percent="Probability",
        datetime="CreatedDate SystemModstamp",
    )),
    "OpportunityFieldHistory": ("017", CHANGED | {"OpportunityId": "reference"}),
    "LeadHistory": ("017", CHANGED | {"LeadId": "reference"}),
    "AccountHistory": ("017", CHANGED | {"AccountId": "reference"}),
    "ContactHistory": ("017", CHANGED | {"ContactId": "reference"}),
    "FieldDefinition": ("000", {
        "QualifiedApiName": "string", "IsFieldHistoryTracked": "boolean", "EntityDefinition.QualifiedApiName": "string",
    }),
    "Organization": ("00D", made_of(id="Id", string="Name", datetime="CreatedDate SystemModstamp")),
}  # fmt: skip
"""Each object's prefix and the types of its fields."""
HISTORIES = {"Opportunity": "OpportunityFieldHistory", "Lead": "LeadHistory", "Account": "AccountHistory"}
PARENTS = {"Account": ("AccountId", "ParentId"), "Contact": ("ContactId", "WhoId"), "Lead": ("LeadId", "WhoId")}
LOGGED = ("StageName", "Amount", "Probability", "CloseDate", "ForecastCategory")
CLOSED = {"Closed Won": (True, True), "Closed Lost": (True, False)}


def written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+0000"


@dataclass
class Org:
    """An org. ``tracked``: fields that have a history. ``hidden``: fields, as `Lead.Email`, and objects that the app's
    user may not see. ``log``: what was deleted of each object, and when; ``earliest``: what is known of it at all.
    ``last``: the row of OpportunityHistory that holds of each opportunity."""

    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in OBJECTS})
    types: dict[str, dict[str, str]] = field(
        default_factory=lambda: {name: dict(t) for name, (_, t) in OBJECTS.items()}
    )
    prefixes: dict[str, str] = field(default_factory=lambda: {name: prefix for name, (prefix, _) in OBJECTS.items()})
    own: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    tracked: dict[str, set[str]] = field(
        default_factory=lambda: {"Opportunity": {"OwnerId"}, "Lead": {"OwnerId", "Status"}}
    )
    hidden: set[str] = field(default_factory=set[str])
    log: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict[str, list[tuple[str, datetime]]])
    earliest: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    last: dict[str, str] = field(default_factory=dict[str, str])
    numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.id = self.create("Organization", {"Name": "Larkspur"})
        self.ada = self.create("User", {"Name": "Ada", "Email": "ada@example.com", "IsActive": True})

    def create(self, object: str, values: dict[str, Any], at: datetime | None = None, by: str | None = None) -> str:
        """Makes a record; its id."""
        moment, types = at or datetime.now(UTC), self.types[object]
        id = f"{self.prefixes[object]}Hs{next(self.numbers):010d}AAA"
        assert values.keys() <= types.keys(), values.keys() - types.keys()
        user = by or getattr(self, "ada", None)
        base = dict.fromkeys(types) | {name: False for name, type in types.items() if type == "boolean"}
        audit = {
            "Id": id, "CreatedDate": written(moment), "LastModifiedDate": written(moment),
            "SystemModstamp": written(moment), "CreatedById": user, "LastModifiedById": user, "OwnerId": user,
        }  # fmt: skip
        record = base | {name: value for name, value in audit.items() if name in types} | self.own.get(object, {})
        self.records[object][id] = record | values
        if object == "Opportunity":
            self._staged(id)
            self._snapshot(id, moment, user)
        if object in self.tracked:
            self._remember(object, id, "created", None, None, moment, user)
        return id

    def change(
        self, object: str, id: str, values: dict[str, Any], at: datetime | None = None, by: str | None = None
    ) -> None:
        record, moment, user = self.records[object][id], at or datetime.now(UTC), by or self.ada
        assert values.keys() <= self.types[object].keys(), values
        before = dict(record)
        record.update(values)
        self._touch(record, moment)
        for name in values.keys() & self.tracked.get(object, set()):
            if before[name] != record[name]:
                self._tracked(object, id, name, before[name], record[name], moment, user)
        if object == "Opportunity":
            self._staged(id)
            if any(before[name] != record[name] for name in LOGGED):
                self._snapshot(id, moment, user)

    def delete(self, object: str, id: str) -> None:
        """Into the recycle bin, with its history."""
        now = datetime.now(UTC)
        self.records[object][id]["IsDeleted"] = True
        self._touch(self.records[object][id], now)
        self.log.setdefault(object, []).append((id, now))
        for history in (HISTORIES.get(object), "OpportunityHistory" if object == "Opportunity" else None):
            for entry in self.records.get(history or "", {}).values():
                if entry[f"{object}Id"] == id:
                    entry["IsDeleted"] = True

    def purge(self) -> None:
        """Empties the recycle bin."""
        for records in self.records.values():
            for id in [id for id, record in records.items() if record.get("IsDeleted")]:
                del records[id]

    def rename_stage(self, before: str, after: str) -> None:
        """Deals in a stage are in one of another name; that is no change of theirs, and their past keeps its words."""
        for record in self.records["Opportunity"].values():
            if record["StageName"] == before:
                record["StageName"] = after

    def forget(self) -> None:
        """What was deleted is not known any more."""
        self.log.clear()
        self.earliest = datetime.now(UTC)

    def merge(self, object: str, stays: str, goes: str) -> None:
        """What pointed to one record points to the other, and that it did changes those that pointed to it."""
        for name, records in self.records.items():
            for record in records.values():
                for key in () if name.endswith("History") else PARENTS[object]:
                    if key in self.types[name] and record[key] == goes:
                        record[key] = stays
                        self._touch(record, datetime.now(UTC))
        self.records[object][goes]["MasterRecordId"] = stays
        self.delete(object, goes)

    def convert(self, lead: str, at: datetime | None = None) -> str:
        """A lead becomes an account, a contact and an opportunity; the last one's id."""
        held, moment = self.records["Lead"][lead], at or datetime.now(UTC)
        owner = {"OwnerId": held["OwnerId"]}
        account = self.create("Account", {"Name": held["Company"] or "", **owner}, moment)
        contact = self.create("Contact", {"Name": held["Name"], "AccountId": account, **owner}, moment)
        values = {"Name": held["Name"], "AccountId": account, "StageName": "Prospecting", "CloseDate": "2026-12-31"}
        deal = self.create("Opportunity", {**values, **owner}, moment)
        ids = {"ConvertedAccountId": account, "ConvertedContactId": contact, "ConvertedOpportunityId": deal}
        done = {"IsConverted": True, "ConvertedDate": f"{moment:%Y-%m-%d}", "Status": "Closed - Converted"}
        self.change("Lead", lead, {**ids, **done}, moment)
        self._remember("Lead", lead, "leadConverted", None, None, moment, self.ada)
        return deal

    def add_object(self, name: str, types: dict[str, str]) -> None:
        self.records[name], self.types[name], self.prefixes[name] = {}, AUDIT | types, "a00"
        self.own[name] = dict.fromkeys(types)

    def add_field(self, object: str, name: str, type: str, value: Any) -> None:
        """A field that every record holds a value in; that is no change of theirs."""
        self.types[object][name] = type
        self.own.setdefault(object, {})[name] = value
        for record in self.records[object].values():
            record[name] = value

    def drop_field(self, object: str, name: str) -> None:
        del self.types[object][name], self.own[object][name]
        for record in self.records[object].values():
            del record[name]

    def _touch(self, record: dict[str, Any], moment: datetime) -> None:
        for name in ("LastModifiedDate", "SystemModstamp"):
            record[name] = max(record[name], written(moment))

    def _staged(self, id: str) -> None:
        record = self.records["Opportunity"][id]
        record["IsClosed"], record["IsWon"] = CLOSED.get(record["StageName"], (False, False))

    def _snapshot(self, id: str, moment: datetime, by: str | None) -> None:
        """A row of OpportunityHistory; the one before it ends at that moment."""
        held = self.records["Opportunity"][id]
        if id in self.last:
            self.records["OpportunityHistory"][self.last[id]]["SystemModstamp"] = written(moment)
        values = {name: held[name] for name in LOGGED}
        self.last[id] = self.create("OpportunityHistory", {"OpportunityId": id, **values}, moment, by)

    def _tracked(self, object: str, id: str, name: str, old: Any, new: Any, moment: datetime, by: str) -> None:
        """Lookups are remembered twice: by the names of what they point to, and by its ids."""
        if not name.endswith("Id"):
            self._remember(object, id, name, old, new, moment, by)
            return
        before, after = (self.records["User"].get(each, {}).get("Name", "a queue") for each in (old, new))
        self._remember(object, id, name.removesuffix("Id"), before, after, moment, by)
        self._remember(object, id, name.removesuffix("Id"), old, new, moment, by, "EntityId")

    def _remember(self, object: str, id: str, what: str, old: Any, new: Any, moment: datetime, by: str | None,
                  type: str = "Text") -> None:  # fmt: skip
        entry = {"Field": what, "OldValue": old, "NewValue": new, "DataType": type, f"{object}Id": id}
        self.create(HISTORIES[object], entry, moment, by)

    def definitions(self) -> list[dict[str, Any]]:
        """How the fields of all objects are set up."""
        return [
            {
                "EntityDefinition.QualifiedApiName": object, "QualifiedApiName": name,
                "IsFieldHistoryTracked": name in self.tracked.get(object, ()),
            }
            for object, types in self.types.items() for name in types if object != "FieldDefinition"
        ]  # fmt: skip
