"""Numbers, times and statuses in words, the same in the terminal and in the wiki.

What goes in is exact (fractions, microseconds), what comes out is text for people: rounded, but never across a limit.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from aac.judging import card_score, deciding_rows
from aac.periods import SECOND_US, local_time
from aac.results import CardReading, ClockReading, Outcome, Result, Status
from aac.units import is_money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.expressions.nodes import Value
    from aac.findings import Level
    from aac.reports.base import View
    from aac.results import Escalation, Key, NumberReading, Reading, Results, Verdict

STATUSES: Mapping[Status, tuple[str, str]] = {
    Status.OFF_TARGET: ("■", "Off target"),
    Status.AT_RISK: ("▲", "At risk"),
    Status.STALE: ("◇", "Data too old"),
    Status.NOT_MEASURABLE: ("◇", "Not measurable"),
    Status.NOT_ENOUGH_DATA: ("○", "Not enough data"),
    Status.ON_TARGET: ("●", "On target"),
}
"""Shape and word of each status, the worst first: colour is never the only sign."""

FRESHNESS: Mapping[str, tuple[str, str]] = {"fresh": ("●", "fresh"), "stale": ("◇", "too old")}
"""Shape and word of a source's state; any other is on its way from the one to the other."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BESIDE: tuple[tuple[Outcome, str], ...] = (
    (Outcome.OPEN, "open"),
    (Outcome.EXCUSED, "excused"),
    (Outcome.UNMEASURABLE, "not measurable"),
    (Outcome.OUTSIDE, "outside the promise"),
)
NONE = "—"
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)  # fmt: skip
"""Characters that steer a terminal, or turn or hide the text around them (C0, C1, bidirectional, lone surrogates)."""
LEVELS: Mapping[Level, str] = {"error": "error", "warning": "warning", "info": "note"}
"""What a finding of each level is called, the worst first."""
KEYS_SHOWN = 3
UNPLACED = "the moment at which they would start is not known"
"""What the window `unplaced` holds."""


def visible(text: str, keep: str = "") -> str:
    """The text with every unseen character written as its escape, ``\\x1b``; those in ``keep`` stay."""
    if text.isprintable():  # none of them is
        return text

    def escaped(match: re.Match[str]) -> str:
        code = ord(match[0])
        return match[0] if match[0] in keep else f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

    return UNSEEN.sub(escaped, text)


def number(value: Fraction, places: int, limits: Iterable[Fraction] = (), *, cents: bool = False) -> str:
    """``value`` rounded half to even, thousands apart by commas: `10,005,534`, `2,360.91`.

    It takes more decimals than ``places`` until it looks like one of ``limits`` exactly when it is that limit.
    With ``cents`` a broken number keeps its last zeros.
    """
    limits = tuple(limits)
    finest = places + 6
    while places < finest and any((round(value, places) == limit) != (value == limit) for limit in limits):
        places += 1
    scaled = round(value * 10**places)
    whole, part = divmod(abs(scaled), 10**places)
    decimals = f"{part:0{places}}" if part else ""
    shown = f"{whole:,}.{decimals if cents else decimals.rstrip('0')}".rstrip(".")
    return f"−{shown}" if scaled < 0 else shown


def percent(share: Fraction, limits: Iterable[Fraction] = ()) -> str:
    """A fraction as `85.5%`; never all or nothing when it is not quite, and never ``limits`` when it is beside them."""
    return number(share * 100, 1, (Fraction(0), Fraction(100), *(limit * 100 for limit in limits))) + "%"


def amount(value: Fraction | None, unit: str, limits: Iterable[Fraction] = ()) -> str:
    """A value with its unit: `63.2%`, `EUR 2,360.91`, `57 days`, `4,238`; a dash for no value."""
    if value is None:
        return NONE
    if unit == "percent":
        return percent(value, limits)
    if is_money(unit):
        currency, _, period = unit.partition("/")
        digits = number(value, 2 if abs(value) < 10_000 else 0, limits, cents=True)
        return f"{currency} {digits}" + (f" a {period}" if period else "")
    if unit in ("count", "score", "ratio"):
        return number(value, 2, limits)
    words = unit.replace("_", " ")
    return f"{number(value, 1, (Fraction(0), *limits))} {words.removesuffix('s') if value == 1 else words}"


