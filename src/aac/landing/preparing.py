"""Streams become prepared tables: all are staged, then looked at together, because references go in any order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from aac.engines.base import ROWS, Query, Select
from aac.engines.base import Table as StoreTable
from aac.engines.raw import deleted_keys
from aac.engines.staged import Staged, number_of_rows
from aac.expressions.nodes import Column
from aac.landing.grouping import records_query, rows_query, without_moment
from aac.landing.inspecting import Inspection
from aac.landing.staging import BOUNDS, called, is_column, lost_query, spelling, staging_query
from aac.landing.state import KEPT, PREPARED, Flaw, PreparedEntity
from aac.landing.telling import columns_of, is_there, lacking_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from aac.engines.duckdb import Store
    from aac.landing.inputs import Inputs
    from aac.measures import StoredField, Table, TypedColumn


class Preparation:
    """Prepares tables in a database that is open for writing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made = 0
        self._lost: dict[str, list[Flaw]] = {}

    def stage(self, table: Table, inputs: Inputs) -> tuple[Staged, int]:
        """Types the records of a table's streams; with it comes how many there are.

        Raises SourceError when the stream's copies are gone, EngineError when they cannot be read.
        """
        places = {field.name: place for place, field in enumerate(table.fields)}
        occurs = places[table.occurs] if table.occurs and not table.per else None
        columns = called(table, inputs.columns(table))
        marks = tuple(mark.name for mark in table.marks if not table.per and is_there(mark.read, columns))
        types = tuple(field.type.name for field in table.fields)
        staged = Staged(self._next(), types, tuple(places[key] for key in table.key), occurs, marks)
        rows = f"rows_{staged.number}" if table.per else staged.name
        for name in table.streams:
            nulls, zone = inputs.sources[name.source].nulls, inputs.zone(name.source)
            read = rows_query if table.per else staging_query
            self._store.add_temporary(rows, *read(table, inputs.files(*name), nulls, zone))
        codes = ("AAC512", "AAC527", "AAC528")
        lost = [self._lost_of(column, table, inputs, code) for column in table.columns for code in codes]
        self._lost[table.entity] = [flaw for flaw in lost if flaw is not None]
        if table.per:
            self._make_records(table, rows, staged, inputs)
        counted: list[Any] = list(self._store.execute(number_of_rows(rows)))
        return staged, counted[0][0]

    def _make_records(self, table: Table, rows: str, staged: Staged, inputs: Inputs) -> None:
        """Stages the records that the rows make which are no later than as_of, and counts rows without a moment."""
        query = records_query(table, rows, inputs.latest(table), inputs.zone_of(table))
        self._store.create_temporary(staged.name, *query)
        if table.occurs is not None:
            unknown = cast("list[Any]", self._store.run(without_moment(table, rows))[0])[0][0]
            self._lost[table.entity] += [Flaw("AAC507", table.occurs, unknown)] if unknown else []

    def finish(self, staged: Mapping[str, Staged], inputs: Inputs, kept: Collection[str]) -> dict[str, PreparedEntity]:
        """Writes the prepared tables of staged entities, within the caller's transaction.

        ``kept``: entities whose tables in the database `KEPT` are right as they are. A reference to an entity that is
        neither staged nor kept cannot be followed; its values stay.
        """
        inspections: list[Inspection] = []
        for entity, stage in staged.items():
            table = inputs.tables[entity]
            private = {field.name for field in table.fields if inputs.is_private(field)}
            inspections.append(Inspection(self._store, table, stage, private))
            inspections[-1].flaws += self._lost.get(entity, ())
            inspections[-1].set_aside()
        targets = dict(staged)
        for inspection in inspections:
            inspection.find_lost()
            for place, field in enumerate(inspection.table.fields):
                if field.type.entity is not None:
                    target = self._target(field, inputs, targets, kept)
                    inspection.follow(place, target, _deleted(inputs.target(field), inputs))
                    if target is not None and self._is_list(inputs.target(field), inspection.table):
                        inspection.find_unnamed(place, target)
        return {inspection.table.entity: self._write(inspection, inputs) for inspection in inspections}

    @staticmethod
    def _is_list(target: Table | None, table: Table) -> bool:
        """Whether a table tells what there is, as agents and products, and not what happens or belongs to its like."""
        return target is not None and target.entity != table.entity and target.occurs is None

    def _target(
        self, field: StoredField, inputs: Inputs, targets: dict[str, Staged], kept: Collection[str]
    ) -> Staged | None:
        """The staged table that a reference leads to; of one that is kept, its keys are staged on first use."""
        table = inputs.target(field)
        if table is None or (table.entity not in targets and table.entity not in kept):
            return None
        if table.entity not in targets:
            keys = Staged(self._next(), (table.field(table.key[0]).type.name,), (0,))
            select = Select(StoreTable((KEPT, PREPARED, table.entity)), (("f0", Column(table.key[0])),))
            self._store.create_temporary(keys.name, Query((), (select,), {}), select)
            targets[table.entity] = keys
        return targets[table.entity]

    def _write(self, inspection: Inspection, inputs: Inputs) -> PreparedEntity:
        table, staged = inspection.table, inspection.staged
        columns = tuple((field.name, Column(f"f{place}")) for place, field in enumerate(table.fields))
        select = Select(StoreTable(("temp", "main", staged.name)), columns)
        self._store.create((self._store.alias, PREPARED, table.entity), Query((), (select,), {}), select)
        moments = [place for place, field in enumerate(table.fields) if field.type.name in BOUNDS]
        rows, *ends = self._extents(staged, *moments)
        extents = zip(moments, ends[::2], ends[1::2], strict=True)
        known = {table.fields[place].name: (least, greatest) for place, least, greatest in extents if least is not None}
        lacking = lacking_fields(table, called(table, inputs.columns(table)))
        filled = self._filled(inspection, rows)
        return PreparedEntity(inputs.fingerprint(table), rows, known, tuple(inspection.flaws), lacking, filled)

    def _filled(self, inspection: Inspection, rows: int) -> tuple[str, ...]:
        """The fields that all ``rows`` records have a value of; of references only such that all lead somewhere."""
        fields = inspection.table.fields
        (values,) = self._store.execute(inspection.staged.values(range(len(fields))))
        return tuple(
            field.name for place, field in enumerate(fields) if values[place] == rows and place not in inspection.loose
        )

    def _lost_of(self, column: TypedColumn, table: Table, inputs: Inputs, code: str) -> Flaw | None:
        """What there is of a typed column in all streams of a table that did not become the value it says."""
        count, texts = 0, list[str]()
        for name in table.streams:
            files = inputs.files(*name)
            there = replace(column, name=spelling(column.name, files.columns)) if table.is_preset else column
            if not is_column(there.name, files.columns):
                continue
            nulls, zone = inputs.sources[name.source].nulls, inputs.zone(name.source)
            query = lost_query(there, files, nulls, zone, code)
            if query is None:
                continue
            totals, examples = cast("list[Any]", self._store.run(query))
            count += totals[0][0]
            texts += [text for _, text in examples]
        readers = [field for field in table.fields if column.name in columns_of(field)]
        is_quoted = not any(map(inputs.is_private, readers))
        return Flaw(code, column.name, count, tuple(texts[:5]) if is_quoted else ()) if count else None

    def _extents(self, staged: Staged, *fields: int) -> tuple[Any, ...]:
        return self._store.execute(staged.extents(fields))[0]

    def _next(self) -> int:
        self._made += 1
        return self._made


def _deleted(table: Table | None, inputs: Inputs) -> list[str]:
    """Statements that yield the keys of a table's records that its streams have as deleted."""
    key = table.field(table.key[0]).read if table is not None else None
    if table is None or not isinstance(key, Column):
        return []
    streams = [stream for stream in inputs.raw_streams(table) or () if stream.format == ROWS and stream.table]
    return [deleted_keys(stream.table, spelling(key.name, stream.columns)) for stream in streams]
