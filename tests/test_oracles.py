"""The oracles of clocks, by hand and beside each other: what judges the product has to be right itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.oracle import business_time, days, minutes
from tests.oracle.business_time import CHECK_VALUES, DAY_US, HOUR_US, MINUTE_US, PlainCalendar
from tests.oracle.clock_cases import PROMISES, batch
from tests.oracle.clocks import EPOCH, Answer, Item, Promise, World, answer, due_of, known_pauses, wall_clock

if TYPE_CHECKING:
    from tests.oracle.clock_cases import Batch, Case

BERLIN = "Europe/Berlin"
NINE_TO_FIVE = dict.fromkeys(range(5), ((540, 1020),))
CALENDARS = {
    "desk": PlainCalendar(BERLIN, NINE_TO_FIVE, {date(2026, 3, 17)}, {date(2026, 3, 18): [(540, 720)]}),
    "lunch": PlainCalendar(BERLIN, dict.fromkeys(range(5), ((540, 720), (780, 1080)))),
    "night": PlainCalendar(BERLIN, dict.fromkeys(range(5), ((1320, 1800),))),
    "both": PlainCalendar(BERLIN, dict.fromkeys(range(7), ((0, 240), (1320, 1800)))),
    "never": PlainCalendar(BERLIN, {}, short={date(2026, 3, 3): [(540, 1020)]}),
    "apia": PlainCalendar("Pacific/Apia", NINE_TO_FIVE),
    "gap": PlainCalendar(BERLIN, dict.fromkeys(range(7), ((135, 165),))),
}
FAR = "2026-12-01"
BEFORE_NOON = "2026-03-03T11:00/2026-03-03T12:00"


def us(text: str, zone: str = BERLIN, fold: int = 0) -> int:
    """Microseconds of a local clock reading."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // business_time.MICROSECOND


def local(moment: int | None, zone: str = BERLIN) -> str | None:
    """The local reading of a moment."""
    return None if moment is None else business_time.local_reading(zone, moment).isoformat()


WORLD = World(BERLIN, BERLIN, CALENDARS, us("2025-10-01"), us("2027-03-01"))
APIA = World("Pacific/Apia", "Pacific/Apia", CALENDARS, us("2011-06-01"), us("2012-06-01"))


def asked(
    promise: Promise, start: str, end: str | None, calendar: str | None = None, pauses: str = "", as_of: str = FAR
) -> Answer:
    """Of an item with moments in Berlin; pauses as `2026-03-02T10:00/2026-03-02T11:00`, parted by spaces."""
    parts = [tuple(us(text) if text else None for text in pause.split("/")) for pause in pauses.split()]
    item = Item(us(start), us(end) if end else None, calendar, tuple((begin, until) for begin, until in parts))
    return answer(WORLD, promise, item, us(as_of))


def hours(n: float, clock: str = "business") -> Promise:
    return Promise(clock, int(n * HOUR_US))


# Business time


@pytest.mark.parametrize(("start", "end", "used"), CHECK_VALUES)
def test_the_check_values_of_the_language(start: str, end: str, used: float) -> None:
    assert asked(hours(3), start, end, "desk").used == used * HOUR_US
    assert asked(hours(used), start, end, "desk").outcome == "met"
    late = Promise("business", int(used * HOUR_US) - 1)
    assert asked(late, start, end, "desk").outcome == "late"


@pytest.mark.parametrize(
    ("start", "promised", "due"),
    [
        ("2026-03-03T10:00", 2.5, "2026-03-03T12:30:00"),
        ("2026-03-03T10:00", 7, "2026-03-04T09:00:00"),  # runs out at closing: the next opening still counts as met
        ("2026-03-06T16:30", 1, "2026-03-09T09:30:00"),
        ("2026-03-07T11:00", 1, "2026-03-09T10:00:00"),
        ("2026-03-16T16:00", 2, "2026-03-18T10:00:00"),  # the 17th is closed
        ("2026-03-16T16:00", 4, "2026-03-19T09:00:00"),  # the 18th closes at noon
    ],
)
def test_due_in_business_time(start: str, promised: float, due: str) -> None:
    assert local(asked(hours(promised), start, None, "desk").due) == due


def test_nothing_is_due_where_nothing_opens() -> None:
    assert asked(hours(8), "2026-03-02T00:00", None, "never") == Answer("open", 8 * HOUR_US, None)
    assert asked(hours(8), "2026-03-02T00:00", "2026-03-04T09:00", "never") == Answer("met", 8 * HOUR_US, None)


