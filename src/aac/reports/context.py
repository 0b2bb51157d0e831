"""What templates see of documents and results, key by key: `docs/reference/templates.md` is made of these shapes.

Views are plain dictionaries that several modules make; `tests/test_template_pages.py` compares them with the shapes.
"""

from __future__ import annotations

from typing import Annotated as Says
from typing import Any, TypedDict


class Status(TypedDict):
    """How something stands, or how old a source is."""

    code: Says[str, "As in `aac.json`: `off_target`, `fresh`."]
    shape: Says[str, "A sign that is read without colours: `■`."]
    word: Says[str, "In words: `Off target`."]


class Link(TypedDict):
    """A document that a page leads to."""

    kind: Says[str, "Its kind in words."]
    id: Says[str, "Its id."]
    name: Says[str, "What it is called."]
    href: Says[str | None, "Its page, from the top of the site: put `root` before it. Null for what has none."]


class Bar(TypedDict):
    """A gauge, in percent of its width."""

    at: Says[float, "Where the result is."]
    limit: Says[float | None, "Where the objective or the target is; null without one."]


class Words(TypedDict, total=False):
    """A result of one window in words."""

    window: Says[str, "Its label: `2026-02`."]
    hint: Says[str | None, "What explains the window where its label does not."]
    so_far: Says[bool, "Whether the window runs on."]
    status: Says[Status | None, "How it stands; null without a limit."]
    shown: Says[str, "What it came to: `85.5%`."]
    counts: Says[str | None, "What stands behind it: `171 of 200`, else how many records."]
    is_share: Says[bool, "Whether the counts are one number of the other."]
    limit: Says[str | None, "The objective or the target: `≥ 22%`."]
    short_limit: Says[str | None, "The same without its unit."]
    beside: Says[list[str], "What else was counted: `29 late (20 allowed)`, `5 not measurable`."]
    bar: Says[Bar | None, "A gauge of it, for shares."]
    n: Says[int | None, "How many records or judged items."]
    group: Says[list[str | None], "Of a group: its value in each dimension; null for not known."]


class Point(TypedDict):
    """A point of a line."""

    x: Says[float, "From the left."]
    y: Says[float, "From the top."]
    number: Says[int, "Which value of the past it is, from 0."]


class Begun(TypedDict):
    """Where something else begins on a line."""

    x: Says[float, "From the left."]
    says: Says[str, "What begins: `mql changed on 2026-02-01`."]


class Line(TypedDict):
    """A drawn line, in units of its own."""

    width: Says[int, "Of the drawing."]
    height: Says[int, "Of the drawing."]
    paths: Says[list[str], "The line, broken where nothing is known: points as `polyline` takes them."]
    points: Says[list[Point], "Its points."]
    limits: Says[list[float], "How far from the top the limits are."]
    alt: Says[str, "What it shows, in a sentence."]
    again: Says[list[str], "A second line, as today's documents and data have it; empty where it is the same."]
    marks: Says[list[Begun], "Where a document changed."]


class File(TypedDict):
    """A file that a build writes beside its pages."""

    title: Says[str, "What it is: `Markdown`."]
    href: Says[str, "Where it is, from the top of the site."]


class Card(TypedDict, total=False):
    """A document in short."""

    id: Says[str, "Its id."]
    name: Says[str, "What it is called."]
    href: Says[str, "Its page, from the top of the site."]
    summary: Says[str | None, "What it is about, as it was written (Markdown)."]
    headline: Says[Words | None, "Its newest window that is over; null when nothing was measured."]
    sparkline: Says[Line | None, "Its past as a small line."]
    change: Says[str | None, "How far it is from the window before: `+3.2 points since 2026-01`."]
    so_far: Says[Words | None, "The window that runs on."]
    limit_title: Says[str, "On the first page: what its limit is called, `objective` or `target`."]
    aka: Says[list[str], "On the pages of words and profiles: its other names."]
    owner: Says[Link | None, "There: the team that answers for it."]
    today: Says[str | None, "There: of how many records it is true."]
    repeats: Says[str, "On the page of meetings: when it takes place, as written."]
    minutes: Says[str, "There: how long it takes."]
    attendees: Says[list[str] | None, "There: who comes, teams and roles as written."]
    files: Says[list[File], "There: its next agenda."]
    next: Says[str | None, "There: when it takes place next."]
    role: Says[str | None, "On the page of teams: the role that leads it."]
    owns: Says[list[Owned], "There: the documents it answers for."]


class Owned(TypedDict):
    """A document that a team answers for."""

    name: Says[str, "What it is called."]
    href: Says[str, "Its page."]
    kind: Says[str, "Its kind in words."]


