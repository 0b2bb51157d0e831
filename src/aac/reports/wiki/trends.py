"""The past of a number: its windows in order, as a line, as a table, and against the window before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import dropwhile, pairwise
from typing import TYPE_CHECKING

from aac.judging import burn
from aac.periods import local_time
from aac.records import record
from aac.reports.wiki import charts
from aac.reports.wording import WEEKDAYS, amount, limits_of, number, percent, plural, result_words, span, waived_words
from aac.results import CardReading, ClockReading, NumberReading, Outcome, Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from aac.reports.base import View
    from aac.results import Reading, Result

SHOWN = 13
"""Windows of a line: thirteen weeks are a quarter, thirteen months a year and the month it is compared with."""


FLAT = Fraction(1, 20)
"""Of a line's height: one that moves less is drawn from its least value, which is said below it."""


@record
class Beside:
    """What is told beside the past of a number: what was ``locked`` of it, its windows ``restated`` as today's
    documents say them, and the days on which one of these ``begun`` to hold, with its name."""

    locked: Sequence[Result] = ()
    restated: Sequence[Result] = ()
    begun: Sequence[tuple[date, str]] = ()


def trend_of(results: Iterable[Result], name: str, beside: Beside | None = None) -> View | None:
    """The totals of a document, oldest first; null when there are fewer than two windows of one length.

    A window that was locked stands there as it was; what it comes to now is the second line.
    """
    measured, beside = _in_order(results), beside or Beside()
    if len(measured) < 2:
        return None
    locked, restated = ({_window(r): r for r in some} for some in (beside.locked, beside.restated))
    windows = [_as_locked(result, locked.get(_window(result))) for result in measured]
    now = [restated.get(_window(result), result) for result in measured]
    newest = windows[-1]
    values, limits = [value_of(result.reading) for result in windows], limits_in(newest)
    reading = newest.reading
    is_share = isinstance(reading, ClockReading) or (isinstance(reading, NumberReading) and reading.unit == "percent")
    alt = _in_a_sentence(windows, name)
    marks = _marks(measured, beside.begun)
    again = [value_of(result.reading) for result in now]
    is_other = again != values
    rows = [
        _row(result)
        | {"restated": result_words(other)["shown"] if value_of(other.reading) != value else None}
        | {"locked": _window(result) in locked, "changed": [says for at, says in marks if at == place]}
        for place, (result, other, value) in enumerate(zip(windows, now, values, strict=True))
    ]
    room = _room([*values, *again], limits, is_share=is_share)
    drawn = alt if not room or Fraction(0) in room else f"{alt} The line does not begin at 0."
    return {
        "line": charts.line(values, limits, drawn, room, again=again if is_other else (), marks=marks),
        "is_restated": is_other,
        "is_locked": any(row["locked"] for row in rows),
        "marks": [{"window": measured[at].reading.window.label, "says": says} for at, says in marks],
        "burn": _burn_of(windows, name),
        "sparkline": charts.sparkline(values, limits, alt),
        "rows": rows,
        "is_clock": isinstance(newest.reading, ClockReading),
        "limit": rows[-1]["limit"],
        "change": _change(windows),
    }


def _window(result: Result) -> tuple[date | None, date | None]:
    return result.reading.window.first, result.reading.window.until


def _as_locked(result: Result, locked: Result | None) -> Result:
    """A result as it was when it was locked, held against what its document says of the window."""
    if locked is None:
        return result
    verdict = replace(result.verdict, status=locked.verdict.status, budget=None)
    return replace(result, reading=locked.reading, verdict=verdict)


def _marks(windows: Sequence[Result], begun: Iterable[tuple[date, str]]) -> list[tuple[int, str]]:
    """Which window is the first that another version of something was measured with, and what began then."""
    found: dict[int, list[str]] = {}
    for day, name in begun:
        firsts = [result.reading.window.first for result in windows]
        place = next((at for at, first in enumerate(firsts) if first is not None and first >= day), None)
        if place is not None and (place > 0 or firsts[0] == day):
            found.setdefault(place, []).append(f"{name} changed on {day}")
    return [(place, ", ".join(names)) for place, names in sorted(found.items())]


def _room(values: Sequence[Fraction | None], limits: Sequence[Fraction], *, is_share: bool) -> Sequence[Fraction]:
    """What a line has room for beside its values: 0 below them, unless it would be flat; above them all of a share."""
    known = [*(value for value in values if value is not None), *limits]
    if not known or min(known) < 0:
        return ()
    begin = Fraction(0) if max(known) - min(known) >= FLAT * max(known) else min(known)
    return (begin, *([Fraction(1)] if is_share and max(known) <= 1 else []))


def _burn_of(windows: Sequence[Result], name: str) -> View | None:
    """How fast what may be late was used up, as a line from nothing; null where no objective says what may be."""
    burns = [_burn(result) for result in windows]
    known = [(spent, result) for spent, result in zip(burns, windows, strict=True) if spent is not None]
    if len(known) < 2:
        return None
    most, of = max(known, key=lambda pair: pair[0])
    over = sum(spent > 1 for spent, _ in known)
    alt = (
        f"Burn of {name}: above 1 in {over} of {plural(len(known), 'window')}, "
        f"the most {_burn_words(most)} in {of.reading.window.label}."
    )
    return charts.line(burns, [Fraction(1)], alt, (Fraction(0),), charts.LESS_HIGH)


def _burn(result: Result) -> Fraction | None:
    reading = result.reading
    return burn(reading, result.verdict.objective) if isinstance(reading, ClockReading) else None


def _burn_words(spent: Fraction) -> str:
    return f"{number(spent, 1)}×"


