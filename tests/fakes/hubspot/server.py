"""A HubSpot on loopback. It is strict about what it is asked, and misbehaves when it is told to."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tests.fakes.hubspot.account import OBJECTS, Account
from tests.fakes.hubspot.answers import Answers
from tests.fakes.hubspot.strict import Refused, query_of
from tests.fakes.unwell import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.fakes.unwell import Asked

DATED = r"(?P<version>20\d\d-0[39])"
ROUTES: dict[str, tuple[str, ...]] = {
    "list": (r"GET /crm/v3/objects/(?P<object>[\w-]+)", rf"GET /crm/objects/{DATED}/(?P<object>[\w-]+)"),
    "search": (
        r"POST /crm/v3/objects/(?P<object>[\w-]+)/search",
        rf"POST /crm/objects/{DATED}/(?P<object>[\w-]+)/search",
    ),
    "batch": (
        r"POST /crm/v3/objects/(?P<object>[\w-]+)/batch/read",
        rf"POST /crm/objects/{DATED}/(?P<object>[\w-]+)/batch/read",
    ),
    "links": (
        r"POST /crm/v4/associations/(?P<object>[\w-]+)/(?P<to>[\w-]+)/batch/read",
        rf"POST /crm/associations/{DATED}/(?P<object>[\w-]+)/(?P<to>[\w-]+)/batch/read",
    ),
    "properties": (r"GET /crm/v3/properties/(?P<object>[\w-]+)", rf"GET /crm/properties/{DATED}/(?P<object>[\w-]+)"),
    "pipelines": (r"GET /crm/v3/pipelines/(?P<object>[\w-]+)", rf"GET /crm/pipelines/{DATED}/(?P<object>[\w-]+)"),
    "owners": (r"GET /crm/v3/owners", rf"GET /crm/owners/{DATED}"),
    "schemas": (r"GET /crm-object-schemas/v3/schemas", rf"GET /crm-object-schemas/{DATED}/schemas"),
    "details": (r"GET /account-info/v3/details", rf"GET /account-info/{DATED}/details"),
    "token": (r"POST /oauth/v1/token", rf"POST /oauth/{DATED}/token"),
}  # fmt: skip
PEOPLE = "crm.objects.contacts.read"
NEEDED = {
    "contacts": {PEOPLE}, "companies": {"crm.objects.companies.read"}, "deals": {"crm.objects.deals.read"},
    "tickets": {"tickets"}, "leads": {"crm.objects.leads.read"}, "emails": {PEOPLE, "sales-email-read"},
    "calls": {PEOPLE}, "meetings": {PEOPLE}, "notes": {PEOPLE}, "tasks": {PEOPLE},
}  # fmt: skip
BAD: dict[str, tuple[int, dict[str, str], bytes]] = {
    "429": (429, {}, b'{"status": "error", "message": "slow down", "policyName": "TEN_SECONDLY_ROLLING"}'),
    "429 wait": (429, {"Retry-After": "0"}, b'{"status": "error", "policyName": "SECONDLY"}'),
    "429 long": (429, {"Retry-After": "250"}, b'{"status": "error", "policyName": "SECONDLY"}'),
    "429 day": (429, {}, b'{"status": "error", "message": "enough", "policyName": "DAILY"}'),
    "401": (401, {}, b'{"status": "error", "message": "expired", "category": "EXPIRED_AUTHENTICATION"}'),
    "500": (500, {}, b'{"status": "error", "message": "internal error"}'),
    "502": (502, {}, b"<html>Bad Gateway</html>"),
    "malformed": (200, {}, b'{"results": [{"id": "1", "properties": {'),
    "null": (200, {}, b"null"),
    "other": (200, {}, b'{"status": "error"}'),
    "odd": (200, {}, b'{"results": [{"id": "one", "properties": {"dealname": 5}}], "total": 1}'),
}
"""Answers that are no answers, by the names they are asked for."""


@dataclass(repr=False)
class HubSpot:
    """The server. ``trouble``: what is wrong with the next calls, in order, none for `well`; also `truncated` and
    `drip`. ``before``: what happens before a call is answered, with its route. ``asked``: how often each route was.
    ``ahead``: by how much the server's clock is fast."""

    account: Account
    url: str
    answers: Answers
    trouble: deque[str] = field(default_factory=deque[str])
    before: Callable[[str], None] | None = None
    asked: list[str] = field(default_factory=list[str])
    refresh_token: str = "na1-refresh-0000"
    client_secret: str = "5ecret-of-the-app"
    daily_left: int = 250_000
    ahead: timedelta = timedelta(0)

    def __repr__(self) -> str:
        return f"HubSpot({self.account})"

    def reply(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        """An answer as it is sent."""
        way = f"{asked.method} {asked.path}"
        status, data = self.answer(way, asked.query, asked.body, asked.headers["Authorization"])
        self.daily_left -= 1
        limits = {"Max": "100000", "Remaining": "99999", "Interval-Milliseconds": "10000"}
        limits |= {"Daily": "250000", "Daily-Remaining": str(self.daily_left)}
        told = {f"X-HubSpot-RateLimit-{name}": value for name, value in limits.items()}
        told["Date"] = format_datetime(datetime.now(UTC) + self.ahead, usegmt=True)
        return status, told, json.dumps(data).encode()

    def answer(self, call: str, query: str, body: bytes, token: str | None) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        try:
            route, found = self._route(call)
            self.asked.append(route)
            if self.before is not None:
                self.before(route)
            if route == "token":
                return 200, self._renew(body)
            if token != f"Bearer {self.account.token}":
                raise Refused(401, "the token is not known", category="INVALID_AUTHENTICATION")
            return 200, self._asked(route, found, parse_qs(query, keep_blank_values=True), body)
        except Refused as refused:
            return refused.status, refused.body

    def _route(self, call: str) -> tuple[str, dict[str, str]]:
        for name, patterns in ROUTES.items():
            for pattern in patterns:
                if match := re.fullmatch(pattern, call):
                    return name, match.groupdict()
        raise Refused(404, f"there is nothing at {call}")

    def _asked(self, route: str, found: dict[str, str], query: dict[str, list[str]], body: bytes) -> Any:
        answers, object = self.answers, found.get("object", "")
        if object:
            self._permit(object)
        if "to" in found:
            self._permit(found["to"])
        data = json.loads(body) if body else None
        match route:
            case "list":
                return answers.list(object, query)
            case "search":
                query_of(query, {})
                return answers.search(object, data)
            case "batch":
                return answers.batch(object, data, query)
            case "links":
                query_of(query, {})
                return answers.links(object, found["to"], data)
            case "properties":
                return answers.properties(object, query)
            case "pipelines":
                return answers.pipelines(object, query)
            case "owners":
                self._need({"crm.objects.owners.read"})
                return answers.owners(query)
            case "schemas":
                self._need({"crm.objects.custom.read"})
                return answers.schemas(query)
            case _:
                return answers.details(query)

    def _permit(self, object: str) -> None:
        if object not in self.account.records:
            raise Refused(404, f"there is no object {object}")
        self._need(NEEDED.get(object, {"crm.objects.custom.read"}))

    def _need(self, scopes: set[str]) -> None:
        if missing := sorted(scopes - self.account.scopes):
            detail = {"message": "scopes are missing", "context": {"requiredGranularScopes": missing}}
            raise Refused(
                403, "this app has not been granted all required scopes", category="MISSING_SCOPES", errors=[detail]
            )

    def _renew(self, body: bytes) -> Any:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        wanted = {"grant_type": "refresh_token", "client_id": "app", "client_secret": self.client_secret}
        if form != {**wanted, "refresh_token": self.refresh_token}:
            raise Refused(400, "this refresh token is not valid", category="BAD_REFRESH_TOKEN")
        self.account.token = f"oauth-token-{time.monotonic_ns()}"
        return {"access_token": self.account.token, "refresh_token": self.refresh_token, "expires_in": 1800}


@contextmanager
def hubspot(account: Account | None = None) -> Generator[HubSpot]:
    """The server while it runs."""
    held = account or Account()
    fake = HubSpot(held, "", Answers(held))
    with serving(fake.reply, fake.trouble, BAD) as fake.url:
        yield fake


assert NEEDED.keys() == set(OBJECTS)
