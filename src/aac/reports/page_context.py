"""What templates see of whole pages, key by key, and which variable holds it (`aac.reports.context`)."""

from __future__ import annotations

from typing import Annotated as Says
from typing import Any, TypedDict

from aac.reports.context import Build, Card, CardRow, Doc, File, Finding, Home, Link, Site, Status, Words


class Section(TypedDict):
    """What all pages about several documents have."""

    title: Says[str, "What the page is called."]
    href: Says[str, "Its own path."]
    edit: Says[str | None, "Where its one document can be changed, on the web."]
    revision: Says[str | None, "The last commit that changed what it rests on."]


class ScorecardOnPage(TypedDict):
    """A scorecard with its rows."""

    card: Says[Card, "The scorecard."]
    rows: Says[list[CardRow], "Its rows."]
    owners: Says[list[Link | None], "The teams it is of."]
    files: Says[list[File], "What it is as a file."]


class TeamRows(TypedDict):
    """What a team owes and owns that has a limit."""

    team: Says[Link, "The team."]
    rows: Says[list[CardRow], "A row each."]


class PodTeams(TypedDict):
    """A pod."""

    name: Says[str, "Its name."]
    stands: Says[str, "How many of its teams' judged numbers are on target: `4 of 6`."]
    teams: Says[list[TeamRows], "Its teams."]


class Way(TypedDict):
    """A way to see the scorecard."""

    title: Says[str, "`By team`, `By segment`."]
    href: Says[str, "Its page."]


class SplitRow(TypedDict):
    """A number by group."""

    of: Says[Card, "What it is of."]
    cells: Says[
        list[Words | None], "What it came to in the group of each column; null where that is hidden or nothing."
    ]


class TeamSplit(TypedDict):
    """The numbers of a team by group."""

    team: Says[Link, "The team."]
    rows: Says[list[SplitRow], "A row each."]


class ScorecardsBy(Section):
    """`scorecards-by-segment.html`: a page for each dimension."""

    name: Says[str, "The dimension."]
    ways: Says[list[Way], "The ways to see the scorecard."]
    columns: Says[list[str | None], "The groups; null for not known."]
    teams: Says[list[TeamSplit], "By team."]


class Scorecards(Section):
    """`scorecards.html`."""

    ways: Says[list[Way], "The ways to see it; empty where nothing is split."]

    north_star: Says[list[CardRow], "The north star."]
    cards: Says[list[ScorecardOnPage], "The scorecards."]
    pods: Says[list[PodTeams], "By pod, where teams are in one."]
    teams: Says[list[TeamRows], "By team: those in no pod."]


class Direction(TypedDict):
    """What one team owes another."""

    owes: Says[Link, "Who owes."]
    to: Says[Link, "To whom."]
    documents: Says[list[Card], "What."]


class Pair(TypedDict):
    """Two teams."""

    teams: Says[list[Link], "Which."]
    ways: Says[list[Direction], "What the one owes the other, and the other way round."]


class Agreements(Section):
    """`agreements.html`."""

    pairs: Says[list[Pair], "By pair of teams."]
    others: Says[list[Card], "Agreements without two teams."]
    agreed: Says[list[Doc], "The documents that teams signed, those that wait for somebody first."]


class Definitions(Section):
    """`definitions.html`."""

    definitions: Says[list[Card], "The definitions."]
    lifecycles: Says[list[Doc], "The lifecycles, whole."]
    lists: Says[list[Card], "The lists."]


class Profiles(Section):
    """`profiles.html`."""

    icp: Says[list[Card], "Ideal customer profiles."]
    scoring: Says[list[Card], "Scorings."]


class Branch(TypedDict):
    """A metric and what leads to it."""

    of: Says[Card, "The metric."]
    below: Says[list[Branch], "What leads to it."]


class Metrics(Section):
    """`metrics.html`."""

    tree: Says[list[Branch], "The north star, and below it what leads to it."]
    others: Says[list[Branch], "The others in the same way."]


class MatrixRow(TypedDict):
    """A team that owes."""

    team: Says[Link, "The team."]
    cells: Says[list[list[Card]], "What it owes to the team of each column."]


class Teams(Section):
    """`teams.html`."""

    columns: Says[list[Link], "Teams that something is owed to."]
    rows: Says[list[MatrixRow], "Teams that owe."]
    teams: Says[list[Card], "All teams."]


class Meetings(Section):
    """`meetings.html`."""

    meetings: Says[list[Card], "The meetings."]
    calendar: Says[str | None, "The file with all of their days, from the top of the site."]


class Stream(TypedDict):
    """A table of a source."""

    name: Says[str, "Its name."]
    rows: Says[str, "How many rows."]


