"""What Salesforce's answers are at least, by its documentation: whatever is less is no answer.

All that is read of an answer stands here, since the rest of it is left out while its JSON is read.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.connectors.transport import Shape

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


class Token(TypedDict):
    access_token: Annotated[str, StringConstraints(pattern="^[!-~]+$")]


PAGING: dict[str, Any] = {
    "totalSize": int,
    "done": bool,
    "nextRecordsUrl": NotRequired[Annotated[str, StringConstraints(pattern="^/services/data/")] | None],
}
"""What stands beside the records of a page."""


def goes_on(page: Mapping[str, Any]) -> Mapping[str, Any]:
    """A page. Raises ValueError when there is more, and it does not say where."""
    if not page["done"] and page.get("nextRecordsUrl") is None:
        raise ValueError("there is more, and not said where")
    return page


class Org(TypedDict):
    Id: Id


class Definition(TypedDict):
    QualifiedApiName: str
    IsFieldHistoryTracked: bool


class Object(TypedDict):
    name: str


class Objects(TypedDict):
    sobjects: list[Object]


class Described(TypedDict):
    name: str
    type: str
    custom: bool


class Description(TypedDict):
    fields: list[Described]
    queryable: NotRequired[bool]
    replicateable: NotRequired[bool]


class Gone(TypedDict):
    id: Id
    deletedDate: Moment


class Deleted(TypedDict):
    deletedRecords: list[Gone]
    earliestDateAvailable: Moment
    latestDateCovered: Moment


class Begun(TypedDict):
    id: Id


class Job(TypedDict):
    state: str
    errorMessage: NotRequired[str | None]


class RefusedPart(TypedDict):
    """Of a call that holds others."""

    httpStatusCode: Annotated[int, Field(ge=300)]
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
def page_of(fields: tuple[str, ...], cursor: str | None = None, by: str = "Id") -> Shape:
    """A page of records that have all ``fields`` that were asked for, and values in ``cursor`` and ``by``."""
    own = {name: KINDS.get(name, Plain) for name in fields if "." not in name}
    of_parents: dict[str, dict[str, Any]] = {}
    for parent, _, name in (field.partition(".") for field in fields if "." in field):
        of_parents.setdefault(parent, {})[name] = Plain
    parents = {parent: _having(named) | None for parent, named in of_parents.items()}
    moments = {cursor: Moment} if cursor is not None else {}
    return _page(_list_of(_having({**own, **parents, by: Id, **moments})))


@cache
def part_of(shape: Shape) -> Shape:
    """A call that holds another one whose answer has a ``shape``."""
    answered = _having({"httpStatusCode": Annotated[int, Field(ge=200, lt=300)], "body": shape})
    return _having(
        {"compositeResponse": Annotated[_list_of(answered | RefusedPart), Field(min_length=1, max_length=1)]}
    )


def _page(records: Any) -> Shape:
    return Annotated[_having({**PAGING, "records": records}), AfterValidator(goes_on)]


def _list_of(kind: Any) -> Any:
    return GenericAlias(list, (kind,))


def _having(types: dict[str, Any]) -> Any:
    """An object with these keys: their names are the org's, and none of ours."""
    made: Any = TypedDict
    return made("Object", types)


Page = _page(list[dict[str, Any]])
Orgs = _page(Annotated[list[Org], Field(min_length=1)])
Definitions = _page(list[Definition])
