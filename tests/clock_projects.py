"""Batches of `tests/oracle/clock_cases.py` as projects, and what the product says of each of their items.

One SLA for each promise, or one for a table of all of them; with and without pauses. The window is `all`. Each item is
a group of its own, which tells how it ended; late and open ones are listed with the time they used and when they were
due.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from aac.planner import clocks
from aac.results import ClockReading, Outcome
from tests.oracle.business_time import EPOCH, MICROSECOND
from tests.oracle.clock_cases import PROMISES
from tests.oracle.clocks import EPOCH as FIRST_DAY
from tests.small import measured, write_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pytest

    from tests.oracle.business_time import PlainCalendar
    from tests.oracle.clock_cases import Batch, Case

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
COMPANY = """\
kind: company
id: any
currency: EUR
timezone: {zone}
---
"""
ENTITIES = """\
kind: entity
id: {of}
from: crm.{of}
key: id
fields: {{id: text, promise: text, is_paused: boolean, desk: text, started: {type}, done: {type}}}
---
kind: entity
id: {of}_pause
from: crm.{of}_pause
key: id
fields: {{id: text, item: {{ref: {of}}}, begun: {type}, ended: {type}}}
---
"""
SLA = """\
kind: sla
id: {id}
what: Sales replies
who: {{owes: sales, to: marketing}}
when: {when}
how_measured:
  each: {of}
  where: {where}
  starts: started
  stops: done
{paused}  objective: 90%
  window: all
  by: [id]
escalation:
  - {{at: {least}% of time, do: remind, to: sales}}
---
"""
PAUSED = "  paused: {{over: {of}_pause, from: begun, until: ended}}\n"
LEAST = "0.00000000001"
"""So early a reminder that every item is listed of which any time is used."""


class Told(NamedTuple):
    """What the product says of an item: its outcome, whether it is told as outside hours; of a listed one the rest."""

    outcome: str
    outside_hours: bool
    used: int | None = None
    due: int | None = None
    is_listed: bool = False


class Agreement(NamedTuple):
    """An SLA about some promises (keys of `PROMISES`): all between moments or all between dates."""

    id: str
    of: str
    promises: tuple[str, ...]
    is_paused: bool
    is_table: bool


def agreements(*, is_table: bool) -> list[Agreement]:
    """The SLAs that all promises come to."""
    found: list[Agreement] = []
    for of in ("item", "day_item"):
        names = tuple(name for name, promise in PROMISES.items() if (promise.clock == "dates") is (of == "day_item"))
        for part in [names] if is_table else [(name,) for name in names]:
            id_ = f"{of}_{'table' if is_table else part[0].replace(' ', '_')}"
            found += [Agreement(f"{id_}{end}", of, part, bool(end), is_table) for end in ("", "_paused")]
    return found


def told(root: Path, found: Batch, monkeypatch: pytest.MonkeyPatch, *, is_table: bool) -> dict[str, Told]:
    """What the product says of every item, by key: written to ``root``, pulled and measured."""
    monkeypatch.setattr(clocks, "LISTED", len(found.cases))
    as_of = moment_text(found.as_of)
    shown = documents(found, agreements(is_table=is_table))
    write_project(root, shown, tables(found.cases), settings=f'timezone = "{found.world.source}"\n')
    readings = [result.reading for result in measured(root, "all", as_of=as_of).results]
    answers: dict[str, Told] = {}
    for reading in readings:
        assert isinstance(reading, ClockReading)
        if reading.by:
            (outcome,) = [o.value for o in Outcome if reading.count(o)]
            answers[str(reading.by["id"])] = Told(outcome, bool(reading.outside_hours))
    for reading in readings:
        assert isinstance(reading, ClockReading)
        for item in (*reading.late_items, *reading.open_items):
            key = str(item.key)
            answers[key] = answers[key]._replace(used=item.used_us, due=item.due_us, is_listed=True)
    return answers


# Documents


def documents(found: Batch, slas: Iterable[Agreement]) -> str:
    """The documents that measure a batch."""
    shown = [COMPANY.format(zone=found.world.company)]
    shown += [calendar_document(id_, calendar) for id_, calendar in found.world.calendars.items()]
    shown += [ENTITIES.format(of="item", type="timestamp"), ENTITIES.format(of="day_item", type="date")]
    return "".join([*shown, *map(sla_document, slas)])


def sla_document(sla: Agreement) -> str:
    """An SLA as people write it."""
    rows = [
        f"within: {name}{', calendar: desk' if PROMISES[name].clock.startswith('business') else ''}"
        for name in sla.promises
    ]
    where = "is_paused" if sla.is_paused else "not is_paused"
    if sla.is_table:
        cases = [
            f"    - {{for: \"promise = '{name}'\", {row}}}\n" for name, row in zip(sla.promises, rows, strict=True)
        ]
        when = f"\n  cases:\n{''.join(cases)}".rstrip()
    else:
        when, where = f"{{{rows[0]}}}", f"{where} and promise = '{sla.promises[0]}'"
    paused = PAUSED.format(of=sla.of) if sla.is_paused else ""
    return SLA.format(id=sla.id, of=sla.of, when=when, where=where, paused=paused, least=LEAST)


def calendar_document(id_: str, calendar: PlainCalendar) -> str:
    """A calendar as people write it."""
    hours = ", ".join(f'{WEEKDAYS[day]}: "{hours_text(openings)}"' for day, openings in calendar.hours.items())
    closed = ", ".join(day.isoformat() for day in sorted(calendar.closed))
    short = ", ".join(f'{day}: "{hours_text(openings)}"' for day, openings in calendar.short.items())
    return (
        f"kind: calendar\nid: {id_}\ntimezone: {calendar.timezone}\nhours: {{{hours}}}\n"
        f"closed: [{closed}]\nshort: {{{short}}}\n---\n"
    )


def hours_text(openings: Iterable[tuple[int, int]]) -> str:
    """``09:00-12:00, 22:00-06:00``."""

    def clock(minute: int) -> str:
        return f"{minute // 60:02}:{minute % 60:02}"

    return ", ".join(
        f"{clock(opens)}-{clock(closes if closes <= 1440 else closes - 1440)}" for opens, closes in openings
    )


# Tables


def tables(cases: Sequence[Case]) -> dict[str, str]:
    """The streams of items and pauses, those of clocks between dates apart."""
    found: dict[str, str] = {}
    for of, is_dates in (("item", False), ("day_item", True)):
        chosen = [case for case in cases if (PROMISES[case.promise].clock == "dates") is is_dates]
        show = date_text if is_dates else moment_text
        items = [
            (c.key, c.promise, str(c.is_paused).lower(), c.item.calendar or "", show(c.item.start), show(c.item.end))
            for c in chosen
        ]
        pauses = [
            (f"{case.key}_{n}", case.key, show(begin), show(end))
            for case in chosen
            for n, (begin, end) in enumerate(case.item.pauses)
        ]
        found[of] = csv_text(("id", "promise", "is_paused", "desk", "started", "done"), items)
        found[f"{of}_pause"] = csv_text(("id", "item", "begun", "ended"), pauses)
    return found


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def moment_text(moment: int | None) -> str:
    """A moment in UTC; an unknown one is empty."""
    return "" if moment is None else (EPOCH + moment * MICROSECOND).isoformat()


def date_text(day: int | None) -> str:
    """A date; an unknown one is empty."""
    return "" if day is None else (FIRST_DAY + timedelta(days=day)).isoformat()
