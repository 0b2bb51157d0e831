"""An entity: a table of the business, and what each of its fields means (LANGUAGE §3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

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
from aac.kinds.base import Kind, Part, Ref, Scope, Strict, wrong
from aac.measures import StoredField, Table
from aac.units import is_unit

if TYPE_CHECKING:
    from aac.expressions.nodes import Node

TypeName = Literal["text", "integer", "number", "money", "float", "boolean", "date", "timestamp"]
ROLLUPS = ("count", "count_distinct", "count_if", "sum", "min", "max")
UNITLESS = frozenset({"text", "boolean", "date", "timestamp"})


def read_format(value: str) -> str:
    """strptime codes; raises a finding AAC308."""
    if "%" not in value:
        advice = 'write strptime codes, as in `format: "%d.%m.%Y"` for 28.02.2026'
        raise wrong("AAC308", f"`{value}` is no format", advice)
    return value


class EntityField(Strict):
    """One field: stored (``type`` or ``ref``), computed (``is``) or brought up from children (``rollup``)."""

    type: TypeName | None = None
    ref: Annotated[str, Ref("entity")] | None = None
    is_: str | None = Field(None, alias="is")
    rollup: str | None = None

    from_: str | None = Field(None, alias="from")
    map: dict[str, str] = Field(default_factory=dict[str, str])
    values: tuple[str, ...] | None = None
    format: Annotated[str, AfterValidator(read_format)] | None = None
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
            raise wrong("AAC308", f"a field is of one sort, and this one has {told}", advice)
        sort = sorts[0]
        for key in ("from", "map", "values", "format", "unit", "over", "via", "where", "after"):
            if self._value(key) not in (None, {}) and sort not in BELONGS[key]:
                advice = f"leave it out, or make the field one with {_either(BELONGS[key])}"
                raise wrong("AAC308", f"`{key}` does not belong to a field with `{sort}`", advice)
        return self

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.unit is not None and (self.type in UNITLESS or not is_unit(self.unit)):
            advice = "write a unit of a number, as in `EUR`, `EUR/year`, `count`, `score` or `days`"
            raise wrong("AAC308", f"`{self.unit}` is no unit of {self.type or 'this'}", advice)
        if self.type == "money" and self.unit is None:
            raise wrong("AAC210", "money needs a currency", "add `unit: EUR`")
        if self.values is not None and self.type != "text":
            raise wrong("AAC308", f"a {self.type} has no list of values", "make the field's type `text`")
        if self.format is not None and self.type not in {"date", "timestamp"}:
            raise wrong("AAC308", f"a {self.type} has no format", "make the field's type `date` or `timestamp`")
        if self.rollup is not None and self.over is None:
            raise wrong("AAC210", "`over` is missing", "name the child entity, as in `over: activity`")
        return self

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
    return {"type": value} if isinstance(value, str) else value


def read_key(value: object) -> object:
    """A field or a list of fields."""
    return [value] if isinstance(value, str) else value


class Entity(Kind):
    """``from``: ``source.stream``. ``occurs``: the moment of the record; later than as_of, it does not exist."""

    kind_name: ClassVar[str] = "entity"

    from_: str = Field(alias="from")
    key: Annotated[tuple[str, ...], BeforeValidator(read_key), Field(min_length=1)]
    occurs: str | None = None
    fields: dict[str, Annotated[EntityField, BeforeValidator(read_field)]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.fields)

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
        type_ = self._stored_type(scope, field)
        return Meaning(Stored(self.id, name), type_) if type_ else Meaning(NOTHING, BROKEN)

    def compile(self, scope: Scope) -> tuple[Table, ...]:
        for name, field in self.fields.items():
            if field.is_ is not None or field.rollup is not None:
                scope.rule(f'"{name}"', self.id, "fields", name)
        source, _, stream = self.from_.partition(".")
        if source not in scope.sources or not stream:
            advice = did_you_mean(source, scope.sources) if stream else "write `source.stream`"
            message = f"there is no source `{source}` in aac.toml" if stream else f"`{self.from_}` names no stream"
            scope.report("AAC204", message, advice or "add `[sources.…]` to aac.toml", "from")
            return ()
        stored = [self._stored(scope, name) for name in self.fields if self._is_stored(name)]
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
        for place, name in [("key", key) for key in self.key] + ([("occurs", self.occurs)] if self.occurs else []):
            if name not in stored:
                advice = did_you_mean(name, stored) or "name a field that has a type"
                scope.report("AAC203", f"`{name}` is no stored field of `{self.id}`", advice, place)
                fine = False
        if fine and self.occurs and self.fields[self.occurs].type not in {"date", "timestamp"}:
            message = f"`{self.occurs}` is no moment"
            scope.report("AAC302", message, "name a field that is a date or a timestamp", "occurs")
            fine = False
        return fine

    def _stored(self, scope: Scope, name: str) -> StoredField | None:
        field = self.fields[name]
        type_ = self._stored_type(scope, field)
        read: Node | None = Column(name)
        if field.from_ is not None:
            read = scope.read(field.from_, "fields", name, "from")
        if type_ is None:
            self._tell_no_key(scope, name, str(field.ref))
        if type_ is None or read is None:
            return None
        mapping = tuple(field.map.items())
        for key, value in mapping:
            if field.values is not None and value not in field.values:
                message = f"`{value}` is not in the list of values"
                scope.report("AAC305", message, did_you_mean(value, field.values), "fields", name, "map", key)
        return StoredField(name, type_, read, mapping, field.format, field.pii, scope.span("fields", name))

    def _tell_no_key(self, scope: Scope, name: str, target: str) -> None:
        """Why a reference has no type, if its target is sound: it has no single key that could be held."""
        if scope.model("entity", target) is None:
            return
        message = f"`{target}` cannot be referred to: its key is not one field of its own"
        scope.report("AAC308", message, f"give `{target}` a key of one stored field", "fields", name, "ref")

    def _stored_type(self, scope: Scope, field: EntityField) -> Type | None:
        """The field's type; a reference has the type of the key it holds, and null when its target is broken."""
        if field.ref is None:
            return Type(str(field.type), unit=field.unit, values=field.values)
        seen = {self.id}
        target = cast("Entity | None", scope.model("entity", field.ref))
        while target is not None and len(target.key) == 1 and target.key[0] in target.fields:
            key = target.fields[target.key[0]]
            if key.ref is None:
                return Type(key.type, entity=field.ref) if key.type is not None else None
            if key.ref in seen:
                return None
            seen.add(key.ref)
            target = cast("Entity | None", scope.model("entity", key.ref))
        return None

    def _rollup(self, scope: Scope, name: str, field: EntityField) -> Meaning | None:
        place: tuple[Part, ...] = ("fields", name)
        child = cast("Entity | None", scope.model("entity", str(field.over)))
        via = self._via(scope, child, field, place) if child is not None else None
        if child is None or via is None:
            return None
        aggregate = scope.aggregate(str(field.rollup), child.id, *place, "rollup")
        where = scope.rule(field.where, child.id, *place, "where", wants="boolean") if field.where else None
        after = scope.rule(field.after, self.id, *place, "after", wants="moment") if field.after else None
        occurs = self._child_moment(scope, child, after.type, place) if after else None
        broken = [aggregate is None, (where is None) != (field.where is None), (after is None) != (field.after is None)]
        if any(broken) or aggregate is None or (after is not None and occurs is None):
            return None
        node = aggregate.node
        if not isinstance(node, Aggregate) or node.function not in ROLLUPS:
            advice = f"use one of {', '.join(ROLLUPS)}"
            scope.report("AAC307", "a roll-up cannot divide", advice, *place, "rollup")
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
        if own is None or own.type != like.name:
            message = f"`after` is a {like.name}, and the moment of `{child.id}` is none"
            scope.report("AAC302", message, "use two dates or two timestamps", *place, "after")
            return None
        return Stored(child.id, child.occurs)


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Entity]
