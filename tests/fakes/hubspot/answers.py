"""What HubSpot answers to each question that is asked rightly."""

from __future__ import annotations

import bisect
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.hubspot.account import written
from tests.fakes.hubspot.strict import Refused, batch_of, links_of, need, query_of, search_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.fakes.hubspot.account import Account, Record

    Query = Mapping[str, list[str]]

MADE = "2025-01-01T00:00:00.000Z"
BY_ID = {"propertyName": "hs_object_id", "direction": "ASCENDING"}
LIST = {
    "after": "text", "archived": "bool", "associations": "text", "limit": "int", "properties": "text",
    "propertiesWithHistory": "text",
}  # fmt: skip


class Answers:
    """Answers of one account. ``linked_at_once``: how many associations of a record are on a page."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.linked_at_once = 500

    def list(self, object: str, query: Query) -> Any:
        asked = query_of(query, LIST, 50 if "propertiesWithHistory" in query else 100)
        is_archived = asked.get("archived") == "true"
        last, most = int(asked.get("after", "0")), int(asked.get("limit", "10"))
        held = self.account.records[object]
        if is_archived:
            ids = sorted(id for id, record in held.items() if record.archived and id > last)
        else:
            live = self.account.live[object]
            ids = live[bisect.bisect_right(live, last) :][: most + 1]
        wanted = [name for name in asked.get("properties", "").split(",") if name]
        page = [self._shown(object, held[id], wanted) for id in ids[:most]]
        return _paged(page, page[-1]["id"] if len(ids) > most else None)

    def search(self, object: str, body: Any) -> Any:
        asked = search_of(body, self.account.properties[object])
        start, most = int(asked["after"]), asked["limit"]
        if asked["sorts"] == [BY_ID] and not self.account.lag and len(asked["filterGroups"]) == 1:
            filters = asked["filterGroups"][0]["filters"]
            if all(
                _asks(each, "hs_object_id", "GT") for each in filters
            ):  # one of a million takes no longer than of ten
                return self._behind(object, max(int(each["value"]) for each in filters), start, asked)
        found = [record for group in asked["filterGroups"] for record in self._matching(object, group["filters"])]
        if len(asked["filterGroups"]) > 1:
            found = list({record.id: record for record in found}.values())
        for sort in asked["sorts"]:
            found.sort(key=self._order(object, sort["propertyName"]), reverse=sort["direction"] == "DESCENDING")
        page = [self._shown(object, record, asked["properties"]) for record in found[start : start + most]]
        more = str(start + most) if len(found) > start + most else None
        return {"total": len(found), **_paged(page, more)}

    def _behind(self, object: str, last: int, start: int, asked: Mapping[str, Any]) -> Any:
        """The records whose ids follow one, in their order."""
        held, live = self.account.records[object], self.account.live[object]
        first, most = bisect.bisect_right(live, last), asked["limit"]
        ids = live[first + start : first + start + most]
        total = len(live) - first
        page = [self._shown(object, held[id], asked["properties"]) for id in ids]
        return {"total": total, **_paged(page, str(start + most) if total > start + most else None)}

    def batch(self, object: str, body: Any, query: Query) -> Any:
        asked = batch_of(body)
        archived = query_of(query, {"archived": "bool"}).get("archived") == "true"
        held = self.account.records[object]
        found = [held[int(each["id"])] for each in asked["inputs"] if int(each["id"]) in held]
        results: list[Any] = []
        for record in found:
            if bool(record.archived) == archived:
                shown = self._shown(object, record, asked["properties"])
                if asked["propertiesWithHistory"]:
                    shown["propertiesWithHistory"] = {
                        name: self._history(record, name) for name in asked["propertiesWithHistory"]
                    }
                results.append(shown)
        return {"status": "COMPLETE", "results": results, "startedAt": MADE, "completedAt": MADE}

    def links(self, of: str, to: str, body: Any) -> Any:
        results: list[Any] = []
        for each in links_of(body):
            linked = self.account.links.get((of, to), {}).get(int(each["id"]), [])
            start = int(each.get("after", "0"))
            page = linked[start : start + self.linked_at_once]
            if page:
                types = [{"category": "HUBSPOT_DEFINED", "typeId": 341, "label": None}]
                more = str(start + self.linked_at_once) if len(linked) > start + self.linked_at_once else None
                results.append(
                    {
                        "from": {"id": each["id"]},
                        "to": [
                            {
                                "toObjectId": str(id),
                                "associationTypes": [
                                    *types,
                                    *([self._labelled(label, of < to)] if label else []),
                                ],
                            }
                            for id, label in page
                        ],
                        **({"paging": {"next": {"after": more}}} if more else {}),
                    }
                )
        return {"status": "COMPLETE", "results": results, "startedAt": MADE, "completedAt": MADE}

    def _labelled(self, label: str, is_back: bool) -> dict[str, Any]:
        """A label has one number in one direction and another one in the other."""
        category = "HUBSPOT_DEFINED" if label == "Primary" else "USER_DEFINED"
        return {"category": category, "typeId": self.account.types.get(label, 28) + is_back, "label": label}

    def properties(self, object: str, query: Query) -> Any:
        query_of(query, {"archived": "bool", "dataSensitivity": "text", "locale": "text", "properties": "text"})
        return {"results": list(self.account.properties[object].values())}

    def owners(self, query: Query) -> Any:
        asked = query_of(query, {"after": "text", "archived": "bool", "email": "text", "limit": "int"}, 500)
        archived = asked.get("archived") == "true"
        found = [owner for owner in self.account.owners if owner["archived"] == archived]
        start, most = int(asked.get("after", "0")), int(asked.get("limit", "100"))
        more = str(start + most) if len(found) > start + most else None
        return _paged(found[start : start + most], more)

    def pipelines(self, object: str, query: Query) -> Any:
        query_of(query, {})
        stages = [
            {
                "id": id, "label": self.account.labels.get(id, id.title()), "displayOrder": place, "archived": False,
                "metadata": {"probability": likely, "isClosed": str(closed).lower()} if likely else {
                    "ticketState": "CLOSED" if closed else "OPEN", "isClosed": str(closed).lower()
                },
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT", "createdAt": MADE, "updatedAt": MADE,
            }
            for place, (id, (closed, likely)) in enumerate(self.account.stages.get(object, {}).items())
        ]  # fmt: skip
        results = [
            {
                "id": id, "label": label, "displayOrder": place, "archived": False, "stages": [] if place else stages,
                "createdAt": MADE, "updatedAt": MADE,
            }
            for place, (id, label) in enumerate(self.account.pipelines.get(object, {"default": "Theirs"}).items())
        ]  # fmt: skip
        return {"results": results}

    def schemas(self, query: Query) -> Any:
        allowed = ("includeAssociationDefinitions", "includeAuditMetadata", "includePropertyDefinitions", "archived")
        query_of(query, dict.fromkeys(allowed, "bool"))
        return {"results": self.account.schemas}

    def details(self, query: Query) -> Any:
        query_of(query, {})
        return {
            "portalId": self.account.number,
            "accountType": "STANDARD", "timeZone": "Europe/Berlin", "companyCurrency": "EUR",
            "additionalCurrencies": [], "utcOffset": "+01:00", "utcOffsetMilliseconds": 3600000,
            "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1",
        }  # fmt: skip

    def _matching(self, object: str, filters: list[dict[str, Any]]) -> Iterator[Record]:
        """What a search sees: nothing archived, nothing that it has not heard of yet."""
        after = max([int(each["value"]) for each in filters if _asks(each, "hs_object_id", "GT")], default=0)
        others = [each for each in filters if not _asks(each, "hs_object_id", "GT")]
        held, live, now = self.account.records[object], self.account.live[object], datetime.now(UTC)
        tests = [self._test(object, each) for each in others]
        for place in range(bisect.bisect_right(live, after), len(live)):
            record = held[live[place]]
            if (record.shown_from is None or record.shown_from <= now) and all(test(record) for test in tests):
                yield record

    def _test(self, object: str, asked: dict[str, Any]) -> Callable[[Record], bool]:
        name, operator, value = asked["propertyName"], asked["operator"], asked.get("value", "")
        type = self.account.properties[object][name]["type"]
        if operator == "HAS_PROPERTY":
            return lambda record: bool(self.account.held(object, record).get(name))
        if operator not in ("EQ", "GT", "GTE", "LT", "LTE"):
            raise Refused(501, f"this fake does not know {operator}")
        need(type not in ("datetime", "number") or value.lstrip("-").isdigit(), f"{value} is no number")
        wanted: Any = int(value) if type in ("datetime", "number") else value

        def test(record: Record) -> bool:
            if name == self.account.last_change(object):
                held: Any = round(record.changed.timestamp() * 1000)
            else:
                text = self.account.held(object, record).get(name, "")
                if not text:
                    return False
                held = text
                if type == "datetime":
                    held = round(datetime.fromisoformat(text).timestamp() * 1000)
                elif type == "number":
                    held = float(text)
            match operator:
                case "EQ":
                    return held == wanted
                case "GT":
                    return held > wanted
                case "GTE":
                    return held >= wanted
                case "LT":
                    return held < wanted
                case _:
                    return held <= wanted

        return test

    def _order(self, object: str, name: str) -> Callable[[Record], Any]:
        if name == "hs_object_id":
            return lambda record: record.id
        return lambda record: self.account.held(object, record).get(name, "")

    def _shown(self, object: str, record: Record, wanted: list[str]) -> dict[str, Any]:
        held = self.account.held(object, record)
        known = self.account.properties[object]
        always = ("hs_object_id", self.account.last_change(object), self.account.made_at(object))
        names = dict.fromkeys([*always, *(name for name in wanted if name in known)])  # unknown ones are passed over
        return {
            "id": str(record.id),
            "properties": {name: held.get(name) for name in names},
            "createdAt": written(record.made),
            "updatedAt": written(record.changed),
            "archived": record.archived is not None,
            **({"archivedAt": written(record.archived)} if record.archived else {}),
        }

    def _history(self, record: Record, name: str) -> list[dict[str, Any]]:
        return [
            {
                "value": entry.value,
                "timestamp": written(entry.at),
                "sourceType": entry.source,
                **({"updatedByUserId": entry.user, "sourceId": f"userId:{entry.user}"} if entry.user else {}),
            }
            for entry in reversed(record.history.get(name, []))
        ]


def _asks(each: dict[str, Any], name: str, operator: str) -> bool:
    return each["propertyName"] == name and each["operator"] == operator


def _paged(results: list[Any], after: str | None) -> dict[str, Any]:
    link = f"https://api.hubapi.com/elsewhere?after={after}"
    return {"results": results, **({"paging": {"next": {"after": after, "link": link}}} if after else {})}
