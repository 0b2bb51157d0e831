"""Larkspur's numbers a second time, by somebody who knows nothing of the first: texts, seconds, one total at a time.

Rows stay the texts of the files. Whether something lies in a window is asked of the text of its day; a moment becomes a
number of seconds only where time has to pass. Holidays come from the rules of the law, not from a list. No deadline is
worked out but that of business days: an item is late when more time ran than was promised. What is returned is what
`aac-results/1` says of a total, but for words and windows.

This room has the items of promises; `larkspur_again_promises` counts them, `larkspur_again_metrics` has the metrics.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

DATA = Path(__file__).parents[2] / "data"
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
NOW = "2026-03-02T05:58:41"
"""As of: the last act of the CRM."""
HOUR, DAY = 3600, 86_400
NOTHING = ("", "n/a")
Row = dict[str, str]
Item = tuple[str, str, str, bool]
End = tuple[str, bool]
Pauses = list[tuple[int, int]]


@cache
def table(name: str) -> list[Row]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seconds(text: str, zone: str = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=1).timestamp())


def seconds_of(text: str) -> int | None:
    """Of no text, and of a day that does not exist, nothing; nor of what is later than now."""
    try:
        return seconds(text) if text and text <= NOW else None
    except ValueError:
        return None


# Opening hours


def nth(weekday: int, n: int, year: int, month: int) -> date:
    """The n-th Monday (0) … of a month; the last one if n is -1."""
    days = [date(year, month, 1) + timedelta(days=i) for i in range(31)]
    return [day for day in days if day.month == month and day.weekday() == weekday][n - 1 if n > 0 else n]


def easter(year: int) -> date:
    """Sunday, by the rule of Gauss as Lichtenberg wrote it."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    s = 2 - (3 * k + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + s) % 7
    return date(year, 3, 1) + timedelta(days=og + (7 - (og - sz) % 7) - 1)


def is_off(zone: str, day: date) -> bool:
    year = day.year
    if zone == BERLIN:
        moving = {easter(year) + timedelta(days=days) for days in (-2, 1, 39, 50)}
        fixed = {(1, 1), (3, 8), (5, 1), (10, 3), (12, 25), (12, 26)}
        return day in moving or (day.month, day.day) in fixed or day in (date(2025, 5, 8), date(2025, 12, 24))
    moving = {nth(0, 3, year, 1), nth(0, 3, year, 2), nth(0, -1, year, 5), nth(0, 1, year, 9), nth(0, 2, year, 10)}
    moving |= {nth(0, 1, year, 11) + timedelta(days=1), nth(3, 4, year, 11)}
    return day in moving or (day.month, day.day) in {(1, 1), (2, 12), (6, 19), (7, 4), (11, 11), (12, 25)}


def hours(zone: str, day: date) -> list[tuple[str, str]]:
    if day.weekday() > 4 or is_off(zone, day):
        return []
    if zone == NEW_YORK:
        return [("09:00", "17:00")]
    return [("09:00", "12:00")] if day == date(2025, 12, 31) else [("09:00", "12:00"), ("13:00", "18:00")]


@cache
def openings(zone: str) -> tuple[list[int], list[int], list[int]]:
    """When it opens, when it closes, and how long it was open until each opening."""
    days = [date(2025, 2, 1) + timedelta(days=i) for i in range(420)]
    spans = [(seconds(f"{d}T{a}", zone), seconds(f"{d}T{b}", zone)) for d in days for a, b in hours(zone, d)]
    before = [0]
    for begin, end in spans:
        before.append(before[-1] + end - begin)
    return [begin for begin, _ in spans], [end for _, end in spans], before


def opened(zone: str, moment: int) -> int:
    """How long it was open until a moment; without opening hours time always runs."""
    if not zone:
        return moment
    begins, ends, before = openings(zone)
    place = bisect_right(begins, moment)
    return before[place] - max(0, ends[place - 1] - moment) if place else 0


def is_open(zone: str, moment: int) -> bool:
    begins, ends, _ = openings(zone)
    place = bisect_right(begins, moment)
    return place > 0 and moment < ends[place - 1]


def running(zone: str, begin: int, end: int, pauses: Pauses) -> int:
    """The time that ran: what was open less what was paused, each second once."""
    ran, here = opened(zone, end) - opened(zone, begin), begin
    for first, last in sorted(pauses):
        first, last = max(first, here), min(last, end)
        if first < last:
            ran -= opened(zone, last) - opened(zone, first)
            here = last
    return ran


