"""What HubSpot's published specification asks of a call: whatever it does not allow is refused.

Read in HubSpot/HubSpot-public-api-spec-collection at 99893791383254f52aa07662baeb98aad65cc710 (21 August 2026), in the
files of 2026-09 and v3; limits that no specification has are those of the guides at developers.hubspot.com. One thing
differs: the specification calls entries of `sorts` texts, and the guides write objects, which are what is taken here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Refused(Exception):
    """An answer that is no good news."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status": "error", "message": message, "correlationId": "0" * 8, "category": "VALIDATION_ERROR"}
        self.body |= more


OPERATORS = {
    "BETWEEN", "CONTAINS_TOKEN", "EQ", "GT", "GTE", "HAS_PROPERTY", "IN", "LT", "LTE", "NEQ", "NOT_CONTAINS_TOKEN",
    "NOT_HAS_PROPERTY", "NOT_IN",
}  # fmt: skip
RESULTS_OF_A_SEARCH = 10_000


def need(fulfilled: bool, message: str) -> None:
    if not fulfilled:
        raise Refused(400, message)


def query_of(query: Mapping[str, list[str]], allowed: Mapping[str, str], most: int | None = None) -> dict[str, str]:
    """The parameters of a query: each known, given once, and of its type."""
    for name, values in query.items():
        need(name in allowed, f"unknown parameter {name}")
        need(len(values) == 1, f"{name} is given twice")
        value, type = values[0], allowed[name]
        need(type != "bool" or value in ("true", "false"), f"{name} is no boolean: {value}")
        need(type != "int" or re.fullmatch(r"\d+", value) is not None, f"{name} is no number: {value}")
        need(name != "limit" or most is None or 1 <= int(value) <= most, f"limit must be between 1 and {most}")
    return {name: values[0] for name, values in query.items()}


def body_of(body: Any, required: Mapping[str, type], optional: Mapping[str, type]) -> dict[str, Any]:
    """An object with all that it must have, nothing that is unknown, and everything of its type."""
    need(isinstance(body, dict), "the body is no object")
    held = cast("dict[str, Any]", body)
    for name in required:
        need(name in held, f"{name} is missing")
    for name, value in held.items():
        type = {**required, **optional}.get(name)
        need(type is not None, f"unknown field {name}")
        assert type is not None
        need(isinstance(value, type) and not (type is int and isinstance(value, bool)), f"{name} is no {type.__name__}")
    return held


def texts(values: list[Any], what: str) -> list[str]:
    for value in values:
        need(isinstance(value, str), f"{what} are texts")
    return cast("list[str]", values)


def search_of(body: Any, properties: Collection[str]) -> dict[str, Any]:
    """The body of a search."""
    required = {"after": str, "filterGroups": list, "limit": int, "properties": list, "sorts": list}
    held = body_of(body, required, {"query": str})
    need(1 <= held["limit"] <= 200, "limit must be between 1 and 200")
    need(held["after"].isdigit(), "after is no number")
    need(int(held["after"]) + held["limit"] <= RESULTS_OF_A_SEARCH, "a search has no more than 10000 results")
    texts(held["properties"], "properties")
    need(1 <= len(held["filterGroups"]) <= 5, "there must be 1 to 5 filterGroups")
    for group in held["filterGroups"]:
        filters = body_of(group, {"filters": list}, {})["filters"]
        need(1 <= len(filters) <= 6, "there must be 1 to 6 filters")
        for each in filters:
            _filter(each, properties)
    need(len(held["sorts"]) <= 1, "there must be one sort at most")
    for sort in held["sorts"]:
        asked = body_of(sort, {"propertyName": str, "direction": str}, {})
        need(asked["direction"] in ("ASCENDING", "DESCENDING"), "unknown direction")
        need(asked["propertyName"] in properties, f"there is no property {asked['propertyName']}")
    return held


def _filter(given: Any, properties: Collection[str]) -> None:
    each = body_of(given, {"propertyName": str, "operator": str}, {"value": str, "values": list, "highValue": str})
    operator = each["operator"]
    need(operator in OPERATORS, f"unknown operator {operator}")
    need(each["propertyName"] in properties, f"there is no property {each['propertyName']}")
    wanted = {"IN": {"values"}, "NOT_IN": {"values"}, "BETWEEN": {"value", "highValue"}, "HAS_PROPERTY": set[str]()}
    wanted["NOT_HAS_PROPERTY"] = set()
    need(each.keys() - {"propertyName", "operator"} == wanted.get(operator, {"value"}), f"{operator} has other values")


def batch_of(body: Any) -> dict[str, Any]:
    """The body of a batch of records to read."""
    held = body_of(body, {"inputs": list, "properties": list, "propertiesWithHistory": list}, {"idProperty": str})
    texts(held["properties"], "properties")
    texts(held["propertiesWithHistory"], "propertiesWithHistory")
    most = 50 if held["propertiesWithHistory"] else 100
    need(1 <= len(held["inputs"]) <= most, f"there must be 1 to {most} inputs")
    for each in held["inputs"]:
        need(body_of(each, {"id": str}, {})["id"].isdigit(), "an id is no number")
    return held


def links_of(body: Any) -> list[dict[str, str]]:
    """The body of a batch of associations to read."""
    inputs = body_of(body, {"inputs": list}, {})["inputs"]
    need(1 <= len(inputs) <= 1000, "there must be 1 to 1000 inputs")
    return [body_of(each, {"id": str}, {"after": str}) for each in inputs]
