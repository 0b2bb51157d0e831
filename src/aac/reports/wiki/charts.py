"""Drawings as plain numbers: lines with a limit, bars, tables of heat. Templates draw them (`charts.html.j2`).

Every drawing has an ``alt``, one sentence that says what it shows; the numbers themselves stand in a table beside it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from aac.reports.base import View

WIDE, HIGH = 640, 200
"""Of a line, in units of its own; it scales with the page."""
LESS_HIGH = 100
"""Of a line that stands below another one."""
SMALL_WIDE, SMALL_HIGH = 96, 24
EDGE = 3
"""What is left free around the points, so that no dot is cut off."""
LEVELS = 4
"""Shades of a table of heat."""


def line(
    values: Sequence[Fraction | None],
    limits: Sequence[Fraction],
    alt: str,
    room: Sequence[Fraction] = (),
    high: int = HIGH,
    again: Sequence[Fraction | None] = (),
    marks: Sequence[tuple[int, str]] = (),
) -> View | None:
    """A line through the known values, broken where one is not known; null when fewer than two are known.

    ``room``: values that the drawing has room for, whatever is known. ``again``: other values of the same windows, a
    second line; ``marks``: which value is the first of something else, and what that is.
    """
    drawn = _line(values, limits, alt, WIDE, high, (*room, *(value for value in again if value is not None)))
    other = _line(again, limits, alt, WIDE, high, (*room, *(v for v in values if v is not None))) if again else None
    if drawn is None:
        return None
    step = (WIDE - 2 * EDGE) / max(1, len(values) - 1)
    # between the last value of the one and the first of the other; before the first there is only the edge
    places = [{"x": round(max(EDGE, EDGE + (number - 0.5) * step), 1), "says": says} for number, says in marks]
    return drawn | {"again": other["paths"] if other is not None else [], "marks": places}


def sparkline(values: Sequence[Fraction | None], limits: Sequence[Fraction], alt: str) -> View | None:
    """The same so small that it stands in a line of text."""
    return _line(values, limits, alt, SMALL_WIDE, SMALL_HIGH, ())


def _line(
    values: Sequence[Fraction | None],
    limits: Sequence[Fraction],
    alt: str,
    width: int,
    height: int,
    room: Sequence[Fraction],
) -> View | None:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(*known, *limits, *room), max(*known, *limits, *room)
    spread = high - low or 1
    step = (width - 2 * EDGE) / max(1, len(values) - 1)

    def y(value: Fraction) -> float:
        return round(EDGE + float((high - value) / spread) * (height - 2 * EDGE), 1)

    points = [
        {"x": round(EDGE + number * step, 1), "y": y(value), "number": number}
        for number, value in enumerate(values)
        if value is not None
    ]
    runs = groupby(enumerate(points), key=lambda pair: int(pair[1]["number"]) - pair[0])
    paths = [" ".join(f"{point['x']},{point['y']}" for _, point in run) for _, run in runs]
    return {
        "width": width,
        "height": height,
        "paths": paths,
        "points": points,
        "limits": [y(limit) for limit in limits],
        "alt": alt,
        "again": [],
        "marks": [],
    }


def heat(counts: Mapping[tuple[int, int], int], alt: str) -> View | None:
    """A week by hour: rows of days, each with its hours between the first and the last that has a count."""
    if not counts:
        return None
    hours = [hour for _, hour in counts]
    most = max(counts.values())
    shown = range(min(hours), max(hours) + 1)
    return {
        "hours": [f"{hour:02d}" for hour in shown],
        "days": [
            [
                {"n": counts.get((weekday, hour), 0), "level": -(-counts.get((weekday, hour), 0) * LEVELS // most)}
                for hour in shown
            ]
            for weekday in range(7)
        ],
        "alt": alt,
    }


def bars(rows: Sequence[tuple[str, Sequence[int]]], alt: str) -> View | None:
    """Bars in parts, as wide as their numbers; null when all of them are 0."""
    most = max((sum(parts) for _, parts in rows), default=0)
    if not most:
        return None
    return {
        "rows": [
            {"label": label, "parts": [{"n": n, "wide": round(100 * n / most, 1)} for n in parts]}
            for label, parts in rows
        ],
        "alt": alt,
    }