def business_day(zone: str, start: int, days: int) -> int:
    """The same time so many business days later; outside hours that day's last closing if later, else an opening."""
    local = datetime.fromtimestamp(start, ZoneInfo(zone))
    day = local.date()
    while days:
        day += timedelta(days=1)
        days -= bool(hours(zone, day))
    then = seconds(f"{day}T{local:%H:%M:%S}", zone)
    closing = seconds(f"{day}T{hours(zone, day)[-1][1]}", zone)
    if is_open(zone, then) or closing > then:
        return then if is_open(zone, then) else closing
    begins, _, _ = openings(zone)
    return begins[bisect_right(begins, then)]


# What the tables say


@cache
def leads() -> dict[str, Row]:
    """Of two rows with one key the one created later, else the one further down."""
    found: dict[str, Row] = {}
    for row in table("leads"):
        if row["lead_id"] and row["created_at"] >= found.get(row["lead_id"], row)["created_at"]:
            found[row["lead_id"]] = row
    return found


def is_mql(lead: Row) -> bool | None:
    return None if lead["score"] in NOTHING else float(lead["score"]) > 50


@cache
def touches() -> dict[str, list[str]]:
    """When people turned to each lead, in order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in table("activities"):
        if row["type"] != "System" and row["automated"] == "no":
            found[row["lead_id"]].append(row["occurred_at"])
    return {lead: sorted(times) for lead, times in found.items()}


def touched(lead: Row, since: str) -> int | None:
    if seconds_of(since) is None:
        return None
    return seconds_of(next((time for time in touches().get(lead["lead_id"], []) if time >= since), ""))


@cache
def users() -> dict[str, Row]:
    return {row["user_id"]: row for row in table("users")}


def calendar(user: str) -> str | None:
    """The zone of the office whose hours count; null if nobody can tell."""
    return {"desk": BERLIN, "new_york": NEW_YORK}.get(users().get(user, {}).get("calendar", ""))


# Promises: an item is (text of its start, key, outcome, whether it was met outside hours)

UNKNOWN = "unknown"
"""Nobody knows whether it is an item at all."""
NOBODY_KNOWS: End = (UNKNOWN, False)
UNMEASURABLE: End = ("unmeasurable", False)
OUTSIDE: End = ("outside", False)


def ended(
    promised: int,
    start: int | None,
    stop: int | None,
    zone: str | None = "",
    pauses: Pauses | None = None,
) -> tuple[str, bool]:
    """The outcome of a clock of so many seconds, and whether it was met outside hours."""
    now = seconds(NOW)
    if start is None or zone is None or (stop is not None and stop < start):
        return UNMEASURABLE
    end = now if stop is None else stop
    used = running(zone, start, end, pauses or [])
    if used > promised:
        return "late", False
    if stop is None:
        return "open", False
    return "met", bool(zone) and used == 0 and not is_open(zone, start) and not is_open(zone, stop)


def ended_by_day(days: int, start: int | None, stop: int | None, zone: str | None, pauses: Pauses) -> End:
    """The outcome of a promise of business days: the day is put off by as much open time as was paused."""
    if start is None or zone is None or (stop is not None and stop < start):
        return UNMEASURABLE
    due = business_day(zone, start, days)
    end = seconds(NOW) if stop is None else stop
    stood_still = opened(zone, due) - opened(zone, start) - running(zone, start, due, pauses)
    is_held = is_open(zone, due) and any(first <= due < last for first, last in pauses)
    if end > due and (not (stood_still or is_held) or running(zone, due, end, pauses) > stood_still):
        return "late", False
    if stop is None:
        return "open", False
    is_outside = running(zone, start, end, pauses) == 0 and not is_open(zone, start) and not is_open(zone, end)
    return "met", is_outside


def as_it_is(outcome: str) -> End:
    return outcome, False


def excused_if(rule: bool, found: End) -> End:
    return ("excused", False) if rule and found[0] != "unmeasurable" else found


def mql_items(read: str) -> list[Item]:
    """The promises over MQLs; ``read`` is which."""
    found: list[Item] = []
    routed = {row["lead_id"]: row["routed_at"] for row in table("routings")}
    for id, lead in leads().items():
        at, member = lead["mql_at"] if seconds_of(lead["mql_at"]) is not None else "", is_mql(lead)
        partner = None if lead["source"] == "Billboard" else lead["source"] == "Partner"
        if member is False or (member is None and not at) or (read == "sales_follow_up" and partner):
            continue
        start, stop, zone = seconds_of(at), touched(lead, at), calendar(lead["owner_id"])
        outcome = NOBODY_KNOWS
        if member is None:
            pass
        elif read == "lead_routing":
            outcome = ended(15 * 60, start, seconds_of(routed.get(id, "")))
        elif read == "first_word":
            outcome = ended_by_day(1, start, stop, zone, [])
        else:
            outcome = ended(4 * HOUR, start, stop, zone if partner is not None else None)
        if read != "lead_routing":
            outcome = excused_if("yes" in (lead["duplicate"], lead["opted_out"]) and bool(member), outcome)
        found.append((at, id, *outcome))
    return found


def owner_items() -> list[Item]:
    """Each owner's stretch, by the log of owners."""
    log: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in table("owner_changes"):
        if row["changed_at"]:
            log[row["lead_id"]].append((row["changed_at"], row["owner_id"]))
    found: list[Item] = []
    for id, lead in leads().items():
        at, member = lead["mql_at"] if seconds_of(lead["mql_at"]) is not None else "", is_mql(lead)
        if member is False or lead["source"] == "Partner":
            continue
        if not at:
            found += [(at, id, "unmeasurable", False)] if member else []
            continue
        stop = touched(lead, at)
        entries = sorted(log[id])
        turns = [(at, ([owner for since, owner in entries if since <= at] or [""])[-1])]
        turns += [(since, owner) for since, owner in entries if since > at and (stop is None or seconds(since) < stop)]
        for place, (since, owner) in enumerate(turns):
            is_last = place == len(turns) - 1
            zone = calendar(owner) if lead["source"] != "Billboard" else None
            outcome = excused_if(not is_last, ended(4 * HOUR, seconds(since), stop if is_last else None, zone))
            found.append((since, id, *(outcome if member else NOBODY_KNOWS)))
    return found