def _in_order(results: Iterable[Result]) -> list[Result]:
    """Totals of windows that were over by as_of, of the newest one's length, from the first that has a value."""
    known: dict[object, Result] = {}
    for result in results:
        window = result.reading.window
        if not result.reading.by and result.selection != "unplaced" and window.first is not None:
            known.setdefault((window.first, window.until), result)
    ordered = sorted(known.values(), key=lambda result: (result.reading.window.first, result.reading.window.until))
    ordered = [result for result in ordered if not isinstance(result.reading, CardReading)]
    ended = [result for result in ordered if not result.reading.is_open]
    grains = {result.reading.window.grain for result in (ended or ordered)[-1:]}
    shown = [result for result in ended if result.reading.window.grain in grains][-SHOWN:]
    return list(dropwhile(lambda result: value_of(result.reading) is None, shown))


def value_of(reading: Reading) -> Fraction | None:
    """What a reading came to: attainment or value."""
    match reading:
        case ClockReading():
            return reading.attainment
        case NumberReading():
            return reading.value
        case _:
            return None


def limits_in(result: Result) -> list[Fraction]:
    """The objective, or the limits of the target."""
    if isinstance(result.reading, ClockReading):
        return [] if result.verdict.objective is None else [result.verdict.objective]
    return limits_of(result.verdict.target)


def _row(result: Result) -> View:
    words = result_words(result)
    row = {key: words[key] for key in ("window", "shown", "counts", "limit", "status", "so_far")}
    budget, spent = result.verdict.budget, _burn(result)
    return row | {
        "waived": "; ".join(waived_words(result)) or None,
        "budget": None if budget is None else f"{budget[1]:,} of {budget[0]:,}",
        "burn": None if spent is None else _burn_words(spent),
    }


def _in_a_sentence(windows: Sequence[Result], name: str) -> str:
    """`Sales follow-up from 2025-03 to 2026-02: between 82.8% and 98.1%, last 82.8%.`"""
    shown = [(value_of(result.reading), result_words(result)["shown"]) for result in windows]
    known = [(value, words) for value, words in shown if value is not None]
    first, last = windows[0].reading.window.label, windows[-1].reading.window.label
    if not known:
        return f"{name} from {first} to {last}: nothing was measured."
    low, high = min(known)[1], max(known)[1]
    between = f"always {low}" if low == high else f"between {low} and {high}, last {shown[-1][1]}"
    return f"{name} from {first} to {last}: {between}."


def _change(windows: Sequence[Result]) -> str | None:
    """How far the newest window is from the one before: `+3.2 points`, `−EUR 120.00`; null when one has no value."""
    before, now = (value_of(result.reading) for result in windows[-2:])
    if before is None or now is None:
        return None
    since = windows[-2].reading.window.label
    reading, apart = windows[-1].reading, now - before
    if not apart:
        return f"as in {since}"
    sign = "+" if apart > 0 else "−"
    if isinstance(reading, ClockReading) or (isinstance(reading, NumberReading) and reading.unit == "percent"):
        return f"{sign}{number(abs(apart) * 100, 1, (Fraction(0),))} points since {since}"
    return f"{sign}{amount(abs(apart), reading.unit)} since {since}" if isinstance(reading, NumberReading) else None


# How the time of a promise was used


def spread_of(results: Iterable[Result], zone: str) -> View:
    """Of all windows that are shown: how much of the time promised was used, and when what was late began."""
    windows = [result.reading for result in _in_order(results)]
    spreads = [reading.spread for reading in windows if isinstance(reading, ClockReading) and reading.spread]
    parts, hours = Counter[tuple[Outcome, int]](), Counter[tuple[int, int]]()
    for spread in spreads:
        parts.update(spread.parts or {})
        for us, n in (spread.late_hours or {}).items():
            local = local_time(us, zone)
            hours[local.weekday(), local.hour] += n
    return {
        "since": windows[0].window.label if spreads else None,
        "until": windows[-1].window.label if spreads else None,
        "parts": charts.bars(_parts(parts), _parts_in_words(parts)),
        "hours": charts.heat(hours, _hours_in_words(hours)),
    }


def _parts(parts: Counter[tuple[Outcome, int]]) -> list[tuple[str, tuple[int, int]]]:
    edges = pairwise((0, *Spread.ENDS))
    labels = [f"{low}–{high}%" for low, high in edges] + [f"over {Spread.ENDS[-1]}%"]
    return [(label, (parts[Outcome.MET, place], parts[Outcome.LATE, place])) for place, label in enumerate(labels)]


def _parts_in_words(parts: Counter[tuple[Outcome, int]]) -> str:
    quick = sum(n for (outcome, part), n in parts.items() if outcome is Outcome.MET and part < 2)
    n = parts.total()
    return f"Of {plural(n, 'item')}, {quick:,} were done in half of the time promised or less." if n else ""


def _hours_in_words(hours: Counter[tuple[int, int]]) -> str:
    """`Of 105 late items, 9 began on Thu between 16 and 17.`"""
    if not hours:
        return ""
    most = max(hours.values())
    weekday, hour = min(place for place, n in hours.items() if n == most)
    return (
        f"Of {plural(hours.total(), 'late item')}, {most} began on {WEEKDAYS[weekday]} between {hour} and {hour + 1}."
    )


def steps_of(result: Result | None, *, days: bool) -> list[View]:
    """The steps of the way, with the time that all items used in each and its share; empty without any."""
    reading = result.reading if result is not None else None
    if not isinstance(reading, ClockReading) or not reading.judged:
        return []
    whole = sum(us for _, us in reading.through)
    return [
        {
            "name": name,
            "each": span(us // reading.judged, days=days),
            "share": percent(Fraction(us, whole)) if whole else "0%",
            "wide": round(100 * us / whole, 1) if whole else 0,
        }
        for name, us in reading.through
    ]
