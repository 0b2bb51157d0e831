"""What `aac explain` tells about one document: its rules in words, what rests on what, its SQL; and of a code."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, cast

from aac.agreements import agreements
from aac.counting import by_stage, counted
from aac.engines.base import Entity, Query, Relation, Select
from aac.errors import UsageError
from aac.expressions.nodes import Node, Stored
from aac.expressions.words import words
from aac.findings import did_you_mean
from aac.kinds.lifecycle import Lifecycle
from aac.measures import Clock, Measure, Retention, Snapshot
from aac.periods import day_of, iso_utc
from aac.planner.ends import outside_periods
from aac.planner.fuse import plan
from aac.planner.pieces import Piece
from aac.planner.setting import Prepared, Setting, entities_in, entities_of
from aac.planner.windows import Clockwork, all_time, choose
from aac.reports.agreed import agreed_view
from aac.reports.base import View
from aac.reports.plainly import sentences_of
from aac.saying import lent_by, rules_in_words, titles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.expressions.words import Titles
    from aac.graph import Id
    from aac.measures import Shown
    from aac.planner.fuse import Plan
    from aac.planner.windows import Chosen
    from aac.project import Project


def is_code(name: str) -> bool:
    """Whether a name is that of a code of findings."""
    return re.fullmatch(r"(?i)AAC[0-9]{3}", name) is not None


def explain_code(name: str) -> str:
    """What a code of findings means, with a wrong and a right example. Raises UsageError."""
    from aac import codes
    from aac.reports import explained

    try:
        code = codes.read(name.upper())
    except KeyError:
        raise UsageError(f"there is no code `{name}`; {did_you_mean(name.upper(), codes.all_codes())}") from None
    return explained.code_text(asdict(code))


def document(name: str, project: Project) -> Id:
    """The kind and id of what a user named by its id, or by kind and id; raises UsageError."""
    kind, _, id_ = name.rpartition(":")
    found = [other for other in project.places if other[1] == id_ and kind in ("", other[0])]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(f"`{kind}:{id_}`" for kind, id_ in sorted(found))
        raise UsageError(f"`{name}` is the id of several documents: say which of {several}")
    known = {id_ for _, id_ in project.places} if not kind else {f"{kind}:{id_}" for kind, id_ in project.places}
    raise UsageError(f"there is no document `{name}`; {did_you_mean(name, known) or 'there are none yet'}")


def on_day(project: Project, moment_us: int) -> tuple[Project, date]:
    """The project of the day before a moment, and that day: what begins later is not explained as today's."""
    day = day_of(moment_us - 1, project.timezone)
    return project.at(day), day


def view_of(id_: Id, project: Project, today: date) -> View:
    """All that is known of a document without data, as plain values; ``project`` is that of ``today``."""
    (entry,) = [entry for entry in project.entries() if (entry.kind, entry.id) == id_]
    model = project.models.get(id_)
    titles = titles_of(project)
    edges = {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}
    rules = [*rules_in_words(id_, project, titles)]
    titles = replace(titles, names={**titles.names, **{subject: other.name for subject, other in edges.items()}})
    return {
        "kind": entry.kind,
        "id": entry.id,
        "name": entry.name,
        "place": f"{entry.file}:{entry.line}",
        "owner": _team(model.owner if model else None, project),
        "parties": [_team(team, project) for team in (model.parties if model else ())],
        "means": entry.fields.get("means"),
        "why": entry.fields.get("why"),
        "as_written": entry.fields.get("as_written"),
        "agreement": agreements_in(project, (id_,)).get(f"{id_[0]}:{id_[1]}"),
        "versions": _versions(id_, project, today),
        "sentences": sentences_of(entry.kind, entry.fields, titles.names, dict(rules)) if model else [],
        "rules": [{"place": place, "words": said} for place, said in rules],
        "rests_on": _tree(entry.rests_on, {name: other.rests_on for name, other in edges.items()}, titles),
        "used_by": _tree(entry.used_by, {name: other.used_by for name, other in edges.items()}, titles),
        "mentioned_in": [_branch(subject, titles) for subject in entry.mentioned_in],
        "stages": entry.fields.get("stages") if isinstance(model, Lifecycle) else None,
    }


