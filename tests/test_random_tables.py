"""Any small tables, through the whole road, against an oracle in plain Python that imports nothing of the product."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from aac.periods import iso_utc
from aac.results import ClockReading
from tests.comparing import clock_cells, differences, metric_cells
from tests.oracle.business_time import PlainCalendar
from tests.oracle.tables import METRICS, PROMISES, UNPLACED, World, late_items, promise_cells, without_moment
from tests.oracle.tables import metric_cells as expected_metric
from tests.small import measured, metric, total, write_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.results import Results
    from tests.oracle.tables import Row

DOCUMENTS = """\
kind: company
id: any
currency: EUR
timezone: {company}
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {{mon-fri: "09:00-12:00, 13:00-17:00"}}
closed: [2026-03-26]
short: {{2026-03-27: "09:00-11:00"}}
---
kind: calendar
id: night
timezone: America/New_York
hours: {{mon-fri: "22:00-06:00", sun: "00:00-24:00"}}
---
kind: entity
id: rep
from: crm.rep
key: id
occurs: hired_on
fields: {{id: text, calendar: text, region: text, hired_on: date}}
---
kind: entity
id: lead
from: crm.lead
key: id
occurs: created_at
fields:
  id: text
  rep: {{ref: rep}}
  created_at: timestamp
  fits: boolean
  skip: boolean
  free: boolean
  asked_at: timestamp
  replied_at: timestamp
  signed_on: date
  started_on: date
  amount: {{type: money, unit: EUR}}
  size: integer
  segment: text
  acts: {{rollup: count(*), over: act}}
  first_act_at: {{rollup: min(at), over: act, where: human, after: asked_at}}
  band: {{is: "case when rep.region = 'N' then 'north' when size > 2 then 'large' end"}}
---
kind: entity
id: act
from: crm.act
key: id
occurs: at
fields: {{id: text, lead: {{ref: lead}}, at: timestamp, human: boolean}}
---
kind: definition
id: fit
owner: sales
of: lead
when: fits
at: asked_at
---
kind: definition
id: large_fit
owner: sales
of: fit
when: size > 2
---
kind: sla
id: elapsed
what: Sales replies
who: {{owes: sales, to: marketing}}
when: {{within: 26 hours}}
how_measured:
  each: fit
  where: not skip
  stops: replied_at
  excused: free
  objective: 60%
  min_n: 2
  by: [segment, skip, {{place: rep.region}}]
escalation: [{{at: late, do: notify}}]
---
kind: sla
id: business
what: Sales acts
who: {{owes: sales, to: marketing}}
when: {{within: 4 business hours, calendar: rep.calendar}}
how_measured:
  each: lead
  starts: asked_at
  stops: first_act_at
  objective: 60%
  min_n: 2
  by: [{{calendar: rep.calendar}}, band]
escalation: [{{at: late, do: notify}}]
---
kind: sla
id: days
what: Customer Success starts
who: {{owes: sales, to: marketing}}
when: {{within: 2 days}}
how_measured:
  each: large_fit
  starts: signed_on
  stops: started_on
  objective: 60%
  min_n: 2
  window: fiscal_quarter
  by: [{{large: size > 2}}]
