"""Small companies of which changes are told, at random: every basis, every form of a promise, and any moment to ask at.

`DOCUMENTS` measure tables that `Chance` draws. `as_it_was` are the same tables as they would have been exported at a
moment: what came later is not there.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from tests.small import metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = dict[str, str]
Tables = dict[str, list[Row]]

ENTITIES = """\
kind: company
id: any
currency: EUR
timezone: {company}
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {{mon-fri: "09:00-12:00, 13:00-17:00"}}
closed: [2026-03-26]
---
kind: calendar
id: night
timezone: America/New_York
hours: {{mon-fri: "22:00-06:00", sun: "00:00-24:00"}}
---
kind: entity
id: user
from: crm.user
key: id
occurs: hired_on
fields: {{id: text, hired_on: date, calendar: text, region: text}}
---
kind: entity
id: account
from: crm.account
key: id
occurs: since
fields:
  id: text
  since: timestamp
  size: integer
  hot_leads: {{rollup: count_if(score > 50), over: lead}}
  last_act_at: {{rollup: max(first_human_at), over: lead}}
---
kind: entity
id: lead
from: crm.lead
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  account: {{ref: account}}
  owner: {{ref: user}}
  score: integer
  stage: text
  source: text
  asked_at: timestamp
  routed_at: timestamp
  assigned_at: timestamp
  replied_at: timestamp
  mql_at: timestamp
  closed_at: timestamp
  started_on: date
  signed_on: date
  planned_at: timestamp
  amount: {{type: money, unit: EUR}}
  acts: {{rollup: count(*), over: act}}
  talks: {{rollup: sum(talks), over: touch}}
  first_human_at: {{rollup: min(at), over: act, where: human, after: asked_at}}
  band: {{is: "case when score > 50 and account.size > 2 then 'large' when owner.region = 'N' then 'north' end"}}
---
kind: entity
id: score_change
from: crm.score_change
key: id
occurs: changed_at
fields: {{id: text, lead: {{ref: lead}}, changed_at: timestamp, score: integer}}
---
kind: entity
id: stage_change
from: crm.stage_change
key: id
occurs: moved_at
fields: {{id: text, lead: {{ref: lead}}, moved_at: timestamp, stage: text}}
---
kind: entity
id: owner_change
from: crm.owner_change
key: id
occurs: given_at
fields: {{id: text, lead: {{ref: lead}}, given_at: timestamp, owner: {{ref: user}}}}
---
kind: entity
id: act
from: crm.act
key: id
occurs: at
fields: {{id: text, lead: {{ref: lead}}, at: timestamp, human: boolean}}
---
kind: entity
id: wait
from: crm.wait
key: id
fields: {{id: text, lead: {{ref: lead}}, why: text, began_at: timestamp, ended_at: timestamp}}
---
kind: entity
id: touch
from: crm.touch_log
key: [lead, channel]
per: [lead, channel]
occurs: at
columns: {{at: {{type: timestamp}}}}
fields:
  lead: {{ref: lead}}
  channel: text
  first_at: {{type: timestamp, from: min(at)}}
  last_kind: {{type: text, from: "arg_max(kind, at)"}}
  talks: {{type: integer, from: count(*)}}
---
kind: entity
id: sub
from: crm.sub
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  account: {{ref: account}}
  plan: text
  mrr: {{type: money, unit: EUR/month}}
  starts_on: date
  ends_at: timestamp
