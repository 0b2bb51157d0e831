"""The numbers of `tests/projects/salesforce`, computed from what a Salesforce org holds, record by record."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

Groups = dict[Any, Any]
STATUSES = {"New": "new", "Working": "working", "Unqualified": "rejected", "Closed - Converted": "converted"}
SOURCES = {"Web": "inbound", "Partner": "partner", "Purchased List": "outbound"}


class Numbers:
    """What the org's living records come to."""

    def __init__(self, org: Any) -> None:
        self.org = org

    def living(self, object: str) -> list[dict[str, Any]]:
        return [record for record in self.org.records[object].values() if not record.get("IsDeleted")]

    def deals(self) -> list[dict[str, Any]]:
        companies = {each["Id"]: each["Name"] for each in self.living("Account")}
        users = {each["Id"]: each["IsActive"] for each in self.living("User")}
        return [
            {
                "state": "won" if deal["IsWon"] else "lost" if deal["IsClosed"] else "open",
                "stage": deal["StageName"],
                "company": companies.get(deal["AccountId"]),
                "is_active": users[deal["OwnerId"]],
                "region": deal["Region__c"],
                "amount": Fraction(str(deal["Amount"])) if deal["Amount"] is not None else None,
                "hours": self.hours_to_proposal(deal),
            }
            for deal in self.living("Opportunity")
        ]

    def history(self, object: str, of: str, id: str) -> list[dict[str, Any]]:
        entries = [each for each in self.org.records[object].values() if each[of] == id]
        return sorted(entries, key=lambda each: (each["CreatedDate"], each["Id"]))

    def stages(self, deal: dict[str, Any]) -> list[tuple[str, str]]:
        """The stages that a deal came to, and when, as they were counted one after the other."""
        found: list[tuple[str, str]] = []
        for entry in self.history("OpportunityHistory", "OpportunityId", deal["Id"]):
            if not found or found[-1][0] != entry["StageName"]:
                found.append((entry["StageName"], entry["CreatedDate"]))
        return found

    def hours_to_proposal(self, deal: dict[str, Any]) -> Fraction | None:
        moments = [at for stage, at in self.stages(deal) if stage == "Proposal"]
        if not moments:
            return None
        span = datetime.fromisoformat(min(moments)) - datetime.fromisoformat(deal["CreatedDate"])
        return Fraction(span // timedelta(seconds=1), 3600)

    def counted(self, records: list[Any], by: str) -> Groups:
        found: Groups = defaultdict(int)
        for record in records:
            found[record[by]] += 1
        return {**found, "total": len(records)}

    def won(self, by: str) -> Groups:
        """The sum of won deals; no number where a group has none."""
        found: Groups = {}
        for deal in self.deals():
            for group in (deal[by], "total"):
                found.setdefault(group, None)
                if deal["state"] == "won" and deal["amount"] is not None:
                    found[group] = (found[group] or 0) + deal["amount"]
        return found

    def average_hours(self) -> Fraction | None:
        spans = [deal["hours"] for deal in self.deals() if deal["hours"] is not None]
        return sum(spans, Fraction(0)) / len(spans) if spans else None

    def moves(self) -> list[dict[str, Any]]:
        return [{"stage": stage} for deal in self.living("Opportunity") for stage, _ in self.stages(deal)]

    def owners(self, object: str, history: str) -> int:
        """How often a record got an owner, the first one counted."""
        found = 0
        for record in self.living(object):
            entries = self.history(history, f"{object}Id", record["Id"])
            found += sum(each["Field"] in ("created", "Owner") and each["DataType"] != "Text" for each in entries)
            found += sum(each["Field"] == "created" for each in entries)
        return found

    def touches(self) -> int:
        events = [event for event in self.living("Event") if not event["IsChild"]]
        return len(events) + sum(task["IsClosed"] for task in self.living("Task"))

    def leads(self) -> list[dict[str, Any]]:
        return [
            {"status": STATUSES[lead["Status"]], "source": SOURCES.get(lead["LeadSource"])}
            for lead in self.living("Lead")
        ]

    def responses(self) -> Groups:
        names = {each["Id"]: each["Name"] for each in self.living("Campaign")}
        found: Groups = defaultdict(int)
        for member in self.living("CampaignMember"):
            for group in (names.get(member["CampaignId"]), "total"):
                found[group] += member["HasResponded"]
        return found
