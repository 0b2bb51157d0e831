"""Cohorts, records in force and keys at both ends of a span, on tables small enough to be reckoned by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from aac.results import NumberReading
from tests.small import COMPANY, DESK, measured, metric, number, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import Results

DEALS = (
    COMPANY
    + """\
kind: entity
id: deal
from: crm.deal
key: id
fields:
  id: text
  entered_at: timestamp
  entered_on: date
  won: boolean
  won_at: timestamp
  won_on: date
  size: integer
  segment: text
---
{kind: definition, id: win, owner: sales, of: deal, when: won, at: won_at}
---
{kind: definition, id: day_win, owner: sales, of: deal, when: won, at: won_on}
---
"""
)
HEADER = "id,entered_at,entered_on,won,won_at,won_on,size,segment\n"


def cell(results: Results, id_: str, label: str, **by: object) -> NumberReading:
    """A group of a metric."""
    (found,) = [
        r.reading for r in results.results if (r.id, r.reading.window.label, dict(r.reading.by)) == (id_, label, by)
    ]
    assert isinstance(found, NumberReading)
    return found


def cohort(id_: str, formula: str, **keys: str) -> str:
    return metric(id_, formula, **{"of": "deal", "at": "entered_at", "basis": "cohort", "unit": "percent", **keys})


# What becomes of a cohort

WON = """\
a,2026-01-31T11:00Z,,true,2026-02-28T11:00Z,,,
b,2026-01-31T11:00Z,,true,2026-02-28T11:00:00.000001Z,,,
c,2026-01-31T11:00Z,,true,2026-03-02T11:00Z,,,
d,2026-01-31T11:00Z,,true,2026-01-31T11:00Z,,,
e,2026-01-31T11:00Z,,true,2026-01-31T10:59Z,,,
f,2026-01-31T11:00Z,,false,2026-02-01T11:00Z,,,
g,2026-01-31T11:00Z,,,2026-02-01T11:00Z,,,
h,2026-01-31T11:00Z,,,2026-04-01T11:00Z,,,
i,2026-01-31T11:00Z,,true,,,,
"""


@pytest.mark.parametrize(
    ("matures", "won"),
    [("1 months", 2), ("28 days", 2), ("29 days", 3), ("30 days", 4), ("30 calendar days", 4), (None, 4)],
)
def test_what_was_true_in_time(tmp_path: Path, matures: str | None, won: int) -> None:
    """Of a at exactly one month, b a hair later, c thirty days after, d at once; e before, f lost, i at no known time.

    Of g nobody knows; h came too late whatever it is, and by as_of it has not come at all.
    """
    keys = {"matures": matures} if matures else {}
    documents = DEALS + cohort("rate", "share(win)", **keys) + cohort("n", "count_if(win)", unit="count", **keys)
    results = measured(write_project(tmp_path / "p", documents, {"deal": HEADER + WON}), "2026-01")
    reading = number(results, "rate", "2026-01")
    assert (reading.value, reading.n, reading.unknown) == (Fraction(won, 8), 9, 1)
    assert number(results, "n", "2026-01").value == won


def test_months_are_those_of_the_company_whatever_its_clocks_do(tmp_path: Path) -> None:
    """From 12:00 of 28 February in Berlin to 12:00 of 28 March it is 28 days; to 28 April an hour less than 59."""
    deals = """\
a,2026-02-28T11:00Z,,true,2026-04-28T10:00Z,,,
b,2026-02-28T11:00Z,,true,2026-04-28T10:00:00.000001Z,,,
c,2026-02-28T11:00Z,,true,2026-04-28T11:00Z,,,
"""
    lengths = {"months": "2 months", "days": "59 days", "local_days": "59 calendar days"}
    documents = DEALS + "".join(
        cohort(id_, "count_if(win)", unit="count", matures=matures) for id_, matures in lengths.items()
    )
    root = write_project(tmp_path / "p", documents, {"deal": HEADER + deals}, watermark="2026-06-01T00:00Z")
    results = measured(root, "2026-02")
    assert {id_: number(results, id_, "2026-02").value for id_ in lengths} == {"months": 1, "days": 3, "local_days": 1}


def test_dates_are_midnights_beside_times_and_days_beside_dates(tmp_path: Path) -> None:
    """As_of is 13:00 of 10 March in Berlin. A source in New York has its midnights at 6 o'clock of Berlin."""
    deals = """\
a,,2026-02-01,true,2026-02-11T05:00Z,2026-02-11,,
b,,2026-02-01,true,2026-02-11T05:00:00.000001Z,2026-02-12,,
c,,2026-02-01,true,2026-02-01T05:00Z,2026-02-01,,
d,,2026-02-01,true,2026-02-01T04:59:59.999999Z,2026-01-31,,
"""
    documents = DEALS + cohort("times", "count_if(win)", at="entered_on", matures="10 days", unit="count")
    documents += cohort("dates", "count_if(day_win)", at="entered_on", matures="10 days", unit="count")
    settings = 'timezone = "America/New_York"\n'
    results = measured(write_project(tmp_path / "p", documents, {"deal": HEADER + deals}, settings=settings), "2026-02")
    assert number(results, "times", "2026-02").value == number(results, "dates", "2026-02").value == 2


