"""The pages that are about several documents: what each shows, from the views of the documents themselves."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from aac import codes
from aac.reports.wiki.documents import card_of, counts_as
from aac.reports.wiki.shelves import finding_view, kinds_of, listed, mapping, team_link, titles
from aac.reports.wording import NONE, STATUSES, by_words, freshness_words, moment, status_words
from aac.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aac.findings import Finding
    from aac.reports.base import Entry, View
    from aac.results import Results, SourceState

URGENT = (Status.OFF_TARGET.value, Status.AT_RISK.value, Status.STALE.value)
"""What the first page shows a card of."""
COMING = 2
"""As many of the next meetings stand on the first page."""
ROOTS = ("north_star",)
CALENDAR = "agendas.ics"
"""The days of all meetings, as a build writes them."""
FINDINGS_OF_A_CODE = 20
"""As many findings of one code stand on the page of the data's health; each stands on that of its document."""


def week(documents: Sequence[View], sittings: Mapping[str, str]) -> View:
    """What needs a look this week: cards of what is off target, at risk or too old, the scorecards, and which meetings
    come next."""
    urgent = [doc for doc in documents if _urgent(doc) and doc["fields"].get("role") not in ROOTS]
    return {
        "urgent": [
            card_of(doc) | {"limit_title": "objective" if doc["kind"] == "sla" else "target"}
            for doc in sorted(urgent, key=lambda doc: (doc["kind"] != "sla", URGENT.index(_urgent(doc))))
        ],
        "scorecards": [card_of(doc) for doc in documents if doc["kind"] == "scorecard"],
        "north_star": [card_of(doc) for doc in documents if doc["fields"].get("role") in ROOTS],
        "next": _next(documents, sittings),
    }


def _next(documents: Sequence[View], sittings: Mapping[str, str]) -> list[View]:
    """The meetings that come first, with when and the agenda."""
    known = {doc["id"]: doc for doc in documents if doc["kind"] == "meeting"}
    return [
        {
            **{key: known[id][key] for key in ("name", "href")},
            "when": when,
            "agenda": next((file["href"] for file in known[id]["files"] if file["href"].endswith(".html")), None),
        }
        for id, when in list(sittings.items())[:COMING]
        if id in known
    ]


def _urgent(doc: View) -> str:
    """The status for which a document stands on the first page; empty for none."""
    measured = doc["measured"]
    if not measured or doc["kind"] == "scorecard":
        return ""
    shown = [measured["headline"], *(words for words in measured["totals"] if words["so_far"])]
    codes = [words["status"]["code"] for words in shown if words["status"]]
    return next((code for code in URGENT if code in codes), "")


def scorecards(documents: Sequence[View], links: Mapping[str, View]) -> View:
    """Each scorecard, and for each team what it owes and owns that has a limit; the teams of a pod stand together."""
    judged = [doc for doc in documents if _is_judged(doc)]
    teams: list[View] = [
        {
            "team": team_link(team, links),
            "rows": [_line(doc) for doc in judged if doc["owner"] and doc["owner"]["id"] == team],
        }
        for team in dict.fromkeys(doc["owner"]["id"] for doc in judged if doc["owner"])
    ]
    pods = {doc["id"]: doc["fields"]["pod"] for doc in documents if doc["kind"] == "team" and doc["fields"].get("pod")}
    return {
        "north_star": [_line(doc) for doc in documents if doc["fields"].get("role") in ROOTS],
        "cards": [
            {
                "card": card_of(doc),
                "rows": doc["rows"],
                "owners": doc["parties"] or [doc["owner"]],
                "files": doc["files"],
            }
            for doc in documents
            if doc["kind"] == "scorecard"
        ],
        "pods": [
            _pod(pod, [block for block in teams if pods.get(block["team"]["id"]) == pod])
            for pod in sorted({pods[block["team"]["id"]] for block in teams if block["team"]["id"] in pods})
        ],
        "teams": [block for block in teams if block["team"]["id"] not in pods],
    }


