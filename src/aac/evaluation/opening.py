"""The calendar tables of a run: as far back and ahead as open time may be asked for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from aac.calendar_days import last_day
from aac.calendars import DAY_US, OpenDays, busiest_day, calendar_rows, open_days
from aac.engines.base import CALENDAR_DAYS, CALENDARS
from aac.evaluation.lengths import Later, Length, lengths_of
from aac.expressions.nodes import Literal, OpenTime, PeriodEnd, everything_in
from aac.measures import Clock, Measure
from aac.periods import YEARS, midnight_us
from aac.planner.setting import rules_of
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from aac.engines.base import Engine
    from aac.evaluation.run import Run
    from aac.expressions.nodes import Node
    from aac.planner.pieces import Piece


@record
class Needed:
    """What is asked of calendars: ``opened`` is the open time of each, from the day before the first moment for which
    it may be asked to the day after the last; ``later`` what lies so many days or months behind the starts of clocks.
    """

    opened: tuple[OpenDays, ...]
    later: Later

    @property
    def segments(self) -> int:
        """How many openings a UTC day has, at most."""
        return busiest_day(self.opened)

    @property
    def pieces(self) -> int:
        """Into how many pieces a UTC day falls, at most."""
        return self.later.most_pieces


def needed_of(run: Run, pieces: Sequence[Piece[Clock] | Piece[Measure]]) -> Needed | None:
    """How far calendars must reach, and how many openings a day has; null when nothing asks for them."""
    nodes = list(everything_in(node for piece in pieces for node in rules_of(piece.of)))
    nodes += _ends_of_periods(run, pieces) if any(isinstance(node, PeriodEnd) for node in nodes) else []
    lengths = {length for piece in pieces for length in lengths_of(piece.of)}
    asking = [piece for piece in pieces if _is_on_calendar(piece.of) or lengths_of(piece.of)]
    rules_ask = any(isinstance(node, OpenTime) for node in nodes)
    if not asking and not rules_ask:
        return None
    first = _first_start(run, asking) if not rules_ask else 0
    return needed_from(run, first, nodes, lengths)


def needed_from(run: Run, first: int, nodes: Iterable[Node] = (), lengths: Collection[Length] = ()) -> Needed:
    """What is asked of calendars by clocks that start at ``first`` or later, rules of these nodes, and such lengths."""
    watermarks = [source.watermark_us for source in run.landed.sources]
    moments = [*(run.landed.moments or ()), *watermarks, *_written_moments(nodes), run.asked.as_of_us]
    known = [moment for moment in moments if moment is not None]
    begin, end = max(min(known), first) - DAY_US, max(known) + DAY_US
    # What starts later than as_of has not started.
    latest = run.asked.as_of_us if run.asked.as_of_us is not None else max(watermarks)
    starts = begin // DAY_US, max(begin, latest + DAY_US) // DAY_US
    business_days = max((length.amount for length in lengths if length.unit == "business_days"), default=0)
    if business_days:
        end = max(end, *(last_day(calendar, starts[1], business_days) * DAY_US for calendar in run.calendars))
    later = Later.of(run.calendars, run.project.timezone, lengths, starts)
    return Needed(tuple(open_days(calendar, begin, end) for calendar in run.calendars), later)


def prepare_calendars(run: Run, needed: Needed, engine: Engine) -> None:
    """Loads the calendar tables, for the reach of the data."""
    run.segments, run.pieces, run.opened = needed.segments, needed.pieces, needed.opened
    pairs = [f"{end}_{i}" for i in range(1, run.segments + 1) for end in ("opens", "closes")]
    engine.load(CALENDARS, (("id", "text"), ("number", "bigint")), list(run.numbers.items()))
    rows = [row for number, opened in enumerate(needed.opened) for row in calendar_rows(opened, number, run.segments)]
    engine.load(CALENDAR_DAYS, [(name, "bigint") for name in ("key", "open_before", *pairs)], rows)
    needed.later.load(engine)


def _is_on_calendar(part: Clock | Measure) -> bool:
    return isinstance(part, Clock) and any(promised.calendar is not None for promised in part.promises)


def _ends_of_periods(run: Run, pieces: Sequence[Piece[Clock] | Piece[Measure]]) -> list[Node]:
    """The ends of all windows, as if rules named them themselves."""
    windows = {chosen.window for piece in pieces for chosen in piece.windows}
    zone = run.project.timezone
    ends = [end for window in windows for end in (window.start_us(zone), window.until_us(zone))]
    return [Literal(end) for end in ends if end is not None]


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
