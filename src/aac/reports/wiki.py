"""The wiki: a home page and a page for each document, which open from a folder without a server.

A page of a document is made by `templates/wiki/<kind>.html.j2` where there is one, else by `wiki/document.html.j2`;
the project's own `templates/` come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from aac.distribution import VERSION
from aac.findings import in_reading_order
from aac.hookspecs import hookimpl
from aac.periods import local_time
from aac.privacy import is_personal
from aac.reports.base import Page
from aac.reports.json import ITEMS, as_json, dumps
from aac.reports.pages import fill
from aac.reports.wording import (
    as_of_words,
    clock_time,
    day,
    due_words,
    freshness_of_all,
    freshness_words,
    group_words,
    key_words,
    moment,
    needed_words,
    percent,
    plural,
    result_words,
    span,
)
from aac.results import CardReading, ClockReading, NumberReading, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.findings import Finding
    from aac.reports.base import Entry, Report, ReportProject, View
    from aac.reports.pages import Job
    from aac.results import Item, Result, Results, SourceState

KINDS: Mapping[str, tuple[str, str]] = {
    "sla": ("Agreement", "Agreements"),
    "scorecard": ("Scorecard", "Scorecards"),
    "metric": ("Metric", "Metrics"),
    "definition": ("Definition", "Definitions"),
    "lifecycle": ("Lifecycle", "Lifecycles"),
    "icp": ("Ideal customer profile", "Ideal customer profiles"),
    "scoring": ("Lead scoring", "Lead scoring"),
    "list": ("List", "Lists"),
    "meeting": ("Meeting", "Meetings"),
    "entity": ("Entity", "Entities"),
    "team": ("Team", "Teams"),
    "calendar": ("Calendar", "Calendars"),
    "company": ("Company", "Company"),
}
"""One and several of each kind in words, in the order of the menu; other kinds go by their own name, after them."""

CARDS: Mapping[str, str] = {"sla": "agreements", "metric": "metrics"}
"""The kinds that have cards on the home page, and the section where those are."""

PHRASES: Mapping[Status, tuple[str, str]] = {
    Status.OFF_TARGET: ("is off target", "are off target"),
    Status.AT_RISK: ("is at risk", "are at risk"),
    Status.STALE: ("rests on data that is too old", "rest on data that is too old"),
    Status.NOT_MEASURABLE: ("cannot be measured", "cannot be measured"),
    Status.NOT_ENOUGH_DATA: ("has not enough data yet", "have not enough data yet"),
    Status.ON_TARGET: ("is on target", "are on target"),
}
"""What a sentence says of one document and of several, the worst first."""

COMMON = (
    "kind", "id", "name", "means", "owner", "parties", "tags", "links", "review_by", "why", "as_written",
)  # fmt: skip
"""Keys that any document may have, shown in the same place on every page."""

SORTS = {ClockReading: "clock", NumberReading: "number", CardReading: "card"}
"""What sort of thing was measured of a document."""

LINKS = ("https://", "http://", "mailto:")


class WikiReport:
    """What `aac build` writes: HTML without scripts, one style sheet, and the numbers as `aac.json`."""

    name: ClassVar[str] = "wiki"
    made_by: ClassVar[Literal["check", "build"]] = "build"

    def view(self, project: ReportProject, results: Results) -> View:
        """Everything the pages say, in words; ``results`` are those of `aac.json`."""
        entries, zone = project.entries(), project.timezone
        receivers = _receivers(entries)
        findings = in_reading_order((*project.findings, *results.findings))
        measured = _by_document(results.results)
        links = {_subject(entry): _link(entry) for entry in entries}
        documents: list[View] = [
            _document(entry, links, [f for f in findings if f.doc == _subject(entry)])
            | {"measured": _measured(entry, measured.get(_subject(entry), []), zone), "receivers": receivers}
            | {"in_words": [{"place": place, "words": said} for place, said in project.in_words(entry.kind, entry.id)]}
            | {"records": results.entities.get(entry.id) if entry.kind == "entity" else None}
            for entry in entries
        ]
        cards = {f"{doc['kind']}:{doc['id']}": _card(doc) for doc in documents}
        for doc in documents:
            if doc["kind"] == "scorecard":
                doc["rows"] = [_row(row, cards) for row in doc["fields"]["rows"]]
        return {
            "site": {
                "project": results.project,
                "revision": results.revision,
                "version": VERSION,
                "as_of": as_of_words(results, zone),
                "freshness": freshness_of_all(results),
                "zone": zone,
                "now": moment(results.now_us, zone),
                "menu": [
                    {"anchor": CARDS.get(kind, f"{kind}-documents"), "title": _titles(kind)[1]}
                    for kind in _kinds(entries)
                ],
            },
            "home": {
                "sentences": _sentences(results, findings, links),
                "agreements": _pairs([doc for doc in documents if _counts_as(doc, "sla", "clock")], links),
                "metrics": [_card(doc) for doc in documents if _counts_as(doc, "metric", "number")],
                "sources": [_source(source, zone) for source in results.sources],
                "findings": [_finding(finding, links) for finding in findings],
                "shelves": [
                    {
                        "kind": kind,
                        "title": f"All {_titles(kind)[1].lower()}" if kind in CARDS else _titles(kind)[1],
                        "documents": [_card(doc) for doc in documents if doc["kind"] == kind],
                    }
                    for kind in _kinds(entries)
                ],
            },
            "documents": documents,
            "results": as_json(results),
            "templates": str(project.root / "templates"),
        }

    def render(self, view: View) -> tuple[Page, ...]:
        """`index.html`, `<kind>/<id>.html`, `style.css` and `aac.json`. Raises PluginError when a template is wrong."""
        site = {"site": view["site"]}
        jobs: list[Job] = [
            ("index.html", ("wiki/home.html.j2",), site | {"home": view["home"]}),
            ("style.css", ("wiki/style.css.j2",), site),
        ]
        for doc in view["documents"]:
            templates = (f"wiki/{doc['kind']}.html.j2", "wiki/document.html.j2")
            jobs.append((doc["href"], templates, site | {"doc": doc}))
        return (*fill(view["templates"], jobs), Page("aac.json", dumps(view["results"]) + "\n"))


def _subject(entry: Entry) -> str:
    return f"{entry.kind}:{entry.id}"


def _titles(kind: str) -> tuple[str, str]:
    word = kind.replace("_", " ").capitalize()
    return KINDS.get(kind, (word, word))


def _kinds(entries: Iterable[Entry]) -> list[str]:
    """The kinds that there are documents of, in the order of the menu."""
    order = list(KINDS)
    return sorted(
        {e.kind for e in entries}, key=lambda kind: (order.index(kind) if kind in order else len(order), kind)
    )


def _link(entry: Entry) -> View:
    kind = _titles(entry.kind)[0]
    return {"kind": kind, "id": entry.id, "name": entry.name, "href": f"{entry.kind}/{entry.id}.html"}


def _receivers(entries: Iterable[Entry]) -> dict[str, str]:
    """Where a step leads to: the page of each team by its id and by those of its queues."""
    pages: dict[str, str] = {}
    for team in (entry for entry in entries if entry.kind == "team"):
        queues = [_mapping(queue).get("id") for queue in _list(team.fields.get("queues"))]
        pages |= {str(id): _link(team)["href"] for id in (*queues, team.id) if id}
    return pages


def _by_document(results: Iterable[Result]) -> dict[str, list[Result]]:
    documents: dict[str, list[Result]] = {}
    for result in results:
        documents.setdefault(f"{result.kind}:{result.id}", []).append(result)
    return documents


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return list(cast("Sequence[Any]", value)) if isinstance(value, (list, tuple)) else []


def _document(entry: Entry, links: Mapping[str, View], findings: list[Finding]) -> View:
    """What every page of a document shows, whatever its kind.

    ``names`` leads from the names in a rule to pages, ``refs`` from a whole value; rules do not name teams.
    """
    fields, who = entry.fields, _mapping(entry.fields.get("who"))
    owners = _list(fields.get("owner")) or [fields.get("owner") or who.get("owes")]
    parties = _list(fields.get("parties")) or [who[side] for side in ("owes", "to") if side in who] or owners[1:]
    rests_on = [subject for subject in entry.rests_on if subject in links]
    own = {key: value for key, value in fields.items() if key not in COMMON}
    if entry.kind == "entity":
        own["fields"] = [_entity_field(name, field, links) for name, field in _mapping(own.get("fields")).items()]
    return _link(entry) | {
        "kind": entry.kind,
        "kind_title": _titles(entry.kind)[0],
        "shelf": _titles(entry.kind)[1],
        "source": f"{entry.file}:{entry.line}",
        "summary": fields.get("what") or fields.get("purpose") or fields.get("means"),
        "owner": _team(owners[0], links) if owners[0] else None,
        "parties": [_team(team, links) for team in parties],
        "who": {side: _team(who[side], links) for side in ("owes", "to") if side in who},
        "links": [
            {"text": str(link), "leads": str(link).lower().startswith(LINKS)} for link in _list(fields.get("links"))
        ],
        "tags": [str(tag) for tag in _list(fields.get("tags"))],
        **{key: _plain(fields.get(key)) for key in ("means", "review_by", "why", "as_written")},
        "fields": _plain(own),
        "names": {links[subject]["id"]: links[subject]["href"] for subject in rests_on if subject[:5] != "team:"},
        "refs": {links[subject]["id"]: links[subject]["href"] for subject in rests_on},
        "rests_on": [links[subject] for subject in rests_on],
        "used_by": [links[subject] for subject in entry.used_by if subject in links],
        "findings": [_finding(finding, {}) for finding in findings],
    }


def _team(id: object, links: Mapping[str, View]) -> View:
    return links.get(f"team:{id}") or {"kind": "Team", "id": str(id), "name": str(id), "href": None}


def _plain(value: object) -> Any:
    """A value as JSON carries it; what is neither text, whole number nor boolean becomes text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in cast("Sequence[object]", value)]
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)


