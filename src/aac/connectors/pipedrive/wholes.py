"""Tables that are read whole each time: users, pipelines and stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aac.connectors.base import Stream
from aac.connectors.pipedrive.fields import value_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.connectors.pipedrive.client import Client, Record

TABLES: Mapping[str, Mapping[str, str]] = {
    "pipelines": {
        "id": "text", "name": "text", "order_nr": "integer", "is_deleted": "boolean", "add_time": "timestamp",
        "update_time": "timestamp",
    },
    "stages": {
        "id": "text", "name": "text", "pipeline_id": "text", "order_nr": "integer", "deal_probability": "number",
        "is_deleted": "boolean", "add_time": "timestamp", "update_time": "timestamp",
    },
    "users": {
        "id": "text", "name": "text", "email": "text", "active_flag": "boolean", "is_deleted": "boolean",
        "role_id": "text", "timezone_name": "text", "created": "timestamp", "modified": "timestamp",
    },
}  # fmt: skip
"""Our types of the columns of each."""
SCOPES = {"pipelines": "deals:read", "stages": "deals:read", "users": "users:read"}


def whole_stream(name: str) -> Stream:
    """The stream of a table."""
    types = {column: type for column, type in TABLES[name].items() if type != "text"}
    return Stream(name, tuple(TABLES[name]), types)


def whole_rows(client: Client, name: str) -> Iterator[dict[str, Any]]:
    """Its rows as they are now."""
    for record in _asked(client, name):
        yield {column: value_of(record.get(column), type) for column, type in TABLES[name].items()}


def _asked(client: Client, name: str) -> Iterator[Record]:
    if name == "users":
        yield from client.users()
    else:
        yield from client.all(f"/api/v2/{name}")


def may_read(client: Client, name: str) -> None:
    """Raises RefusedError unless a table may be read."""
    next(_asked(client, name), None)