class CardRow(TypedDict):
    """A row of a scorecard, or of a list of what a team owes and owns."""

    of: Says[Card, "What it shows."]
    weight: Says[str | None, "What it counts for; null where nobody weighed it."]
    horizon: Says[str | None, "`now` or `longer_term`."]
    why: Says[str | None, "Why it is there."]


class Item(TypedDict):
    """A link of the menu."""

    href: Says[str, "Its page."]
    title: Says[str, "What it is called."]


class Site(TypedDict):
    """What all pages of the wiki share."""

    project: Says[str, "What the project is called."]
    as_of: Says[str, "As of when the data is."]
    freshness: Says[Status | None, "How old it is, by the source that is worst off."]
    is_restricted: Says[bool, "Whether it tells groups of any size and numbers by owner (`aac build --restricted`)."]
    zone: Says[str, "The company's time zone."]
    now: Says[str, "When the wiki was made. It changes with every build: on the first page only."]
    menu: Says[list[Item], "The pages about several documents, in the order of the menu."]


class Build(TypedDict):
    """How the wiki was made."""

    aac: Says[str, "The version."]
    project: Says[str, "What the project is called."]
    revision: Says[str | None, "The commit that was checked out."]
    made: Says[str, "When, in UTC."]


class Coming(TypedDict):
    """A meeting that comes next."""

    name: Says[str, "Its name."]
    href: Says[str, "Its page."]
    when: Says[str, "`Thu 2026-03-05, 10:00–10:30 CET`."]
    agenda: Says[str | None, "Its agenda as a page."]


class Stands(TypedDict):
    """Where a team stands."""

    owes: Says[list[CardRow], "What it owes."]
    owed: Says[list[CardRow], "What it is owed."]
    numbers: Says[list[CardRow], "The metrics it answers for that have a target, or should have one."]


class Home(TypedDict):
    """The first page."""

    sentences: Says[list[str], "How the week stands."]
    urgent: Says[list[Card], "What is off target, at risk or too old."]
    scorecards: Says[list[Card], "The scorecards."]
    north_star: Says[list[Card], "The north star."]
    next: Says[list[Coming], "The meetings that come first."]


class Finding(TypedDict):
    """Something that is wrong, or worth a look."""

    code: Says[str, "`AAC203`."]
    level: Says[str, "`error`, `warning` or `info`."]
    message: Says[str, "What is wrong."]
    instead: Says[str, "What to write instead."]
    place: Says[str | None, "File, line and column."]
    about: Says[Link | None, "The document; null on its own page."]
    keys: Says[list[str], "Records it is about."]
    more: Says[int, "How many more there are."]


class Late(TypedDict, total=False):
    """A promise that is late, or open."""

    key: Says[str, "The key of its record."]
    address: Says[str | None, "The key as it stands in an address; null for keys of several fields."]
    started: Says[str | None, "When it began."]
    due: Says[str | None, "When it was due."]
    done: Says[str | None, "When it was done."]
    late_by: Says[str, "Late: by how much."]
    missing: Says[str, "Late: the parts of the checklist that it lacked; empty where there is none."]
    used: Says[str, "Open: the share of its time that is used."]


class Step(TypedDict):
    """A step of an escalation that is due."""

    at: Says[str, "Because of what: `late`."]
    do: Says[str, "What: `remind`, `requeue` …"]
    to: Says[str | None, "To whom: a queue, a team or a meeting."]
    keys: Says[list[str], "The first records it is about."]
    more: Says[int, "How many more there are."]


class GroupWindow(TypedDict):
    """A window with its groups."""

    window: Says[str, "Its label."]
    hint: Says[str | None, "What explains it."]
    so_far: Says[bool, "Whether it runs on."]
    rows: Says[list[Words], "The groups."]


class Dimension(TypedDict):
    """What results are split by."""

    name: Says[str, "Its name."]
    title: Says[str, "`By segment`, `Closed by`."]
    windows: Says[list[GroupWindow], "Its windows."]


class Measured(TypedDict):
    """What was measured of a document."""

    sort: Says[str, "`clock` (a promise), `number` or `card`."]
    as_of: Says[str, "The moment it was decided at."]
    headline: Says[Words, "The newest window that is over."]
    totals: Says[list[Words], "All windows that `aac check` tells of."]
    groups: Says[list[Dimension], "The same by dimension."]
    late: Says[list[Late], "Late items, 50 a window at most."]
    late_count: Says[int, "How many there are."]
    open: Says[list[Late], "Open items with the least time left."]
    due: Says[list[Step], "Steps that are due."]