def _entity_field(name: str, field: object, links: Mapping[str, View]) -> View:
    """A field of an entity; of a personal one neither the values nor what they are mapped from are told."""
    written = _mapping(field) or {"type": field}
    sort = next((sort for sort in ("ref", "is", "rollup") if sort in written), "type")
    shown = ("is", "rollup", "over", "via", "where", "after", "from", "format")
    listed = () if is_personal(field) else ("values", "map")
    return {
        "name": name,
        "type": {"is": "computed", "rollup": "roll-up"}.get(sort, str(written.get(sort))),
        "leads_to": links.get(f"entity:{written.get('ref')}"),
        "unit": written.get("unit"),
        "personal": is_personal(field),
        "rules": [{"key": key, "rule": str(written[key])} for key in shown if key in written],
        **{key: _plain(written.get(key)) if key in listed else None for key in ("values", "map")},
    }


def _words(result: Result, entry: Entry) -> View:
    """A result in words, with what is needed where it is not enough."""
    words = result_words(result)
    window = "never started" if result.selection == "unplaced" else words["window"]
    return words | {"window": window, "beside": [*needed_words(result, entry.fields), *words["beside"]]}


def _measured(entry: Entry, results: list[Result], zone: str) -> View | None:
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
        "headline": _words((answers or totals)[-1], entry),
        "totals": [_words(result, entry) for result in totals],
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
            "windows": [
                {key: value for key, value in _words(groups[0], entry).items() if key in ("window", "hint", "so_far")}
                | {"rows": [_group(result, entry) for result in sorted(groups, key=_is_unknown)]}
                for groups in windows.values()
            ],
        }
        for name, windows in dimensions.items()
    ]


