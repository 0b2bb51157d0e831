"""Larkspur's months: leads come in, people turn to them, deals are opened and closed. `larkspur.py` writes it down.

The story behind the numbers is told at the top of `larkspur.py`; here are the chances that make it. Everything random
comes from `Random.random()` and integer arithmetic, so that the same seed gives the same rows on every machine.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

Row = dict[str, str]

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
AS_OF = datetime(2026, 3, 2, 5, 58, 41, tzinfo=BERLIN)
SEEDS = {"": 20260302, "P": 20260301}
"""Of the CRM of today, and of what was brought over from the one before it: its ids begin with P."""
FIRST = {"": date(2025, 3, 1), "P": date(2024, 9, 1)}
UNTIL = {"": AS_OF, "P": datetime(2025, 3, 1, tzinfo=BERLIN)}
LEADS = {"": 2970, "P": 1080}
OUTBOUND_DEALS = {"": 450, "P": 190}

# user, role, region, team, calendar; U-08 has left and is not in the export
USERS = [
    ("U-01", "sdr", "DACH", "sales", "desk"),
    ("U-02", "sdr", "DACH", "sales", "desk"),
    ("U-03", "sdr", "DACH", "sales", "desk"),
    ("U-04", "sdr", "Nordics", "sales", "desk"),
    ("U-05", "sdr", "Nordics", "sales", "desk"),
    ("U-06", "sdr", "North America", "sales", "new_york"),
    ("U-07", "sdr", "North America", "sales", "new_york"),
    ("U-11", "ae", "DACH", "sales", "desk"),
    ("U-12", "ae", "DACH", "sales", "desk"),
    ("U-13", "ae", "DACH", "sales", "desk"),
    ("U-14", "ae", "Nordics", "sales", "desk"),
    ("U-15", "ae", "Nordics", "sales", "desk"),
    ("U-16", "ae", "North America", "sales", "new_york"),
    ("U-17", "ae", "North America", "sales", "new_york"),
    ("U-18", "ae", "North America", "sales", "new_york"),
    ("U-21", "csm", "DACH", "customer_success", "desk"),
    ("U-22", "csm", "Nordics", "customer_success", "desk"),
    ("U-23", "csm", "North America", "customer_success", "new_york"),
    ("U-24", "marketer", "DACH", "marketing", "desk"),
    ("U-25", "marketer", "North America", "marketing", "new_york"),
    ("U-26", "analyst", "DACH", "revops", "desk"),
    ("U-27", "sdr", "UK & Ireland", "sales", ""),
]
SDRS = {
    "DACH": ["U-01", "U-02", "U-03"],
    "Nordics": ["U-04", "U-05"],
    "North America": ["U-06", "U-07"],
    "UK & Ireland": ["U-27"],
}
AES = {
    "DACH": ["U-11", "U-12", "U-13"],
    "Nordics": ["U-14", "U-15"],
    "North America": ["U-16", "U-17", "U-18"],
    "UK & Ireland": ["U-11"],
}
COUNTRIES = {
    "DACH": ["DE", "DE", "DE", "AT", "CH"],
    "Nordics": ["SE", "SE", "DK", "NO", "FI"],
    "North America": ["US", "US", "US", "US", "CA"],
    "UK & Ireland": ["GB"],
}

ADJECTIVES = [
    "Amber", "Birch", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Iron", "Juniper", "Kestrel", "Lumen",
    "Maple", "North", "Ocean", "Pioneer", "Quartz", "River", "Summit", "Tundra",
]  # fmt: skip
NOUNS = [
    "Foundry", "Textiles", "Logistics", "Freight", "Optics", "Bakeries", "Clinics", "Hotels", "Retail", "Robotics",
    "Packaging", "Farms", "Energy", "Castings", "Timber", "Labs", "Airports", "Breweries", "Facilities", "Security",
    "Rail",
]  # fmt: skip
INDUSTRIES = ["Manufacturing", "Logistics", "Healthcare", "Hospitality", "Retail", "Energy"]
SOURCES = ["Web form", "Web form", "Web form", "Webinar", "Content", "Content", "Event", "Partner", "Outbound"]
REASONS = ["No budget", "No need", "No need", "Wrong person", "Bad data", "Competitor", "Timing"]
TOUCHES = ["Call", "Call", "Email", "Email", "Email", "LinkedIn", "Meeting"]

# Days on which an office is closed: enough for the sample to look like people (the documents name the law's holidays).
OFF_DESK = {
    date(2024, 10, 3), date(2024, 12, 24), date(2024, 12, 25), date(2024, 12, 26), date(2025, 1, 1),
    date(2025, 4, 18), date(2025, 4, 21), date(2025, 5, 1), date(2025, 5, 8), date(2025, 5, 29), date(2025, 6, 9),
    date(2025, 10, 3), date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1),
}  # fmt: skip
OFF_NEW_YORK = {
    date(2024, 9, 2), date(2024, 10, 14), date(2024, 11, 5), date(2024, 11, 11), date(2024, 11, 28), date(2024, 12, 25),
    date(2025, 1, 1), date(2025, 1, 20), date(2025, 2, 12), date(2025, 2, 17),
    date(2025, 5, 26), date(2025, 6, 19), date(2025, 7, 4), date(2025, 9, 1), date(2025, 10, 13), date(2025, 11, 4),
    date(2025, 11, 11), date(2025, 11, 27), date(2025, 12, 25), date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 12),
    date(2026, 2, 16),
}  # fmt: skip
DESK_HOURS = ((time(9), time(12)), (time(13), time(18)))
NEW_YORK_HOURS = ((time(9), time(17)),)

# Quantiles in minutes, read piece by piece in a straight line.
PROMPT = [(0.0, 2.0), (0.3, 20.0), (0.6, 65.0), (0.85, 150.0), (1.0, 238.0)]
TARDY = [(0.0, 245.0), (0.5, 420.0), (0.9, 900.0), (1.0, 1500.0)]
SCORED_AFTER = [(0.0, 1.0), (0.4, 30.0), (0.7, 600.0), (0.9, 4320.0), (1.0, 14400.0)]
QUALIFIED_AFTER = [(0.0, 1500.0), (0.5, 7200.0), (0.9, 17000.0), (1.0, 28000.0)]
REJECTED_AFTER = [(0.0, 400.0), (0.5, 3000.0), (1.0, 9000.0)]
DEMO_ANSWERED = [(0.0, 4.0), (0.6, 45.0), (0.9, 235.0), (1.0, 1400.0)]
DEMO_OVERDUE = [(0.0, 1450.0), (1.0, 3600.0)]
CYCLE_DAYS = [(0.0, 9.0), (0.3, 30.0), (0.6, 52.0), (0.9, 95.0), (1.0, 150.0)]


class Dice:
    """Everything random, from `Random.random()` alone: Python promises that sequence for ever."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random

    def share(self) -> float:
        return self._random()

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def below(self, n: int) -> int:
        return int(self._random() * n)

    def pick(self, choices: list[str]) -> str:
        return choices[self.below(len(choices))]

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def quantile(self, curve: list[tuple[float, float]]) -> float:
        """A draw from a distribution given as (share, value) corners."""
        u = self._random()
        for (x0, y0), (x1, y1) in pairwise(curve):
            if u <= x1:
                return y0 + (y1 - y0) * (u - x0) / (x1 - x0)
        return curve[-1][1]