escalation: [{{at: late, do: notify}}]
---
"""
SPLIT, BAND = "[segment, band, skip]", "[band]"
FORMULAS = {
    "n": metric("n", "count(*)", of="fit", at="asked_at", by=SPLIT),
    "share": metric("share", "share(skip)", of="fit", at="asked_at", by=SPLIT, unit="percent"),
    "sum": metric("sum", "sum(amount)", of="fit", at="asked_at", by="[{where: segment}]", unit="EUR"),
    "avg": metric("avg", "avg(amount)", of="fit", at="asked_at", by=SPLIT, unit="EUR"),
    "median": metric("median", "median(amount)", of="fit", at="asked_at", by=SPLIT, unit="EUR"),
    "least": metric("least", "min(amount)", of="fit", at="asked_at", unit="EUR"),
    "most": metric("most", "max(amount)", of="fit", at="asked_at", unit="EUR"),
    "sorts": metric("sorts", "count(distinct segment)", of="fit", at="asked_at"),
    "free": metric("free", "count_if(free) filter (where size > 2)", of="fit", at="asked_at", by=SPLIT),
    "hours": metric(
        "hours", "median(hours_between(asked_at, replied_at))", of="fit", at="asked_at", by=BAND, unit="hours"
    ),
    "open_hours": metric(
        "open_hours",
        "sum(business_hours_between(asked_at, replied_at, rep.calendar))",
        of="fit",
        at="asked_at",
        by=BAND,
        unit="business_hours",
    ),
    "acts": metric("acts", "sum(acts)", of="fit", at="asked_at"),
    "skipped": metric("skipped", "count_if(skip) / count(*)", of="large_fit", at="signed_on", by=BAND, unit="percent"),
    "asked": metric("asked", "share(skip)", of="lead", at="asked_at", by="[{large: size > 2}]", unit="percent"),
    "all_leads": metric("all_leads", "share(fits)", of="lead", by="[segment]", unit="percent"),
}
CALENDARS = {
    "desk": PlainCalendar(
        "Europe/Berlin",
        dict.fromkeys(range(5), ((540, 720), (780, 1020))),
        closed=(date(2026, 3, 26),),
        short={date(2026, 3, 27): ((540, 660),)},
    ),
    "night": PlainCalendar("America/New_York", dict.fromkeys(range(5), ((1320, 1800),)) | {6: ((0, 1440),)}),
}
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
QUARTERS = ("FY2026-Q1", "FY2026-Q2")
LABELS = (*MONTHS, *QUARTERS, "all")

# What tables hold: borders of windows, days, openings and changes of clocks, and what lies a little beside them

BORDERS = [
    datetime.fromisoformat(f"{text}+00:00")
    for text in (
        "2026-01-31T23:00", "2026-02-01T05:00", "2026-02-28T18:15", "2026-02-28T23:00", "2026-03-01T05:00",
        "2026-03-08T07:00", "2026-03-20T08:00", "2026-03-20T16:00", "2026-03-25T16:00", "2026-03-27T10:00",
        "2026-03-29T01:00", "2026-03-30T07:00", "2026-03-31T18:15", "2026-03-31T22:00", "2026-04-01T04:00",
    )
]  # fmt: skip
HAIR = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
PROMISED = (0, 1, 2, 4, 16, 18, 24, 26, 26, 40, 66)
"""Hours after which things happen: sooner than promised, exactly as late, and later."""


class Chance:
    """Tables at random, the same for the same seed. One value in ``seldom`` is unknown."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seldom = self.random.choice([4, 10, 30])

    def pick(self, *values: str) -> str:
        """One of the values, or unknown."""
        return "" if self.random.randrange(self.seldom) == 0 else self.random.choice(values)

    def hair(self) -> timedelta:
        return self.random.choice([-HAIR, HAIR, *3 * [0 * HAIR]])

    def moment(self) -> str:
        """A border, or some hours beside it, or a hair."""
        step = self.random.choice([0, 0, 1, 2, 9, 24, -1, -4, -24]) * HOUR
        return self.pick(written(self.random.choice(BORDERS) + step + self.hair()))

    def after(self, moment: str) -> str:
        """A moment some hours after another one, seldom before it; or any."""
        if not moment or self.random.randrange(8) == 0:
            return self.moment()
        step = self.random.choice([-1, *3 * PROMISED]) * HOUR
        return self.pick(written(datetime.fromisoformat(moment) + step + self.hair()))

    def day(self, after: str = "") -> str:
        """A date around the end of March, or up to four days after another one, seldom before it."""
        first = date.fromisoformat(after) if after else date(2026, 3, 24) + timedelta(days=self.random.randrange(11))
        return self.pick((first + timedelta(days=self.random.choice([-1, 0, 1, 2, 2, 3, 4]))).isoformat())

    def lead(self, number: int) -> Row:
        asked_at, signed_on = self.moment(), self.day()
        return {
            "id": f"L{number:02}",
            "rep": self.pick("ann", "ann", "bob", "cid", "dot", "nobody"),
            "created_at": self.pick("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", self.moment()),
            "fits": self.pick("true", "true", "true", "false"),
            "skip": self.pick("false", "false", "false", "true"),
            "free": self.pick("false", "false", "false", "true"),
            "asked_at": asked_at,
            "replied_at": self.after(asked_at),
            "signed_on": signed_on,
            "started_on": self.day(signed_on),
            "amount": self.pick(f"{self.random.randrange(-1_000_000, 1_000_000) / 10_000:.4f}"),
            "size": self.pick("1", "2", "3", "3", "4"),
            "segment": self.pick("A", "B", "unknown"),
        }

    def act(self, number: int, leads: Sequence[Row]) -> Row:
        lead = self.random.choice(leads)
        return {
            "id": f"a{number}",
            "lead": self.pick(lead["id"], lead["id"], lead["id"], "nobody"),
            "at": self.after(lead["asked_at"]),
            "human": self.pick("true", "true", "false"),
        }

    def rep(self, id_: str) -> Row:
        return {
            "id": id_,
            "calendar": self.pick("desk", "desk", "night", "office"),
            "region": self.pick("N", "S"),
            "hired_on": self.pick("2026-01-01", "2026-01-01", "2026-03-31", "2026-04-01"),
        }

    def world(self) -> World:
        zones = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]
        leads = [self.lead(number) for number in range(self.random.randrange(1, 40))]
        as_of = self.random.choice(BORDERS[7:]) + self.hair()
        return World(
            reps=[self.rep(id_) for id_ in ("ann", "bob", "cid", "dot")],
            leads=leads,
            acts=[self.act(number, leads) for number in range(self.random.randrange(60))],
            company=self.random.choice(zones),
            source=self.random.choice(zones),
            as_of=(as_of - datetime(1970, 1, 1, tzinfo=UTC)) // HAIR,
            calendars=CALENDARS,
        )

    def windows(self) -> list[str]:
        """Some windows, the most interesting ones more often, in any order."""
        number = self.random.randrange(1, len(LABELS) + 1)
        return self.random.sample(LABELS, number)