class PastRow(TypedDict):
    """A window of the past."""

    window: Says[str, "Its label."]
    shown: Says[str, "What it came to."]
    counts: Says[str | None, "What stands behind it."]
    limit: Says[str | None, "The limit it was judged by."]
    status: Says[Status | None, "How it stood."]
    so_far: Says[bool, "False: the past is over."]
    budget: Says[str | None, "Of a promise: how many were late of how many allowed."]
    burn: Says[str | None, "The same as a multiple."]
    restated: Says[str | None, "What it comes to with today's documents and data; null where that is the same."]
    locked: Says[bool, "Whether it was locked."]
    waived: Says[str | None, "What was waived, and what it would be without."]
    changed: Says[list[str], "What changed with it: `mql changed on 2026-02-01`."]


class Mark(TypedDict):
    """A window with which a document changed."""

    window: Says[str, "Its label."]
    says: Says[str, "What changed when."]


class Trend(TypedDict):
    """The past of a number, up to 13 windows."""

    line: Says[Line | None, "As a line."]
    is_restated: Says[bool, "Whether a window comes to something else with today's documents and data."]
    is_locked: Says[bool, "Whether a window was locked."]
    marks: Says[list[Mark], "The windows with which documents changed."]
    burn: Says[Line | None, "Of a promise: its burn as a line; null where nothing may be late."]
    sparkline: Says[Line | None, "As a small one."]
    rows: Says[list[PastRow], "As a table."]
    is_clock: Says[bool, "Whether it is a promise."]
    limit: Says[str | None, "The limit of the newest window."]
    change: Says[str | None, "How far it is from the one before."]


class Part(TypedDict):
    """A part of a bar."""

    n: Says[int, "How many."]
    wide: Says[float, "Its width in percent."]


class BarRow(TypedDict):
    """A bar."""

    label: Says[str, "Which share of the promised time was used."]
    parts: Says[list[Part], "What was met, and what was late."]


class Bars(TypedDict):
    """Bars."""

    rows: Says[list[BarRow], "From the least time used to the most."]
    alt: Says[str, "What they show, in a sentence."]


class Cell(TypedDict):
    """An hour of a weekday."""

    n: Says[int, "How many late items began in it."]
    level: Says[int, "A shade from 0 to 4."]


class Heat(TypedDict):
    """A week by hours."""

    hours: Says[list[str], "The hours shown."]
    days: Says[list[list[Cell]], "Monday to Sunday, each with these hours."]
    alt: Says[str, "What it shows, in a sentence."]


class Used(TypedDict):
    """How the time of a promise was used."""

    since: Says[str | None, "The first window counted."]
    until: Says[str | None, "The last one."]
    parts: Says[Bars | None, "How much of the time was used."]
    hours: Says[Heat | None, "When what was late began."]


class Through(TypedDict):
    """A step on the way (`through`)."""

    name: Says[str, "Its name."]
    each: Says[str, "Its time, the mean of all items."]
    share: Says[str, "Its share of the whole."]
    wide: Says[float, "The same as a width in percent."]


class Counts(TypedDict):
    """Of how many records a word is true at as_of."""

    n: Says[str | None, "How many; null where there is no data."]
    of: Says[str | None, "Of how many of which that is known."]
    share: Says[str | None, "The share."]
    unknown: Says[str | None, "Of how many it is not known; null when there are none."]
    entity: Says[Link | None, "What sort of records, where the word names it."]
    as_of: Says[str, "The moment."]
    new: Says[list[Words], "How many it became true of in the newest windows; empty for a word without a moment."]
    trend: Says[Trend | None, "The same of up to 13 windows."]


class TierRow(TypedDict):
    """A number by tier."""

    of: Says[Link, "The metric."]
    cells: Says[list[Words | None], "What it comes to in each column; null where that is hidden or nothing."]


class Tiers(TypedDict):
    """How the records in each tier of a profile fare, of all time."""

    columns: Says[list[str], "The tiers, and `none` for those in no tier."]
    records: Says[list[str], "How many records are in each."]
    rows: Says[list[TierRow], "Shares and retention of records that lead to one of the profile."]


class Stage(TypedDict):
    """A stage of a lifecycle."""

    id: Says[str, "Its id."]
    n: Says[str | None, "How many records are at it, as the page of its definition tells; null where there is no data."]
    as_of: Says[str | None, "As of when."]
    next: Says[str | None, "The id of the stage that follows; null at the last."]
    went_on: Says[Words | None, "How many of its records went on to that; null where that is not told."]
    untold: Says[str | None, "Why it is not, where both stages have records to be told of."]


