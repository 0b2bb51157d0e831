"""Larkspur's other lists as plain records: what the CRM logged, and its books (`data/*.csv` beyond the five main ones).

Written from the entity documents under `alignment/entities/`, by hand and without aac. A record is a dictionary of its
fields: moments are microseconds, dates `date`, money `Decimal`, references the records they lead to, or null.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.oracle.exact import to_us
from tests.oracle.larkspur_crm import NULLS, STAGES, ZONE, Crm, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ledger:
    """How the columns of a stream are read. ``refs``: field -> column and entity; ``lists``: field -> agreed texts.

    A list is a tuple of values, or a mapping of the source's spellings to them; texts in neither are kept apart.
    """

    stream: str
    key: str
    refs: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, "tuple[str, str]"])
    lists: Mapping[str, tuple[str, ...] | dict[str, str]] = field(default_factory=dict[str, "tuple[str, ...]"])
    moments: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    booleans: tuple[str, ...] = ()


SEGMENTS = ("SMB", "Mid-market", "Enterprise")
LEAD, USER, ACCOUNT = ("lead_id", "lead"), ("owner_id", "user"), ("account", "account")
DEAL = ("opportunity_id", "opportunity")
OPEN_STAGES = {name: STAGES[name] for name in ("Discovery", "Proposal", "Negotiation")}
LEDGERS = {
    "stage_change": Ledger(
        "stage_changes",
        "stage_change_id",
        refs={"opportunity": DEAL, "changed_by": ("changed_by", "user")},
        lists={"stage": STAGES, "from_stage": OPEN_STAGES},
        moments=("changed_at", "left_at"),
    ),
    "score_change": Ledger(
        "score_changes",
        "score_change_id",
        refs={"lead": LEAD},
        lists={"reason": ("form", "webinar", "visit", "mail opened", "company data")},
        moments=("changed_at",),
        integers=("from_score", "score"),
    ),
    "owner_change": Ledger(
        "owner_changes",
        "owner_change_id",
        refs={"lead": LEAD, "owner": USER},
        lists={"reason": {"routing": "routing", "lead desk": "lead_desk", "absence": "absence"}},
        moments=("changed_at",),
    ),
    "routing": Ledger("routings", "routing_id", refs={"lead": LEAD}, moments=("routed_at", "assigned_at")),
    "demo": Ledger(
        "demos",
        "demo_id",
        refs={"lead": LEAD, "account": ACCOUNT, "opportunity": DEAL, "owner": USER},
        lists={"status": {**{s: s for s in ("requested", "scheduled", "held", "canceled")}, "no show": "no_show"}},
        moments=("requested_at", "answered_at", "scheduled_for", "held_at"),
    ),
    "handoff": Ledger(
        "handoffs",
        "handoff_id",
        refs={
            "opportunity": DEAL,
            "account": ACCOUNT,
            "from_user": ("from_user_id", "user"),
            "to_user": ("to_user_id", "user"),
        },
        moments=("handed_over_at", "accepted_at", "rejected_at"),
        dates=("signed_on", "dossier_on", "feedback_on"),
        booleans=("is_complete",),
    ),
    "subscription": Ledger(
        "subscriptions",
        "subscription_id",
        refs={"account": ACCOUNT, "opportunity": DEAL, "owner": USER},
        lists={
            "status": ("trial", "active", "paused", "ended"),
            "end_reason": {**{r: r for r in ("renewed", "changed", "canceled")}, "not renewed": "not_renewed"},
        },
        dates=("start_date", "end_date"),
        money=("mrr",),
        integers=("seats", "term"),
        booleans=("auto_renews",),
    ),
    "ticket": Ledger(
        "tickets",
        "ticket_id",
        refs={"account": ACCOUNT, "owner": USER},
        lists={"priority": ("P0", "P1", "P2", "P3"), "status": ("new", "open", "waiting", "resolved", "closed")},
        moments=("created_at", "first_response_at", "resolved_at", "reopened_at"),
    ),
    "ticket_wait": Ledger(
        "ticket_waits",
        "ticket_wait_id",
        refs={"ticket": ("ticket_id", "ticket")},
        lists={"waits_for": ("customer", "partner")},
        moments=("waiting_from", "waiting_until"),
    ),
    "quota": Ledger(
        "quotas",
        "quota_id",
        refs={"user": ("user_id", "user")},
        dates=("period_from", "period_until"),
        money=("amount", "credited"),
        booleans=("ramped",),
    ),
    "forecast": Ledger(
        "forecasts",
        "forecast_id",
        lists={"segment": SEGMENTS, "category": {"commit": "commit", "best case": "best_case"}},
        dates=("period_from", "period_until", "frozen_on"),
        money=("amount", "actual"),
    ),
    "spend": Ledger(
        "spend",
        "spend_id",
        lists={
            "team": ("marketing", "sales", "customer_success"),
            "category": ("people", "programs", "tools", "agencies", "other"),
        },
        dates=("spent_on",),
        money=("amount",),
    ),
    "survey_response": Ledger(
        "survey_responses",
        "survey_response_id",
        refs={"account": ACCOUNT},
        lists={"type": ("nps", "csat")},
        moments=("asked_at", "answered_at"),
        integers=("score",),
    ),
    "intent_signal": Ledger(
        "intent_signals", "intent_signal_id", refs={"account": ACCOUNT}, moments=("seen_at",), integers=("strength",)
    ),
}
SURVEYS = "survey_response"
"""What comes from the source `surveys`; all else is the CRM's."""