def test_outside_hours() -> None:
    for promise in (hours(1), Promise("business_days", 1)):
        assert asked(promise, "2026-03-07T11:00", "2026-03-08T11:00", "desk").outside_hours
        assert not asked(promise, "2026-03-07T11:00", "2026-03-09T09:00", "desk").outside_hours  # open when it ended
        assert not asked(promise, "2026-03-07T11:00", None, "desk", as_of="2026-03-08T11:00").outside_hours
    assert not asked(hours(1, "elapsed"), "2026-03-07T11:00", "2026-03-07T11:00", "desk").outside_hours
    assert not asked(hours(1), "2026-03-03T11:00", "2026-03-03T11:00", "desk").outside_hours
    met = asked(hours(1), "2026-03-02T18:00", "2026-03-03T17:00", "desk", "2026-03-03T08:00/2026-03-03T17:00")
    assert met == Answer("met", 0, us("2026-03-04T10:00"), outside_hours=True)


# Days and months


@pytest.mark.parametrize(
    ("calendar", "start", "days", "due"),
    [
        ("desk", "2026-03-06T10:30", 1, "2026-03-09T10:30:00"),  # Friday to Monday
        ("desk", "2026-03-03T18:00", 1, "2026-03-05T09:00:00"),  # after closing: the next opening after
        ("desk", "2026-03-03T17:00", 1, "2026-03-05T09:00:00"),  # closing itself is outside
        ("desk", "2026-03-03T07:00", 1, "2026-03-04T17:00:00"),  # before opening: that day's closing
        ("desk", "2026-03-07T11:00", 1, "2026-03-09T11:00:00"),  # Saturday to Monday
        ("desk", "2026-03-16T11:00", 1, "2026-03-18T11:00:00"),  # the 17th is closed
        ("desk", "2026-03-16T15:00", 1, "2026-03-19T09:00:00"),  # and the 18th closes at noon
        ("desk", "2026-03-03T09:00", 5, "2026-03-10T09:00:00"),
        ("lunch", "2026-03-03T12:30", 1, "2026-03-04T18:00:00"),  # at lunch: that day's last closing
        ("lunch", "2026-03-03T12:00", 1, "2026-03-04T18:00:00"),
        ("lunch", "2026-03-03T13:00", 1, "2026-03-04T13:00:00"),
        ("night", "2026-03-04T01:00", 1, "2026-03-05T01:00:00"),  # Tuesday's shift: Wednesday's, on Thursday
        ("night", "2026-03-03T23:00", 1, "2026-03-04T23:00:00"),
        ("night", "2026-03-07T05:00", 1, "2026-03-10T05:00:00"),  # Friday's shift: Monday's
        ("night", "2026-03-04T06:00", 1, "2026-03-06T06:00:00"),  # over: by its own day, before Thursday's opening
        ("night", "2026-03-04T12:00", 1, "2026-03-06T06:00:00"),
        ("both", "2026-03-04T01:00", 1, "2026-03-05T01:00:00"),  # open by its own day too, which it keeps
        ("both", "2026-03-04T05:00", 1, "2026-03-05T05:00:00"),  # open by Tuesday's shift only
        ("gap", "2026-03-28T02:20", 1, "2026-03-30T02:20:00"),  # on the 29th nothing opens: no such time
    ],
)
def test_business_days(calendar: str, start: str, days: int, due: str) -> None:
    found = asked(Promise("business_days", days), start, None, calendar)
    assert local(found.due) == due
    assert asked(Promise("business_days", days), start, due, calendar).outcome == "met"
    assert asked(Promise("business_days", days), start, f"{due}.000001", calendar).outcome == "late"


def test_a_date_that_is_left_out_is_no_business_day() -> None:
    """In Apia Saturday the 31st followed Thursday the 29th of December 2011."""
    start = us("2011-12-29T10:00", "Pacific/Apia")
    found = answer(APIA, Promise("business_days", 1), Item(start, None, "apia"), us("2012-03-01"))
    assert local(found.due, "Pacific/Apia") == "2012-01-02T10:00:00"


