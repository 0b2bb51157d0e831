"""What a section of a meeting shows, as tables: numbers against what was agreed, steps, changes, and what to fill in.

A table is plain data: ``columns``, ``rows`` (``cells``, and ``href`` of the page that the first one leads to), and a
``note`` below it or null. Rows of empty cells are there to be filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from aac.findings import in_reading_order
from aac.periods import day_of
from aac.records import record
from aac.reports.wording import (
    LEVELS,
    NONE,
    STATUSES,
    day,
    due_words,
    freshness_words,
    moment,
    percent,
    plural,
    queue_words,
    result_words,
    through_words,
)
from aac.results import CardReading, ClockReading, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aac.reports.base import Entry, ReportProject, View
    from aac.results import Result, Results, RowReading

ROWS = 8
"""How many rows a table has at most: an agenda has two pages."""
BLANKS = 3
OFF = (Status.OFF_TARGET, Status.AT_RISK, Status.STALE, Status.NOT_MEASURABLE)
"""Statuses that a meeting has to speak of."""
NUMBERS = ["What", "Result", "Agreed", "Status", "Beside it", "Who"]
NOTHING = "Nothing."


@record
class Sitting:
    """One time that a meeting takes place, in microseconds; ``before_us``: the time before, null for the first.

    Without ``has_time`` it is only known on which day of the ``zone``. ``grain``: the windows whose numbers it looks
    at, where they are longer than those in which a number is told elsewhere.
    """

    from_us: int
    until_us: int
    before_us: int | None
    zone: str
    has_time: bool
    grain: str | None = None


@record
class News:
    """What changed: what it is called, of which sort it is, a sentence, when it was committed, and its page."""

    what: str
    sort: str
    says: str
    at_us: int
    href: str | None


@dataclass(frozen=True)
class Material:
    """What sections are made of; ``changes``: what was committed since the last time, null where there is no git.

    ``meeting`` is its id and ``teams`` those who take part: what concerns nobody of them is not told of its own accord.
    """

    meeting: str
    teams: frozenset[str]
    sitting: Sitting
    project: ReportProject
    results: Results
    changes: Sequence[News] | None

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """The documents by ``kind:id``."""
        return {f"{entry.kind}:{entry.id}": entry for entry in self.project.entries()}

    @cached_property
    def by_subject(self) -> dict[str, list[Result]]:
        """The results without groups of each document."""
        found: dict[str, list[Result]] = {}
        for result in self.results.results:
            if not result.reading.by:
                found.setdefault(f"{result.kind}:{result.id}", []).append(result)
        return found

    @cached_property
    def of_its_length(self) -> list[Result]:
        """The results of the last window that is as long as the time between two of these meetings."""
        words = self.results.background.words
        told = (result for result in words if result.selection == "last" and not result.reading.by)
        return [result for result in told if result.reading.window.grain == self.sitting.grain]

    def totals(self, subject: str) -> list[Result]:
        """What is told of a document: of the meeting's own length, else its last windows, and the current one where it
        is at risk."""
        own = [result for result in self.of_its_length if f"{result.kind}:{result.id}" == subject]
        if own:
            return own
        found = self.by_subject.get(subject, [])
        current = [r for r in found if r.selection == "current"]
        answers = [r for r in found if r.selection not in ("current", "unplaced")] or current
        return [*answers, *(r for r in current if r not in answers and r.standing is Status.AT_RISK)]


def tables_of(item: str, material: Material) -> list[View]:
    """What `off_target`, `metric:win_rate` and the like show."""
    if item in WORDS:
        return [WORDS[item](material)]
    entry = material.entries.get(item)
    results = material.totals(item)
    if entry is not None and results and isinstance(results[0].reading, CardReading):
        return [_card(results[0], results[0].reading, entry, material)]
    if results:
        return [_table(NUMBERS, [_number(result, material) for result in results])]
    return [_table([], [], f"{entry.name}: {_first_lines(entry)}" if entry else item)]


def joined(tables: Iterable[View]) -> list[View]:
    """Tables of the same columns that follow each other as one."""
    made: list[View] = []
    for table in tables:
        is_alike = made and made[-1]["columns"] == table["columns"] == NUMBERS and made[-1]["note"] is None
        if is_alike:
            made[-1] = {**table, "rows": [*made[-1]["rows"], *table["rows"]]}
        else:
            made.append(table)
    return made


def teams_of(entry: Entry) -> list[str]:
    """Who owes what a document says, then who else is bound by it."""
    fields = entry.fields
    who = cast("Mapping[str, object]", fields.get("who") or {})
    several = (who.get("owes"), fields.get("owner"), who.get("to"), fields.get("parties"))
    return list(dict.fromkeys(str(team) for value in several for team in _several(value)))


def role_of(team: str, entries: Mapping[str, Entry]) -> str:
    """Who answers for a team: the role that leads it, else its name. Never a person."""
    entry = entries.get(f"team:{team}")
    return str(entry.fields.get("lead_role") or entry.name) if entry is not None else team


def _table(columns: list[str], rows: list[View], note: str | None = None, *, others: str = "aac check") -> View:
    """A table; ``others``: the command that tells of the rows for which there is no room."""
    left = len(rows) - ROWS
    more = f"And {left:,} more: `{others}` has them all." if left > 0 else None
    return {"columns": columns if rows else [], "rows": rows[:ROWS], "note": more or note}


def _blank(*columns: str, before: Sequence[View] = ()) -> View:
    """Rows to fill in, behind those that are known."""
    known = list(before[: ROWS - BLANKS])
    left = len(before) - len(known)
    made = _table([*columns], [*known, *[{"cells": [""] * len(columns), "href": None}] * BLANKS])
    return made | {"note": f"And {left:,} more decisions." if left > 0 else None}


def _several(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _first_lines(entry: Entry) -> str:
    text = entry.fields.get("what") or entry.fields.get("means") or entry.fields.get("purpose") or NONE
    return " ".join(str(text).strip().split("\n\n")[0].split())


# Numbers


def _number(result: Result, material: Material, beside: Sequence[str] = ()) -> View:
    """A result in a row: what it is, what it came to, and the role that answers for it."""
    words, entry = result_words(result), material.entries.get(f"{result.kind}:{result.id}")
    counts = f" ({words['counts']})" if words["counts"] and words["is_share"] else ""
    through = through_words(result.reading) if isinstance(result.reading, ClockReading) else []
    through = [f"where the time went: {through[0]}", *through[1:]] if through else []
    status = words["status"]
    so_far = ", so far" if words["so_far"] else ""
    owner = role_of(teams_of(entry)[0], material.entries) if entry and teams_of(entry) else NONE
    return {
        "cells": [
            f"{entry.name if entry else result.id}, {words['window']}{so_far}",
            f"{words['shown']}{counts}",
            words["limit"] or NONE,
            f"{status['shape']} {status['word'].lower()}" if status else NONE,
            " · ".join([*beside, *words["beside"], *through]) or NONE,
            owner,
        ],
        "href": f"{result.kind}/{result.id}.html" if entry else None,
    }


def _card(result: Result, reading: CardReading, entry: Entry, material: Material) -> View:
    """The rows of a scorecard, and below them how it stands."""
    words = result_words(result)
    rows = [row for part in reading.rows for row in _card_row(part, material)]
    status = words["status"]
    stands = f"{status['shape']} {status['word'].lower()}, " if status else ""
    return _table(NUMBERS, rows, f"{entry.name}: {stands}{words['shown']} on target.")


def _card_row(row: RowReading, material: Material) -> list[View]:
    weight = percent(row.weight).removesuffix("%") if row.weight.denominator > 1 else str(row.weight)
    beside = [f"weight {weight}"] if row.weight != 1 and row.weight.denominator == 1 else []
    beside += ["longer term"] if row.horizon != "now" else []
    return [_number(result, material, beside) for result in material.totals(row.subject)[:1]]


def _concerning(material: Material) -> list[Result]:
    """What is off target, at risk, too old or not measurable, and concerns somebody who takes part; the worst first."""
    found: list[Result] = []
    for subject, entry in material.entries.items():
        is_theirs = not material.teams or material.teams & {*teams_of(entry)}
        if entry.kind != "scorecard" and is_theirs:
            found += [result for result in material.totals(subject) if result.standing in OFF]
    order = list(STATUSES)
    return sorted(found, key=lambda result: order.index(result.standing or Status.ON_TARGET))


# Words


def _off_target(material: Material) -> View:
    rows = [_number(result, material) for result in _concerning(material)]
    return _table(NUMBERS, rows, None if rows else "Nothing is off target or at risk.")


def _escalations(material: Material) -> View:
    """The steps for this meeting first, then those for a team or a queue of those who take part."""
    queues = {
        str(queue["id"])
        for team in material.teams
        if (entry := material.entries.get(f"team:{team}")) is not None
        for queue in cast("Sequence[Mapping[str, object]]", entry.fields.get("queues") or ())
    }
    called = _called(material)
    ours: list[View] = []
    theirs: list[View] = []
    for subject, entry in material.entries.items():
        results = material.by_subject.get(subject, [])
        for step in due_words(step for result in results for step in result.verdict.escalations):
            items = ", ".join(step["keys"]) + (f" and {step['more']} more" if step["more"] else "")
            cells = [
                entry.name,
                f"{step['do']} → {called.get(step['to'], step['to'] or NONE)}",
                step["at"].replace("_", " "),
                items or NONE,
            ]
            row: View = {"cells": cells, "href": f"{entry.kind}/{entry.id}.html"}
            if step["to"] == material.meeting:
                ours.append(row)
            elif step["to"] in material.teams | queues or not material.teams:
                theirs.append(row)
    rows = [*ours, *theirs]
    return _table(["What", "Step", "Because", "Items"], rows, None if rows else "No step is due.")


def _called(material: Material) -> dict[str, str]:
    """What meetings, teams and their queues are called, by id."""
    found: dict[str, str] = {}
    for entry in material.entries.values():
        if entry.kind in ("team", "meeting"):
            queues = cast("Sequence[Mapping[str, object]]", entry.fields.get("queues") or ())
            found |= {str(queue["id"]): queue_words(str(queue["id"]), queue.get("role")) for queue in queues}
            found[entry.id] = entry.name
    return found


def _changes(material: Material) -> View:
    """What was committed since the last time, by git; never by whom."""
    sitting = material.sitting
    if material.changes is None:
        return _table([], [], "What changed is not known: the project is in no git repository.")
    since = f"since {day(sitting.before_us, sitting.zone)}" if sitting.before_us is not None else "so far"
    rows: list[View] = [
        {"cells": [one.what, one.sort, one.says, day(one.at_us, sitting.zone)], "href": one.href}
        for one in material.changes
    ]
    note = None if rows else f"No document changed {since}."
    return _table(["What", "Sort", "What changed", "Committed"], rows, note, others="aac diff")


def _needs_help(material: Material) -> View:
    """A row for each team that answers for something off target or at risk: which help, and from whom, is filled in."""
    names: dict[str, list[str]] = {}
    for result in _concerning(material):
        entry = material.entries[f"{result.kind}:{result.id}"]
        if result.standing in (Status.OFF_TARGET, Status.AT_RISK) and teams_of(entry):
            of_team = names.setdefault(teams_of(entry)[0], [])
            of_team += [entry.name] if entry.name not in of_team else []
    rows: list[View] = [
        {"cells": [role_of(team, material.entries), ", ".join(found), "", ""], "href": None}
        for team, found in names.items()
    ]
    return _table(["Who", "For what", "Which help", "From whom"], rows, None if rows else "Nothing needs help.")


def _data_health(material: Material) -> View:
    rows: list[View] = []
    for source in material.results.sources:
        state = freshness_words(source.status)
        cells = [source.id, moment(source.watermark_us, material.project.timezone), NONE]
        cells[2] = f"{state['shape']} {state['word']}" if state else NONE
        rows.append({"cells": cells, "href": None})
    findings = in_reading_order((*material.project.findings, *material.results.findings))
    of_data = [finding.level for finding in findings if finding.code.startswith(("AAC5", "AAC6"))]
    counts = ", ".join(plural(of_data.count(level), noun) for level, noun in LEVELS.items() if level in of_data)
    return _table(["Source", "Data as of", "Freshness"], rows, f"Findings in the data: {counts or 'none'}.")


def _actions(material: Material) -> View:
    """What was decided and is not done yet, that which is due first; then blank rows."""
    found = [entry for entry in _decided(material) if entry.fields.get("state", "open") == "open"]
    found.sort(key=lambda entry: str(entry.fields.get("due") or "9999"))
    rows = [_decision(entry, (_role(entry, material), str(entry.fields.get("due") or NONE), "")) for entry in found]
    return _blank("What", "Role", "Due", "Done", before=rows)


def _decisions(material: Material) -> View:
    """What was decided since the last time; then blank rows."""
    sitting = material.sitting
    since = str(day_of(sitting.before_us, sitting.zone)) if sitting.before_us is not None else ""
    found = [entry for entry in _decided(material) if str(entry.fields.get("decided_on")) >= since]
    found.sort(key=lambda entry: str(entry.fields.get("decided_on")))
    rows = [
        _decision(entry, (_why(entry), _role(entry, material), str(entry.fields.get("decided_on")))) for entry in found
    ]
    return _blank("Decision", "Options, and what speaks for each", "Decided by", "From when on", before=rows)


def _decided(material: Material) -> list[Entry]:
    """The decisions of this meeting, and of those who take part where they name none; none of a later day."""
    today = str(day_of(material.sitting.from_us, material.sitting.zone))
    decisions = [
        entry
        for entry in material.entries.values()
        if entry.kind == "decision" and str(entry.fields.get("decided_on")) <= today
    ]
    return [
        entry
        for entry in decisions
        if entry.fields.get("meeting") == material.meeting
        or (not entry.fields.get("meeting") and entry.fields.get("owner") in material.teams)
    ]


def _decision(entry: Entry, cells: Sequence[str]) -> View:
    return {"cells": [entry.name, *cells], "href": f"{entry.kind}/{entry.id}.html"}


def _role(entry: Entry, material: Material) -> str:
    return role_of(str(entry.fields.get("owner")), material.entries)


def _why(entry: Entry) -> str:
    return " ".join(str(entry.fields.get("why") or NONE).split())


def _learned(material: Material) -> View:
    del material
    return _blank("What we saw", "What we take from it", "Where we write it down")


WORDS: Mapping[str, Callable[[Material], View]] = {
    "actions": _actions,
    "changes": _changes,
    "data_health": _data_health,
    "decisions": _decisions,
    "escalations": _escalations,
    "learned": _learned,
    "needs_help": _needs_help,
    "off_target": _off_target,
}
"""What each word of `shows` stands for (`aac.kinds.meeting.SHOWN_WORDS`)."""