---
{{kind: definition, id: mql, owner: sales, of: lead, when: score > 30, at: mql_at}}
---
{{kind: definition, id: won, owner: sales, of: lead, when: "stage = 'won'", at: closed_at}}
---
"""
BY = "by: [stage, {region: owner.region}]"
CASES = """{cases: [
  {for: "stage = 'new'", within: 4 hours},
  {for: score > 50, within: 4 business hours, calendar: owner.calendar},
  {for: acts > 1, within: none, why: nothing was promised},
  {for: account.size > 1, within: 1 business day, calendar: desk}]}"""
PROMISES = {
    "elapsed": ("{within: 26 hours}", f"each: lead, starts: asked_at, stops: replied_at, where: score > 20, {BY}"),
    "business": (
        "{within: 4 business hours, calendar: owner.calendar}",
        "each: lead, starts: asked_at, stops: first_human_at, by: [band], "
        "paused: {over: wait, where: why = 'customer', from: began_at, until: ended_at}",
    ),
    "steps": (
        "{within: 2 business days, calendar: desk}",
        "each: lead, starts: asked_at, stops: replied_at, through: {routing: routed_at, assignment: assigned_at}",
    ),
    "waiting": (
        "{within: 2 calendar days}",
        "each: lead, starts: asked_at, stops: replied_at, excused: source = 'fair', "
        "paused: {over: stage_change, while: stage = 'waiting', at: moved_at}",
    ),
    "months": ("{within: 1 month}", "each: mql, stops: closed_at, by: [{touched: talks > 2}]"),
    "dates": ("{within: 3 days}", "each: lead, starts: started_on, stops: signed_on, by: [owner]"),
    "cases": (CASES, "each: lead, starts: asked_at, stops: replied_at"),
    "rule": ("{within: 5 days}", "each: lead, starts: asked_at, must: score > 50 and acts > 0"),
    "stretches": (
        "{within: 8 business hours, calendar: owner.calendar}",
        "each: lead, starts: asked_at, stops: replied_at, by: [owner], "
        "restarts: {over: owner_change, at: given_at, ended: excused}",
    ),
    "supply": ("{every: month}", "metric: mqls, at_least: 2"),
}
SLA = """\
kind: sla
id: {id}
what: Sales replies
who: {{owes: sales, to: marketing}}
when: {when}
how_measured: {{{how}{objective}}}
escalation: [{steps}]
---
"""
STEPS = "{at: 50% of time, do: remind, to: sales}, {at: late, do: notify, to: sales}"
FORCE = {"of": "sub", "in_force": "{from: starts_on, until: ends_at}"}
RETENTION = "sum(least(closing(mrr), opening(mrr))) / sum(opening(mrr))"
MEASURES = (
    metric("mqls", "count(*)", of="mql", at="mql_at", by="[stage, {size: account.size}]"),
    metric("rate", "share(won)", of="mql", at="mql_at", by="[band]", unit="percent"),
    metric("points", "sum(score)", of="lead", at="asked_at", by="[owner, {region: owner.region}]"),
    metric("hot", "sum(hot_leads)", of="account", by="[id]"),
    metric("active", "count(*)", of="account", at="last_act_at"),
    metric("acts", "sum(acts) / count_if(talks > 0)", of="lead", at="created_at", by="[account]", unit="ratio"),
    metric("matured", "share(won)", of="lead", at="asked_at", basis="cohort", matures="10 days", unit="percent"),
    metric("scored", "sum(score)", of="lead", at="asked_at", basis="cohort", matures="5 days", by="[source]"),
    metric("ever", "count_if(won)", of="lead", at="asked_at", basis="cohort"),
    metric("held", "sum(mrr)", **FORCE, basis="snapshot", by="[plan, {size: account.size}]", unit="EUR/month"),
    metric("kept", RETENTION, **FORCE, basis="retention", span="1 month", per="account", unit="percent"),
    metric("talks", "sum(talks)", of="touch", at="first_at", by="[last_kind]"),
    metric("pace", "median(days_between(asked_at, planned_at))", of="lead", at="asked_at", unit="days"),
    metric("planned", "count_if(planned_at < period.until)", of="lead", at="asked_at"),
    metric(
        "open_time",
        "'avg(business_hours_between(asked_at, planned_at, owner.calendar))'",
        of="lead",
        at="asked_at",
        unit="business_hours",
    ),
    metric("last_amount", "arg_max(amount, asked_at)", of="lead", at="asked_at", unit="EUR"),
    metric("worth", "held * kept", unit="EUR/month"),
    metric("busy", "mqls / talks * sla.elapsed.attainment", unit="ratio"),
)
MONTHS = ("2026-01", "2026-02", "2026-03")
WINDOWS = (*MONTHS, "2026-Q1", "2026-W10", "all")


def documents(company: str) -> str:
    """The documents of a company in that zone."""
    promises = [
        SLA.format(
            id=id_,
            when=when,
            how=quoted(how),
            objective="" if id_ == "supply" else ", objective: 60%",
            steps="{at: off_target, do: notify, to: sales}" if id_ == "supply" else STEPS,
        )
        for id_, (when, how) in PROMISES.items()
    ]
    return "".join([ENTITIES.format(company=company), *promises, *MEASURES]).removesuffix("---\n")


def quoted(how: str) -> str:
    """Rules with a text in them are put in quotes."""
    for rule in ("why = 'customer'", "source = 'fair'", "stage = 'waiting'"):
        how = how.replace(rule, f'"{rule}"')
    return how


# What becomes of a company


class History(NamedTuple):
    """Tables, where the company and its source are, and a moment that is asked for."""

    tables: Tables
    company: str
    source: str
    as_of: datetime


HAIR = timedelta(microseconds=1)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC")
MOMENTS = [
    datetime.fromisoformat(f"{text}+00:00")
    for text in (
        "2025-12-31T23:00", "2026-01-31T23:00", "2026-02-02T08:00", "2026-02-11T16:00", "2026-02-28T23:00",
        "2026-03-02T09:30", "2026-03-08T07:00", "2026-03-20T08:00", "2026-03-29T01:00", "2026-03-31T22:00",
    )
]  # fmt: skip
"""Borders of windows in some zone, changes of clocks, moments when desks are open."""
STEPS_BESIDE = (0, 0, 1, 2, 3, 5, 10, 30, -1, -10)
COLUMNS = {
    "user": ("id", "hired_on", "calendar", "region"),
    "account": ("id", "since", "size"),
    "lead": (
        "id", "created_at", "account", "owner", "score", "stage", "source", "asked_at", "routed_at", "assigned_at",
        "replied_at", "mql_at", "closed_at", "started_on", "signed_on", "planned_at", "amount",
    ),
    "score_change": ("id", "lead", "changed_at", "score"),
    "stage_change": ("id", "lead", "moved_at", "stage"),
    "owner_change": ("id", "lead", "given_at", "owner"),
    "act": ("id", "lead", "at", "human"),
    "wait": ("id", "lead", "why", "began_at", "ended_at"),
    "touch_log": ("lead", "channel", "at", "kind"),
    "sub": ("id", "created_at", "account", "plan", "mrr", "starts_on", "ends_at"),
}  # fmt: skip


class Chance:
    """A company at random, the same for the same seed. One value in ``seldom`` is unknown; ``leads``: how many."""

    def __init__(self, seed: int, leads: int | None = None) -> None:
        self.random = Random(seed)
        self.seldom = self.random.choice([5, 10, 30, 100])
        days = self.random.choice([0, 0, 1, 4])
        self.as_of = self.random.choice(MOMENTS[2:]) + days * timedelta(days=1) + self.hair()
        self.many = leads if leads is not None else self.random.randrange(1, 25)

    def history(self) -> History:
        company = self.random.choice(ZONES)
        return History(self.tables(), company, self.random.choice([company, *ZONES]), self.as_of)

    def tables(self) -> Tables:
        leads = [f"L{number}" for number in range(self.many)]
        return {
            "user": [self.user(f"u{number}") for number in range(4)],
            "account": [self.account(f"a{number}") for number in range(3 + self.many // 40)],
            "lead": [self.lead(id_) for id_ in leads],
            "score_change": dated(self.told(leads, "changed_at", score=self.score), "changed_at"),
            "stage_change": dated(self.told(leads, "moved_at", stage=self.stage), "moved_at"),
            "owner_change": dated(self.told(leads, "given_at", owner=self.owner), "given_at"),
            "act": self.told(leads, "at", human=lambda: self.pick("true", "true", "false")),
            "wait": [self.wait(row) for row in self.told(leads, "began_at", why=lambda: self.pick("customer", "us"))],
            "touch_log": [self.touch(row) for row in self.told(leads, "at", kind=lambda: self.pick("mail", "call"))],
            "sub": [self.sub(f"S{number}") for number in range(self.many)],
        }

    def pick(self, *values: str) -> str:
        """One of the values, or unknown."""
        return "" if self.random.randrange(self.seldom) == 0 else self.random.choice(values)

    def hair(self) -> timedelta:
        return self.random.choice([-HAIR, HAIR, *3 * [0 * HAIR]])

    def some(self) -> datetime:
        """A moment: that which is asked for, another one, or one some days or hours beside it."""
        step = timedelta(days=self.random.choice(STEPS_BESIDE), hours=self.random.choice([0, 0, 1, 6, -1]))
        return self.random.choice([self.as_of, self.as_of, *MOMENTS]) + step + self.hair()

    def moment(self, after: str = "") -> str:
        """A moment, or one some hours after another."""
        if not after or self.random.randrange(4) == 0:
            return self.pick(written(self.some()))
        step = timedelta(hours=self.random.choice([0, 1, 4, 26, 48, 120, 24 * 20, -1]))
        return self.pick(written(datetime.fromisoformat(after) + step + self.hair()))

    def day(self) -> str:
        return self.pick(self.some().date().isoformat())

    def since(self) -> str:
        """Most are there for long."""
        return self.random.choice([*3 * ["2025-06-01T00:00:00+00:00"], written(self.some())])

    def score(self) -> str:
        return self.pick("10", "31", "50", "51", "80")

    def stage(self) -> str:
        return self.pick("new", "waiting", "won", "lost")

    def owner(self) -> str:
        return self.pick("u0", "u1", "u2", "u3", "nobody")

    def user(self, id_: str) -> Row:
        hired_on, calendar = self.since()[:10], self.pick("desk", "night", "none")
        return {"id": id_, "hired_on": hired_on, "calendar": calendar, "region": self.pick("N", "S")}

    def account(self, id_: str) -> Row:
        return {"id": id_, "since": self.since(), "size": self.pick("1", "2", "3")}

    def lead(self, id_: str) -> Row:
        asked_at = self.moment()
        routed_at = self.moment(asked_at)
        return {
            "id": id_,
            "created_at": self.since(),
            "account": self.pick("a0", "a1", "a2", "nobody"),
            "owner": self.owner(),
            "score": self.score(),
            "stage": self.stage(),
            "source": self.pick("web", "fair"),
            "asked_at": asked_at,
            "routed_at": routed_at,
            "assigned_at": self.moment(routed_at),
            "replied_at": self.moment(asked_at),
            "mql_at": self.moment(asked_at),
            "closed_at": self.moment(asked_at),
            "started_on": self.day(),
            "signed_on": self.day(),
            "planned_at": self.moment(asked_at),
            "amount": self.pick("100", "0.0001", f"{self.random.randrange(10**9) / 10_000:.4f}"),
        }

    def told(self, leads: Sequence[str], moment: str, **told: Callable[[], str]) -> list[Row]:
        """Some records of what is told of leads."""
        (name, value), *_ = told.items()
        return [
            {"id": f"{number}", "lead": self.pick(*leads), moment: self.moment(), name: value()}
            for number in range(self.random.randrange(2 * self.many + 1))
        ]

    def wait(self, row: Row) -> Row:
        return {**row, "ended_at": self.moment(row["began_at"])}

    def touch(self, row: Row) -> Row:
        return {"lead": row["lead"] or "L0", "channel": self.pick("web", "phone"), "at": row["at"], "kind": row["kind"]}

    def sub(self, id_: str) -> Row:
        return {
            "id": id_,
            "created_at": self.since(),
            "account": self.pick("a0", "a1", "a2"),
            "plan": self.pick("free", "pro"),
            "mrr": self.pick("100", "50", f"{self.random.randrange(10**9) / 10_000:.4f}"),
            "starts_on": self.day(),
            "ends_at": "" if self.random.randrange(2) else self.moment(),
        }


def dated(rows: Sequence[Row], moment: str) -> list[Row]:
    """A change at an unknown moment tells nothing that could be taken back."""
    return [row for row in rows if row[moment]]


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def csv_texts(tables: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """The streams as CSV."""
    return {stream: csv_text(rows, COLUMNS[stream]) for stream, rows in tables.items()}


def csv_text(rows: Sequence[Row], names: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


# The same as it was

OCCURS = {
    "user": "hired_on",
    "account": "since",
    "lead": "created_at",
    "score_change": "changed_at",
    "stage_change": "moved_at",
    "owner_change": "given_at",
    "act": "at",
    "touch_log": "at",
    "sub": "created_at",
}
"""By stream, when its records happen; one whose moment is unknown is always there."""
ANCHORS = {
    "lead": (
        "asked_at", "routed_at", "assigned_at", "replied_at", "mql_at", "closed_at", "started_on", "signed_on",
    ),
    "wait": ("began_at", "ended_at"),
}  # fmt: skip
"""Moments that say that something has happened. Others are plans."""
PASTS = {"score": "score_change", "stage": "stage_change", "owner": "owner_change"}
"""The fields of leads that have a past, and who tells it."""


def as_it_was(history: History) -> Tables:
    """The tables without anything that came later than as_of."""

    def has_come(text: str) -> bool:
        if len(text) > len("2026-01-01"):
            return datetime.fromisoformat(text) <= history.as_of
        return not text or date.fromisoformat(text) <= history.as_of.astimezone(ZoneInfo(history.source)).date()

    tables: Tables = {}
    for stream, rows in history.tables.items():
        there = [row for row in rows if stream not in OCCURS or has_come(row[OCCURS[stream]])]
        anchors = ANCHORS.get(stream, ())
        tables[stream] = [{k: "" if k in anchors and not has_come(v) else v for k, v in row.items()} for row in there]
    for row in tables["lead"]:
        row |= {field: held_then(history, row, field, has_come) for field in PASTS}
    return tables


def held_then(history: History, lead: Row, field: str, has_come: Callable[[str], bool]) -> str:
    """What the last change by then says; without any change today's, and if all came later, nobody knows.

    Of changes at one moment the greatest value is the last, and an unknown one is greater than all.
    """
    stream = PASTS[field]
    changes = [row for row in history.tables[stream] if row["lead"] == lead["id"]]
    by_then = [row for row in changes if has_come(row[OCCURS[stream]])]
    if not by_then:
        return "" if changes else lead[field]
    last = max(row[OCCURS[stream]] for row in by_then)
    values = [row[field] for row in by_then if row[OCCURS[stream]] == last]
    return "" if "" in values else max(values)
