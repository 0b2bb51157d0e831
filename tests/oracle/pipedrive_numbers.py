"""The numbers of `tests/projects/pipedrive`, computed from what a Pipedrive account holds, record by record."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

Groups = dict[Any, Any]


class Numbers:
    """What the account's living records come to."""

    def __init__(self, account: Any, now: datetime) -> None:
        self.account = account
        self.now = now

    def living(self, object: str) -> list[Any]:
        return [record for record in self.account.records[object].values() if record.deleted is None]

    def deals(self) -> list[dict[str, Any]]:
        """Archived deals are deals."""
        companies = {each.id: each.values["name"] for each in self.living("organizations")}
        stages = {each["id"]: each["name"] for each in self.account.stages}
        owners = {each["id"]: not each["active_flag"] for each in self.account.users}
        regions = next((code for code, each in self.account.fields["deals"].items() if each["name"] == "Region"), "")
        options = self.account.fields["deals"][regions]["options"]
        labels = {each["id"]: each["label"] for each in options}
        return [
            {
                "state": deal.values["status"],
                "stage": stages[deal.values["stage_id"]],
                "company": companies.get(deal.values["org_id"]),
                "has_left": owners[deal.values["owner_id"]],
                "region": labels.get(deal.custom[regions]),
                "amount": Fraction(str(deal.values["value"])),
                "hours": self.hours_to_proposal(deal),
            }
            for deal in self.living("deals")
        ]

    def hours_to_proposal(self, deal: Any) -> Fraction | None:
        """Between the making of a deal and the first time that it came to stage 3, by whole seconds."""
        log = [entry for entry in self.account.log.get(deal.id, []) if entry.key == "stage_id"]
        moments = [entry.at for entry in log if entry.new == 3]
        first = log[0].old if log else deal.values["stage_id"]
        if first == 3:
            return Fraction(0)
        if not moments:
            return None
        span = min(moments).replace(microsecond=0) - deal.made.replace(microsecond=0)
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
                if deal["state"] == "won":
                    found[group] = (found[group] or 0) + deal["amount"]
        return found

    def average_hours(self) -> Fraction | None:
        spans = [deal["hours"] for deal in self.deals() if deal["hours"] is not None]
        return sum(spans, Fraction(0)) / len(spans) if spans else None

    def moves(self) -> list[dict[str, Any]]:
        """Each stage that a deal came to, the first one too."""
        found: list[dict[str, Any]] = []
        for deal in self.living("deals"):
            log = [entry for entry in self.account.log.get(deal.id, []) if entry.key == "stage_id"]
            first = log[0].old if log else deal.values["stage_id"]
            found += [{"stage": str(stage)} for stage in (first, *(entry.new for entry in log))]
        return found

    def owners(self) -> int:
        """How often a deal got an owner, the first one counted."""
        keys = [entry.key for deal in self.living("deals") for entry in self.account.log.get(deal.id, [])]
        return len(self.living("deals")) + keys.count("user_id")

    def touches(self) -> int:
        return sum(activity.values["done"] for activity in self.living("activities"))

    def leads(self) -> int:
        """A lead that became a deal is one, though Pipedrive deletes it."""
        return len(self.account.leads) + len(self.account.converted)

    def from_leads(self) -> int:
        return len(self.account.converted)
