"""Where the fields of entities come from: found in sources or not, how full, and what cannot be measured without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.landing.offers import placed
from aac.landing.staging import called, is_column
from aac.landing.telling import columns_of
from aac.planner.setting import entities_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.measures import Clock, Measure, StoredField, Table
    from aac.project import Project
    from aac.reports.base import View

    Offers = Mapping[str, Mapping[str, Sequence[str]]]
    Filled = tuple[int, Mapping[str, int]]


def mapped(project: Project, entity: str | None, offers: Offers, filled: Mapping[str, Filled]) -> list[View]:
    """One view an entity, of all that are needed if none is named; ``offers``: columns by source and stream;
    ``filled``: of each entity that was pulled its records, and of how many each field is known.

    Raises UsageError when there is no such entity.
    """
    tables = {table.entity: table for table in project.tables}
    if entity is not None and entity not in tables:
        raise UsageError(f"there is no entity `{entity}`; {did_you_mean(entity, tables)}")
    needed = {name for part in _parts(project) for name in entities_of(part)}
    wanted = [entity] if entity is not None else [n for n, t in tables.items() if n in needed or not t.is_packaged]
    found = {table.entity: table for table in placed(tables.values(), offers, project.config.sources)[0]}
    return [_view(found.get(name, tables[name]), project, offers, filled.get(name)) for name in sorted(wanted)]


def _view(table: Table, project: Project, offers: Offers, filled: Filled | None) -> View:
    there = [name for stream in table.streams for name in offers.get(stream.source, {}).get(stream.stream, ())]
    columns = sorted(called(table, there))
    lost = [stream for stream in table.streams if stream.stream not in offers.get(stream.source, {})]
    streams = sorted(f"{source}.{stream}" for source, found in offers.items() for stream in found)
    is_there = bool(table.streams) and not lost
    wanted = f"{lost[0].source}.{lost[0].stream}" if lost else table.entity
    near = _near(wanted if lost else f".{table.entity}", streams) if not is_there else ""
    if lost and lost[0].source in project.config.sources and lost[0].source not in offers:
        near = f"the source `{lost[0].source}` could not be read"
    return {
        "entity": table.entity,
        "streams": [f"{name.source}.{name.stream}" for name in table.streams],
        "missing": None if is_there else {"stream": wanted, "instead": near, "stops": _stopped(table.entity, project)},
        "records": filled[0] if filled is not None else None,
        "fields": [_field(each, table, project, columns, filled) for each in table.fields] if is_there else [],
    }


def _field(stored: StoredField, table: Table, project: Project, columns: Sequence[str], filled: Filled | None) -> View:
    read = columns_of(stored)
    lost = [name for name in read if not is_column(name, columns)]
    known = filled[1].get(stored.name) if filled is not None else None
    return {
        "field": stored.name,
        "type": stored.type.entity or stored.type.name,
        "reads": read,
        "missing": [{"column": name, "instead": _near(name, columns)} for name in lost],
        "known": known,
        "stops": _stopped(table.entity, project, stored.name) if lost else [],
    }


def _stopped(entity: str, project: Project, name: str | None = None) -> list[str]:
    """What cannot be measured without an entity, or a field of it."""
    return sorted(
        {
            part.subject
            for part in _parts(project)
            if ((entity, name) in fields_of(part) if name is not None else entity in entities_of(part))
        }
    )


def _near(name: str, known: Sequence[str]) -> str:
    """`did you mean …?`, or nothing where nothing is near."""
    advice = did_you_mean(name, known)
    return advice if advice.startswith("did you mean") else ""


def _parts(project: Project) -> list[Clock | Measure]:
    return [*project.clocks, *project.measures]
