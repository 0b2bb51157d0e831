"""Larkspur's metrics on every basis, each window by itself: periods, cohorts, records in force, retention, derived.

What is counted is written down here a second time, by hand, from `alignment/metrics/` and `alignment/definitions/`. A
`Number` says of one window who is in it, and what the formula makes of them; `cells_of` does the rest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.oracle.counting import By, Group, Sides, groups, in_order, window_head
from tests.oracle.exact import DAY_US, fraction_text, middle
from tests.oracle.larkspur_crm import ZONE, Crm
from tests.oracle.windows import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.oracle.larkspur_ledgers import Books

QUARTER = "fiscal_quarter"


@dataclass(frozen=True, slots=True)
class Fact:
    """A record (or a key) of a window: the population's rule, its groups, what the formula reads of it.

    ``is_clear`` is false where something that the formula reads is unknown.
    """

    belongs: bool | None
    by: By
    value: Any = None
    is_clear: bool = True


@dataclass(frozen=True, slots=True)
class Number:
    """A metric. ``facts`` of a window; ``formula`` over the values of those that belong and are clear to it."""

    id: str
    facts: Callable[[str], Iterable[Fact]]
    formula: Callable[[Sequence[Any]], Sides]
    grain: str = "month"
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    min_n: int = 1
    matures: int = 0
    """Days, of a cohort."""
    is_stale: bool = False
    leaves_out: bool = False
    """Whether who is not clear is left out of everything, as keys of retention are."""


def cells_of(number: Number, label: str, frame: Frame) -> list[dict[str, Any]]:
    """The cells of a window, the total first; what is not in the population is nowhere."""
    found: defaultdict[Group, list[Fact]] = defaultdict(list)
    for fact in (fact for fact in number.facts(label) if fact.belongs is not False):
        for group in groups(fact.by):
            found[group].append(fact)
    return [judged_cell(number, group, facts, label, frame) for group, facts in in_order(found)]


def judged_cell(number: Number, group: Group, facts: Sequence[Fact], label: str, frame: Frame) -> dict[str, Any]:
    members = [fact for fact in facts if fact.belongs]
    value, numerator, denominator = number.formula(
        [fact.value for fact in members if fact.is_clear or not number.leaves_out]
    )
    n = len(members)
    cell: dict[str, Any] = {
        "by": dict(group),
        "value": fraction_text(value),
        "numerator": fraction_text(numerator),
        "denominator": fraction_text(denominator),
        "n": n,
        "unknown": sum(fact.belongs is None or not fact.is_clear for fact in facts),
    }
    if not group and frame.is_over(label) and _has_matured(number, label, frame):
        cell["status"] = status_of(number, value, n if denominator is None else denominator)
    return cell


def _has_matured(number: Number, label: str, frame: Frame) -> bool:
    days = frame.range(label)
    return days is not None and frame.midnight(days[1] + timedelta(days=number.matures)) <= frame.as_of


def status_of(number: Number, value: Fraction | None, enough: Fraction | int) -> str | None:
    if number.at_least is None and number.at_most is None:
        return None
    if number.is_stale:
        return "stale"
    if value is None or enough < number.min_n:
        return "not_enough_data"
    is_short = number.at_least is not None and value < number.at_least
    is_over = number.at_most is not None and value > number.at_most
    return "off_target" if is_short or is_over else "on_target"


# Formulas


def share(rules: Sequence[bool | None]) -> Sides:
    true, judged = sum(rule is True for rule in rules), sum(rule is not None for rule in rules)
    return (Fraction(true, judged) if judged else None), Fraction(true), Fraction(judged)


def added(values: Sequence[Fraction | None]) -> Sides:
    known = [value for value in values if value is not None]
    return (sum(known, Fraction(0)) if known else None), None, None


def centre(values: Sequence[Fraction | None]) -> Sides:
    return middle([value for value in values if value is not None]), None, None


def number_of(values: Sequence[Any]) -> Sides:
    return Fraction(len(values)), None, None


def over(numerator: Fraction | None, denominator: Fraction | None) -> Sides:
    """The two sides of a division; by 0 it is unknown."""
    if numerator is None or denominator is None or denominator == 0:
        return None, numerator, denominator
    return numerator / denominator, numerator, denominator


def parts(values: Sequence[tuple[Fraction | None, Fraction | None]]) -> Sides:
    """``sum(a) / sum(b)``."""
    return over(added([a for a, _ in values])[0], added([b for _, b in values])[0])


# Records of a period


def segment_of(account: Any) -> str | None:
    return account.size_band if account else None


def region_of(user: Any) -> str | None:
    return user.region if user else None


def exact(money: Any) -> Fraction | None:
    return None if money is None else Fraction(money)


class World:
    """The records, the frame of the CRM and that of the survey tool."""

    def __init__(self, crm: Crm, books: Books) -> None:
        self.crm, self.books = crm, books
        self.frame = Frame(crm.as_of, ZONE, fiscal_month=2)
        self.surveys = Frame(books.surveys_as_of, ZONE, fiscal_month=2)
        self.subscribed_since: dict[str, date] = {}
        for contract in books.of("subscription"):
            if contract["account"]:
                id, start = contract["account"].id, contract["start_date"]
                self.subscribed_since[id] = min(self.subscribed_since.get(id, start), start)

    def is_in(self, label: str, day: date | None) -> bool:
        days = self.frame.range(label)
        assert days is not None
        return day is not None and days[0] <= day < days[1]

    def moment_in(self, label: str, us: int | None) -> bool:
        return us is not None and us <= self.frame.as_of and self.is_in(label, self.frame.day(us))

    def period(self) -> list[Number]:
        """Metrics over the records of a period."""
        deals, books = self.crm.opportunities, self.books

        def costs(label: str) -> Iterable[Fact]:
            for row in books.of("spend"):
                if self.is_in(label, row["spent_on"]) and row["team"] in ("marketing", "sales"):
                    yield Fact(True, {}, exact(row["amount"]), row["amount"] is not None)

        def quotas(label: str) -> Iterable[Fact]:
            for row in books.of("quota"):
                if self.is_in(label, row["period_from"]):
                    rep = row["user"].id if row["user"] else None
                    by = {"region": region_of(row["user"]), "rep": rep}
                    yield Fact(True, by, (exact(row["credited"]), exact(row["amount"])))

        def reached(label: str) -> Iterable[Fact]:
            for row in books.of("quota"):
                if self.is_in(label, row["period_from"]):
                    by = {"region": region_of(row["user"])}
                    yield Fact(row["ramped"], by, row["credited"] >= row["amount"])

        def forecasts(label: str) -> Iterable[Fact]:
            for row in books.of("forecast"):
                if self.is_in(label, row["period_from"]) and row["category"] == "commit":
                    value = exact(row["amount"]), exact(row["actual"])
                    yield Fact(True, {"segment": row["segment"]}, value, row["actual"] is not None)

        def renewals(label: str) -> Iterable[Fact]:
            for row in books.of("subscription"):
                if self.is_in(label, row["end_date"]) and row["end_reason"] in ("renewed", "not_renewed"):
                    mrr = exact(row["mrr"])
                    lost = mrr if row["end_reason"] == "not_renewed" else Fraction(0)
                    by = {"plan": row["plan"].replace(" ", "_"), "segment": segment_of(row["account"])}
                    yield Fact(True, by, (lost, mrr), mrr is not None)

        def closed(label: str) -> Iterable[Fact]:
            for deal in deals:
                if self.is_in(label, deal.close_date) and deal.closed is not False:
                    amount = Fraction(deal.amount)
                    yield Fact(deal.closed, {"segment": deal.segment}, (amount if deal.won else Fraction(0), amount))

        def won(label: str) -> Iterable[Fact]:
            for deal in deals:
                if self.is_in(label, deal.close_date) and deal.won is not False:
                    yield Fact(deal.won, {"segment": deal.segment}, Fraction(deal.amount))

        def demos(label: str) -> Iterable[Fact]:
            for row in books.of("demo"):
                if self.moment_in(label, row["held_at"]) and row["status"] == "held":
                    yield Fact(True, {"segment": segment_of(row["account"])}, row["opportunity"] is not None)

        def accuracy(values: Sequence[tuple[Fraction, Fraction | None]]) -> Sides:
            known = [(said, was) for said, was in values if was is not None]
            missed, was = added([abs(said - was) for said, was in known])[0], added([was for _, was in known])[0]
            return (None if missed is None or not was else 1 - missed / was), None, None

        def bias(values: Sequence[tuple[Fraction, Fraction | None]]) -> Sides:
            said, was = added([a for a, _ in values])[0], added([b for _, b in values])[0]
            return over(None if said is None or was is None else said - was, was)

        return [
            Number("winning_spend", costs, added),
            Number("quota_attainment", quotas, parts, QUARTER, at_least=Fraction(90, 100)),
            Number("reps_on_quota", reached, share, QUARTER, at_least=Fraction(60, 100), min_n=5),
            Number("forecast_accuracy", forecasts, accuracy, QUARTER, at_least=Fraction(75, 100)),
            Number("forecast_bias", forecasts, bias, QUARTER, at_least=Fraction(-20, 100), at_most=Fraction(20, 100)),
            Number("renewal_churn", renewals, parts, at_most=Fraction(20, 100), min_n=20),
            Number("win_rate_by_value", closed, parts),
            Number("median_deal", won, centre),
            Number("demos_to_deals", demos, share),
        ]

    def asked(self) -> list[Number]:
        """What customers were asked and answered, as the survey tool knew last."""

        def answers(label: str) -> Iterable[Fact]:
            for row in self.books.of("survey_response"):
                moment = row["answered_at"]
                if row["type"] == "nps" and row["score"] is not None and self.moment_in(label, moment):
                    yield Fact(True, {"segment": segment_of(row["account"])}, row["score"])

        def asked(label: str) -> Iterable[Fact]:
            for row in self.books.of("survey_response"):
                if row["type"] == "nps" and self.moment_in(label, row["asked_at"]):
                    yield Fact(True, {}, row["answered_at"] is not None)

        def promoters(scores: Sequence[int]) -> Sides:
            return over(Fraction(sum(s >= 9 for s in scores) - sum(s <= 6 for s in scores)), Fraction(len(scores)))

        return [
            Number("nps", answers, promoters, at_least=Fraction(25, 100), min_n=20, is_stale=True),
            Number("nps_response", asked, share),
        ]

    # Cohorts

    def cohorts(self) -> list[Number]:
        """Who entered in a window, and what became of them in time."""
        leads, as_of = self.crm.leads, self.frame.as_of

        def came(entered: int, moment: int | None, days: int) -> bool:
            return moment is not None and entered <= moment <= min(entered + days * DAY_US, as_of)

        def accepted(label: str) -> Iterable[Fact]:
            for lead in leads:
                if self.moment_in(label, lead.mql_at) and lead.mql_at and lead.mql is not False:
                    by = {"source": lead.source, "segment": lead.segment}
                    yield Fact(lead.mql, by, came(lead.mql_at, lead.sql_at, 90))

        def decided(label: str) -> Iterable[Fact]:
            for lead in leads:
                if self.moment_in(label, lead.mql_at) and lead.mql_at and lead.mql is not False:
                    known = [moment for moment in (lead.sql_at, lead.rejected_at) if moment is not None]
                    yield Fact(lead.mql, {}, came(lead.mql_at, min(known, default=None), 7))

        def held(label: str) -> Iterable[Fact]:
            for row in self.books.of("demo"):
                if self.moment_in(label, row["requested_at"]):
                    is_held = row["status"] == "held" and came(row["requested_at"], row["held_at"], 30)
                    yield Fact(True, {"segment": segment_of(row["account"])}, is_held)

        def won(label: str) -> Iterable[Fact]:
            for deal in self.crm.opportunities:
                if self.is_in(label, deal.opened_on):
                    limit = min(deal.opened_on + timedelta(days=180), self.frame.day(as_of))
                    in_time = deal.opened_on <= deal.close_date <= limit
                    is_won = deal.won if in_time else False
                    by = {"segment": deal.segment, "channel": deal.lead.source if deal.lead else None}
                    yield Fact(True, by, is_won, is_won is not None)

        return [
            Number("mql_to_sql", accepted, share, at_least=Fraction(35, 100), min_n=20, matures=90),
            Number("decided_in_a_week", decided, share, matures=7),
            Number("demos_held", held, share, at_least=Fraction(65, 100), min_n=20, matures=30),
            Number("win_rate_created", won, share, matures=180),
        ]

    # Records in force

    def end_of(self, label: str) -> date:
        """The first day behind a window, or behind the day that as_of lies in."""
        days = self.frame.range(label)
        assert days is not None
        return days[1] if self.frame.is_over(label) else self.frame.day(self.frame.as_of) + timedelta(days=1)

    def snapshots(self) -> list[Number]:
        """What is in force at the end of a window."""

        def contracts(label: str) -> Iterable[Fact]:
            for row in self.books.of("subscription"):
                if in_force(row["start_date"], row["end_date"], self.end_of(label)):
                    by = {"segment": segment_of(row["account"]), "plan": row["plan"].replace(" ", "_")}
                    mrr = exact(row["mrr"])
                    yield Fact(True, by, None if mrr is None else 12 * mrr, mrr is not None)

        def deals(label: str) -> Iterable[Fact]:
            for deal in self.crm.opportunities:
                until = deal.close_date if deal.closed else None
                if in_force(deal.opened_on, until, self.end_of(label)):
                    yield Fact(True, {"segment": deal.segment}, Fraction(deal.amount))

        def due(label: str) -> Iterable[Fact]:
            for deal in self.crm.opportunities:
                until = deal.close_date if deal.closed else None
                if in_force(deal.opened_on, until, self.end_of(label)):
                    is_due = self.is_in(label, deal.close_date)
                    yield Fact(True, {"region": deal.region}, Fraction(deal.amount) if is_due else Fraction(0))

        return [
            Number("arr", contracts, added, at_least=Fraction(10_000_000)),
            Number("open_pipeline", deals, added),
            Number("open_deals", deals, number_of),
            Number("due_pipeline", due, added, QUARTER),
        ]


def in_force(start: date, until: date | None, end: date) -> bool:
    """Begun before ``end``, and not over before it."""
    return start < end and (until is None or until >= end)


def measured(number: Number, labels: Iterable[str], frame: Frame) -> dict[str, Any]:
    """The windows of a metric that have cells."""
    windows = {label: cells_of(number, label, frame) for label in labels}
    return {
        "grain": number.grain,
        "windows": {label: {**window_head(label, frame), "cells": cells} for label, cells in windows.items() if cells},
    }


def months(frame: Frame) -> list[str]:
    """2024-09 until as_of."""
    found = [f"{2024 + (month - 1) // 12}-{(month - 1) % 12 + 1:02}" for month in range(9, 28)]
    return [label for label in found if frame.starts(label) < frame.as_of]


def quarters(frame: Frame) -> list[str]:
    return [
        label
        for label in ("FY2025-Q3", "FY2025-Q4", "FY2026-Q1", "FY2026-Q2", "FY2026-Q3", "FY2026-Q4", "FY2027-Q1")
        if frame.starts(label) < frame.as_of
    ]
