"""Metrics on every basis over small tables: the documents, and beside each what the oracle makes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle.bases import Counted, InForce, Judged, Kept, Seen, opposite
from tests.oracle.exact import both, either
from tests.oracle.formulas import (
    best,
    count_if,
    distinct,
    mean,
    median,
    number,
    quantile,
    quotient,
    ratio,
    share,
    total,
)
from tests.small import metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.bases import Key, Metric, Moment, Record
    from tests.oracle.formulas import Formula, Rule, Value

DOCUMENTS = """\
kind: company
id: any
currency: EUR
timezone: {company}
---
kind: entity
id: org
from: crm.org
key: id
occurs: created_at
fields: {{id: text, created_at: timestamp, live: boolean, live_at: timestamp}}
---
kind: entity
id: deal
from: crm.deal
key: id
occurs: created_at
fields:
  id: text
  org: {{ref: org}}
  created_at: timestamp
  entered_at: timestamp
  entered_on: date
  fits: boolean
  won: boolean
  won_at: timestamp
  signed: boolean
  signed_on: date
  amount: {{type: money, unit: EUR}}
  size: integer
  segment: text
---
kind: entity
id: sub
from: crm.sub
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  customer: text
  plan: text
  paid: boolean
  mrr: {{type: money, unit: EUR/month}}
  seats: integer
  starts_at: timestamp
  ends_at: timestamp
  starts_on: date
  ends_on: date