@pytest.mark.parametrize(
    ("promise", "start", "due"),
    [
        (Promise("calendar_days", 1), "2026-03-28T02:30", "2026-03-29T03:00:00"),  # no such time: the first after
        (Promise("calendar_days", 2), "2026-03-28T02:30", "2026-03-30T02:30:00"),
        (Promise("calendar_days", 1), "2026-03-28T03:00", "2026-03-29T03:00:00"),
        (Promise("calendar_days", 7), "2026-03-28T12:00", "2026-04-04T12:00:00"),
        (Promise("months", 1), "2026-01-31T10:00", "2026-02-28T10:00:00"),
        (Promise("months", 2), "2026-01-31T10:00", "2026-03-31T10:00:00"),
        (Promise("months", 3), "2026-01-31T10:00", "2026-04-30T10:00:00"),
        (Promise("months", 10), "2026-01-31T10:00", "2026-11-30T10:00:00"),
        (Promise("months", 1), "2025-12-15T10:00", "2026-01-15T10:00:00"),
        (Promise("months", 12), "2025-11-30T10:00", "2026-11-30T10:00:00"),
        (Promise("months", 1), "2026-02-28T02:30", "2026-03-28T02:30:00"),
    ],
)
def test_calendar_days_and_months(promise: Promise, start: str, due: str) -> None:
    assert local(asked(promise, start, None).due) == due
    assert asked(promise, start, f"{due}.000001").outcome == "late"
    assert asked(promise, start, due).outcome == "met"


def test_of_a_time_that_occurs_twice_the_second_counts() -> None:
    second = us("2026-10-25T02:30", fold=1)
    assert asked(Promise("calendar_days", 1), "2026-10-24T02:30", None).due == second
    night = asked(Promise("business_days", 1), "2026-10-24T02:30", None, "both")
    assert night.due == second


def test_a_date_that_is_left_out_begins_with_the_next() -> None:
    start = us("2011-12-29T10:00", "Pacific/Apia")
    found = answer(APIA, Promise("calendar_days", 1), Item(start, None), us("2012-03-01"))
    assert local(found.due, "Pacific/Apia") == "2011-12-31T00:00:00"


@pytest.mark.parametrize(
    ("end", "outcome", "used"),
    [("2026-03-05", "met", 3), ("2026-03-06", "late", 4), ("2026-03-02", "met", 0), ("2026-03-01", "unmeasurable", 0)],
)
def test_between_dates_whole_days_count(end: str, outcome: str, used: int) -> None:
    start, then = ((date.fromisoformat(day) - EPOCH).days for day in ("2026-03-02", end))
    found = answer(WORLD, Promise("dates", 3), Item(start, then), us(FAR))
    assert (found.outcome, found.used or 0) == (outcome, used * DAY_US)
    assert outcome == "unmeasurable" or local(found.due) == "2026-03-05T23:59:59.999999"


@pytest.mark.parametrize(
    ("as_of", "outcome"),
    [("2026-03-05T23:59:59.999999", "open"), ("2026-03-06", "late"), ("2026-03-01T23:59", "unmeasurable")],
)
def test_between_dates_nothing_is_late_on_the_last_day(as_of: str, outcome: str) -> None:
    start = (date(2026, 3, 2) - EPOCH).days
    assert answer(WORLD, Promise("dates", 3), Item(start, None), us(as_of)).outcome == outcome
    assert answer(WORLD, Promise("dates", 3), Item(start, start + 30), us(as_of)).outcome == outcome


# Pauses


