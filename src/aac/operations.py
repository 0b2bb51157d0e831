"""All of aac on one page: what each command does, a few lines each. The only writer of files.

What only some commands need is loaded where they use it: `aac validate` stays quick.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from os.path import normpath
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aac import config
from aac.errors import DocumentsError, EngineError, LeakError, NoDataError, SourceError, UsageError
from aac.expressions import parsed
from aac.files import write_file
from aac.findings import Finding, did_you_mean, has_errors, in_reading_order
from aac.folders import is_inside
from aac.judging import exit_code
from aac.loading import load
from aac.periods import day_of, parse_moment
from aac.plugins import load as load_plugins
from aac.plugins import maybe_of_a_plugin
from aac.premature import merged_too_early
from aac.records import record
from aac.reports.base import Page
from aac.results import Background, Results, SourceState
from aac.revisions import revision
from aac.selecting import is_agreed, measurable, select
from aac.sharing import Shared
from aac.sources import check_kept, check_settings, check_sources
from aac.upkeep import overdue

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from aac.agendas import Wanted
    from aac.config import Source
    from aac.evaluate import Asked
    from aac.graph import Id
    from aac.landing.events import Tell
    from aac.landing.landed import Landed
    from aac.landing.pull import Pulled
    from aac.landing.pulling import Wish
    from aac.landing.state import PulledSource
    from aac.measures import Shown
    from aac.plugins import Registry
    from aac.project import Project
    from aac.querying import Question
    from aac.reports.base import Entry, ReportProject, Sheet
    from aac.sealing import Seal
    from aac.starting import Answers

"""The folders that `aac build` writes, at the root of the project, if no other is named."""
LEADS_ON = "wiki"
"""The report that leads to what the others write, and so comes after them."""
PAST_SHOWN = 12
"""How many windows before the last the wiki shows."""


@record
class Opened:
    """A project that was read: what can be done with it, and what is wrong with it."""

    project: Project
    registry: Registry
    findings: tuple[Finding, ...]


@record
class Checked:
    """Results, each asked-for report as text, and the exit code they lead to."""

    results: Results
    texts: tuple[str, ...]
    exit_code: int


def start_project(folder: Path, answers: Answers) -> tuple[str, ...]:
    """Writes the files of a new project; their paths. Raises UsageError where one of them is there already."""
    from aac.starting import first_files

    folder = folder.absolute()
    files = first_files(answers)
    there = [path for path in files if (folder / path).exists() and path != ".gitignore"]
    if there:
        raise UsageError(f"{folder / there[0]} is there already: name a folder that has no project yet")
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / path).exists():
            write_file(folder / path, data.decode())
    write_schemas(load_plugins(None), folder)
    return tuple(files)


def open_project(start: Path, *, with_plugins: bool = True, shared: Shared | None = None) -> Opened:
    """The project at or above a folder, maybe without the plugins of its own; ``shared``: as `loading.load` takes it.
    Raises ConfigError and PluginError."""
    settings = config.load(start)
    registry = load_plugins(settings.root if with_plugins else None)
    known = shared or Shared()
    rules, packs = known.rules(settings.root, registry.functions), known.packs(registry.packs)
    loaded, told = load(settings, registry.kinds, rules, packs, shared=known)
    if shared is None:  # else they are those of another side, too
        parsed.keep(settings.root, rules)
    wrong = [
        *check_sources(settings.sources, registry.connectors, settings.root),
        *check_settings(settings, registry.engines),
        *check_kept(settings),
    ]
    if with_plugins and settings.review.severity:
        from aac.change_rules import unknown_rules

        wrong += unknown_rules(settings, registry.kinds)
    findings = [*wrong, *told, *merged_too_early(loaded)]
    if not with_plugins and any((settings.root / "plugins").glob("*.py")):
        findings = [maybe_of_a_plugin(finding) for finding in findings]
    return Opened(loaded, registry, in_reading_order(findings))


def with_reviews(opened: Opened, now_us: int) -> Opened:
    """The same, with what was to be looked at again, or done, before the day of ``now_us``, what begins late, and what
    means another thing than it did."""
    from aac.beginnings import inside_open_windows
    from aac.meanings import former_meanings

    made = opened.project
    late = [*overdue(made, now_us), *inside_open_windows(made, now_us), *former_meanings(made)]
    return replace(opened, findings=in_reading_order([*opened.findings, *late]))


@record
class Extract:
    """What lies in some files and folders of a project, as reports see it; ``findings`` are those placed there."""

    project: Project
    findings: tuple[Finding, ...]
    holds: Callable[[str], bool]

    @property
    def name(self) -> str:
        return self.project.name

    @property
    def root(self) -> Path:
        return self.project.root

    @property
    def timezone(self) -> str:
        return self.project.timezone

    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.project.entries() if self.holds(entry.file))

    def in_words(self, kind: str, id: str) -> tuple[tuple[str, str], ...]:
        return self.project.in_words(kind, id)

    def documents(self) -> int:
        """How many documents there are."""
        return sum(self.holds(document.file) for document in self.project.documents)


def extract(opened: Opened, paths: Sequence[Path]) -> Extract:
    """What lies below some paths, everything if there are none; raises UsageError for one outside the project."""
    if not paths:
        return Extract(opened.project, opened.findings, lambda _: True)
    folders = [_inside(opened.project.root, path) for path in paths]

    def holds(file: str) -> bool:
        return any(PurePosixPath(file).is_relative_to(folder) for folder in folders)

    found = tuple(finding for finding in opened.findings if holds(finding.span.file if finding.span else ""))
    return Extract(opened.project, found, holds)


def _inside(root: Path, path: Path) -> str:
    """A path from the root of the project, as findings name it: links in it are followed only if they have to be."""
    for below in (Path(normpath(path.absolute())), path.resolve()):
        if below.is_relative_to(root):
            return below.relative_to(root).as_posix()
    raise UsageError(f"`{path}` does not lie in the project `{root}`")


def findings_as(opened: Opened, found: Extract, now_us: int, name: str) -> str:
    """What was found as a format of `check` that has no results; raises UsageError when there is no such format."""
    results = Results(found.name, revision(found.root), now_us, (), {}, (), found.findings)
    return _screen(opened.registry, found, results, name)


def open_sound_project(start: Path) -> Opened:
    """The same, but raises DocumentsError when a document has an error: nothing is evaluated then."""
    opened = open_project(start)
    if has_errors(opened.findings):
        raise DocumentsError(opened.findings, len(opened.project.documents))
    return opened


def write_draft(opened: Opened, kind: str, id_: str) -> tuple[str, ...]:
    """Writes a first document of a kind, or a connector and its test; the paths in the project. Raises UsageError."""
    from aac import drafting

    root, registry = opened.project.root, opened.registry
    drafts = drafting.drafts(opened.project, registry.kinds, registry.connectors, kind, id_)
    for path in drafts:
        if (root / path).exists():
            raise UsageError(f"{path} is there already")
    for path, text in drafts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_file(root / path, text)
    return tuple(drafts)


def schema_text(registry: Registry, name: str) -> str:
    """A JSON Schema by its name: a kind, `documents`, `settings` or `results`. Raises UsageError."""
    from aac import schemas

    connectors = {name: connector.settings for name, connector in registry.connectors.items()}
    made = schemas.by_name(name, registry.kinds, connectors)
    if made is None:
        known = (*registry.kinds, *schemas.OTHERS)
        raise UsageError(f"there is no schema `{name}`; {did_you_mean(name, known)}")
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def codeowners_text(opened: Opened, host: str) -> str:
    """The file CODEOWNERS for a host; raises UsageError for another one."""
    from aac.code_owners import HOSTS, codeowners

    if host not in HOSTS:
        raise UsageError(f"--host: there is no host `{host}`; {did_you_mean(host, HOSTS)}")
    return codeowners(opened.project, host)


def write_schemas(registry: Registry, root: Path) -> list[Path]:
    """Writes the schemas that the settings of editors name; their paths, seen from the root."""
    from aac import schemas

    folder = root / ".schema"
    folder.mkdir(exist_ok=True)
    for name in schemas.OTHERS:
        write_file(folder / f"{name}.json", schema_text(registry, name))
    return [Path(".schema", f"{name}.json") for name in schemas.OTHERS]


def pull_sources(opened: Opened, now_us: int, tell: Tell, wish: Wish | None = None) -> Pulled:
    """Reads sources into the store, each whole or not at all; an error among its findings means: not.

    Raises UsageError for a source that there is not.
    """
    from aac.landing.pull import WHOLE, pull
    from aac.sourcing import connecting

    made, settings, wish = opened.project, opened.project.config, wish or WHOLE
    with connecting(made, opened.registry, wish) as connect:
        return pull(
            made.root, settings.sources, made.tables, connect, made.timezone, now_us, tell, settings.engine, wish
        )


def measure(opened: Opened, now_us: int, asked: Asked, tell: Callable[[str], None], *, everything: bool) -> Results:
    """What was agreed, measured on the data that was pulled; with ``everything`` also what has no target.

    Raises NoDataError, SourceError for data that today's documents cannot be measured on, UsageError for windows that
    do not exist, and EngineError.
    """

    chosen = partial(_agreed, everything=everything)
    return _measured(opened, now_us, asked, tell, chosen, locked=measurable)


def _agreed(made: Project, *, everything: bool) -> list[Shown]:
    return [part for part in measurable(made) if everything or is_agreed(part)]


def plan_text(opened: Opened, asked: Asked, tell: Callable[[str], None], *, chosen: Sequence[str] = ()) -> str:
    """The queries that `check` would run, and what each answers. Raises what `measure` does."""
    from aac.evaluate import plan_of
    from aac.explaining import view_of_plan
    from aac.owners import without_people
    from aac.reports.planned import planned_text

    wanted = select(chosen, opened.project).measured if chosen else partial(_agreed, everything=False)
    with pulled_data(opened, asked, tell) as data:
        made = on_its_day(opened.project, asked, data.sources)
        planned = plan_of(made, data, asked, lambda day: without_people(wanted(day), day))
        return planned_text(view_of_plan(planned, made))


def query(opened: Opened, now_us: int, question: Question, asked: Asked, form: str, tell: Callable[[str], None]) -> str:
    """The numbers that a question asks for, as text, CSV or JSON. Raises what `measure` does."""
    from aac.querying import numbers_in_force, numbers_of, since_its_data, without_other_targets
    from aac.reports import queried

    if form not in queried.FORMATS:
        raise UsageError(f"--format: there is no format `{form}`; {did_you_mean(form, queried.FORMATS)}")
    numbers_of(question, opened.project)  # what cannot be asked is told before there is data
    results = _measured(opened, now_us, asked, tell, partial(numbers_in_force, question))
    shown = since_its_data(without_other_targets(results, opened.project), question)
    readable = _readable(opened)
    return readable(queried.FORMATS[form](opened.project, shown, question.by, readable))


def explain(opened: Opened, now_us: int, asked: Asked, name: str, tell: Callable[[str], None]) -> str:
    """A document in words, what rests on what, its SQL and what it comes to. Raises UsageError."""
    from aac import explaining
    from aac.reports import explained

    made, day = explaining.on_day(opened.project, now_us if asked.as_of_us is None else asked.as_of_us)
    id_ = explaining.document(name, made)
    today = _today(opened, now_us, asked, id_, tell)
    moments = [] if isinstance(today, str) else [result.reading.as_of_us for result in today.results]
    view = explaining.view_of(id_, made, day) | {"sql": explaining.sql_of(id_, made, min(moments, default=now_us))}
    return explained.explained_text(view, today, made.timezone)


def _today(opened: Opened, now_us: int, asked: Asked, id_: Id, tell: Callable[[str], None]) -> Results | str:
    """What a document comes to, or why that is not known; nothing for what has no number."""
    from aac import explaining

    if not explaining.measured_of(id_, opened.project):
        return ""
    if has_errors(opened.findings):
        return "the documents have errors, so nothing is measured: run `aac validate`"
    try:
        return _measured(opened, now_us, asked, tell, partial(explaining.measured_of, id_))
    except (NoDataError, SourceError, EngineError) as error:
        return str(error)


def _measured(
    opened: Opened,
    now_us: int,
    asked: Asked,
    tell: Callable[[str], None],
    chosen: Callable[[Project], Sequence[Shown]],
    beside: Callable[[Project], Sequence[Shown]] | None = None,
    locked: Callable[[Project], Sequence[Shown]] | None = None,
) -> Results:
    """What is ``chosen`` of the project of its day, measured on the data that was pulled; with it what pages tell
    ``beside`` it in windows of its own, of which nothing is found. ``locked``: of what else it is told whether it comes
    to what it was when it was locked."""
    from aac.evaluate import evaluate
    from aac.owners import for_readers, left_out
    from aac.querying import without_other_targets
    from aac.settling import reckoned, redrawn

    made, told, drawn = opened.project, None, Background()
    shown_to = for_readers(chosen, is_restricted=asked.is_restricted)
    with pulled_data(opened, asked, tell) as data:
        sources = tuple(_state(made.config.sources[pulled.id], pulled, now_us) for pulled in data.sources)
        stale = frozenset(source.id for source in sources if source.status == "stale")
        made = on_its_day(made, asked, data.sources)
        asked = replace(asked, stale=stale)
        results, found = evaluate(made, data, data.engine, asked, shown_to)
        reckoning = reckoned(made, data, asked, locked or chosen)
        if beside is not None:
            told, _ = evaluate(made, data, data.engine, replace(asked, windows=()), beside)
            drawn = redrawn(made, data, asked, chosen, reckoning)
        hidden = () if asked.is_restricted else left_out(chosen(made), made)
        findings = in_reading_order([*with_reviews(opened, now_us).findings, *found, *reckoning.findings, *hidden])
        all_of_it = Results(made.name, revision(made.root), now_us, sources, data.rows, results, findings)
    shown = _for_readers(all_of_it, made, asked)
    if told is None:
        return shown
    told_too = without_other_targets(replace(all_of_it, results=told, findings=()), made)
    words = _for_readers(told_too, made, asked).results
    return replace(shown, background=replace(drawn, words=words))


def _for_readers(results: Results, made: Project, asked: Asked) -> Results:
    """Results without what is personal, without small groups, and with keys as the project wants them."""
    from aac.people import keyed_by_people
    from aac.privacy import with_hashed_keys, without_personal
    from aac.small_groups import without_small_groups

    privacy, places = made.config.privacy, made.config.places
    people = frozenset[str]() if asked.is_restricted else keyed_by_people(made.tables)
    results = without_personal(results, made.entries(), people)
    if asked.is_restricted:
        return replace(results, is_restricted=True)
    results = without_small_groups(results, privacy.k, places.span_of("privacy", "k"))
    return with_hashed_keys(results) if privacy.keys == "hashed" else results


@contextmanager
def pulled_data(opened: Opened, asked: Asked, tell: Callable[[str], None]) -> Generator[Landed]:
    """The data that was pulled; raises SourceError when today's documents cannot be measured on it."""
    from aac.landing.landed import prepared

    made = opened.project
    settings, zone = made.config, made.timezone
    reached = (made.root, made.tables, settings.sources, zone, settings.engine, asked.as_of_us)
    with prepared(*reached, names_people=asked.is_restricted) as data:
        for notice in data.notices:
            tell(notice)
        if has_errors(data.findings):
            raise SourceError("the data that was pulled does not fit the documents: run `aac pull`", data.findings)
        yield data