def _is_unknown(group: Result) -> bool:
    return None in group.reading.by.values()


def _group(result: Result, entry: Entry) -> View:
    return _words(result, entry) | {"group": [group_words(value) for value in result.reading.by.values()]}


def _late_rows(result: Result, zone: str, *, days: bool) -> list[View]:
    reading = result.reading
    items = reading.late_items[:ITEMS] if isinstance(reading, ClockReading) else ()
    return [_item(item, zone) | {"late_by": span(item.used_us - item.promised_us, days=days)} for item in items]


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
    return {"key": key_words(item.key), **dict.fromkeys(moments), **shown}


def _is_of_dates(item: Item, zone: str) -> bool:
    """Whether a promise began at midnight and is due with the last microsecond of a day, as dates are read."""
    if item.due_us is None:
        return False
    starts = [item.started_us, item.due_us + 1, *([] if item.done_us is None else [item.done_us])]
    return all(local_time(us, zone).time() == time.min for us in starts)


def _counts_as(doc: View, kind: str, sort: str) -> bool:
    return doc["measured"]["sort"] == sort if doc["measured"] else doc["kind"] == kind


def _card(doc: View) -> View:
    """A document in short: on the home page."""
    measured: View = doc["measured"] or {"headline": None, "totals": []}
    return {
        **{key: doc[key] for key in ("id", "name", "href", "summary")},
        "headline": measured["headline"],
        "so_far": next((words for words in measured["totals"] if words["so_far"]), None),
    }


