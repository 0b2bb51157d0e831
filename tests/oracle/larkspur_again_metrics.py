"""Larkspur's metrics by somebody who knows nothing of the first oracle: totals of one window each, from texts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.oracle import larkspur_again as again
from tests.oracle.larkspur_again import DAY, HOUR, NOW, Row, is_mql, leads, seconds, table, touched
from tests.oracle.larkspur_again_promises import AGREED, Fields, lies_in, promise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Metrics: (value, numerator, denominator, n, unknown)

Sums = tuple[Fraction | None, Fraction | None, Fraction | None, int, int]


def plain(value: Fraction | int | None, n: int, unknown: int = 0) -> Sums:
    return (None if value is None else Fraction(value)), None, None, n, unknown


def ratio(numerator: Fraction | int | None, denominator: Fraction | int | None, n: int, unknown: int = 0) -> Sums:
    if numerator is None or denominator is None or not denominator:
        return None, numerator if numerator is None else Fraction(numerator), None, n, unknown
    return Fraction(numerator) / Fraction(denominator), Fraction(numerator), Fraction(denominator), n, unknown


def sum_of(rows: Iterable[Row], column: str) -> Fraction:
    return sum((Fraction(row[column]) for row in rows), Fraction(0))


def deals(label: str, column: str, *stages: str) -> list[Row]:
    found = [row for row in table("opportunities") if lies_in(label, row[column])]
    return [row for row in found if row["stage"] in stages] if stages else found


def parked(label: str) -> int:
    return len(deals(label, "close_date", "Parked"))


def lead_of(row: Row) -> Row:
    return leads().get(row["lead_id"], {})


def mqls_of(label: str) -> tuple[list[Row], int]:
    """The MQLs of a month and how many leads may be."""
    its = [lead for lead in leads().values() if lies_in(label, lead["mql_at"]) and again.seconds_of(lead["mql_at"])]
    return [lead for lead in its if is_mql(lead)], sum(is_mql(lead) is None for lead in its)


def days(row: Row, first: str, last: str) -> int:
    return (date.fromisoformat(row[last]) - date.fromisoformat(row[first])).days


def won(label: str) -> list[Row]:
    return deals(label, "close_date", "Closed Won")


def closed(label: str) -> list[Row]:
    return deals(label, "close_date", "Closed Won", "Closed Lost")


def from_sources(label: str, *sources: str) -> Sums:
    its = [row for row in deals(label, "opened_on") if lead_of(row).get("source") in sources]
    return plain(sum_of(its, "amount"), len(its))


def new_customers(label: str) -> Sums:
    first: dict[str, str] = {}
    known = {row["account"] for row in table("accounts")}
    for row in table("opportunities"):
        if row["stage"] == "Closed Won" and row["account"] in known:
            first[row["account"]] = min(first.get(row["account"], "9"), row["close_date"])
    return plain(n := sum(lies_in(label, day) for day in first.values()), n)


def lead_to_mql(label: str) -> Sums:
    its = [is_mql(lead) for lead in leads().values() if lies_in(label, lead["created_at"])]
    return ratio(its.count(True), len(its) - its.count(None), len(its), its.count(None))


def rejection_rate(label: str) -> Sums:
    its, unknown = mqls_of(label)
    return ratio(sum(bool(lead["rejected_at"]) for lead in its), len(its), len(its), unknown)


def speed_to_lead(label: str) -> Sums:
    its, unknown = mqls_of(label)
    found: list[Fraction] = []
    for lead in its:
        zone, touch = again.calendar(lead["owner_id"]), touched(lead, lead["mql_at"])
        if zone and touch is not None:
            open_time = again.opened(zone, touch) - again.opened(zone, seconds(lead["mql_at"]))
            found.append(Fraction(open_time, HOUR))
    return plain(median(found), len(its), unknown + len(its) - len(found))


def sqls(label: str) -> Sums:
    its = [is_mql(lead) for lead in leads().values() if lies_in(label, lead["sql_at"])]
    return plain(its.count(True), its.count(True), its.count(None))


def acceptance_rate(label: str) -> Sums:
    its: list[tuple[bool | None, bool]] = []
    for lead in leads().values():
        decided = min([text for text in (lead["sql_at"], lead["rejected_at"]) if text], default="")
        if decided and lies_in(label, decided) and is_mql(lead) is not False:
            its.append((is_mql(lead), bool(lead["sql_at"])))
    known = [accepted for member, accepted in its if member]
    return ratio(sum(known), len(known), len(known), len(its) - len(known))


def fits(account: Row | None) -> bool | None:
    """Whether an account is what we look for; nobody knows without a number of employees, if it works in shifts."""
    if account is None:
        return None
    if account["industry"] not in ("Logistics", "Manufacturing", "Healthcare", "Hospitality", "Energy"):
        return False
    if not account["employees"]:
        return None
    employees = int(account["employees"])
    points = 40 + 40 * (100 <= employees <= 4999) + 20 * (account["country"] in ("DE", "AT", "CH", "US"))
    return employees >= 20 and points >= 60


def icp_share(label: str) -> Sums:
    its, unknown = mqls_of(label)
    spelt = {"Amber Foundary": "Amber Foundry", "COBALT TEXTILES": "Cobalt Textiles"}
    accounts = {row["account"]: row for row in table("accounts")}
    rules = [fits(accounts.get(spelt.get(lead["company"], lead["company"]))) for lead in its]
    return ratio(rules.count(True), len(rules) - rules.count(None), len(its), unknown + rules.count(None))


def time_to_kickoff(label: str) -> Sums:
    its = won(label)
    known = [days(row, "close_date", "kickoff_on") for row in its if row["kickoff_on"]]
    return plain(Fraction(median(known)), len(its), parked(label) + len(its) - len(known))


def spent(label: str) -> Sums:
    its = [row for row in table("spend") if lies_in(label, row["spent_on"]) and row["team"] != "customer_success"]
    known = [row for row in its if row["amount"]]
    return plain(sum_of(known, "amount"), len(its), len(its) - len(known))


def quotas(label: str) -> list[Row]:
    return [row for row in table("quotas") if lies_in(label, row["period_from"])]


def reps_on_quota(label: str) -> Sums:
    its = [row for row in quotas(label) if row["ramped"] == "yes"]
    return ratio(sum(Fraction(row["credited"]) >= Fraction(row["amount"]) for row in its), len(its), len(its))


def committed(label: str) -> tuple[list[Row], int]:
    its = [row for row in table("forecasts") if lies_in(label, row["period_from"]) and row["category"] == "commit"]
    return [row for row in its if row["actual"]], len(its)


def forecast_accuracy(label: str) -> Sums:
    its, n = committed(label)
    if not its:
        return plain(None, n, n)
    missed = sum((abs(Fraction(row["amount"]) - Fraction(row["actual"])) for row in its), Fraction(0))
    return plain(1 - missed / sum_of(its, "actual"), n, n - len(its))


def renewal_churn(label: str) -> Sums:
    its = [row for row in table("subscriptions") if lies_in(label, row["end_date"])]
    its = [row for row in its if row["end_reason"] in ("renewed", "not renewed")]
    gone = [row for row in its if row["end_reason"] == "not renewed"]
    return ratio(sum_of(gone, "mrr"), sum_of(its, "mrr"), len(its))


def demos_to_deals(label: str) -> Sums:
    its = [row for row in table("demos") if row["status"] == "held" and lies_in(label, row["held_at"])]
    return ratio(sum(bool(row["opportunity_id"]) for row in its), len(its), len(its))


def came(row: Row, entered: str, moment: str, limit: int) -> bool:
    if not row[entered] or not row[moment]:
        return False
    return 0 <= seconds(row[moment]) - seconds(row[entered]) <= limit * DAY


def mql_to_sql(label: str) -> Sums:
    its, unknown = mqls_of(label)
    return ratio(sum(came(lead, "mql_at", "sql_at", 90) for lead in its), len(its), len(its), unknown)


def decided_in_a_week(label: str) -> Sums:
    its, unknown = mqls_of(label)
    done = [came(lead, "mql_at", "sql_at", 7) or came(lead, "mql_at", "rejected_at", 7) for lead in its]
    return ratio(sum(done), len(its), len(its), unknown)


def demos_held(label: str) -> Sums:
    its = [row for row in table("demos") if lies_in(label, row["requested_at"])]
    held = [row for row in its if row["status"] == "held" and came(row, "requested_at", "held_at", 30)]
    return ratio(len(held), len(its), len(its))


def win_rate_created(label: str) -> Sums:
    its = deals(label, "opened_on")
    in_time = [row for row in its if 0 <= days(row, "opened_on", "close_date") <= 180 and row["close_date"] <= NOW[:10]]
    stages = [row["stage"] for row in in_time]
    lost = stages.count("Parked")
    return ratio(stages.count("Closed Won"), len(its) - lost, len(its), lost)


def nps(label: str) -> Sums:
    its = [row for row in table("survey_responses") if row["type"] == "nps" and lies_in(label, row["answered_at"])]
    scores = [int(row["score"]) for row in its]
    return ratio(sum(s > 8 for s in scores) - sum(s < 7 for s in scores), len(scores), len(scores))


def nps_response(label: str) -> Sums:
    its = [row for row in table("survey_responses") if row["type"] == "nps" and lies_in(label, row["asked_at"])]
    return ratio(sum(bool(row["answered_at"]) for row in its), len(its), len(its))


# Contracts on a day; those whose account nobody knows are apart


def is_running(row: Row, day: str) -> bool:
    return row["start_date"] < day and (not row["end_date"] or row["end_date"] >= day)


def arr(label: str) -> Sums:
    del label
    its = [row for row in table("subscriptions") if is_running(row, "2026-03-01")]
    known = [row for row in its if row["mrr"]]
    return plain(12 * sum_of(known, "mrr"), len(its), len(its) - len(known))


def open_pipeline(label: str) -> Sums:
    del label
    its = [row for row in table("opportunities") if row["opened_on"] < "2026-03-01"]
    done = ("Closed Won", "Closed Lost")
    its = [row for row in its if row["stage"] not in done or row["close_date"] >= "2026-03-01"]
    return plain(sum_of(its, "amount"), len(its))


class Ends:
    """What each account pays at two ends: a list of amounts, `None` for one that nobody knows."""

    def __init__(self, first: str, last: str, column: str = "mrr") -> None:
        known = {row["account"] for row in table("accounts")}
        self.paid: defaultdict[str, tuple[list[Fraction | None], list[Fraction | None]]] = defaultdict(lambda: ([], []))
        self.strangers = 0
        for row in table("subscriptions"):
            sides = [is_running(row, day) for day in (first, last)]
            self.strangers += any(sides) and row["account"] not in known
            for side, is_there in enumerate(sides):
                if is_there and row["account"] in known:
                    self.paid[row["account"]][side].append(Fraction(row[column]) if row[column] else None)
        self.since: dict[str, str] = {}
        for row in table("subscriptions"):
            self.since[row["account"]] = min(self.since.get(row["account"], "9"), row["start_date"])

    def result(self, formula: Callable[[list[tuple[Fraction, Fraction]]], tuple[Any, Any]]) -> Sums:
        """What a formula makes of the sums at both ends; who has an unknown part in them is left out."""
        sums = [(add(a), add(b)) for a, b in self.paid.values()]
        clear = [(a, b) for a, b in sums if a is not None and b is not None]
        numerator, denominator = formula(clear)
        unknown = self.strangers + len(sums) - len(clear)
        if denominator is None:
            return plain(numerator, len(sums), unknown)
        return ratio(numerator, denominator, len(sums), unknown)


def add(amounts: list[Fraction | None]) -> Fraction | None:
    return None if None in amounts else sum((amount for amount in amounts if amount is not None), Fraction(0))


YEAR, MONTH = ("2025-03-01", "2026-03-01"), ("2026-02-01", "2026-03-01")


def of_year(column: str, formula: Callable[[list[tuple[Fraction, Fraction]]], tuple[Any, Any]]) -> Sums:
    return Ends(*YEAR, column).result(formula)


def logo_churn(label: str) -> Sums:
    del label
    ends = Ends(*YEAR)
    there = [b for a, b in ends.paid.values() if a]
    return ratio(sum(not b for b in there), len(there), len(ends.paid), ends.strangers)


def of_month(
    ends: Ends, amounts: Callable[[str, list[Any], list[Any]], tuple[list[Any], Fraction | int | None]]
) -> Sums:
    """Twelve times what is added up of each account: the parts that are read, and what they come to."""
    total, unknown = Fraction(0), ends.strangers
    for account, (opening, closing) in ends.paid.items():
        parts, amount = amounts(account, opening, closing)
        if None in parts:
            unknown += 1
        else:
            total += 12 * Fraction(amount or 0)
    return plain(total, len(ends.paid), unknown)


def moves() -> dict[str, Sums]:
    """What came, came back, grew, shrank and went in February."""
    ends = Ends(*MONTH)

    def began(account: str, opening: list[Any], closing: list[Any]) -> tuple[list[Any], Any]:
        is_new = ends.since[account] >= "2026-02-01"
        return (closing, add(closing) if not opening else 0) if is_new else ([], 0)

    def came_back(account: str, opening: list[Any], closing: list[Any]) -> tuple[list[Any], Any]:
        is_new = ends.since[account] >= "2026-02-01"
        return ([], 0) if is_new else (closing, add(closing) if not opening else 0)

    def grew(_: str, opening: list[Any], closing: list[Any]) -> tuple[list[Any], Any]:
        is_known = None not in opening + closing
        return opening + closing, max(0, sum(closing) - sum(opening)) if is_known and opening else 0

    def shrank(_: str, opening: list[Any], closing: list[Any]) -> tuple[list[Any], Any]:
        is_known = None not in opening + closing
        return opening + closing, max(0, sum(opening) - sum(closing)) if is_known and opening and closing else 0

    def went(_: str, opening: list[Any], closing: list[Any]) -> tuple[list[Any], Any]:
        return opening, add(opening) if not closing else 0

    rules = {"new": began, "reactivated": came_back, "expansion": grew, "contraction": shrank, "churned": went}
    return {f"{name}_arr": of_month(ends, rule) for name, rule in rules.items()}


# The list: windows, how it is counted, the least and the most that was agreed, how many it takes

COUNTED: tuple[tuple[str, tuple[str, Callable[[str], Sums], str, str, int]], ...] = (
    ("leads", ("2026-02", lambda w: count([x for x in leads().values() if lies_in(w, x["created_at"])]), "", "", 1)),
    ("mqls", ("2026-02", lambda w: plain(len(mqls_of(w)[0]), len(mqls_of(w)[0]), mqls_of(w)[1]), "120", "", 1)),
    ("lead_to_mql", ("2026-02", lead_to_mql, "0.4", "", 20)),
    ("rejection_rate", ("2026-02", rejection_rate, "", "0.25", 20)),
    ("speed_to_lead", ("2026-02", speed_to_lead, "", "2", 1)),
    ("sqls", ("2026-02", sqls, "40", "", 1)),
    ("acceptance_rate", ("2026-02", acceptance_rate, "0.6", "", 20)),
    ("icp_share", ("2026-02", icp_share, "0.5", "", 20)),
    ("deals_created", ("2026-02", lambda w: count(deals(w, "opened_on")), "60", "", 1)),
    ("pipeline_created", ("2026-02", lambda w: added(deals(w, "opened_on")), "2000000", "", 1)),
    ("inbound_pipeline", ("2026-02", lambda w: from_sources(w, "Web form", "Webinar", "Content"), "", "", 1)),
    (
        "marketing_pipeline",
        ("2026-02", lambda w: from_sources(w, "Web form", "Webinar", "Content", "Event"), "800000", "", 1),
    ),
    ("win_rate", ("2026-02", lambda w: ratio(len(won(w)), len(closed(w)), len(closed(w)), parked(w)), "0.3", "", 20)),
    (
        "win_rate_by_value",
        (
            "2026-02",
            lambda w: ratio(sum_of(won(w), "amount"), sum_of(closed(w), "amount"), len(closed(w)), parked(w)),
            "",
            "",
            1,
        ),
    ),
    ("revenue", ("2026-02", lambda w: added(won(w), parked(w)), "500000", "", 1)),
    (
        "average_deal",
        ("2026-02", lambda w: plain(sum_of(won(w), "amount") / len(won(w)), len(won(w)), parked(w)), "25000", "", 20),
    ),
    ("median_deal", ("2026-02", lambda w: middle([Fraction(x["amount"]) for x in won(w)], parked(w)), "", "", 1)),
    (
        "sales_cycle",
        (
            "2026-02",
            lambda w: middle([Fraction(days(x, "opened_on", "close_date")) for x in won(w)], parked(w)),
            "",
            "60",
            1,
        ),
    ),
    ("time_to_kickoff", ("2026-02", time_to_kickoff, "", "", 1)),
    ("new_customers", ("2026-02", new_customers, "15", "", 1)),
    ("winning_spend", ("2026-02", spent, "", "", 1)),
    ("demos_to_deals", ("2026-02", demos_to_deals, "", "", 1)),
    ("renewal_churn", ("2026-02", renewal_churn, "", "0.2", 20)),
    (
        "quota_attainment",
        (
            "FY2026-Q4",
            lambda w: ratio(sum_of(quotas(w), "credited"), sum_of(quotas(w), "amount"), len(quotas(w))),
            "0.9",
            "",
            1,
        ),
    ),
    ("reps_on_quota", ("FY2026-Q4", reps_on_quota, "0.6", "", 5)),
    ("forecast_accuracy", ("FY2026-Q4", forecast_accuracy, "0.75", "", 1)),
    ("forecast_accuracy", ("FY2027-Q1", forecast_accuracy, "0.75", "", 1)),
    ("mql_to_sql", ("2025-11", mql_to_sql, "0.35", "", 20)),
    ("decided_in_a_week", ("2026-01", decided_in_a_week, "", "", 1)),
    ("demos_held", ("2025-12", demos_held, "0.65", "", 20)),
    ("win_rate_created", ("2025-08", win_rate_created, "", "", 1)),
    ("arr", ("2026-02", arr, "10000000", "", 1)),
    ("open_pipeline", ("2026-02", open_pipeline, "", "", 1)),
    ("gross_retention", ("2026-02", lambda _: of_year("mrr", gross), "0.88", "", 20)),
    ("net_retention", ("2026-02", lambda _: of_year("mrr", net), "1", "", 20)),
    ("seat_churn", ("2026-02", lambda _: of_year("seats", fewer), "", "", 1)),
    ("logo_churn", ("2026-02", logo_churn, "", "0.15", 20)),
    ("nps", ("2025-10", nps, "0.25", "", 20)),
    ("nps_response", ("2025-10", nps_response, "", "", 1)),
)


def count(rows: list[Row]) -> Sums:
    return plain(len(rows), len(rows))


def added(rows: list[Row], unknown: int = 0) -> Sums:
    return plain(sum_of(rows, "amount"), len(rows), unknown)


def middle(values: list[Fraction], unknown: int = 0) -> Sums:
    return plain(median(values), len(values), unknown)


def gross(sums: list[tuple[Fraction, Fraction]]) -> tuple[Any, Any]:
    return sum(min(pair) for pair in sums), sum(a for a, _ in sums)


def net(sums: list[tuple[Fraction, Fraction]]) -> tuple[Any, Any]:
    return sum(b for a, b in sums if a), sum(a for a, _ in sums)


def fewer(sums: list[tuple[Fraction, Fraction]]) -> tuple[Any, Any]:
    return sum(max(a - b, Fraction(0)) for a, b in sums), sum(a for a, _ in sums)


def metrics() -> dict[tuple[str, str], Fields]:
    found = {
        (id, label): number(id, read(label), least, most, min_n) for id, (label, read, least, most, min_n) in COUNTED
    }
    for id, sums in moves().items():
        found[id, "2026-02"] = number(id, sums, "", "", 1)
    return found | derived(found)


def derived(found: dict[tuple[str, str], Fields]) -> dict[tuple[str, str], Fields]:
    """Numbers that are made of others."""

    def exact(id: str) -> Fraction:
        return found[id, "2026-02"]["value"]

    def unknown(*ids: str) -> int:
        return sum(found[id, "2026-02"]["unknown"] for id in ids)

    parts = ("new_arr", "reactivated_arr", "expansion_arr", "contraction_arr", "churned_arr")
    new, back, more, less, gone = (exact(id) for id in parts)
    n = found["new_arr", "2026-02"]["n"]
    least = min(found[id, "2026-02"]["n"] for id in ("winning_spend", "new_customers"))
    cost = ratio(exact("winning_spend"), exact("new_customers"), least, unknown("winning_spend", "new_customers"))
    kept = promises_of("sales_follow_up", "2026-02")
    judged = kept["met"] + kept["late"]
    share = plain(Fraction(kept["met"], judged), judged, kept["unknown"] + kept["unmeasurable"])
    moved = plain(new + back + more - less - gone, n, unknown(*parts))
    return {
        ("net_new_arr", "2026-02"): number("net_new_arr", moved, "300000", "", 1),
        ("acquisition_cost", "2026-02"): number("acquisition_cost", cost, "", "20000", 5),
        ("follow_up_kept", "2026-02"): number("follow_up_kept", share, "", "", 1),
    }


def promises_of(id: str, label: str) -> Fields:
    items, objective, min_n, _ = AGREED[id]
    return promise(id, items(), label, Fraction(objective), min_n)


def number(id: str, sums: Sums, at_least: str, at_most: str, min_n: int) -> Fields:
    value, numerator, denominator, n, unknown = sums
    enough = n if denominator is None else denominator
    if not at_least and not at_most:
        status = None
    elif value is None:
        status = "not_measurable" if unknown else "not_enough_data"
    elif id == "nps":
        status = "stale"
    elif enough < min_n:
        status = "not_enough_data"
    else:
        is_off = (at_least and value < Fraction(at_least)) or (at_most and value > Fraction(at_most))
        status = "off_target" if is_off else "on_target"
    told = {"value": value, "numerator": numerator, "denominator": denominator}
    return {**told, "n": n, "unknown": unknown, "status": status}
