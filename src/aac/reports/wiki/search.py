"""What is found by which words: an index of all pages for the search of readers, and terms that prose may mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aac.reports.wiki.shelves import link_to, listed, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.reports.base import Entry, View

LONGEST = 200
"""Characters of a summary that are searched and shown."""
SHORTEST = 3
"""Of a term that prose may mean: `AE` and `ad` are too often something else."""


SPOKEN = {
    "ae": "account executive", "arr": "annual recurring revenue", "bdr": "business development representative",
    "cac": "customer acquisition cost", "cs": "customer success", "csat": "customer satisfaction",
    "csm": "customer success manager", "grr": "gross revenue retention", "gtm": "go to market",
    "icp": "ideal customer profile", "kpi": "key performance indicator", "ltv": "lifetime value",
    "mql": "marketing qualified lead", "mrr": "monthly recurring revenue", "nps": "net promoter score",
    "nrr": "net revenue retention", "okr": "objectives and key results", "qbr": "quarterly business review",
    "sal": "sales accepted lead", "sdr": "sales development representative", "sla": "service level agreement",
    "sql": "sales qualified lead",
}  # fmt: skip
"""What the acronyms of revenue teams stand for: whoever looks for the one finds the other."""
ALSO_KINDS = {
    "sla": "sla promise", "metric": "kpi number", "icp": "icp", "scoring": "lead score points", "meeting": "agenda",
    "lifecycle": "funnel stages", "definition": "term glossary", "entity": "object table records", "list": "values",
    "calendar": "opening hours holidays", "team": "department",
}  # fmt: skip
"""What people call the kinds of documents."""
ALSO_PAGES = {
    "scorecards": "kpi report dashboard", "agreements": "sla promises", "definitions": "glossary terms words",
    "profiles": "icp ideal customer profile lead score", "metrics": "kpi numbers tree north star",
    "teams": "who owes what org departments", "meetings": "agenda calendar qbr",
    "health": "freshness sources quality", "documents": "all index",
}  # fmt: skip
"""What people call the pages about several documents, by the name of their file."""


STAR = "north star"
"""What people look for when they mean the one metric that has this role."""
RECORDS = ("signoff", "lock", "waiver", "decision")
"""Kinds of documents that tell what happened to others: found after those."""
WEIGHTS = {"page": 2.0, "document": 1.0, "record": 0.1}
"""By how much the words of a page count."""


def index_of(documents: Sequence[View], sections: Iterable[View]) -> list[View]:
    """An entry a page: its name, its other names (``also``), its kind, what it is about and where it is; ``weight``: by
    how much it goes before others, ``exact``: the words that mean this page and no other, in small letters."""
    pages = [
        {
            "name": page["title"],
            "also": _also_page(page["href"]),
            "kind": "Page",
            "about": "",
            "href": page["href"],
            "weight": WEIGHTS["page"],
            "exact": [page["title"].lower()],
        }
        for page in sections
    ]
    found = [
        {
            "name": doc["name"],
            "also": " ".join(_also(doc)),
            "kind": doc["kind_title"],
            "about": _in_short(doc["summary"]),
            "href": doc["href"],
            "weight": WEIGHTS["record" if doc["kind"] in RECORDS else "document"],
            "exact": _exact(doc),
        }
        for doc in documents
    ]
    return [{"id": number} | page for number, page in enumerate([*pages, *found])]


def _also(doc: View) -> list[str]:
    """By which other words a document is looked for: its id, what people call it and should not, its tags, its teams,
    what its acronyms stand for and the other way round, and what its kind is called."""
    fields = doc["fields"]
    called = [
        doc["id"].replace("_", " "),
        *map(str, listed(fields.get("aka"))),
        *map(str, listed(fields.get("never_say"))),
        *([STAR] if fields.get("role") == "north_star" else []),
    ]
    teams = [str(team["name"]) for team in [*mapping(doc["who"]).values(), *([doc["owner"]] if doc["owner"] else [])]]
    said = " ".join([doc["name"], *called])
    words = [doc["id"], *called, *doc["tags"], *teams, *_spoken(said), *_initials([doc["name"], *called])]
    words.append(ALSO_KINDS.get(doc["kind"], ""))
    return [word for word in dict.fromkeys(words) if word]


def _exact(doc: View) -> list[str]:
    """Its id, its name and what else it is called; of the north star that it is it."""
    words = [doc["id"], doc["id"].replace("_", " "), doc["name"], *map(str, listed(doc["fields"].get("aka")))]
    words += [STAR] if doc["fields"].get("role") == "north_star" else []
    return [*dict.fromkeys(word.lower() for word in words)]


def _spoken(text: str) -> list[str]:
    """The acronyms of what a text says in full, and what its acronyms stand for."""
    words = " ".join(re.findall("[a-z0-9]+", text.lower()))
    padded = f" {words} "
    found = [full for short, full in SPOKEN.items() if f" {short} " in padded or f" {short}s " in padded]
    return [*found, *(short for short, full in SPOKEN.items() if f" {full} " in padded or f" {full}s " in padded)]


def _initials(names: Iterable[str]) -> list[str]:
    """The first letters of names of three words or more, as in `ttv` of `time to value`."""
    words = (re.findall(r"[^\W_]+", name.lower()) for name in names)
    return ["".join(word[0] for word in several) for several in words if len(several) > 2]


def _also_page(href: str) -> str:
    return ALSO_PAGES.get(href.removesuffix(".html"), "")


def _in_short(text: object) -> str:
    words = " ".join(str(text or "").replace("*", "").replace("`", "").split())
    return words if len(words) <= LONGEST else words[:LONGEST].rpartition(" ")[0] + " …"


def terms_of(entries: Iterable[Entry]) -> dict[str, str]:
    """The page of each name and other name of a definition, in small letters; what two of them claim is nobody's."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        if entry.kind == "definition":
            for name in (entry.name, *listed(entry.fields.get("aka"))):
                if len(str(name)) >= SHORTEST:
                    found.setdefault(str(name).lower(), set()).add(link_to(entry)["href"])
    return {name: hrefs.pop() for name, hrefs in sorted(found.items()) if len(hrefs) == 1}
