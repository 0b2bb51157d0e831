"""What Larkspur's CRM logged beside the five main lists: who owned what when, scores, stages, demos, handoffs.

Everything here agrees with the lists that `larkspur.py` has built: the last owner, score and stage of a record are
those it has there, a demo was answered when somebody first turned to the lead, a handoff lies after the signature.

Planted faults: two stages, two changes of owner and three demos that were held lack their moment; a demo belongs to
U-98, who never existed; two handoffs have nobody to take them.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta

from larkspur_life import AES, AS_OF, BERLIN, SDRS, Dice, Row, local, worked, yes

SEED = 20260303
CSMS = {"DACH": "U-21", "Nordics": "U-22", "North America": "U-23", "UK & Ireland": "U-21"}
STAGES = ["Discovery", "Proposal", "Negotiation"]
SCORED_FOR = ["form", "webinar", "visit", "mail opened", "company data"]

COLUMNS = {
    "stage_changes": [
        "stage_change_id", "opportunity_id", "from_stage", "stage", "changed_at", "left_at", "changed_by",
    ],
    "score_changes": ["score_change_id", "lead_id", "from_score", "score", "reason", "changed_at"],
    "owner_changes": ["owner_change_id", "lead_id", "owner_id", "reason", "changed_at"],
    "routings": ["routing_id", "lead_id", "queue", "routed_at", "assigned_at"],
    "demos": [
        "demo_id", "requested_at", "lead_id", "account", "opportunity_id", "owner_id", "status", "answered_at",
        "scheduled_for", "held_at",
    ],
    "handoffs": [
        "handoff_id", "handed_over_at", "opportunity_id", "account", "from_team", "to_team", "from_user_id",
        "to_user_id", "is_complete", "accepted_at", "rejected_at", "rejection_reason", "signed_on", "dossier_on",
        "feedback_on",
    ],
}  # fmt: skip

# Quantiles in minutes of the office's hours, unless told otherwise.
ROUTED_SECONDS = [(0.0, 2.0), (0.8, 30.0), (1.0, 240.0)]
ASSIGNED_AFTER = [(0.0, 1.0), (0.6, 12.0), (0.9, 60.0), (1.0, 200.0)]
HANDED_OVER = [(0.0, 30.0), (0.6, 400.0), (0.9, 900.0), (1.0, 1900.0)]
TAKEN = [(0.0, 10.0), (0.7, 240.0), (0.92, 520.0), (1.0, 1500.0)]


def moment(text: str) -> datetime:
    """A moment that the CRM wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def written(text: str) -> datetime | None:
    """A moment that may be missing, or be none."""
    try:
        return moment(text) if text else None
    except ValueError:
        return None


def numbered(name: str, prefix: str, rows: list[Row], digits: int = 5) -> list[Row]:
    """Rows with a key of their own, in order."""
    return [{name: f"{prefix}-{number:0{digits}}", **row} for number, row in enumerate(rows, 1)]


class Known:
    """The five lists as those who look things up see them."""

    def __init__(self, streams: dict[str, list[Row]]) -> None:
        self.leads: dict[str, Row] = {}
        for row in streams["leads"]:
            other = self.leads.get(row["lead_id"])
            if row["lead_id"] and (other is None or row["created_at"] >= other["created_at"]):
                self.leads[row["lead_id"]] = row
        self.deals = streams["opportunities"]
        self.deal_of = {row["lead_id"]: row["opportunity_id"] for row in self.deals if row["lead_id"]}
        self.accounts = {row["account"]: row for row in streams["accounts"]}
        self.region_of = {row["user_id"]: row["region"] for row in streams["users"]}
        self._touches: dict[str, list[datetime]] = {}
        for row in streams["activities"]:
            if row["type"] != "System" and row["automated"] == "no":
                self._touches.setdefault(row["lead_id"], []).append(moment(row["occurred_at"]))

    def first_touch(self, lead: str, since: datetime) -> datetime | None:
        """When a person first turned to a lead since a moment."""
        touches = sorted(self._touches.get(lead, []))
        place = bisect_left(touches, since)
        return touches[place] if place < len(touches) else None

    def region(self, user: str) -> str:
        return self.region_of.get(user, "North America")


