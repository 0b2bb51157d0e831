"""The numbers of `tests/projects/hubspot`, computed from what a HubSpot account holds, record by record."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

CLOSED = {"closedwon": "won", "closedlost": "lost"}
AUTOMATIC = {"AUTOMATION_PLATFORM", "WORKFLOWS", "SEQUENCES"}
Groups = dict[Any, Any]


class Numbers:
    """What the account's living records come to."""

    def __init__(self, account: Any, now: datetime) -> None:
        self.account = account
        self.now = now
        self.teams = {owner["id"]: owner["teams"][0]["name"] for owner in account.owners}
        self.users = {owner["userIdIncludingInactive"]: owner["id"] for owner in account.owners}

    def living(self, object: str) -> list[Any]:
        return [record for record in self.account.records[object].values() if record.archived is None]

    def company(self, deal: Any) -> str | None:
        """The name of the primary company of a deal, or of the first one."""
        linked = self.account.links.get(("deals", "companies"), {}).get(deal.id, [])
        ranked = sorted(linked, key=lambda link: (link[1] != "Primary", link[0]))
        there = {company.id: company for company in self.living("companies")}
        return there[ranked[0][0]].values.get("name") if ranked and ranked[0][0] in there else None

    def deals(self) -> list[dict[str, Any]]:
        return [
            {
                "state": CLOSED.get(deal.values["dealstage"], "open"),
                "stage": self.account.labels.get(deal.values["dealstage"], deal.values["dealstage"].title()),
                "company": self.company(deal),
                "team": self.teams.get(deal.values.get("hubspot_owner_id", "")),
                "amount": Fraction(deal.values["amount"]) if deal.values.get("amount") else None,
                "made": deal.made,
                "qualified": next((e.at for e in deal.history["dealstage"] if e.value == "qualified"), None),
            }
            for deal in self.living("deals")
        ]

    def counted(self, records: list[Any], by: str) -> Groups:
        found: Groups = defaultdict(int)
        for record in records:
            found[record[by]] += 1
        return {**found, "total": len(records)}

    def won(self, by: str) -> Groups:
        """The sum of won deals, of all that have an amount; no group where none has."""
        found: Groups = {}
        for deal in self.deals():
            for group in (deal[by], "total"):
                found.setdefault(group, None)
                if deal["state"] == "won" and deal["amount"] is not None:
                    found[group] = (found[group] or 0) + deal["amount"]
        return found

    def win_rate(self) -> Groups:
        found: Groups = {}
        for group in {deal["team"] for deal in self.deals()} | {"total"}:
            states = [deal["state"] for deal in self.deals() if group in ("total", deal["team"])]
            won, lost = states.count("won"), states.count("lost")
            found[group] = Fraction(won, won + lost) if won + lost else None
        return found

    def hours_to_qualify(self) -> Fraction | None:
        spans = [deal["qualified"] - deal["made"] for deal in self.deals() if deal["qualified"] is not None]
        if not spans:
            return None
        return Fraction(sum(spans, timedelta()) // timedelta(microseconds=1), len(spans) * 3_600_000_000)

    def moves(self) -> list[dict[str, Any]]:
        return [
            {"stage": entry.value, "team": self.teams.get(self.users.get(entry.user, ""))}
            for deal in self.living("deals")
            for entry in deal.history["dealstage"]
        ]

    def contacts(self) -> list[dict[str, Any]]:
        return [{"lifecycle_stage": contact.values.get("lifecyclestage")} for contact in self.living("contacts")]

    def handed_over(self) -> int:
        return sum(len(contact.history.get("hubspot_owner_id", [])) for contact in self.living("contacts"))

    def first_touch(self) -> dict[str, int]:
        """How many contacts were called or written to by a person within 24 hours; not before they were there."""
        touched: dict[int, list[datetime]] = defaultdict(list)
        directions = {"calls": ("hs_call_direction", "OUTBOUND"), "emails": ("hs_email_direction", "EMAIL")}
        for object, (name, outbound) in directions.items():
            for activity in self.living(object):
                is_human = activity.values["hs_object_source"] not in AUTOMATIC
                linked = self.account.links.get((object, "contacts"), {}).get(activity.id, [])
                if activity.values[name] == outbound and is_human and linked:
                    touched[min(linked)[0]].append(datetime.fromisoformat(activity.values["hs_timestamp"]))
        found = {"met": 0, "late": 0, "open": 0, "unmeasurable": 0}
        for contact in self.living("contacts"):
            due = contact.made + timedelta(hours=24)
            first = min(touched.get(contact.id, []), default=None)
            if first is not None and first < contact.made:
                found["unmeasurable"] += 1
            elif first is not None and first <= due:
                found["met"] += 1
            elif self.now > due or (first is not None and first > due):
                found["late"] += 1
            else:
                found["open"] += 1
        return found
