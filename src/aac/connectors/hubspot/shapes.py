"""What HubSpot's answers are at least, by its published specification: whatever is less is no answer.

All that is read of an answer stands here, since the rest of it is left out while its JSON is read. What is only handed
on may be anything.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

Id = Annotated[str, StringConstraints(pattern=r"^\d+$")]
Moment = Annotated[
    str, StringConstraints(pattern=r"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)|\d{9,15})$")
]


class Next(TypedDict):
    after: str


class Paging(TypedDict):
    next: NotRequired[Next | None]


class Account(TypedDict):
    portalId: int
    timeZone: NotRequired[str]


class Option(TypedDict):
    value: str


class Property(TypedDict):
    name: str
    type: str
    options: NotRequired[list[Option] | None]
    archived: NotRequired[bool | None]
    hubspotDefined: NotRequired[bool | None]


class Properties(TypedDict):
    results: list[Property]


class Entry(TypedDict):
    value: str | None
    timestamp: Moment
    sourceType: NotRequired[Any]
    sourceId: NotRequired[Any]
    sourceLabel: NotRequired[Any]
    updatedByUserId: NotRequired[Any]


class Record(TypedDict):
    id: Id
    properties: dict[str, str | None]
    createdAt: Moment
    updatedAt: Moment
    propertiesWithHistory: NotRequired[dict[str, list[Entry]] | None]


class Records(TypedDict):
    results: list[Record]
    paging: NotRequired[Paging | None]


class Found(TypedDict):
    results: list[Record]
    total: int


class End(TypedDict):
    id: Id | int


class LinkType(TypedDict):
    category: str
    typeId: int
    label: NotRequired[str | None]


class Link(TypedDict):
    toObjectId: Id | int
    associationTypes: list[LinkType]


class Linked(TypedDict):
    begin: Annotated[End, Field(alias="from")]
    to: list[Link]
    paging: NotRequired[Paging | None]


class Links(TypedDict):
    results: list[Linked]


class Team(TypedDict):
    name: NotRequired[Any]
    primary: NotRequired[Any]


class Owner(TypedDict):
    id: str
    userId: NotRequired[Any]
    userIdIncludingInactive: NotRequired[Any]
    email: NotRequired[Any]
    firstName: NotRequired[Any]
    lastName: NotRequired[Any]
    type: NotRequired[Any]
    teams: NotRequired[list[Team] | None]
    archived: NotRequired[Any]
    createdAt: NotRequired[Any]
    updatedAt: NotRequired[Any]


class Owners(TypedDict):
    results: list[Owner]
    paging: NotRequired[Paging | None]


class Stage(TypedDict):
    id: str
    label: NotRequired[Any]
    displayOrder: NotRequired[Any]
    metadata: NotRequired[dict[str, Any] | None]
    archived: NotRequired[Any]


class Pipeline(TypedDict):
    id: str
    label: NotRequired[Any]
    displayOrder: NotRequired[Any]
    archived: NotRequired[Any]
    stages: list[Stage]


class Pipelines(TypedDict):
    results: list[Pipeline]


class Schema(TypedDict):
    objectTypeId: str
    name: str


class Schemas(TypedDict):
    results: list[Schema]
