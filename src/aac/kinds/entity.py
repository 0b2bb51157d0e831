"""An entity: a table of the business, what each of its fields means, and where its records come from (LANGUAGE §3)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from aac.expressions.nodes import (
    BOOLEAN,
    BROKEN,
    NOTHING,
    TEXT,
    TIMESTAMP,
    Aggregate,
    Column,
    Meaning,
    Named,
    Rollup,
    Stored,
    Type,
    conjunction,
)
from aac.expressions.values import said
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Checked, Kind, Scope
from aac.kinds.classes import Change
from aac.kinds.events import way_up
from aac.kinds.fields import EntityField, SourceColumn, read_short
from aac.kinds.written import shown, wrong
from aac.measures import ANY, StoredField, StreamName, Table, TypedColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from aac.expressions.nodes import Node
    from aac.kinds.written import Part

MEASURED = ("count", "count_if", "sum", "min", "max", "arg_max", "arg_min")
"""Aggregates that bring many records, or many rows, to one."""
OURS = "aac"
"""The pack of the usual entities, which is no preset."""
LATER = ("avg", "median", "quantile_cont", "share")
"""Those that the language has besides."""
WIDER = {
    "integer": {"number", "money", "float"},
    "money": {"number", "float"},
    "number": {"money", "float"},
    "timestamp": {"date"},
}
"""The types in which a number of another type is the same number; and a moment is on a day of its source's zone."""
MEANT_ALREADY = {"as_of": "the moment that every number is decided at", "param": "the parameters in aac.toml"}
MARKS = {
    "boolean": "write a condition",
    "text": "write text, as in `case when … then sync_error end`",
    "timestamp": "name a column that is a timestamp",
}
"""What to write for what is told of rows, by its type."""
COLUMN = re.compile(r'\w+|"(?:[^"]|"")+"')
"""The name of a column, as expressions write it."""


def names_of(sort: str, thing: str) -> Callable[[object], object]:
    """A reader of one name, or of several in a list, each once; it raises a finding AAC308."""

    def read(value: object) -> object:
        names = cast("list[object]", value) if isinstance(value, list) else [value]
        if not names or not (isinstance(value, str | list)):
            advice = f"name a {thing}, or several in a list"
            raise wrong("AAC308", f"{shown(cast('object', value))} is no {sort}", advice)
        for place, name in enumerate(names):
            if name in names[:place]:
                raise wrong("AAC308", f"{shown(name)} is told twice", f"name each {thing} once", place)
        return names

    return read


