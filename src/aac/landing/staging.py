"""A table as a query that types its stream in one pass, and keeps the text of whatever did not become a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from aac.calendars import hours_after_gaps
from aac.engines.base import Query, Select
from aac.expressions.nodes import NOTHING, Aggregate, Call, Case, Column, Literal, Node, transform, walk
from aac.periods import YEARS, midnight_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.engines.base import Files
    from aac.measures import StoredField, Table, TypedColumn

NO_TYPES: Mapping[int, str] = MappingProxyType({})
EPOCH_DAY = date(1970, 1, 1)
FIRST, AFTER = date(YEARS[0], 1, 1), date(YEARS[-1] + 1, 1, 1)
BOUNDS = {
    "date": tuple((day - EPOCH_DAY).days for day in (FIRST, AFTER)),
    "timestamp": tuple(midnight_us(day, "UTC") for day in (FIRST, AFTER)),
}
"""From where, inclusive, to where, exclusive, a moment is believed (LANGUAGE §3)."""

CONVERSIONS = {
    "integer": "to_integer",
    "number": "to_number",
    "money": "to_money",
    "float": "to_float",
    "boolean": "to_boolean",
}
WIDENINGS = {"integer": "as_integer", "number": "to_number", "money": "to_money", "float": "to_float"}
"""How a number of one type becomes one of another."""
PLACES = {"number": 6, "money": 4}
"""How many decimals a type keeps (LANGUAGE §3)."""
AS_THEY_ARE = {
    ("integer", "integer"): "as_integer",
    ("integer", "number"): "to_number",
    ("integer", "money"): "to_money",
    ("integer", "float"): "to_float",
    ("number", "number"): "to_number",
    ("number", "money"): "to_money",
    ("number", "float"): "to_float",
    ("float", "float"): "to_float",
    ("boolean", "boolean"): "is_stated",
    ("date", "date"): "days_of",
    ("timestamp", "timestamp"): "us_of",
    ("local_timestamp", "timestamp"): "us_of_local",
}
"""How a column that has a type becomes a field of a type, without being written down as text between. What is not here
goes through its text, which is what any other export would hold."""


def can_be_lost(field: StoredField) -> bool:
    """Whether text may fail to become a value: then its text is kept in a column of its own."""
    return field.type.name != "text" or field.type.values is not None


def keeps_original(field: StoredField) -> bool:
    """Whether a reference is mapped: then its text before that is kept, for telling what found nothing."""
    return field.type.entity is not None and bool(field.mapping)


def passed_over(field: StoredField) -> Column | None:
    """The column of a moment of which the field's own `from` takes some values for none, as ends that never come.

    Null where there is no such column: also where another one decides what is read.
    """
    if field.type.name not in BOUNDS:
        return None
    match field.read:
        case Case(branches=((rule, Column() as column),), otherwise=otherwise) if otherwise == NOTHING:
            return column if {node.name for node in walk(rule) if isinstance(node, Column)} == {column.name} else None
        case Call(function="nullif", arguments=(Column() as column, Literal())):
            return column
        case _:
            return None


def staging_query(table: Table, files: Files, nulls: tuple[str, ...], zone: str) -> tuple[Query, Select]:
    """The records of ``files`` with the columns of a staged table; a column that they do not have is null."""
    table = _spelled(table, files.columns)
    found = {place: _column_typed(field, table, files, nulls) for place, field in enumerate(table.fields)}
    typed = {place: type_ for place, type_ in found.items() if type_ is not None}
    read = tuple(
        (f"r{place}", field.read if place in typed else _values(field.read, table, files, nulls, zone))
        for place, field in enumerate(table.fields)
    )
    marks = tuple((f"r_{mark.name}", _values(mark.read, table, files, nulls, zone)) for mark in table.marks)
    passed = tuple(
        (f"p{place}", column_text(column.name, files, nulls))
        for place, field in enumerate(table.fields)
        if (column := passed_over(field)) is not None
    )
    return staged_from(table, Select(files, (*read, *marks, *passed)), zone, typed=typed, nulls=nulls)


def staged_from(
    table: Table,
    read: Select,
    zone: str,
    order: tuple[str, ...] = (),
    typed: Mapping[int, str] = NO_TYPES,
    nulls: tuple[str, ...] = (),
) -> tuple[Query, Select]:
    """The columns of a staged table from a block in which field 3 is `r3`, as it was read; ``order``: columns of it.

    ``typed``: the types of those fields that were read as they are, by place; of `text` the ``nulls`` are in it yet.
    """
    values: list[tuple[str, Node]] = [(name, Column(name)) for name in order]
    staged: list[tuple[str, Node]] = [(name, Column(name)) for name in order]
    for place, field in enumerate(table.fields):
        text, value = Column(f"r{place}"), Column(f"v{place}")
        is_typed = typed.get(place, "text") != "text"
        known = _as_it_is(typed[place], field.type.name, text, zone) if is_typed else None
        values += [(text.name, text), (value.name, known or _typed(field, _mapped(field, text), zone))]
        if not table.per and passed_over(field) is not None:
            is_none = Call("is_null", (text,))
            values.append((f"p{place}", Case(((is_none, Column(f"p{place}")),), NOTHING)))
            staged.append((f"p{place}", Column(f"p{place}")))
        written = Call("to_text", (text,)) if is_typed else cleaned(text, nulls) if place in typed else text
        is_other = _is_rounded(field, text, value, typed.get(place)) or _is_skipped(
            field, text, value, typed.get(place), zone
        )
        staged += _columns(field, place, written, value, is_other)
    for mark in table.marks if not table.per else ():
        values.append((f"v_{mark.name}", _typed(mark, Column(f"r_{mark.name}"), zone)))
        staged.append((mark.name, Column(f"v_{mark.name}")))
    output = Select("typed", tuple(staged), order=order)
    return Query((("read", read), ("typed", Select("read", tuple(values)))), (output,), {}), output


def lost_query(column: TypedColumn, files: Files, nulls: tuple[str, ...], zone: str, code: str) -> Query | None:
    """How many texts of a column are no value of its type, and five of them (AAC512); or of which not all decimals are
    kept (AAC527), or which are times that clocks skip (AAC528). Null where there cannot be any."""
    text, value = Column("text"), Column("value")
    held = column_held(column.name, column, files, nulls, zone)
    typed = Select(files, ((text.name, column_text(column.name, files, nulls)), (value.name, held)))
    lost: Node | None = None
    if code == "AAC512":
        lost = Call("and", (Call("is_not_null", (text,)), Call("is_null", (value,))))
    elif code == "AAC527" and column.type.name in PLACES:
        lost = Call("is_rounded", (text, value, Literal(PLACES[column.type.name])))
    elif code == "AAC528" and column.type.name == "timestamp" and _type_of(column.name, files) != "timestamp":
        lost = is_skipped(text, value, column.format, zone)
    if lost is None:
        return None
    total = Select("typed", (("n", Aggregate("count", ())),), lost)
    examples = Select("typed", (), lost, ((text.name,),), (text.name,), 5)
    return Query((("typed", typed),), (total, examples), {})


def moment_value(type_name: str, text: Node, format: str | None, zone: str) -> Node:
    """Text as days (`date`) or microseconds (`timestamp`); ``format`` is ISO 8601 when there is none."""
    if type_name == "date":
        return Call("to_date", (text, Literal(format)))
    return Call("to_timestamp", (text, Literal(format), Literal(zone)))


def is_believed(type_name: str, moment: Node) -> Node:
    """Whether a moment lies within the years that moments have."""
    first, after = BOUNDS[type_name]
    return Call("and", (Call("ge", (moment, Literal(first))), Call("lt", (moment, Literal(after)))))


def cleaned(column: Node, nulls: tuple[str, ...]) -> Node:
    """A column's text, null where it is blank or one of the source's nulls."""
    return Call("clean", (column, *map(Literal, nulls)))


def _values(read: Node, table: Table, files: Files, nulls: tuple[str, ...], zone: str) -> Node:
    """An expression over a stream's columns with what each of them holds in its place."""
    types = {column.name: column for column in table.columns}

    def value(node: Node) -> Node:
        is_column = isinstance(node, Column)
        return column_held(node.name, types.get(node.name), files, nulls, zone) if is_column else node

    return transform(read, value)