def test_a_definition_that_another_narrows_is_not_asked_for_its_own_moment(tmp_path: Path) -> None:
    documents = DEALS + "{kind: definition, id: late_win, owner: sales, of: win, when: size > 1, at: won_on}\n---\n"
    documents += cohort("both", "count_if(late_win) - count_if(win)", matures="10 days", unit="count")
    deals = "a,2026-01-01T00:00Z,,true,2026-02-01T00:00Z,2026-01-05,2,\n"
    results = measured(write_project(tmp_path / "p", documents, {"deal": HEADER + deals}), "2026-01")
    assert number(results, "both", "2026-01").value == 1


def test_fields_with_a_past_are_as_they_were(tmp_path: Path) -> None:
    """The size of a was 1 when it matured on 31 January, and is 5 today; that of b is told by nobody; c came later."""
    documents = DEALS + cohort("large", "count_if(size > 2)", matures="30 days", unit="count")
    documents += cohort("large_by_now", "count_if(size > 2)", unit="count")
    documents += cohort("touched", "sum(touches)", matures="30 days", unit="count")
    documents = documents.replace("  segment: text\n", "  segment: text\n  touches: {rollup: count(*), over: touch}\n")
    documents += """\
kind: entity
id: deal_change
from: crm.deal_change
key: id
occurs: at
fields: {id: text, deal: {ref: deal}, at: timestamp, size: integer}
---
kind: entity
id: touch
from: crm.touch
key: id
occurs: at
fields: {id: text, deal: {ref: deal}, at: timestamp}
---
"""
    deals = "a,2026-01-01T00:00Z,,,,,5,\nb,2026-01-01T00:00Z,,,,,4,\nc,2026-01-01T00:00Z,,,,,3,\n"
    changes = """\
id,deal,at,size
1,a,2026-01-05T00:00Z,9
2,a,2026-01-31T00:00Z,1
3,a,2026-01-31T00:00:00.000001Z,5
4,c,2026-02-05T00:00Z,3
"""
    touches = "id,deal,at\n1,a,2026-01-02T00:00Z\n2,a,2026-01-31T00:00Z\n3,b,2026-02-01T00:00Z\n"
    tables = {"deal": HEADER + deals, "deal_change": changes, "touch": touches}
    results = measured(write_project(tmp_path / "p", documents, tables), "2026-01")
    large, touched = number(results, "large", "2026-01"), number(results, "touched", "2026-01")
    assert (large.value, large.unknown) == (1, 1)
    assert (number(results, "large_by_now", "2026-01").value, touched.value) == (3, 2)


# When it is final

ENTRIES = """\
a,2026-01-05T10:00Z,2026-01-05,true,2026-01-06T10:00Z,,,A
b,2026-01-20T10:00Z,2026-01-20,true,2026-01-21T10:00Z,,,B
c,,,true,,,,C
"""
MATURED = {
    # of a metric, the first moment at which January is final in all, in the group A, and December, which is empty
    "times": ("2026-02-19T10:00Z", "2026-02-04T10:00Z", "2026-01-30T23:00Z"),
    "months": ("2026-02-20T10:00Z", "2026-02-05T10:00Z", "2026-01-31T23:00Z"),
    "dates": ("2026-02-19T23:00Z", "2026-02-04T23:00Z", "2026-01-30T23:00Z"),
    "mixed": ("2026-02-19T23:00Z", "2026-02-04T23:00Z", "2026-01-31T23:00Z"),
    "period": ("2026-01-31T23:00Z", "2026-01-31T23:00Z", "2025-12-31T23:00Z"),
}


