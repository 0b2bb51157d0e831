"""A list of values that has a name: one place for the codes that fields and rules share (LANGUAGE §4, §9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, cast

from pydantic import BeforeValidator

from aac.expressions.nodes import TEXT, Meaning, Values
from aac.hookspecs import hookimpl
from aac.kinds.base import ANYWHERE, Kind, Scope
from aac.kinds.classes import Change
from aac.kinds.written import Looks, shown, wrong

TEXTS = {"type": ["string", "number", "boolean"]}


def read_labels(value: object) -> dict[str, str]:
    """``[DE, AT]``, or ``{DE: Germany, AT: Austria}``: each value and what people call it.

    Raises findings AAC308, and AAC209 for a value that is told twice.
    """
    if not isinstance(value, list | dict) or not value:
        told = shown(cast("object", value)) if value else "an empty list"
        written = value if isinstance(value, str) else "DE, AT"
        advice = f"write `[{written}]`, or with what people call them `{{DE: Germany, AT: Austria}}`"
        raise wrong("AAC308", f"{told} is no list of values", advice)
    if isinstance(value, dict):
        return {code: _text(label, code) for code, label in cast("dict[str, object]", value).items()}
    labels: dict[str, str] = {}
    for place, item in enumerate(cast("list[object]", value)):
        text = _text(item, place)
        if text in labels:
            raise wrong("AAC209", f"`{text}` is told twice", "name each value once", place)
        labels[text] = text
    return labels


def _text(value: object, place: str | int) -> str:
    if not isinstance(value, str):
        advice = "write one word, in quotes if it is to be the text `null`"
        raise wrong("AAC308", f"{shown(value)} is no value of a list", advice, place)
    return value


class List(Kind):
    """Values that have a name: `list.<id>` stands after `in`, and in `values` of a field."""

    kind_name: ClassVar[str] = "list"
    draft: ClassVar[str] = """\
kind: list
id: $id
name: $name
owner: $team
values: [north, south]  # the texts as they are in the data
# values: {N: North, S: South}  # or each with what people call it
# Rules use it as in `region in list.$id`, a field as in `region: {type: text, values: list.$id}`.
"""

    values: Annotated[
        dict[str, str],
        BeforeValidator(read_labels),
        Looks(
            {
                "anyOf": [
                    {"type": "array", "items": TEXTS, "minItems": 1, "uniqueItems": True},
                    {"type": "object", "additionalProperties": TEXTS, "minProperties": 1},
                ],
                "examples": [["DE", "AT"], {"DE": "Germany", "AT": "Austria"}],
            }
        ),
        Change(says="the values", labels=True),
    ]
    """The texts as they are in the data, as a list, or each with what people call it."""

    @property
    def names(self) -> tuple[str, ...]:
        return (f"list.{self.id}",)

    def entity(self, scope: Scope) -> str:
        del scope
        return ANYWHERE

    def meaning(self, scope: Scope, name: str) -> Meaning:
        del scope
        values = tuple(self.values)
        return Meaning(Values(name, values), replace(TEXT, values=values))


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [List]
