"""Every promise and every metric of the sample company, worked out in plain Python from `data/*.csv`.

`python -m tests.oracle.larkspur` writes `tests/expected/larkspur.json`. What is measured is written down here a second
time, by hand, from the documents under `alignment/`.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.oracle.business_time import PlainCalendar, open_us
from tests.oracle.counting import (
    Counted,
    Group,
    Metric,
    Promise,
    Sla,
    centre,
    mean,
    measure_metric,
    measure_sla,
    number,
    part_of_all,
    share,
    total,
)
from tests.oracle.exact import DAY_US, HOUR_US, both, either, utc_text, write_expected
from tests.oracle.larkspur_calendars import CALENDARS
from tests.oracle.larkspur_crm import ZONE, Crm, Lead, Opportunity, read_crm
from tests.oracle.larkspur_ledgers import read_books
from tests.oracle.larkspur_numbers import World, measured, months, quarters
from tests.oracle.larkspur_promises import missing_of_handoffs, promises, steps_of_first_word
from tests.oracle.larkspur_retention import DERIVED, KEPT, derived_cells, kept_cells
from tests.oracle.windows import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "tests" / "expected" / "larkspur.json"


def slas(crm: Crm, frame: Frame) -> list[Sla]:
    """`alignment/slas/`."""
    sales_follow_up = [
        Promise(
            key=lead.id,
            belongs=lead.mql,
            starts=lead.mql_at,
            stops=lead.first_human_touch,
            by={"segment": lead.segment, "region": lead.region},
            where=None if lead.source is None else lead.source != "partner",
            excused=either(lead.duplicate, lead.opted_out),
            calendar=calendar_of(lead),
        )
        for lead in crm.leads
    ]
    fast_demo_reply = [
        Promise(
            key=lead.id,
            belongs=lead.demo_requested_at is not None,
            starts=lead.demo_requested_at,
            stops=lead.demo_reply,
            by={"segment": lead.segment},
            excused=lead.duplicate,
        )
        for lead in crm.leads
    ]
    rejection_answer = [
        Promise(
            key=lead.id,
            belongs=both(lead.mql, lead.rejected_at is not None),
            starts=lead.rejected_at,
            stops=lead.rejection_answered_at,
            by={"reason": lead.rejection_reason},
            calendar=CALENDARS["desk"],
        )
        for lead in crm.leads
    ]
    kickoff = [
        Promise(
            key=deal.id,
            belongs=deal.won,
            starts=frame.midnight(deal.close_date),
            stops=frame.midnight(deal.kickoff_on) if deal.kickoff_on else None,
            by={"segment": deal.segment},
        )
        for deal in crm.opportunities
    ]
    deal_decided = [
        Promise(
            key=deal.id,
            belongs=True,
            starts=frame.midnight(deal.opened_on),
            stops=frame.midnight(deal.close_date) if deal.closed else None,
            by={"segment": deal.segment},
        )
        for deal in crm.opportunities
    ]
    return [
        Sla("sales_follow_up", 4 * HOUR_US, Fraction(90, 100), sales_follow_up, min_n=20, is_business=True),
        Sla("fast_demo_reply", 24 * HOUR_US, Fraction(85, 100), fast_demo_reply, min_n=5, grain="fiscal_quarter"),
        Sla(
            "rejection_answer",
            8 * HOUR_US,
            Fraction(90, 100),
            rejection_answer,
            min_n=10,
            is_business=True,
            earlier=(date(2025, 10, 1), 6 * HOUR_US),
        ),
        Sla("kickoff", 5 * DAY_US, Fraction(85, 100), kickoff, min_n=20, counts_days=True),
        Sla(
            "deal_decided",
            90 * DAY_US,
            Fraction(85, 100),
            deal_decided,
            grain="fiscal_quarter",
            min_n=20,
            counts_days=True,
        ),
    ]


def metrics(crm: Crm, frame: Frame) -> list[Metric]:
    """`alignment/metrics/`."""

    def day(us: int | None) -> date | None:
        return None if us is None else frame.day(us)

    leads = [Counted(day(lead.created), True, {"source": lead.source, "region": lead.region}) for lead in crm.leads]
    mqls = [
        Counted(day(lead.mql_at), lead.mql, {"source": lead.source, "segment": lead.segment, "region": lead.region})
        for lead in crm.leads
    ]
    lead_to_mql = [Counted(day(lead.created), True, {"source": lead.source}, rule=lead.mql) for lead in crm.leads]
    rejection_rate = [
        Counted(day(lead.mql_at), lead.mql, {"source": lead.source}, rule=lead.rejected_at is not None)
        for lead in crm.leads
    ]
    speed_to_lead = [
        Counted(day(lead.mql_at), lead.mql, {"region": lead.region}, value=hours_to_touch(lead)) for lead in crm.leads
    ]
    sqls = [
        Counted(day(lead.sql_at), both(lead.mql, lead.sql_at is not None), {"segment": lead.segment})
        for lead in crm.leads
    ]
    pipeline = [
        Counted(deal.opened_on, True, {"segment": deal.segment}, value=Fraction(deal.amount))
        for deal in crm.opportunities
    ]
    win_rate = [
        Counted(deal.close_date, deal.closed, {"segment": deal.segment, "region": deal.region}, rule=deal.won)
        for deal in crm.opportunities
    ]
    new_customers = [
        Counted(account.customer_since, account.customer_since is not None, {"segment": account.size_band})
        for account in crm.accounts.values()
    ]
    amounts = won(crm, lambda deal: Fraction(deal.amount))
    cycles = won(crm, lambda deal: days_between(deal.opened_on, deal.close_date))
    kickoffs = won(crm, lambda deal: days_between(deal.close_date, deal.kickoff_on))
    return [
        Metric("leads", "count", number, leads),
        Metric("mqls", "count", number, mqls, at_least=Fraction(120)),
        Metric("lead_to_mql", "percent", share, lead_to_mql, at_least=Fraction(40, 100)),
        Metric("rejection_rate", "percent", part_of_all, rejection_rate, at_most=Fraction(25, 100)),
        Metric("speed_to_lead", "business_hours", centre, speed_to_lead, at_most=Fraction(2)),
        Metric("sqls", "count", number, sqls, at_least=Fraction(40)),
        Metric("pipeline_created", "EUR", total, pipeline, at_least=Fraction(2_000_000)),
        Metric("win_rate", "percent", share, win_rate, at_least=Fraction(30, 100)),
        Metric("revenue", "EUR", total, amounts, at_least=Fraction(500_000)),
        Metric("average_deal", "EUR", mean, amounts, at_least=Fraction(25_000), min_n=20),
        Metric("sales_cycle", "days", centre, cycles, at_most=Fraction(60)),
        Metric("time_to_kickoff", "days", centre, kickoffs),
        Metric("new_customers", "count", number, new_customers, at_least=Fraction(15)),
    ]


def enough_mqls(crm: Crm, frame: Frame) -> Metric:
    """The volume that marketing promised: as many MQLs a month."""
    mqls = [Counted(None if lead.mql_at is None else frame.day(lead.mql_at), lead.mql, {}) for lead in crm.leads]
    return Metric("enough_mqls", "count", number, mqls, at_least=Fraction(120), at_most=Fraction(150))


def won(crm: Crm, value: Callable[[Opportunity], Fraction | None]) -> list[Counted]:
    """Won deals by close date and segment."""
    return [
        Counted(deal.close_date, deal.won, {"segment": deal.segment}, value=value(deal)) for deal in crm.opportunities
    ]


def days_between(first: date, last: date | None) -> Fraction | None:
    """Whole days between two dates."""
    return Fraction((last - first).days) if last else None


def calendar_of(lead: Lead) -> PlainCalendar | None:
    """``owner.calendar``."""
    return CALENDARS[lead.owner.calendar] if lead.owner and lead.owner.calendar else None


def hours_to_touch(lead: Lead) -> Fraction | None:
    """``business_hours_between(mql_at, first_human_touch_at, owner.calendar)``."""
    calendar = calendar_of(lead)
    if lead.mql_at is None or lead.first_human_touch is None or calendar is None:
        return None
    return Fraction(open_us(calendar, lead.mql_at, lead.first_human_touch), HOUR_US)


def expected() -> dict[str, Any]:
    """The whole of `tests/expected/larkspur.json`."""
    crm = read_crm(ROOT / "data")
    books = read_books(ROOT / "data", crm)
    frame = Frame(crm.as_of, ZONE, fiscal_month=2)
    old = {metric.id: measure_metric(metric, frame) for metric in metrics(crm, frame)}
    return {
        "as_of": utc_text(crm.as_of),
        "surveys_as_of": utc_text(books.surveys_as_of),
        "rows": crm.rows | {stream: rows for stream, rows in books.rows.items() if stream != "survey_responses"},
        "surveys_rows": {"responses": books.rows["survey_responses"]},
        "entities": {
            "user": len(crm.users),
            "account": len(crm.accounts),
            "lead": len(crm.leads),
            "activity": crm.activities,
            "opportunity": len(crm.opportunities),
            **{entity: len(records) for entity, records in books.records.items()},
        },
        "faults": crm.faults.as_json(),
        "slas": {sla.id: measure_sla(sla, frame) for sla in slas(crm, frame)}
        | {sla.id: measure_sla(sla, Frame(as_of, ZONE, fiscal_month=2)) for sla, as_of in promises(crm, books)},
        "missing": {
            label: missing_of_handoffs(books, crm.as_of, label, frame) for label in ("2025-09", "2026-01", "2026-02")
        },
        "steps": {label: steps_of_first_word(crm, books, label, frame) for label in ("2026-01", "2026-02")},
        "volumes": {"enough_mqls": measure_metric(enough_mqls(crm, frame), frame)},
        "metrics": old,
        "numbers": numbers(World(crm, books), old),
    }


def numbers(world: World, old: dict[str, Any]) -> dict[str, Any]:
    """Metrics of every basis, and those made of them: of each the windows of its grain."""
    found: dict[str, Any] = {}
    for made, frame in (
        (world.period() + world.cohorts() + world.snapshots(), world.frame),
        (world.asked(), world.surveys),
    ):
        for one in made:
            found[one.id] = measured(one, months(frame) if one.grain == "month" else quarters(frame), frame)
    for kept in KEPT:
        cells = {label: kept_cells(kept, world, label) for label in months(world.frame)}
        found[kept.id] = {"grain": "month", "windows": {label: {"cells": of} for label, of in cells.items()}}
    for derived in DERIVED:
        windows: dict[str, Any] = {}
        for label in months(world.frame):
            inputs = {name: cells_by_group((found | old)[name], label) for name in derived.inputs}
            windows[label] = {"cells": derived_cells(derived, inputs, is_over=world.frame.is_over(label))}
        found[derived.id] = {"grain": "month", "windows": windows}
    return found


def cells_by_group(number: dict[str, Any], label: str) -> dict[Group, dict[str, Any]]:
    """The cells of a window by their groups."""
    cells = number["windows"].get(label, {"cells": []})["cells"]
    return {tuple(cell["by"].items()): cell for cell in cells}


if __name__ == "__main__":
    write_expected(EXPECTED, expected())