def test_final(tmp_path: Path) -> None:
    """From the moment on at which nothing can change any more, and not a microsecond before."""
    documents = DEALS + cohort("times", "share(win)", matures="30 days", by="[segment]")
    documents += cohort("months", "share(win)", matures="1 months", by="[segment]")
    documents += cohort("dates", "share(won)", at="entered_on", matures="30 days", by="[segment]")
    documents += cohort("mixed", "share(day_win)", matures="30 days", by="[segment]")
    documents += cohort("never", "share(win)")
    documents += metric("period", "share(won)", of="deal", at="entered_at", unit="percent", by="[segment]")
    root = write_project(tmp_path / "p", documents, {"deal": HEADER + ENTRIES}, watermark="2027-01-01T00:00Z")
    hair = timedelta(microseconds=1)
    first = {id_: [datetime.fromisoformat(moment) for moment in moments] for id_, moments in MATURED.items()}
    for moment in sorted(
        {moment - step for moments in first.values() for moment in moments for step in (hair, 0 * hair)}
    ):
        results = measured(root, "2025-12", "2026-01", as_of=moment.isoformat())
        for id_, (january, group, december) in first.items():
            found = (
                is_final(results, id_, "2026-01"),
                is_final(results, id_, "2026-01", segment="A"),
                is_final(results, id_, "2025-12"),
            )
            assert found == (moment >= january, moment >= group, moment >= december), (id_, moment)
        assert not is_final(results, "never", "2025-12")


def is_final(results: Results, id_: str, label: str, **by: object) -> bool:
    """Of a group that there is."""
    told = [r.reading for r in results.results if (r.id, r.reading.window.label, r.reading.by) == (id_, label, by)]
    return any(isinstance(reading, NumberReading) and reading.is_final for reading in told)


# The ends of the period


def test_open_time_until_the_period_is_over(tmp_path: Path) -> None:
    """From 16:00 of Friday, 27 March, an hour is open on that day and two days in the month behind it, so far after all
    the data."""
    documents = (
        DEALS
        + DESK
        + metric(
            "left",
            "\"sum(business_hours_between(entered_at, period.until, 'desk'))\"",
            of="deal",
            at="entered_at",
            unit="business_hours",
        )
    )
    deals = "a,2026-03-27T15:00Z,,,,,,\n"
    root = write_project(tmp_path / "p", documents, {"deal": HEADER + deals}, watermark="2026-03-27T16:00Z")
    results = measured(root, "2026-03", "all")
    assert number(results, "left", "2026-03").value == 1 + 2 * 8
    assert (number(results, "left", "all").value, number(results, "left", "all").unknown) == (None, 1)


# Records in force

SUBS = (
    COMPANY
    + """\
kind: entity
id: sub
from: crm.sub
key: id
fields:
  id: text
  customer: text
  plan: text
  begins: date
  ends: date
  mrr: {type: money, unit: EUR/month}
  paid: {type: money, unit: USD}
---
"""
)
FORCE = "{from: begins, until: ends}"


def test_records_in_force_at_the_end_of_a_window(tmp_path: Path) -> None:
    """a ends with February; b begins with March; c is planned to end; d's end was told and its beginning was not;
    e nobody knows when; f has a day."""
    subs = """\
id,customer,plan,begins,ends,mrr,paid
a,,pro,2025-01-01,2026-03-01,1,
b,,pro,2026-03-01,,10,
c,,,2026-02-28,2026-12-31,100,
d,,pro,,2026-02-10,1000,
e,,,,,10000,
f,,pro,2026-03-10,2026-03-11,100000,
"""
    documents = SUBS + metric(
        "mrr", "sum(mrr)", of="sub", basis="snapshot", in_force=FORCE, unit="EUR/month", by="[plan]"
    )
    results = measured(
        write_project(tmp_path / "p", documents, {"sub": subs}), "2026-01", "2026-02", "2026-03", "all", "2026-Q1"
    )
    found = {
        label: (reading.value, reading.n, reading.unknown, reading.is_final)
        for label in ("2026-01", "2026-02", "2026-03", "2026-Q1", "all")
        for reading in [number(results, "mrr", label)]
    }
    at_as_of = (100110, 3, 1, False)
    assert found == {
        "2026-01": (1, 1, 2, True),
        "2026-02": (101, 2, 1, True),
        "2026-03": at_as_of,
        "2026-Q1": at_as_of,
        "all": at_as_of,
    }
    assert (cell(results, "mrr", "2026-01", plan="pro").value, cell(results, "mrr", "2026-02", plan=None).value) == (
        1,
        100,
    )


