"""Promises in time, from records to results, on tables small enough to be reckoned by hand (LANGUAGE §3, §6, §7).

As_of is 2026-03-10T12:00Z, a Tuesday, unless a test says otherwise; the company is in Berlin, an hour ahead.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from aac.errors import UsageError
from aac.periods import iso_utc
from aac.results import ClockReading, Status
from tests.small import COMPANY, DESK, SLA, groups, measured, metric, number, outcomes, total, write_project

if TYPE_CHECKING:
    from pathlib import Path


# A clock, elapsed time

REPLIES = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.lead
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  fits: boolean
  skip: boolean
  free: boolean
  asked_at: timestamp
  replied_at: timestamp
  segment: text
---
kind: definition
id: fit
owner: sales
of: lead
when: fits
at: asked_at
---
"""
    + SLA
    + """\
when: {within: 24 hours}
how_measured:
  each: fit
  where: not skip
  stops: replied_at
  excused: free
  objective: 50%
  by: [segment, {sort: segment}, skip]
"""
)
CLOCK = """\
id,created_at,fits,skip,free,asked_at,replied_at,segment
met_at_the_last,2026-02-01,true,false,false,2026-02-02T10:00:00Z,2026-02-03T10:00:00Z,
late_by_a_hair,2026-02-01,true,false,false,2026-02-02T10:00:00Z,2026-02-03T10:00:00.000001Z,A
late_undone,2026-02-01,true,false,false,2026-02-02T10:00:00Z,,A
done_after_as_of,2026-02-01,true,false,false,2026-02-28T10:00:00Z,2026-03-10T12:00:00.000001Z,A
done_at_as_of,2026-02-01,true,false,false,2026-03-09T12:00:00Z,2026-03-10T12:00:00Z,A
open_until_the_last,2026-02-01,true,false,false,2026-03-09T12:00:00Z,,unknown
late_since_a_hair,2026-02-01,true,false,false,2026-03-09T11:59:59.999999Z,,unknown
excused_late,2026-02-01,true,false,true,2026-02-02T10:00:00Z,,A
excused_unknown_late,2026-02-01,true,false,,2026-02-02T10:00:00Z,,A
excused_unknown_met,2026-02-01,true,false,,2026-02-02T10:00:00Z,2026-02-02T10:00:00Z,A
where_unknown,2026-02-01,true,,true,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
where_false,2026-02-01,true,true,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
no_member,2026-02-01,false,false,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
maybe_member,2026-02-01,,false,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
maybe_member_where_unknown,2026-02-01,,,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
maybe_member_where_false,2026-02-01,,true,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
maybe_member_unplaced,2026-02-01,,false,false,,2026-02-02T11:00:00Z,A
done_before_started,2026-02-01,true,false,true,2026-02-02T10:00:00Z,2026-02-02T09:59:59.999999Z,A
no_start,2026-02-01,true,false,true,,2026-02-02T11:00:00Z,A
starts_after_as_of,2026-02-01,true,false,,2026-03-10T12:00:00.000001Z,2026-02-02T11:00:00Z,A
starts_next_year,2026-02-01,true,false,,2027-01-01,,
occurs_after_as_of,2026-03-10T12:00:00.000001Z,true,false,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
occurs_at_as_of,2026-03-10T12:00:00Z,true,false,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,B
occurs_unknown,,true,false,false,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,B
last_moment_of_january,2026-01-01,true,false,false,2026-01-31T22:59:59.999999Z,2026-01-31T23:00:00Z,B
first_moment_of_february,2026-01-01,true,false,false,2026-01-31T23:00:00Z,2026-01-31T23:00:00Z,B
"""
FEBRUARY = {"met": 5, "late": 4, "excused": 1, "unmeasurable": 2, "unknown": 2}
"""late: by_a_hair, undone, done_after_as_of, excused_unknown_late; met: at_the_last, excused_unknown_met, the two that
occur at as_of or at an unknown time, and the first moment of February."""
MARCH = {"met": 1, "late": 1, "open": 1}
UNPLACED = {"unmeasurable": 3}


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("replies") / "project", REPLIES, {"lead": CLOCK})


def test_outcomes(replies: Path) -> None:
    results = measured(replies, "2026-01", "2026-02", "2026-03")
    assert outcomes(results, "reply", "2026-01") == {"met": 1}
    assert outcomes(results, "reply", "2026-02") == FEBRUARY
    assert outcomes(results, "reply", "2026-03") == MARCH
    assert outcomes(results, "reply", "unplaced") == UNPLACED


