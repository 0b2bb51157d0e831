"""What HubSpot can be asked, and what it answers: a method for each question, plain records out.

Read in HubSpot/HubSpot-public-api-spec-collection; nothing here knows of streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aac.connectors.hubspot import shapes
from aac.connectors.hubspot.paths import Paths
from aac.connectors.limits import Rate
from aac.connectors.redacting import Shown
from aac.connectors.transport import Call, Service
from aac.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from aac.connectors.hubspot.objects import Thing
    from aac.connectors.hubspot.settings import HubspotSettings
    from aac.connectors.transport import Answer, RefusedError, Shape, Transport

    Record = Mapping[str, Any]
    Window = tuple[datetime, datetime]

HOSTS = frozenset({"api.hubapi.com", "api-eu1.hubapi.com", "api-na1.hubapi.com"})
SEARCH_PAGE, LIST_PAGE, READ_BATCH, HISTORY_BATCH, LINK_BATCH = 200, 100, 100, 50, 1000
"""The most records of a page of a search, of a list, of a batch, of one with history, and of one of associations."""
AT_ONCE = 4
"""Calls that are made at once at most: an answer comes from far away, and HubSpot works at each for a while."""
FORBIDDEN, ABSENT = 403, 404
MEANINGS = {530: "(HubSpot says this of a token that it cannot read, too: see whether all of it was copied)"}
FIRST_RATE = Rate(100, 10)
"""What we begin with; the headers of the first answer say what this account may do."""
SHOWN = Shown(
    keys=frozenset(
        {
            "id", "toObjectId", "after", "type", "fieldType", "name", "label", "category", "status", "sourceType",
            "objectTypeId", "fullyQualifiedName", "correlationId", "policyName", "isClosed", "probability",
            "ticketState", "message", "timeZone", "options",
        }
    ),
    records=frozenset({"properties", "propertiesWithHistory"}),
    fields=frozenset(
        {
            "hs_object_id", "hs_merged_object_ids", "lifecyclestage", "dealstage", "pipeline", "hs_pipeline",
            "hs_pipeline_stage", "hs_lead_status", "hubspot_owner_id", "associatedcompanyid", "sourceType",
        }
    ),
)  # fmt: skip
"""What a recording shows: ids, stages and words of HubSpot's own; no name, address, amount or text of anybody."""


def service_of(settings: HubspotSettings) -> Service:
    """HubSpot for the transport."""
    rates = {"general": FIRST_RATE, "search": Rate(settings.searches_per_second, 1)}
    return Service("HubSpot", "hubspot", settings.url, HOSTS, rates, rate_told, is_over, told, meanings=MEANINGS)


def rate_told(kind: str, headers: Mapping[str, str]) -> Rate | None:
    """The account's rate; what the headers say does not hold for searches, which have a rate of their own."""
    names = ("x-hubspot-ratelimit-max", "x-hubspot-ratelimit-interval-milliseconds", "x-hubspot-ratelimit-remaining")
    given = [headers.get(name, "") for name in names]
    if kind == "search" or not all(text.isdecimal() for text in given):
        return None
    most, milliseconds, left = map(int, given)
    return Rate(most, milliseconds / 1000, left)


def is_over(answer: Any) -> bool:
    """Whether the calls of the day are used up: they come back at midnight of the account's zone."""
    return "DAILY" in str(_held(answer).get("policyName", "")).upper()


def told(answer: Any) -> str:
    """What a refusal says."""
    return str(_held(answer).get("message", ""))


def scopes_of(error: RefusedError) -> tuple[str, ...]:
    """The scopes that a refusal asks for, where it names them."""
    found: list[str] = []
    for detail in cast("list[Any]", _held(error.answer).get("errors") or []):
        found += _held(_held(detail).get("context")).get("requiredGranularScopes") or ()
    return tuple(map(str, found))


def _next(page: Record) -> str | None:
    """What the next page comes after; null if there is none."""
    after = _held(_held(page.get("paging")).get("next")).get("after")
    return str(after) if after else None


def _held(answer: Any) -> Record:
    return cast("Record", answer) if isinstance(answer, dict) else {}


