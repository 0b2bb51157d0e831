"""What a word comes to today: of how many records it is true, how many became one, and how those of each tier fare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.reports.wiki.shelves import mapping
from aac.reports.wiki.trends import trend_of
from aac.reports.wording import NONE, moment, percent, result_words
from aac.results import NumberReading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.reports.base import Entry, View
    from aac.results import Result

NOBODY = "none"
"""The tier of those below the last one, and of those of whom it is not known."""


def counts_of(entry: Entry, told: Sequence[Result], links: Mapping[str, View], zone: str) -> View | None:
    """Of how many records a word is true at as_of, and how many it became true of in the newest windows."""
    whole = next((reading for reading in map(_total, told) if reading is not None and reading.unit == "percent"), None)
    if whole is None:
        return None
    dated = [result for result in told if result.reading.window.first is not None]
    return {
        "n": None if whole.numerator is None else f"{int(whole.numerator):,}",
        "of": f"{int(whole.denominator):,}" if whole.denominator is not None else None,
        "share": percent(whole.value) if whole.value is not None else None,
        "unknown": f"{whole.unknown:,}" if whole.unknown else None,
        "entity": links.get(f"entity:{_entity(entry, links)}"),
        "as_of": moment(whole.as_of_us, zone),
        "new": [result_words(result) for result in dated if result.selection != "past"],
        "trend": trend_of(dated, f"{entry.name}, new in each month,"),
    }


def _total(result: Result) -> NumberReading | None:
    """What was counted of all time and all records; null for other results."""
    reading = result.reading
    if not isinstance(reading, NumberReading) or reading.by or reading.window.first is not None:
        return None
    return reading


def _entity(entry: Entry, links: Mapping[str, View]) -> object:
    """The entity that a word is said of, as far as documents that narrow each other lead to it."""
    return entry.fields.get("of") if f"entity:{entry.fields.get('of')}" in links else None


def tiers_of(entry: Entry, told: Iterable[Result], links: Mapping[str, View]) -> View | None:
    """How many records are in each tier of a profile, and what numbers come to among those that lead to one.

    Null of what has no tiers. A cell is null where the group is hidden, or where there are no records.
    """
    names = [*mapping(entry.fields.get("tiers"))]
    cells: dict[str, dict[str, Result]] = {}
    for result in told:
        tier = result.reading.by.get("tier", names)
        if tier is not names:
            cells.setdefault(f"{result.kind}:{result.id}", {})[NOBODY if tier is None else str(tier)] = result
    if not names or not cells:
        return None
    columns = [*names, NOBODY]
    records = cells.pop(f"{entry.kind}:{entry.id}", {})
    rows = [(subject, found) for subject, found in cells.items() if subject in links]
    return {
        "columns": columns,
        "records": [_size(records.get(tier)) for tier in columns],
        "rows": [
            {"of": links[subject], "cells": [result_words(found[tier]) if tier in found else None for tier in columns]}
            for subject, found in sorted(rows, key=lambda row: links[row[0]]["name"])
        ],
    }


def _size(result: Result | None) -> str:
    reading = result.reading if result is not None else None
    return f"{reading.n:,}" if isinstance(reading, NumberReading) else NONE