def test_groups_are_of_records(replies: Path) -> None:
    """NULL is a group, and not the text `unknown`; each name of one expression has its groups; rules have three."""
    results = measured(replies, "2026-02", "2026-03")
    for name in ("segment", "sort"):
        assert outcomes(results, "reply", "2026-02", **{name: None}) == {"met": 1}
        assert outcomes(results, "reply", "2026-02", **{name: "B"}) == {"met": 3}
        assert outcomes(results, "reply", "2026-03", **{name: "unknown"}) == {"late": 1, "open": 1}
        assert outcomes(results, "reply", "unplaced", **{name: None}) == {"unmeasurable": 1}
    assert outcomes(results, "reply", "2026-02", skip=False) == FEBRUARY | {"unmeasurable": 1, "unknown": 1}
    assert outcomes(results, "reply", "2026-02", skip=None) == {"unmeasurable": 1, "unknown": 1}
    assert {"skip": True} not in groups(results, "reply", "2026-02")
    assert len(groups(results, "reply", "2026-02")) == 1 + 3 + 3 + 2


@pytest.mark.parametrize(
    "windows",
    [
        ("2026-02",),
        ("2025-07",),
        ("2027-01", "2028"),
        ("2026-02", "2026-Q1"),
        ("2026-02", "2026-Q1", "all", "last:13"),
        ("2026-W06", "2026-02", "FY2026-Q1", "FY2026", "2026"),
        ("all",),
        (),
    ],
)
def test_a_window_is_the_same_whichever_others_are_asked_for(replies: Path, windows: tuple[str, ...]) -> None:
    results = measured(replies, *windows)
    labels = [
        result.reading.window.label for result in results.results if result.id == "reply" and not result.reading.by
    ]
    assert len(labels) == len(set(labels))
    assert outcomes(results, "reply", "unplaced") == UNPLACED
    for label in labels:
        expected = {"2026-02": FEBRUARY, "2026-03": MARCH, "2026-01": {"met": 1}, "2025-07": {}, "unplaced": UNPLACED}
        whole = {"met": 7, "late": 5, "open": 1, "excused": 1, "unmeasurable": 2, "unknown": 2}
        for long in ("all", "2026-Q1", "FY2026-Q1", "FY2026", "2026"):
            expected[long] = whole
        if label in expected:
            assert outcomes(results, "reply", label) == expected[label], label


def test_of_what_is_in_doubt_a_finding_tells(replies: Path) -> None:
    found = [f for f in measured(replies, "2026-02", "2026-Q1", "all").findings if f.code == "AAC511"]
    assert [(f.count, f.doc) for f in found] == [(2, "sla:reply")] * 3
    assert {f.span.text.strip() for f in found if f.span} == {"excused: free"}
    assert {label for label in ("2026-02", "2026-Q1", "all") for f in found if label in f.message} == {
        "2026-02", "2026-Q1", "all",
    }  # fmt: skip


def test_without_doubt_there_is_no_finding(replies: Path) -> None:
    assert "AAC511" not in {finding.code for finding in measured(replies, "2025-07").findings}


