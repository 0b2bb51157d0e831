"""What Pipedrive can be asked, and what it answers: a method for each question, plain records out.

Read in Pipedrive's OpenAPI documents of versions 1 and 2 (api-evangelist/pipedrive at eb3f5e2, August 2026). Version 1
is asked for what 2 does not have: users, leads, recent changes and the changelog of a deal.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from aac.connectors.limits import Rate
from aac.connectors.pipedrive import shapes
from aac.connectors.redacting import Shown
from aac.connectors.transport import Call, RefusedError, Service
from aac.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from aac.connectors.pipedrive.settings import PipedriveSettings
    from aac.connectors.transport import Transport

    Record = Mapping[str, Any]

HOSTS = frozenset({"oauth.pipedrive.com"})
PAGE = 500
"""The most records of a page."""
MOST_BACKWARDS = 50
"""How often a page of leads is read again in one list because leads came or went meanwhile."""
WINDOW_SECONDS = 2
"""For how long the number of calls holds that Pipedrive tells with each answer."""
FIRST_RATE = Rate(20, WINDOW_SECONDS)
"""What the smallest plan may do; the first answer says what this account may."""
REFUSED, FORBIDDEN, MISSING = 400, 403, 404
DEAREST = 40
"""Tokens that the dearest call takes: a day on which fewer are left is over when a call is refused."""
NOTHING: Mapping[str, str] = MappingProxyType({})
SHOWN = Shown(
    keys=frozenset(
        {
            "id", "lead_id", "source_lead_id", "item", "status", "currency", "type", "field_key", "field_code",
            "field_type", "change_source", "origin", "source_name", "next_cursor", "timezone_name", "duration",
            "due_time",
        }
    ),
    named=frozenset({"stage_id", "owner_id", "user_id", "status"}),
    values=frozenset({"old_value", "new_value"}),
)  # fmt: skip
"""What a recording shows: ids, and words of Pipedrive's own; no name, address or text of anybody."""


class Limits:
    """What Pipedrive's answers tell about how much more may be asked. ``left`` of the day's ``budget`` of tokens."""

    def __init__(self) -> None:
        self.budget: int | None = None
        self.left: int | None = None

    def rate(self, kind: str, headers: Mapping[str, str]) -> Rate | None:
        """The calls within the next seconds; what is left of the day is kept."""
        del kind
        self.budget = _number(headers, "x-daily-ratelimit-token-limit") or self.budget
        left = _number(headers, "x-daily-ratelimit-token-remaining")
        self.left = left if left is not None else self.left
        most, remaining = _number(headers, "x-ratelimit-limit"), _number(headers, "x-ratelimit-remaining")
        return Rate(most, WINDOW_SECONDS, remaining) if most is not None and remaining is not None else None

    def is_over(self, answer: Any) -> bool:
        """Whether a refusal is for the rest of the day."""
        del answer
        return self.left is not None and self.left < DEAREST


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isdecimal() else None


def service_of(settings: PipedriveSettings, limits: Limits) -> Service:
    """Pipedrive for the transport."""
    rates = {"general": FIRST_RATE}
    return Service(
        "Pipedrive", "pipedrive", settings.url, HOSTS | {settings.host}, rates, limits.rate, limits.is_over, told
    )


def told(answer: Any) -> str:
    """What a refusal says."""
    held = _held(answer)
    return " ".join(str(held[name]) for name in ("error", "error_info") if held.get(name))


def _held(value: Any) -> Record:
    return cast("Record", value) if isinstance(value, dict) else {}


class Client:
    """Asks one account."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def me(self) -> tuple[Record, datetime]:
        """The user whose token it is, and the server's own time."""
        answer = self._transport.ask(Call("GET", "/v1/users/me", shape=shapes.Me))
        if answer.at is None:
            raise SourceError("Pipedrive does not say what time it is, so nothing can be read up to a moment")
        return answer.data["data"], answer.at

    def page(
        self, path: str, limit: int = PAGE, cursor: str | None = None, more: Mapping[str, str] = NOTHING
    ) -> tuple[Sequence[Record], str | None]:
        """A page of a list of version 2, or of a deal's changelog, and the cursor of the next one if there is one.
        Raises SourceError when that is the page itself."""
        query = {"limit": str(limit), **more, **({"cursor": cursor} if cursor else {})}
        call = Call("GET", path, query, shape=shapes.LISTS.get(path, shapes.CHANGELOG))
        answer: Record = self._transport.ask(call).data
        after: str | None = _held(answer.get("additional_data")).get("next_cursor")
        if after and after == cursor:
            raise SourceError(f"Pipedrive gives the same page of {path} again and again: run `aac pull` again later")
        return answer["data"], after or None

    def all(self, path: str, **more: str) -> Iterator[Record]:
        """All records of a list of version 2, or of a deal's changelog."""
        cursor: str | None = None
        while True:
            records, cursor = self.page(path, cursor=cursor, more=more)
            yield from records
            if cursor is None:
                return

    def old(self, path: str, **more: str) -> Iterator[Record]:
        """All records of a list of version 1, which counts from where a page begins."""
        start, has_more = 0, True
        while has_more:
            records, has_more = self._counted(path, start, more)
            yield from records
            start += len(records)

    def all_leads(self, path: str) -> Iterator[Record]:
        """All of a list of leads, some of them twice.

        A page begins with the last lead of the one before. Where it does not, leads before it are gone or are new since
        then, and the page before is read again, so that none is passed over. Raises SourceError when that never ends.
        """
        start, last, backwards, has_more = 0, None, 0, True
        while has_more:
            records, has_more = self._counted(path, start, {"sort": "id ASC"})
            if last is not None and (not records or records[0]["id"] != last):
                start, last, backwards, has_more = max(0, start - PAGE), None, backwards + 1, True
                if backwards > MOST_BACKWARDS:
                    raise SourceError("Pipedrive lists leads in another order each time: run `aac pull` again later")
                continue
            yield from records
            start, last = start + len(records) - 1, records[-1]["id"] if records else None

    def _counted(self, path: str, start: int, more: Mapping[str, str]) -> tuple[Sequence[Record], bool]:
        """A page of a list of version 1, and whether there are more."""
        query = {"start": str(start), "limit": str(PAGE), **more}
        answer: Record = self._transport.ask(Call("GET", path, query, shape=shapes.LISTS[path])).data
        records: Sequence[Record] = answer["data"] or ()
        told = _held(answer.get("additional_data"))  # of leads the page is told here, of others in `pagination`
        more_items = _held(told.get("pagination", told)).get("more_items_in_collection", len(records) == PAGE)
        return records, bool(records and more_items)

    def users(self) -> Sequence[Record]:
        """All users, those who have left too."""
        return self._transport.ask(Call("GET", "/v1/users", shape=shapes.Users)).data["data"]

    def changelog(self, deal: str) -> list[Record] | None:
        """What was changed of a deal, the newest first; nothing of one that was deleted meanwhile."""
        try:
            return list(self.all(f"/v1/deals/{deal}/changelog"))
        except RefusedError as error:
            if error.status != MISSING:
                raise
            return None

    def deleted(self, path: str) -> Iterator[str]:
        """The deals that were deleted within 30 days."""
        for record in self.all(path, status="deleted"):
            yield str(record["id"])

    def gone(self, item: str, since: datetime) -> Iterator[str]:
        """The records of another object that were deleted since then: they have no data any more."""
        moment = f"{since:%Y-%m-%d %H:%M:%S}"
        for record in self.old("/v1/recents", since_timestamp=moment, items=item):
            data: Record | None = record.get("data")
            if data is None or data.get("active_flag") is False:
                yield str(record["id"])
