"""Larkspur's books: who pays what since when, questions and answers, quotas and forecasts, spend, surveys, interest.

What happened (the documents under `alignment/` tell it from the numbers):
  - About 150 customers come from the years before the CRM of today; each won deal is a subscription.
  - Since November a cheaper rival wins renewals: fewer customers renew, and more of those that stay take fewer seats.
  - Tickets of North America wait longer since December. Nobody answers at night but for P0.
  - The survey tool was given up in December, and its last round was in October: what it knows is stale.
  - Quotas were set in spring; U-15 and U-18 were still new then. The forecast of large customers was too high.

Planted faults: a subscription of an account spelt wrongly, one without a price, one `on hold`; tickets without a
priority or with `Urgent`, of accounts that do not exist, solved before they were opened, with waits that have no end;
an invoice without an amount; a quota of somebody who never existed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from larkspur_life import AS_OF, BERLIN, Dice, Row, local, worked, yes
from larkspur_tracks import CSMS, Known, numbered

SEED = 20260304
TODAY = AS_OF.date()
PRICE_CENTS = 450
"""A seat and month, on average."""

COLUMNS = {
    "subscriptions": [
        "subscription_id", "account", "opportunity_id", "owner_id", "plan", "status", "start_date", "end_date", "mrr",
        "seats", "term", "auto_renews", "end_reason",
    ],
    "tickets": [
        "ticket_id", "created_at", "account", "owner_id", "priority", "status", "category", "channel",
        "first_response_at", "resolved_at", "reopened_at",
    ],
    "ticket_waits": ["ticket_wait_id", "ticket_id", "waits_for", "waiting_from", "waiting_until"],
    "quotas": ["quota_id", "user_id", "type", "period_from", "period_until", "ramped", "amount", "credited"],
    "forecasts": [
        "forecast_id", "segment", "category", "period_from", "period_until", "frozen_on", "amount", "actual",
    ],
    "spend": ["spend_id", "spent_on", "team", "category", "channel", "amount"],
    "survey_responses": ["survey_response_id", "asked_at", "answered_at", "account", "survey", "type", "score"],
    "intent_signals": ["intent_signal_id", "seen_at", "account", "type", "provider", "topic", "strength"],
}  # fmt: skip

BY_SIZE = {"SMB": (25, 90), "Mid-market": (90, 700), "Enterprise": (900, 3200)}
QUARTERS = [date(2025, 5, 1), date(2025, 8, 1), date(2025, 11, 1), date(2026, 2, 1), date(2026, 5, 1)]
PRIORITIES = ["P0", "P1", "P1", "P1", "P2", "P2", "P2", "P2", "P2", "P2", "P2", "P3", "P3", "P3"]
CATEGORIES = ["how to", "how to", "bug", "access", "billing", "integration"]

# Quantiles in minutes: of P0 around the clock, of all else in the office's hours.
REPLIES = {
    "P0": [(0.0, 3.0), (0.8, 40.0), (0.95, 59.0), (1.0, 130.0)],
    "P1": [(0.0, 8.0), (0.7, 130.0), (0.93, 235.0), (1.0, 420.0)],
    "P2": [(0.0, 20.0), (0.7, 300.0), (0.94, 475.0), (1.0, 900.0)],
    "P3": [(0.0, 60.0), (0.7, 900.0), (1.0, 3600.0)],
}
SOLUTIONS = {
    "P0": [(0.0, 40.0), (0.8, 400.0), (1.0, 1700.0)],
    "P1": [(0.0, 90.0), (0.8, 800.0), (1.0, 2600.0)],
    "P2": [(0.0, 120.0), (0.8, 1700.0), (1.0, 5400.0)],
    "P3": [(0.0, 200.0), (0.8, 3000.0), (1.0, 9000.0)],
}
WAITS = [(0.0, 60.0), (0.6, 1200.0), (0.9, 4300.0), (1.0, 9000.0)]


def months_later(day: date, months: int) -> date:
    """The same day of a later month; no subscription begins after the 28th."""
    place = day.month - 1 + months
    return date(day.year + place // 12, place % 12 + 1, day.day)


def band(account: Row) -> str:
    employees = account["employees"]
    if not employees:
        return ""
    return "SMB" if int(employees) < 100 else "Mid-market" if int(employees) < 1000 else "Enterprise"


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


class Contract:
    """The subscriptions of one customer from its first day: each change of price or seats is a row of its own."""

    def __init__(self, dice: Dice, account: Row, since: date, cents: int, deal: str = "") -> None:
        self.dice, self.account, self.deal = dice, account, deal
        self.seats = max(5, cents // PRICE_CENTS)
        self.cents = cents
        roll = dice.share()
        is_large = band(account) == "Enterprise"
        self.term = 36 if is_large and roll < 0.25 else 1 if not is_large and roll < 0.15 else 12
        self.rows: list[Row] = []
        self.run(since)

    def row(self, start: date, end: date | None, reason: str) -> None:
        self.rows.append({
            "account": self.account["account"],
            "opportunity_id": self.deal,
            "owner_id": CSMS[self.account["region"]],
            "plan": "monthly" if self.term == 1 else "annual" if self.term == 12 else "three years",
            "status": "ended" if reason else "active",
            "start_date": start.isoformat(),
            "end_date": end.isoformat() if end else "",
            "mrr": money(self.cents),
            "seats": str(self.seats),
            "term": str(self.term),
            "auto_renews": yes(self.term == 1 or self.dice.chance(0.7)),
            "end_reason": reason,
        })  # fmt: skip

    def run(self, start: date) -> None:
        """Term after term until somebody leaves or today has come; one in ten comes back."""
        is_customer = True
        while is_customer and start <= TODAY:
            is_customer, start = (self.month if self.term == 1 else self.fixed_term)(start)
        if not is_customer and self.dice.chance(0.12):
            back = months_later(start, self.dice.between(2, 7))
            if back < TODAY:
                self.resize(80, 100)
                self.run(back)

    def resize(self, low: int, high: int) -> None:
        """Other seats, in percent; the price of a seat stays."""
        percent = self.dice.between(low, high)
        before = self.seats
        self.seats = max(5, self.seats * percent // 100)
        self.cents = self.cents * self.seats // before

    def month(self, start: date) -> tuple[bool, date]:
        """A contract that can be canceled every month runs as one row until something changes."""
        day = start
        while True:
            day = months_later(day, 1)
            if day > TODAY:
                self.row(start, None, "")
                return True, day
            roll = self.dice.share()
            if roll < (0.045 if day >= date(2025, 11, 1) else 0.02):
                self.row(start, day, "canceled")
                return False, day
            if roll > 0.955:
                self.row(start, day, "changed")
                self.resize(80, 130)
                return True, day

    def fixed_term(self, start: date) -> tuple[bool, date]:
        """A term with at most one change a year on the way, and the question at its end."""
        dice, end, day = self.dice, months_later(start, self.term), start
        for year in range(self.term // 12):
            change = months_later(start, 12 * year + dice.between(2, 10))
            if dice.chance(0.2) and change <= TODAY:
                self.row(day, change, "changed")
                self.resize(108, 145)
                day = change
        if end > TODAY:
            self.row(day, end, "")
            return True, end
        is_hard = end >= date(2025, 11, 1)
        if not dice.chance(0.74 if is_hard else 0.88):
            self.row(day, end, "not renewed")
            return False, end
        self.row(day, end, "renewed")
        if dice.chance(0.24 if is_hard else 0.1):
            self.resize(60, 92)
        elif dice.chance(0.3):
            self.resize(105, 135)
        elif dice.chance(0.5):
            self.cents += self.cents * dice.between(1, 6) // 100
        return True, end


def subscriptions(dice: Dice, known: Known) -> list[Row]:
    won = [deal for deal in known.deals if deal["stage"] == "Closed Won"]
    # those of the year, so that 150 accounts remain which bought nothing in it
    deals = [deal for deal in known.deals if not deal["opportunity_id"].startswith("P")]
    buyers = {deal["account"].replace("Harbour", "Harbor") for deal in deals if deal["stage"] != "Closed Lost"}
    strangers = [name for name in known.accounts if name not in buyers]
    rows: list[Row] = []
    for _ in range(150):
        account = known.accounts[strangers.pop(dice.below(len(strangers)))]
        low, high = BY_SIZE[band(account) or "SMB"]
        since = months_later(date(2022, 3, dice.between(1, 28)), dice.below(36))
        rows += Contract(dice, account, since, dice.between(low * 500, high * 500)).rows
    for deal in won:
        account = known.accounts.get(deal["account"].replace("Harbour", "Harbor"))
        if account:
            signed = date.fromisoformat(deal["close_date"])
            since = months_later(signed.replace(day=1), 1)
            cents = int(deal["amount"].replace(".", "")) // 12
            rows += Contract(dice, account, since, cents, deal["opportunity_id"]).rows
    rows = [row for row in rows if row["start_date"] <= TODAY.isoformat()]
    rows.sort(key=lambda row: (row["start_date"], row["account"], row["opportunity_id"]))
    running = [row for row in rows if row["status"] == "active"]
    running[20]["account"] = (
        "Tundra Rial" if running[20]["account"] == "Tundra Rail" else running[20]["account"].upper()
    )
    running[60]["mrr"] = ""
    running[90]["status"] = "on hold"
    return numbered("subscription_id", "SUB", rows, 4)


def paying(rows: list[Row], day: date) -> list[str]:
    """The accounts with a subscription on a day, in order."""
    text = day.isoformat()
    found = {
        row["account"] for row in rows if row["start_date"] <= text and (not row["end_date"] or row["end_date"] > text)
    }
    return sorted(found)


def ticket(dice: Dice, known: Known, account: str, asked: datetime) -> tuple[Row, list[Row]]:
    """A ticket and the times in which it waited for the customer (or for a partner)."""
    region = known.accounts[account]["region"] if account in known.accounts else "DACH"
    priority = dice.pick(PRIORITIES)
    slow = 1.6 if region == "North America" and asked >= datetime(2025, 12, 1, tzinfo=BERLIN) else 1.0

    def after(since: datetime, minutes: float) -> datetime:
        if priority == "P0":
            return since + timedelta(seconds=round(minutes * 60))
        return worked(since, minutes * slow, region)

    reply = after(asked, dice.quantile(REPLIES[priority]))
    solved = after(reply, dice.quantile(SOLUTIONS[priority]))
    waits: list[Row] = []
    for _ in range(dice.below(3) if dice.chance(0.5) else 0):
        begins = reply + (solved - reply) * (0.1 + 0.8 * dice.share())
        ends = begins + timedelta(minutes=round(dice.quantile(WAITS)))
        solved += ends - begins
        who = "customer" if dice.chance(0.85) else "partner"
        waits.append({"waits_for": who, "waiting_from": local(begins), "waiting_until": local(ends)})
    is_solved = solved <= AS_OF
    reopened = solved + timedelta(minutes=dice.between(200, 6000)) if dice.chance(0.04) else None
    is_waiting = any(wait["waiting_from"] and not wait["waiting_until"] for wait in waits)
    status = "resolved" if is_solved else "waiting" if is_waiting else "open" if reply <= AS_OF else "new"
    row = {
        "created_at": local(asked),
        "account": account,
        "owner_id": CSMS[region],
        "priority": priority,
        "status": status,
        "category": dice.pick(CATEGORIES),
        "channel": dice.pick(["mail", "mail", "chat", "phone"]),
        "first_response_at": local(reply),
        "resolved_at": local(solved),
        "reopened_at": local(reopened) if is_solved else "",
    }
    return row, [wait for wait in waits if wait["waiting_from"]]


def asked_at(dice: Dice) -> datetime:
    """When a ticket is opened: mostly by day, at customers that never close."""
    day = date(2025, 6, 1) + timedelta(days=dice.below((TODAY - date(2025, 6, 1)).days))
    if day.weekday() >= 5 and dice.chance(0.6):
        day += timedelta(days=7 - day.weekday())
    minute = dice.between(420, 1200) if dice.chance(0.85) else dice.between(0, 1439)
    asked = datetime.combine(day, time(minute // 60, minute % 60, dice.below(60)), BERLIN).astimezone(UTC)
    return min(asked, AS_OF.astimezone(UTC) - timedelta(hours=2))


def support(dice: Dice, known: Known, contracts: list[Row]) -> tuple[list[Row], list[Row]]:
    tickets: list[Row] = []
    waits: list[Row] = []
    for number, asked in enumerate(sorted(asked_at(dice) for _ in range(900)), 1):
        id = f"T-{number:04}"
        row, its = ticket(dice, known, dice.pick(paying(contracts, asked.date())), asked)
        tickets.append({"ticket_id": id, **row})
        waits += [{"ticket_id": id, **wait} for wait in its]
    for place, priority in ((210, ""), (420, "Urgent"), (630, ""), (840, "Urgent"), (870, "")):
        tickets[place]["priority"] = priority
    for place in (333, 777):
        tickets[place]["account"] = "Nobody & Sons"
    early = next(row for row in tickets[800:] if row["status"] == "resolved")
    early["resolved_at"] = local(datetime.fromisoformat(early["created_at"]).replace(tzinfo=BERLIN) - timedelta(days=1))
    for row in [wait for wait in waits if wait["waiting_until"]][50:400:120]:
        row["waiting_until"] = ""
    return tickets, numbered("ticket_wait_id", "W", waits, 4)


def won_in(known: Known, first: date, until: date) -> list[Row]:
    days = first.isoformat(), until.isoformat()
    return [deal for deal in known.deals if deal["stage"] == "Closed Won" and days[0] <= deal["close_date"] < days[1]]


def worth(deals: list[Row]) -> int:
    """In cents."""
    return sum(int(deal["amount"].replace(".", "")) for deal in deals)


def quotas(dice: Dice, known: Known) -> list[Row]:
    rows: list[Row] = []
    for first, until in pairwise(QUARTERS):
        for user in sorted(user for user in known.region_of if "U-11" <= user <= "U-18"):
            is_ramped = user not in ("U-15", "U-18") or first >= date(2025, 11, 1)
            credited = [deal for deal in won_in(known, first, until) if deal["owner_id"] == user]
            rows.append({
                "user_id": user,
                "type": "new_business",
                "period_from": first.isoformat(),
                "period_until": until.isoformat(),
                "ramped": yes(is_ramped),
                "amount": money((dice.between(30, 36) if is_ramped else dice.between(14, 18)) * 500_000),
                "credited": money(worth(credited)),
            })  # fmt: skip
    rows.insert(9, rows[8] | {"user_id": "U-19", "credited": money(0)})
    return numbered("quota_id", "Q", rows, 3)


def forecasts(dice: Dice, known: Known) -> list[Row]:
    """What somebody said two weeks into a quarter that it would bring, and afterwards what it brought."""
    rows: list[Row] = []
    for first, until in pairwise(QUARTERS):
        for segment in BY_SIZE:
            deals = won_in(known, first, until)
            brought = worth(
                [d for d in deals if d["account"] in known.accounts and band(known.accounts[d["account"]]) == segment]
            )
            is_over = until <= TODAY
            hoped = brought if is_over else brought * 3
            percent = dice.between(105, 150) if segment == "Enterprise" else dice.between(84, 112)
            for category, share in (("commit", 100), ("best case", dice.between(115, 140))):
                rows.append({
                    "segment": segment,
                    "category": category,
                    "period_from": first.isoformat(),
                    "period_until": until.isoformat(),
                    "frozen_on": (first + timedelta(days=14)).isoformat(),
                    "amount": money(hoped * percent * share // 1_000_000 * 100),
                    "actual": money(brought) if is_over else "",
                })  # fmt: skip
    return numbered("forecast_id", "F", rows, 3)


MONTHLY = [
    ("marketing", "programs", "search", 21_000, 27_000),
    ("marketing", "programs", "social", 8_000, 12_000),
    ("marketing", "programs", "event", 4_000, 19_000),
    ("marketing", "programs", "content", 5_000, 8_000),
    ("marketing", "programs", "partner", 3_000, 6_000),
    ("marketing", "agencies", "", 6_000, 9_000),
    ("marketing", "tools", "", 4_200, 4_600),
    ("marketing", "people", "", 41_000, 43_000),
    ("sales", "people", "", 96_000, 103_000),
    ("sales", "tools", "", 7_000, 7_600),
    ("customer_success", "people", "", 33_000, 35_000),
    ("customer_success", "tools", "", 2_400, 2_700),
]


def spend(dice: Dice, known: Known) -> list[Row]:
    """What each month cost, booked on its last day; what is spent on `search` grows, and buys less."""
    del known
    rows: list[Row] = []
    for month in (*range(12), *range(-6, 0)):
        first = months_later(date(2025, 3, 1), month)
        for team, category, channel, low, high in MONTHLY:
            cents = dice.between(low, high) * 100 * (100 + (4 * month if channel == "search" else 0)) // 100
            rows.append({
                "spent_on": (months_later(first, 1) - timedelta(days=1)).isoformat(),
                "team": team, "category": category, "channel": channel, "amount": money(cents),
            })  # fmt: skip
    max((row for row in rows if row["category"] == "agencies"), key=lambda row: row["spent_on"])["amount"] = ""
    rows.sort(key=lambda row: row["spent_on"])
    return numbered("spend_id", "X", rows, 4)


def survey_responses(dice: Dice, known: Known, contracts: list[Row]) -> list[Row]:
    """Three rounds of NPS, and a question after each kickoff."""
    rows: list[Row] = []
    for round_, day in enumerate((date(2025, 4, 15), date(2025, 7, 15), date(2025, 10, 14))):
        for account in paying(contracts, day):
            asked = datetime.combine(day, time(9), BERLIN)
            score = min(10, (10 if dice.chance(0.55 - 0.07 * round_) else dice.between(2, 9)) - dice.below(2))
            answered = local(asked + timedelta(minutes=dice.between(4, 16000))) if dice.chance(0.47) else ""
            rows.append({
                "asked_at": local(asked), "answered_at": answered, "account": account, "survey": f"NPS {day:%Y-%m}",
                "type": "nps", "score": str(score) if answered else "",
            })  # fmt: skip
    for deal in known.deals:
        if deal["kickoff_on"] and deal["account"] in known.accounts and deal["kickoff_on"] < "2025-11-01":
            asked = datetime.combine(date.fromisoformat(deal["kickoff_on"]) + timedelta(days=30), time(8), BERLIN)
            if asked < datetime(2025, 12, 1, tzinfo=BERLIN):
                answered = local(asked + timedelta(minutes=dice.between(4, 9000))) if dice.chance(0.6) else ""
                rows.append({
                    "asked_at": local(asked), "answered_at": answered, "account": deal["account"],
                    "survey": "onboarding", "type": "csat", "score": str(dice.between(2, 5)) if answered else "",
                })  # fmt: skip
    rows.sort(key=lambda row: (row["asked_at"], row["account"]))
    return numbered("survey_response_id", "N", rows, 4)


def intent_signals(dice: Dice, known: Known) -> list[Row]:
    names, days = list(known.accounts), (TODAY - date(2025, 9, 1)).days
    rows: list[Row] = []
    for _ in range(700):
        day = date(2025, 9, 1) + timedelta(days=dice.below(days))
        rows.append({
            "seen_at": local(datetime.combine(day, time(dice.between(6, 21), dice.below(60), dice.below(60)), BERLIN)),
            "account": dice.pick(names),
            "type": dice.pick(["visit", "visit", "visit", "download", "review", "search", "hiring"]),
            "provider": dice.pick(["own site", "own site", "review site", "job board"]),
            "topic": dice.pick(["shift planning", "overtime", "works council", "payroll"]),
            "strength": str(dice.between(1, 100)),
        })  # fmt: skip
    rows.sort(key=lambda row: (row["seen_at"], row["account"]))
    return numbered("intent_signal_id", "I", rows, 4)


def books(streams: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The streams of this room, each from its own dice: a change in one leaves the others as they are."""
    known = Known(streams)
    dice = {name: Dice(SEED + place) for place, name in enumerate(COLUMNS)}
    contracts = subscriptions(dice["subscriptions"], known)
    payers = [row for row in contracts if row["account"] in known.accounts]
    tickets, waits = support(dice["tickets"], known, payers)
    return {
        "subscriptions": contracts,
        "tickets": tickets,
        "ticket_waits": waits,
        "quotas": quotas(dice["quotas"], known),
        "forecasts": forecasts(dice["forecasts"], known),
        "spend": spend(dice["spend"], known),
        "survey_responses": survey_responses(dice["survey_responses"], known, payers),
        "intent_signals": intent_signals(dice["intent_signals"], known),
    }