def agreements_in(project: Project, ids: Iterable[Id] | None = None) -> dict[str, View]:
    """Who must agree to documents and who has, by `kind:id`; nothing where nobody signs anything."""
    if not project.ids("signoff"):
        return {}
    found = agreements(project, ids)
    return {f"{at.doc[0]}:{at.doc[1]}": agreed_view(at, project.titles.names) for at in found}


def _team(id_: str | None, project: Project) -> str | None:
    team = project.models.get(("team", id_)) if id_ is not None else None
    return team.title if team is not None else id_


def _versions(id_: Id, project: Project, today: date) -> list[View]:
    """The versions of a document that has several, oldest first."""
    versions = sorted((version for version in project.versions if version.id == id_), key=lambda v: v.begins)
    if [(version.begins, version.ends) for version in versions] == [(date.min, date.max)]:
        return []
    return [
        {
            "from": None if version.begins == date.min else version.begins.isoformat(),
            "until": None if version.ends == date.max else version.ends.isoformat(),
            "place": str(version.document.span()).rpartition(":")[0],
            "is_shown": version == project.chosen[id_],
            "is_to_come": version.begins > today,
        }
        for version in versions
    ]


def _tree(roots: Sequence[str], edges: Mapping[str, Sequence[str]], titles: Titles) -> list[View]:
    """Documents below each other, each once: where the way to it is shortest. Nothing is below an entity, of which
    others read single fields."""
    branches = {root: _branch(root, titles) for root in roots}
    waiting = deque(roots)
    while waiting:
        subject = waiting.popleft()
        for other in edges.get(subject, ()) if not subject.startswith("entity:") else ():
            if other not in branches:
                branches[other] = _branch(other, titles)
                branches[subject]["below"].append(branches[other])
                waiting.append(other)
    return [branches[root] for root in roots]


def _branch(subject: str, titles: Titles) -> View:
    return {"subject": subject, "name": titles.names.get(subject), "below": list[View]()}


# Numbers and SQL


def measured_of(id_: Id, project: Project) -> list[Shown]:
    """What is measured of a document: what it compiles to, else how many records its word means; of a lifecycle how
    many are at each of its stages, and went on."""
    model = project.models.get(id_)
    if isinstance(model, Lifecycle):
        words = [measure for stage in model.stages for measure in counted(("definition", stage.is_), project)]
        return [*words, *by_stage(id_, project)]
    subject = f"{id_[0]}:{id_[1]}"
    found: list[Shown] = [*project.clocks, *project.measures, *project.derived, *project.cards]
    found = [part for part in found if part.subject == subject]
    return found or ([*counted(id_, project)] if id_ in project.models else [])


def sql_of(id_: Id, project: Project, as_of_us: int) -> list[str]:
    """The queries that an engine runs for a document: of its totals in the newest window, else of its words.

    Of a number that is derived they are those of its inputs. There is none where an entity that it reads is broken.
    """
    from aac.engines.sql import output_sql

    setting = _setting(project, as_of_us)
    keys = {table.entity: table.key for table in project.tables}
    subject = f"{id_[0]}:{id_[1]}"
    parts = [part for part in (*project.clocks, *project.measures) if part.subject == subject]
    parts += [part for derived in project.derived if derived.subject == subject for part in derived.inputs]
    parts = [replace(part, dimensions=()) for part in parts if entities_of(part) <= keys.keys()]
    clocks = [Piece(project, replace(c, remind_at=None), _newest(c, setting)) for c in parts if isinstance(c, Clock)]
    measures = [Piece(project, m, _newest(m, setting)) for m in parts if isinstance(m, Measure)]
    planned = plan(clocks, measures, lambda _: setting, keys)
    queries = [scan.query for joint in planned.clocks for scan in joint.scans]
    queries += [scan.query for scan, _ in planned.metrics]
    if not queries and id_ in project.models:
        queries = [query for query in [_words_query(id_, project, setting)] if query is not None]
    return [output_sql(replace(query, shared=()), query.outputs[0], readable=True) for query in queries]


