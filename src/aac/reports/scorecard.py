"""A scorecard as files of its own: Markdown, CSV, and one page to be printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from aac.hookspecs import hookimpl
from aac.reports.base import Page, Sheet
from aac.reports.json import dumps, json_number
from aac.reports.sections import role_of, teams_of
from aac.reports.tables import csv_text, plain, table
from aac.reports.wording import NONE, as_of_words, beside_card, freshness_of_all, result_words
from aac.results import CardReading, ClockReading, NumberReading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.reports.base import Entry, Report, ReportProject, View
    from aac.results import Result, Results, RowReading

COLUMNS = ("what", "window", "result", "counts", "agreed", "status", "weight", "horizon", "who")


class ScorecardReport:
    """Each scorecard as it stands in its last windows: `scorecards/<id>.md`, `.csv` and `.html`."""

    name: ClassVar[str] = "scorecard"
    made_by: ClassVar[Literal["check", "build"]] = "build"

    def view(self, project: ReportProject, results: Results) -> View:
        """``cards``, each with its ``rows``; every cell in words, and the ``value`` as a number."""
        entries = {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}
        shared = {
            "project": results.project,
            "as_of": as_of_words(results, project.timezone),
            "freshness": freshness_of_all(results),
        }
        cards = [
            shared | _origin(result, results) | _card(result, result.reading, results, entries)
            for result in results.headline()
            if isinstance(result.reading, CardReading)
        ]
        return {"cards": cards}

    def render(self, view: View) -> tuple[Page | Sheet, ...]:
        """Three pages a scorecard."""
        pages: list[Page | Sheet] = []
        for card in view["cards"]:
            path = f"scorecards/{card['name']}"
            pages += [Page(f"{path}.md", _markdown(card)), Page(f"{path}.csv", _csv(card))]
            pages.append(Sheet(f"{path}.html", ("scorecard/scorecard.html.j2",), {"card": card}))
        return tuple(pages)


def _origin(result: Result, results: Results) -> View:
    newest = results.background.newest([f"scorecard:{result.id}"])
    return {"revision": newest.revision if newest is not None else None}


def _card(result: Result, reading: CardReading, results: Results, entries: Mapping[str, Entry]) -> View:
    words, entry = result_words(result), entries.get(f"scorecard:{result.id}")
    label = reading.window.label
    return {
        "id": result.id,
        # several windows that were named give a file each
        "name": f"{result.id}-{label}" if result.selection == "named" else result.id,
        "title": entry.name if entry else result.id,
        "owners": [role_of(team, entries) for team in (teams_of(entry) if entry else ())],
        "source": f"{entry.file}:{entry.line}" if entry else None,
        "status": words["status"],
        "stands": f"{words['shown']} on target",
        "beside": beside_card(reading, {subject: entry.name for subject, entry in entries.items()}),
        "rows": [_row(row, results, entries) for row in reading.rows],
    }


def _row(row: RowReading, results: Results, entries: Mapping[str, Entry]) -> View:
    """A number on a card, in the window that the card was judged in; a dash for what was not measured."""
    totals = [r for r in results.headline() if f"{r.kind}:{r.id}" == row.subject]
    found = next((r for r in totals if r.reading.window.label == row.window), None) or next(iter(totals), None)
    words, entry = result_words(found) if found else None, entries.get(row.subject)
    teams = teams_of(entry) if entry else []
    status = words["status"] if words else None
    return {
        "what": entry.name if entry else row.subject,
        "href": f"{row.subject.replace(':', '/')}.html" if entry else None,
        "window": words["window"] if words else NONE,
        "result": words["shown"] if words else NONE,
        "counts": (words["counts"] if words else None) or NONE,
        "agreed": (words["limit"] if words else None) or NONE,
        "status": f"{status['shape']} {status['word'].lower()}" if status else NONE,
        "weight": str(json_number(row.weight)) if row.weight.denominator == 1 else f"{float(row.weight):g}",
        "horizon": row.horizon.replace("_", " "),
        "who": role_of(teams[0], entries) if teams else NONE,
        "value": _value(found) if found else "",
    }


def _value(result: Result) -> str:
    """The number itself, in full or as the nearest double, as in `aac.json`; nothing where it is unknown."""
    reading = result.reading
    match reading:
        case ClockReading():
            value = reading.attainment
        case NumberReading():
            value = reading.value
        case _:
            value = None
    return "" if value is None else dumps(json_number(value))


def _markdown(card: View) -> str:
    status = f"{card['status']['shape']} {card['status']['word'].lower()}, " if card["status"] else ""
    state = f" · {card['freshness']['word']}" if card["freshness"] else ""
    rows = [[plain(row[name]) for name in COLUMNS] for row in card["rows"]]
    parts = [
        f"# {plain(card['title'])}\n",
        f"{plain(', '.join(card['owners']))} · data as of {card['as_of']}{state}\n",
        f"**{status}{card['stands']}**" + "".join(f" · {plain(text)}" for text in card["beside"]) + "\n",
        table([name.capitalize() for name in COLUMNS], rows),
    ]
    return "\n".join(parts)


def _csv(card: View) -> str:
    columns = (*COLUMNS, "value")
    return csv_text(columns, ([row[name] for name in columns] for row in card["rows"]))


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [ScorecardReport]