def plural(n: int, thing: str) -> str:
    """`1 error`, `1,480 errors`."""
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def span(us: int, *, days: bool = True) -> str:
    """A length of time in its two largest units, rounded down: `2 h 10 min`, `3 d 4 h`, `45 s`.

    Without ``days`` it stays in hours, as a day of business time is no 24 hours.
    """
    seconds = us // SECOND_US
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 60:
        return f"{seconds} s" if seconds else "less than 1 s"
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48 or not days:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def moment(us: int, zone: str) -> str:
    """A moment as local clocks show it: `Mon 2026-03-02 06:00 CET`."""
    return f"{clock_time(us, zone)} {local_time(us, zone).tzname()}"


def clock_time(us: int, zone: str, *, seconds: bool = False) -> str:
    """A moment where its zone is told beside it: `Mon 2026-03-02 06:00`, with ``seconds`` `Mon 2026-03-02 06:00:59`."""
    return f"{day(us, zone)} {local_time(us, zone):{'%H:%M:%S' if seconds else '%H:%M'}}"


def local_clock(us: int, zone: str, *, with_zone: bool = True) -> str:
    """A time of day as local clocks show it: `10:30 CET`, or without its zone `10:30`."""
    local = local_time(us, zone)
    return f"{local:%H:%M} {local.tzname()}" if with_zone else f"{local:%H:%M}"


def day(us: int, zone: str) -> str:
    """The day of a moment: `Mon 2026-03-02`."""
    local = local_time(us, zone)
    return f"{WEEKDAYS[local.weekday()]} {local:%Y-%m-%d}"


def key_words(key: Key) -> str:
    """A record's key; one of several fields as `a / b`."""
    return key if isinstance(key, str) else " / ".join(key)


def group_words(value: Value) -> str | None:
    """The value of a group; null for the group of records whose value is unknown."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def status_words(status: Status | None) -> View | None:
    """``code``, ``shape`` and ``word`` of a status."""
    if status is None:
        return None
    shape, word = STATUSES[status]
    return {"code": status.value, "shape": shape, "word": word}


def freshness_words(state: str | None) -> View | None:
    """``code``, ``shape`` and ``word`` of a source's state; null where no freshness was agreed."""
    if state is None:
        return None
    shape, word = FRESHNESS.get(state, ("▲", "getting old"))
    return {"code": state, "shape": shape, "word": word}


def is_provisional(reading: Reading) -> bool:
    """Whether the window is still open, or holds items that are (LANGUAGE §7)."""
    return reading.is_open or (isinstance(reading, ClockReading) and reading.count(Outcome.OPEN) > 0)


def result_words(result: Result) -> View:
    """A result as people read it.

    ``hint`` explains its window, or is null; ``shown`` is what it came to, ``counts`` what stands behind a ratio
    (`171 of 200`), else how many records, and ``is_share`` whether those are one number of the other; ``limit`` the
    objective or target, ``short_limit`` without its unit; ``beside`` what else was counted; ``bar`` shares in percent
    for a drawing, or null.
    """
    reading, verdict = result.reading, result.verdict
    match reading:
        case ClockReading():
            words = _clock_words(reading, verdict)
        case CardReading():
            words = _card_words(reading)
        case _:
            words = _number_words(reading, verdict)
    return {
        "window": reading.window.label,
        "hint": UNPLACED if result.selection == "unplaced" else None,
        "so_far": reading.is_open and reading.window.until is not None,
        "status": status_words(result.standing),
        **words,
        "beside": [*words["beside"], *waived_words(result)],
    }


def waived_words(result: Result) -> list[str]:
    """`5 waived (crm_outage), 85.5% off target without`; nothing where nothing was waived."""
    waived = result.waived
    if waived is None:
        return []
    what = "waived" if waived.items is None else f"{waived.items:,} waived"
    without = result_words(Result(result.kind, result.id, waived.reading, waived.verdict, result.selection))
    status = f" {without['status']['word'].lower()}" if without["status"] else ""
    shown = f"{without['shown']}{status}" if waived.items is not None else status.strip()
    return [f"{what} ({', '.join(waived.by)}), {shown} without"]


