"""Data health: what of the data cannot be right as the documents see it, and which numbers rest on each fault.

Every entity is scanned once for all that no record should be: moments before a record came, stages (`stages`) without
the one before. The words of rules are looked for until a record holds them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aac.engines.base import Entity, Select, Stack
from aac.evaluation.faults import Fault
from aac.evaluation.stages import out_of_order
from aac.expressions.nodes import (
    Aggregate,
    BusinessDaysLater,
    CalendarNumber,
    Call,
    Column,
    DaysLater,
    Literal,
    OpenTime,
    Rate,
    Stored,
    Values,
    everything_in,
)
from aac.findings import Finding, did_you_mean
from aac.landing.telling import columns_of, names_column
from aac.measures import Clock, Derived, key_text
from aac.people import people_of, tells_who
from aac.periods import iso_utc
from aac.planner.pasts import ever
from aac.planner.setting import entities_in, entities_of, fields_in, fields_of, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.engines.base import Engine
    from aac.evaluation.run import Run
    from aac.expressions.nodes import Node
    from aac.measures import Measure, Measurement, Table
    from aac.planner.pieces import Piece
    from aac.project import Project

    Counted = Sequence[Piece[Clock] | Piece[Measure]]

FEW = 10
"""How many keys of records are told."""
WRITTEN = frozenset({"date", "timestamp", "number", "money"})
"""Types whose values are stored otherwise than people write them."""
MANY = 200
"""Among more values than these, none is looked for that was perhaps meant."""
OF_RECORDS = frozenset({"AAC501", "AAC502", "AAC516", "AAC517", "AAC526"})
"""Findings about whole records: whatever rests on the entity rests on them."""
NUMBERS = frozenset({"metric", "sla", "scorecard"})
"""Kinds that other documents know by their number."""
TIMED = OpenTime | DaysLater | BusinessDaysLater | CalendarNumber | Rate


def tell_health(run: Run, counted: Counted, engine: Engine) -> None:
    """Tells what is wrong with the data as far as what is measured rests on it, beside what landing found."""
    by_entity: dict[tuple[str, bool], list[Fault]] = defaultdict(list)
    for fault in (*_later(run), *_too_early(run, counted), *out_of_order(run), *_words(run, counted)):
        if _can_be_asked(run, fault):
            by_entity[fault.entity, fault.is_later].append(fault)
    for (entity, is_later), faults in by_entity.items():
        source = Entity(ever(entity) if is_later else entity)
        counts, lost = _counts(run, engine, source, faults), _lost_words(run, engine, source, faults)
        for fault in faults:
            if fault in lost:
                run.tell(_word_finding(run, engine, fault))
            elif count := counts.get(fault):
                run.tell(_finding(fault, count, _keys(run, engine, fault, source)))


def with_affected(
    findings: Iterable[Finding], project: Project, tables: Mapping[str, Table], counted: Counted
) -> tuple[Finding, ...]:
    """Findings about data, each with the promises and numbers that rest on what it is about, measured now or not."""
    parts: list[Measurement] = [*project.clocks, *project.measures, *project.derived]
    known = [(part.subject, inner) for part in parts for inner in _counted_in(part)]
    known += [(piece.subject, piece.of) for piece in counted]
    by_field: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    by_part: dict[str, set[str]] = defaultdict(set)
    for subject, inner in known:
        by_part[inner.subject].add(subject)
        for place in (*fields_of(inner), *((entity, None) for entity in entities_of(inner))):
            by_field[place].add(subject)
    return tuple(_affecting(finding, by_field, by_part, project, tables) for finding in findings)


def _counted_in(part: Measurement) -> Iterator[Clock | Measure]:
    """What reads records in a measurement: itself, or what it is reckoned from."""
    if isinstance(part, Derived):
        for inner in part.inputs:
            yield from _counted_in(inner)
    else:
        yield part


def _affecting(
    finding: Finding,
    by_field: Mapping[tuple[str, str | None], set[str]],
    by_part: Mapping[str, set[str]],
    project: Project,
    tables: Mapping[str, Table],
) -> Finding:
    kind, _, id_ = (finding.doc or "").partition(":")
    if finding.entity is not None and kind != "entity":
        users = {(kind, id_)} if kind in NUMBERS else project.graph.users_of((kind, id_), NUMBERS)
        affected = {subject for user, name in users for subject in by_part.get(f"{user}:{name}", ())}
        return replace(finding, affects=tuple(sorted(affected)))
    is_about_data = kind == "entity" and finding.code.startswith("AAC5")
    if not is_about_data or (finding.field is None and finding.code not in OF_RECORDS):
        return finding
    affected = {subject for field in _about(finding, tables.get(id_)) for subject in by_field.get((id_, field), ())}
    return replace(finding, affects=tuple(sorted(affected)))


def _about(finding: Finding, table: Table | None) -> Iterator[str | None]:
    """The fields that a finding about an entity is about; null for its records as such, as when one occurs."""
    if table is None or not names_column(finding.code, finding.field, table):
        yield finding.field
        if table is not None and finding.field == table.occurs:
            yield None
        return
    yield from (field.name for field in table.fields if finding.field in columns_of(field))
    of_records = [table.occurs, *table.per, *(column for mark in table.marks for column in columns_of(mark))]
    if finding.field in of_records:
        yield None


# What no record should be


def _later(run: Run) -> Iterator[Fault]:
    """Records and moments later than up to when their sources are known (AAC518); not asked of an earlier as_of."""
    for table in run.landed.tables.values() if run.asked.as_of_us is None else ():
        as_of = run.as_of_sources(table.sources)
        if table.occurs is None or table.per or not run.setting_at(as_of).comes_later(table.entity, table.occurs):
            continue
        stored = Stored(ever(table.entity), table.occurs)
        until = run.setting_at(as_of).entities[table.entity]
        limit = run.setting_at(as_of).as_of_day(until.zone) if until.occurs_is_date else as_of
        message = f"`{table.occurs}` is later than {iso_utc(as_of)}, up to when the data is known"
        yield Fault(
            "AAC518",
            "warning",
            table.entity,
            Call("gt", (stored, Literal(limit))),
            f"{message}, in {{records}}: they do not exist yet",
            "correct the moment, or tell by `watermark` of the source up to when it is known",
            table.field(table.occurs).span,
            f"entity:{table.entity}",
            table.occurs,
            is_later=True,
        )


def _too_early(run: Run, counted: Counted) -> Iterator[Fault]:
    """Moments that come before what they end, or before the record itself (AAC519)."""
    for entity, first, last in sorted(set(_spans(run, counted))):
        table = run.landed.tables.get(entity)
        if table is None or first == last:
            continue
        begins, moment = table.field(first), table.field(last)
        begin: Node = Stored(entity, first)
        if (begins.type.name, moment.type.name) == ("timestamp", "date"):
            begin = Call("local_day", (begin, Literal(run.landed.zones[entity])))
        elif begins.type.name != moment.type.name:
            continue
        yield Fault(
            "AAC519",
            "warning",
            entity,
            Call("lt", (Stored(entity, last), begin)),
            f"`{last}` comes before `{first}` in {{records}}, and nothing ends before it begins",
            "correct the moments in the source, or read the other column",
            moment.span,
            f"entity:{entity}",
            last,
        )


def _spans(run: Run, counted: Counted) -> Iterator[tuple[str, str, str]]:
    """Pairs of moments of a record, the earlier first: when it came and became a word; start and end of a clock."""
    for id_ in run.project.ids("definition"):
        entity = run.project.graph.entity_of_word(id_)
        meaning = run.project.graph.meaning(entity, id_) if entity is not None else None
        table = run.landed.tables.get(str(entity))
        if table is not None and meaning is not None and table.occurs is not None and not table.per:
            yield from _span(table.entity, Stored(table.entity, table.occurs), meaning.moment)
    for part in (piece.of for piece in counted):
        if isinstance(part, Clock) and part.stops is not None:
            yield from _span(part.population.entity, part.starts.value, part.stops.value)


def _span(entity: str, first: Node, last: Node | None) -> Iterator[tuple[str, str, str]]:
    if isinstance(first, Stored) and isinstance(last, Stored) and not (first.path or last.path):
        yield entity, first.field, last.field


def _words(run: Run, counted: Counted) -> Iterator[Fault]:
    """Texts that rules compare a field with, and that no record holds (AAC523): the CRM calls it otherwise by now.

    Not asked of an earlier as_of: what records hold is today's.
    """
    told: set[tuple[str, str, str]] = set()
    rules = [*_defined(run), *((piece.subject, rules_of(piece.of)) for piece in counted)]
    for subject, nodes in rules if run.asked.as_of_us is None else ():
        for node in everything_in(nodes):
            for stored, text in _compared(node):
                table = run.landed.tables.get(stored.entity)
                place = (stored.entity, stored.field, text)
                if table is None or place in told or not _is_open_text(table, stored.field):
                    continue
                told.add(place)
                yield _word(run, subject, stored, text)


def _defined(run: Run) -> list[tuple[str, list[Node]]]:
    """The rules of every definition, whether something measured asks for it or not: those that say least come first."""
    found: list[tuple[str, list[Node]]] = []
    for id_ in run.project.ids("definition"):
        entity = run.project.graph.entity_of_word(id_)
        meaning = run.project.graph.meaning(entity, id_) if entity is not None else None
        if meaning is not None:
            found.append((f"definition:{id_}", [meaning.node]))
    return sorted(found, key=lambda rule: sum(1 for _ in everything_in(rule[1])))


def _word(run: Run, subject: str, stored: Stored, text: str) -> Fault:
    kind, _, id_ = subject.partition(":")
    rule = Call("eq", (Stored(stored.entity, stored.field), Literal(text)))
    message = f"rules ask for {text!r} in `{stored.field}` of `{stored.entity}`, and no record holds it"
    span = run.project.scope((kind, id_)).span()
    return Fault("AAC523", "info", stored.entity, rule, message, "", span, subject, stored.field, word=text)


def _compared(node: Node) -> Iterator[tuple[Stored, str]]:
    match node:
        case Call(function="eq" | "ne", arguments=(Stored() as stored, Literal(value=str() as text))):
            yield stored, text
        case Call(function="in", arguments=(Stored() as stored, Values(values=values))):
            yield from ((stored, value) for value in values if isinstance(value, str))
        case _:
            pass


def _is_open_text(table: Table, field: str) -> bool:
    """Whether a field is a text of which nobody says what it may hold; a closed list is checked when it lands."""
    stored = next((each for each in table.fields if each.name == field), None)
    return stored is not None and stored.type.name == "text" and stored.type.values is None and not stored.type.entity


# Asking


def _can_be_asked(run: Run, fault: Fault) -> bool:
    """Whether all that a rule reads is there, and it needs no calendar."""
    nodes = list(everything_in([fault.rule]))
    entity = fault.entity
    there = {ever(entity), *run.landed.tables} if entity in run.landed.tables else set[str]()
    is_there = {entity, *entities_in(nodes)} <= there and run.landed.lacking.isdisjoint(fields_in(nodes, entity))
    return is_there and not any(isinstance(node, TIMED) for node in nodes)


def _counts(run: Run, engine: Engine, source: Entity, faults: Sequence[Fault]) -> dict[Fault, int]:
    """How many records fulfil each rule that none should."""
    asked = [fault for fault in faults if fault.word is None]
    columns = tuple((f"n{place}", Aggregate("count_if", (fault.rule,))) for place, fault in enumerate(asked))
    if not columns:
        return {}
    # only the few that fulfil one of them are counted rule by rule
    rules = tuple(fault.rule for fault in asked)
    some = rules[0] if len(rules) == 1 else Call("or", rules)
    (found,) = _ask(run, engine, asked[0].entity, Select(source, columns, some))
    return dict(zip(asked, found, strict=True))


def _lost_words(run: Run, engine: Engine, source: Entity, faults: Sequence[Fault]) -> set[Fault]:
    """The words that no record holds, if there are records: of each the first that does is looked for, not all."""
    asked = [fault for fault in faults if fault.word is not None]
    if not asked:
        return set()
    first = [*enumerate(fault.rule for fault in asked), (len(asked), None)]
    blocks = tuple((f"b{place}", Select(source, (("word", Literal(place)),), rule, limit=1)) for place, rule in first)
    output = Select(Stack(tuple(name for name, _ in blocks)), (("word", Column("word")),))
    held = {place for (place,) in _ask(run, engine, asked[0].entity, output, blocks)}
    return {fault for place, fault in enumerate(asked) if place not in held} if len(asked) in held else set()


def _ask(
    run: Run, engine: Engine, entity: str, output: Select, blocks: tuple[tuple[str, Select], ...] = ()
) -> list[Any]:
    setting = run.setting_at(run.as_of_sources(run.landed.tables[entity].sources))
    return list(engine.run(setting.query(blocks, (output,)))[0])


def _keys(run: Run, engine: Engine, fault: Fault, source: Entity) -> tuple[str, ...]:
    """Keys of the first records, by key; none where a key is personal, or tells who somebody is."""
    table = run.landed.tables[fault.entity]
    if any(_is_personal(run, table, key) for key in table.key):
        return ()
    types = run.key_types[fault.entity]
    stored = [Stored(source.id, key) for key in table.key]
    parts = [part if type_ in WRITTEN else Call("to_text", (part,)) for part, type_ in zip(stored, types, strict=True)]
    columns = tuple((f"k{place}", part) for place, part in enumerate(parts))
    names = tuple(name for name, _ in columns)
    rows = _ask(run, engine, fault.entity, Select(source, columns, fault.rule, order=names, limit=FEW))
    return tuple(
        ", ".join(key_text(part, type_) for part, type_ in zip(row, types, strict=True) if part is not None)
        for row in rows
    )


def _is_personal(run: Run, table: Table, name: str) -> bool:
    """Whether a field holds personal data, itself or as the key of a record that does, or tells who somebody is, which
    the restricted pages may."""
    field = table.field(name)
    if not run.asked.is_restricted and tells_who(table, name, people_of(run.project.tables)):
        return True
    target = run.landed.tables.get(field.type.entity) if field.type.entity else None
    return field.pii or (target is not None and any(target.field(key).pii for key in target.key))


def _finding(fault: Fault, count: int, keys: tuple[str, ...]) -> Finding:
    message = fault.message.replace("{records}", f"{count:,} record{'s' if count != 1 else ''}")
    told = (message, fault.instead, fault.span, fault.doc, count, keys, fault.field)
    return Finding(fault.code, fault.level, *told, entity=fault.entity)


def _word_finding(run: Run, engine: Engine, fault: Fault) -> Finding:
    """A text that no record holds, with the one that is meant perhaps."""
    table = run.landed.tables[fault.entity]
    field = str(fault.field)
    held: list[str] = []
    if not _is_personal(run, table, field):
        rows = _ask(run, engine, fault.entity, Select(Entity(fault.entity), (), None, ((field,),), (field,), MANY + 1))
        held = [text for _, text in rows if text is not None] if len(rows) <= MANY else []
    near = did_you_mean(str(fault.word), held)
    otherwise = "correct the rule, or the field's `map`, if the CRM calls it otherwise by now"
    advice = near if near.startswith("did you mean") else otherwise
    told = (fault.message, advice, fault.span, fault.doc)
    return Finding(fault.code, fault.level, *told, field=field, entity=fault.entity)