def on_its_day(made: Project, asked: Asked, sources: Sequence[PulledSource]) -> Project:
    """The project of the day that as_of lies in, the least watermark if none was asked for."""
    at = asked.as_of_us if asked.as_of_us is not None else min(pulled.watermark_us for pulled in sources)
    return made.at(day_of(at - 1, made.timezone))


def _state(source: Source, pulled: PulledSource, now_us: int) -> SourceState:
    """What is known of a source, and whether its data is too old at now (LANGUAGE §2)."""
    age, status = now_us - pulled.watermark_us, None
    if source.freshness is not None:
        status = "fresh"
        warn, error = source.freshness.warn_after_us, source.freshness.error_after_us
        status = "warn" if warn is not None and age > warn else status
        status = "stale" if error is not None and age > error else status
    return SourceState(source.id, pulled.watermark_us, pulled.pulled_at_us, pulled.rows, status)


def check(
    opened: Opened,
    now_us: int,
    asked: Asked,
    formats: Sequence[str],
    fail_on: Sequence[str],
    tell: Callable[[str], None],
    *,
    chosen: Sequence[str] = (),
    items: int | None = None,
) -> Checked:
    """Everything that a target was agreed for, or what was ``chosen`` as `--select` says: one text a format, and the
    exit code it leads to. ``items``: how many late items of each are told. Raises what `measure` does."""
    from aac.publishing import pages_of

    made: ReportProject = opened.project
    if chosen:
        selection = select(chosen, opened.project)
        results = _measured(opened, now_us, asked, tell, selection.measured)
        results = replace(results, findings=selection.told(results.findings), is_selection=True)
        made = Extract(opened.project, selection.told(made.findings), lambda _: True)
    else:
        results = measure(opened, now_us, asked, tell, everything=False)
    results = replace(results, items=items, fail_on=tuple(fail_on), pages=pages_of(opened.project.root))
    readable = _readable(opened)
    texts = tuple(readable(_screen(opened.registry, made, results, name)) for name in formats)
    return Checked(results, texts, exit_code(results.deciding(), results.has_warnings, fail_on))


