"""What a change does to the numbers, as plain data and in words: one row a number, over all windows that are settled.

Counts and sums are told per window, on average; shares of what was counted in all windows together; other numbers as
they were in the newest window. Each window alone is in the JSON. Windows that are not settled stand in rows of their
own: nothing is held against them.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from aac.judging import card_score
from aac.periods import iso_utc
from aac.recounts import NOTHING, STANDING
from aac.reports.json import json_number
from aac.reports.wording import NONE, amount, key_words, number, percent, plural
from aac.results import CardReading, ClockReading, Outcome, Status
from aac.units import is_money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.recounts import Impact, Moves, Number, Side
    from aac.reports.base import View
    from aac.results import NumberReading, Result

NAMED = 6
"""How many of what was not compared for one reason are named on screens."""
MOST_PLACES = 6
"""How many more places than usual two numbers get to be told apart."""
CENTS_BELOW = 1000
"""From which amount of money on its cents say nothing any more."""
ON_SAMPLE = "It was counted on made-up data in `{}`, not on yours: see which numbers move, and not how far."
NO_FORECAST = "It is a recount of the past, not a forecast: people may work differently afterwards."


def impact_view(impact: Impact, titles: Mapping[str, str], windows: Sequence[str] = ()) -> View:
    """All that screens say of the numbers: those that moved, those that did not, who moved, and what is not known.

    ``windows``: the words of `--window`, as they were asked for.
    """
    numbers, provisional, unchanged = _rows(impact.numbers, titles)
    as_of = Counter(row["as_of"] for row in (*numbers, *provisional)).most_common(1)
    return {
        "as_of": as_of[0][0] if as_of else None,
        "sample": impact.sample,
        "windows": max((row["windows"] for row in numbers), default=0),
        "are_last": all(word.partition(":")[0] == "last" for word in windows),
        "numbers": numbers,
        "provisional": provisional,
        "unchanged": unchanged,
        "records": [_records(id_, moves, titles) for id_, moves in impact.moves.items()],
        "conflicts": [told for row in numbers if (told := _conflict(row)) is not None],
        "not_compared": [{"of": name, "why": why} for name, why in impact.not_compared],
    }


def _rows(
    numbers: Sequence[Number], titles: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """What moved in windows that are settled, what did in others, and the names of what moved in none."""
    moved: list[dict[str, Any]] = []
    provisional: list[dict[str, Any]] = []
    unchanged: list[str] = []
    for (kind, id_), together in groupby(numbers, _subject):
        found = list(together)
        for is_final, rows in ((True, moved), (False, provisional)):
            some = [number for number in found if number.is_final is is_final]
            rows += [_row(some, found, titles)] if any(number.has_moved for number in some) else []
        if not any(number.has_moved for number in found):
            unchanged.append(f"{kind}:{id_}")
    return sorted(moved, key=_weight), sorted(provisional, key=_weight), unchanged


def _subject(number: Number) -> tuple[str, str]:
    return number.kind, number.id


def _row(numbers: Sequence[Number], every: Sequence[Number], titles: Mapping[str, str]) -> dict[str, Any]:
    """A number in some of its windows, oldest first; ``every``: in all of them, as they are told one by one."""
    first, ordered = numbers[0], sorted(numbers, key=_first_day)
    before = _summed([n.before for n in ordered if n.before is not None])
    after = _summed([n.after for n in ordered if n.after is not None])
    unit = _unit(_reading(first))
    grain = _reading(first).window.grain
    more = _places(before, after, unit)
    row = {
        "kind": first.kind,
        "id": first.id,
        "name": titles.get(f"{first.kind}:{first.id}", first.id),
        "per": grain if grain not in STANDING and _is_volume(_reading(first)) else None,
        "windows": len(ordered),
        "as_of": iso_utc(min(_reading(each).as_of_us for each in ordered)),
        "before": _words(before, unit, more),
        "after": _words(after, unit, more),
        "change": _change(before, after, unit, more),
        "moved_by": _moved_by(before, after),
        "unit": _unit_words(unit),
        "status": [_status(ordered[-1].before), _status(ordered[-1].after)],
        "off_target": [sum(_is_off(n.before) for n in ordered), sum(_is_off(n.after) for n in ordered)],
        "judged": [sum(_is_judged(n.before) for n in ordered), sum(_is_judged(n.after) for n in ordered)],
        "target": _target(ordered[-1].after),
        "comes_to": _amount(after, unit),
        "each": [_window(each) for each in sorted(every, key=_first_day)],
    }
    told = _told_of_card(row, ordered) if unit == "status" else _told(row)
    return row | {"told": told if row["before"] == row["after"] else None}


def _first_day(number: Number) -> str:
    return str(_reading(number).window.first)


def _told(row: Mapping[str, Any]) -> str:
    """What moved where the number itself came to the same."""
    (was_off, is_off), (was, now) = row["off_target"], row["status"]
    came = f"{row['name']} comes to {row['comes_to']} as before"
    was_judged, is_judged = row["judged"]
    if was_judged != is_judged:
        return f"{came}, and is judged in {is_judged} of {row['windows']} windows, not {was_judged}"
    if was_off != is_off:
        return f"{came}, and is off target in {is_off} of {row['windows']} windows, not {was_off}"
    if was != now:
        return f"{came}, and is {_plain_status(now)} in the newest window; it was {_plain_status(was)}"
    return f"{came}, but of other records, or not in each window"


def _told_of_card(row: Mapping[str, Any], numbers: Sequence[Number]) -> str:
    """What moved on a card that stands as before: how much of its weight is on target, in the newest of its windows."""
    stands = f"{row['name']} is {_plain_status(row['status'][1])} in the newest window as before"
    scores = [(n.window, *map(_score, (n.before, n.after))) for n in numbers]
    moved = [(window, was, now) for window, was, now in scores if was != now]
    if not moved:
        return f"{stands}, and its rows stand otherwise"
    window, was, now = moved[-1]
    told = f"in {window} {_words(was, 'percent')} of its weight was on target, and {_words(now, 'percent')} is"
    return f"{stands}; {told}" + (f" ({len(moved)} of {len(scores)} windows moved)" if len(scores) > 1 else "")


def _score(result: Result | None) -> Fraction | None:
    return card_score(result.reading.rows) if result and isinstance(result.reading, CardReading) else None


def _plain_status(status: str | None) -> str:
    return (status or "not judged").replace("_", " ")


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


def _unit_words(unit: str) -> str | None:
    """What a number is in, as it stands beside its name; null for what says so itself."""
    if is_money(unit):
        return unit.replace("/", " a ")
    return None if unit in ("percent", "count", "score", "ratio", "status") else unit.replace("_", " ")


def _places(before: Fraction | str | None, after: Fraction | str | None, unit: str) -> int:
    """How many more places than usual it takes to tell two numbers apart."""
    for more in range(MOST_PLACES) if before != after else ():
        if _words(before, unit, more) != _words(after, unit, more):
            return more
    return 0


def _words(value: Fraction | str | None, unit: str, more: int = 0) -> str:
    """A number without its unit; with ``more`` places than it needs alone."""
    match value:
        case None:
            return NONE
        case str():
            return value.replace("_", " ")
        case _ if unit == "percent":
            return f"{number(value * 100, 1 + more, (Fraction(0), Fraction(100)))}%"
        case _ if is_money(unit):
            return number(value, more + (2 if abs(value) < CENTS_BELOW else 0), (Fraction(0),))
        case _:
            return number(value, more + (2 if unit in ("score", "ratio") else 1), (Fraction(0),))


def _amount(value: Fraction | str | None, unit: str) -> str:
    """A number with its unit, as sentences tell it."""
    if isinstance(value, Fraction) and unit == "count":
        return number(value, 1, (Fraction(0),))
    return amount(value, unit) if isinstance(value, Fraction) else _words(value, unit)


def _change(before: Fraction | str | None, after: Fraction | str | None, unit: str, more: int) -> str:
    """How far it moved, by the two numbers as they are shown, so that the row adds up: of shares in points."""
    if not isinstance(before, Fraction) or not isinstance(after, Fraction) or before == after:
        return ""
    shown = [_words(value, unit, more).removesuffix("%").replace(",", "") for value in (before, after)]
    was, now = (Fraction(text.replace("−", "-")) for text in shown)
    by, places = now - was, max(len(text.partition(".")[2]) for text in shown)
    told = f"{'+' if by > 0 else '−'}{number(abs(by), places)}"
    return f"{told} pts" if unit == "percent" else told


def _status(result: Result | None) -> str | None:
    status = result.verdict.status if result is not None else None
    return status.value if status is not None else None


def _is_off(result: Result | None) -> bool:
    return result is not None and result.verdict.status is Status.OFF_TARGET


def _is_judged(result: Result | None) -> bool:
    return result is not None and result.verdict.status not in NOTHING


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
    sides = {"before": _plain(number.before), "after": _plain(number.after)}
    return {"window": number.window, "provisional": not number.is_final, **sides}


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
            counts, value = {}, card_score(reading.rows)
        case _:
            counts, value = {"n": reading.n, "unknown": reading.unknown}, reading.value
    return {"status": _status(result), "value": json_number(value) if value is not None else None, **counts}


def _conflict(row: Mapping[str, Any]) -> str | None:
    """What teams have to settle before they agree: a promise or a target that would have been missed more often."""
    was, now = row["off_target"]
    if now <= was or row["target"] is None:
        return None
    per = f" a {row['per']}" if row["per"] else ""
    came = f"{'on average' if row['per'] else 'in all'} it comes to {row['comes_to']}"
    missed = f"off target in {now} of {row['windows']} windows, not {was}"
    if row["before"] == NONE:  # it is new
        missed = f"it would have been off target in {now} of {row['windows']} windows"
    return f"`{row['id']}` asks for {row['target']}{per}: {missed}; {came}"


def _weight(row: Mapping[str, Any]) -> tuple[bool, bool, float]:
    """What is told first: words, then what is missed more often, then what moved farthest for its size."""
    was, now = row["off_target"]
    return row["kind"] not in ("icp", "definition", "scoring"), now <= was, -row["moved_by"]


def _moved_by(before: Fraction | str | None, after: Fraction | str | None) -> float:
    """How far a number moved, as a share of what it was; all of it where that cannot be said."""
    if not isinstance(before, Fraction) or not isinstance(after, Fraction) or not before:
        return 1.0
    return float(abs(after - before) / abs(before))


def named(row: Mapping[str, Any], day: str) -> str:
    """A number by its name: per what it is counted, in which unit, and as of when, if not of the ``day`` of most."""
    own = row["as_of"][:10]
    per = f"per {row['per']}" if row["per"] else "of all time" if row["each"][0]["window"] == "all" else ""
    told = [row["name"], per, f"({row['unit']})" if row["unit"] else ""]
    return " ".join(filter(None, [*told, f"as of {own}" if own != day else ""]))


def recount_words(impact: Mapping[str, Any]) -> str:
    """Which windows were counted, as in "the last 6 matured windows"."""
    n = impact["windows"]
    if not impact["are_last"]:
        return plural(n, "matured window")
    return f"last {n} matured windows" if n > 1 else "last matured window"


def not_compared_words(entries: Iterable[tuple[str, str]]) -> Iterable[str]:
    """What was not compared, one sentence for each reason; ``entries``: what, and why."""
    by_reason: dict[str, list[str]] = {}
    for name, why in entries:
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"not compared: {', '.join(names[:NAMED])}{more}: {why}"


def records_of(view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The words whose records are told on screens: those that moved by themselves, and not only with another word that
    they rest on."""
    records: list[Mapping[str, Any]] = view["impact"]["records"]
    names = {each["id"] if each["kind"] == "definition" else f"{each['kind']}.{each['id']}" for each in records}
    over: dict[tuple[str, str], list[str]] = {
        (change["kind"], change["id"]): change["over"] for change in view["rests_on"]
    }
    return [each for each in records if names.isdisjoint(over.get((each["kind"], each["id"]), []))]


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
        "keys": [key_words(key) for key in side.keys],
        "clauses": [{"rule": rule, "records": n} for rule, n in side.clauses],
        "became": [{"word": word, "records": n} for word, n in side.became],
        "kept": [{"name": name, "share": json_number(share), "said": percent(share)} for name, share in side.kept],
    }


def records_words(records: Mapping[str, Any], keys: int = 0) -> Iterable[str]:
    """Who moved, in sentences, with so many of their keys."""
    for way, since, why in (("lost", "no longer", "not"), ("gained", "now", "before not")):
        side = records[way]
        if not side["records"]:
            continue
        verb = "is" if side["records"] == 1 else "are"
        yield f"{plural(side['records'], 'record')} of all time {verb} {since} {records['name']}"
        for clause in side["clauses"]:
            told = clause["rule"] if records["kind"] in ("icp", "scoring") else f"{why} «{clause['rule']}»"
            yield f"  {clause['records']:,} of them: {told}"
        became = [f"{each['records']:,} became {each['word']}" for each in side["became"] if each["records"]]
        if became:
            yield f"  of these {', '.join(became)}"
        for kept in side["kept"]:
            yield f"  {kept['name']} of these is {kept['said']}"
        if side["keys"][:keys]:
            yield f"  such as {', '.join(side['keys'][:keys])}"
