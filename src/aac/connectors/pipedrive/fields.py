"""The fields that an account made itself: Pipedrive names them by 40 letters, we as people do."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    Record = Mapping[str, Any]

TYPES = {"int": "number", "double": "number", "boolean": "boolean", "date": "date", "monetary": "number"}
"""Types of Pipedrive's that are not text to us; a range of days is its first day."""
CHOICES = ("enum", "set")
OLD_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
"""A moment in UTC, as version 1 writes it."""


@record
class Field:
    """``code``: what Pipedrive calls it. ``type``: ours. ``labels``: of the choices, by their ids."""

    code: str
    column: str
    type: str
    labels: Mapping[str, str]


def own_fields(listed: Iterable[Record], ours: Collection[str]) -> tuple[Field, ...]:
    """The account's own fields, by column. Of two that are called alike, or like a column of ours, each has the
    beginning of its code in the name."""
    own = [field for field in listed if field.get("is_custom_field")]
    names = {str(field["field_code"]): _plain(str(field["field_name"])) for field in own}
    often = Counter(names.values())
    found: list[Field] = []
    for field in own:
        code = str(field["field_code"])
        name = names[code]
        column = name if often[name] == 1 and name not in ours else f"{name}_{code[:8]}"
        kind = str(field["field_type"])
        choices: Sequence[Record] = (field.get("options") or ()) if kind in CHOICES else ()
        labels = {str(choice["id"]): str(choice["label"]) for choice in choices}
        found.append(Field(code, column, TYPES.get(kind, "text"), labels))
    return tuple(sorted(found, key=lambda field: field.column))


def _plain(name: str) -> str:
    """A name in small letters, digits and underscores."""
    return re.sub(r"\W+", "_", name.lower()).strip("_") or "field"


def value_of(value: Any, type: str, labels: Mapping[str, str] | None = None) -> Any:
    """A value as one of our types; of values with parts the main one, of choices their labels."""
    if isinstance(value, dict):
        held = cast("Record", value)
        value = held.get("value", held.get("id", held.get("from")))
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return "; ".join(_text(each, labels or {}) for each in cast("list[Any]", value)) or None
    if type in ("number", "boolean"):
        return value
    if type == "timestamp" and OLD_MOMENT.fullmatch(str(value)):
        return f"{value}Z".replace(" ", "T")
    return _text(value, labels or {})


def _text(value: Any, labels: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        held = cast("Record", value)
        value = held.get("label", held.get("id"))
    return labels.get(str(value), str(value))