def test_a_stock_is_judged_as_a_whole_and_at_once(tmp_path: Path) -> None:
    """2 are in force on the tenth of March; of a flow a third of the month would be over."""
    subs = "id,customer,plan,begins,ends,mrr,paid\na,,pro,2026-03-01,,1,\nb,,free,2026-03-01,,1,\n"
    documents = SUBS + metric(
        "n", "count(*)", of="sub", basis="snapshot", in_force=FORCE, target="{at_least: 5}", by="[plan]"
    )
    documents += metric("new", "count(*)", of="sub", at="begins", target="{at_least: 5}", by="[plan]")
    results = measured(write_project(tmp_path / "p", documents, {"sub": subs}), "2026-03")
    statuses = {(r.id, tuple(r.reading.by.values())): r.verdict.status for r in results.results}
    assert statuses == {
        ("n", ()): "off_target",
        ("n", ("pro",)): None,
        ("n", ("free",)): None,
        ("new", ()): "on_target",
        ("new", ("pro",)): None,
        ("new", ("free",)): None,
    }


# Keys at both ends of a span


def kept(id_: str, formula: str, **keys: str) -> str:
    basis = {"of": "sub", "basis": "retention", "in_force": FORCE, "span": "12 months", "per": "customer"}
    return metric(id_, f'"{formula}"', **{**basis, "unit": "percent", **keys})


OLD = "id,customer,plan,begins,ends,mrr,paid\na,x,pro,2016-01-01,2024-01-01,7,\nb,x,pro,2020-01-01,,3,\n"


def test_more_windows_than_a_query_is_asked_for(tmp_path: Path) -> None:
    documents = SUBS + metric("n", "count(*)", of="sub", basis="snapshot", in_force=FORCE)
    documents += kept("lost", "count_if(closing(1) < opening(1))", unit="count")
    results = measured(write_project(tmp_path / "p", documents, {"sub": OLD}), "last:130")
    assert len([r for r in results.results if r.id == "n"]) == 130
    in_force = {"2015-12": 0, "2016-01": 1, "2020-01": 2, "2023-12": 2, "2026-02": 1}
    assert {label: number(results, "n", label).value for label in in_force} == in_force
    lost = {"2023-11": 0, "2023-12": 0, "2024-01": 1, "2024-12": 1, "2025-01": 0}
    assert {label: number(results, "lost", label).value for label in lost} == lost


def test_more_dimensions_than_a_query_can_tell_apart(tmp_path: Path) -> None:
    basis = {"of": "sub", "basis": "snapshot", "in_force": FORCE}
    documents = SUBS + "".join(
        metric(f"m{place}", "count(*)", **basis, by=f"[{{over{place}: mrr > {place}}}]") for place in range(70)
    )
    results = measured(write_project(tmp_path / "p", documents, {"sub": OLD}), "2023-12", "2026-02")
    for place in range(70):
        over = [r.reading for r in results.results if r.id == f"m{place}" and r.reading.window.label == "2023-12"]
        counted = {tuple(r.by.values()): r.n for r in over if isinstance(r, NumberReading)}
        many = (place < 7) + (place < 3)
        expected = {(): 2, (True,): many, (False,): 2 - many}
        assert counted == {by: n for by, n in expected.items() if n}


GRR = "sum(least(closing(mrr), opening(mrr))) / sum(opening(mrr))"


