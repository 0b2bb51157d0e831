"""What a change does to the numbers, as plain data and in words: one row a number, over all windows that were counted.

Counts and sums are told per window, on average; shares of what was counted in all windows together; other numbers as
they were in the newest window. Each window alone is in the JSON.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from aac.periods import iso_utc
from aac.reports.json import json_number
from aac.reports.wording import NONE, amount, number, percent
from aac.results import CardReading, ClockReading, Outcome, Status
from aac.units import is_money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.recounts import Impact, Moves, Number, Side
    from aac.reports.base import View
    from aac.results import NumberReading, Result

ON_SAMPLE = "It was counted on made-up data in `{}`, not on yours: see which numbers move, and not how far."
NO_FORECAST = "It is a recount of the past, not a forecast: people may work differently afterwards."


def impact_view(impact: Impact, titles: Mapping[str, str]) -> View:
    """All that screens say of the numbers: those that moved, those that did not, who moved, and what is not known."""
    rows = [_row(list(together), titles) for _, together in groupby(impact.numbers, _subject)]
    moved = sorted((row for row in rows if row["moved"]), key=_weight)
    return {
        "as_of": iso_utc(impact.as_of_us) if impact.as_of_us is not None else None,
        "sample": impact.sample,
        "windows": max((row["windows"] for row in rows), default=0),
        "numbers": moved,
        "unchanged": [f"{row['kind']}:{row['id']}" for row in rows if not row["moved"]],
        "records": [_records(id_, moves, titles) for id_, moves in impact.moves.items()],
        "conflicts": [told for row in moved if (told := _conflict(row)) is not None],
        "not_compared": [{"of": name, "why": why} for name, why in impact.not_compared],
    }


def _subject(number: Number) -> tuple[str, str]:
    return number.kind, number.id


def _row(numbers: Sequence[Number], titles: Mapping[str, str]) -> dict[str, Any]:
    """A number in all its windows, oldest first."""
    first = numbers[0]
    ordered = sorted(numbers, key=lambda each: str(_reading(each).window.first))
    before = _summed([n.before for n in ordered if n.before is not None])
    after = _summed([n.after for n in ordered if n.after is not None])
    unit = _unit(_reading(first))
    grain = _reading(first).window.grain
    return {
        "kind": first.kind,
        "id": first.id,
        "name": titles.get(f"{first.kind}:{first.id}", first.id),
        "per": grain if grain not in ("all", "rolling") and _is_volume(_reading(first)) else None,
        "windows": len(ordered),
        "moved": any(each.has_moved for each in numbers),
        "before": _words(before, unit),
        "after": _words(after, unit),
        "change": _change(before, after, unit),
        "moved_by": _moved_by(before, after),
        "unit": None if _is_told(unit) else unit.replace("_", " "),
        "status": [_status(ordered[-1].before), _status(ordered[-1].after)],
        "off_target": [sum(_is_off(n.before) for n in ordered), sum(_is_off(n.after) for n in ordered)],
        "target": _target(ordered[-1].after),
        "each": [_window(each) for each in ordered],
    }


def _reading(number: Number) -> Any:
    result = number.after or number.before
    return result.reading if result is not None else None


def _unit(reading: Any) -> str:
    match reading:
        case ClockReading():
            return "percent"
        case CardReading():
            return "status"
        case _:
            return str(reading.unit)


def _is_volume(reading: Any) -> bool:
    return bool(getattr(reading, "is_volume", False))


def _summed(results: Sequence[Result]) -> Fraction | str | None:
    """What a number came to over several windows."""
    if not results:
        return None
    readings = [result.reading for result in results]
    match readings[-1]:
        case ClockReading():
            clocks = cast("list[ClockReading]", readings)
            judged = sum(reading.judged for reading in clocks)
            return Fraction(sum(reading.count(Outcome.MET) for reading in clocks), judged) if judged else None
        case CardReading():
            return _status(results[-1])
        case newest:
            numbers = cast("list[NumberReading]", readings)
            values = [reading.value for reading in numbers]
            if newest.is_volume:
                known = [value for value in values if value is not None]
                return sum(known, Fraction(0)) / len(known) if known else None
            shares = [(n.numerator, n.denominator) for n in numbers]
            if newest.is_derived or any(above is None or below is None for above, below in shares):
                return values[-1]
            below = sum((cast("Fraction", below) for _, below in shares), Fraction(0))
            return sum((cast("Fraction", above) for above, _ in shares), Fraction(0)) / below if below else None


def _is_told(unit: str) -> bool:
    """Whether a number says its own unit; others are named beside it."""
    return unit in ("percent", "count", "score", "ratio", "status") or is_money(unit)


def _words(value: Fraction | str | None, unit: str) -> str:
    match value:
        case None:
            return NONE
        case str():
            return value.replace("_", " ")
        case _ if unit == "count" or not _is_told(unit):
            return number(value, 1, (Fraction(0),))
        case _:
            return amount(value, unit)


def _change(before: Fraction | str | None, after: Fraction | str | None, unit: str) -> str:
    """How far it moved: of shares in points."""
    if not isinstance(before, Fraction) or not isinstance(after, Fraction):
        return ""
    by = after - before
    sign = "+" if by > 0 else "−" if by < 0 else "±"
    if unit == "percent":
        return f"{sign}{percent(abs(by)).removesuffix('%').strip()} pts"
    return f"{sign}{_words(abs(by), unit)}"


def _status(result: Result | None) -> str | None:
    status = result.verdict.status if result is not None else None
    return status.value if status is not None else None


def _is_off(result: Result | None) -> bool:
    return result is not None and result.verdict.status is Status.OFF_TARGET


def _target(result: Result | None) -> str | None:
    if result is None:
        return None
    verdict = result.verdict
    if verdict.objective is not None:
        return percent(verdict.objective)
    target = verdict.target or {}
    limit = target.get("at_least", target.get("at_most"))
    return amount(limit, _unit(result.reading)) if isinstance(limit, Fraction) else None


def _window(number: Number) -> dict[str, Any]:
    return {"window": number.window, "before": _plain(number.before), "after": _plain(number.after)}


def _plain(result: Result | None) -> dict[str, Any] | None:
    """What a number came to in one window, as JSON carries it."""
    if result is None:
        return None
    reading = result.reading
    match reading:
        case ClockReading():
            counts: dict[str, Any] = {outcome.value: n for outcome, n in reading.counts.items()}
            value = reading.attainment
        case CardReading():
            counts, value = {}, None
        case _:
            counts, value = {"n": reading.n, "unknown": reading.unknown}, reading.value
    return {"status": _status(result), "value": json_number(value) if value is not None else None, **counts}


def _conflict(row: Mapping[str, Any]) -> str | None:
    """What teams have to settle before they agree: a promise or a target that would have been missed more often."""
    was, now = row["off_target"]
    if now <= was or row["target"] is None:
        return None
    per = f" a {row['per']}" if row["per"] else ""
    came = f"on average it comes to {row['after']}" if row["per"] else f"in all it comes to {row['after']}"
    missed = f"off target in {now} of {row['windows']} windows, not {was}"
    return f"`{row['id']}` asks for {row['target']}{per}: {missed}; {came}"


def _weight(row: Mapping[str, Any]) -> tuple[bool, bool, float]:
    """What is told first: words, then what is missed more often, then what moved farthest for its size."""
    was, now = row["off_target"]
    return row["kind"] != "definition", now <= was, -row["moved_by"]


def _moved_by(before: Fraction | str | None, after: Fraction | str | None) -> float:
    """How far a number moved, as a share of what it was; all of it where that cannot be said."""
    if not isinstance(before, Fraction) or not isinstance(after, Fraction) or not before:
        return 1.0
    return float(abs(after - before) / abs(before))


def _records(id_: tuple[str, str], moves: Moves, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": id_[0],
        "id": id_[1],
        "name": titles.get(f"{id_[0]}:{id_[1]}", id_[1]),
        "lost": _side(moves.lost),
        "gained": _side(moves.gained),
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "records": side.records,
        "windows": dict(side.windows),
        "keys": list(side.keys),
        "clauses": [{"rule": rule, "records": n} for rule, n in side.clauses],
        "became": [{"word": word, "records": n} for word, n in side.became],
    }


def records_words(records: Mapping[str, Any], keys: int = 0) -> Iterable[str]:
    """Who moved, in sentences, with so many of their keys."""
    for way, verb, why in (("lost", "are no longer", "not"), ("gained", "are now", "before not")):
        side = records[way]
        if not side["records"]:
            continue
        yield f"{side['records']:,} records of all time {verb} {records['name']}"
        for clause in side["clauses"]:
            yield f"  {clause['records']:,} of them: {why} «{clause['rule']}»"
        became = [f"{each['records']:,} became {each['word']}" for each in side["became"] if each["records"]]
        if became:
            yield f"  of these {', '.join(became)}"
        if side["keys"][:keys]:
            yield f"  such as {', '.join(side['keys'][:keys])}"