@pytest.mark.parametrize(
    ("promise", "pauses", "due"),
    [
        (hours(4, "elapsed"), BEFORE_NOON, "2026-03-03T15:00:00"),
        (hours(4, "elapsed"), f"{BEFORE_NOON} 2026-03-03T11:30/2026-03-03T13:00", "2026-03-03T16:00:00"),
        (hours(4, "elapsed"), "2026-03-03T08:00/2026-03-03T11:00", "2026-03-03T15:00:00"),  # from before the start
        (hours(4, "elapsed"), "2026-03-03T08:00/2026-03-03T10:00", "2026-03-03T14:00:00"),  # over by the start
        (hours(4, "elapsed"), "2026-03-03T14:00/2026-03-03T16:00", "2026-03-03T16:00:00"),  # when time runs out
        (hours(4, "elapsed"), "2026-03-03T14:01/2026-03-03T16:00", "2026-03-03T14:00:00"),
        (hours(4, "elapsed"), "/2026-03-03T12:00", "2026-03-03T14:00:00"),  # begun nobody knows when
        (hours(4, "elapsed"), "2026-03-03T12:00/2026-03-03T11:00", "2026-03-03T14:00:00"),  # over before it began
        (hours(4, "elapsed"), "2026-03-03T11:00/", None),
        (hours(4, "elapsed"), "2026-03-03T11:00/2027-01-01", None),  # nobody knows yet when it will be over
        (hours(4, "elapsed"), "2027-01-01/", "2026-03-03T14:00:00"),
        (hours(4), BEFORE_NOON, "2026-03-03T15:00:00"),
        (hours(4), "2026-03-03T16:00/2026-03-04T10:00", "2026-03-03T14:00:00"),
        (hours(4), "2026-03-03T13:00/2026-03-04T10:00", "2026-03-04T11:00:00"),
        (Promise("calendar_days", 1), BEFORE_NOON, "2026-03-04T11:00:00"),
        (Promise("calendar_days", 1), f"{BEFORE_NOON} 2026-03-04T10:30/2026-03-04T11:30", "2026-03-04T12:00:00"),
        (Promise("calendar_days", 1), "2026-03-04T09:00/2026-03-04T12:00", "2026-03-04T13:00:00"),  # an hour, after it
        (Promise("calendar_days", 1), "2026-03-04T10:00/2026-03-04T12:00", "2026-03-04T12:00:00"),
        (Promise("calendar_days", 1), "2026-03-04T10:01/2026-03-04T12:00", "2026-03-04T10:00:00"),
        (Promise("business_days", 1), BEFORE_NOON, "2026-03-04T11:00:00"),
        (Promise("business_days", 1), "2026-03-03T16:00/2026-03-04T09:00", "2026-03-04T11:00:00"),  # one open hour
        (Promise("business_days", 1), "2026-03-03T17:00/2026-03-04T09:00", "2026-03-04T10:00:00"),
        (Promise("business_days", 1), "2026-03-03T10:00/2026-03-04T09:00", "2026-03-05T09:00:00"),  # seven: closing
    ],
)  # fmt: skip
def test_pauses(promise: Promise, pauses: str, due: str | None) -> None:
    found = asked(promise, "2026-03-03T10:00", "2026-03-09T12:00", "desk", pauses)
    assert (found.outcome, local(found.due)) == ("late" if due else found.outcome, due)
    if due is not None:
        assert asked(promise, "2026-03-03T10:00", due, "desk", pauses).outcome == "met"
        assert asked(promise, "2026-03-03T10:00", f"{due}.000001", "desk", pauses).outcome == "late"


def test_a_deadline_at_closing_is_moved_by_open_time_only() -> None:
    """Started before opening, so due at closing: pauses at night do not make it the next opening."""
    for pauses in (
        "",
        "2026-03-03T19:00/2026-03-03T20:00",
        "2026-03-04T17:00/2026-03-04T20:00",
        "2026-03-05T10:00/2026-03-05T12:00",
    ):
        for end, outcome in (("17:00:00", "met"), ("17:00:00.000001", "late")):
            found = asked(Promise("business_days", 1), "2026-03-03T07:00", f"2026-03-04T{end}", "desk", pauses)
            assert (found.outcome, local(found.due)) == (outcome, "2026-03-04T17:00:00")
    moved = asked(Promise("business_days", 1), "2026-03-03T07:00", None, "desk", "2026-03-03T07:00/2026-03-03T10:00")
    assert local(moved.due) == "2026-03-05T10:00:00"


def test_an_open_pause_lasts_until_as_of() -> None:
    found = asked(hours(1, "elapsed"), "2026-03-03T10:00", None, pauses="2026-03-03T11:00/")
    assert found == Answer("open", HOUR_US, None)
    assert asked(hours(0.5, "elapsed"), "2026-03-03T10:00", None, pauses="2026-03-03T11:00/").outcome == "late"
    later = asked(hours(0.5, "elapsed"), "2026-03-03T10:00", "2026-03-03T11:00", pauses="2026-03-03T11:00/")
    assert later == Answer("late", HOUR_US, us("2026-03-03T10:30"))  # begun when all was over


def test_pauses_between_dates_are_days() -> None:
    start = (date(2026, 3, 2) - EPOCH).days
    item = Item(start, start + 6, None, ((start + 1, start + 3), (start + 2, start + 4)))
    found = answer(WORLD, Promise("dates", 3), item, us(FAR))
    assert (found.outcome, found.used, local(found.due)) == ("met", 3 * DAY_US, "2026-03-08T23:59:59.999999")


# What is unknown


def test_what_cannot_be_measured() -> None:
    start, far = us("2026-03-03T10:00"), us(FAR)
    for item in (Item(None, start), Item(far + 1, None), Item(start, start - 1)):
        assert answer(WORLD, hours(4, "elapsed"), item, far) == Answer("unmeasurable")
    for calendar in (None, "nowhere"):
        assert answer(WORLD, hours(4), Item(start, start, calendar), far) == Answer("unmeasurable")
        assert answer(WORLD, Promise("months", 1), Item(start, start, calendar), far).outcome == "met"
    assert answer(WORLD, hours(4, "elapsed"), Item(start, far + 1), far).outcome == "late"
    assert answer(WORLD, hours(4, "elapsed"), Item(start, far + 1), start + 4 * HOUR_US).outcome == "open"
    assert answer(WORLD, hours(4, "elapsed"), Item(start, start), far) == Answer("met", 0, start + 4 * HOUR_US)


