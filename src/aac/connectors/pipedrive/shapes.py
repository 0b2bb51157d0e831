"""What Pipedrive's answers are at least, by its published documents: whatever is less is no answer.

What would be wrong in silence if it were not there has to be; records hold more, which `objects` names.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NotRequired, TypeVar

from pydantic import AfterValidator, ConfigDict, StringConstraints, with_config
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

R = TypeVar("R")


def _with_a_zone(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"`{text}` has no zone")
    return text


Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), AfterValidator(_with_a_zone)]
OldMoment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")]
Plain = int | float | str | None
Object = dict[str, Any]
MORE = with_config(ConfigDict(extra="allow"))


class Cursor(TypedDict):
    next_cursor: str | None


class Page(TypedDict, Generic[R]):
    """A page of version 2."""

    success: Literal[True]
    data: list[R]
    additional_data: NotRequired[Cursor | None]


def _with_what_follows(page: Mapping[str, Any]) -> Mapping[str, Any]:
    if page["data"] and page.get("additional_data") is None:
        raise ValueError("nothing is said of the next page")
    return page


Paged = Annotated[Page[R], AfterValidator(_with_what_follows)]
"""Where there are records, it says what follows, or that nothing does."""


class Start(TypedDict):
    more_items_in_collection: NotRequired[bool]


class Place(TypedDict):
    more_items_in_collection: NotRequired[bool]
    pagination: NotRequired[Start]


class Counted(TypedDict, Generic[R]):
    """A page of version 1, null when it is empty; leads tell what follows beside, others in `pagination`."""

    success: Literal[True]
    data: list[R] | None
    additional_data: NotRequired[Place | None]


@MORE
class Numbered(TypedDict):
    id: int


class Me(TypedDict):
    success: Literal[True]
    data: Numbered


class Users(TypedDict):
    success: Literal[True]
    data: list[Numbered]


@MORE
class Dated(TypedDict):
    id: int
    update_time: Moment
    is_deleted: NotRequired[bool]
    custom_fields: NotRequired[Object | None]


class Deal(Dated):
    add_time: Moment
    stage_id: Plain
    owner_id: Plain
    status: str
    value: NotRequired[float | None]


class Person(Dated):
    emails: NotRequired[list[Object] | None]


class Organization(Dated):
    address: NotRequired[Object | None]


@MORE
class Lead(TypedDict):
    id: str
    update_time: Moment
    value: NotRequired[Object | None]


class Choice(TypedDict):
    id: Plain
    label: Plain


class Field(TypedDict):
    field_name: str
    field_code: str
    field_type: str
    is_custom_field: bool
    options: NotRequired[list[Choice] | None]


class Entry(TypedDict):
    field_key: str
    old_value: Any
    new_value: Any
    time: OldMoment
    change_source: NotRequired[Any]
    actor_user_id: NotRequired[Any]


class Recent(TypedDict):
    """A record that changed; null where it is gone."""

    id: int
    data: Object | None


LISTS: Mapping[str, Any] = {
    "/api/v2/deals": Paged[Deal],
    "/api/v2/deals/archived": Paged[Deal],
    "/api/v2/persons": Paged[Person],
    "/api/v2/organizations": Paged[Organization],
    "/api/v2/activities": Paged[Dated],
    "/api/v2/dealFields": Paged[Field],
    "/api/v2/personFields": Paged[Field],
    "/api/v2/organizationFields": Paged[Field],
    "/api/v2/pipelines": Paged[Numbered],
    "/api/v2/stages": Paged[Numbered],
    "/v1/leads": Counted[Lead],
    "/v1/leads/archived": Counted[Lead],
    "/v1/recents": Counted[Recent],
}
"""The answers of lists by their paths."""
CHANGELOG = Paged[Entry]