def _clock_words(reading: ClockReading, verdict: Verdict) -> View:
    late = reading.count(Outcome.LATE)
    allowed = f" ({verdict.budget[0]:,} allowed)" if verdict.budget else ""
    beside = [f"{late:,} late{allowed}"] if late else []
    lacked = sorted(((name, n) for name, n in reading.missing if n), key=lambda part: -part[1])
    beside += [f"{n:,} without {part_words(name)}" for name, n in lacked]
    beside += [f"{reading.count(outcome):,} {word}" for outcome, word in BESIDE if reading.count(outcome)]
    beside += [f"{reading.outside_hours:,} outside hours"] if reading.outside_hours else []
    beside += [f"{reading.unknown:,} unknown"] if reading.unknown else []
    attainment, objective = reading.attainment, verdict.objective
    limit = None if objective is None else percent(objective, (objective,))
    return {
        "shown": NONE if attainment is None else percent(attainment, () if objective is None else (objective,)),
        "counts": f"{reading.count(Outcome.MET):,} of {reading.judged:,}" if reading.judged else None,
        "is_share": True,
        "limit": limit,
        "short_limit": limit,
        "beside": beside,
        "bar": _bar(attainment, objective),
    }


def _number_words(reading: NumberReading, verdict: Verdict) -> View:
    value, above, below = reading.value, reading.numerator, reading.denominator
    limits = limits_of(verdict.target)
    is_share = reading.unit == "percent"
    is_ratio = above is not None and below is not None
    beside = [plural(reading.n, "record")] if is_ratio and reading.n != below and not reading.is_derived else []
    beside += [f"{reading.unknown:,} unknown"] if reading.unknown else []
    beside += ["not matured yet"] if reading.is_maturing else []
    if above is not None and below == 0:
        counts = None
    elif above is not None and below is not None:
        counts = f"{number(above, 2)} {'of' if is_share else '÷'} {number(below, 2)}"
    elif reading.is_derived or (value == reading.n and reading.unit == "count"):
        counts = None
    else:
        counts = plural(reading.n, "record") if reading.n else "no records"
    return {
        "shown": amount(value, reading.unit, limits),
        "counts": counts,
        "is_share": is_share and is_ratio,
        "limit": target_words(verdict.target, reading.unit),
        "short_limit": target_words(verdict.target, "percent" if is_share else "count"),
        "beside": beside,
        "bar": _bar(value, limits[0] if limits else None) if is_share else None,
    }


def _card_words(reading: CardReading) -> View:
    """How many of the rows that decide are on target, by how much of their weight, and which are not."""
    rows = [row for row in deciding_rows(reading.rows) if row.status is not None]
    on_target, score = sum(row.status is Status.ON_TARGET for row in rows), card_score(rows)
    return {
        "shown": f"{on_target} of {len(rows)}" if rows else NONE,
        "counts": None,
        "is_share": False,
        "limit": None,
        "short_limit": None,
        "beside": beside_card(reading, {}),
        "bar": _bar(score, None),
    }


def beside_card(reading: CardReading, names: Mapping[str, str]) -> list[str]:
    """How much of the weight is on target, which rows are not, and which have a waiver; ``names`` by ``kind:id``."""
    rows = [row for row in deciding_rows(reading.rows) if row.status is not None]
    score = card_score(rows)
    beside: list[str] = []
    if score is not None and 0 < score < 1 and len({row.weight for row in rows}) > 1:
        beside.append(f"{percent(score)} of the weight on target")
    parts = [
        (word.lower(), [row for row in rows if row.status is status])
        for status, (_, word) in STATUSES.items()
        if status is not Status.ON_TARGET
    ]
    for word, those in (*parts, ("with a waiver", [row for row in reading.rows if row.is_waived])):
        named = [names.get(row.subject, row.subject.partition(":")[2]) for row in those]
        beside += [f"{word}: {', '.join(named)}"] if named else []
    return beside


def _bar(share: Fraction | None, limit: Fraction | None) -> View | None:
    """A share and its limit in percent; null when it cannot be drawn between nothing and all."""
    if share is None or not 0 <= share <= 1 or (limit is not None and not 0 <= limit <= 1):
        return None
    return {"at": round(float(share * 100), 2), "limit": None if limit is None else round(float(limit * 100), 2)}


