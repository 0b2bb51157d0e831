"""Results as JSON that programs may rely on: `aac-results/1` (LANGUAGE §11)."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from aac.distribution import VERSION
from aac.hookspecs import hookimpl
from aac.judging import burn, card_score, wilson_interval
from aac.periods import SECOND_US, iso_utc
from aac.reports.base import Page
from aac.reports.wording import UNSEEN, is_provisional
from aac.results import CardReading, ClockReading, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.findings import Finding
    from aac.reports.base import Report, ReportProject, View
    from aac.results import Escalation, Item, Key, NumberReading, Reading, Result, Results, SourceState, Verdict, Waived

SCHEMA = "aac-results/1"
SET_ASIDE = frozenset({"AAC501", "AAC502", "AAC516"})
"""Records that are left out: without a key, doubled, deleted."""
ITEMS = 50
"""How many late items a result lists; how many there are, its counts say."""
SUMMARY = (
    Status.ON_TARGET,
    Status.AT_RISK,
    Status.OFF_TARGET,
    Status.NOT_ENOUGH_DATA,
    Status.NOT_MEASURABLE,
    Status.STALE,
)
WIDTH = 120


class Exact(float):
    """A decimal that the shortest form of a double does not spell out: the nearest double, and its ``digits`` in full.

    Any JSON writer can carry it as the double; ours writes the digits.
    """

    def __new__(cls, digits: str) -> Exact:
        exact = super().__new__(cls, digits)
        exact.digits = digits
        return exact

    digits: str


def json_number(value: Fraction) -> int | float:
    """Whole numbers and decimals in full, any other quotient as the nearest double."""
    if value.denominator == 1:
        return value.numerator
    places = _decimal_places(value.denominator)
    if places is None:
        return float(value)
    whole, part = divmod(abs(value.numerator) * 10**places // value.denominator, 10**places)
    digits = f"{'-' if value < 0 else ''}{whole}.{part:0{places}}"
    nearest = float(digits)
    return nearest if repr(nearest) == digits else Exact(digits)


def _decimal_places(denominator: int) -> int | None:
    """The decimal places that hold all quotients by it; null when there are not enough."""
    places = 0
    for prime in (2, 5):
        times = 0
        while denominator % prime == 0:
            denominator //= prime
            times += 1
        places = max(places, times)
    return places if denominator == 1 else None


def json_value(value: Any) -> Any:
    """A value of a document, a group or a target as JSON carries it; mappings and sequences part by part."""
    if isinstance(value, (Fraction, Decimal)):
        return json_number(Fraction(value))
    if isinstance(value, dict):
        return {str(key): json_value(part) for key, part in cast("dict[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [json_value(part) for part in cast("list[Any]", value)]
    return value


def as_json(results: Results) -> dict[str, Any]:
    """`aac-results/1`: times in UTC, dates local to the company, keys of several fields as lists (LANGUAGE §11)."""
    statuses = [result.verdict.status for result in results.headline()]
    return {
        "schema": SCHEMA,
        "aac": VERSION,
        "project": results.project,
        "revision": results.revision,
        "now": iso_utc(results.now_us),
        "sources": [_source(source) for source in results.sources],
        "entities": dict(results.entities),
        "health": [_health(entity, results) for entity in results.entities],
        "results": [_result(result, ITEMS if results.items is None else results.items) for result in results.results],
        "findings": [_finding(finding) for finding in results.findings],
        "summary": {status.value: statuses.count(status) for status in SUMMARY},
    }


def _health(entity: str, results: Results) -> dict[str, Any]:
    """What is wrong with the records of an entity, by field and code, and what rests on that."""
    found = [
        finding
        for finding in results.findings
        if finding.code.startswith("AAC5") and (finding.entity == entity or finding.doc == f"entity:{entity}")
    ]
    return {
        "entity": entity,
        "records": results.entities[entity],
        "set_aside": sum(finding.count for finding in found if finding.code in SET_ASIDE),
        "problems": [
            {"code": f.code, "level": f.level, "field": f.field, "count": f.count, "affects": list(f.affects)}
            for f in found
        ],
    }


def _source(source: SourceState) -> dict[str, Any]:
    return {
        "id": source.id,
        "watermark": iso_utc(source.watermark_us),
        "pulled_at": iso_utc(source.pulled_at_us),
        "rows": dict(source.rows),
        "status": source.status,
    }


def _result(result: Result, items: int) -> dict[str, Any]:
    reading, verdict = result.reading, result.verdict
    shared: dict[str, Any] = {
        "kind": result.kind,
        "id": result.id,
        "as_of": iso_utc(reading.as_of_us),
        "window": _window(reading),
        "by": json_value(dict(reading.by)),
        "status": None if verdict.status is None else verdict.status.value,
    }
    if result.waived is not None:
        shared["waived"] = _waived(result.waived)
    if isinstance(reading, ClockReading):
        return shared | _clock(result, reading, items)
    if isinstance(reading, CardReading):
        return shared | _card(reading)
    number = shared | _number(reading, verdict.target)
    # a promise of a number has steps, as every promise has
    return number | {"escalations": _escalations(verdict)} if result.kind == "sla" else number


def _waived(waived: Waived) -> dict[str, Any]:
    """By which waivers how many items were excused, and what would be without them."""
    reading, status = waived.reading, waived.verdict.status
    without: dict[str, Any] = {"status": None if status is None else status.value}
    if isinstance(reading, ClockReading):
        counts = {outcome.value: reading.count(outcome) for outcome in (Outcome.MET, Outcome.LATE, Outcome.EXCUSED)}
        without |= {"attainment": json_value(reading.attainment)} | counts
    return {"by": list(waived.by), "items": waived.items, "without": without}


def _window(reading: Reading) -> dict[str, Any]:
    window = reading.window
    return {
        "label": window.label,
        "from": None if window.first is None else window.first.isoformat(),
        "until": None if window.until is None else window.until.isoformat(),
        "provisional": is_provisional(reading),
    }


def _clock(result: Result, reading: ClockReading, items: int) -> dict[str, Any]:
    verdict = result.verdict
    interval = wilson_interval(reading.count(Outcome.MET), reading.judged)
    return {
        "attainment": json_value(reading.attainment),
        "objective": json_value(verdict.objective),
        "met": reading.count(Outcome.MET),
        "late": reading.count(Outcome.LATE),
        "open": reading.count(Outcome.OPEN),
        "excused": reading.count(Outcome.EXCUSED),
        "unmeasurable": reading.count(Outcome.UNMEASURABLE),
        "outside": reading.count(Outcome.OUTSIDE),
        "outside_hours": reading.outside_hours,
        "unknown": reading.unknown,
        "interval": None if interval is None else list(interval),
        "budget": _budget(reading, verdict),
        "through": {name: json_number(Fraction(us, SECOND_US)) for name, us in reading.through},
        **({"missing": dict(reading.missing)} if reading.missing else {}),
        "escalations": _escalations(verdict),
        "late_items": [_item(item) for item in reading.late_items[:items]],
    }


def _budget(reading: ClockReading, verdict: Verdict) -> dict[str, Any] | None:
    if verdict.budget is None:
        return None
    allowed, spent = verdict.budget
    return {"allowed": allowed, "spent": spent, "burn": json_value(burn(reading, verdict.objective))}


def _number(reading: NumberReading, target: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "value": json_value(reading.value),
        "numerator": json_value(reading.numerator),
        "denominator": json_value(reading.denominator),
        "n": reading.n,
        "unknown": reading.unknown,
        "unit": reading.unit,
        "target": None if target is None else json_value(dict(target)),
        "final": reading.is_final,
    }


def _card(reading: CardReading) -> dict[str, Any]:
    rows = [
        {
            "id": row.subject,
            "window": row.window,
            "weight": json_number(row.weight),
            "horizon": row.horizon,
            "status": None if row.status is None else row.status.value,
            **({"waived": True} if row.is_waived else {}),
        }
        for row in reading.rows
    ]
    return {"score": json_value(card_score(reading.rows)), "rows": rows}


def _escalations(verdict: Verdict) -> list[dict[str, Any]]:
    return [_escalation(step) for step in verdict.escalations]


def _escalation(step: Escalation) -> dict[str, Any]:
    return {
        "key": None if step.key is None else _key(step.key),
        "at": step.at,
        "do": step.do,
        "to": step.to,
        "meeting": step.meeting,
        "since": _moment(step.since_us),
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "key": _key(item.key),
        "started": iso_utc(item.started_us),
        "due": _moment(item.due_us),
        "done": _moment(item.done_us),
        "seconds": json_number(Fraction(item.used_us, SECOND_US)),
        **({"missing": list(item.missing)} if item.missing else {}),
    }


def _moment(us: int | None) -> str | None:
    return None if us is None else iso_utc(us)


def _key(key: Key) -> str | list[str]:
    return key if isinstance(key, str) else list(key)


def _finding(finding: Finding) -> dict[str, Any]:
    span = finding.span
    return {
        "code": finding.code,
        "level": finding.level,
        "message": finding.message,
        "instead": finding.instead,
        "doc": finding.doc,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "col": span.col if span else None,
        "count": finding.count,
        "keys": list(finding.keys),
        **({"field": finding.field} if finding.field else {}),
        **({"affects": list(finding.affects)} if finding.affects else {}),
    }


def dumps(value: Any, depth: int = 0) -> str:
    """JSON text; what fits on a line stands on one. Exact decimals in full, unseen characters escaped."""
    match value:
        case dict():
            members = cast("dict[str, Any]", value).items()
            return _joined("{", [f"{_text(key)}: {dumps(part, depth + 1)}" for key, part in members], "}", depth)
        case list():
            return _joined("[", [dumps(part, depth + 1) for part in cast("list[Any]", value)], "]", depth)
        case str():
            return _text(value)
        case Exact():
            return value.digits
        case _:
            return json.dumps(value, allow_nan=False)


def _joined(opening: str, parts: list[str], closing: str, depth: int) -> str:
    """The parts on one line if they fit there, else each on its own."""
    line = f"{opening}{', '.join(parts)}{closing}"
    if len(line) + 2 * depth <= WIDTH and "\n" not in line:
        return line
    indent, outdent = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    return f"{opening}{indent}{f',{indent}'.join(parts)}{outdent}{closing}"


def _text(text: str) -> str:
    return UNSEEN.sub(lambda unseen: f"\\u{ord(unseen[0]):04x}", encode_basestring(text))


class JsonReport:
    """One page, made by `aac check --format json`; the wiki carries it as `aac.json`."""

    name: ClassVar[str] = "json"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """`aac-results/1`."""
        del project
        return as_json(results)

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `aac.json`."""
        return (Page("aac.json", dumps(view) + "\n"),)


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [JsonReport]
