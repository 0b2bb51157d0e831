"""Larkspur's promises of other forms: business days, months, cases, pauses, restarts, steps, rules, a rolling window.

What is promised is written down here a second time, by hand, from `alignment/slas/`; how time runs is asked of
`tests.oracle.clocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle import clocks
from tests.oracle.counting import Ending, Promise, Sla
from tests.oracle.days import business_days_later
from tests.oracle.exact import DAY_US, HOUR_US, both, either
from tests.oracle.larkspur_calendars import CALENDARS
from tests.oracle.larkspur_crm import ZONE, Crm, Lead, User
from tests.oracle.windows import ROLLING, Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.larkspur_ledgers import Books, Record

MINUTE_US = HOUR_US // 60
FIRST_US, LAST_US = 1_640_995_200_000_000, 1_798_761_600_000_000
"""The years 2022 to 2026, in which all happens."""
WORLD = clocks.World(ZONE, ZONE, CALENDARS, FIRST_US, LAST_US)
UNMEASURABLE = Ending("unmeasurable")


def within(
    clock: str, amount: int, item: clocks.Item, as_of: int, *, where: bool | None = True, excused: bool | None = False
) -> Ending:
    """How an item of a clock ended."""
    found = clocks.answer(WORLD, clocks.Promise(clock, amount), item, as_of)
    if where is None or found.outcome == "unmeasurable":
        return UNMEASURABLE
    if excused:
        return Ending("excused")
    return Ending(found.outcome, found.used, found.due, found.outside_hours)


def calendar_of(user: User | None) -> str | None:
    return user.calendar if user else None


def name_of(record: object) -> str | None:
    """A region or a segment, null behind a reference that leads nowhere."""
    return getattr(record, "region", None) if isinstance(record, User) else getattr(record, "size_band", None)


def promises(crm: Crm, books: Books) -> list[tuple[Sla, int]]:
    """Each promise and its as_of."""
    as_of = crm.as_of
    quarter = "fiscal_quarter"
    found = [
        Sla("lead_routing", 0, Fraction(99, 100), lead_routing(crm, books), min_n=20),
        Sla("first_word", 0, Fraction(90, 100), first_word(crm), min_n=20, judges_interval=True),
        Sla("owner_follow_up", 0, Fraction(90, 100), owner_follow_up(crm, books), min_n=20),
        Sla("demo_held", 0, Fraction(75, 100), demo_held(books, as_of), min_n=20, grain=quarter),
        Sla("proposal_answered", 0, Fraction(70, 100), proposal_answered(books, as_of), min_n=20, grain=quarter),
        Sla("deal_moves", 0, Fraction(60, 100), deal_moves(crm, books), min_n=20, grain=quarter),
        Sla("our_part", 0, Fraction(60, 100), our_part(crm, books), min_n=20, grain=quarter),
        Sla("handover_dossier", 0, Fraction(80, 100), handover_dossier(books, as_of), min_n=20, grain=quarter),
        Sla("complete_handoff", 0, Fraction(85, 100), complete_handoff(books, as_of), min_n=10),
        Sla(
            "handoff_taken",
            0,
            Fraction(90, 100),
            handoff_taken(books, as_of),
            min_n=20,
            grain=quarter,
            judges_interval=True,
        ),
        Sla("ticket_reply", 0, Fraction(90, 100), ticket_reply(books, as_of), min_n=20),
        Sla("ticket_solved", 0, Fraction(85, 100), ticket_solved(books, as_of), min_n=20),
        Sla("outage_solved", 0, Fraction(80, 100), outage_solved(books, as_of), min_n=5, grain=ROLLING),
        Sla("customer_answers", 0, Fraction(85, 100), customer_answers(books, as_of), min_n=10),
    ]
    stale = Sla(
        "onboarding_answer", 0, Fraction(50, 100), onboarding_answer(books), min_n=10, grain=quarter, is_stale=True
    )
    return [*((sla, as_of) for sla in found), (stale, books.surveys_as_of)]


def lead_routing(crm: Crm, books: Books) -> list[Promise]:
    """15 minutes, elapsed."""
    routed = first_of(books, "routed_at")
    return [
        Promise(
            lead.id,
            lead.mql,
            lead.mql_at,
            routed.get(lead.id),
            {"region": lead.region},
            ended=within("elapsed", 15 * MINUTE_US, clocks.Item(lead.mql_at, routed.get(lead.id)), crm.as_of),
        )
        for lead in crm.leads
    ]


def first_of(books: Books, moment: str) -> dict[str, int]:
    """``min(moment)`` over the routings of each lead."""
    found: dict[str, int] = {}
    for record in books.of("routing"):
        if record["lead"] and record[moment] is not None:
            id = record["lead"].id
            found[id] = min(found.get(id, record[moment]), record[moment])
    return found


def first_word(crm: Crm) -> list[Promise]:
    """One business day of the owner's calendar."""
    return [
        Promise(
            lead.id,
            lead.mql,
            lead.mql_at,
            lead.first_human_touch,
            {"region": lead.region, "source": lead.source},
            excused=either(lead.duplicate, lead.opted_out),
            ended=within(
                "business_days",
                1,
                clocks.Item(lead.mql_at, lead.first_human_touch, calendar_of(lead.owner)),
                crm.as_of,
                excused=either(lead.duplicate, lead.opted_out),
            ),
        )
        for lead in crm.leads
    ]