def limits_of(target: Mapping[str, Any] | None) -> list[Fraction]:
    """The numbers in a target, in the order written; `{open: words}` has none."""
    parts: list[object] = []
    for value in (target or {}).values():
        parts.extend(cast("Iterable[object]", value) if isinstance(value, (tuple, list)) else [value])
    return [part for part in parts if isinstance(part, Fraction)]


def target_words(target: Mapping[str, Any] | None, unit: str) -> str | None:
    """A target as it stands in a column, in full: `≥ 22%`, `20% to 30%`, `none yet`; null without one."""
    limits = [amount(limit, unit, (limit,)) for limit in limits_of(target)]
    match target, limits:
        case None, _:
            return None
        case {"at_least": _}, [least]:
            return f"≥ {least}"
        case {"at_most": _}, [most]:
            return f"≤ {most}"
        case _, [least, most]:
            return f"{least} to {most}"
        case _:
            return "none yet"


def due_words(escalations: Iterable[Escalation]) -> list[View]:
    """The steps that are due, one of each sort: ``at``, ``do``, ``to``, the first ``keys``, and how many ``more``.

    A key is told once, also when several windows hold it.
    """
    keys: dict[tuple[str, str, str | None], dict[str, None]] = {}
    for step in escalations:
        found = keys.setdefault((step.at, step.do, step.to or step.meeting), {})
        if step.key is not None:
            found[key_words(step.key)] = None
    return [
        {"at": at, "do": do, "to": to, "keys": list(found)[:KEYS_SHOWN], "more": max(0, len(found) - KEYS_SHOWN)}
        for (at, do, to), found in keys.items()
    ]


def queue_words(id_: str, role: object) -> str:
    """A queue by its name and who looks after it: `sdr queue (SDR on duty)`."""
    return id_.replace("_", " ") + (f" ({role})" if role else "")


def part_words(name: str) -> str:
    """A part of a checklist by its name: `dossier`, `next step: date`."""
    return name.replace("_", " ").replace(".", ": ")


def through_words(reading: ClockReading) -> list[str]:
    """Where the time went, the longest step first: `routing 41 h (61%)`; of items that were met or late."""
    whole = sum(us for _, us in reading.through)
    longest_first = sorted(reading.through, key=lambda step: -step[1])
    return [
        f"{name.replace('_', ' ')} {span(us, days=False)} ({percent(Fraction(us, whole))})"
        for name, us in longest_first
        if us
    ]


def needed_words(result: Result, fields: Mapping[str, Any]) -> list[str]:
    """`20 needed`, where there is not enough data and the document, whose ``fields`` these are, says how much is."""
    how = fields.get("how_measured", fields)
    needed = cast("Mapping[str, Any]", how).get("min_n") if isinstance(how, dict) else None
    return [f"{needed} needed"] if needed and result.verdict.status is Status.NOT_ENOUGH_DATA else []


def count_words(results: Iterable[Result]) -> str:
    """How many results have each status, the worst first: `3 off target, 1 not enough data`; empty without any."""
    statuses = [result.verdict.status for result in results]
    counts = ((statuses.count(status), word) for status, (_, word) in STATUSES.items())
    return ", ".join(f"{n} {word.lower()}" for n, word in counts if n)


def as_of_words(results: Results, zone: str) -> str:
    """The moments that the numbers are of: the one, or the least and the greatest; a dash when there is none."""
    moments = {result.reading.as_of_us for result in results.results} or {s.watermark_us for s in results.sources}
    least_and_greatest = dict.fromkeys((min(moments), max(moments))) if moments else ()
    return " to ".join(moment(us, zone) for us in least_and_greatest) or NONE


def freshness_of_all(results: Results) -> View | None:
    """How old the data is: `fresh`, or which sources are too old; null where no freshness was agreed."""
    states = {source.status for source in results.sources if source.status is not None}
    if not states:
        return None
    worst = min(states, key=lambda state: (state == "fresh", state != "stale", state))
    words = freshness_words(worst)
    if words is None or worst == "fresh":
        return words
    named = ", ".join(source.id for source in results.sources if source.status == worst)
    return words | {"word": f"{named} {words['word']}"}


def by_words(name: str) -> str:
    """What results are split by, as a heading says it: `By sales region`, and `Closed by`, which says so itself."""
    words = name.replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}" if words.endswith(" by") else f"By {words}"