def test_late_items_are_listed_by_key(replies: Path) -> None:
    reading = total(measured(replies, "2026-02"), "reply", "2026-02").reading
    assert isinstance(reading, ClockReading)
    day = 86_400_000_000
    assert [(i.key, i.used_us - day, i.done_us and iso_utc(i.done_us)) for i in reading.late_items] == [
        ("done_after_as_of", 9 * day + 2 * day // 24, None),
        ("excused_unknown_late", 35 * day + 2 * day // 24, None),
        ("late_by_a_hair", 1, "2026-02-03T10:00:00.000001Z"),
        ("late_undone", 35 * day + 2 * day // 24, None),
    ]
    assert {iso_utc(i.due_us) for i in reading.late_items if i.due_us} == {
        "2026-02-03T10:00:00Z",
        "2026-03-01T10:00:00Z",
    }


def test_as_of_may_lie_after_the_watermark(replies: Path) -> None:
    """Later, all that was planned has happened; what is open becomes late."""
    results = measured(replies, "2026-03", "2027-01", as_of="2027-06-01")
    assert outcomes(results, "reply", "2026-03") == {"met": 1, "late": 2, "unmeasurable": 1}
    assert outcomes(results, "reply", "2027-01") == {"late": 1}
    assert outcomes(results, "reply", "unplaced") == {"unmeasurable": 1}
    assert {r.reading.as_of_us for r in results.results} == {1_811_887_200_000_000}


def test_as_of_may_lie_before_the_watermark(replies: Path) -> None:
    """On the 3rd of February at 11:00 nothing later is known: neither the late reply nor leads of March."""
    results = measured(replies, "2026-02", as_of="2026-02-03T10:00Z")
    assert outcomes(results, "reply", "2026-02") == {
        "met": 4, "open": 3, "excused": 1, "unmeasurable": 2, "unknown": 2,
    }  # fmt: skip
    assert outcomes(results, "reply", "unplaced") == {"unmeasurable": 7}


@pytest.mark.parametrize(
    "window", ["last:0", "last:", "last:-1", "next", "2026-13", "FY26", "last:1.5", "last:1001", ""]
)
def test_windows_that_do_not_exist(replies: Path, window: str) -> None:
    with pytest.raises(UsageError, match="--window"):
        measured(replies, window)


def test_many_windows(replies: Path) -> None:
    results = measured(replies, "last:400")
    labels = [r.reading.window.label for r in results.results if not r.reading.by and r.id == "reply"]
    assert labels[0] == "1992-11"
    assert labels[-2:] == ["2026-02", "unplaced"]
    assert outcomes(results, "reply", "2026-02") == FEBRUARY


# The last seven days


@pytest.mark.parametrize(
    ("as_of", "first_day"),
    [
        ("2026-03-10T22:59:59.999999Z", "2026-03-04"),  # the last microsecond of the 10th, which is one of the seven
        ("2026-03-10T23:00:00Z", "2026-03-04"),  # its end: the 10th was the last day before as_of
        ("2026-03-10T23:00:00.000001Z", "2026-03-05"),
        ("2026-04-01T08:00:00Z", "2026-03-26"),  # over the night in which clocks are put forward
    ],
)
def test_the_last_seven_days_are_local_ones(tmp_path: Path, as_of: str, first_day: str) -> None:
    """What started at that day's local midnight counts, what started a microsecond before does not."""
    documents = REPLIES.replace("  objective: 50%", "  objective: 50%\n  window: year")
    midnight = {"2026-03-04": "03-03T23", "2026-03-05": "03-04T23", "2026-03-26": "03-25T23"}[first_day]
    before = midnight.replace("T23", "T22:59:59.999999")
    leads = f"""\
    id,created_at,fits,skip,free,asked_at,replied_at,segment
    many_met,2026-01-01,true,false,false,2026-01-01T10:00Z,2026-01-01T10:00Z,A
    and_met,2026-01-01,true,false,false,2026-01-01T10:00Z,2026-01-01T10:00Z,B
    late_before,2026-01-01,true,false,false,2026-{before}Z,2026-03-31T10:00Z,B
    late_in_them,2026-01-01,true,false,false,2026-{midnight}:00Z,2026-03-31T10:00Z,A
    """
    results = measured(write_project(tmp_path / "p", documents, {"lead": leads}), "2026", as_of=as_of)
    found = total(results, "reply", "2026")
    assert isinstance(found.reading, ClockReading)
    assert found.reading.recent == (0, 1)
    assert found.verdict.status is Status.AT_RISK
    statuses = {r.reading.by["segment"]: r.verdict.status for r in results.results if "segment" in r.reading.by}
    assert statuses == {"A": Status.AT_RISK, "B": Status.ON_TARGET}


# A clock between dates

DATES = """\
kind: company
id: small
currency: EUR
timezone: {company}
---
kind: entity
id: deal
from: crm.deal
key: id
fields:
  id: text
  signed_on: date
  started_on: date
---
kind: sla
id: start
what: Customer Success starts
who: {{owes: sales, to: marketing}}
when: {{within: 2 days}}
how_measured:
  each: deal
  starts: signed_on
  stops: started_on
  objective: 50%
escalation:
  - {{at: 50% of time, do: remind, to: sales}}
  - {{at: late, do: notify, to: sales}}
"""
DEALS = """\
id,signed_on,started_on
done_on_the_last_day,2026-03-05,2026-03-07
done_a_day_late,2026-03-05,2026-03-08
undone,2026-03-08,
done_tomorrow,2026-03-08,2026-03-11
backwards,2026-03-05,2026-03-04
signed_today,2026-03-10,
signed_tomorrow,2026-03-11,2026-03-11
"""


@pytest.mark.parametrize(
    ("source", "company", "as_of", "expected", "unplaced"),
    [
        # in Tokyo it is still the 10th: the 8th and two days are not over
        ("Asia/Tokyo", "UTC", "2026-03-10T14:59:59.999999Z", {"met": 1, "late": 1, "open": 3, "unmeasurable": 1}, 1),
        # the 11th has begun there, though nowhere west of it
        (
            "Asia/Tokyo",
            "America/New_York",
            "2026-03-10T15:00:00Z",
            {"met": 2, "late": 3, "open": 1, "unmeasurable": 1},
            0,
        ),
        ("Europe/Berlin", "Asia/Tokyo", "2026-03-10T15:00:00Z", {"met": 1, "late": 1, "open": 3, "unmeasurable": 1}, 1),
        ("America/New_York", "UTC", "2026-03-10T03:59:59Z", {"met": 1, "late": 1, "open": 2, "unmeasurable": 1}, 2),
        ("America/New_York", "UTC", "2026-03-11T04:00:00Z", {"met": 2, "late": 3, "open": 1, "unmeasurable": 1}, 0),
    ],
)
def test_a_date_is_over_where_its_source_is(
    tmp_path: Path, source: str, company: str, as_of: str, expected: dict[str, int], unplaced: int
) -> None:
    """New York, on the 9th: signed_today lies in the future, and done_tomorrow is open like undone."""
    settings = f'timezone = "{source}"\n'
    root = write_project(tmp_path / "p", DATES.format(company=company), {"deal": DEALS}, settings=settings)
    results = measured(root, "2026-03", as_of=as_of)
    assert outcomes(results, "start", "2026-03") == expected
    assert outcomes(results, "start", "unplaced") == ({"unmeasurable": unplaced} if unplaced else {})


def test_days_are_listed_as_moments(tmp_path: Path) -> None:
    root = write_project(
        tmp_path / "p", DATES.format(company="UTC"), {"deal": DEALS}, settings='timezone = "Europe/Berlin"\n'
    )
    found = total(measured(root, "2026-03", as_of="2026-03-11T12:00Z"), "start", "2026-03")
    assert isinstance(found.reading, ClockReading)
    day = 86_400_000_000
    assert [
        (i.key, iso_utc(i.started_us), i.due_us and iso_utc(i.due_us), i.done_us and iso_utc(i.done_us), i.used_us)
        for i in found.reading.late_items
    ] == [
        ("done_a_day_late", "2026-03-04T23:00:00Z", "2026-03-07T22:59:59.999999Z", "2026-03-07T23:00:00Z", 3 * day),
        ("done_tomorrow", "2026-03-07T23:00:00Z", "2026-03-10T22:59:59.999999Z", "2026-03-10T23:00:00Z", 3 * day),
        ("undone", "2026-03-07T23:00:00Z", "2026-03-10T22:59:59.999999Z", None, 3 * day),
    ]
    due = [(step.at, step.key, step.since_us and iso_utc(step.since_us)) for step in found.verdict.escalations]
    assert due == [("50% of time", "signed_today", None), ("late", "undone", "2026-03-10T22:59:59.999999Z")]


def test_a_date_of_another_source_is_over_where_that_one_is(tmp_path: Path) -> None:
    """Deals come from New York, the dates they refer to from Tokyo, where the 11th has begun."""
    documents = """\
    kind: entity
    id: deal
    from: crm.deal
    key: id
    fields: {id: text, contract: {ref: contract}}
    ---
    kind: entity
    id: contract
    from: erp.contract
    key: id
    fields: {id: text, signed_on: date, ended_on: date}
    ---
    """
    metrics = metric("signed", "count(*)", of="deal", at="contract.signed_on")
    metrics += metric("ended", "count(*)", of="deal", at="coalesce(contract.ended_on, contract.signed_on)")
    settings = 'timezone = "America/New_York"\n[sources.erp]\nconnector = "csv"\npath = "erp"\n'
    settings += 'timezone = "Asia/Tokyo"\nwatermark = "2026-03-10T15:00:00Z"\n'
    tables = {"deal": "id,contract\n1,a\n2,b\n"}
    root = write_project(tmp_path / "p", documents.replace("    ", "") + metrics, tables, settings=settings)
    (root / "erp").mkdir()
    (root / "erp" / "contract.csv").write_text("id,signed_on,ended_on\na,2026-03-11,\nb,2026-03-12,2026-03-11\n")
    results = measured(root, "2026-03", as_of="2026-03-10T15:00:00Z")
    assert (number(results, "signed", "2026-03").n, number(results, "ended", "2026-03").n) == (1, 2)
    results = measured(root, "2026-03", as_of="2026-03-10T14:59:59Z")
    assert (number(results, "signed", "2026-03").n, number(results, "ended", "2026-03").n) == (0, 0)


# A clock in business time

HOURS = (
    COMPANY
    + DESK
    + """\
kind: calendar
id: never
timezone: UTC
hours: {mon: "09:00-10:00"}
closed: [2026-03-02, 2026-03-09]
---
kind: entity
id: rep
from: crm.rep
key: id
occurs: hired_at
fields: {id: text, calendar: text, hired_at: timestamp}
---
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, rep: {ref: rep}, asked_at: timestamp, replied_at: timestamp}
---
"""
    + SLA
    + """\
when: {within: 4 business hours, calendar: rep.calendar}
how_measured:
  each: lead
  starts: asked_at
  stops: replied_at
  objective: 50%
  by: [{calendar: rep.calendar}]
"""
)
REPS = """\
id,calendar,hired_at
ann,desk,
bob,,2026-01-01
cid,office,2026-01-01
dot,never,2026-01-01
eve,desk,2026-03-10T12:00:00.000001Z
fay,DESK,2026-01-01
"""
ASKED = """\
id,rep,asked_at,replied_at
exactly_four_hours,ann,2026-03-02T09:00Z,2026-03-02T13:00Z
a_hair_more,ann,2026-03-02T09:00Z,2026-03-02T13:00:00.000001Z
over_the_night,ann,2026-03-02T14:00Z,2026-03-03T10:00Z
at_the_next_opening,ann,2026-03-02T12:00Z,2026-03-03T08:00Z
over_the_weekend_unopened,ann,2026-03-06T16:00Z,2026-03-08T10:00Z
until_the_opening_moment,ann,2026-03-06T16:00Z,2026-03-09T08:00Z
from_the_closing_moment,ann,2026-03-06T16:00Z,2026-03-06T17:00Z
from_within,ann,2026-03-06T15:59:59.999999Z,2026-03-06T16:00Z
open_by_two_hours,ann,2026-03-10T10:00Z,
open_by_the_last,ann,2026-03-10T08:00Z,
late_since,ann,2026-03-10T07:59:59Z,
late_by_a_second,ann,2026-03-09T15:59:59Z,
no_calendar,bob,2026-03-02T09:00Z,2026-03-02T13:00Z
unknown_calendar,cid,2026-03-02T09:00Z,2026-03-02T13:00Z
calendars_are_cased,fay,2026-03-02T09:00Z,2026-03-02T13:00Z
no_rep,,2026-03-02T09:00Z,2026-03-02T13:00Z
not_yet_hired,eve,2026-03-02T09:00Z,2026-03-02T13:00Z
never_opens,dot,2026-03-02T09:00Z,
never_opened,dot,2026-03-02T09:00Z,2026-03-09T09:30Z
"""


def test_outcomes_in_business_time(tmp_path: Path) -> None:
    """A start at 07:59:59Z, a second before the desk opens, has used as much at 12:00Z as one at the opening."""
    results = measured(write_project(tmp_path / "p", HOURS, {"rep": REPS, "lead": ASKED}), "2026-03")
    assert outcomes(results, "reply", "2026-03", calendar="desk") == {
        "met": 7, "late": 2, "open": 3, "outside_hours": 2,
    }  # fmt: skip
    assert outcomes(results, "reply", "2026-03", calendar="never") == {"met": 1, "open": 1, "outside_hours": 1}
    assert outcomes(results, "reply", "2026-03", calendar="office") == {"unmeasurable": 1}
    assert outcomes(results, "reply", "2026-03", calendar="DESK") == {"unmeasurable": 1}
    assert outcomes(results, "reply", "2026-03", calendar=None) == {"unmeasurable": 3}
    assert outcomes(results, "reply", "unplaced") == {}


def test_due_in_business_time(tmp_path: Path) -> None:
    results = measured(write_project(tmp_path / "p", HOURS, {"rep": REPS, "lead": ASKED}), "2026-03")
    reading = total(results, "reply", "2026-03").reading
    assert isinstance(reading, ClockReading)
    assert [(i.key, i.due_us and iso_utc(i.due_us), i.used_us - 4 * 3_600_000_000) for i in reading.late_items] == [
        ("a_hair_more", "2026-03-02T13:00:00Z", 1),
        ("late_by_a_second", "2026-03-10T11:59:59Z", 1_000_000),
    ]


def test_a_moment_that_only_a_rule_names_may_lie_outside_the_data(tmp_path: Path) -> None:
    """No record is as old as the moment that stands for an unknown one: calendars reach that far all the same."""
    documents = HOURS.replace("starts: asked_at", "starts: coalesce(asked_at, '2024-02-29 11:00')")
    leads = "id,rep,asked_at,replied_at\nold,ann,,2026-03-02T09:00Z\n"
    results = measured(write_project(tmp_path / "p", documents, {"rep": REPS, "lead": leads}), "2024-02", "2026-03")
    assert outcomes(results, "reply", "2024-02") == {"late": 1}


def test_of_time_inside_roll_ups_of_roll_ups(tmp_path: Path) -> None:
    """An hour and a half hour of the acts of lead 1, none of lead 2 (its asking came first): 1.5 for the account."""
    documents = (
        COMPANY
        + DESK
        + """\
kind: entity
id: account
from: crm.account
key: id
fields: {id: text, spent: {rollup: sum(spent), over: lead}}
---
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, account: {ref: account}, asked_at: timestamp, spent: {rollup: sum(until_asked), over: act}}
---
kind: entity
id: act
from: crm.act
key: id
fields:
  id: text
  lead: {ref: lead}
  at: timestamp
  until_asked: {is: "business_hours_between(at, lead.asked_at, 'desk')"}
---
"""
    )
    tables = {
        "account": "id\nx\n",
        "lead": "id,account,asked_at\n1,x,2026-03-03T10:00Z\n2,x,2026-03-02T10:00Z\n",
        "act": "id,lead,at\na,1,2026-03-03T09:00Z\nb,1,2026-03-03T09:30Z\nc,2,2026-03-02T11:00Z\n",
    }
    documents += metric("spent", "sum(spent)", of="account", unit="business_hours")
    results = measured(write_project(tmp_path / "p", documents, tables))
    assert number(results, "spent", "all").value == Fraction(3, 2)


# Steps of the escalation


def test_no_step_that_is_due_is_left_out(tmp_path: Path) -> None:
    """120 items are due for a reminder, the 120 after them are late: all are told, though 50 late items are listed."""
    documents = REPLIES.replace(
        "escalation: []", "escalation:\n  - {at: 50% of time, do: remind}\n  - {at: late, do: notify}"
    )
    rows = [f"a{i:03},2026-02-01,true,false,false,2026-03-10T00:00Z,," for i in range(120)]
    rows += [f"b{i:03},2026-02-01,true,false,false,2026-03-09T00:00Z,," for i in range(120)]
    leads = "\n".join(["id,created_at,fits,skip,free,asked_at,replied_at,segment", *rows])
    found = total(measured(write_project(tmp_path / "p", documents, {"lead": leads}), "2026-03"), "reply", "2026-03")
    assert isinstance(found.reading, ClockReading)
    assert [step.key for step in found.verdict.escalations if step.at == "late"] == [f"b{i:03}" for i in range(120)]
    assert [step.key for step in found.verdict.escalations if step.at != "late"] == [f"a{i:03}" for i in range(120)]
    assert [item.key for item in found.reading.late_items] == [f"b{i:03}" for i in range(50)]


def test_a_key_of_several_fields_is_written_as_people_write_it(tmp_path: Path) -> None:
    documents = (
        COMPANY
        + """\
kind: entity
id: stage
from: crm.stage
key: [deal, entered_at, on, number, part]
fields:
  deal: text
  entered_at: timestamp
  on: date
  number: integer
  part: number
  left_at: timestamp
---
"""
        + SLA
        + """\
when: {within: 1 hours}
how_measured: {each: stage, starts: entered_at, stops: left_at, objective: 50%}
"""
    )
    stages = """\
    deal,entered_at,on,number,part,left_at
    d,2026-03-02T09:00Z,2026-03-02,7,0.5,
    d,2026-03-02T08:00Z,2026-03-02,7,100,
    d,2026-03-02T08:00Z,2026-03-02,10,100,
    """
    found = total(measured(write_project(tmp_path / "p", documents, {"stage": stages}), "2026-03"), "reply", "2026-03")
    assert isinstance(found.reading, ClockReading)
    assert [item.key for item in found.reading.late_items] == [
        ("d", "2026-03-02T08:00:00Z", "2026-03-02", "7", "100"),
        ("d", "2026-03-02T08:00:00Z", "2026-03-02", "10", "100"),
        ("d", "2026-03-02T09:00:00Z", "2026-03-02", "7", "0.5"),
    ]
