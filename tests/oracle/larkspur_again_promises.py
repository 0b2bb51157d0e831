"""What `larkspur_again` comes to: totals of promises with their statuses, as `aac-results/1` tells them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from tests.oracle import larkspur_again as again
from tests.oracle.larkspur_again import NOW, Item

if TYPE_CHECKING:
    from collections.abc import Callable

QUARTERS = {
    "FY2026-Q3": ("2025-08-01", "2025-11-01"),
    "FY2026-Q4": ("2025-11-01", "2026-02-01"),
    "FY2027-Q1": ("2026-02-01", "2026-05-01"),
}
ROLLING = "rolling to 2026-03-02"
Fields = dict[str, Any]


def lies_in(label: str, day: str) -> bool:
    """Whether a day (or a moment's text) lies in a window; of the rolling one the first moment counts too."""
    if label == ROLLING:
        return "2025-12-02T05:58:41" <= day < NOW
    first, until = QUARTERS.get(label, (label, label + "~"))
    return first <= day < until


def is_over(label: str) -> bool:
    return label == ROLLING or QUARTERS.get(label, ("", label + "-31"))[1] <= "2026-02-31"


# Promises

AGREED: dict[str, tuple[Callable[[], list[Item]], str, int, tuple[str, ...]]] = {
    "sales_follow_up": (lambda: again.mql_items("sales_follow_up"), "0.9", 20, ("2026-01", "2026-02")),
    "lead_routing": (lambda: again.mql_items("lead_routing"), "0.99", 20, ("2026-01", "2026-02")),
    "first_word": (lambda: again.mql_items("first_word"), "0.9", 20, ("2025-12", "2026-02")),
    "owner_follow_up": (again.owner_items, "0.9", 20, ("2026-01", "2026-02")),
    "fast_demo_reply": (again.demo_reply_items, "0.85", 5, ("FY2026-Q4", "FY2027-Q1")),
    "demo_held": (again.demo_held_items, "0.75", 20, ("FY2026-Q3", "FY2026-Q4")),
    "rejection_answer": (again.rejection_items, "0.9", 10, ("2026-01", "2026-02")),
    "proposal_answered": (again.proposal_items, "0.7", 20, ("FY2026-Q3", "FY2026-Q4", "FY2027-Q1")),
    "deal_decided": (again.deal_items, "0.85", 20, ("FY2026-Q4",)),
    "deal_moves": (again.moving_items, "0.6", 20, ("FY2026-Q4", "FY2027-Q1")),
    "our_part": (again.our_part_items, "0.6", 20, ("FY2026-Q3", "FY2026-Q4")),
    "kickoff": (again.kickoff_items, "0.85", 20, ("2026-01", "2026-02")),
    "handover_dossier": (again.dossier_items, "0.8", 20, ("FY2026-Q4",)),
    "complete_handoff": (lambda: again.handoff_items("complete_handoff"), "0.85", 10, ("2025-08", "2026-02")),
    "handoff_taken": (lambda: again.handoff_items("handoff_taken"), "0.9", 20, ("FY2026-Q4",)),
    "ticket_reply": (lambda: again.ticket_items("ticket_reply"), "0.9", 20, ("2026-01", "2026-02")),
    "ticket_solved": (lambda: again.ticket_items("ticket_solved"), "0.85", 20, ("2025-12", "2026-02")),
    "outage_solved": (lambda: again.ticket_items("outage_solved"), "0.8", 5, (ROLLING,)),
    "customer_answers": (again.wait_items, "0.85", 10, ("2026-02",)),
    "onboarding_answer": (again.survey_items, "0.5", 10, ("FY2026-Q3",)),
}
BY_CHANCE = ("first_word", "handoff_taken")
TOO_OLD = ("onboarding_answer",)


def promises() -> dict[tuple[str, str], Fields]:
    found: dict[tuple[str, str], Fields] = {}
    for id, (items, objective, min_n, labels) in AGREED.items():
        all_items = items()
        for label in labels:
            found[id, label] = promise(id, all_items, label, Fraction(objective), min_n)
    return found


def promise(id: str, items: list[Item], label: str, objective: Fraction, min_n: int) -> Fields:
    its = [item for item in items if item[0] and lies_in(label, item[0])]
    counts = Counter(outcome for _, _, outcome, _ in its)
    met, late = counts["met"], counts["late"]
    fields: Fields = {name: counts[name] for name in ("met", "late", "open", "excused", "unmeasurable", "outside")}
    fields["unknown"] = counts[again.UNKNOWN]
    fields["outside_hours"] = sum(outside for *_, outside in its)
    fields["attainment"] = met / (met + late) if met + late else None
    fields["budget"] = [floor((1 - objective) * (met + late + counts["open"])), late]
    fields["late_items"] = sorted(key for _, key, outcome, _ in its if outcome == "late")[:50]
    fields["status"] = promise_status(id, items, label, objective, min_n, counts)
    return fields


def promise_status(
    id: str, items: list[Item], label: str, objective: Fraction, min_n: int, counts: Counter[str]
) -> str:
    met, judged = counts["met"], counts["met"] + counts["late"]
    if not judged + counts["open"] + counts["excused"] and counts["unmeasurable"] + counts[again.UNKNOWN]:
        return "not_measurable"
    if id in TOO_OLD:
        return "stale"
    if judged < min_n:
        return "not_enough_data"
    if met < objective * judged:
        z, p, q, n = 1.959964, met / judged, float(objective), judged
        middle = (p + z * z / 2 / n) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5
        return "at_risk" if id in BY_CHANCE and middle - reach <= q <= middle + reach else "off_target"
    week_ago = (datetime.fromisoformat(NOW[:10]) - timedelta(days=7)).isoformat()
    week = Counter(outcome for at, _, outcome, _ in items if week_ago <= at < NOW and lies_in(label, at))
    if not is_over(label) and week["met"] + week["late"] >= max(min_n, 1):
        return "at_risk" if week["met"] < objective * (week["met"] + week["late"]) else "on_target"
    return "on_target"