def _column_typed(field: StoredField, table: Table, files: Files, nulls: tuple[str, ...]) -> str | None:
    """The type of the column that a field is read from as it is; null when it goes through text that was cleaned.

    Text is read as it is where a blank and the source's nulls are no values anyway: then only what is told is cleaned.
    """
    if not isinstance(field.read, Column) or not field.is_text or field.mapping or field.type.values is not None:
        return None
    if any(column.name == field.read.name for column in table.columns):
        return None
    type_ = _type_of(field.read.name, files)
    if type_ == "text":
        is_read = field.type.name != "text" and is_column(field.read.name, files.columns)
        return type_ if is_read and not any(map(str.isalnum, "".join(nulls))) else None
    return type_ if (type_, field.type.name) in AS_THEY_ARE and _leaves_values(nulls) else None


def _type_of(name: str, files: Files) -> str:
    """The type of a column, however its name is spelled; `text` also of what is nested, which is read as its JSON."""
    types = {column.casefold(): type_ for column, type_ in files.types.items()}
    type_ = types.get(name.casefold(), "text")
    return "text" if type_ == "json" else type_


def _leaves_values(nulls: tuple[str, ...]) -> bool:
    """Whether no value of a type is written like one of the source's nulls."""
    return not any(null.casefold() in ("true", "false") or any(map(str.isdigit, null)) for null in nulls)


