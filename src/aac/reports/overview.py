"""What `aac check` shows of each document: in full what needs somebody, in a word what is well.

A selection, and every window that was named, is shown in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.reports.wording import (
    NONE,
    STATUSES,
    clock_time,
    due_words,
    key_words,
    needed_words,
    part_words,
    result_words,
    span,
    through_words,
)
from aac.results import CardReading, ClockReading, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.reports.base import Entry, View
    from aac.results import Item, Result, Results

WELL = (Status.ON_TARGET, Status.NOT_ENOUGH_DATA, None)
"""Statuses that ask nothing of anybody."""
NO_TARGET = "no target yet"
LAST = len(STATUSES)


def by_pair(results: Iterable[Result], entries: Mapping[str, Entry], run: Results, zone: str) -> list[View]:
    """Agreements below the teams they bind, from the one that owes to the one it is owed to.

    The two directions of a pair stand together; the pair with the worst agreement comes first.
    """
    pairs: dict[tuple[str, ...], list[Result]] = {}
    for result in results:
        pairs.setdefault(teams_of(result, entries), []).append(result)
    worst: dict[frozenset[str], int] = {}
    for teams, of_pair in pairs.items():
        both = frozenset(teams)
        worst[both] = min(worst.get(both, LAST), min(_turn(result) for result in of_pair))
    order = list(worst)
    in_order = sorted(pairs, key=lambda teams: (worst[frozenset(teams)], order.index(frozenset(teams))))
    return [{"title": _title(teams, entries), **by_document(pairs[teams], entries, run, zone)} for teams in in_order]


def teams_of(result: Result, entries: Mapping[str, Entry]) -> tuple[str, ...]:
    """The team that owes something and the one it is owed to; nothing for what is no promise between two."""
    entry = entries.get(f"{result.kind}:{result.id}")
    match entry.fields.get("who") if entry else None:
        case {"owes": owes, "to": to}:
            return str(owes), str(to)
        case _:
            return ()


def _title(teams: tuple[str, ...], entries: Mapping[str, Entry]) -> str:
    named = [entries.get(f"team:{team}") for team in teams]
    names = [team.name if team else id for team, id in zip(named, teams, strict=True)]
    return " → ".join(names) or "Other agreements"


def by_document(results: Iterable[Result], entries: Mapping[str, Entry], run: Results, zone: str) -> View:
    """``rows``: a document each, the worst first, with a line for each window and the steps that are due; ``folded``:
    those that are well, below their status, with where the time ``through`` their steps went."""
    documents: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        documents.setdefault((result.kind, result.id), []).append(result)
    rows: list[tuple[int, View]] = []
    folded: dict[str, list[str]] = {}
    through: dict[str, list[list[str]]] = {}
    for (kind, id), found in documents.items():
        entry = entries.get(f"{kind}:{id}")
        shown = found if run.is_selection else _told(found)
        if run.is_selection or _needs_somebody(shown, found):
            rows.append((min(_turn(result) for result in shown), _row(entry, id, shown, found, run, zone)))
        else:
            label = _label(shown[-1])
            folded.setdefault(label, []).append(_brief(id, shown[-1], entry))
            through.setdefault(label, []).extend(_way(id, shown[-1]))
    if not run.is_selection:
        rows.sort(key=lambda row: row[0])
    labels = [f"{shape} {word.lower()}" for shape, word in reversed([*STATUSES.values()])]
    in_order = sorted(folded, key=lambda label: labels.index(label) if label in labels else LAST)
    return {
        "rows": [row for _, row in rows],
        "folded": [{"label": label, "pieces": folded[label], "through": through[label]} for label in in_order],
    }


def _told(found: list[Result]) -> list[Result]:
    """The windows that are told unasked: the last or those named, and the current one where it is pressing."""
    answers = [result for result in found if result.selection not in ("current", "unplaced")]
    pressing = [result for result in found if result.selection == "current" and _is_pressing(result)]
    return [*answers, *pressing] or found[:1]


def _is_pressing(result: Result) -> bool:
    """Whether an open window asks for somebody."""
    return result.standing in (Status.AT_RISK, Status.OFF_TARGET)


def _needs_somebody(shown: list[Result], found: list[Result]) -> bool:
    is_well = all(result.standing in WELL for result in shown)
    is_named = any(result.selection in ("named", "unplaced") for result in shown)
    return is_named or not is_well or any(result.verdict.escalations for result in found)


def _turn(result: Result) -> int:
    """The place of a result among others, the worst first; those of windows still open after all that have ended."""
    statuses = list(STATUSES)
    status = result.standing
    place = statuses.index(status) if status is not None else LAST
    return place if result.selection != "current" or status is Status.AT_RISK else LAST


def _label(result: Result) -> str:
    status = result.standing
    if status is None:
        return NO_TARGET
    shape, word = STATUSES[status]
    return f"{shape} {word.lower()}"


def _brief(id: str, result: Result, entry: Entry | None) -> str:
    """A document in a word: `first_word 93/96 96.9%`, or its id where nothing is judged."""
    if result.verdict.status is None:
        return id
    words = _window(result, entry)
    needed = needed_words(result, entry.fields) if entry else []
    return ", ".join([f"{id} {words['result']}", *needed])


def _way(id: str, result: Result) -> list[list[str]]:
    """`first_word, where the time went: routing 41 h (61%)` in pieces; nothing of what has no steps."""
    through = through_words(result.reading) if isinstance(result.reading, ClockReading) else []
    return [[f"{id}, where the time went: {through[0]}", *through[1:]]] if through else []


def _row(entry: Entry | None, id: str, shown: list[Result], found: list[Result], run: Results, zone: str) -> View:
    within = str(entry.fields.get("when")) if entry else ""
    windows = [
        _window(result, entry) | {"late": late_lines(result, run.items, zone, days="business" not in within)}
        for result in shown
    ]
    unplaced = [result for result in found if result.selection == "unplaced" and result not in shown]
    windows[-1]["notes"] += [f"{_items(result):,} never started" for result in unplaced]
    due = due_words(step for result in found for step in result.verdict.escalations)
    return {"subject": f"{found[0].kind}:{id}", "id": id, "windows": windows, "due": due}


def _items(result: Result) -> int:
    reading = result.reading
    return sum(reading.counts.values()) if isinstance(reading, ClockReading) else 0


def _window(result: Result, entry: Entry | None) -> View:
    words = result_words(result)
    counts = words["counts"]
    status = words["status"]
    reading = result.reading
    through = through_words(reading) if isinstance(reading, ClockReading) else []
    is_off = not isinstance(reading, CardReading) and reading.is_off
    # A share never stands without its counts; what is none says below it what it is made of.
    return {
        "window": words["window"],
        "result": f"{counts.replace(' of ', '/')} {words['shown']}" if words["is_share"] and counts else words["shown"],
        "limit": words["short_limit"] or NONE,
        "status": f"{status['shape']} {status['word'].lower()}" if status else "",
        "notes": [
            *(["so far"] if words["so_far"] else []),
            *([words["hint"]] if words["hint"] else []),
            *(needed_words(result, entry.fields) if entry else []),
            *([counts] if counts and not words["is_share"] else []),
            *words["beside"],
            *([f"there is no data of what it rests on: `aac explain {result.id}`"] if is_off else []),
        ],
        "through": [f"where the time went: {through[0]}", *through[1:]] if through else [],
    }


def late_lines(result: Result, wanted: int | None, zone: str, *, days: bool) -> list[list[str]]:
    """A line, in pieces, for each late item of a window, as many as were asked for: key, due, and by how much."""
    reading = result.reading
    if not wanted or not isinstance(reading, ClockReading):
        return []
    lines = [_late(item, zone, days=days) for item in reading.late_items[:wanted]]
    more = len(reading.late_items) - len(lines)
    return [*lines, *([[f"and {more:,} more: `--items all` lists them"]] if more > 0 else [])]


def _late(item: Item, zone: str, *, days: bool) -> list[str]:
    due = [f"due {clock_time(item.due_us, zone)}"] if item.due_us is not None else []
    by = f"late by {span(item.used_us - item.promised_us, days=days)}"
    lacks = [f"without {', '.join(map(part_words, item.missing))}"] if item.missing else []
    return [key_words(item.key), *due, by if item.done_us is not None else f"{by} and not done yet", *lacks]
