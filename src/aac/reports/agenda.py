"""The agenda of a meeting as it takes place once: its sections in their minutes, filled with numbers (UX 4.3 f)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.reports.base import Sheet
from aac.reports.sections import Material, joined, role_of, tables_of, teams_of
from aac.reports.tables import plain, table
from aac.reports.wording import as_of_words, day, freshness_of_all, local_clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.reports.base import Entry, ReportProject, View
    from aac.reports.sections import News, Sitting
    from aac.results import Results

MINUTE_US = 60_000_000
OF_ITS_OWN = ("off_target", "decisions", "actions")
"""What a meeting without sections shows."""


def view_of(
    entry: Entry, sitting: Sitting, project: ReportProject, results: Results, changes: Sequence[News] | None
) -> View:
    """Everything that the agenda says, as plain data: ``sections`` have ``title``, ``minutes``, ``begins`` (the time,
    or null), ``why`` and ``tables``; their minutes come to those of the meeting."""
    entries = {f"{other.kind}:{other.id}": other for other in project.entries()}
    fields, zone = entry.fields, sitting.zone
    attendees = [str(who) for who in fields.get("attendees") or ()]
    teams = frozenset(who for who in attendees if f"team:{who}" in entries)
    material = Material(entry.id, teams, sitting, project, results, changes)
    freshness = freshness_of_all(results)
    newest = results.background.newest([f"meeting:{entry.id}", *entry.mentions])
    owner = next(iter(teams_of(entry)), None)
    return {
        "id": entry.id,
        "project": results.project,
        "title": entry.name,
        "day": day(sitting.from_us, zone),
        "time": _time(sitting),
        "minutes": int(fields["minutes"]),
        "as_of": as_of_words(results, project.timezone),
        "freshness": freshness,
        "revision": newest.revision if newest is not None else None,
        "purpose": fields["purpose"],
        "lead": role_of(owner, entries) if owner else None,
        "attendees": [entries[f"team:{who}"].name if who in teams else who for who in attendees],
        "before": day(sitting.before_us, zone) if sitting.before_us is not None else None,
        "source": f"{entry.file}:{entry.line}",
        "sections": _sections(entry, sitting, material),
    }


def when(sitting: Sitting) -> str:
    """As in `Thu 2026-03-05, 10:00–10:30 CET`, or the day alone."""
    return ", ".join(filter(None, [day(sitting.from_us, sitting.zone), _time(sitting)]))


def _time(sitting: Sitting) -> str | None:
    if not sitting.has_time:
        return None
    begins = local_clock(sitting.from_us, sitting.zone, with_zone=False)
    return f"{begins}–{local_clock(sitting.until_us, sitting.zone)}"


def _sections(entry: Entry, sitting: Sitting, material: Material) -> list[View]:
    """The sections in order; time that none has taken is told at the end."""
    minutes = int(entry.fields["minutes"])
    written: list[Mapping[str, object]] = [*(entry.fields.get("sections") or ())]
    written = written or [{"id": "agenda", "minutes": minutes, "shows": OF_ITS_OWN}]
    made: list[View] = []
    taken = 0
    for section in written:
        shows: Sequence[str] = section.get("shows") or ()  # pyright: ignore[reportAssignmentType]
        tables = joined(found for item in shows for found in tables_of(str(item), material))
        made.append(
            _section(str(section["id"]), int(str(section["minutes"])), taken, sitting, tables, section.get("why"))
        )
        taken += made[-1]["minutes"]
    if taken < minutes:
        made.append(_section("in_reserve", minutes - taken, taken, sitting, [], None))
    return made


def _section(id: str, minutes: int, taken: int, sitting: Sitting, tables: list[View], why: object) -> View:
    begins = local_clock(sitting.from_us + taken * MINUTE_US, sitting.zone, with_zone=False)
    return {
        "title": id.replace("_", " ").capitalize(),
        "minutes": minutes,
        "begins": begins if sitting.has_time else None,
        "why": str(why) if why else None,
        "tables": tables,
    }


def as_markdown(view: View) -> str:
    """The agenda as Markdown, for a pull request, a chat or a document that everybody writes into."""
    when = ", ".join([view["day"], *([view["time"]] if view["time"] else []), f"{view['minutes']} min"])
    state = f" · {view['freshness']['word']}" if view["freshness"] else ""
    facts = [f"Led by {plain(view['lead'])}"] if view["lead"] else []
    facts += [f"Who comes: {', '.join(map(plain, view['attendees']))}"] if view["attendees"] else []
    facts += [f"Last time: {view['before']}"] if view["before"] else []
    parts = [
        f"# {plain(view['title'])} — {when}\n",
        f"Data as of {view['as_of']}{state}\n",
        f"**Decision this meeting produces:** {plain(view['purpose'])}\n",
        *([f"{' · '.join(facts)}\n"] if facts else []),
    ]
    for number, section in enumerate(view["sections"], 1):
        begins = f"{section['begins']}, " if section["begins"] else ""
        parts.append(f"## {number}. {plain(section['title'])} ({begins}{section['minutes']} min)\n")
        parts += [f"{plain(section['why'])}\n"] if section["why"] else []
        for found in section["tables"]:
            rows = [[plain(cell) for cell in row["cells"]] for row in found["rows"]]
            parts += [table(found["columns"], rows)] if rows else []
            parts += [f"{plain(found['note'])}\n"] if found["note"] else []
    return "\n".join(parts)


def as_html(view: View, path: str) -> Sheet:
    """The agenda as one page to be printed, whose links lead to the wiki at the top of its site."""
    return Sheet(path, ("agenda/agenda.html.j2",), {"agenda": view})