---
{{kind: definition, id: fit, owner: sales, of: deal, when: fits, at: entered_at}}
---
{{kind: definition, id: win, owner: sales, of: deal, when: won, at: won_at}}
---
{{kind: definition, id: big_win, owner: sales, of: win, when: size > 2, at: won_at}}
---
{{kind: definition, id: contract, owner: sales, of: deal, when: signed, at: signed_on}}
---
{{kind: definition, id: live_org, owner: sales, of: org, when: live, at: live_at}}
---
{{kind: definition, id: soon, owner: sales, of: deal, when: won_at < period.until}}
---
{{kind: definition, id: paying, owner: sales, of: sub, when: paid}}
---
"""

# What a rule says of a record: in the documents, and of what the oracle sees

HAIR = timedelta(microseconds=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def everyone(seen: Seen) -> bool:
    del seen
    return True


def fits(seen: Seen) -> bool | None:
    return seen.record.boolean("fits")


def soon(seen: Seen) -> bool | None:
    return seen.is_before_until(seen.record.moment("won_at"))


def paying(seen: Seen) -> bool | None:
    return seen.record.boolean("paid")


def win(seen: Seen) -> bool | None:
    return seen.holds(seen.record.boolean("won"), seen.record.moment("won_at"))


def big_win(seen: Seen) -> bool | None:
    return seen.holds(both(seen.record.boolean("won"), large(seen)), seen.record.moment("won_at"))


def contract(seen: Seen) -> bool | None:
    return seen.holds(seen.record.boolean("signed"), seen.record.day("signed_on"))


def live_org(seen: Seen) -> bool | None:
    org = seen.record.org
    if org is None:
        return seen.holds(None, None)
    moment = (datetime.fromisoformat(org["live_at"]) - BEGINNING) // HAIR if org["live_at"] else None
    return seen.holds({"true": True, "false": False, "": None}[org["live"]], moment)


def late(seen: Seen) -> bool | None:
    before = seen.is_before_until(seen.record.moment("won_at"))
    return None if before is None else not before


def large(seen: Seen) -> bool | None:
    return seen.record.exceeds("size", 2)


def amount(seen: Seen) -> Fraction | None:
    return seen.record.number("amount")


def mrr(seen: Seen | Record) -> Fraction | None:
    return (seen.record if isinstance(seen, Seen) else seen).number("mrr")


def seats(seen: Seen | Record) -> Fraction | None:
    return (seen.record if isinstance(seen, Seen) else seen).number("seats")


def one(record: Record) -> Fraction:
    del record
    return Fraction(1)


def is_from_period(seen: Seen) -> bool | None:
    return seen.is_from_on(seen.record.moment("starts_at"))


def text(name: str) -> Value:
    return lambda seen: seen.record.text(name)


def moment(name: str) -> Callable[[Record], Moment]:
    return lambda record: record.moment(name)


def day(name: str) -> Callable[[Record], Moment]:
    return lambda record: record.day(name)


POPULATIONS: dict[str, Rule] = {"deal": everyone, "fit": fits, "soon": soon, "sub": everyone, "paying": paying}
DIMENSIONS: dict[str, tuple[str, Value]] = {
    "segment": ("segment", text("segment")),
    "large": ("{large: size > 2}", large),
    "late": ("{late: won_at >= period.until}", late),
    "plan": ("plan", text("plan")),
    "paid": ("paid", paying),
    "fresh": ("{fresh: starts_at >= period.from}", is_from_period),
}
UNITS = {"share(": "percent", "count_if(": "percent", "sum(amount": "EUR", "median(amount": "EUR", "avg(days": "days"}
MOMENTS = {
    **{name: moment(name) for name in ("entered_at", "starts_at", "ends_at")},
    **{name: day(name) for name in ("entered_on", "starts_on", "ends_on")},
}
Made = tuple[str, "Metric"]


def made(id_: str, formula: str, of: str, by: tuple[str, ...], unit: str | None, **keys: str) -> str:
    split = f"[{', '.join(DIMENSIONS[name][0] for name in by)}]"
    unit = unit or next((unit for start, unit in UNITS.items() if formula.startswith(start)), "count")
    return metric(id_, f'"{formula}"', of=of, by=split, unit=unit, **keys)


def by_of(names: tuple[str, ...]) -> dict[str, Value]:
    return {name: DIMENSIONS[name][1] for name in names}


def counted(
    id_: str,
    formula: str,
    means: Formula,
    *,
    of: str = "deal",
    at: str = "entered_at",
    by: tuple[str, ...] = (),
    unit: str | None = None,
) -> Made:
    """A metric of records in the window of their moment."""
    document = made(id_, formula, of, by, unit, at=at)
    return document, Counted("deal", POPULATIONS[of], means, by_of(by), MOMENTS[at])


def cohort(
    id_: str,
    formula: str,
    means: Formula,
    days: int | None = None,
    *,
    months: int | None = None,
    calendar_days: int | None = None,
    of: str = "deal",
    at: str = "entered_at",
    by: tuple[str, ...] = (),
    unit: str | None = None,
) -> Made:
    lengths = {"days": days, "months": months, "calendar days": calendar_days}
    matures = [f"{length} {name}" for name, length in lengths.items() if length is not None]
    document = made(id_, formula, of, by, unit, at=at, basis="cohort", **({"matures": matures[0]} if matures else {}))
    judged = Judged(MOMENTS[at], days, months, calendar_days)
    return document, Counted("deal", POPULATIONS[of], means, by_of(by), MOMENTS[at], judged)


def snapshot(
    id_: str,
    formula: str,
    means: Formula,
    *,
    of: str = "sub",
    force: tuple[str, str] = ("starts_at", "ends_at"),
    by: tuple[str, ...] = (),
    unit: str | None = None,
) -> Made:
    starts, ends = force
    in_force = f"{{from: {starts}, until: {ends}}}"
    document = made(id_, formula, of, by, unit, basis="snapshot", in_force=in_force)
    return document, InForce("sub", POPULATIONS[of], means, by_of(by), MOMENTS[starts], MOMENTS[ends])


def kept(
    id_: str,
    formula: str,
    means: Formula,
    reads: str,
    span: tuple[int, str],
    *,
    of: str = "sub",
    force: tuple[str, str] = ("starts_at", "ends_at"),
    per: str = "customer",
    by: tuple[str, ...] = (),
    unit: str | None = None,
) -> Made:
    """``reads``: what the formula reads at the two ends, as in `opening mrr, closing mrr`."""
    starts, ends = force
    in_force, long = f"{{from: {starts}, until: {ends}}}", f"{span[0]} {span[1]}"
    document = made(id_, formula, of, by, unit, basis="retention", in_force=in_force, span=long, per=per)
    oracle = Kept(
        "sub",
        POPULATIONS[of],
        means,
        by_of(by),
        MOMENTS[starts],
        MOMENTS[ends],
        key=lambda record: record.text(per),
        sums={"mrr": mrr, "seats": seats, "1": one},
        reads=tuple((read.split()[0], read.split()[1]) for read in reads.split(", ") if read),
        **{span[1]: span[0]},
    )
    return document, oracle


def opening(name: str) -> Value:
    return lambda key: key.opening(name)


def closing(name: str) -> Value:
    return lambda key: key.closing(name)


def has_opening(name: str) -> Rule:
    return lambda key: key.opening(name) > 0


def lesser(key: Key) -> Fraction:
    return min(key.opening("mrr"), key.closing("mrr"))


def large_since_february(key: Key) -> bool | None:
    return both(key.closing("seats") > 3, None if key.range is None else key.range[0] >= date(2026, 2, 1))


def both_ends(name: str) -> str:
    return f"opening {name}, closing {name}"


DAYS = ("starts_on", "ends_on")
PERIODS = {
    "late": counted(
        "late", "count_if(won_at >= period.until) / count(*)", quotient(late), of="fit", by=("segment", "late")
    ),
    "soon_n": counted("soon_n", "count(*)", number(), of="soon", by=("large",)),
    "pace": counted(
        "pace",
        "avg(days_between(period.from, entered_at))",
        mean(lambda seen: seen.days_since_from(seen.record.moment("entered_at"))),
    ),
    "in_window": counted(
        "in_window",
        "share(signed_on < period.until)",
        share(lambda seen: seen.is_before_until(seen.record.day("signed_on"))),
        at="entered_on",
    ),
}
COHORTS = {
    "won": cohort("won", "share(win)", share(win), 30, of="fit", by=("segment", "large", "late")),
    "won_ever": cohort("won_ever", "share(win)", share(win)),
    "won_large": cohort(
        "won_large",
        "count_if(win and size > 2) / count(*)",
        quotient(lambda seen: both(win(seen), large(seen))),
        10,
        by=("segment",),
    ),
    "not_big": cohort(
        "not_big",
        "count_if(win and not big_win)",
        count_if(lambda seen: both(win(seen), opposite(big_win(seen)))),
        20,
        unit="count",
    ),
    "won_amount": cohort(
        "won_amount", "sum(amount) filter (where win)", total(amount, win), 30, of="fit", by=("segment", "large")
    ),
    "typical": cohort(
        "typical",
        "median(amount) filter (where win or contract)",
        median(amount, lambda seen: either(win(seen), contract(seen))),
        25,
    ),
    "signed_by_day": cohort("signed_by_day", "share(contract)", share(contract), 20, at="entered_on"),
    "signed_after": cohort("signed_after", "share(contract)", share(contract), 20),
    "signed_ever": cohort("signed_ever", "share(contract)", share(contract), at="entered_on", by=("large",)),
    "won_from_day": cohort("won_from_day", "share(win)", share(win), 20, at="entered_on", by=("segment",)),
    "won_in_months": cohort("won_in_months", "share(win)", share(win), months=1, by=("segment",)),
    "won_in_days": cohort("won_in_days", "share(win)", share(win), calendar_days=30),
    "signed_in_months": cohort("signed_in_months", "share(contract)", share(contract), months=1, at="entered_on"),
    "signed_months_after": cohort("signed_months_after", "share(contract)", share(contract), months=1),
    "signed_days_after": cohort("signed_days_after", "share(contract)", share(contract), calendar_days=20),
    "won_months_from_day": cohort("won_months_from_day", "share(win)", share(win), months=1, at="entered_on"),
    "won_days_from_day": cohort("won_days_from_day", "share(win)", share(win), calendar_days=20, at="entered_on"),
    "of_live": cohort("of_live", "share(live_org)", share(live_org), 30),
}
SNAPSHOTS = {
    "subs": snapshot("subs", "count(*)", number(), by=("plan", "fresh")),
    "run_rate": snapshot("run_rate", "sum(mrr)", total(mrr), of="paying", by=("plan", "paid"), unit="EUR/month"),
    "places": snapshot("places", "sum(seats)", total(seats), of="paying", force=DAYS, by=("plan",)),
    "mean_mrr": snapshot("mean_mrr", "avg(mrr)", mean(mrr), force=DAYS, unit="EUR/month"),
    "middle": snapshot("middle", "median(mrr)", median(mrr), force=("starts_on", "ends_at"), unit="EUR/month"),
    "high": snapshot("high", "quantile_cont(mrr, 0.9)", quantile(mrr, Fraction(9, 10)), of="paying", unit="EUR/month"),
    "customers": snapshot("customers", "count(distinct customer)", distinct(text("customer")), of="paying"),
    "largest": snapshot("largest", "arg_max(seats, mrr)", best(seats, mrr), by=("paid",)),
    "fresh_share": snapshot(
        "fresh_share",
        "count_if(starts_at >= period.from) / count(*)",
        quotient(is_from_period),
        of="paying",
        by=("plan",),
    ),
    "paid_share": snapshot(
        "paid_share",
        "share(paid) filter (where seats > 1)",
        share(paying, lambda seen: seen.record.exceeds("seats", 1)),
        force=DAYS,
    ),
}
KEPT = {
    "grr": kept(
        "grr",
        "sum(least(closing(mrr), opening(mrr))) / sum(opening(mrr))",
        ratio(lesser, opening("mrr")),
        both_ends("mrr"),
        (1, "months"),
        of="paying",
        by=("plan", "fresh"),
        unit="percent",
    ),
    "nrr": kept(
        "nrr",
        "sum(closing(mrr)) filter (where opening(mrr) > 0) / sum(opening(mrr))",
        ratio(closing("mrr"), opening("mrr"), has_opening("mrr")),
        both_ends("mrr"),
        (1, "months"),
        of="paying",
        by=("plan", "paid"),
        unit="percent",
    ),
    "logos_lost": kept(
        "logos_lost",
        "count_if(opening(mrr) > 0 and closing(mrr) = 0) / count_if(opening(mrr) > 0)",
        quotient(lambda key: both(has_opening("mrr")(key), key.closing("mrr") == 0), has_opening("mrr")),
        both_ends("mrr"),
        (45, "days"),
        force=DAYS,
        by=("plan",),
    ),
    "keys": kept("keys", "count(*)", number(), "", (2, "months"), of="paying", by=("plan", "fresh")),
    "seats_lost": kept(
        "seats_lost",
        "sum(greatest(opening(seats) - closing(seats), 0)) / sum(opening(seats))",
        ratio(lambda key: max(key.opening("seats") - key.closing("seats"), Fraction(0)), opening("seats")),
        both_ends("seats"),
        (1, "months"),
        force=DAYS,
        unit="percent",
    ),
    "growth": kept(
        "growth",
        "median(closing(mrr) - opening(mrr))",
        median(lambda key: key.closing("mrr") - key.opening("mrr")),
        both_ends("mrr"),
        (30, "days"),
        by=("paid",),
        unit="EUR/month",
    ),
    "sizes": kept(
        "sizes", "count(distinct closing(seats))", distinct(closing("seats")), "closing seats", (1, "months")
    ),
    "top": kept(
        "top",
        "arg_max(closing(mrr), opening(seats))",
        best(closing("mrr"), opening("seats")),
        "closing mrr, opening seats",
        (1, "months"),
        unit="EUR/month",
    ),
    "lower": kept(
        "lower",
        "quantile_cont(closing(mrr), 0.25)",
        quantile(closing("mrr"), Fraction(1, 4)),
        "closing mrr",
        (1, "months"),
        by=("plan",),
        unit="EUR/month",
    ),
    "average": kept(
        "average",
        "avg(closing(mrr)) filter (where opening(1) > 0)",
        mean(closing("mrr"), has_opening("1")),
        "closing mrr, opening 1",
        (1, "months"),
        unit="EUR/month",
    ),
    "plans": kept(
        "plans",
        "share(closing(1) > opening(1))",
        share(lambda key: key.closing("1") > key.opening("1")),
        both_ends("1"),
        (2, "months"),
        per="plan",
        by=("paid",),
    ),
    "since": kept(
        "since",
        "count_if(closing(seats) > 3 and period.from >= '2026-02-01')",
        count_if(large_since_february),
        "closing seats",
        (1, "months"),
        unit="count",
    ),
}
METRICS = PERIODS | COHORTS | SNAPSHOTS | KEPT
