"""What is personal stays out of results: groups split by it, and keys of records that are known by it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from aac.findings import Finding
from aac.privacy import with_hashed_keys, without_personal
from aac.results import ClockReading, Escalation, Outcome, Status
from tests.reported import FEBRUARY, LATE, OPEN, RESULTS, clock, counted, entry, tally

LEAD = entry(
    "entity:lead",
    key="lead_id",
    fields={
        "lead_id": "text",
        "email": {"type": "text", "pii": "true"},
        "name": "text",
        "owner": {"ref": "user"},
        "account": {"ref": "account"},
    },
)
USER = entry(
    "entity:user",
    key=["email"],
    fields={"email": {"type": "text", "pii": "yes"}, "name": {"type": "text", "pii": True}, "region": "text"},
)
ACCOUNT = entry("entity:account", key="account_id", fields={"account_id": "text", "name": "text"})
MQL = entry("definition:mql", of="lead", when="score > 50")
WON = entry("definition:won", of="mql", when="won")
STEPS = (
    Escalation("L-1", "late", "requeue", None, None, None),
    Escalation(None, "off_target", "agenda", None, None, None),
)


def kept_groups(rule: str, of: str = "won") -> list[dict[str, object]]:
    """The groups that are left of a promise split by a dimension `d` with that rule."""
    sla = entry("sla:follow_up", how_measured={"each": of, "by": [{"d": rule}]})
    results = (
        clock("follow_up", FEBRUARY, tally(3), Status.ON_TARGET),
        clock("follow_up", FEBRUARY, tally(3), Status.ON_TARGET, by={"d": "x"}),
    )
    cleaned = without_personal(replace(RESULTS, results=results), (LEAD, USER, ACCOUNT, MQL, WON, sla))
    return [dict(result.reading.by) for result in cleaned.results]


@pytest.mark.parametrize(
    "rule",
    ["email", "lower(email)", "owner.name", "owner . email", "owner", "case when name = 'x' then email end"],
)
def test_groups_split_by_a_personal_field_are_left_out(rule: str) -> None:
    assert kept_groups(rule) == [{}]


@pytest.mark.parametrize(
    "rule", ["name", "account.name", "owner.region", "account", "case when lead_id = 'email' then 1 end"]
)
def test_groups_split_by_other_fields_stay(rule: str) -> None:
    assert kept_groups(rule) == [{}, {"d": "x"}]


def test_where_nobody_knows_the_entity_every_personal_name_counts() -> None:
    assert kept_groups("name", of="unheard_of") == [{}]
    assert kept_groups("region", of="unheard_of") == [{}, {"d": "x"}]


def test_a_dimension_without_a_name_is_its_own_rule() -> None:
    metric = entry("metric:wins", of="lead", by=["owner.name", "account.name"])
    results = tuple(
        clock("wins", FEBRUARY, tally(1), None, kind="metric", by={name: "x"})
        for name in ("owner.name", "account.name")
    )
    cleaned = without_personal(replace(RESULTS, results=results), (LEAD, USER, ACCOUNT, metric))
    assert [dict(result.reading.by) for result in cleaned.results] == [{"account.name": "x"}]


@pytest.mark.parametrize(("each", "listed"), [("user", False), ("lead", True)])
def test_records_known_by_a_personal_key_are_counted_and_not_listed(each: str, listed: bool) -> None:
    sla = entry("sla:follow_up", how_measured={"each": each})
    result = clock("follow_up", FEBRUARY, tally(1, 3), Status.OFF_TARGET, late=LATE, opened=OPEN, due=STEPS)
    (cleaned,) = without_personal(replace(RESULTS, results=(result,)), (LEAD, USER, sla)).results
    reading = cleaned.reading
    assert isinstance(reading, ClockReading)
    assert reading.count(Outcome.LATE) == 3
    assert (reading.late_items, reading.open_items) == ((LATE, OPEN) if listed else ((), ()))
    assert cleaned.verdict.escalations == (STEPS if listed else STEPS[1:])


def test_without_personal_fields_nothing_is_touched() -> None:
    assert without_personal(RESULTS, (ACCOUNT,)) is RESULTS


@pytest.mark.parametrize(("rule", "is_left"), [("owner.name", False), ("account.name", True)])
def test_a_number_over_other_numbers_is_split_by_what_they_are(rule: str, is_left: bool) -> None:
    wins = entry("metric:wins", of="lead", by=[{"name": rule}])
    twice = replace(entry("metric:twice", formula="wins * 2", by=["name"]), rests_on=("metric:wins", "team:sales"))
    # what leads to it does not make it so, and a ring of both ends
    wins = replace(wins, rests_on=("metric:four", "entity:lead"))
    four = replace(entry("metric:four", formula="twice * 2", by=["name"]), rests_on=("metric:twice", "metric:four"))
    results = tuple(clock("four", FEBRUARY, tally(1), None, kind="metric", by=by) for by in ({}, {"name": "x"}))
    cleaned = without_personal(replace(RESULTS, results=results), (LEAD, USER, ACCOUNT, wins, twice, four))
    assert [dict(result.reading.by) for result in cleaned.results] == ([{}, {"name": "x"}] if is_left else [{}])


def test_a_ring_of_numbers_ends() -> None:
    one = replace(entry("metric:one", by=["d"]), rests_on=("metric:two",))
    two = replace(entry("metric:two", by=["d"]), rests_on=("metric:one",))
    results = (clock("one", FEBRUARY, tally(1), None, kind="metric", by={"d": "x"}),)
    assert without_personal(replace(RESULTS, results=results), (LEAD, one, two)).results == results


@pytest.mark.parametrize("rule", ["domain", "first_mail", "account.domain"])
def test_what_is_reckoned_from_a_personal_field_is_personal(rule: str) -> None:
    fields = {
        "lead_id": "text",
        "email": {"type": "text", "pii": True},
        "account": {"ref": "account"},
        "domain": {"is": "lower(email)"},
        "first_mail": {"rollup": "min(sender)", "over": "activity"},
    }
    lead = entry("entity:lead", key="lead_id", fields=fields)
    activity = entry(
        "entity:activity",
        key="id",
        fields={"id": "text", "lead": {"ref": "lead"}, "sender": {"type": "text", "pii": 1}},
    )
    account = entry(
        "entity:account",
        key="id",
        fields={"id": "text", "main": {"ref": "lead"}, "domain": {"is": "main.domain"}, "ring": {"is": "ring"}},
    )
    metric = entry("metric:wins", of="lead", by=[{"d": rule}, {"r": "account.ring"}])
    results = tuple(counted("wins", FEBRUARY, "count", None, by=by) for by in ({}, {"d": "x"}, {"r": "x"}))
    cleaned = without_personal(replace(RESULTS, results=results), (lead, activity, account, metric))
    assert [dict(result.reading.by) for result in cleaned.results] == [{}, {"r": "x"}]


def test_hashed_keys_stand_wherever_keys_stood() -> None:
    """sha256 of `Larkspur`, a zero byte and the key, its first twelve digits."""
    result = clock("follow_up", FEBRUARY, tally(1, 3), Status.OFF_TARGET, late=LATE, opened=OPEN, due=STEPS)
    dangling = Finding(
        "AAC503", "warning", "`lead` finds no lead in 2 records: 'L-1', 'L-22'",
        "repair the spelling with `map: {L-22: L-2}`, or add what is missing to `lead`", keys=("A-1",),
    )  # fmt: skip
    doubled = Finding("AAC502", "warning", "1 record set aside: L-1; of L-11 not", "export once", keys=("L-1",))
    column = Finding("AAC641", "info", "no column `city`", "sync it", keys=("city",))
    hashed = with_hashed_keys(replace(RESULTS, results=(result,), findings=(dangling, doubled, column)))
    (cleaned,) = hashed.results
    reading = cleaned.reading
    assert isinstance(reading, ClockReading)
    keys = [item.key for item in (*reading.late_items, *reading.open_items)]
    assert keys == [digest(item.key) for item in (*LATE, *OPEN)]
    assert [step.key for step in cleaned.verdict.escalations] == [digest("L-1"), None]
    one, two, three = hashed.findings
    assert one.message == f"`lead` finds no lead in 2 records: '{digest('L-1')}', '{digest('L-22')}'"
    assert one.instead == "repair the spelling with `map`, or add what is missing to `lead`"
    assert one.keys == (digest("A-1"),)
    assert two.message == f"1 record set aside: {digest('L-1')}; of L-11 not"
    assert three == column
    assert hashed.are_keys_hashed


def digest(key: str | tuple[str, ...]) -> str:
    parts = ["Larkspur", *([key] if isinstance(key, str) else key)]
    return sha256("\0".join(parts).encode()).hexdigest()[:12]