def queries_of(project: Project, as_of_us: int) -> dict[str, list[str]]:
    """The same for each document that is measured, by its ``kind:id``."""
    parts = (*project.clocks, *project.measures, *project.derived)
    subjects = sorted({part.subject for part in parts})
    ids = ((subject, subject.partition(":")) for subject in subjects)
    return {subject: sql_of((kind, id_), project, as_of_us) for subject, (kind, _, id_) in ids}


def view_of_plan(planned: Plan, project: Project) -> View:
    """The queries of a plan with what they read and answer, as plain values."""
    clocks = [(joint.query, joint.setting, joint.pieces, joint.windows) for joint in planned.clocks]
    numbers = [(scan.query, setting, scan.pieces, scan.windows) for scan, setting in planned.metrics]
    return {
        "queries": [
            {
                "reads": _read_by(pieces[0].of, project),
                "as_of": iso_utc(setting.as_of_us),
                "windows": [chosen.window.label for chosen in windows],
                "documents": list(dict.fromkeys(piece.subject for piece in pieces)),
                "sql": sql_texts(query),
            }
            for query, setting, pieces, windows in (*clocks, *numbers)
        ]
    }


def _read_by(part: Clock | Measure, project: Project) -> str:
    """The records that a query reads, and by which moment they are put into windows."""
    entity = project.titles.names.get(part.population.entity, part.population.entity)
    if isinstance(part, Measure) and isinstance(part.basis, Snapshot | Retention):
        return f"{entity} in force"
    moment = part.starts if isinstance(part, Clock) else part.anchor
    return entity if moment is None else f"{entity} by {words(moment.value, project.titles)}"


def sql_texts(query: Query) -> list[str]:
    """Every statement of a query, on lines that people read: its shared blocks, then its outputs."""
    from aac.engines.sql import output_sql, shared_sql

    blocks = [f"CREATE TEMP TABLE {name} AS\n{shared_sql(query, name, readable=True)}" for name in query.shared]
    return [*blocks, *(output_sql(query, output, readable=True) for output in query.outputs)]


def _newest(part: Clock | Measure, setting: Setting) -> tuple[Chosen, ...]:
    has_windows = isinstance(part, Clock) or part.has_windows
    return choose(("last",), part.grain, setting.clockwork) if has_windows else all_time()


def _words_query(id_: Id, project: Project, setting: Setting) -> Query | None:
    """The records that a word means, or what it comes to for each record."""
    lent = list(lent_by(id_, project))
    entity = project.graph.entity_of(id_)
    table = next((table for table in project.tables if table.entity == entity), None)
    read = {*entities_in(meaning.node for _, meaning in lent)}
    if table is None or not lent or not read <= setting.entities.keys():
        return None
    keys = tuple((key, cast("Node", Stored(table.entity, key))) for key in table.key)
    if len(lent) == 1 and lent[0][1].type.name == "boolean" and id_[0] != "entity":
        return setting.query((), (Select(Entity(table.entity), keys, outside_periods(lent[0][1].node)),))
    columns = tuple((name, outside_periods(meaning.node)) for name, meaning in lent)
    return setting.query((), (Select(Entity(table.entity), (*keys, *columns)),))


def _setting(project: Project, as_of_us: int) -> Setting:
    """A setting that needs no data: tables by their own names."""
    entities: dict[str, Prepared] = {}
    for table in project.tables:
        key = table.key[0] if len(table.key) == 1 else None
        occurs = table.occurs if not table.per else None  # of many rows a column, which is read when they are made
        is_date = occurs is not None and table.field(occurs).type.name == "date"
        entities[table.entity] = Prepared(Relation((table.entity,), key, occurs), project.timezone, is_date)
    numbers = {calendar.id: number for number, calendar in enumerate(project.calendars)}
    return Setting(Clockwork(project.timezone, project.fiscal_start, as_of_us), entities, numbers, 1)
