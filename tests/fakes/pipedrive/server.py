"""A Pipedrive on loopback. It is strict about what it is asked, and misbehaves when it is told to."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tests.fakes.pipedrive.account import Account, old
from tests.fakes.pipedrive.strict import (
    ASKED,
    COSTS,
    QUERIES,
    SCOPES,
    Refused,
    cursor_of,
    moment_of,
    need,
    place_of,
    query_of,
)
from tests.fakes.unwell import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.fakes.unwell import Asked

BAD: dict[str, tuple[int, dict[str, str], bytes]] = {
    "429": (429, {}, b'{"success": false, "error": "request over limit", "errorCode": 429}'),
    "429 wait": (429, {"Retry-After": "0"}, b'{"success": false, "error": "request over limit"}'),
    "401": (401, {}, b'{"success": false, "error": "unauthorized access", "errorCode": 401}'),
    "500": (500, {}, b'{"success": false, "error": "internal error"}'),
    "502": (502, {}, b"<html>Bad Gateway</html>"),
    "malformed": (200, {}, b'{"success": true, "data": [{"id": 1, '),
}
"""Answers that are no answers, by the names they are asked for."""
ITEMS = {"person": "persons", "organization": "organizations", "activity": "activities", "deal": "deals"}


@dataclass
class Pipedrive:
    """The server. ``trouble``: what is wrong with the next calls, in order, none for `well`; also `truncated` and
    `drip`. ``bent``: what becomes of good answers, by their addresses. ``asked``: the addresses so far, in order.
    ``tokens``: what is left of the day's budget."""

    account: Account
    url: str
    trouble: deque[str] = field(default_factory=deque[str])
    before: Callable[[str], None] | None = None
    bent: dict[str, Callable[[Any], Any]] = field(default_factory=dict[str, "Callable[[Any], Any]"])
    asked: list[str] = field(default_factory=list[str])
    budget: int = 10_000_000
    tokens: int = 10_000_000
    bearer: str = "v1u:an-access-token-of-an-app"
    app: tuple[str, str] = ("an-id", "a-secret-of-an-app")
    refresh: str = "1:2:a-refresh-token"

    def reply(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        """An answer as it is sent."""
        if (asked.method, asked.path) == ("POST", "/oauth/token"):
            status, data = self._token(asked.body, asked.headers)
        else:
            status, data = self._answer(asked.path, asked.query, asked.headers)
        limits = {
            "x-ratelimit-limit": "100000", "x-ratelimit-remaining": "99999", "x-ratelimit-reset": "2",
            "x-daily-ratelimit-token-limit": str(self.budget),
            "x-daily-ratelimit-token-remaining": str(self.tokens),
        }  # fmt: skip
        return status, limits, json.dumps(data).encode()

    def _answer(self, path: str, query: str, headers: Any) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        try:
            route = re.sub(r"/\d+/", "/{id}/", path)
            if route not in QUERIES:
                raise Refused(404, f"there is nothing at {path}")
            self.asked.append(route)
            if self.before is not None:
                self.before(route)
            self._permit(route, headers)
            if self.tokens < COSTS[route]:
                raise Refused(429, "the daily budget of tokens is used up")
            self.tokens -= COSTS[route]
            given = query_of(route, parse_qs(query, keep_blank_values=True))
            return 200, self.bent.get(route, _as_it_is)({"success": True, **self._asked(route, path, given)})
        except Refused as refused:
            return refused.status, refused.body

    def _token(self, body: bytes, headers: Any) -> tuple[int, Any]:
        """Another token for an app that is known."""
        known = base64.b64encode(":".join(self.app).encode()).decode()
        form = parse_qs(body.decode(), keep_blank_values=True)
        right = {"grant_type": ["refresh_token"], "refresh_token": [self.refresh]}
        if headers["Authorization"] != f"Basic {known}" or form != right:
            return 400, {"success": False, "error": "invalid_grant", "message": "Invalid grant"}
        self.bearer = f"v1u:{secrets.token_urlsafe(30)}"
        more = {"token_type": "bearer", "expires_in": 3600, "scope": "base", "refresh_token": self.refresh}
        return 200, {"access_token": self.bearer, **more}

    def _permit(self, route: str, headers: Any) -> None:
        if headers["Authorization"] == f"Bearer {self.bearer}":
            if not SCOPES[route] & self.account.scopes:
                raise Refused(403, "Scope and URL mismatch")
        elif headers["x-api-token"] != self.account.token:
            raise Refused(401, "unauthorized access")

    def _asked(self, route: str, path: str, given: dict[str, str]) -> dict[str, Any]:
        account = self.account
        match route.split("/")[1:]:
            case ["api", "v2", "deals", *archived]:
                return self._records("deals", given, bool(archived))
            case ["api", "v2", name] if name.endswith("Fields"):
                return _paged(self._fields({"deal": "deals"}.get(name[:-6], f"{name[:-6]}s"), name), given)
            case ["api", "v2", ("pipelines" | "stages") as name]:
                return _paged(account.pipelines if name == "pipelines" else account.stages, given)
            case ["api", "v2", object]:
                return self._records(object, given)
            case ["v1", "users", *me]:
                mine = {"id": 1, "name": "Ada", "company_id": 1, "company_name": "Larkspur"}
                return {"data": mine if me else account.users}
            case ["v1", "leads", *archived]:
                return self._leads(given, bool(archived))
            case ["v1", "recents"]:
                return self._recents(given)
            case _:
                return self._changelog(int(path.split("/")[3]), given)

    def _records(self, object: str, given: dict[str, str], archived: bool = False) -> dict[str, Any]:
        """A list; of deals those that are not archived, or those that are."""
        account, wanted = self.account, set(given["status"].split(",")) if "status" in given else None
        found: list[dict[str, Any]] = []
        since = moment_of(given["updated_since"]) if "updated_since" in given else None
        until = moment_of(given["updated_until"]) if "updated_until" in given else None
        for record in list(account.records[object].values()):
            if (since and record.changed.replace(microsecond=0) < since) or (until and record.changed >= until):
                continue
            if record.deleted and (wanted is None or "deleted" not in wanted or account.forgotten(record)):
                continue
            shown = account.shown(object, record)
            for name in ASKED.get(object, ()):
                if name not in given.get("include_fields", "").split(","):
                    del shown[name]
            if object == "deals" and (shown["is_archived"] != archived or (wanted and shown["status"] not in wanted)):
                continue
            found.append(shown)
        return _paged(found, given)

    def _fields(self, object: str, name: str) -> list[dict[str, Any]]:
        need(object in self.account.fields, f"there is no {name}")
        common = {"description": "", "subfields": None, "is_optional_response_field": False}
        builtin = {"field_name": "Title", "field_code": "title", "field_type": "varchar", "options": None}
        own = [
            {"field_name": each["name"], "field_code": code, "field_type": each["type"], "options": each["options"],
             "is_custom_field": True, **common}
            for code, each in self.account.fields[object].items()
        ]  # fmt: skip
        return [{"id": n, **each} for n, each in enumerate([{**builtin, "is_custom_field": False, **common}, *own])]

    def _leads(self, given: dict[str, str], archived: bool) -> dict[str, Any]:
        need(given.get("sort", "id ASC") == "id ASC", "this server sorts leads by id only")
        found = [lead for _, lead in sorted(self.account.leads.items()) if lead["is_archived"] == archived]
        return _counted(found, given, "")

    def _recents(self, given: dict[str, str]) -> dict[str, Any]:
        """What changed since then; what was deleted has no data any more."""
        since, found = moment_of(given["since_timestamp"]), list[dict[str, Any]]()
        for item in given["items"].split(","):
            for record in self.account.records.get(ITEMS.get(item, ""), {}).values():
                at = (record.deleted or record.changed).replace(microsecond=0)
                if at < since or self.account.forgotten(record):
                    continue
                times = {"add_time": old(record.made), "update_time": old(record.changed), "active_flag": True}
                data = None if record.deleted else {"id": record.id, **times}
                found.append({"item": item, "id": record.id, "data": data})
        return _counted(found, given)

    def _changelog(self, deal: int, given: dict[str, str]) -> dict[str, Any]:
        record = self.account.records["deals"].get(deal)
        if record is None or record.deleted is not None:
            raise Refused(404, "Deal not found")
        entries = sorted(self.account.log.get(deal, []), key=lambda entry: entry.at)
        shown = [
            {"id": -number, "field_key": entry.key, "old_value": _plain(entry.old), "new_value": _plain(entry.new),
             "actor_user_id": entry.user, "time": old(entry.at), "change_source": "app", "is_bulk_update_flag": False}
            for number, entry in enumerate(entries)
        ]  # fmt: skip
        return _paged(shown, given)


def _as_it_is(answer: Any) -> Any:
    return answer


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _paged(found: list[dict[str, Any]], given: dict[str, str]) -> dict[str, Any]:
    """A page of version 2: records behind the cursor."""
    name, back = given.get("sort_by", "id"), given.get("sort_direction") == "desc"

    def place(record: dict[str, Any]) -> list[Any]:
        return [record[name], record["id"]]

    ordered = sorted(found, key=place, reverse=back)
    if "cursor" in given:
        after = place_of(given["cursor"])
        ordered = [each for each in ordered if (place(each) < after if back else place(each) > after)]
    limit = int(given.get("limit", 100))
    page = ordered[:limit]
    more = cursor_of(place(page[-1])) if len(ordered) > limit else None
    return {"data": page, "additional_data": {"next_cursor": more}}


def _counted(found: list[dict[str, Any]], given: dict[str, str], where: str = "pagination") -> dict[str, Any]:
    """A page of version 1: so many records from a place on. ``where`` the answer tells the page: of leads, beside."""
    start, limit = int(given.get("start", 0)), int(given.get("limit", 100))
    more = len(found) > start + limit
    paging = {"start": start, "limit": limit, "more_items_in_collection": more}
    return {"data": found[start : start + limit] or None, "additional_data": {where: paging} if where else paging}


@contextmanager
def pipedrive(account: Account | None = None) -> Generator[Pipedrive]:
    """The server while it runs."""
    fake = Pipedrive(account or Account(), "")
    with serving(fake.reply, fake.trouble, BAD) as fake.url:
        yield fake
