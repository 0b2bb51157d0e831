"""What all pages share: kinds in words, links to documents, and plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aac.records import record
from aac.reports.wording import queue_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.findings import Finding
    from aac.reports.base import Entry, View
    from aac.results import Result

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
    "decision": ("Decision", "Decisions"),
    "waiver": ("Waiver", "Waivers"),
    "signoff": ("Sign-off", "Sign-offs"),
    "lock": ("Lock", "Locks"),
    "calendar": ("Calendar", "Calendars"),
    "company": ("Company", "Company"),
}
"""One and several of each kind in words, in the order of the menu; other kinds go by their own name, after them."""


@record
class Section:
    """A page about all documents of some kinds (without kinds: of all), and what the menu calls it."""

    title: str
    kinds: tuple[str, ...] = ()


SECTIONS: Mapping[str, Section] = {
    "scorecards": Section("Scorecard", ("scorecard", "sla", "metric")),
    "agreements": Section("Agreements", ("sla",)),
    "definitions": Section("Definitions", ("definition", "lifecycle", "list")),
    "profiles": Section("ICP and scoring", ("icp", "scoring")),
    "metrics": Section("Metrics", ("metric",)),
    "teams": Section("Teams", ("team", "sla")),
    "meetings": Section("Meetings", ("meeting",)),
    "health": Section("Data health"),
    "documents": Section("All documents"),
}
"""The sections in the order of the menu, by the name of their page and template."""

HOMES: Mapping[str, str] = {
    "scorecard": "scorecards", "sla": "agreements", "definition": "definitions", "lifecycle": "definitions",
    "list": "definitions", "signoff": "agreements", "waiver": "agreements", "icp": "profiles", "scoring": "profiles",
    "metric": "metrics", "team": "teams", "meeting": "meetings", "decision": "meetings",
}  # fmt: skip
"""The section that a page of each kind belongs to; others stand among all documents."""


FILES: Mapping[str, str] = {"meeting": "agendas", "scorecard": "scorecards"}
"""The folder of what a build writes of documents of a kind beside their pages."""
FORMS: Mapping[str, str] = {"html": "To print", "md": "Markdown", "csv": "CSV", "ics": "Calendar"}
"""What such a file is called, by how its name ends; in the order shown."""


def files_of(kind: str, id: str, files: Iterable[str]) -> list[View]:
    """What a build writes of a document: `agendas/<id>.md`, or with a window `scorecards/<id>-2026-02.csv`."""
    found: list[tuple[int, View]] = []
    for path in files:
        folder, _, name = path.rpartition("/")
        stem, _, form = name.rpartition(".")
        own, _, window = stem.partition("-")
        if (folder, own) == (FILES.get(kind), id) and form in FORMS:
            title = f"{FORMS[form]}, {window}" if window else FORMS[form]
            found.append((list(FORMS).index(form), {"title": title, "href": path}))
    return [link for _, link in sorted(found, key=lambda pair: (pair[0], pair[1]["title"]))]


def section_of(kind: str) -> View:
    """Where the way back from a page of that kind leads."""
    name = HOMES.get(kind)
    if name is None:
        return {"title": titles(kind)[1], "href": f"documents.html#{kind}-documents"}
    return {"title": SECTIONS[name].title, "href": f"{name}.html"}


def by_document(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Results by the `kind:id` of their document."""
    documents: dict[str, list[Result]] = {}
    for result in results:
        documents.setdefault(f"{result.kind}:{result.id}", []).append(result)
    return documents


def subject_of(entry: Entry) -> str:
    return f"{entry.kind}:{entry.id}"


def titles(kind: str) -> tuple[str, str]:
    word = kind.replace("_", " ").capitalize()
    return KINDS.get(kind, (word, word))


def kinds_of(entries: Iterable[Entry]) -> list[str]:
    """The kinds that there are documents of, in the order of the menu."""
    order = list(KINDS)
    return sorted(
        {e.kind for e in entries}, key=lambda kind: (order.index(kind) if kind in order else len(order), kind)
    )


def link_to(entry: Entry) -> View:
    kind = titles(entry.kind)[0]
    return {"kind": kind, "id": entry.id, "name": entry.name, "href": f"{entry.kind}/{entry.id}.html"}


def receivers_of(entries: Iterable[Entry]) -> dict[str, View]:
    """Where a step leads to, by what it names: a meeting, a team, or a queue of one, which is told with its role."""
    found: dict[str, View] = {}
    for entry in (entry for entry in entries if entry.kind in ("team", "meeting")):
        link = link_to(entry)
        queues = [mapping(queue) for queue in listed(entry.fields.get("queues"))]
        found |= {
            str(queue["id"]): link | {"name": queue_words(str(queue["id"]), queue.get("role"))} for queue in queues
        }
        found[entry.id] = link
    return found


def team_link(id: object, links: Mapping[str, View]) -> View:
    return links.get(f"team:{id}") or {"kind": "Team", "id": str(id), "name": str(id), "href": None}


def mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def listed(value: object) -> list[Any]:
    return list(cast("Sequence[Any]", value)) if isinstance(value, (list, tuple)) else []


def plain(value: object) -> Any:
    """A value as JSON carries it; what is neither text, whole number nor boolean becomes text."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in cast("Sequence[object]", value)]
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)


def finding_view(finding: Finding, links: Mapping[str, View]) -> View:
    return {
        **{key: getattr(finding, key) for key in ("code", "level", "message", "instead")},
        "place": str(finding.span) if finding.span else None,
        "about": links.get(finding.doc or ""),
        "keys": list(finding.keys),
        "more": max(0, finding.count - len(finding.keys)) if finding.keys else 0,
    }
