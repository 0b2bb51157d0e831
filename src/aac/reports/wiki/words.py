"""What a word comes to today: of how many records it is true, how many became one, how those of each tier fare, and how
many went on from stage to stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.reports.wiki.shelves import listed, mapping
from aac.reports.wiki.trends import trend_of
from aac.reports.wording import NONE, moment, percent, result_words
from aac.results import NumberReading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.reports.base import Entry, View
    from aac.results import Result

NOBODY = "none"
"""The tier of those below the last one, and of those of whom it is not known."""

TOO_FEW = "too few records"
APART = "no single reference leads from the one to the other"
"""Why it is not told how many went on."""


def counts_of(entry: Entry, told: Sequence[Result], links: Mapping[str, View], zone: str) -> View | None:
    """Of how many records a word is true at as_of, and how many it became true of in the newest windows."""
    whole = _whole(told)
    if whole is None:
        return None
    dated = [result for result in told if result.reading.window.first is not None]
    return {
        "n": _today(whole),
        "of": f"{int(whole.denominator):,}" if whole.denominator is not None else None,
        "share": percent(whole.value) if whole.value is not None else None,
        "unknown": f"{whole.unknown:,}" if whole.unknown else None,
        "entity": links.get(f"entity:{_entity(entry, links)}"),
        "as_of": moment(whole.as_of_us, zone),
        "new": [result_words(result) for result in dated if result.selection != "past"],
        "trend": trend_of(dated, f"{entry.name}, new in each month,"),
    }


def _whole(told: Iterable[Result]) -> NumberReading | None:
    """Of a word the share of all records of which it is true; null where it was not counted."""
    return next((reading for reading in map(_total, told) if reading is not None and reading.unit == "percent"), None)


def _today(whole: NumberReading) -> str | None:
    return None if whole.numerator is None else f"{int(whole.numerator):,}"


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


def stages_of(subject: str, written: object, told: Mapping[str, Sequence[Result]], zone: str) -> list[View]:
    """The stages of a lifecycle in order: how many records are at each, as its definition's page tells it, and how many
    of them went on to the next, or why that is not told; ``told``: what was counted, by ``kind:id``."""
    stages = [mapping(stage) for stage in listed(written)]
    counts = [_whole(told.get(f"definition:{stage.get('is')}", ())) for stage in stages]
    went_on = {name: result for result in told.get(subject, ()) for name in result.reading.by.values()}
    return [
        {
            "id": stage["id"],
            "n": _today(whole) if whole is not None else None,
            "as_of": moment(whole.as_of_us, zone) if whole is not None else None,
            "next": after["id"] if after is not None else None,
            **_onward(went_on.get(stage["id"]), whole, following),
        }
        for stage, after, whole, following in zip(stages, [*stages[1:], None], counts, [*counts[1:], None], strict=True)
    ]


def _onward(result: Result | None, whole: NumberReading | None, following: NumberReading | None) -> View:
    """How many went on from a stage in words, or in ``untold`` why nothing is told; neither where there is no data."""
    if following is None or following.numerator is None or whole is None or not whole.numerator:
        return {"went_on": None, "untold": None}
    if result is None:
        return {"went_on": None, "untold": TOO_FEW}
    is_share = isinstance(result.reading, NumberReading) and result.reading.unit == "percent"
    return {"went_on": result_words(result) if is_share else None, "untold": None if is_share else APART}


def _size(result: Result | None) -> str:
    reading = result.reading if result is not None else None
    return f"{reading.n:,}" if isinstance(reading, NumberReading) else NONE