def _as_it_is(column: str, type_name: str, value: Node, zone: str) -> Node:
    """What a column of a type is as a field of a type that fits it."""
    function = AS_THEY_ARE[column, type_name]
    if function == "is_stated":
        return value
    return Call(function, (value, Literal(zone)) if function == "us_of_local" else (value,))


def column_held(name: str, typed: TypedColumn | None, files: Files, nulls: tuple[str, ...], zone: str) -> Node:
    """What a column holds: its text, or the value of the type that the entity gives it."""
    text = column_text(name, files, nulls)
    if typed is None:
        return text
    type_ = _type_of(name, files)
    if (type_, typed.type.name) not in AS_THEY_ARE or not _leaves_values(nulls):
        return column_value(typed, text, zone)
    value = _as_it_is(type_, typed.type.name, Column(name), zone)
    return _believed(typed.type.name, value)


def is_column(name: str, columns: Iterable[str]) -> bool:
    """Whether a stream has a column of that name: capital letters and small ones are alike, as they are in SQL."""
    return name.casefold() in map(str.casefold, columns)


def spelling(name: str, columns: Iterable[str]) -> str:
    """What a stream calls the column that a preset calls ``name``: `StageName` may be written `stage_name`.

    The name itself where it has that column, where it has none that is like it, and where it has several.
    """
    columns = tuple(columns)
    alike = [column for column in columns if _bare(column) == _bare(name)]
    return alike[0] if len(alike) == 1 and not is_column(name, columns) else name


def called(table: Table, columns: Iterable[str]) -> set[str]:
    """The columns of a table's streams, and what a preset calls those that they write otherwise."""
    known = set(columns)
    parts = [*table.fields, *table.marks] if table.is_preset else []
    names = {node.name for part in parts for node in walk(part.read) if isinstance(node, Column)}
    return known | {name for name in names if is_column(spelling(name, known), known)}


def _spelled(table: Table, columns: Iterable[str]) -> Table:
    """A preset with the names that its columns have in a stream."""
    if not table.is_preset:
        return table

    def as_there(node: Node) -> Node:
        return replace(node, name=spelling(node.name, columns)) if isinstance(node, Column) else node

    def read(part: StoredField) -> StoredField:
        return replace(part, read=transform(part.read, as_there))

    return replace(
        table,
        fields=tuple(map(read, table.fields)),
        columns=tuple(replace(column, name=spelling(column.name, columns)) for column in table.columns),
        deleted=read(table.deleted) if table.deleted is not None else None,
        incomplete=read(table.incomplete) if table.incomplete is not None else None,
        versions=tuple(map(read, table.versions)),
    )


def _bare(name: str) -> str:
    return name.replace("_", "").casefold()


def column_text(name: str, files: Files, nulls: tuple[str, ...]) -> Node:
    """The text of a column; null where it is blank or one of the source's nulls, and everywhere if it is not there."""
    if not is_column(name, files.columns):
        return Call("to_text", (NOTHING,))
    is_text = _type_of(name, files) == "text"
    return cleaned(Column(name) if is_text else Call("to_text", (Column(name),)), nulls)


