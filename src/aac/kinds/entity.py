"""An entity: a table of the business, and what each of its fields means (LANGUAGE §3)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from aac.expressions.nodes import (
    BROKEN,
    NOTHING,
    Aggregate,
    Column,
    Meaning,
    Named,
    Reference,
    Rollup,
    Stored,
    Type,
    conjunction,
)
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Scope
from aac.kinds.written import Part, Strict, shown, wrong
from aac.measures import StoredField, Table
from aac.units import is_money, is_unit

if TYPE_CHECKING:
    from aac.expressions.nodes import Node

TypeName = Literal["text", "integer", "number", "money", "float", "boolean", "date", "timestamp"]
ROLLUPS = ("count", "count_if", "sum", "min", "max")
UNITLESS = frozenset({"text", "boolean", "date", "timestamp"})
STRPTIME = frozenset(
    [*(f"%{code}" for code in "aAbBcdfgGhHIjmMnpSTuUVwWxXyYzZ%"), *(f"%-{code}" for code in "djmyHIMS")]
)
"""What DuckDB reads in a format; one-digit parts are read with and without a `-`."""
MEANT_ALREADY = {"as_of": "the moment that every number is decided at", "param": "the parameters in aac.toml"}


class EntityField(Strict):
    """One field: stored (``type`` or ``ref``), computed (``is``) or brought up from children (``rollup``)."""

    type: TypeName | None = None
    ref: Annotated[str, Ref("entity")] | None = None
    is_: str | None = Field(None, alias="is")
    rollup: str | None = None

    from_: str | None = Field(None, alias="from")
    map: dict[str, str] = Field(default_factory=dict[str, str])
    values: tuple[str, ...] | None = None
    format: str | None = None
    unit: str | None = None
    pii: bool = False
    over: Annotated[str, Ref("entity")] | None = None
    via: str | None = None
    where: str | None = None
    after: str | None = None

    @model_validator(mode="after")
    def _is_one_sort(self) -> Self:
        sorts = [key for key in ("type", "ref", "is", "rollup") if self._value(key) is not None]
        if len(sorts) != 1:
            told = " and ".join(f"`{sort}`" for sort in sorts) or "none"
            advice = "write one of `type`, `ref`, `is` or `rollup`"
            raise wrong("AAC308", f"a field is of one sort, and this one has {told}", advice, *sorts[1:2], key=True)
        sort = sorts[0]
        for key in ("from", "map", "values", "format", "unit", "over", "via", "where", "after"):
            if self._value(key) not in (None, {}) and sort not in BELONGS[key]:
                advice = f"leave it out, or make the field one with {_either(BELONGS[key])}"
                raise wrong("AAC308", f"`{key}` does not belong to a field with `{sort}`", advice, key, key=True)
        return self

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.unit is not None and (self.type in UNITLESS or not is_unit(self.unit)):
            advice = "write a unit of a number, as in `EUR`, `EUR/year`, `count`, `score` or `days`"
            raise wrong("AAC308", f"`{self.unit}` is no unit of {self.type}", advice, "unit")
        if self.type == "money" and self.unit is None:
            raise wrong("AAC210", "money needs a currency", "write `{type: money, unit: EUR}`", "type")
        if self.type == "money" and not is_money(str(self.unit)):
            raise wrong("AAC308", f"`{self.unit}` is no currency", "write `unit: EUR`, or another type", "unit")
        if self.values is not None and self.type != "text":
            message = f"only a text has a list of values, and this is of type {self.type}"
            raise wrong("AAC308", message, "make the field's type `text`", "values")
        if self.values == ():
            raise wrong("AAC308", "the list of values is empty", "name the values, or leave the key out", "values")
        if self.format is not None:
            self._check_format(self.format)
        if self.rollup is not None and self.over is None:
            raise wrong("AAC210", "`over` is missing", "name the child entity, as in `over: activity`", "rollup")
        return self

    def _check_format(self, format_: str) -> None:
        """Refuses a format for what is no date or time, and one that cannot be read."""
        if self.type not in {"date", "timestamp"}:
            message = f"only a date or a time has a format, and this is of type {self.type}"
            raise wrong("AAC308", message, "make the field's type `date` or `timestamp`", "format")
        codes = re.findall(r"%-?.?", format_, re.DOTALL)
        unknown = next((code for code in codes if code not in STRPTIME), None)
        if unknown is not None or not codes:
            what = f"`{unknown}` means nothing in a format" if unknown else f"`{format_}` has no parts of a date in it"
            raise wrong("AAC308", what, 'write strptime codes, as in `format: "%d.%m.%Y"` for 28.02.2026', "format")
        if self.type == "date" and {"%z", "%Z"} & set(codes):
            raise wrong("AAC308", "a date has no offset", "make the field's type `timestamp`", "format")

    def _value(self, key: str) -> object:
        return getattr(self, {"is": "is_", "from": "from_"}.get(key, key))


BELONGS = {
    "from": ("type", "ref"), "map": ("type", "ref"), "values": ("type",), "format": ("type",), "unit": ("type",),
    "over": ("rollup",), "via": ("rollup",), "where": ("rollup",), "after": ("rollup",),
}  # fmt: skip


def _either(sorts: tuple[str, ...]) -> str:
    return " or ".join(f"`{sort}`" for sort in sorts)


def read_field(value: object) -> object:
    """A type alone is the short form."""
    return {"type": value} if isinstance(value, str) else value or {}


def read_key(value: object) -> object:
    """A field or a list of fields, each once; raises a finding AAC308."""
    keys = cast("list[object]", value) if isinstance(value, list) else [value]
    if not keys or not (isinstance(value, str | list)):
        raise wrong("AAC308", f"{shown(cast('object', value))} is no key", "name a field, or several in a list")
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise wrong("AAC308", f"{shown(key)} is told twice", "name each field once", place)
    return keys


class Entity(Kind):
    """``from``: ``source.stream``. ``occurs``: the moment of the record; later than as_of, it does not exist."""

    kind_name: ClassVar[str] = "entity"

    from_: str = Field(alias="from")
    key: Annotated[tuple[str, ...], BeforeValidator(read_key)]
    occurs: str | None = None
    fields: dict[str, Annotated[EntityField, BeforeValidator(read_field)]]

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
        stored = [self._stored(scope, name) for name in self.fields if self._is_stored(name)]
        source, _, stream = self.from_.partition(".")
        if source not in scope.sources or not stream:
            advice = did_you_mean(source, scope.sources) if stream else "write `source.stream`"
            message = f"there is no source `{source}` in aac.toml" if stream else f"`{self.from_}` names no stream"
            scope.report("AAC204", message, advice or "add `[sources.…]` to aac.toml", "from")
            return ()
        if not self._keys_are_stored(scope) or None in stored:
            return ()
        fields = tuple(field for field in stored if field is not None)
        return (Table(self.id, source, stream, self.key, self.occurs, fields, scope.span("from")),)

    def _is_stored(self, name: str) -> bool:
        field = self.fields[name]
        return field.type is not None or field.ref is not None

    def _keys_are_stored(self, scope: Scope) -> bool:
        """Whether `key` and `occurs` name stored fields; what is wrong is reported."""
        fine = True
        stored = [name for name in self.fields if self._is_stored(name)]
        named: list[tuple[tuple[Part, ...], str]] = [(("key", place), name) for place, name in enumerate(self.key)]
        named += [(("occurs",), self.occurs)] if self.occurs is not None else []
        for place, name in named:
            if name not in stored:
                advice = did_you_mean(name, stored) or "name a field that has a type"
                scope.report("AAC203", f"`{name}` is no stored field of `{self.id}`", advice, *place)
                fine = False
        if fine and self.occurs is not None and self.fields[self.occurs].type not in {"date", "timestamp"}:
            message = f"`{self.occurs}` is no moment"
            scope.report("AAC302", message, "name a field that is a date or a timestamp", "occurs")
            fine = False
        return fine

    def _stored(self, scope: Scope, name: str) -> StoredField | None:
        field = self.fields[name]
        type_ = self._stored_type(scope, name, field)
        read: Node | None = Column(name)
        if field.from_ is not None:
            read = scope.read(field.from_, "fields", name, "from")
        if type_ is None or read is None:
            return None
        for written, meant in field.map.items():
            if field.values is not None and meant not in field.values:
                message, advice = f"`{meant}` is not in the list of values", did_you_mean(meant, field.values)
                scope.report("AAC305", message, advice, "fields", name, "map", written)
        mapping = tuple(field.map.items())
        return StoredField(name, type_, read, mapping, field.format, field.pii, scope.span("fields", name))

    def _stored_type(self, scope: Scope, name: str, field: EntityField) -> Type | None:
        """The field's type; a reference has the type of the key it holds. Null when its target is broken or has none.

        A key may be a reference itself; a ring of such keys, and a key of several fields, is reported.
        """
        if field.ref is None:
            return Type(str(field.type), unit=field.unit, values=field.values)
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
        via = self._via(scope, child, field, place) if child is not None else None
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
        if not isinstance(node, Aggregate) or node.function.removesuffix("_distinct") not in ROLLUPS:
            message = (
                f"`{node.function}` cannot be brought up"
                if isinstance(node, Aggregate)
                else "this is no single aggregate"
            )
            advice = f"use one of {', '.join(ROLLUPS)}; calculate further in a field with `is`, divide in a metric"
            scope.report("AAC307", message, advice, *place, "rollup")
            return None
        both = replace(node, where=conjunction([where.node if where else None, node.where]))
        return Meaning(Rollup(child.id, via, both, occurs, after.node if after else None), aggregate.type)

    def _via(self, scope: Scope, child: Entity, field: EntityField, place: tuple[Part, ...]) -> Reference | None:
        """The child's reference to this entity; reported when there is none, or more than one and no `via`."""
        ways = [name for name, other in child.fields.items() if other.ref == self.id]
        if field.via is not None and field.via not in ways:
            advice = did_you_mean(field.via, ways) or f"give `{child.id}` a field with `ref: {self.id}`"
            message = f"`{field.via}` is no reference of `{child.id}` to `{self.id}`"
            scope.report("AAC203", message, advice, *place, "via")
            return None
        if field.via is None and len(ways) != 1:
            if not ways and any(scope.model("entity", target) is None for target in child.steps.values()):
                return None  # told as the reference that leads nowhere
            told = "has no reference" if not ways else f"has several references ({', '.join(ways)})"
            advice = f"add `via: {ways[0]}`" if ways else f"give `{child.id}` a field with `ref: {self.id}`"
            scope.report("AAC203", f"`{child.id}` {told} to `{self.id}`", advice, *place, "over")
            return None
        return Reference(field.via or ways[0], self.id)

    def _child_moment(self, scope: Scope, child: Entity, like: Type, place: tuple[Part, ...]) -> Node | None:
        """The child's own moment, which `after` is compared with; reported when it has none of that type."""
        if child.occurs is None:
            advice = f"give `{child.id}` an `occurs: <field>`"
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