def stages_of(dice: Dice, deal: Row) -> list[tuple[str, datetime]]:
    """The stages of a deal and when each began; the last is the one it is in."""
    opened = datetime.combine(date.fromisoformat(deal["opened_on"]), time(9, dice.below(60)), BERLIN)
    is_open = deal["stage"] in STAGES
    if is_open:
        closes, names = AS_OF - timedelta(hours=12), STAGES[: STAGES.index(deal["stage"]) + 1]
    else:
        day = date.fromisoformat(deal["close_date"])
        closes = datetime.combine(day, time(11 + dice.below(6), dice.below(60)), BERLIN)
        names = STAGES[: 3 if deal["stage"] == "Closed Won" else dice.between(1, 3)]
        if len(names) == 3 and dice.chance(0.05):
            names = [*names, "Proposal", "Negotiation"]  # back to the table
    span = (closes.astimezone(UTC) - opened.astimezone(UTC)) * 0.9
    shares = sorted(dice.share() for _ in names[1:])
    begun = [opened, *(opened.astimezone(UTC) + span * share + timedelta(minutes=5) for share in shares)]
    stages = list(zip(names, begun, strict=True))
    return stages if is_open else [*stages, (deal["stage"], closes)]


def stage_changes(dice: Dice, known: Known) -> list[Row]:
    rows: list[Row] = []
    for deal in known.deals:
        stages = stages_of(dice, deal)
        ends = [began for _, began in stages[1:]]
        for place, (stage, began) in enumerate(stages):
            rows.append({
                "opportunity_id": deal["opportunity_id"],
                "from_stage": stages[place - 1][0] if place else "",
                "stage": stage,
                "changed_at": local(began),
                "left_at": local(ends[place]) if place < len(ends) else "",
                "changed_by": deal["owner_id"],
            })  # fmt: skip
    for row in [row for row in rows if row["stage"] == "Proposal" and row["left_at"]][40:400:300]:
        row["changed_at"] = ""
    return numbered("stage_change_id", "SC", rows)


def scores_of(dice: Dice, lead: Row) -> list[tuple[int, datetime]]:
    """The scores of a lead and since when; the last is the one it has. A lead without a score never had one."""
    if lead["score"] in ("", "n/a"):
        return []
    final, created = int(float(lead["score"])), moment(lead["created_at"])
    passed = written(lead["mql_at"])
    if passed is None:
        later = created.astimezone(UTC) + timedelta(minutes=dice.between(30, 9000))
        if later > AS_OF or dice.chance(0.4):
            return [(final, created)]
        return [(dice.between(0, max(final - 1, 0)), created), (final, later)]
    scores = [(dice.between(2, 48), created)] if passed > created else []
    later = passed.astimezone(UTC) + timedelta(minutes=dice.between(60, 20000))
    if final > 55 and later < AS_OF and dice.chance(0.35):
        return [*scores, (dice.between(51, final - 1), passed), (final, later)]
    return [*scores, (final, passed)]


def score_changes(dice: Dice, known: Known) -> list[Row]:
    rows: list[Row] = []
    for id, lead in known.leads.items():
        before = ""
        for score, since in scores_of(dice, lead):
            rows.append({
                "lead_id": id, "from_score": before, "score": str(score), "reason": dice.pick(SCORED_FOR),
                "changed_at": local(since),
            })  # fmt: skip
            before = str(score)
    rows.sort(key=lambda row: (row["changed_at"], row["lead_id"]))
    return numbered("score_change_id", "S", rows)


def colleague(dice: Dice, owner: str) -> str:
    """Somebody else who could have had a lead first."""
    others = [user for sdrs in SDRS.values() if owner in sdrs for user in sdrs if user != owner]
    return dice.pick(others or SDRS["DACH"])