def _screen(registry: Registry, project: ReportProject, results: Results, name: str) -> str:
    """The single page of a report of `check`; raises UsageError when there is no such format."""
    screens = {id_: report for id_, report in registry.reports.items() if report.made_by == "check"}
    if name not in screens:
        raise UsageError(f"--format: there is no format `{name}`; {did_you_mean(name, screens)}")
    report = screens[name]()
    (page,) = _filled(registry, project.root, report.render(report.view(project, results)))
    return page.text


def _filled(
    registry: Registry, root: Path, parts: Iterable[Page | Sheet], tell: Callable[[str], object] = str
) -> tuple[Page, ...]:
    """Pages, with those made that templates make; nothing of templates is loaded where there are none of them.

    Templates of the project that nothing is made of are told.
    """
    given = tuple(parts)
    pages = tuple(part for part in given if isinstance(part, Page))
    if len(pages) == len(given):
        return pages
    from aac import overrides
    from aac.reports.filling import fill, idle

    templates = overrides.read(root, registry.templates)
    for line in idle(given, templates) if templates.own else ():
        tell(line)
    return fill(given, templates)


def build(
    opened: Opened, now_us: int, asked: Asked, tell: Callable[[str], None], out: Path | None = None,
    seal: Seal | None = None,
) -> Path:  # fmt: skip
    """Writes the wiki and the agendas; the path of the first page. The folder is old or new, never half. ``seal``: what
    they are made of, if that is known; it is kept where there was nothing to tell.

    What is restricted goes elsewhere, with numbers by owner. Raises PageError for a template that is wrong, LeakError
    for what nobody should read, UsageError for a folder that is not ours, and what `measure` does.
    """
    from aac import agendas
    from aac.newest import with_background
    from aac.publishing import check_folder, replace_folder, site_of

    site = site_of(opened.project.root, out, is_restricted=asked.is_restricted)
    if out is None and not is_inside(site, opened.project.root):
        raise UsageError(f"{site} is a link that leads out of the project: remove it, or name a folder with --out")
    check_folder(site, is_restricted=asked.is_restricted)
    said: list[str] = []

    def heard(line: str) -> None:
        said.append(line)
        tell(line)

    results = with_background(opened.project, _measured_for_pages(opened, now_us, asked, heard))
    reports = [report() for report in opened.registry.reports.values() if report.made_by == "build"]
    parts = [*agendas.pages(opened.project, results, asked)]
    sittings = agendas.next_days(opened.project, results, asked)
    for report in sorted(reports, key=lambda report: report.name == LEADS_ON):
        files = tuple(part.path for part in parts)
        known = replace(results, background=replace(results.background, files=files, sittings=sittings))
        parts += report.render(report.view(opened.project, known))
    pages = _filled(opened.registry, opened.project.root, parts, heard)
    _refuse_leaks(opened, asked, pages)
    replace_folder(site, pages, is_restricted=asked.is_restricted)
    if seal is not None and not said:
        seal.keep()
    return site / "index.html"


