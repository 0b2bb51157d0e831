"""The calendar tables of a run: as far back and ahead as open time may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from aac.calendar_days import Ahead, business_rows, last_day, local_rows, most_openings, utc_rows
from aac.calendars import Calendar, busiest_day, calendar_rows
from aac.engines.base import BUSINESS_DAYS, CALENDAR_DAYS, CALENDARS, LOCAL_DAYS, UTC_DAYS
from aac.expressions.nodes import Literal, OpenTime
from aac.measures import Clock, Cohort, Measure
from aac.periods import YEARS, midnight_us
from aac.planner.setting import everything_in, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.engines.base import Engine
    from aac.evaluation.run import Run
    from aac.expressions.nodes import Node
    from aac.periods import Duration
    from aac.planner.pieces import Piece

US_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Needed:
    """What is asked of calendars: ``reach`` is from the day before the first moment whose open time may be asked for to
    the day after the last, ``ahead`` how far deadlines lie behind it."""

    reach: tuple[int, int]
    segments: int
    ahead: Ahead
    months: tuple[int, ...]


def needed_of(run: Run, pieces: Sequence[Piece[Clock] | Piece[Measure]]) -> Needed | None:
    """How far calendars must reach, and how many openings a day has; null when nothing asks for them."""
    nodes = list(everything_in(node for piece in pieces for node in rules_of(piece.of)))
    clocks = [piece for piece in pieces if isinstance(piece.of, Clock) and _is_on_calendar(piece.of)]
    rules_ask = any(isinstance(node, OpenTime) for node in nodes)
    lengths = [length for piece in pieces for length in _lengths(piece.of)]
    if not clocks and not rules_ask and not lengths:
        return None
    first = _first_start(run, clocks) if clocks and not rules_ask and not lengths else 0
    return needed_from(run, first, nodes, lengths)


def needed_from(run: Run, first: int, nodes: Iterable[Node] = (), lengths: Sequence[Duration] = ()) -> Needed:
    """What is asked of calendars by clocks that start at ``first`` or later, rules of these nodes, and such lengths."""
    watermarks = (source.watermark_us for source in run.landed.sources)
    moments = [*(run.landed.moments or ()), *watermarks, *_written_moments(nodes), run.asked.as_of_us]
    known = [moment for moment in moments if moment is not None]
    begin, end = max(min(known), first) - US_A_DAY, max(known) + US_A_DAY
    ahead = _furthest(lengths)
    if lengths:
        end = max(last_day(calendar, end, ahead) for calendar in all_calendars(run)) * US_A_DAY
    segments = busiest_day(run.calendars, begin, end)
    if lengths:
        days = begin // US_A_DAY, end // US_A_DAY
        segments = max(segments, *(most_openings(calendar, *days) for calendar in all_calendars(run)))
    months = {int(length.amount) for length in lengths if length.unit == "months"}
    return Needed((begin, end), segments, ahead, tuple(sorted(months)))


def prepare_calendars(run: Run, needed: Needed, engine: Engine) -> None:
    """Loads the calendar tables, for the reach of the data."""
    run.segments = needed.segments
    pairs = [f"{end}_{i}" for i in range(1, needed.segments + 1) for end in ("opens", "closes")]
    engine.load(CALENDARS, (("id", "text"), ("number", "bigint")), list(run.numbers.items()))
    rows = [
        row
        for number, calendar in enumerate(run.calendars)
        for row in calendar_rows(calendar, number, *needed.reach, needed.segments)
    ]
    engine.load(CALENDAR_DAYS, _whole("key", "open_before", *pairs), rows)
    if needed.ahead != Ahead():
        _prepare_days(run, needed, engine, pairs)


def _prepare_days(run: Run, needed: Needed, engine: Engine, pairs: Sequence[str]) -> None:
    """Loads local days and business days; the company's zone is a calendar without openings behind all others."""
    first, last = (moment // US_A_DAY for moment in needed.reach)
    numbered = list(enumerate(all_calendars(run)))
    turn = ("turn", "before", "after")
    utc = [row for number, calendar in numbered for row in utc_rows(calendar, number, first, last)]
    engine.load(UTC_DAYS, _whole("key", *turn, "next_open"), utc)
    later = [f"later_{months}" for months in needed.months]
    local = [row for number, calendar in numbered for row in local_rows(calendar, number, first, last, needed.months)]
    engine.load(LOCAL_DAYS, _whole("key", *turn, "runs_on", "ordinal", "ordinal_before", *later), local)
    business = [
        row for number, calendar in numbered for row in business_rows(calendar, number, first, last, needed.segments)
    ]
    engine.load(BUSINESS_DAYS, _whole("key", "day", "ends", *pairs), business)


def all_calendars(run: Run) -> list[Calendar]:
    """The calendars in the order of their numbers, and behind them the company's zone as one without openings."""
    return [*run.calendars, Calendar("", run.project.timezone, {})]


def _whole(*names: str) -> list[tuple[str, str]]:
    return [(name, "bigint") for name in names]


def _lengths(part: Clock | Measure) -> list[Duration]:
    """The lengths of time that depend on when they begin: business days, calendar days and months."""
    found: list[Duration | None] = []
    match part:
        case Clock():
            found += [promised.within for promised in part.promises]
        case Measure(basis=Cohort(matures=matures)):
            found.append(matures)
        case _:
            pass
    return [length for length in found if length is not None and not length.has_length]


def _furthest(lengths: Sequence[Duration]) -> Ahead:
    def most(clock: str, unit: str) -> int:
        return max(
            (int(length.amount) for length in lengths if (length.clock, length.unit) == (clock, unit)), default=0
        )

    return Ahead(most("calendar", "days"), most("calendar", "months"), most("business", "days"))


def _is_on_calendar(clock: Clock) -> bool:
    return any(promised.calendar is not None for promised in clock.promises)


def _written_moments(nodes: Iterable[Node]) -> tuple[int, ...]:
    """The moments that rules name themselves: numbers that as microseconds lie in the years of moments."""
    numbers = (node.value for node in nodes if isinstance(node, Literal) and isinstance(node.value, int))
    first, after = (midnight_us(date(year, 1, 1), "UTC") for year in (YEARS[0], YEARS[-1] + 1))
    return tuple(number for number in numbers if first <= number < after)


def _first_start(run: Run, clocks: Sequence[Piece[Clock] | Piece[Measure]]) -> int:
    """The first moment at which one of the clocks can have started in its windows: any, if a window has no beginning.

    Only these ask for open time then, and only from their start on.
    """
    zone = run.project.timezone
    starts = [chosen.window.start_us(zone) for piece in clocks for chosen in piece.windows]
    known = [start for start in starts if start is not None]
    return min(known) if known and len(known) == len(starts) else 0