def handed_on(dice: Dice, known: Known, lead: Row) -> datetime | None:
    """When an MQL was given to its present owner by another one, if it was; most often before the first contact."""
    passed = written(lead["mql_at"])
    if passed is None or not lead["owner_id"]:
        return None
    is_short_of_hands = known.region(lead["owner_id"]) == "North America" and passed >= moment("2026-01-15T00:00:00")
    if not dice.chance(0.25 if is_short_of_hands else 0.07):
        return None
    touch = known.first_touch(lead["lead_id"], passed)
    gap = (touch or AS_OF) - passed
    if touch is None or gap > timedelta(minutes=50):
        return passed.astimezone(UTC) + gap * (0.2 + 0.5 * dice.share())
    given = touch.astimezone(UTC) + timedelta(minutes=dice.between(60, 6000))
    return given if given < AS_OF else None


def owner_changes(dice: Dice, known: Known) -> list[Row]:
    rows: list[Row] = []
    for id, lead in known.leads.items():
        given = handed_on(dice, known, lead)
        first = colleague(dice, lead["owner_id"]) if given else lead["owner_id"]
        since = moment(lead["created_at"])
        rows.append({"lead_id": id, "owner_id": first, "reason": "routing", "changed_at": local(since)})
        if given:
            why = "lead desk" if dice.chance(0.5) else "absence"
            rows.append({"lead_id": id, "owner_id": lead["owner_id"], "reason": why, "changed_at": local(given)})
    rows.sort(key=lambda row: (row["changed_at"], row["lead_id"]))
    for row in [row for row in rows if row["reason"] == "absence"][3:60:40]:
        row["changed_at"] = ""
    return numbered("owner_change_id", "OC", rows)


def routings(dice: Dice, known: Known) -> list[Row]:
    """How an MQL came to somebody: into a queue, and out of it. From 10 to 12 February routing hung for hours."""
    rows: list[Row] = []
    for id, lead in known.leads.items():
        passed = written(lead["mql_at"])
        if passed is None:
            continue
        touch = known.first_touch(id, passed)
        gap = ((touch or AS_OF) - passed).total_seconds()
        hung = moment("2026-02-10T00:00:00") <= passed < moment("2026-02-13T00:00:00")
        wait = dice.quantile(ROUTED_SECONDS) * (120 if hung else 1)
        routed = passed.astimezone(UTC) + timedelta(seconds=round(min(wait, 0.4 * gap)))
        pause = 60 * dice.quantile(ASSIGNED_AFTER)
        left = (passed.astimezone(UTC) + timedelta(seconds=gap) - routed).total_seconds()
        assigned = routed + timedelta(seconds=round(min(pause, 0.8 * left)))
        is_lost = dice.chance(0.01)
        rows.append({
            "lead_id": id,
            "queue": "demo" if lead.get("demo_requested_at") else known.region(lead["owner_id"]),
            "routed_at": local(routed),
            "assigned_at": "" if is_lost else local(assigned),
        })  # fmt: skip
    rows.sort(key=lambda row: (row["routed_at"], row["lead_id"]))
    return numbered("routing_id", "R", rows)


def ended(dice: Dice, planned: datetime) -> str:
    """How a demo ended whose day has come: since January more people stay away."""
    roll = dice.share()
    held, missed = (0.66, 0.9) if planned >= moment("2026-01-01T00:00:00") else (0.79, 0.91)
    return "held" if roll < held else "no show" if roll < missed else "canceled"