def demo_reply_items() -> list[Item]:
    found: list[Item] = []
    for id, lead in leads().items():
        if at := lead["demo_requested_at"]:
            outcome = ended(24 * HOUR, seconds(at), touched(lead, at))
            found.append((at, id, *excused_if(lead["duplicate"] == "yes", outcome)))
    return found


def demo_held_items() -> list[Item]:
    """Fourteen days on the wall: the same reading."""
    found: list[Item] = []
    for row in table("demos"):
        at = row["requested_at"]
        due = (datetime.fromisoformat(at) + timedelta(days=14)).isoformat()
        outcome = "late" if (row["held_at"] or NOW) > due else "met" if row["held_at"] else "open"
        found.append((at, row["demo_id"], *excused_if(row["status"] == "canceled", (outcome, False))))
    return found


def rejection_items() -> list[Item]:
    found: list[Item] = []
    for id, lead in leads().items():
        if at := lead["rejected_at"]:
            member = is_mql(lead)
            outcome = ended(8 * HOUR, seconds(at), seconds_of(lead["rejection_answered_at"]), BERLIN)
            if member is not False:
                found.append((at, id, *(outcome if member else NOBODY_KNOWS)))
    return found


def proposal_items() -> list[Item]:
    """A month: the same day and time of the next, or its last day."""
    found: list[Item] = []
    for row in table("stage_changes"):
        at = row["changed_at"]
        if row["stage"] not in ("Proposal", "Parked"):
            continue
        if row["stage"] == "Parked" or not at:
            found.append((at, row["stage_change_id"], "unmeasurable", False))
            continue
        first = date(int(at[:4]) + int(at[5:7]) // 12, int(at[5:7]) % 12 + 1, 1)
        due = min(first + timedelta(days=int(at[8:10]) - 1), first + timedelta(days=31))
        while due.month != first.month:
            due -= timedelta(days=1)
        outcome = "late" if (row["left_at"] or NOW) > f"{due}{at[10:]}" else "met" if row["left_at"] else "open"
        found.append((at, row["stage_change_id"], outcome, False))
    return found


def days_items(rows: list[Row], begun: str, ended_on: str, days: int, key: str, *, works: bool = False) -> list[Item]:
    """Promises between dates; with ``works`` only the days count on which Berlin opens."""
    found: list[Item] = []
    for row in rows:
        due = date.fromisoformat(row[begun])
        for _ in range(days):
            due += timedelta(days=1)
            while works and not hours(BERLIN, due):
                due += timedelta(days=1)
        end = row[ended_on] or NOW[:10]
        outcome = "late" if end > str(due) else "met" if row[ended_on] else "open"
        found.append((row[begun], row[key], "unmeasurable" if end < row[begun] else outcome, False))
    return found


def deal_items() -> list[Item]:
    closed = ("Closed Won", "Closed Lost")
    rows = [row | {"close_date": row["close_date"] * (row["stage"] in closed)} for row in table("opportunities")]
    return days_items(rows, "opened_on", "close_date", 90, "opportunity_id")


def kickoff_items() -> list[Item]:
    won = [row for row in table("opportunities") if row["stage"] == "Closed Won"]
    parked = [row for row in table("opportunities") if row["stage"] == "Parked"]
    items = days_items(won, "close_date", "kickoff_on", 5, "opportunity_id")
    return items + [(row["close_date"], row["opportunity_id"], UNKNOWN, False) for row in parked]


def dossier_items() -> list[Item]:
    return days_items(table("handoffs"), "signed_on", "dossier_on", 3, "handoff_id", works=True)


@cache
def stage_log() -> dict[str, list[tuple[str, str]]]:
    """When each deal came to which stage, in order; what has no moment is not in the log."""
    log: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in table("stage_changes"):
        if row["changed_at"]:
            log[row["opportunity_id"]].append((row["changed_at"], row["stage"]))
    return {deal: sorted(entries) for deal, entries in log.items()}


def our_part_items() -> list[Item]:
    """Forty-five days less those in negotiation, which end with the next entry of the log."""
    found: list[Item] = []
    for deal, log in stage_log().items():
        ends = [*(at for at, _ in log[1:]), NOW]
        pauses = [
            (seconds(at), seconds(end)) for (at, stage), end in zip(log, ends, strict=True) if stage == "Negotiation"
        ]
        done = [at for at, stage in log if stage.startswith("Closed")]
        outcome = ended(45 * DAY, seconds(log[0][0]), seconds(done[-1]) if done else None, "", pauses)
        found.append((log[0][0], deal, *outcome))
    return found


def moving_items() -> list[Item]:
    """Thirty days after opening: the last stage that the log has by then."""
    found: list[Item] = []
    for row in table("opportunities"):
        due = str(date.fromisoformat(row["opened_on"]) + timedelta(days=30))
        by_then = [entry for entry in stage_log()[row["opportunity_id"]] if entry[0][:10] <= due]
        stage = by_then[-1][1] if by_then else "Parked"
        outcome = "late" if stage == "Discovery" else "unmeasurable" if stage == "Parked" else "met"
        found.append((row["opened_on"], row["opportunity_id"], "open" if NOW[:10] <= due else outcome, False))
    return found


def handoff_items(read: str) -> list[Item]:
    found: list[Item] = []
    for row in table("handoffs"):
        at = row["handed_over_at"]
        if read == "handoff_taken":
            stop = seconds_of(row["accepted_at"] or row["rejected_at"])
            outcome = ended(8 * HOUR, seconds(at), stop, calendar(row["to_user_id"]))
        else:
            is_whole = row["is_complete"] == "yes" and row["dossier_on"] and row["to_user_id"]
            is_up = seconds(NOW) > business_day(BERLIN, seconds(at), 2)
            outcome = as_it_is("open" if not is_up else "met" if is_whole else "late")
        found.append((at, row["handoff_id"], *outcome))
    return found


def ticket_items(read: str) -> list[Item]:
    waits: defaultdict[str, Pauses] = defaultdict(list)
    for row in table("ticket_waits"):
        if row["waits_for"] == "customer":
            waits[row["ticket_id"]].append((seconds(row["waiting_from"]), seconds(row["waiting_until"] or NOW)))
    found: list[Item] = []
    for row in table("tickets"):
        at, id, priority, zone = row["created_at"], row["ticket_id"], row["priority"], calendar(row["owner_id"])
        start, replied, solved = seconds(at), seconds_of(row["first_response_at"]), seconds_of(row["resolved_at"])
        if priority not in ("P0", "P1", "P2", "P3"):
            outcome = UNMEASURABLE
        elif read == "outage_solved":
            outcome = ended(8 * HOUR, start, solved)
        elif priority == "P3":
            outcome = OUTSIDE
        elif read == "ticket_reply":
            promised = {"P0": HOUR, "P1": 4 * HOUR, "P2": 8 * HOUR}[priority]
            outcome = ended(promised, start, replied, "" if priority == "P0" else zone)
        elif priority == "P1":
            outcome = ended_by_day(3, start, solved, BERLIN, waits[id])
        else:
            promised, zone = (24 * HOUR, "") if priority == "P0" else (40 * HOUR, BERLIN)
            outcome = ended(promised, start, solved, zone, waits[id])
        if read != "outage_solved" or priority not in ("P1", "P2", "P3"):
            found.append((at, id, *outcome))
    return found


def wait_items() -> list[Item]:
    rows = [row for row in table("ticket_waits") if row["waits_for"] == "customer"]
    return [
        (at, row["ticket_wait_id"], *ended(5 * DAY, seconds(at), seconds_of(row["waiting_until"])))
        for row in rows
        for at in (row["waiting_from"],)
    ]


def survey_items() -> list[Item]:
    """As the survey tool knew it last."""
    rows = list(table("survey_responses"))
    last = max(row["answered_at"] for row in rows)
    found: list[Item] = []
    for row in rows:
        if row["type"] == "csat":
            used = seconds(row["answered_at"] or last) - seconds(row["asked_at"])
            outcome = "late" if used > 7 * DAY else "met" if row["answered_at"] else "open"
            found.append((row["asked_at"], row["survey_response_id"], outcome, False))
    return found