# Beside other oracles


def answers(found: Batch, case: Case) -> Answer:
    return answer(found.world, PROMISES[case.promise], case.item, found.as_of)


@pytest.mark.parametrize("seed", range(6))
def test_intervals_are_where_the_definition_is_true(seed: int) -> None:
    world = batch(seed, 0, days=60).world
    first, last = world.first + 30 * DAY_US, world.last - 180 * DAY_US
    for id_, calendar in world.calendars.items():
        found = [(max(begin, first), min(end, last)) for begin, end in world.hours[id_].intervals if begin < last]
        assert [one for one in found if one[0] < one[1]] == business_time.open_intervals(calendar, first, last)


@pytest.mark.parametrize("seed", range(4))
def test_more_was_used_than_promised_once_due_is_over(seed: int) -> None:
    """`due` is found by walking on, late by what was used: both say the same."""
    found = batch(seed, 1000)
    for case in found.cases:
        promise, told = PROMISES[case.promise], answers(found, case)
        if promise.clock in ("elapsed", "business", "dates") and told.used is not None:
            promised = promise.amount * (DAY_US if promise.clock == "dates" else 1)
            assert (told.outcome == "late") == (told.used > promised), case
        if told.outcome == "open" and told.due is not None:
            assert found.as_of <= told.due, case


@pytest.mark.parametrize("seed", range(4))
def test_deadlines_are_those_of_the_oracle_of_days(seed: int) -> None:
    found = batch(seed, 600)
    world = found.world
    for case in found.cases:
        promise, item = PROMISES[case.promise], case.item
        if item.start is None or promise.clock in ("elapsed", "business", "dates"):
            continue
        if promise.clock == "business_days":
            calendar = world.calendars.get(item.calendar or "")
            if calendar is not None:
                expected = days.business_days_later(calendar, item.start, promise.amount)
                assert due_of(world, promise, item, ()) == expected, case
        else:
            later = days.days_later if promise.clock == "calendar_days" else days.months_later
            assert due_of(world, promise, item, ()) == later(world.company, item.start, promise.amount), case


@pytest.mark.parametrize("seed", range(10))
def test_walking_minutes_comes_to_the_same(seed: int) -> None:
    """2,000 cases of whole minutes."""
    found = batch(1000 + seed, 200, hair=MINUTE_US, days=21)
    world = minutes.MinuteWorld(found.world.company, found.world.source, found.world.calendars)
    for case in found.cases:
        assert minutes.answer(world, PROMISES[case.promise], case.item, found.as_of) == answers(found, case), case


# The cases


def test_cases_are_the_same_for_the_same_seed() -> None:
    assert batch(3, 50) == batch(3, 50)
    assert batch(3, 50) != batch(4, 50)


def test_cases_are_of_all_sorts() -> None:
    """Each outcome of each promise, ties at the deadline and beside it, and every sort of pause."""
    counted: Counter[object] = Counter()
    for seed in range(8):
        found = batch(seed, 625)
        for case in found.cases:
            told, item = answers(found, case), case.item
            counted[case.promise, told.outcome] += 1
            counted["outside hours"] += told.outside_hours
            if told.due is not None and item.end is not None and PROMISES[case.promise].clock != "dates":
                counted["beside due", item.end - told.due] += 1
            _, lasting = known_pauses(item.pauses, found.as_of)
            counted["pauses", min(2, len(item.pauses)), bool(lasting)] += 1
            counted["era", found.as_of < us("2020-01-01")] += 1
    for name in PROMISES:
        for outcome in ("met", "late", "open", "unmeasurable"):
            assert counted[name, outcome] >= 20, (name, outcome)
    assert all(counted["beside due", hair] >= 50 for hair in (-1, 0, 1))
    assert all(counted["pauses", n, lasting] >= 50 for n in (1, 2) for lasting in (True, False))
    assert counted["outside hours"] >= 50
    assert min(counted["era", True], counted["era", False]) > 0


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"])
def test_clocks_on_the_wall(zone: str) -> None:
    """Every half hour of a year and a half, forth and back."""
    clock = wall_clock(zone, us("2011-01-01"), us("2012-07-01"))
    assert len(clock.turns) > 2
    for moment in range(us("2011-01-02"), us("2012-06-30"), 30 * MINUTE_US):
        reading = clock.reading(moment)
        assert reading == business_time.local_us(business_time.local_reading(zone, moment))
        again = clock.moment(reading)
        assert again >= moment
        assert clock.reading(again) == reading