def _row(row: Mapping[str, Any], cards: Mapping[str, View]) -> View:
    """A row of a scorecard, with what it shows in short."""
    kind = "metric" if row.get("metric") else "sla"
    return {
        "of": cards[f"{kind}:{row[kind]}"],
        "weight": str(row.get("weight") or 1),
        **{key: row.get(key) for key in ("horizon", "why")},
    }


def _pairs(documents: list[View], links: Mapping[str, View]) -> list[View]:
    """Agreements below the teams they bind; those without two teams come last."""
    pairs: dict[tuple[str, str] | None, list[View]] = {}
    for doc in documents:
        who = _mapping(doc["fields"].get("who"))
        pairs.setdefault((str(who["owes"]), str(who["to"])) if {"owes", "to"} <= who.keys() else None, []).append(doc)
    return [
        {"teams": [_team(team, links) for team in teams or ()], "documents": [_card(doc) for doc in pairs[teams]]}
        for teams in sorted(pairs, key=lambda teams: (teams is None, list(pairs).index(teams)))
    ]


def _sentences(results: Results, findings: tuple[Finding, ...], links: Mapping[str, View]) -> list[str]:
    """What a reader should know first."""
    clocks = [result for result in results.headline() if isinstance(result.reading, ClockReading)]
    numbers = [result for result in results.headline() if isinstance(result.reading, NumberReading)]
    cards = [result for result in results.headline() if isinstance(result.reading, CardReading)]
    sentences = [_standing(clocks, "agreement", "agreements"), _standing(numbers, "metric", "metrics with a target")]
    sentences.append(_standing(cards, "scorecard", "scorecards"))
    sentences.append(_at_risk(results, links))
    wrong = sum(finding.level != "info" for finding in findings)
    if wrong:
        sentences.append(
            f"{plural(wrong, 'thing')} in the documents or the data {'needs' if wrong == 1 else 'need'} a look."
        )
    return [sentence for sentence in sentences if sentence]


def _standing(results: list[Result], one: str, several: str) -> str:
    """`Of 5 agreements, 2 are off target and 3 are on target.`; empty when none has a status."""
    statuses = [result.verdict.status for result in results if result.verdict.status is not None]
    counts = [(statuses.count(status), phrases) for status, phrases in PHRASES.items() if status in statuses]
    if len(counts) == 1:
        n, phrases = counts[0]
        return f"The one {one} {phrases[0]}." if n == 1 else f"All {n} {several} {phrases[1]}."
    told = [f"{n} {phrases[n > 1]}" for n, phrases in counts]
    return f"Of {len(statuses)} {several}, {', '.join(told[:-1])} and {told[-1]}." if told else ""


def _at_risk(results: Results, links: Mapping[str, View]) -> str:
    """`In the window that is still running, X and Y are at risk.`; empty when nothing is."""
    totals = [result for result in results.results if not result.reading.by and result.selection == "current"]
    at_risk = [f"{r.kind}:{r.id}" for r in totals if r.verdict.status is Status.AT_RISK]
    names = list(dict.fromkeys(links[subject]["name"] if subject in links else subject for subject in at_risk))
    if not names:
        return ""
    several = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f"In the window that is still running, {several} {PHRASES[Status.AT_RISK][len(names) > 1]}."


def _source(source: SourceState, zone: str) -> View:
    return {
        "id": source.id,
        "as_of": moment(source.watermark_us, zone),
        "pulled": moment(source.pulled_at_us, zone),
        "freshness": freshness_words(source.status),
        "streams": [{"name": stream, "rows": f"{rows:,}"} for stream, rows in source.rows.items()],
    }


def _finding(finding: Finding, links: Mapping[str, View]) -> View:
    return {
        **{key: getattr(finding, key) for key in ("code", "level", "message", "instead")},
        "place": str(finding.span) if finding.span else None,
        "about": links.get(finding.doc or ""),
        "keys": list(finding.keys),
        "more": max(0, finding.count - len(finding.keys)) if finding.keys else 0,
    }


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [WikiReport]