class Client:
    """Asks one account."""

    def __init__(self, transport: Transport, version: str) -> None:
        self._transport = transport
        self._paths = Paths(version)

    @property
    def at_once(self) -> int:
        """How many calls may be made at once."""
        return 1 if self._transport.is_in_order else AT_ONCE

    def account(self) -> tuple[Record, datetime]:
        """The account, which every token may ask for, and the server's own time."""
        answer = self._ask(Call("GET", self._paths.account(), shape=shapes.Account))
        if answer.at is None:
            raise SourceError("HubSpot does not say what time it is, so nothing can be read up to a moment")
        return answer.data, answer.at

    def may_read(self, thing: Thing) -> None:
        """Raises RefusedError unless records of an object may be read."""
        self._ask(Call("GET", self._paths.objects(thing.place), {"limit": "1"}, shape=shapes.Records))

    def search(
        self,
        thing: Thing,
        after: str,
        window: Window | None,
        properties: Sequence[str],
        having: str | None = None,
    ) -> tuple[list[Record], bool]:
        """The records whose ids follow ``after``, in their order, and whether there are more.

        ``window``: of those that were modified in it, both ends included. ``having``: a property that has a value.
        A query shows its first 10,000 results only: as each begins behind the last id, none is ever asked for more than
        its first page, and a record that leaves the window meanwhile moves no other one out of it.
        """
        filters = [{"propertyName": "hs_object_id", "operator": "GT", "value": after}]
        if window is not None:
            since, until = (str(round(moment.timestamp() * 1000)) for moment in window)
            filters.append({"propertyName": thing.modified, "operator": "GTE", "value": since})
            filters.append({"propertyName": thing.modified, "operator": "LTE", "value": until})
        if having is not None:
            filters.append({"propertyName": having, "operator": "HAS_PROPERTY"})
        data = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": SEARCH_PAGE,
            "after": "0",
        }
        call = Call("POST", self._paths.search(thing.place), data=data, kind="search", shape=shapes.Found)
        page = self._ask(call).data
        records: list[Record] = sorted(page["results"], key=lambda record: int(record["id"]))
        return records, len(records) == SEARCH_PAGE or (bool(records) and page["total"] > len(records))

    def archived(self, thing: Thing, after: str | None) -> Iterator[tuple[list[Record], str | None]]:
        """The records in the recycle bin, page by page, each with what the next one comes ``after``; they leave it
        after 90 days."""
        query = {"archived": "true", "limit": str(LIST_PAGE), "properties": "hs_object_id"}
        yield from self._pages(self._paths.objects(thing.place), query, shapes.Records, after)

    def read(self, thing: Thing, ids: Sequence[str], properties: Sequence[str]) -> Iterator[list[Record]]:
        """Those of some records that there are, batch by batch."""
        for start in range(0, len(ids), READ_BATCH):
            inputs = [{"id": id} for id in ids[start : start + READ_BATCH]]
            data = {"inputs": inputs, "properties": list(properties), "propertiesWithHistory": []}
            yield self._batch(thing, data)

    def histories(self, thing: Thing, ids: Sequence[str], property: str, properties: Sequence[str]) -> Iterator[Record]:
        """Records with all values that a property ever had, and today's values of others."""
        for start in range(0, len(ids), HISTORY_BATCH):
            data = {
                "inputs": [{"id": id} for id in ids[start : start + HISTORY_BATCH]],
                "properties": list(properties),
                "propertiesWithHistory": [property],
            }
            yield from self._batch(thing, data)

    def links(self, thing: Thing, to: str, ids: Sequence[str]) -> dict[str, list[Record]]:
        """The records of another object that each of some records is associated with."""
        found: dict[str, list[Record]] = {}
        for start in range(0, len(ids), LINK_BATCH):
            inputs: list[dict[str, str]] = [{"id": id} for id in ids[start : start + LINK_BATCH]]
            while inputs:
                path = self._paths.associations(thing.place, to)
                call = Call("POST", path, data={"inputs": inputs}, shape=shapes.Links)
                inputs = []
                for result in self._ask(call).data["results"]:
                    id = str(result["begin"]["id"])
                    found.setdefault(id, []).extend(result["to"])
                    if after := _next(result):
                        inputs.append({"id": id, "after": after})
        return found

    def properties(self, thing: Thing) -> list[Record]:
        """What the account says about the properties of an object."""
        return self._ask(Call("GET", self._paths.properties(thing.place), shape=shapes.Properties)).data["results"]

    def owners(self) -> Iterator[Record]:
        """All owners, those who have left too."""
        for archived in ("false", "true"):
            query = {"archived": archived, "limit": str(LIST_PAGE)}
            for page, _ in self._pages(self._paths.owners(), query, shapes.Owners):
                yield from page

    def pipelines(self, thing: Thing) -> list[Record]:
        """The pipelines of an object with their stages."""
        return self._ask(Call("GET", self._paths.pipelines(thing.place), shape=shapes.Pipelines)).data["results"]

    def schemas(self) -> list[Record]:
        """The objects that the account defined itself."""
        return self._ask(Call("GET", self._paths.schemas(), shape=shapes.Schemas)).data["results"]

    def _batch(self, thing: Thing, data: Any) -> list[Record]:
        call = Call("POST", self._paths.batch(thing.place), data=data, shape=shapes.Records)
        return self._ask(call).data["results"]

    def _pages(
        self, path: str, query: Mapping[str, str], of: Shape, after: str | None = None
    ) -> Iterator[tuple[list[Record], str | None]]:
        while True:
            asked = {**query, **({"after": after} if after else {})}
            answer = self._ask(Call("GET", path, asked, shape=of)).data
            after = _next(answer)
            yield answer["results"], after
            if after is None:
                return

    def _ask(self, call: Call) -> Answer:
        return self._transport.ask(call)