@dataclass(slots=True)
class Books:
    """The records of each entity, in the order of their files. ``surveys_as_of`` is the watermark of `surveys`."""

    records: dict[str, list[Record]]
    rows: dict[str, int]
    surveys_as_of: int

    def of(self, entity: str) -> list[Record]:
        return self.records[entity]


def read_books(folder: Path, crm: Crm) -> Books:
    """All ledgers of a folder; what is wrong with them goes into the faults of ``crm``."""
    found: dict[str, Mapping[str, Any]] = {
        "lead": {lead.id: lead for lead in crm.leads},
        "opportunity": {deal.id: deal for deal in crm.opportunities},
        "account": crm.accounts,
        "user": crm.users,
    }
    records: dict[str, list[Record]] = {}
    rows: dict[str, int] = {}
    for entity, ledger in LEDGERS.items():
        with (folder / f"{ledger.stream}.csv").open(encoding="utf-8", newline="") as file:
            texts = list(csv.DictReader(file))
        records[entity] = [_record(entity, ledger, row, found, crm.faults) for row in texts]
        found[entity] = {record["key"]: record for record in records[entity]}
        assert len(found[entity]) == len(texts), f"{entity}: no key is there twice"
        rows[ledger.stream] = len(texts)
    answers = [record["answered_at"] for record in records[SURVEYS] if record["answered_at"] is not None]
    return Books(records, rows, max(answers))


def moment(text: str) -> int:
    """A Berlin clock reading; of an hour that is read twice, the second (LANGUAGE §6)."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE), fold=1))


def _record(
    entity: str, ledger: Ledger, row: dict[str, str], found: Mapping[str, Mapping[str, Any]], faults: Faults
) -> Record:
    texts = {name: None if text in NULLS else text for name, text in row.items()}
    record: Record = {"key": texts[ledger.key], **texts}
    readers: list[tuple[tuple[str, ...], Callable[[str], Any]]] = [
        (ledger.moments, moment),
        (ledger.dates, date.fromisoformat),
        (ledger.money, Decimal),
        (ledger.integers, int),
        (ledger.booleans, {"yes": True, "no": False}.__getitem__),
    ]
    for names, read in readers:
        for name in names:
            text = texts[name]
            record[name] = None if text is None else read(text)
    for name, (column, target) in ledger.refs.items():
        record[name] = _referred(found[target], texts[column], f"{entity}.{name}", faults)
    for name, agreed in ledger.lists.items():
        spellings = agreed if isinstance(agreed, dict) else {text: text for text in agreed}
        text = texts[name]
        if text is not None and text not in spellings:
            faults.values[f"{entity}.{name}"][text] += 1
        record[name] = spellings.get(text or "")
    return record


def _referred(records: Mapping[str, Any], key: str | None, name: str, faults: Faults) -> Any:
    if key is not None and key not in records:
        faults.references[name][key] += 1
    return None if key is None else records.get(key)
