"""The fields of an entity and the columns they are read from: what may be written of each (LANGUAGE §3)."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from aac.kinds.base import Ref
from aac.kinds.classes import Change
from aac.kinds.written import Row, Rule, Strict, shown, wrong
from aac.units import is_money, is_unit

TypeName = Literal["text", "integer", "number", "money", "float", "boolean", "date", "timestamp"]
UNITLESS = frozenset({"text", "boolean", "date", "timestamp"})
STRPTIME = frozenset(
    [*(f"%{code}" for code in "aAbBcdfgGhHIjmMnpSTuUVwWxXyYzZ%"), *(f"%-{code}" for code in "djmyHIMS")]
)
"""What DuckDB reads in a format; one-digit parts are read with and without a `-`."""
NAMED_LIST = re.compile(r"list\.[a-z][a-z0-9_]*")

SORTS = ("type", "ref", "is", "rollup")
"""The keys that say what sort of field it is."""
BELONGS = {
    "from": ("type", "ref"), "map": ("type", "ref"), "values": ("type",), "format": ("type",), "unit": ("type",),
    "landing": ("type", "ref"), "over": ("rollup",), "via": ("rollup",), "where": ("rollup",), "after": ("rollup",),
}  # fmt: skip
"""All other keys, and the sorts they belong to."""


def read_values(value: object) -> object:
    """A list of texts, each once, or a list by its name, as in ``list.regions``; raises findings AAC308 and AAC209."""
    if isinstance(value, str):
        if NAMED_LIST.fullmatch(value):
            return value
        raise wrong("AAC308", f"{shown(value)} is not a list", f"write `[{value}]`, or name one, as in `list.regions`")
    if not isinstance(value, list | tuple):
        raise wrong("AAC308", f"{shown(value)} is not a list", "write `[a, b]`, or name one, as in `list.regions`")
    texts = cast("list[object]", value)
    told: set[str] = set()
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            advice = "write one word, in quotes if it is to be the text `null`"
            raise wrong("AAC308", f"{shown(text)} is no value of a list", advice, place)
        if text in told:
            raise wrong("AAC209", f"`{text}` is told twice", "name each value once", place)
        told.add(text)
    return texts


def refuse_unreadable(format_: str | None, type_: str | None) -> None:
    """Refuses (AAC308) a format for what is no date or time, and one that cannot be read."""
    if format_ is None:
        return
    if type_ not in {"date", "timestamp"}:
        message = f"only a date or a time has a format, and this is of type {type_}"
        raise wrong("AAC308", message, "make the field's type `date` or `timestamp`", "format")
    codes = re.findall(r"%-?.?", format_, re.DOTALL)
    unknown = next((code for code in codes if code not in STRPTIME), None)
    if unknown is not None or not codes:
        what = f"`{unknown}` means nothing in a format" if unknown else f"`{format_}` has no parts of a date in it"
        raise wrong("AAC308", what, 'write strptime codes, as in `format: "%d.%m.%Y"` for 28.02.2026', "format")
    if type_ == "date" and {"%z", "%Z"} & set(codes):
        raise wrong("AAC308", "a date has no offset", "make the field's type `timestamp`", "format")


def read_short(value: object) -> object:
    """A type alone is the short form of a field and of a column."""
    return {"type": value} if isinstance(value, str) else value or {}


class SourceColumn(Strict):
    """What a column of the source holds, before any `from` reads it."""

    type: Annotated[TypeName, Change(says="the type")]
    """Its type; a column that is not listed is text."""
    format: Annotated[str | None, Change(says="the format")] = None
    """How dates and times in it are written, in strptime codes; left out, they are ISO 8601."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        refuse_unreadable(self.format, self.type)
        return self


