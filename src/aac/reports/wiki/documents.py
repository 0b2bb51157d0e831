"""The page of a document: what is written, what it rests on, and what it came to."""

from __future__ import annotations

from datetime import time
from fractions import Fraction
from typing import TYPE_CHECKING
from urllib.parse import quote

from aac.periods import local_time
from aac.privacy import is_personal
from aac.reports.json import ITEMS
from aac.reports.wiki.shelves import finding_view, link_to, listed, mapping, plain, team_link, titles
from aac.reports.wording import (
    by_words,
    clock_time,
    day,
    due_words,
    group_words,
    key_words,
    moment,
    needed_words,
    part_words,
    percent,
    result_words,
    span,
)
from aac.results import CardReading, ClockReading, NumberReading, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.findings import Finding
    from aac.reports.base import Entry, View
    from aac.results import Item, Result

COMMON = (
    "kind", "id", "name", "means", "owner", "parties", "tags", "links", "review_by", "why", "as_written",
)  # fmt: skip
"""Keys that any document may have, shown in the same place on every page."""

SORTS = {ClockReading: "clock", NumberReading: "number", CardReading: "card"}
"""What sort of thing was measured of a document."""

LINKS = ("https://", "http://", "mailto:")
KEY = "{key}"


def document_view(entry: Entry, links: Mapping[str, View], findings: list[Finding]) -> View:
    """What every page of a document shows, whatever its kind.

    ``names`` leads from the names in a rule to pages, ``refs`` from a whole value; rules do not name teams.
    """
    fields, who = entry.fields, mapping(entry.fields.get("who"))
    owners = listed(fields.get("owner")) or [fields.get("owner") or who.get("owes")]
    parties = listed(fields.get("parties")) or [who[side] for side in ("owes", "to") if side in who] or owners[1:]
    told = [subject for subject in sorted((*entry.rests_on, *entry.mentions)) if subject in links]
    own = {key: value for key, value in fields.items() if key not in COMMON}
    if entry.kind == "entity":
        own["fields"] = [_entity_field(name, field, links) for name, field in mapping(own.get("fields")).items()]
    return link_to(entry) | {
        "kind": entry.kind,
        "kind_title": titles(entry.kind)[0],
        "shelf": titles(entry.kind)[1],
        "file": entry.file,
        "source": f"{entry.file}:{entry.line}",
        "summary": fields.get("what") or fields.get("purpose") or fields.get("means"),
        "owner": team_link(owners[0], links) if owners[0] else None,
        "parties": [team_link(team, links) for team in parties],
        "who": {side: team_link(who[side], links) for side in ("owes", "to") if side in who},
        "links": [
            {"text": str(link), "leads": str(link).lower().startswith(LINKS)} for link in listed(fields.get("links"))
        ],
        "tags": [str(tag) for tag in listed(fields.get("tags"))],
        **{key: plain(fields.get(key)) for key in ("means", "review_by", "why", "as_written")},
        "fields": plain(own),
        "names": {links[subject]["id"]: links[subject]["href"] for subject in told if subject[:5] != "team:"},
        "refs": {links[subject]["id"]: links[subject]["href"] for subject in told},
        **{
            edge: [links[subject] for subject in getattr(entry, edge) if subject in links]
            for edge in ("rests_on", "used_by", "mentions", "mentioned_in")
        },
        "findings": [finding_view(finding, {}) for finding in findings],
    }


def record_links(entries: Iterable[Entry]) -> dict[str, str]:
    """Where the records that a document counts can be looked at: of each promise the address of its entity's records.

    That is the link of the entity that holds `{key}`.
    """
    known = {f"{entry.kind}:{entry.id}": entry for entry in entries}
    found: dict[str, str] = {}
    for subject, entry in known.items():
        name, seen = mapping(entry.fields.get("how_measured")).get("each"), set[str]()
        while isinstance(name, str) and name not in seen and f"entity:{name}" not in known:
            seen.add(name)
            name = known[f"definition:{name}"].fields.get("of") if f"definition:{name}" in known else None
        entity = known.get(f"entity:{name}")
        links = listed(entity.fields.get("links")) if entity is not None else []
        address = next((str(link) for link in links if KEY in str(link) and str(link).startswith(LINKS)), None)
        found |= {subject: address} if address else {}
    return found


def _entity_field(name: str, field: object, links: Mapping[str, View]) -> View:
    """A field of an entity; of a personal one neither the values nor what they are mapped from are told."""
    written = mapping(field) or {"type": field}
    sort = next((sort for sort in ("ref", "is", "rollup") if sort in written), "type")
    shown = ("is", "rollup", "over", "via", "where", "after", "from", "format")
    told = () if is_personal(field) else ("values", "map")
    return {
        "name": name,
        "type": {"is": "computed", "rollup": "roll-up"}.get(sort, str(written.get(sort))),
        "leads_to": links.get(f"entity:{written.get('ref')}"),
        "unit": written.get("unit"),
        "personal": is_personal(field),
        "rules": [{"key": key, "rule": str(written[key])} for key in shown if key in written],
        **{key: plain(written.get(key)) if key in told else None for key in ("values", "map")},
    }