def office(region: str) -> tuple[ZoneInfo, tuple[tuple[time, time], ...], set[date]]:
    if region == "North America":
        return NEW_YORK, NEW_YORK_HOURS, OFF_NEW_YORK
    return BERLIN, DESK_HOURS, OFF_DESK


def worked(moment: datetime, minutes: float, region: str) -> datetime:
    """The moment at which `minutes` of the office's opening hours have passed since `moment`, in UTC."""
    zone, hours, off = office(region)
    left = timedelta(seconds=round(minutes * 60))
    day = moment.astimezone(zone).date()
    while True:
        if day.weekday() < 5 and day not in off:
            for opens, closes in hours:
                start = max(datetime.combine(day, opens, zone).astimezone(UTC), moment)
                end = datetime.combine(day, closes, zone).astimezone(UTC)
                if start < end:
                    if start + left < end:
                        return start + left
                    left -= end - start
        day += timedelta(days=1)


def local(moment: datetime | None) -> str:
    """As the CRM writes it: Berlin time without a zone; what has not happened yet is empty."""
    if moment is None or moment > AS_OF:
        return ""
    return moment.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M:%S")


def yes(value: bool) -> str:
    return "yes" if value else "no"


def users() -> list[Row]:
    return [dict(zip(("user_id", "role", "region", "team", "calendar"), user, strict=True)) for user in USERS]


def accounts(dice: Dice) -> list[Row]:
    rows: list[Row] = []
    for noun in NOUNS:
        for adjective in ADJECTIVES:
            roll = dice.share()
            region = "DACH" if roll < 0.45 else "Nordics" if roll < 0.65 else "North America"
            size = dice.share()
            low, high = (8, 99) if size < 0.5 else (100, 999) if size < 0.85 else (1000, 9000)
            rows.append({
                "account": f"{adjective} {noun}",
                "industry": dice.pick(INDUSTRIES),
                "country": dice.pick(COUNTRIES[region]),
                "employees": str(dice.between(low, high)),
                "region": region,
            })  # fmt: skip
    for place in (17, 90, 161, 233, 302, 388):
        rows[place]["employees"] = ""
    return rows