def demo(dice: Dice, known: Known, lead: Row) -> Row:
    """A demo that a lead asked for."""
    asked = moment(lead["demo_requested_at"])
    answered = known.first_touch(lead["lead_id"], asked)
    region = known.region(lead["owner_id"])
    planned = worked(answered, dice.between(900, 4200), region) if answered else None
    if planned is not None:
        planned = planned.replace(minute=planned.minute // 30 * 30, second=0)
    status = "requested" if planned is None else "scheduled" if planned > AS_OF else ended(dice, planned)
    held = planned + timedelta(minutes=dice.between(0, 12)) if planned and status == "held" else None
    in_berlin = planned.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M:%S") if planned else ""
    return {
        "requested_at": lead["demo_requested_at"],
        "lead_id": lead["lead_id"],
        "account": lead["company"] if lead["company"] in known.accounts else "",
        "opportunity_id": known.deal_of.get(lead["lead_id"], ""),
        "owner_id": dice.pick(AES[region]),
        "status": status,
        "answered_at": local(answered),
        "scheduled_for": in_berlin,
        "held_at": local(held),
    }


def demos(dice: Dice, known: Known) -> list[Row]:
    asked = [lead for lead in known.leads.values() if lead.get("demo_requested_at")]
    asked.sort(key=lambda lead: (lead["lead_id"].startswith("P"), lead["demo_requested_at"]))
    rows = [demo(dice, known, lead) for lead in asked]
    for row in [row for row in rows if row["status"] == "held"][60:230:70]:
        row["held_at"] = ""
    rows[150]["owner_id"] = "U-98"
    return numbered("demo_id", "D", rows, 4)


def workdays_later(day: date, days: int) -> date:
    """So many days from Monday to Friday later."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def handoff(dice: Dice, known: Known, deal: Row) -> Row | None:
    """How sales gave a new customer to customer success; nothing as long as it has not."""
    signed = date.fromisoformat(deal["close_date"])
    region = known.region(deal["owner_id"])
    given = worked(datetime.combine(signed, time(12), BERLIN).astimezone(UTC), dice.quantile(HANDED_OVER), region)
    if given > AS_OF:
        return None
    is_complete = dice.chance(0.72 if signed >= date(2025, 11, 1) else 0.9)
    answer = worked(given, dice.quantile(TAKEN), region)
    is_taken = is_complete or dice.chance(0.5)
    dossier = workdays_later(signed, dice.between(0, 3) if dice.chance(0.8) else dice.between(3, 9))
    kickoff = deal["kickoff_on"]
    feedback = workdays_later(date.fromisoformat(kickoff), dice.between(1, 16)) if kickoff else None
    return {
        "handed_over_at": local(given),
        "opportunity_id": deal["opportunity_id"],
        "account": deal["account"].replace("Harbour", "Harbor"),
        "from_team": "sales",
        "to_team": "customer_success",
        "from_user_id": deal["owner_id"],
        "to_user_id": CSMS[region],
        "is_complete": yes(is_complete),
        "accepted_at": local(answer) if is_taken else "",
        "rejected_at": "" if is_taken else local(answer),
        "rejection_reason": "" if is_taken or answer > AS_OF else dice.pick(["no contact", "no goal", "wrong scope"]),
        "signed_on": deal["close_date"],
        "dossier_on": dossier.isoformat() if dossier < AS_OF.date() else "",
        "feedback_on": feedback.isoformat() if feedback and feedback < AS_OF.date() and dice.chance(0.85) else "",
    }


def handoffs(dice: Dice, known: Known) -> list[Row]:
    won = [deal for deal in known.deals if deal["stage"] == "Closed Won"]
    rows = [row for deal in won if (row := handoff(dice, known, deal))]
    rows.sort(key=lambda row: (row["handed_over_at"], row["opportunity_id"]))
    for row in rows[70::80]:
        row["to_user_id"] = ""
    return numbered("handoff_id", "H", rows, 4)


def tracks(streams: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The streams of this room, each from its own dice: a change in one leaves the others as they are."""
    known = Known(streams)
    made = {
        "stage_changes": stage_changes,
        "score_changes": score_changes,
        "owner_changes": owner_changes,
        "routings": routings,
        "demos": demos,
        "handoffs": handoffs,
    }
    return {name: make(Dice(SEED + place), known) for place, (name, make) in enumerate(made.items())}
