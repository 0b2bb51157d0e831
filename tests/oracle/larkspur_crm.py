"""Larkspur's CRM as plain records, read from `data/*.csv` by the rules of LANGUAGE §2, §3 and §6.

Written from the entity documents under `alignment/entities/`, by hand and without aac: what a column means, which texts
mean nothing, which row of a doubled key stays, what an unknown account does to a segment.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from tests.oracle.exact import to_us

if TYPE_CHECKING:
    from pathlib import Path

ZONE = "Europe/Berlin"
STREAMS = ("users", "accounts", "leads", "activities", "opportunities")
NULLS = {"", "n/a"}
MQL_THRESHOLD = 50

SOURCES = {
    "Web form": "website",
    "Webinar": "webinar",
    "Content": "content",
    "Event": "event",
    "Partner": "partner",
    "Outbound": "outbound",
}
STAGES = {
    "Discovery": "discovery",
    "Proposal": "proposal",
    "Negotiation": "negotiation",
    "Closed Won": "won",
    "Closed Lost": "lost",
}
TYPES = {"Call": "call", "Email": "email", "Meeting": "meeting", "LinkedIn": "linkedin", "System": "system"}
REASONS = {
    "No budget": "no_budget",
    "No need": "no_need",
    "Wrong person": "wrong_person",
    "Bad data": "bad_data",
    "Competitor": "competitor",
    "Timing": "timing",
}
COMPANIES = {"Amber Foundary": "Amber Foundry", "COBALT TEXTILES": "Cobalt Textiles"}


Row = dict[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class User:
    id: str
    region: str | None
    calendar: str | None


@dataclass(slots=True)
class Account:
    id: str
    size_band: str | None
    customer_since: date | None = None


@dataclass(slots=True)
class Lead:
    """Moments in microseconds. ``first_human_touch`` and ``demo_reply`` are its roll-ups over activities."""

    id: str
    created: int
    account: Account | None
    owner: User | None
    source: str | None
    score: int | None
    mql_at: int | None
    sql_at: int | None
    rejected_at: int | None
    rejection_reason: str | None
    rejection_answered_at: int | None
    demo_requested_at: int | None
    duplicate: bool | None
    opted_out: bool | None
    first_human_touch: int | None = None
    demo_reply: int | None = None

    @property
    def mql(self) -> bool | None:
        return None if self.score is None else self.score > MQL_THRESHOLD

    @property
    def segment(self) -> str | None:
        return self.account.size_band if self.account else None

    @property
    def region(self) -> str | None:
        return self.owner.region if self.owner else None


@dataclass(frozen=True, slots=True)
class Opportunity:
    id: str
    account: Account | None
    owner: User | None
    lead: Lead | None
    opened_on: date
    stage: str | None
    close_date: date
    amount: Decimal
    kickoff_on: date | None

    @property
    def closed(self) -> bool | None:
        return None if self.stage is None else self.stage in ("won", "lost")

    @property
    def won(self) -> bool | None:
        return None if self.stage is None else self.stage == "won"

    @property
    def segment(self) -> str | None:
        return self.account.size_band if self.account else None

    @property
    def region(self) -> str | None:
        return self.owner.region if self.owner else None


@dataclass(slots=True)
class Faults:
    """What the data findings must say: texts that found nothing, by field, and rows set aside, by entity."""

    references: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    values: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    conversions: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    doubled: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    keyless: dict[str, int] = field(default_factory=dict[str, int])

    def as_json(self) -> dict[str, Any]:
        """By sort of fault, then by entity or field."""
        texts = {"references": self.references, "values": self.values, "conversions": self.conversions}
        return {
            "doubled": self.doubled,
            "keyless": self.keyless,
            **{sort: {name: dict(sorted(by[name].items())) for name in sorted(by)} for sort, by in texts.items()},
        }


@dataclass(slots=True)
class Crm:
    """Everything that exists by ``as_of``, and what was wrong with it. ``rows`` are the rows of the files."""

    as_of: int
    users: dict[str, User]
    accounts: dict[str, Account]
    leads: list[Lead]
    activities: int
    opportunities: list[Opportunity]
    rows: dict[str, int]
    faults: Faults


def read_crm(folder: Path) -> Crm:
    """The five streams of a folder."""
    streams = {name: _rows(folder / f"{name}.csv") for name in STREAMS}
    faults = Faults()
    users = {row["user_id"]: _user(row) for row in streams["users"]}
    accounts = {row["account"]: Account(row["account"], _size_band(row)) for row in streams["accounts"]}
    leads = {row["lead_id"]: _lead(row, users, accounts, faults) for row in _one_row_a_lead(streams["leads"], faults)}
    _roll_up_activities(streams["activities"], leads, users, faults)
    deals = [_opportunity(row, users, accounts, leads, faults) for row in streams["opportunities"]]
    for deal in deals:
        if deal.won and deal.account:
            deal.account.customer_since = min(deal.account.customer_since or deal.close_date, deal.close_date)
    return Crm(
        as_of=max(_moment(row["occurred_at"]) for row in streams["activities"]),
        users=users,
        accounts=accounts,
        leads=list(leads.values()),
        activities=len(streams["activities"]),
        opportunities=deals,
        rows={name: len(rows) for name, rows in streams.items()},
        faults=faults,
    )


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _value(row: Row, column: str) -> str | None:
    """The text of a cell, null where it means no value."""
    return None if row[column] in NULLS else row[column]


def _moment(text: str) -> int:
    """A Berlin clock reading; of an hour that is read twice, the second (LANGUAGE §6)."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE), fold=1))