def steps_of_first_word(crm: Crm, books: Books, label: str, frame: Frame) -> dict[str, int]:
    """The time used on the way by the items of a month that were met or late, in microseconds of open time."""
    routed, assigned = first_of(books, "routed_at"), first_of(books, "assigned_at")
    steps = {"routing": 0, "assignment": 0, "rest": 0}
    for lead, item in zip(crm.leads, first_word(crm), strict=True):
        if not lead.mql or item.ended is None or item.ended.outcome not in ("met", "late") or lead.mql_at is None:
            continue
        if frame.window_of("month", lead.mql_at) != label:
            continue
        opens = WORLD.hours[calendar_of(lead.owner) or ""].intervals
        here, end = lead.mql_at, crm.as_of if lead.first_human_touch is None else lead.first_human_touch
        for step, moment in (("routing", routed.get(lead.id)), ("assignment", assigned.get(lead.id)), ("rest", end)):
            if moment is not None and moment > here:
                upto = min(moment, end)
                steps[step] += clocks.length(clocks.cut(opens, here, upto))
                here = max(here, upto)
    return steps


@dataclass(frozen=True, slots=True)
class Stretch:
    owner: User | None
    start: int | None
    is_ended: bool


def stretches(lead: Lead, changes: Sequence[Record], as_of: int) -> list[Stretch]:
    """The time of each owner, from the MQL until somebody turned to the lead. ``changes`` are those with a moment."""
    before = [change for change in changes if lead.mql_at is not None and change["changed_at"] <= lead.mql_at]
    if lead.mql_at is None:
        return [Stretch(None, None, is_ended=False)]
    end = as_of if lead.first_human_touch is None else lead.first_human_touch
    later = [change for change in changes if lead.mql_at < change["changed_at"] < end]
    first = before[-1]["owner"] if before else None if changes else lead.owner
    owners = [first, *(change["owner"] for change in later)]
    starts = [lead.mql_at, *(change["changed_at"] for change in later)]
    last = len(owners) - 1
    return [
        Stretch(owner, start, place < last) for place, (owner, start) in enumerate(zip(owners, starts, strict=True))
    ]


def owner_follow_up(crm: Crm, books: Books) -> list[Promise]:
    """Four business hours of each owner in turn."""
    changes: dict[str, list[Record]] = {}
    for change in books.of("owner_change"):
        if change["lead"] and change["changed_at"] is not None:
            changes.setdefault(change["lead"].id, []).append(change)
    found: list[Promise] = []
    for lead in crm.leads:
        its = sorted(changes.get(lead.id, []), key=lambda change: change["changed_at"])
        where = None if lead.source is None else lead.source != "partner"
        for stretch in stretches(lead, its, crm.as_of):
            stops = None if stretch.is_ended else lead.first_human_touch
            item = clocks.Item(stretch.start, stops, calendar_of(stretch.owner))
            ended = within("business", 4 * HOUR_US, item, crm.as_of, where=where, excused=stretch.is_ended)
            office = {"office": name_of(stretch.owner) if stretch.owner else None}
            found.append(Promise(lead.id, lead.mql, stretch.start, stops, office, where=where, ended=ended))
    return found


def demo_held(books: Books, as_of: int) -> list[Promise]:
    """14 calendar days; a demo that was called off is excused."""
    found: list[Promise] = []
    for demo in books.of("demo"):
        excused = None if demo["status"] is None else demo["status"] == "canceled"
        item = clocks.Item(demo["requested_at"], demo["held_at"])
        ended = within("calendar_days", 14, item, as_of, excused=excused)
        by = {"segment": name_of(demo["account"])}
        found.append(Promise(demo["key"], True, item.start, item.end, by, excused=excused, ended=ended))
    return found


def proposal_answered(books: Books, as_of: int) -> list[Promise]:
    """A month, for each time that a deal came to a proposal."""
    found: list[Promise] = []
    for change in books.of("stage_change"):
        where = None if change["stage"] is None else change["stage"] == "proposal"
        item = clocks.Item(change["changed_at"], change["left_at"])
        by = {"segment": change["opportunity"].segment}
        ended = within("months", 1, item, as_of, where=where)
        found.append(Promise(change["key"], True, item.start, item.end, by, where=where, ended=ended))
    return found


