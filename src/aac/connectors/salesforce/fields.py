"""The fields of an object as `describe` tells them, and our types of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Record = Mapping[str, Any]

TYPES = {
    "boolean": "boolean", "int": "integer", "long": "integer", "double": "number", "currency": "number",
    "percent": "number", "date": "date", "datetime": "timestamp",
}  # fmt: skip
"""Salesforce's types that are not text to us."""
UTC = "+0000"
UNREADABLE = frozenset({"address", "location", "base64", "complexvalue", "junctionidlist"})
"""Types, in small letters, of fields that are made of others, which are read, of files or of several ids."""


@record
class Field:
    """``type``: ours. ``own``: whether the org made it."""

    name: str
    type: str
    own: bool


def fields_of(description: Record) -> dict[str, Field]:
    """The fields of an object that can be read, by name."""
    listed: Iterable[Record] = description["fields"]
    return {
        str(each["name"]): Field(str(each["name"]), TYPES.get(str(each["type"]), "text"), bool(each.get("custom")))
        for each in listed
        if str(each["type"]).lower() not in UNREADABLE
    }


def value_of(value: Any, type: str) -> Any:
    """A value as one of our types; empty text is none. Moments end in `Z`."""
    if value is None or value == "":
        return None
    if type == "timestamp" and str(value).endswith(UTC):
        return str(value).removesuffix(UTC) + "Z"
    if isinstance(value, bool | int | float) and type == "text":  # of a history, whose values have any type
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
