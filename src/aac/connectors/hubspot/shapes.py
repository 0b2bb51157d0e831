"""What HubSpot's answers are at least, by its published specification: whatever is less is no answer.

Only what is read of them stands here; answers hold more.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

Id = Annotated[str, StringConstraints(pattern=r"^\d+$")]
Moment = Annotated[
    str, StringConstraints(pattern=r"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)|\d{9,15})$")
]


class Shape(BaseModel):
    """A part of an answer. It is made ready when it is needed first."""

    model_config = ConfigDict(defer_build=True, alias_generator=to_camel)


class Next(Shape):
    after: str


class Paging(Shape):
    next: Next | None = None


class Account(Shape):
    portal_id: int


class Option(Shape):
    value: str


class Property(Shape):
    name: str
    type: str
    options: list[Option] | None = None


class Properties(Shape):
    results: list[Property]


class Entry(Shape):
    value: str | None
    timestamp: Moment


class Record(Shape):
    id: Id
    properties: dict[str, str | None]
    created_at: Moment
    updated_at: Moment
    properties_with_history: dict[str, list[Entry]] | None = None


class Records(Shape):
    results: list[Record]
    paging: Paging | None = None


class Found(Records):
    total: int


class End(Shape):
    id: Id | int


class Link(Shape):
    to_object_id: Id | int
    association_types: list[dict[str, Any]]


class Linked(Shape):
    begin: End = Field(alias="from")
    to: list[Link]
    paging: Paging | None = None


class Links(Shape):
    results: list[Linked]


class Owner(Shape):
    id: str


class Owners(Shape):
    results: list[Owner]
    paging: Paging | None = None


class Stage(Shape):
    id: str
    metadata: dict[str, Any] | None = None


class Pipeline(Shape):
    id: str
    stages: list[Stage]


class Pipelines(Shape):
    results: list[Pipeline]


class Schema(Shape):
    object_type_id: str
    name: str


class Schemas(Shape):
    results: list[Schema]