def _pod(name: str, teams: list[View]) -> View:
    """Teams that stand together, and how many of their judged numbers are on target."""
    shown = [row["of"]["headline"]["status"] for block in teams for row in block["rows"]]
    codes = [status["code"] for status in shown if status]
    stands = f"{codes.count(Status.ON_TARGET.value)} of {len(codes)}" if codes else NONE
    return {"name": name, "stands": stands, "teams": teams}


def splits(documents: Sequence[View], links: Mapping[str, View], origin: Callable[[Sequence[str]], View]) -> list[View]:
    """A page for each dimension that numbers with a limit are split by, the commonest first: these by team, each in
    its newest window.

    ``title`` is what the page is called, ``columns`` are the groups that any of them has; ``origin`` is told of the
    numbers that it shows.
    """
    judged = [doc for doc in documents if _is_judged(doc)]
    names = [n for n, _ in Counter(part["name"] for doc in judged for part in doc["measured"]["groups"]).most_common()]
    slugs = [re.sub("[^a-z0-9]+", "_", name.lower()).strip("_") for name in names]
    made: list[View] = []
    for number, (name, slug) in enumerate(zip(names, slugs, strict=True)):
        rows = [(doc, groups) for doc in judged if (groups := _groups_of(doc, name))]
        path = slug if slug and slug not in slugs[:number] else f"{slug}_{number + 1}".strip("_")
        known = dict.fromkeys(group for _, groups in rows for group in groups)
        columns = sorted(known, key=lambda group: (group is None, group or ""))
        if rows:
            way = by_words(name)
            title = f"Scorecard b{way[1:]}" if way.startswith("By ") else f"Scorecard: {way}"
            page = {"name": name, "title": title, "href": f"scorecards-by-{path}.html", "columns": columns}
            shown = origin([f"{doc['kind']}:{doc['id']}" for doc, _ in rows])
            made.append(shown | page | {"teams": _split_by_team(rows, columns, links)})
    return made


def _groups_of(doc: View, name: str) -> dict[str | None, View]:
    """What the groups of a dimension came to in the window that stands on top of the page; empty for none."""
    window = doc["measured"]["headline"]["window"]
    blocks = [
        block for dimension in doc["measured"]["groups"] if dimension["name"] == name for block in dimension["windows"]
    ]
    return {words["group"][0]: words for block in blocks if block["window"] == window for words in block["rows"]}


def _split_by_team(
    rows: Sequence[tuple[View, Mapping[str | None, View]]], columns: Sequence[str | None], links: Mapping[str, View]
) -> list[View]:
    teams = list(dict.fromkeys(doc["owner"]["id"] for doc, _ in rows if doc["owner"]))
    return [
        {
            "team": team_link(team, links),
            "rows": [
                {"of": card_of(doc), "cells": [groups.get(column) for column in columns]}
                for doc, groups in rows
                if doc["owner"] and doc["owner"]["id"] == team
            ],
        }
        for team in teams
    ]


def _is_judged(doc: View) -> bool:
    measured = doc["measured"]
    return bool(doc["kind"] in ("sla", "metric") and measured and measured["headline"]["limit"])


def _line(doc: View) -> View:
    """A document as a row of a scorecard that nobody weighed."""
    horizon = "longer_term" if doc["fields"].get("role") == "longer_term" else "now"
    return {"of": card_of(doc), "weight": None, "horizon": horizon, "why": None}


def row_of(row: Mapping[str, Any], cards: Mapping[str, View]) -> View:
    """A row of a scorecard, with what it shows in short."""
    kind = "metric" if row.get("metric") else "sla"
    return {
        "of": cards[f"{kind}:{row[kind]}"],
        "weight": str(row.get("weight") or 1),
        **{key: row.get(key) for key in ("horizon", "why")},
    }


def agreed(documents: Sequence[View]) -> list[View]:
    """The documents that a team has signed, those that wait for somebody first; nothing where nobody signs."""
    signed = [doc for doc in documents if doc["agreement"] and any(team["by"] for team in doc["agreement"]["teams"])]
    asked = [doc for doc in signed if doc["agreement"]["state"] != "alone"]
    return sorted(asked, key=lambda doc: (doc["agreement"]["state"] == "agreed", doc["name"]))