class Entity(Kind):
    """``from``: ``source.stream``, several, or none: the stream of its own id in any source.

    ``occurs``: the moment of a record; later than as_of, it does not exist. With ``per`` it is a column of the source,
    and the moment of each row.
    """

    kind_name: ClassVar[str] = "entity"
    draft: ClassVar[str] = """\
kind: entity
id: $id
name: $name
means: One record is one example.
# from: crm.examples           # source and stream, or a list; left out: the stream `$id` in any source
key: ${id}_id                  # the field, or the fields, by which a record is known
occurs: created_at             # a record later than the day you ask about does not exist yet
fields:
  ${id}_id: text
  created_at: timestamp
  $entity: {ref: $entity}      # the key of another entity: rules go on behind it
  channel: {type: text, values: [inbound, outbound], map: {Web: inbound}}
  amount: {type: money, unit: EUR, from: '"Deal amount"'}
  email: {type: text, pii: true}
  is_large: {is: amount >= 10000}
"""

    extends: Annotated[str | None, Change(says="what it starts from")] = None
    """The pack whose document of this id it starts from, as in `aac`: what is told here goes before, or is added."""
    from_: Annotated[tuple[str, ...], BeforeValidator(names_of("stream", "stream")), Change(says="the streams")] = (
        Field((), alias="from")
    )
    """`source.stream`, or a list of streams that follow each other; left out: the stream of its id in any source."""
    key: Annotated[tuple[str, ...], BeforeValidator(names_of("key", "field")), Change(says="the key", ordered=True)]
    """The field, or the fields, by which a record is known."""
    occurs: Annotated[str | None, Change(says="the moment of a record")] = None
    """The moment of a record: what is later than as_of does not exist. With `per`, the column with a row's moment."""
    per: Annotated[
        tuple[str, ...], BeforeValidator(names_of("column", "column")), Change(says="the columns that make a record")
    ] = ()
    """The column, or the columns, of which all rows make one record: every `from` is then an aggregate of them."""
    deleted: Annotated[str | None, Change(says="which rows are deleted")] = None
    """An expression over the columns: true of rows whose record is gone. Those are left out, counted and told."""
    version: Annotated[
        tuple[str, ...],
        BeforeValidator(names_of("version", "column")),
        Change(says="what tells which row is newer", ordered=True),
    ] = ()
    """A column, or an expression: the moment of a row. Of several rows with one key the newest is the record. In a list
    the second decides between rows that are alike in the first."""
    incomplete: Annotated[str | None, Change(says="which rows came without some of their values")] = None
    """An expression over the columns: text about values that the tool which landed a row left out; null where it is
    whole. Such rows stay, and are counted and told."""
    columns: Annotated[
        dict[str, Annotated[SourceColumn, BeforeValidator(read_short)]], Change(says="the columns", each="the column")
    ] = Field(default_factory=dict[str, SourceColumn])
    """Types and formats of source columns, before any `from` reads them; what is not listed is text."""
    fields: Annotated[
        dict[str, Annotated[EntityField, BeforeValidator(read_short)]],
        Change(says="the fields", each="the field", grows=True),
    ]
    """What is known of a record, by name."""

    @model_validator(mode="after")
    def _names_are_its_own(self) -> Self:
        known: dict[str, str] = {}
        for name in self.fields:
            if name in MEANT_ALREADY:
                message = f"`{name}` means {MEANT_ALREADY[name]}"
                raise wrong("AAC209", message, "give the field another name", "fields", name, key=True)
            if not name.strip():
                raise wrong("AAC202", "a field without a name", "name it", "fields", name, key=True)
            # an engine does not tell capital letters from small ones
            if known.setdefault(name.casefold(), name) != name:
                message = f"`{name}` is `{known[name.casefold()]}` in other letters"
                raise wrong("AAC209", message, "rename one of them", "fields", name, key=True)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.fields)

    @property
    def steps(self) -> dict[str, str]:
        return {name: field.ref for name, field in self.fields.items() if field.ref is not None}

    def entity(self, scope: Scope) -> str:
        del scope
        return self.id

    def meaning(self, scope: Scope, name: str) -> Meaning:
        field = self.fields[name]
        if field.is_ is not None:
            checked = scope.rule(field.is_, self.id, "fields", name, "is")
            return Meaning(Named(name, checked.node), checked.type) if checked else Meaning(NOTHING, BROKEN)
        if field.rollup is not None:
            return self._rollup(scope, name, field) or Meaning(NOTHING, BROKEN)
        type_ = self._stored_type(scope, name, field)
        return Meaning(Stored(self.id, name), type_) if type_ else Meaning(NOTHING, BROKEN)

    def compile(self, scope: Scope) -> tuple[Table, ...]:
        """The table that is landed; nothing when it cannot be."""
        stored = [self._stored(scope, name) for name, field in self.fields.items() if field.is_stored]
        marks = [self._mark(scope, *mark) for mark in self._marks]
        streams = [self._stream(scope, place, text) for place, text in enumerate(self.from_)]
        sound = self._keys_are_stored(scope) and self._has_moments(scope)
        if not sound or None in stored or None in streams or None in marks:
            return ()
        told = [field for field in marks if field is not None]
        known = {field.name: field for field in told}
        return (
            Table(
                entity=self.id,
                streams=tuple(stream for stream in streams if stream is not None),
                key=self.key,
                occurs=self.occurs,
                fields=tuple(field for field in stored if field is not None),
                span=scope.span("from"),
                per=self.per,
                columns=tuple(TypedColumn(name, *how) for name, how in self._typed_columns.items()),
                is_packaged=not scope.is_written("id"),
                is_preset=self._is_preset(scope),
                deleted=known.get("deleted"),
                versions=tuple(field for field in told if field.type == TIMESTAMP),
                incomplete=known.get("incomplete"),
            ),
        )

    @property
    def _typed_columns(self) -> dict[str, tuple[Type, str | None]]:
        """Columns that are no text, with type and format; the moment of a row is one, by ISO 8601 if nobody says so."""
        typed = {name: (Type(column.type), column.format) for name, column in self.columns.items()}
        return typed if self.occurs is None or not self.per else {self.occurs: (TIMESTAMP, None), **typed}

    def _stream(self, scope: Scope, place: int, text: str) -> StreamName | None:
        """A stream as it was named; reported when there is no such source."""
        source, _, stream = text.partition(".")
        if not stream and not scope.is_written("from"):  # a pack knows names, and not where they are
            return StreamName(ANY, text)
        if source in scope.sources and stream:
            return StreamName(source, stream)
        only = f"write `{next(iter(scope.sources))}.{text}`" if len(scope.sources) == 1 else "write `source.stream`"
        advice = did_you_mean(source, scope.sources) if stream else only
        message = f"there is no source `{source}` in aac.toml" if stream else f"`{text}` names no stream"
        scope.report("AAC204", message, advice or "add `[sources.…]` to aac.toml", "from", place)
        return None

    def _needed(self, scope: Scope) -> tuple[str | None, ...]:
        """The fields whose columns a stream must have: the key, and the moment unless a preset says where it is."""
        return self.key if self._is_preset(scope) else (*self.key, self.occurs)

    def _is_preset(self, scope: Scope) -> bool:
        """Whether a pack says which names another tool gives to streams and columns."""
        return self.extends not in (None, OURS) or (bool(self.from_) and not scope.is_written("from"))

    @property
    def _marks(self) -> list[tuple[str, tuple[Part, ...], str, Type]]:
        """What is told of rows and not of records: a name, the key, its expression and the type that has."""
        marks: list[tuple[str, tuple[Part, ...], str, Type]] = []
        for name, text, type_ in (("deleted", self.deleted, BOOLEAN), ("incomplete", self.incomplete, TEXT)):
            marks += [(name, (name,), text, type_)] if text is not None else []
        for place, text in enumerate(self.version):
            path: tuple[Part, ...] = ("version", place) if len(self.version) > 1 else ("version",)
            marks.append((f"version{place}", path, text, TIMESTAMP))
        return marks

    def _mark(self, scope: Scope, name: str, path: tuple[Part, ...], text: str, type_: Type) -> StoredField | None:
        """What a row is told by, as if it were a field; reported when it cannot be."""
        if self.per:
            message = f"`{path[0]}` is said of rows that are records, and `per` has many"
            scope.report("AAC308", message, "leave it out", *path)
            return None
        read = scope.read(text, *path, columns={column: known for column, (known, _) in self._typed_columns.items()})
        if read is None:
            return None
        if read.type.name not in {"text", "null", type_.name}:
            message = f"`{path[0]}` is {said(type_)}, and this is {said(read.type)}"
            scope.report("AAC302", message, MARKS[type_.name], *path)
            return None
        return StoredField(name, type_, read.node, span=scope.span(*path), is_text=read.type.name in {"text", "null"})

    def _keys_are_stored(self, scope: Scope) -> bool:
        """Whether `key` names stored fields; what is wrong is reported."""
        named: list[tuple[tuple[Part, ...], str]] = [(("key", place), name) for place, name in enumerate(self.key)]
        named += [(("occurs",), self.occurs)] if self.occurs is not None and not self.per else []
        stored = [name for name, field in self.fields.items() if field.is_stored]
        for place, name in named:
            if name not in stored:
                advice = did_you_mean(name, stored) or "name a field that has a type"
                scope.report("AAC203", f"`{name}` is no stored field of `{self.id}`", advice, *place)
        return all(name in stored for _, name in named)

    def _has_moments(self, scope: Scope) -> bool:
        """Whether `occurs` is a moment; reported when it is not. A column without a type is one by ISO 8601."""
        if self.occurs is None:
            return True
        known = self.columns.get(self.occurs) if self.per else self.fields[self.occurs]
        if known is None or known.type in {"date", "timestamp"}:
            return True
        advice = f"name a {'column' if self.per else 'field'} that is a date or a timestamp"
        scope.report("AAC302", f"`{self.occurs}` is no moment", advice, "occurs")
        return False

    def _stored(self, scope: Scope, name: str) -> StoredField | None:
        field = self.fields[name]
        type_ = self._stored_type(scope, name, field)
        read = self._read(scope, name, field)
        if type_ is None or read is None or not self._becomes(scope, name, read.type, type_):
            return None
        if not self._can_arrive(scope, name, field, read.node):
            return None
        for written, meant in field.map.items():
            if type_.values is not None and meant not in type_.values:
                message, advice = f"`{meant}` is not in the list of values", did_you_mean(meant, type_.values)
                scope.report("AAC305", message, advice, "fields", name, "map", written)
        return StoredField(
            name,
            type_,
            read.node,
            tuple(field.map.items()),
            field.format,
            field.pii,
            scope.span("fields", name),
            is_text=read.type.name in {"text", "null"},
            is_instant=(read.type.name, type_.name) == ("timestamp", "date"),
            may_lack=name not in self._needed(scope) and not scope.is_written("fields", name),
            landing=field.landing,
        )

    def _can_arrive(self, scope: Scope, name: str, field: EntityField, read: Node) -> bool:
        """Whether records can do with what arrives of a field (AAC308)."""
        if field.landing == "drop" and name in (*self.key, self.occurs):
            message, advice = f"records are known by `{name}`, which is dropped", "write `landing: hash` for a key"
        elif field.landing == "hash" and not isinstance(read, Column):
            message, advice = "of a hash nothing can be reckoned", "read the column itself, or write `landing: drop`"
        else:
            return True
        scope.report("AAC308", message, advice, "fields", name, "landing")
        return False

    def _read(self, scope: Scope, name: str, field: EntityField) -> Checked | None:
        """What a field is read from: a column or an expression; with `per` an aggregate, or one of its columns."""
        types = {column: type_ for column, (type_, _) in self._typed_columns.items()}
        text = field.from_ if field.from_ is not None else name
        place: tuple[Part, ...] = ("fields", name, *(("from",) if field.from_ is not None else ()))
        is_column = field.from_ is None or COLUMN.fullmatch(text) is not None
        column = text[1:-1].replace('""', '"') if field.from_ is not None and text[:1] == '"' else text
        if is_column and (field.from_ is None or self.per):
            if not self.per or column in self.per:
                return Checked(Column(column), types.get(column, TEXT))
            message = f"many rows make one `{self.id}`, and `{column}` may differ in each"
            advice = f"write an aggregate, as in `from: max({text})`, or add `{column}` to `per`"
            scope.report("AAC222", message, advice, *place)
            return None
        read = scope.read(text, *place, columns=types, grouped=bool(self.per))
        if read is None or not self.per:
            return read
        if not self._is_single(scope, read, "from many rows", *place):
            return None
        is_extreme = isinstance(read.node, Aggregate) and read.node.function in {"min", "max"}
        if is_extreme and read.type.name == "text" and field.type not in {"text", None}:
            message = f"the least and the greatest of texts are not those of what they mean, and `{name}` is no text"
            advice = "give the column its type, as in `columns: {updated_at: timestamp}`"
            scope.report("AAC302", message, advice, *place)
            return None
        return read

    def _becomes(self, scope: Scope, name: str, read: Type, type_: Type) -> bool:
        """Whether what is read can be a value of the field: text always, other types when they are alike."""
        field, place = self.fields[name], ("fields", name)
        if read.name in {"text", "null"}:
            return True
        if field.format is not None or field.map:
            key = "format" if field.format is not None else "map"
            message = f"`{key}` is for texts, and `from` gives {said(read)}"
            scope.report("AAC308", message, "leave it out, or the column out of `columns`", *place, key)
            return False
        if read.name == type_.name or type_.name in WIDER.get(read.name, ()):
            return True
        advice = "give the field the type that its column has in `columns`"
        scope.report("AAC302", f"`from` gives {said(read)}, and the field is {said(type_)}", advice, *place, "from")
        return False

    def _is_single(self, scope: Scope, checked: Checked, where: str, *place: Part) -> bool:
        """Whether this is one aggregate that can be brought up; reported when it is not, or not yet."""
        node = checked.node
        function = node.function.removesuffix("_distinct") if isinstance(node, Aggregate) else None
        if function in MEASURED:
            return True
        if function in LATER:
            scope.unmeasured(f"`{function}` {where}", *place)
            return False
        message = f"`{function}` cannot be brought up" if function else "this is no single aggregate"
        advice = f"use one of {', '.join(MEASURED)}; calculate further in a field with `is`, divide in a metric"
        scope.report("AAC307", message, advice, *place)
        return False

    def _stored_type(self, scope: Scope, name: str, field: EntityField) -> Type | None:
        """The field's type; a reference has the type of the key it holds. Null when its target is broken or has none.

        A key may be a reference itself; a ring of such keys, and a key of several fields, is reported.
        """
        if field.ref is None:
            values = field.values
            if isinstance(values, str):
                values = scope.values(values, "fields", name, "values")
                if values is None:
                    return None
            return Type(str(field.type), unit=field.unit, values=values)
        passed: list[str] = []
        target = field.ref
        while (entity := cast("Entity | None", scope.model("entity", target))) is not None:
            if len(entity.key) != 1:
                message = f"`{target}` has a key of {len(entity.key)} fields, and a reference holds one"
                advice = f"give `{target}` a key of one field, or name it in `over` of a roll-up instead"
                scope.report("AAC308", message, advice, "fields", name, "ref")
                return None
            key = entity.fields.get(entity.key[0])
            if key is None or key.ref is None:
                return Type(key.type, entity=field.ref) if key is not None and key.type is not None else None
            passed.append(target)
            target = key.ref
            if target in passed:
                ring = passed[passed.index(target) :]
                if self.id == min(ring) and name == self.key[0]:  # told once, at one of them
                    told = " needs ".join(f"`{step}`" for step in [*ring, target])
                    advice = "give one of them a key of its own"
                    scope.report("AAC206", f"a ring of keys: {told}", advice, "fields", name, "ref")
                return None
        return None

    def _rollup(self, scope: Scope, name: str, field: EntityField) -> Meaning | None:
        place: tuple[Part, ...] = ("fields", name)
        child = cast("Entity | None", scope.model("entity", str(field.over)))
        via = way_up(scope, str(field.over), self.id, field.via, *place)
        if child is None or via is None:
            return None
        aggregate = scope.aggregate(str(field.rollup), child.id, *place, "rollup")
        where = scope.rule(field.where, child.id, *place, "where", wants="boolean") if field.where is not None else None
        after = scope.rule(field.after, self.id, *place, "after", wants="moment") if field.after is not None else None
        occurs = self._child_moment(scope, child, after.type, place) if after else None
        broken = [aggregate is None, (where is None) != (field.where is None), (after is None) != (field.after is None)]
        if any(broken) or aggregate is None or (after is not None and occurs is None):
            return None
        node = aggregate.node
        if not self._is_single(scope, aggregate, "in a roll-up", *place, "rollup") or not isinstance(node, Aggregate):
            return None
        both = replace(node, where=conjunction([where.node if where else None, node.where]))
        return Meaning(Rollup(child.id, via, both, occurs, after.node if after else None), aggregate.type)

    def _child_moment(self, scope: Scope, child: Entity, like: Type, place: tuple[Part, ...]) -> Node | None:
        """The child's own moment, which `after` is compared with; reported when it has none of that type."""
        if child.occurs is None or child.per:
            advice = f"give `{child.id}` an `occurs: <field>`" if not child.per else "leave `after` out"
            scope.report("AAC203", f"`{child.id}` has no moment of its own", advice, *place, "after")
            return None
        own = cast("Any", child.fields.get(child.occurs))
        if own is None or own.type not in {"date", "timestamp"}:
            return None  # told of the child
        if own.type != like.name:
            message = f"`after` is a {like.name}, and the moment of `{child.id}` is a {own.type}"
            scope.report("AAC302", message, "use two dates or two timestamps", *place, "after")
            return None
        return Stored(child.id, child.occurs)


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Entity]