def column_value(column: TypedColumn, text: Node, zone: str) -> Node:
    """What the text of a column means that has a type of its own; null when it is none, or no moment to believe."""
    name = column.type.name
    if name in BOUNDS:
        return _believed(name, moment_value(name, text, column.format, zone))
    return Call(CONVERSIONS[name], (text,)) if name in CONVERSIONS else text


def _believed(type_name: str, value: Node) -> Node:
    """A value; null for a moment outside the years that moments have."""
    return Case(((is_believed(type_name, value), value),), NOTHING) if type_name in BOUNDS else value


def _mapped(field: StoredField, text: Node) -> Node:
    if not field.mapping:
        return text
    branches = tuple((Call("eq", (text, Literal(before))), Literal(after)) for before, after in field.mapping)
    return Case(branches, text)


def _typed(field: StoredField, text: Node, zone: str) -> Node:
    if field.is_instant:
        return Call("local_day", (text, Literal(zone)))
    if not field.is_text:
        return Call(WIDENINGS[field.type.name], (text,)) if field.type.name in WIDENINGS else text
    if field.type.name in BOUNDS:
        return moment_value(field.type.name, text, field.format, zone)
    if field.type.name != "text":
        return Call(CONVERSIONS[field.type.name], (text,))
    if field.type.values is None:
        return text
    return Case(((Call("in", (text, *map(Literal, field.type.values))), text),), NOTHING)


def may_be_rounded(field: StoredField) -> bool:
    """Whether the text of a field may have more decimals than its value keeps: then it is kept as what is lost is."""
    return field.type.name in PLACES and field.is_text and field.type.entity is None and field.type.values is None


def _is_rounded(field: StoredField, text: Node, value: Node, typed: str | None) -> Node | None:
    """Whether a value is not all of what was written; null where it always is."""
    if not may_be_rounded(field) or typed in ("integer", "float"):
        return None
    places = Literal(PLACES[field.type.name])
    if typed == "number":
        return Call("is_less_exact", (text, value))
    return Call("is_rounded", (_mapped(field, text), value, places))


def may_be_skipped(field: StoredField, *, typed: bool = False) -> bool:
    """Whether a field may hold local times that clocks skip; ``typed``: its column is of local times."""
    return field.type.name == "timestamp" and (field.is_text or typed)


def _is_skipped(field: StoredField, text: Node, value: Node, typed: str | None, zone: str) -> Node | None:
    """Whether a moment was read from a local time that clocks skip; null where none is."""
    is_local = typed == "local_timestamp"
    if not may_be_skipped(field, typed=is_local) or typed not in (None, "text", "local_timestamp"):
        return None
    shown = Call("to_text", (text,)) if is_local else _mapped(field, text)
    return is_skipped(shown, value, field.format if not is_local else None, zone)


def is_skipped(text: Node, value: Node, format: str | None, zone: str) -> Node | None:
    """Whether ``text``, which was read as the moment ``value``, is a time that clocks in ``zone`` skip as they are set
    forward; null where they never are."""
    hours = hours_after_gaps(zone, *BOUNDS["timestamp"])
    skipped = Call("is_skipped", (text, value, Literal(format), Literal(zone), *map(Literal, hours)))
    return Call("and", (is_believed("timestamp", value), skipped)) if hours else None


def _columns(field: StoredField, place: int, text: Node, value: Node, is_other: Node | None) -> list[tuple[str, Node]]:
    """The columns of a field, named as `engines.staged` names them; ``is_other``: whether a value is not what was
    written."""
    kept = value
    columns: list[tuple[str, Node]] = []
    if can_be_lost(field):
        written = text if field.is_text else Call("to_text", (text,))
        is_lost: Node = Call("is_null", (value,))
        is_lost = Call("or", (is_lost, is_other)) if is_other is not None else is_lost
        columns.append((f"l{place}", Case(((is_lost, written),), NOTHING)))
    if field.type.name in BOUNDS:
        believed = is_believed(field.type.name, value)
        kept = Case(((believed, value),), NOTHING)
        written = text if field.is_text else Call("to_text", (text,))
        columns.append((f"o{place}", Case(((Call("not", (believed,)), written),), NOTHING)))
    if keeps_original(field):
        columns.append((f"w{place}", text))
    return [(f"f{place}", kept), *columns]
