"""Small tables that are read whole each time: owners, pipelines and their stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aac.connectors.base import Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.connectors.hubspot.client import Record

OWNERS = Stream(
    "owners",
    ("id", "userId", "email", "firstName", "lastName", "type", "team", "archived", "createdAt", "updatedAt"),
)
PIPELINES = Stream("pipelines", ("id", "object", "label", "displayOrder", "archived"))
"""The pipelines of all objects."""
STAGE_COLUMNS = ("id", "pipeline_id", "label", "displayOrder", "isClosed", "probability", "archived")
TRUE = "true"


def stage_stream(object: str) -> Stream:
    """The stages of one object's pipelines."""
    return Stream(f"{object}_stages", STAGE_COLUMNS)


def owner_rows(owners: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Owners; one who has left keeps the records that they own."""
    for owner in owners:
        teams = [team.get("name") for team in owner.get("teams") or () if team.get("primary")]
        yield {
            **{column: owner.get(column) for column in OWNERS.columns},
            "userId": owner.get("userId") or owner.get("userIdIncludingInactive"),
            "team": teams[0] if teams else None,
        }


def pipeline_rows(pipelines: Mapping[str, Iterable[Record]]) -> Iterator[dict[str, Any]]:
    """Pipelines by the name of their object."""
    for object, each in sorted(pipelines.items()):
        for pipeline in each:
            yield {**{column: pipeline.get(column) for column in PIPELINES.columns}, "object": object}


def stage_rows(pipelines: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Stages. Whether one closes is written in several ways, by object."""
    for pipeline in pipelines:
        for stage in pipeline["stages"]:
            held: Record = stage.get("metadata") or {}
            closed = str(held.get("isClosed", held.get("ticketState") == "CLOSED")).casefold() == TRUE
            yield {
                **{column: stage.get(column) for column in STAGE_COLUMNS},
                "pipeline_id": pipeline["id"],
                "isClosed": closed,
                "probability": held.get("probability"),
            }
