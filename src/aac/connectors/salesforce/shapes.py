"""What Salesforce's answers are at least, by its documentation: whatever is less is no answer.

Only what is read of them stands here; answers hold more.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    create_model,
    model_validator,
)  # fmt: skip
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ID = r"^\w{15}(?:\w{3})?$"


def moment(text: str) -> str:
    """A moment with its zone. Raises ValueError for another text."""
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"`{text}` has no zone")
    return text


Id = Annotated[str, StringConstraints(pattern=ID)]
Moment = Annotated[str, AfterValidator(moment)]
Plain = str | bool | int | float | None
"""A value of a record; what is made of several values is not read."""
KINDS: dict[str, Any] = {"Id": Id, "IsDeleted": bool, "Field": str}
"""What is in fields that are never empty."""


class Shape(BaseModel):
    """A part of an answer, in which nothing stands for something else. It is made ready when it is needed first."""

    model_config = ConfigDict(defer_build=True, strict=True, alias_generator=to_camel)


class Token(Shape):
    access_token: str = Field(alias="access_token", pattern="^[!-~]+$")


class Paging(Shape):
    """Of what a question finds."""

    total_size: int
    done: bool
    next_records_url: Annotated[str, StringConstraints(pattern="^/services/data/")] | None = None

    @model_validator(mode="after")
    def _goes_on(self) -> Self:
        if not self.done and self.next_records_url is None:
            raise ValueError("there is more, and not said where")
        return self


class Page(Paging):
    records: list[dict[str, Any]]


class Org(Shape):
    id: Id = Field(alias="Id")


class Orgs(Paging):
    records: list[Org] = Field(min_length=1)


class Definition(Shape):
    name: str = Field(alias="QualifiedApiName")
    is_tracked: bool = Field(alias="IsFieldHistoryTracked")


class Definitions(Paging):
    records: list[Definition]


class Object(Shape):
    name: str


class Objects(Shape):
    sobjects: list[Object]


class Described(Shape):
    name: str
    type: str
    custom: bool


class Description(Shape):
    fields_: list[Described] = Field(alias="fields")
    queryable: bool = True
    replicateable: bool = False


class Gone(Shape):
    id: Id
    deleted_date: Moment


class Deleted(Shape):
    deleted_records: list[Gone]
    earliest_date_available: Moment
    latest_date_covered: Moment


class Begun(Shape):
    id: Id


class Job(Shape):
    state: str
    error_message: str | None = None


class RefusedPart(Shape):
    """Of a call that holds others."""

    http_status_code: int = Field(ge=300)
    body: Any


def wrong_column(records: Sequence[Mapping[str, Any]], columns: Sequence[str], cursor: str) -> str | None:
    """The first column of a file in which a record lacks what each has; none if all is there."""
    kinds: dict[str, Any] = {"Id": Id, "IsDeleted": Literal["true", "false"], cursor: Moment}
    for column in columns:
        if column in kinds:
            try:
                TypeAdapter(_list_of(kinds[column])).validate_python([record[column] for record in records])
            except ValidationError:
                return column
    return None


@cache
def page_of(fields: tuple[str, ...], cursor: str | None = None, by: str = "Id") -> type[Paging]:
    """A page of records that have all ``fields`` that were asked for, and values in ``cursor`` and ``by``."""
    own = {name: KINDS.get(name, Plain) for name in fields if "." not in name}
    of_parents: dict[str, dict[str, Any]] = {}
    for parent, _, name in (field.partition(".") for field in fields if "." in field):
        of_parents.setdefault(parent, {})[name] = Plain
    parents = {parent: _having(named) | None for parent, named in of_parents.items()}
    moments = {cursor: Moment} if cursor is not None else {}
    record: Any = _having({**own, **parents, by: Id, **moments})
    return create_model("Page", __base__=Paging, records=(_list_of(record), ...))


@cache
def part_of(shape: type[BaseModel]) -> type[Shape]:
    """A call that holds another one whose answer has a ``shape``."""
    answered: Any = create_model(
        "Part", __base__=Shape, http_status_code=(int, Field(ge=200, lt=300)), body=(shape, ...)
    )
    one: Any = Annotated[list[answered | RefusedPart], Field(min_length=1, max_length=1)]
    return create_model("Composite", __base__=Shape, composite_response=(one, ...))


def _list_of(kind: Any) -> Any:
    return GenericAlias(list, (kind,))


def _having(types: dict[str, Any]) -> type[Shape]:
    """A record; its names are the org's, and none of ours."""
    fields: dict[str, Any] = {
        f"field_{number}": (type, Field(alias=name)) for number, (name, type) in enumerate(types.items())
    }
    return create_model("Record", __base__=Shape, **fields)