def _refuse_leaks(opened: Opened, asked: Asked, pages: Sequence[Page]) -> None:
    """Raises LeakError for pages that tell an address, a number or a personal value of the data."""
    from aac.leaks import leaks

    with pulled_data(opened, asked, lambda _: None) as data:
        found = leaks(pages, data, _own_texts(opened.project))
    if found:
        raise LeakError(found)


def _own_texts(made: Project) -> list[str]:
    """What the documents say themselves."""
    files = sorted({document.file for document in made.documents})
    return [(made.root / file).read_text(encoding="utf-8", errors="replace") for file in files]


def _readable(opened: Opened) -> Callable[[str], str]:
    """Texts for terminals and logs, where of e-mail addresses of the data only the first letters are told."""
    from aac.privacy import without_addresses

    own = cache(lambda: "\n".join(_own_texts(opened.project)).lower())
    return partial(without_addresses, own=own)


def agenda(opened: Opened, now_us: int, asked: Asked, wanted: Wanted, tell: Callable[[str], None]) -> str:
    """The agenda of a meeting that is ``wanted``, or its days as a calendar file. Raises UsageError, and what `build`
    does."""
    from aac import agendas
    from aac.meetings import longer

    agendas.check(wanted, opened.project)  # what cannot be asked is told before there is data
    with pulled_data(opened, asked, lambda _: None) as data:
        newest = max(source.watermark_us for source in data.sources)
    asked = agendas.as_of_its_day(wanted, opened.project, asked, newest)
    now_us = agendas.now_of_its_day(wanted, opened.project, now_us)
    chosen = partial(_agreed, everything=True)
    results = _measured(opened, now_us, asked, tell, chosen, longer, measurable)
    made = agendas.page(wanted, opened.project, results, asked)
    (page,) = _filled(opened.registry, opened.project.root, [made])
    _refuse_leaks(opened, asked, [page])
    return page.text


def _measured_for_pages(opened: Opened, now_us: int, asked: Asked, tell: Callable[[str], None]) -> Results:
    """Everything that is measured with its past, and how many records each word means."""
    from aac.counting import told_on_pages
    from aac.meetings import longer

    def beside(version: Project) -> list[Shown]:
        return [*told_on_pages(version), *longer(version)]

    chosen = partial(_agreed, everything=True)
    return _measured(opened, now_us, replace(asked, past=PAST_SHOWN), tell, chosen, beside)


def read_moment(option: str, text: str, zone: str) -> int:
    """A time of the command line in microseconds; one without an offset is the company's (LANGUAGE §11).

    A date is the first instant after that day, as for a watermark. Raises UsageError.
    """
    try:
        return parse_moment(text, zone, date_means="after")
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