def agreements(documents: Sequence[View], links: Mapping[str, View]) -> View:
    """Pairs of teams with what the one owes the other, both ways; agreements without two teams come last."""
    pairs: dict[frozenset[str], dict[tuple[str, str], list[View]]] = {}
    others: list[View] = []
    for doc in documents:
        if doc["kind"] != "sla" and not counts_as(doc, "sla", "clock"):
            continue
        who = mapping(doc["fields"].get("who"))
        if not {"owes", "to"} <= who.keys():
            others.append(card_of(doc))
            continue
        way = (str(who["owes"]), str(who["to"]))
        pairs.setdefault(frozenset(way), {}).setdefault(way, []).append(card_of(doc))
    return {
        "pairs": [
            {
                "teams": [team_link(team, links) for team in sorted(teams)],
                "ways": [
                    {"owes": team_link(owes, links), "to": team_link(to, links), "documents": found}
                    for (owes, to), found in ways.items()
                ],
            }
            for teams, ways in pairs.items()
        ],
        "others": others,
    }


def definitions(documents: Sequence[View]) -> View:
    return {
        "definitions": _of_kinds(documents, "definition"),
        "lifecycles": [doc for doc in documents if doc["kind"] == "lifecycle"],
        "lists": _of_kinds(documents, "list"),
    }


def profiles(documents: Sequence[View]) -> View:
    return {"icp": _of_kinds(documents, "icp"), "scoring": _of_kinds(documents, "scoring")}


def _of_kinds(documents: Iterable[View], *kinds: str) -> list[View]:
    return [
        card_of(doc)
        | {"aka": doc["fields"].get("aka") or [], "owner": doc["owner"]}
        | {"today": doc["counts"]["n"] if doc["counts"] else None}
        for doc in documents
        if doc["kind"] in kinds
    ]


def metrics(documents: Sequence[View]) -> View:
    """What leads to what, each metric once, where its way is shortest: below the north star, then below the others."""
    known = {doc["id"]: doc for doc in documents if doc["kind"] == "metric"}
    stars = [id for id, doc in known.items() if doc["fields"].get("role") in ROOTS]
    above = {id: [str(other) for other in listed(doc["fields"].get("leads_to"))] for id, doc in known.items()}
    branches: dict[str, View] = {}
    _grow(stars, branches, known, above)
    roots = [id for id in known if id not in branches and known.keys().isdisjoint(above[id])]
    _grow(roots, branches, known, above)
    rings = [id for id in known if id not in branches]
    _grow(rings, branches, known, above)
    return {"tree": [branches[id] for id in stars], "others": [branches[id] for id in (*roots, *rings)]}


def _grow(
    roots: Sequence[str], branches: dict[str, View], known: Mapping[str, View], above: Mapping[str, list[str]]
) -> None:
    """Adds trees to the branches that are there: what leads to a root, what leads to that, and so on."""
    branches |= {id: _branch(known[id]) for id in roots}
    waiting = list(roots)
    while waiting:
        parent = waiting.pop(0)
        for id in known:
            if parent in above[id] and id not in branches:
                branches[id] = _branch(known[id])
                branches[parent]["below"].append(branches[id])
                waiting.append(id)


def _branch(doc: View) -> View:
    return {"of": card_of(doc), "below": list["View"]()}


def teams(documents: Sequence[View], links: Mapping[str, View]) -> View:
    """Who owes what to whom, as a table of teams by teams, and what each team owns."""
    promises = [doc for doc in documents if {"owes", "to"} <= doc["who"].keys()]
    owing = list(dict.fromkeys(doc["who"]["owes"]["id"] for doc in promises))
    owed = list(dict.fromkeys(doc["who"]["to"]["id"] for doc in promises))
    own = [doc for doc in documents if doc["kind"] == "team"]
    return {
        "columns": [team_link(team, links) for team in owed],
        "rows": [
            {
                "team": team_link(team, links),
                "cells": [
                    [
                        card_of(doc)
                        for doc in promises
                        if (doc["who"]["owes"]["id"], doc["who"]["to"]["id"]) == (team, other)
                    ]
                    for other in owed
                ],
            }
            for team in owing
        ],
        "teams": [
            card_of(doc) | {"role": doc["fields"].get("lead_role"), "owns": _owned(doc["id"], documents)} for doc in own
        ],
    }