def test_what_keys_had_at_both_ends(tmp_path: Path) -> None:
    """Of a year to the end of February: ann doubles with a second plan, bob moves from one plan to another, cid leaves,
    dan is new, eve's price is unknown, fay had one of two ended; of two records nobody knows whose they are."""
    subs = """\
id,customer,plan,begins,ends,mrr,paid
1,ann,pro,2024-01-01,,100,
2,ann,team,2025-06-01,,100,
3,bob,pro,2024-01-01,2025-06-01,50,
4,bob,team,2025-06-01,,80,
5,cid,pro,2024-01-01,2025-09-01,30,
6,dan,pro,2025-09-01,,500,
7,eve,pro,2024-01-01,,,
8,eve,team,2024-01-01,2025-04-01,40,
9,fay,pro,2024-01-01,2025-07-01,10,
10,fay,pro,2024-01-01,,20,
11,,pro,2024-01-01,,7,
12,,team,2024-01-01,2024-06-01,7,
13,,team,,,7,
"""
    documents = SUBS + kept("grr", GRR, by="[plan]")
    documents += kept("nrr", "sum(closing(mrr)) filter (where opening(mrr) > 0) / sum(opening(mrr))")
    documents += kept("lost", "count_if(closing(mrr) = 0) / count_if(opening(mrr) > 0)")
    documents += kept("keys", "count(*)", unit="count")
    results = measured(write_project(tmp_path / "p", documents, {"sub": subs}), "2026-02")
    found = {
        id_: (reading.numerator, reading.denominator, reading.value)
        for id_ in ("grr", "nrr", "lost")
        for reading in [number(results, id_, "2026-02")]
    }
    # opening: ann 100, bob 50, cid 30, fay 30; closing: ann 200, bob 80, cid 0, dan 500, fay 20
    assert found == {
        "grr": (170, 210, Fraction(17, 21)),
        "nrr": (300, 210, Fraction(10, 7)),
        "lost": (1, 4, Fraction(1, 4)),
    }
    counts = {
        id_: (number(results, id_, "2026-02").n, number(results, id_, "2026-02").unknown) for id_ in (*found, "keys")
    }
    assert counts == {"grr": (6, 3), "nrr": (6, 3), "lost": (6, 3), "keys": (6, 2)}
    assert number(results, "keys", "2026-02").value == 6
    pro, team = (cell(results, "grr", "2026-02", plan=plan) for plan in ("pro", "team"))
    assert (pro.numerator, pro.denominator, pro.n, pro.unknown) == (120, 210, 6, 2)
    assert (team.numerator, team.denominator, team.n, team.unknown) == (0, 40, 3, 1)


def test_the_opening_of_an_open_window_is_a_span_before_as_of(tmp_path: Path) -> None:
    """As_of is 10 March; the contract ended on 10 March a year ago, at its midnight: before the opening at 13:00."""
    subs = """\
id,customer,plan,begins,ends,mrr,paid
1,ann,,2024-01-01,2025-03-10,1,
2,bob,,2024-01-01,2025-03-11,1,
"""
    documents = SUBS + kept("opened", "sum(opening(1))", unit="count")
    results = measured(write_project(tmp_path / "p", documents, {"sub": subs}), "2026-02", "2026-03", "all")
    values = [number(results, "opened", label).value for label in ("2026-02", "2026-03", "all")]
    assert values == [2, 1, 1]


def test_money_without_a_rate_is_told(tmp_path: Path) -> None:
    """Of the two days only one has a rate: each metric says how many records, or keys, are without."""
    documents = (
        SUBS.replace("key: id\n", "key: id\noccurs: begins\n") + "kind: entity\nid: exchange_rate\nextends: aac\n---\n"
    )
    documents += metric("paid", "sum(in_currency(paid, 'EUR'))", of="sub", basis="snapshot", in_force=FORCE, unit="EUR")
    documents += kept("kept", "sum(closing(in_currency(paid, 'EUR')))", unit="EUR")
    subs = """\
id,customer,plan,begins,ends,mrr,paid
1,ann,,2025-01-01,,,10
2,ann,,2025-01-02,,,10
3,bob,,2025-01-01,,,10
4,bob,,2025-01-02,,,
"""
    rates = "from_currency,to_currency,day,rate\nUSD,EUR,2025-01-01,0.5\n"
    root = write_project(tmp_path / "p", documents, {"sub": subs, "exchange_rate": rates})
    results = measured(root, "2026-02")
    assert (number(results, "paid", "2026-02").value, number(results, "paid", "2026-02").unknown) == (10, 2)
    reading = number(results, "kept", "2026-02")
    assert (reading.value, reading.n, reading.unknown) == (None, 2, 2)
    told = [(f.doc, f.count) for f in results.findings if f.code == "AAC520"]
    assert told == [("metric:paid", 1), ("metric:kept", 1)]