class Said(TypedDict):
    """A rule in English."""

    place: Says[str, "Where it stands in the document."]
    words: Says[str, "What it says."]


class Source(TypedDict):
    """A link that somebody wrote into a document."""

    text: Says[str, "As written."]
    leads: Says[bool, "Whether it is an address."]


class AgreedTeam(TypedDict):
    """A team that must agree to a document."""

    id: Says[str, "Its id."]
    name: Says[str, "What it is called."]
    has_agreed: Says[bool, "Whether it agreed to what the document says today."]
    by: Says[str | None, "The handle of who signed last for it."]
    date: Says[str | None, "The day of that."]
    to_former: Says[bool, "Whether that was to what the document said before."]


class Agreed(TypedDict):
    """Who must agree to a document, and who has."""

    state: Says[str, "`agreed`, `waiting`, `lapsed` or `alone`."]
    shape: Says[str, "A sign for it."]
    badge: Says[str, "The same in words."]
    words: Says[str, "A sentence with the teams."]
    fingerprint: Says[str, "Of what the document says today."]
    teams: Says[list[AgreedTeam], "The teams that must agree."]
    waiting: Says[list[str], "The ids of those that have not."]
    changed: Says[list[str], "What it rested on when it was signed, and is not what it was."]


class Doc(TypedDict, total=False):
    """A document."""

    kind: Says[str, "Its kind."]
    id: Says[str, "Its id."]
    name: Says[str, "What it is called."]
    href: Says[str, "Its page."]
    kind_title: Says[str, "Its kind in words."]
    shelf: Says[str, "The same for several."]
    file: Says[str, "Where it stands."]
    source: Says[str, "The same with its line."]
    summary: Says[str | None, "What it is about: `what`, `purpose` or `means`."]
    owner: Says[Link | None, "The team that answers for it."]
    parties: Says[list[Link], "The teams bound by it."]
    who: Says[dict[str, Link], "Who `owes` it and `to` whom."]
    links: Says[list[Source], "Its links."]
    tags: Says[list[str], "Its tags."]
    means: Says[str | None, "As written (Markdown)."]
    review_by: Says[str | None, "As written."]
    why: Says[str | None, "As written (Markdown)."]
    as_written: Says[str | None, "The source's own words."]
    fields: Says[
        dict[str, Any], "Every other key, as it is written in the document: `docs/kinds` has those of each kind."
    ]
    names: Says[dict[str, str], "The page of each name that its rules use."]
    refs: Says[dict[str, str], "The page of each document that it names."]
    rests_on: Says[list[Link], "What it rests on."]
    used_by: Says[list[Link], "What rests on it."]
    mentions: Says[list[Link], "What it names beside that."]
    mentioned_in: Says[list[Link], "What names it, and does not rest on it."]
    findings: Says[list[Finding], "What is worth a look in it."]
    measured: Says[Measured | None, "What was measured; null when nothing was."]
    receivers: Says[dict[str, Link], "The team, queue or meeting that steps lead to by an id."]
    trend: Says[Trend | None, "Its past; null before the second window."]
    counts: Says[Counts | None, "Of a definition and a profile: of how many records it is true."]
    tiers: Says[Tiers | None, "Of a profile with tiers: how they fare."]
    stages: Says[list[Stage], "Of a lifecycle: its stages in order."]
    spread: Says[Used, "How its time was used."]
    steps: Says[list[Through], "The steps on the way."]
    in_words: Says[list[Said], "Its rules in English."]
    sentences: Says[list[str], "Of a promise: what it says in plain sentences, as `aac explain` tells it."]
    records: Says[int | None, "Of an entity: how many records."]
    record_link: Says[str | None, "The address of a record, with `{key}`."]
    queries: Says[list[str], "The SQL of its totals."]
    agreement: Says[Agreed | None, "Who must agree; null where nobody signs anything."]
    section: Says[Item, "Where the way back leads."]
    files: Says[list[File], "Of a meeting its next agenda, of a scorecard what it is as a file."]
    next: Says[str | None, "Of a meeting: when it takes place next."]
    stands: Says[Stands, "Of a team: what it owes, what it is owed, and what it looks after."]
    terms: Says[dict[str, str], "The page of each word that prose may name, in small letters: `|markdown` links them."]
    edit: Says[str | None, "Where its text can be changed, on the web."]
    revision: Says[str | None, "The last commit that changed it or what it rests on."]
    rows: Says[list[CardRow], "Of a scorecard: its rows."]