class DataSource(TypedDict):
    """A source."""

    id: Says[str, "Its id."]
    as_of: Says[str, "How far its data goes."]
    pulled: Says[str, "When it was read."]
    freshness: Says[Status | None, "How old it is; null where nothing was agreed."]
    streams: Says[list[Stream], "Its tables."]


class Code(TypedDict):
    """Findings of one code."""

    code: Says[str, "The code."]
    title: Says[str, "What it is about, in words."]
    n: Says[int, "How many there are."]
    findings: Says[list[Finding], "The first 20."]


class Health(Section):
    """`health.html`."""

    sources: Says[list[DataSource], "The sources."]
    unmeasurable: Says[list[Card], "What cannot be measured, or not enough."]
    codes: Says[list[Code], "What was found, by code."]
    statuses: Says[list[Status], "All statuses: a legend."]


class Shelf(TypedDict):
    """All documents of a kind."""

    kind: Says[str, "The kind."]
    title: Says[str, "The same in words."]
    documents: Says[list[Card], "The documents."]


class Documents(Section):
    """`documents.html`."""

    shelves: Says[list[Shelf], "By kind."]


class TableRow(TypedDict):
    """A row of a table."""

    cells: Says[list[str], "Its cells; empty ones are there to be filled in."]
    href: Says[str | None, "The page that the first one leads to."]


class Table(TypedDict):
    """A table of an agenda."""

    columns: Says[list[str], "What they are called."]
    rows: Says[list[TableRow], "Its rows."]
    note: Says[str | None, "What stands below it."]


class AgendaSection(TypedDict):
    """A section of a meeting."""

    title: Says[str, "What it is called."]
    minutes: Says[int, "How long it takes."]
    begins: Says[str | None, "When it begins."]
    why: Says[str | None, "As written."]
    tables: Says[list[Table], "What it shows."]


class Agenda(TypedDict):
    """The agenda of a meeting on a day."""

    id: Says[str, "The meeting."]
    project: Says[str, "What the project is called."]
    title: Says[str, "What the meeting is called."]
    day: Says[str, "When it takes place."]
    time: Says[str | None, "At which time."]
    minutes: Says[int, "How long it takes."]
    as_of: Says[str, "As of when the data is."]
    freshness: Says[Status | None, "How old it is."]
    revision: Says[str | None, "The last commit that changed it or what it rests on."]
    purpose: Says[str, "What it decides."]
    lead: Says[str | None, "The role that leads it."]
    attendees: Says[list[str], "Who comes: teams and roles."]
    before: Says[str | None, "The day it took place last."]
    source: Says[str, "Where the meeting is written."]
    sections: Says[list[AgendaSection], "Its sections in order."]


class PrintedRow(TypedDict):
    """A row of a printed scorecard; every cell in words, `—` for what is not known."""

    what: Says[str, "What it is of."]
    href: Says[str | None, "Its page."]
    window: Says[str, "The window."]
    result: Says[str, "What it came to."]
    counts: Says[str, "What stands behind it."]
    agreed: Says[str, "The limit."]
    status: Says[str, "How it stands."]
    weight: Says[str, "What it counts for."]
    horizon: Says[str, "`now` or `longer term`."]
    who: Says[str, "The role that answers for it."]
    value: Says[str, "The number itself; empty where it is not known."]


class Scorecard(TypedDict):
    """A printed scorecard."""

    id: Says[str, "The scorecard."]
    name: Says[str, "What its files are called."]
    project: Says[str, "What the project is called."]
    title: Says[str, "What it is called."]
    owners: Says[list[str], "The roles it is of."]
    source: Says[str | None, "Where it is written."]
    as_of: Says[str, "As of when the data is."]
    freshness: Says[Status | None, "How old it is."]
    revision: Says[str | None, "The last commit that changed it or what it rests on."]
    status: Says[Status | None, "How it stands."]
    stands: Says[str, "Which share of the weight is on target."]
    beside: Says[list[str], "What else is told of it."]
    rows: Says[list[PrintedRow], "Its rows."]


VARIABLES: dict[str, type[Any]] = {
    "site": Site,
    "home": Home,
    "build": Build,
    "doc": Doc,
    "agenda": Agenda,
    "card": Scorecard,
}
"""The variables of pages, whatever the page."""

PAGES: dict[str, type[Any]] = {
    "scorecards": Scorecards,
    "scorecards_by": ScorecardsBy,
    "agreements": Agreements,
    "definitions": Definitions,
    "profiles": Profiles,
    "metrics": Metrics,
    "teams": Teams,
    "meetings": Meetings,
    "health": Health,
    "documents": Documents,
}
"""What the variable `page` is on each page about several documents, by the name of its template."""