def ruled(rule: bool | None, due: int, used: int, as_of: int) -> Ending:
    """How an item of a rule ended: open until the time is up."""
    if as_of <= due:
        return Ending("open", used, due)
    return UNMEASURABLE if rule is None else Ending("met" if rule else "late", used, due)


def deal_moves(crm: Crm, books: Books) -> list[Promise]:
    """30 days between dates; then the stage, as the changes tell it, is none but discovery."""
    frame = Frame(crm.as_of, ZONE)
    changes: dict[str, list[Record]] = {}
    for change in books.of("stage_change"):
        if change["changed_at"] is not None:
            changes.setdefault(change["opportunity"].id, []).append(change)
    found: list[Promise] = []
    for deal in crm.opportunities:
        due = frame.midnight(deal.opened_on + timedelta(days=31)) - 1
        by_then = [change for change in changes[deal.id] if change["changed_at"] <= due]
        stage = max(by_then, key=lambda change: change["changed_at"])["stage"] if by_then else None
        used = (frame.day(crm.as_of) - deal.opened_on).days * DAY_US
        ended = ruled(None if stage is None else stage != "discovery", due, used, crm.as_of)
        by = {"segment": deal.segment, "region": deal.region}
        found.append(Promise(deal.id, True, frame.midnight(deal.opened_on), None, by, ended=ended))
    return found


def our_part(crm: Crm, books: Books) -> list[Promise]:
    """45 days; from each time that a deal comes to a negotiation until its next change the clock stands still."""
    changes: dict[str, list[Record]] = {}
    for change in books.of("stage_change"):
        if change["changed_at"] is not None:
            changes.setdefault(change["opportunity"].id, []).append(change)
    found: list[Promise] = []
    for deal in crm.opportunities:
        its = sorted(changes.get(deal.id, []), key=lambda change: change["changed_at"])
        moments = [change["changed_at"] for change in its]
        ends = [*moments[1:], None]
        pauses = tuple(
            (change["changed_at"], end)
            for change, end in zip(its, ends, strict=True)
            if change["stage"] == "negotiation"
        )
        decided = [change["changed_at"] for change in its if change["stage"] in ("won", "lost")]
        item = clocks.Item(min(moments, default=None), max(decided, default=None), pauses=pauses)
        ended = within("elapsed", 45 * DAY_US, item, crm.as_of)
        found.append(Promise(deal.id, True, item.start, item.end, {"segment": deal.segment}, ended=ended))
    return found


def handover_dossier(books: Books, as_of: int) -> list[Promise]:
    """Three business days between dates."""
    frame = Frame(as_of, ZONE)
    today = frame.day(as_of)
    found: list[Promise] = []
    for handoff in books.of("handoff"):
        signed, written = handoff["signed_on"], handoff["dossier_on"]
        last = workday_after(signed, 3)
        due = frame.midnight(last + timedelta(days=1)) - 1
        end = today if written is None else written
        used = (end - signed).days * DAY_US
        ended = Ending("late" if end > last else "open" if written is None else "met", used, due)
        by = {"region": name_of(handoff["to_user"]) if handoff["to_user"] else None}
        stops = frame.midnight(written) if written else None
        found.append(Promise(handoff["key"], True, frame.midnight(signed), stops, by, ended=ended))
    return found


def workday_after(day: date, days: int) -> date:
    """The n-th following day on which the Berlin desk opens."""
    desk = CALENDARS["desk"]
    while days:
        day += timedelta(days=1)
        days -= bool(desk.short.get(day) or (day not in desk.closed and desk.hours.get(day.weekday())))
    return day


def complete_handoff(books: Books, as_of: int) -> list[Promise]:
    """Two business days of the Berlin desk; then nothing is missing, as it is known today."""
    found: list[Promise] = []
    for handoff in books.of("handoff"):
        start = handoff["handed_over_at"]
        due = business_days_later(CALENDARS["desk"], start, 2)
        used = clocks.length(clocks.cut(WORLD.hours["desk"].intervals, start, as_of))
        rule = both(handoff["is_complete"], handoff["dossier_on"] is not None)
        ended = ruled(both(rule, handoff["to_user"] is not None), due, used, as_of)
        by = {"segment": name_of(handoff["account"])}
        found.append(Promise(handoff["key"], True, start, None, by, ended=ended))
    return found


def missing_of_handoffs(books: Books, as_of: int, label: str, frame: Frame) -> dict[str, int]:
    """What the late handoffs of a month lacked, by the part of the checklist."""
    late = {item.key for item in complete_handoff(books, as_of) if item.ended and item.ended.outcome == "late"}
    handoffs = [
        record
        for record in books.of("handoff")
        if record["key"] in late and frame.window_of("month", record["handed_over_at"]) == label
    ]
    return {
        "form": sum(record["is_complete"] is False for record in handoffs),
        "dossier": sum(record["dossier_on"] is None for record in handoffs),
        "somebody": sum(record["to_user"] is None for record in handoffs),
    }


