"""`date_trunc` and `date_part` read the company's clocks: beside `zoneinfo`, around every change of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from aac.expressions.check import check_rule
from aac.expressions.nodes import TEXT, TIMESTAMP, Meaning, Stored
from aac.expressions.parse import parse
from aac.periods import midnight_us
from tests.rules import Names
from tests.typed_tables import TypedTables

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # clocks change at midnight
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Asia/Kathmandu",  # 5:45 ahead
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # without the last but one day of 2011
)


class OneMoment(Names):
    """A record with one moment, in a zone."""

    def __init__(self, zone: str) -> None:
        self.timezone = zone

    def meaning(self, entity: str, name: str) -> Meaning | None:
        return Meaning(Stored(entity, name), TIMESTAMP if name == "s" else TEXT)


def moments(zone: ZoneInfo) -> list[datetime]:
    """Moments on both sides of every change of clocks of some years, and some others.

    Years that have gone by: of those to come, an engine and Python may know different laws.
    """
    found: list[datetime] = []
    for year in (1999, 2011, 2018, 2024):
        first = datetime(year, 1, 1, tzinfo=UTC)
        for hour in range(8784):
            at = first + hour * HOUR
            if at.astimezone(zone).utcoffset() != (at + HOUR).astimezone(zone).utcoffset():
                found += [at + step * 20 * MINUTE for step in range(-75, 76, 5)]
        found += [first + timedelta(days=day, hours=day % 24, minutes=day % 60, microseconds=day) for day in range(365)]
    return found


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


FIRST_DAYS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}
PARTS: dict[str, Callable[[datetime], int]] = {
    "year": lambda local: local.year,
    "quarter": lambda local: (local.month + 2) // 3,
    "month": lambda local: local.month,
    "week": lambda local: local.isocalendar().week,
    "day": lambda local: local.day,
    "isodow": lambda local: local.isoweekday(),
    "hour": lambda local: local.hour,
    "minute": lambda local: local.minute,
}


@pytest.mark.parametrize("zone", ZONES)
def test_local_time(zone: str) -> None:
    tables = TypedTables({"record": {"s": TIMESTAMP}}, "s")
    clocks = ZoneInfo(zone)
    known = sorted(set(moments(clocks)))
    values = ", ".join(f"({us(moment)})" for moment in known)
    tables.engine.execute(f'INSERT INTO "record" VALUES {values}')
    texts = [f"date_trunc('{part}', s)" for part in (*FIRST_DAYS, "hour", "minute")]
    texts += [f"date_part('{part}', s)" for part in PARTS]
    nodes = [check_rule(parse(text), "record", OneMoment(zone)).node for text in texts]
    rows = tables.rows("record", *nodes, order="s")
    for moment, row in zip(known, rows, strict=True):
        local = moment.astimezone(clocks)
        firsts = [midnight_us(first(local.date()), zone) for first in FIRST_DAYS.values()]
        minute = moment.replace(second=0, microsecond=0)
        begun = [us(minute - timedelta(minutes=local.minute)), us(minute)]
        assert row == (*firsts, *begun, *(part(local) for part in PARTS.values())), local