def _boolean(text: str | None) -> bool | None:
    return None if text is None else {"yes": True, "no": False}[text]


def _user(row: Row) -> User:
    return User(row["user_id"], _value(row, "region"), _value(row, "calendar"))


def _size_band(account: Row) -> str | None:
    text = _value(account, "employees")
    if text is None:
        return None
    employees = int(text)
    return "SMB" if employees < 100 else "Mid-market" if employees < 1000 else "Enterprise"


def _one_row_a_lead(rows: list[Row], faults: Faults) -> list[Row]:
    """Of a doubled key the row with the latest ``created_at``, else the later row; rows without a key are set aside."""
    kept: dict[str, Row] = {}
    for row in rows:
        id = row["lead_id"]
        if not id:
            faults.keyless["lead"] = faults.keyless.get("lead", 0) + 1
            continue
        if id in kept:
            faults.doubled.setdefault("lead", []).append(id)
            if _moment(row["created_at"]) < _moment(kept[id]["created_at"]):
                continue
        kept[id] = row
    return list(kept.values())


def _lead(row: Row, users: dict[str, User], accounts: dict[str, Account], faults: Faults) -> Lead:
    company = _value(row, "company")
    score = _value(row, "score")
    return Lead(
        id=row["lead_id"],
        created=_moment(row["created_at"]),
        account=_find(accounts, COMPANIES.get(company, company) if company else None, "lead.account", faults),
        owner=_find(users, _value(row, "owner_id"), "lead.owner", faults),
        source=_listed(SOURCES, _value(row, "source"), "lead.source", faults),
        score=int(Decimal(score)) if score else None,
        mql_at=_moment_of(row, "mql_at", faults),
        sql_at=_moment_of(row, "sql_at", faults),
        rejected_at=_moment_of(row, "rejected_at", faults),
        rejection_reason=_listed(REASONS, _value(row, "rejection_reason"), "lead.rejection_reason", faults),
        rejection_answered_at=_moment_of(row, "rejection_answered_at", faults),
        demo_requested_at=_moment_of(row, "demo_requested_at", faults),
        duplicate=_boolean(_value(row, "duplicate")),
        opted_out=_boolean(_value(row, "opted_out")),
    )


def _moment_of(row: Row, column: str, faults: Faults) -> int | None:
    """A moment of a lead; a text that is none is unknown and reported."""
    text = _value(row, column)
    if text is None:
        return None
    try:
        return _moment(text)
    except ValueError:
        faults.conversions[f"lead.{column}"][text] += 1
        return None


def _find(records: dict[str, T], key: str | None, name: str, faults: Faults) -> T | None:
    """What a reference leads to; a key that leads nowhere is unknown and reported."""
    if key is not None and key not in records:
        faults.references[name][key] += 1
    return records.get(key) if key is not None else None


def _listed(spellings: dict[str, str], text: str | None, name: str, faults: Faults) -> str | None:
    """The agreed value for the CRM's spelling; any other text is unknown and reported."""
    if text is not None and text not in spellings:
        faults.values[name][text] += 1
    return spellings.get(text) if text is not None else None


def _roll_up_activities(rows: list[Row], leads: dict[str, Lead], users: dict[str, User], faults: Faults) -> None:
    """First human touch at or after the MQL, and at or after the demo request."""
    for row in rows:
        _find(users, _value(row, "user_id"), "activity.user", faults)
        lead = _find(leads, _value(row, "lead_id"), "activity.lead", faults)
        is_human = TYPES[row["type"]] != "system" and _boolean(_value(row, "automated")) is False
        if lead is None or not is_human:
            continue
        moment = _moment(row["occurred_at"])
        if lead.mql_at is not None and moment >= lead.mql_at:
            lead.first_human_touch = min(lead.first_human_touch or moment, moment)
        if lead.demo_requested_at is not None and moment >= lead.demo_requested_at:
            lead.demo_reply = min(lead.demo_reply or moment, moment)


def _opportunity(
    row: Row, users: dict[str, User], accounts: dict[str, Account], leads: dict[str, Lead], faults: Faults
) -> Opportunity:
    lead = _find(leads, _value(row, "lead_id"), "opportunity.lead", faults)
    kickoff = _value(row, "kickoff_on")
    return Opportunity(
        id=row["opportunity_id"],
        account=_find(accounts, _value(row, "account"), "opportunity.account", faults),
        owner=_find(users, _value(row, "owner_id"), "opportunity.owner", faults),
        lead=lead,
        opened_on=date.fromisoformat(row["opened_on"]),
        stage=_listed(STAGES, _value(row, "stage"), "opportunity.stage", faults),
        close_date=date.fromisoformat(row["close_date"]),
        amount=Decimal(row["amount"]),
        kickoff_on=date.fromisoformat(kickoff) if kickoff else None,
    )