def handoff_taken(books: Books, as_of: int) -> list[Promise]:
    """Eight business hours of whoever it was given to."""
    found: list[Promise] = []
    for handoff in books.of("handoff"):
        answered = handoff["accepted_at"] if handoff["accepted_at"] is not None else handoff["rejected_at"]
        item = clocks.Item(handoff["handed_over_at"], answered, calendar_of(handoff["to_user"]))
        by = {"region": name_of(handoff["to_user"]) if handoff["to_user"] else None}
        ended = within("business", 8 * HOUR_US, item, as_of)
        found.append(Promise(handoff["key"], True, item.start, item.end, by, ended=ended))
    return found


REPLIES = {"P0": ("elapsed", HOUR_US), "P1": ("business", 4 * HOUR_US), "P2": ("business", 8 * HOUR_US)}
SOLUTIONS = {"P0": ("elapsed", 24 * HOUR_US), "P1": ("business_days", 3), "P2": ("business", 40 * HOUR_US)}


def by_priority(table: dict[str, tuple[str, int]], ticket: Record, item: clocks.Item, as_of: int) -> Ending:
    """By the case of its priority; of one that is unknown nobody can say which, and P3 is promised nothing."""
    priority = ticket["priority"]
    if priority is None:
        return UNMEASURABLE
    return within(*table[priority], item, as_of) if priority in table else Ending("outside")


def ticket_reply(books: Books, as_of: int) -> list[Promise]:
    found: list[Promise] = []
    for ticket in books.of("ticket"):
        item = clocks.Item(ticket["created_at"], ticket["first_response_at"], calendar_of(ticket["owner"]))
        by = {"priority": ticket["priority"], "region": name_of(ticket["owner"])}
        ended = by_priority(REPLIES, ticket, item, as_of)
        found.append(Promise(ticket["key"], True, item.start, item.end, by, ended=ended))
    return found


def ticket_solved(books: Books, as_of: int) -> list[Promise]:
    """The clock stands still while the customer is asked."""
    pauses: dict[str, list[clocks.Pause]] = {}
    for wait in books.of("ticket_wait"):
        if wait["waits_for"] == "customer":
            pauses.setdefault(wait["ticket"]["key"], []).append((wait["waiting_from"], wait["waiting_until"]))
    found: list[Promise] = []
    for ticket in books.of("ticket"):
        its = tuple(pauses.get(ticket["key"], ()))
        item = clocks.Item(ticket["created_at"], ticket["resolved_at"], "desk", its)
        by = {"priority": ticket["priority"], "category": ticket["category"].replace(" ", "_")}
        ended = by_priority(SOLUTIONS, ticket, item, as_of)
        found.append(Promise(ticket["key"], True, item.start, item.end, by, ended=ended))
    return found


def outage_solved(books: Books, as_of: int) -> list[Promise]:
    found: list[Promise] = []
    for ticket in books.of("ticket"):
        where = None if ticket["priority"] is None else ticket["priority"] == "P0"
        item = clocks.Item(ticket["created_at"], ticket["resolved_at"])
        ended = within("elapsed", 8 * HOUR_US, item, as_of, where=where)
        found.append(Promise(ticket["key"], True, item.start, item.end, {}, where=where, ended=ended))
    return found


def customer_answers(books: Books, as_of: int) -> list[Promise]:
    found: list[Promise] = []
    for wait in books.of("ticket_wait"):
        item = clocks.Item(wait["waiting_from"], wait["waiting_until"])
        where = None if wait["waits_for"] is None else wait["waits_for"] == "customer"
        by = {"priority": wait["ticket"]["priority"]}
        ended = within("elapsed", 5 * DAY_US, item, as_of, where=where)
        found.append(Promise(wait["key"], True, item.start, item.end, by, where=where, ended=ended))
    return found


def onboarding_answer(books: Books) -> list[Promise]:
    """Seven days, as the survey tool knew them last."""
    as_of = books.surveys_as_of
    found: list[Promise] = []
    for answer in books.of("survey_response"):
        if answer["asked_at"] is not None and answer["asked_at"] > as_of:
            continue  # a question asked after all that is known: it does not exist yet
        item = clocks.Item(answer["asked_at"], answer["answered_at"])
        where = None if answer["type"] is None else answer["type"] == "csat"
        by = {"segment": name_of(answer["account"])}
        ended = within("elapsed", 7 * DAY_US, item, as_of, where=where)
        found.append(Promise(answer["key"], True, item.start, item.end, by, where=where, ended=ended))
    return found