class EntityField(Row):
    """One field: stored (``type`` or ``ref``), computed (``is``) or brought up from children (``rollup``)."""

    type: Annotated[TypeName | None, Change(says="the type")] = None
    """What it holds: text, integer, number, money, float, boolean, date or timestamp."""
    ref: Annotated[Annotated[str, Ref("entity")] | None, Change(says="the reference")] = None
    """The entity whose key it holds: rules go on behind it, as in `account.industry`."""
    is_: Annotated[str | None, Change(says="the rule")] = Field(None, alias="is")
    """A rule that computes it from the record's other fields."""
    rollup: Annotated[str | None, Change(says="the roll-up")] = None
    """An aggregate over child records, as in `min(occurred_at)`."""

    from_: Annotated[str | None, Change(says="the source")] = Field(None, alias="from")
    """An expression over the columns of the source; left out: the column of the field's own name."""
    map: Annotated[dict[str, str], Change(says="the map")] = Field(default_factory=dict[str, str])
    """What texts of the source mean here, as in `{Web: inbound}`; it comes before `values`."""
    values: Annotated[
        Annotated[tuple[str, ...] | str, BeforeValidator(read_values)] | None, Change(says="the closed list")
    ] = None
    """The texts it may hold, or a list by its name (`list.regions`); others are unknown, and told."""
    format: Annotated[str | None, Change(says="the format")] = None
    """How dates and times are written, in strptime codes; left out, they are ISO 8601."""
    unit: Annotated[str | None, Change(says="the unit")] = None
    """The unit of its numbers, as in `EUR`, `EUR/year`, `count`, `score` or `days`."""
    pii: Annotated[bool, Change("promise", says="whether it is personal")] = False
    """`true` for what is personal: it stays out of every report."""
    landing: Annotated[Literal["drop", "hash"] | None, Change(says="what arrives of it")] = None
    """What becomes of a personal column before it arrives: `drop`, or `hash`: what is equal stays so."""
    over: Annotated[Annotated[str, Ref("entity")] | None, Change(says="the child entity")] = None
    """The child entity that a roll-up is over."""
    via: Annotated[str | None, Change(says="the reference of the children")] = None
    """The child's reference to this entity, where it has several."""
    where: Annotated[Rule | None, Change(says="which children count")] = None
    """Which children count."""
    after: Annotated[str | None, Change(says="the moment from which children count")] = None
    """A moment of this record: only children from then on count."""

    @model_validator(mode="after")
    def _is_one_sort(self) -> Self:
        sorts = [key for key in SORTS if self._value(key) is not None]
        if len(sorts) != 1:
            told = " and ".join(f"`{sort}`" for sort in sorts) or "none"
            advice = "write one of `type`, `ref`, `is` or `rollup`"
            raise wrong("AAC308", f"a field is of one sort, and this one has {told}", advice, *sorts[1:2], key=True)
        sort = sorts[0]
        for key, owners in BELONGS.items():
            if self._value(key) not in (None, {}) and sort not in owners:
                advice = f"leave it out, or make the field one with {' or '.join(f'`{owner}`' for owner in owners)}"
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
        refuse_unreadable(self.format, self.type)
        self._refuse_landing()
        if self.rollup is not None and self.over is None:
            raise wrong("AAC210", "`over` is missing", "name the child entity, as in `over: activity`", "rollup")
        return self

    def _refuse_landing(self) -> None:
        """Refuses what is kept out of landing and not of reports, and a hash of what is no plain text."""
        if self.landing is None:
            return
        if not self.pii:
            raise wrong("AAC210", "what does not arrive as it is, is personal", "write `pii: true`, too", "landing")
        if self.landing == "hash" and self.type not in ("text", None):
            message = f"a hash is a text, and this is of type {self.type}"
            raise wrong("AAC308", message, "make the field's type `text`, or write `landing: drop`", "landing")
        if self.landing == "hash" and (self.map or self.values is not None):
            message = "of a hash nobody knows which text it was, so there is no list of what it may be"
            raise wrong("AAC308", message, "leave `map` and `values` out, or `landing`", "landing")

    @property
    def is_stored(self) -> bool:
        """Whether it is read from a source."""
        return self.type is not None or self.ref is not None

    def _value(self, key: str) -> object:
        return getattr(self, {"is": "is_", "from": "from_"}.get(key, key))
