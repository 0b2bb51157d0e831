"""The wiki: pages for a week and for each document, which open from a folder without a server.

A page of a document is made by `templates/wiki/<kind>.html.j2` where there is one, else by `wiki/document.html.j2`;
the project's own `templates/` come first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from aac.distribution import VERSION
from aac.findings import in_reading_order
from aac.hookspecs import hookimpl
from aac.periods import iso_utc
from aac.reports.base import Page, Sheet
from aac.reports.json import as_json, dumps
from aac.reports.pages import asset
from aac.reports.plainly import sentences_of
from aac.reports.wiki import sections
from aac.reports.wiki.documents import card_of, document_view, measured_view, record_links
from aac.reports.wiki.search import index_of, terms_of
from aac.reports.wiki.sentences import sentences
from aac.reports.wiki.shelves import SECTIONS, by_document, files_of, link_to, receivers_of, section_of, subject_of
from aac.reports.wiki.trends import Beside, spread_of, steps_of, trend_of
from aac.reports.wiki.words import counts_of, stages_of, tiers_of
from aac.reports.wording import as_of_words, by_words, freshness_of_all, moment
from aac.small_groups import findings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.findings import Finding
    from aac.reports.base import Entry, Report, ReportProject, View
    from aac.results import Background, Result, Results


WEEK: View = {"href": "index.html", "title": "This week"}
SCRIPTS = ("wiki.js", "minisearch.js")
"""What pages can do beyond being read."""


class WikiReport:
    """What `aac build` writes: HTML that is read without scripts, what it looks like, and the numbers as `aac.json`."""

    name: ClassVar[str] = "wiki"
    made_by: ClassVar[Literal["check", "build"]] = "build"

    def view(self, project: ReportProject, results: Results) -> View:
        """Everything the pages say, in words; ``results`` are those of `aac.json`."""
        entries = project.entries()
        findings = in_reading_order((*project.findings, *results.findings))
        links = {subject_of(entry): link_to(entry) for entry in entries}
        documents = _documents(project, results, findings, links)
        cards = {f"{doc['kind']}:{doc['id']}": card_of(doc) for doc in documents}
        for doc in documents:
            if doc["kind"] == "team":
                doc["stands"] = sections.of_team(doc["id"], documents)
            if doc["kind"] == "scorecard":
                doc["rows"] = [sections.row_of(row, cards) for row in doc["fields"]["rows"]]
        home = {"sentences": sentences(results, findings, links, _stars(documents))} | sections.week(
            documents, results.background.sittings
        )
        shown = _sections(project, results, findings, documents, links)
        splits = _splits(documents, links, shown, results.background)
        return {
            "site": _site(project, results, shown),
            "home": home,
            "sections": shown,
            "splits": splits,
            "documents": documents,
            "index": index_of(documents, [*shown.values(), *splits]),
            "build": {"aac": VERSION, "project": results.project, "revision": results.revision}
            | {"made": iso_utc(results.now_us)},
            "results": as_json(results),
        }

    def render(self, view: View) -> tuple[Page | Sheet, ...]:
        """The pages of sections and documents, what they look like, how they are searched, `aac.json`, `build.json`."""
        site = {"site": view["site"]}
        sheets = [
            Sheet("index.html", ("wiki/home.html.j2",), site | {"home": view["home"], "build": view["build"]}),
            Sheet("style.css", ("wiki/style.css.j2",), site),
        ]
        for name, page in view["sections"].items():
            sheets.append(Sheet(page["href"], (f"wiki/{name}.html.j2",), site | {"page": page}))
        for page in view["splits"]:
            sheets.append(Sheet(page["href"], ("wiki/scorecards_by.html.j2",), site | {"page": page}))
        for doc in view["documents"]:
            templates = (f"wiki/{doc['kind']}.html.j2", "wiki/document.html.j2")
            sheets.append(Sheet(doc["href"], templates, site | {"doc": doc}))
        data = (("aac.json", view["results"]), ("build.json", view["build"]))
        index = Page("search.js", f"aacIndex = {dumps(view['index'])};\n")
        scripts = (*(Page(name, asset(name)) for name in SCRIPTS), index)
        return (*sheets, *scripts, *(Page(path, dumps(told) + "\n") for path, told in data))


def _stars(documents: Sequence[View]) -> list[str]:
    return [f"metric:{doc['id']}" for doc in documents if doc["fields"].get("role") in sections.ROOTS]


def _documents(
    project: ReportProject, results: Results, findings: Sequence[Finding], links: Mapping[str, View]
) -> list[View]:
    entries, zone, background = project.entries(), project.timezone, results.background
    receivers, terms = receivers_of(entries), terms_of(entries)
    names = {subject_of(entry): entry.name for entry in entries}
    records = {} if results.are_keys_hashed else record_links(entries)
    now, past = by_document(results.results), by_document(background.past)
    words = by_document(background.words)
    locked, restated = by_document(background.locked), by_document(background.restated)

    def beside(subject: str) -> Beside:
        return Beside(locked.get(subject, ()), restated.get(subject, ()), background.begun.get(subject, ()))

    documents: list[View] = []
    for entry in entries:
        subject = subject_of(entry)
        found = now.get(subject, [])
        rules = project.in_words(entry.kind, entry.id)
        documents.append(
            document_view(entry, links, findings_of(subject, findings, results.left_out))
            | {"measured": measured_view(entry, found, zone), "receivers": receivers}
            | _past(entry, found, past.get(subject, []), zone, beside(subject))
            | {"counts": counts_of(entry, words.get(subject, []), links, zone)}
            | {"tiers": tiers_of(entry, background.words, links) if entry.kind == "icp" else None}
            | {"stages": stages_of(subject, entry.fields["stages"], words, zone) if entry.kind == "lifecycle" else []}
            | {"in_words": [{"place": place, "words": said} for place, said in rules]}
            | {"sentences": sentences_of(entry.kind, entry.fields, names, dict(rules)) if entry.kind == "sla" else []}
            | {"records": results.entities.get(entry.id) if entry.kind == "entity" else None}
            | {"record_link": records.get(subject), "queries": list(background.queries.get(subject, ()))}
            | {"section": section_of(entry.kind), "terms": terms, "agreement": background.agreements.get(subject)}
            | {"files": files_of(entry.kind, entry.id, background.files)}
            | {"next": background.sittings.get(entry.id) if entry.kind == "meeting" else None}
            | _origin([entry], background)
        )
    return documents


def _past(entry: Entry, now: Sequence[Result], past: Sequence[Result], zone: str, beside: Beside) -> View:
    """How a number came to be what it is: its windows, and of a promise how its time was used."""
    totals = [result for result in now if not result.reading.by and result.selection != "unplaced"]
    answers = [result for result in totals if result.selection != "current"] or totals
    is_in_days = "business" not in str(entry.fields.get("when"))
    return {
        "trend": trend_of([*past, *now], entry.name, beside),
        "spread": spread_of([*past, *now], zone),
        "steps": steps_of(answers[-1] if answers else None, days=is_in_days),
    }


def _origin(entries: Sequence[Entry], background: Background) -> View:
    """Where the text of a page can be read, and the last change of all that it rests on."""
    address = None
    if background.web is not None and len(entries) == 1:
        address = background.web.replace("{path}", entries[0].file) + f"#L{entries[0].line}"
    return _of_several(background, map(subject_of, entries)) | {"edit": address}


def _of_several(background: Background, subjects: Iterable[str]) -> View:
    """The last change of documents whose text stands in several places, and of all that they rest on."""
    newest = background.newest(subjects)
    return {"edit": None, "revision": newest.revision if newest is not None else None}


def _sections(
    project: ReportProject,
    results: Results,
    findings: Sequence[Finding],
    documents: Sequence[View],
    links: Mapping[str, View],
) -> dict[str, View]:
    """The pages about several documents by name, in the order of the menu; those about nothing are left out."""
    entries = project.entries()
    made = {
        "scorecards": sections.scorecards(documents, links),
        "agreements": sections.agreements(documents, links) | {"agreed": sections.agreed(documents)},
        "definitions": sections.definitions(documents),
        "profiles": sections.profiles(documents),
        "metrics": sections.metrics(documents),
        "teams": sections.teams(documents, links),
        "meetings": sections.meetings(documents, results.background.files),
        "health": sections.health(results, findings, documents, links, project.timezone),
        "documents": sections.shelves(documents, entries),
    }
    shown: dict[str, View] = {}
    for name, data in made.items():
        kinds = SECTIONS[name].kinds
        rests_on = [entry for entry in entries if not kinds or entry.kind in kinds]
        if any(data.values()) and (rests_on or name == "health"):
            data_alone = [entry for entry in entries if entry.kind == "entity"]
            origin = _origin(data_alone if name == "health" else rests_on, results.background)
            shown[name] = {"title": SECTIONS[name].title, "href": f"{name}.html"} | origin | data
    return shown


def _splits(
    documents: Sequence[View], links: Mapping[str, View], shown: Mapping[str, View], background: Background
) -> list[View]:
    """The pages of the scorecard by dimension; it and they lead to each other."""
    if "scorecards" not in shown:
        return []
    pages = sections.splits(documents, links, partial(_of_several, background))
    first = {"title": "By team", "href": shown["scorecards"]["href"]}
    ways = [first, *({"title": by_words(page["name"]), "href": page["href"]} for page in pages)]
    for page in (shown["scorecards"], *pages):
        page["ways"] = ways if pages else []
    return pages


def _site(project: ReportProject, results: Results, shown: Mapping[str, View]) -> View:
    return {
        "project": results.project,
        "as_of": as_of_words(results, project.timezone),
        "freshness": freshness_of_all(results),
        "zone": project.timezone,
        "is_restricted": results.is_restricted,
        "now": moment(results.now_us, project.timezone),
        "menu": [WEEK, *({"href": page["href"], "title": page["title"]} for page in shown.values())],
    }


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [WikiReport]