def written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def csv_text(rows: Sequence[Row], names: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def results_of(world: World, windows: Sequence[str]) -> Results:
    """The tables as files, through the whole road."""
    with TemporaryDirectory() as folder:
        root = write_project(
            Path(folder) / "p",
            DOCUMENTS.format(company=world.company) + "".join(FORMULAS.values()),
            {
                "rep": csv_text(world.reps, ("id", "calendar", "region", "hired_on")),
                "lead": csv_text(world.leads, LEAD),
                "act": csv_text(world.acts, ("id", "lead", "at", "human")),
            },
            settings=f'timezone = "{world.source}"\n',
        )
        return measured(root, *windows, as_of=iso_utc(world.as_of))


LEAD = (
    "id", "rep", "created_at", "fits", "skip", "free", "asked_at", "replied_at", "signed_on", "started_on", "amount",
    "size", "segment",
)  # fmt: skip


def compare(world: World, windows: Sequence[str]) -> None:
    """Every cell of every document in every window, the late items, and what is in no window."""
    results = results_of(world, windows)
    assert set(FORMULAS) == set(METRICS)
    for id_ in PROMISES:
        for label in (*windows, UNPLACED):
            assert differences(clock_cells(results, id_, label), promise_cells(world, id_, label)) == [], (id_, label)
            if label != UNPLACED:
                reading = total(results, id_, label).reading
                assert isinstance(reading, ClockReading)
                listed = [(str(item.key), item.used_us, item.due_us) for item in reading.late_items]
                assert listed == late_items(world, id_, label), (id_, label)
    for id_, one in METRICS.items():
        for label in windows if one.at else ("all",):
            expected: Mapping[Any, Any] = expected_metric(world, id_, label)
            assert differences(metric_cells(results, id_, label), dict(expected)) == [], (id_, label)
        told = [f.count for f in results.findings if f.code == "AAC510" and f.doc == f"metric:{id_}"]
        assert told == [n for n in [without_moment(world, id_)] if n], id_


@pytest.mark.parametrize("seed", range(12))
def test_any_tables(seed: int) -> None:
    chance = Chance(seed)
    compare(chance.world(), chance.windows())


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1240))
def test_very_many_tables(seed: int) -> None:
    chance = Chance(seed)
    compare(chance.world(), chance.windows())
