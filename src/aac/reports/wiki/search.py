"""What is found by which words: an index of all pages for the search of readers, and terms that prose may mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.reports.wiki.shelves import link_to, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.reports.base import Entry, View

LONGEST = 200
"""Characters of a summary that are searched and shown."""
SHORTEST = 3
"""Of a term that prose may mean: `AE` and `ad` are too often something else."""


def index_of(documents: Sequence[View], sections: Iterable[View]) -> list[View]:
    """An entry a page: its name, its other names (``also``), its kind, what it is about and where it is."""
    pages = [
        {"name": page["title"], "also": "", "kind": "Page", "about": "", "href": page["href"]} for page in sections
    ]
    found = [
        {
            "name": doc["name"],
            "also": " ".join([doc["id"], *map(str, listed(doc["fields"].get("aka"))), *doc["tags"]]),
            "kind": doc["kind_title"],
            "about": _in_short(doc["summary"]),
            "href": doc["href"],
        }
        for doc in documents
    ]
    return [{"id": number} | page for number, page in enumerate([*pages, *found])]


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