def of_team(team: str, documents: Sequence[View]) -> View:
    """What a team owes and is owed, and the numbers that it looks after, each in short."""
    return {
        "owes": _promised("owes", team, documents),
        "owed": _promised("to", team, documents),
        "numbers": [
            _line(doc) for doc in documents if doc["kind"] == "metric" and _is_of(doc, team) and _is_judged(doc)
        ],
    }


def _promised(side: str, team: str, documents: Sequence[View]) -> list[View]:
    """Promises of which a team is one side, each with the other."""
    other, way = {"owes": ("to", "to"), "to": ("owes", "by")}[side]
    return [
        _line(doc) | {"why": f"{way} {doc['who'][other]['name']}"}
        for doc in documents
        if {"owes", "to"} <= doc["who"].keys() and doc["who"][side]["id"] == team
    ]


def _is_of(doc: View, team: str) -> bool:
    return bool(doc["owner"]) and doc["owner"]["id"] == team


def _owned(team: str, documents: Sequence[View]) -> list[View]:
    return [
        {"name": doc["name"], "href": doc["href"], "kind": doc["kind_title"]}
        for doc in documents
        if doc["owner"] and doc["owner"]["id"] == team and doc["kind"] != "team"
    ]


def meetings(documents: Sequence[View], files: Sequence[str]) -> View:
    """The meetings with their agendas, and the file that has the days of all of them."""
    return {
        "meetings": [
            card_of(doc)
            | {key: doc["fields"].get(key) for key in ("repeats", "minutes", "attendees")}
            | {"files": doc["files"], "next": doc["next"]}
            for doc in documents
            if doc["kind"] == "meeting"
        ],
        "calendar": next((path for path in files if path == CALENDAR), None),
    }


def health(
    results: Results, findings: Sequence[Finding], documents: Sequence[View], links: Mapping[str, View], zone: str
) -> View:
    """The sources with their age, what cannot be measured, and what was found, by code."""
    counts, known = Counter(finding.code for finding in findings), codes.all_codes()
    return {
        "sources": [_source(source, zone) for source in results.sources],
        "unmeasurable": [card_of(doc) for doc in documents if doc["measured"] and _code(doc) in UNMEASURED],
        "codes": [
            {
                "code": code,
                "title": codes.read(code).title if code in known else code,
                "n": n,
                "findings": [finding_view(f, links) for f in findings if f.code == code][:FINDINGS_OF_A_CODE],
            }
            for code, n in sorted(counts.items())
        ],
        "statuses": _legend(),
    }


UNMEASURED = (Status.NOT_MEASURABLE.value, Status.STALE.value, Status.NOT_ENOUGH_DATA.value)


def _code(doc: View) -> str | None:
    """The status of the newest window."""
    status = doc["measured"]["headline"]["status"]
    return status["code"] if status else None


def _legend() -> list[View | None]:
    return [status_words(status) for status in STATUSES]


def _source(source: SourceState, zone: str) -> View:
    return {
        "id": source.id,
        "as_of": moment(source.watermark_us, zone),
        "pulled": moment(source.pulled_at_us, zone),
        "freshness": freshness_words(source.status),
        "streams": [{"name": stream, "rows": f"{rows:,}"} for stream, rows in source.rows.items()],
    }


def shelves(documents: Sequence[View], entries: Sequence[Entry]) -> View:
    """All documents by kind."""
    return {
        "shelves": [
            {
                "kind": kind,
                "title": titles(kind)[1],
                "documents": [card_of(doc) for doc in documents if doc["kind"] == kind],
            }
            for kind in kinds_of(entries)
        ]
    }