def arrivals(crm: Crm) -> list[datetime]:
    """When leads come in: mostly on working days between eight and seven, a few more each month."""
    dice, first, until = crm.dice, FIRST[crm.prefix], UNTIL[crm.prefix]
    days = (until.date() - first).days
    moments: list[datetime] = []
    while len(moments) < LEADS[crm.prefix]:
        day = first + timedelta(days=dice.below(days) if dice.chance(0.85) else dice.between(days // 2, days))
        if day.weekday() >= 5 and dice.chance(0.72):
            continue
        minute = dice.between(480, 1140) if dice.chance(0.8) else dice.between(0, 1439)
        start = datetime.combine(day, time(minute // 60, minute % 60, dice.below(60)), BERLIN)
        if start < until - timedelta(minutes=10):
            moments.append(start.astimezone(UTC))
    return sorted(moments)


def february(moment: datetime) -> bool:
    return moment.astimezone(BERLIN).date() >= date(2026, 2, 1)


def owner_of(dice: Dice, region: str, moment: datetime) -> str:
    """Routing: whoever is next in the region. U-08's leads were handed over, but routing still knows her."""
    if region == "North America" and february(moment) and dice.chance(0.12):
        return "U-08"
    return dice.pick(SDRS[region])


def first_touch(dice: Dice, region: str, mql_at: datetime) -> datetime | None:
    """When somebody first turned to an MQL, if anybody did."""
    late = 0.05 if region != "North America" else 0.45 if february(mql_at) else 0.08
    if dice.chance(0.008):
        return None
    if dice.chance(0.04):
        return mql_at + timedelta(minutes=dice.between(3, 50))  # whatever the hour
    return worked(mql_at, dice.quantile(TARDY if dice.chance(late) else PROMPT), region)


def demo_reply(dice: Dice, asked: datetime) -> datetime:
    """When somebody answered a demo request: round the clock, by a rota. Last weekend nobody was on it."""
    if asked >= datetime(2026, 2, 27, 16, tzinfo=BERLIN):
        return AS_OF + timedelta(hours=3)
    return asked + timedelta(minutes=round(dice.quantile(DEMO_OVERDUE if dice.chance(0.03) else DEMO_ANSWERED)))


class Crm:
    """The export while it grows: rows by stream. Ids begin with ``prefix``, as `SEEDS` has it."""

    def __init__(self, dice: Dice, accounts: list[Row], prefix: str = "") -> None:
        self.dice, self.accounts, self.prefix = dice, accounts, prefix
        self.users = users()
        self.leads: list[Row] = []
        self.activities: list[tuple[datetime, Row]] = []
        self.opportunities: list[Row] = []

    def act(self, moment: datetime, lead: str, user: str, kind: str, automated: bool = False) -> None:
        if moment <= AS_OF:
            row = {"lead_id": lead, "user_id": user, "type": kind, "automated": yes(automated)}
            self.activities.append((moment, row))

    def deal(self, opened: date, account: Row, lead: str, owner: str | None = None) -> None:
        dice, region = self.dice, account["region"]
        closes = opened + timedelta(days=round(dice.quantile(CYCLE_DAYS)))
        employees = int(account["employees"] or 50)
        low, high = (3, 12) if employees < 100 else (14, 46) if employees < 1000 else (60, 175)
        won = dice.chance(0.2 if closes >= date(2026, 2, 1) else 0.29)
        kickoff = closes + timedelta(days=dice.between(1, 5) if dice.chance(0.9) else dice.between(6, 12))
        closed = closes < AS_OF.date()
        self.opportunities.append({
            "account": account["account"],
            "owner_id": owner or dice.pick(AES[region]),
            "lead_id": lead,
            "opened_on": opened.isoformat(),
            "stage": ("Closed Won" if won else "Closed Lost") if closed else dice.pick(
                ["Discovery", "Discovery", "Proposal", "Negotiation"]
            ),
            "close_date": (closes if closed else closes - timedelta(days=dice.between(0, 20))).isoformat(),
            "amount": f"{dice.between(low * 1000, high * 1000) // 50 * 50}.00",
            "kickoff_on": kickoff.isoformat() if closed and won and kickoff <= AS_OF.date() else "",
        })  # fmt: skip

    def lead(self, created: datetime) -> None:
        """One lead with everything that followed from it."""
        dice = self.dice
        id = f"{self.prefix}L-{len(self.leads) + 1:05}"
        account = self.accounts[dice.below(len(self.accounts))]
        region = account["region"]
        if february(created) and dice.chance(0.07):
            region = "UK & Ireland"
        asked = created if dice.chance(0.115) else None
        qualified = dice.chance(0.42) or asked is not None
        scored = created + timedelta(minutes=2 if asked else round(dice.quantile(SCORED_AFTER)))
        mql_at = scored if qualified and scored <= AS_OF else None
        score = dice.between(51, 98) if mql_at else 50 if dice.chance(0.04) else dice.between(3, 49)
        owner = owner_of(dice, region, created)
        row = {
            "lead_id": id,
            "created_at": local(created),
            "company": account["account"] if dice.chance(0.95) else "",
            "owner_id": owner,
            "source": "Web form" if asked else dice.pick(SOURCES),
            "score": str(score),
            "mql_at": local(mql_at),
            "demo_requested_at": local(asked),
            "duplicate": yes(dice.chance(0.02)),
            "opted_out": yes(dice.chance(0.015)),
        }
        self.leads.append(row)
        self.act(created + timedelta(seconds=dice.between(20, 300)), id, "", "System")
        self.act(created + timedelta(minutes=dice.between(6, 90)), id, owner, "Email", automated=True)
        if mql_at:
            self.follow_up(row, mql_at, region, account, asked)
        elif dice.chance(0.5):
            self.act(worked(created, dice.between(600, 9000), region), id, owner, "Email", automated=dice.chance(0.8))

    def follow_up(self, row: Row, mql_at: datetime, region: str, account: Row, asked: datetime | None) -> None:
        dice, id, owner = self.dice, row["lead_id"], row["owner_id"]
        if dice.chance(0.05):
            self.act(mql_at - timedelta(minutes=dice.between(1, 600)), id, owner, "Call")
        touch = demo_reply(dice, asked) if asked else first_touch(dice, region, mql_at)
        if touch is None:
            return
        self.act(touch, id, owner, dice.pick(TOUCHES))
        for _ in range(dice.below(4)):
            touch = worked(touch, dice.between(200, 4000), region)
            self.act(touch, id, owner, dice.pick(TOUCHES))
        if dice.chance(0.36):
            sql_at = worked(mql_at + timedelta(minutes=dice.quantile(QUALIFIED_AFTER)), 5, region)
            row["sql_at"] = local(sql_at)
            if dice.chance(0.62) and sql_at <= AS_OF - timedelta(days=1):
                self.deal(sql_at.astimezone(BERLIN).date(), account, id)
        elif dice.chance(0.3):
            rejected = worked(mql_at + timedelta(minutes=dice.quantile(REJECTED_AFTER)), 7, region)
            answer = worked(rejected, dice.between(20, 460) if dice.chance(0.95) else dice.between(500, 1500), "DACH")
            row["rejected_at"], row["rejection_answered_at"] = local(rejected), local(answer)
            row["rejection_reason"] = dice.pick(REASONS) if row["rejected_at"] else ""


def outbound_deals(crm: Crm) -> None:
    """Deals that account executives found themselves: no lead."""
    first = FIRST[crm.prefix]
    days = (UNTIL[crm.prefix].date() - first).days
    for _ in range(OUTBOUND_DEALS[crm.prefix]):
        day = first + timedelta(days=crm.dice.below(days - 2))
        day += timedelta(days=7 - day.weekday() if day.weekday() >= 5 else 0)
        crm.deal(day, crm.accounts[crm.dice.below(len(crm.accounts))], "")


def lived(crm: Crm) -> Crm:
    """What happened, deals numbered in the order of their opening."""
    for moment in arrivals(crm):
        crm.lead(moment)
    outbound_deals(crm)
    crm.opportunities.sort(key=lambda row: (row["opened_on"], row["account"], row["amount"]))
    for number, row in enumerate(crm.opportunities, 1):
        row["opportunity_id"] = f"{crm.prefix}O-{number:04}"
    return crm


def grow() -> Crm:
    """The year as it happened, before anything is planted."""
    dice = Dice(SEEDS[""])
    return lived(Crm(dice, accounts(dice)))


def bring_over(crm: Crm) -> None:
    """The half year before it, from the CRM before this one; nothing is planted there."""
    before = lived(Crm(Dice(SEEDS["P"]), crm.accounts, "P"))
    crm.leads += before.leads
    crm.opportunities += before.opportunities
    crm.activities += before.activities