def words_of(result: Result, entry: Entry) -> View:
    """A result in words, with what is needed where it is not enough."""
    words, reading = result_words(result), result.reading
    n = reading.judged if isinstance(reading, ClockReading) else getattr(reading, "n", None)
    window = "never started" if result.selection == "unplaced" else words["window"]
    return words | {"window": window, "n": n, "beside": [*needed_words(result, entry.fields), *words["beside"]]}


def measured_view(entry: Entry, results: list[Result], zone: str) -> View | None:
    """What was measured of a document; null when nothing was."""
    totals = [result for result in results if not result.reading.by]
    if not totals:
        return None
    answers = [result for result in totals if result.selection not in ("current", "unplaced")]
    clocks = [result for result in totals if isinstance(result.reading, ClockReading)]
    within = str(entry.fields.get("when"))
    return {
        "sort": SORTS[type(totals[0].reading)],
        "as_of": moment(totals[0].reading.as_of_us, zone),
        "headline": words_of((answers or totals)[-1], entry),
        "totals": [words_of(result, entry) for result in totals],
        "groups": _groups(results, entry),
        "late": [row for clock in clocks for row in _late_rows(clock, zone, days="business" not in within)],
        "late_count": sum(
            clock.reading.count(Outcome.LATE) for clock in clocks if isinstance(clock.reading, ClockReading)
        ),
        "open": [row for clock in clocks for row in _open_rows(clock, zone)],
        "due": due_words(step for result in totals for step in result.verdict.escalations),
    }


def _groups(results: list[Result], entry: Entry) -> list[View]:
    """The dimensions, each with its windows, each with its groups; those of unknown values last."""
    dimensions: dict[str, dict[str, list[Result]]] = {}
    for result in results:
        if result.reading.by:
            windows = dimensions.setdefault(" and ".join(result.reading.by), {})
            windows.setdefault(result.reading.window.label, []).append(result)
    return [
        {
            "name": name,
            "title": by_words(name),
            "windows": [
                {key: value for key, value in words_of(groups[0], entry).items() if key in ("window", "hint", "so_far")}
                | {"rows": [_group(result, entry) for result in sorted(groups, key=_is_unknown)]}
                for groups in windows.values()
            ],
        }
        for name, windows in dimensions.items()
    ]


def _is_unknown(group: Result) -> bool:
    return None in group.reading.by.values()


def _group(result: Result, entry: Entry) -> View:
    return words_of(result, entry) | {"group": [group_words(value) for value in result.reading.by.values()]}


def _late_rows(result: Result, zone: str, *, days: bool) -> list[View]:
    reading = result.reading
    items = reading.late_items[:ITEMS] if isinstance(reading, ClockReading) else ()
    return [
        _item(item, zone)
        | {
            "late_by": span(item.used_us - item.promised_us, days=days),
            "missing": ", ".join(map(part_words, item.missing)),
        }
        for item in items
    ]


def _open_rows(result: Result, zone: str) -> list[View]:
    """Open items that are not late yet, those with the least time left first."""
    reading = result.reading
    items = reading.open_items if isinstance(reading, ClockReading) else ()
    used = {item.key: Fraction(item.used_us, item.promised_us) for item in items if item.used_us <= item.promised_us}
    nearest = sorted((item for item in items if item.key in used), key=lambda item: -used[item.key])[:ITEMS]
    return [_item(item, zone) | {"used": percent(used[item.key])} for item in nearest]


def _item(item: Item, zone: str) -> View:
    """A promise: dates where it is one between dates, seconds where due and done are not apart without them."""
    moments = {"started": item.started_us, "due": item.due_us, "done": item.done_us}
    known = {name: us for name, us in moments.items() if us is not None}
    if _is_of_dates(item, zone):
        shown = {name: day(us, zone) for name, us in known.items()}
    else:
        shown = {name: clock_time(us, zone) for name, us in known.items()}
        if shown.get("due") == shown.get("done"):
            shown |= {name: clock_time(known[name], zone, seconds=True) for name in ("due", "done") if name in known}
    address = quote(item.key, safe="") if isinstance(item.key, str) else None
    return {"key": key_words(item.key), "address": address, **dict.fromkeys(moments), **shown}


def _is_of_dates(item: Item, zone: str) -> bool:
    """Whether a promise began at midnight and is due with the last microsecond of a day, as dates are read."""
    if item.due_us is None:
        return False
    starts = [item.started_us, item.due_us + 1, *([] if item.done_us is None else [item.done_us])]
    return all(local_time(us, zone).time() == time.min for us in starts)


def counts_as(doc: View, kind: str, sort: str) -> bool:
    return doc["measured"]["sort"] == sort if doc["measured"] else doc["kind"] == kind


def card_of(doc: View) -> View:
    """A document in short: on the home page."""
    measured: View = doc["measured"] or {"headline": None, "totals": []}
    return {
        **{key: doc[key] for key in ("id", "name", "href", "summary")},
        "headline": measured["headline"],
        "sparkline": doc["trend"]["sparkline"] if doc["trend"] else None,
        "change": doc["trend"]["change"] if doc["trend"] else None,
        "so_far": next((words for words in measured["totals"] if words["so_far"]), None),
    }
