"""Connector `salesforce`: the objects of an org, the changes of their stages and owners, and the history it keeps.

What changed is read up to the moment at which a pull began, by Salesforce's own clock. What the app's user may not
read is offered as refused or withheld, with what to grant.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from aac.connectors.base import Context, Settings, Slice, Stream
from aac.connectors.row_files import RowFiles
from aac.connectors.salesforce.access import access_of
from aac.connectors.salesforce.changes import FOLLOWED, Changes, change_stream
from aac.connectors.salesforce.client import ABSENT, FORBIDDEN, SHOWN, Client, service_of
from aac.connectors.salesforce.fields import Field, fields_of
from aac.connectors.salesforce.objects import CURSORS, DELETED, ID, THINGS, further
from aac.connectors.salesforce.records import Records, history_stream, record_stream
from aac.connectors.salesforce.settings import SalesforceSettings
from aac.connectors.salesforce.walking import Times, Walk, Wanted
from aac.connectors.transport import RefusedError, Transport, recording_to
from aac.errors import SourceError
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from aac.connectors.base import Connector, Message
    from aac.connectors.salesforce.changes import Followed
    from aac.connectors.salesforce.objects import Thing

USAGE = "sforce-limit-info"


@record
class Seen:
    """An object that may be read: its ``fields`` by name, its ``cursor``, and whether it ``is_told`` what was deleted
    of it."""

    thing: Thing
    fields: Mapping[str, Field]
    cursor: str
    is_told: bool


class SalesforceConnector:
    """Streams: `Opportunity`, `opportunity_stage_changes`, `User`, … (docs/how-to/connect-salesforce.md)."""

    name: ClassVar[str] = "salesforce"
    settings: ClassVar[type[Settings]] = SalesforceSettings

    def __init__(self, settings: SalesforceSettings, context: Context) -> None:
        self._settings = settings
        self._folder = context.folder
        self._bulk_above = settings.bulk_above if context.record is None else None  # a recording holds pages only
        self._transport = Transport(
            service_of(settings), access_of(settings), settings.max_calls, recording_to(context.record, SHOWN)
        )
        self._client = Client(self._transport, settings.api_version)
        self._now: datetime | None = None
        self._org = ""
        self._seen: dict[str, Seen] = {}
        self._tracked: dict[str, set[str] | None] = {}

    def check(self) -> None:
        """Asks for the org, and takes the time from the answer: this pull is as of then."""
        self._org, self._now = self._client.org()

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are. Those of objects that may not be read are refused."""
        self._refuse_unknown()
        streams = {thing.name: self._offered(thing) for thing in self._things()}
        for followed in FOLLOWED:
            refused = streams[followed.thing.name].refused or streams[followed.history].refused
            if refused is None and followed.field not in self._seen[followed.thing.name].fields:
                refused = _missing(followed.field, followed.thing.name)
            streams[followed.stream] = replace(change_stream(followed), refused=refused)
        return tuple(streams[name] for name in sorted(streams))

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """One: from the end of the last pull on, or on from where it was stopped. Raises SourceError when what was read
        before is of another org."""
        before = (state or {}).get("org")
        if before is not None and before != self._org:
            raise SourceError(
                f"this app is of the org {self._org}, and what was pulled before is of {before}: give the source "
                "another name, or remove what was pulled of it from `.aac/raw`"
            )
        return (Slice(stream.name, dict(state or {})),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The messages of a stream."""
        followed = next((each for each in FOLLOWED if each.stream == stream.name), None)
        if followed is not None:
            yield from self._changes(followed, stream, part)
            return
        seen = self._seen[stream.name]
        deleted = (DELETED,) if DELETED in seen.fields and DELETED not in stream.columns else ()
        wanted = Wanted(
            seen.thing.name, (*stream.columns, *deleted), seen.cursor, seen.thing.is_history, self._bulk_above
        )
        gone = (ID, seen.cursor)
        files = RowFiles(self._folder, stream.name, {"upsert": stream.columns, "delete": gone, "keys": stream.key})
        records = Records(self._client, wanted, stream.columns, stream.types, seen.is_told)
        with closing(files):
            yield from records.read(self._walk(wanted, part), files)

    def limits(self) -> str:
        """What is left of the day's calls, as far as answers tell."""
        said = self._transport.told_limits.get(USAGE, "").partition("api-usage=")[2].partition(";")[0]
        used, _, most = said.split(",")[0].strip().partition("/")
        if not (used.isdecimal() and most.isdecimal()):
            return f"{self._transport.calls} calls made; Salesforce does not say how many are left"
        return f"{int(most) - int(used):,} of {int(most):,} calls are left of 24 hours"

    # What there is

    def _things(self) -> tuple[Thing, ...]:
        known = {thing.name.casefold() for thing in THINGS}
        asked = {name.casefold(): name for name in self._settings.objects}
        return (*THINGS, *(further(name) for key, name in sorted(asked.items()) if key not in known))

    def _refuse_unknown(self) -> None:
        known = {thing.name for thing in self._things()}
        for object in self._settings.fields:
            if object not in known:
                near = did_you_mean(object, known) or "name it in `objects` too"
                raise SourceError(f"`fields` in aac.toml names the object `{object}`, which is not read: {near}")
        own = {thing.name for thing in self._things()} - {thing.name for thing in THINGS}
        names = self._client.names() if own else []
        for name in sorted(own - set(names)):
            near = did_you_mean(name, names) or "correct `objects` in aac.toml, or let the app's user read it"
            raise SourceError(f"there is no object `{name}` that may be read: {near}")

    def _offered(self, thing: Thing) -> Stream:
        """The stream of an object."""
        try:
            told = self._client.describe(thing.name)
        except RefusedError as error:
            if error.status not in (ABSENT, FORBIDDEN):
                raise
            return Stream(thing.name, thing.usual, refused=_advice(thing))
        fields = fields_of(told)
        cursor = next((name for name in CURSORS if name in fields), None)
        if not told.get("queryable", True) or ID not in fields or cursor is None:
            return Stream(thing.name, thing.usual, refused=_advice(thing))
        self._seen[thing.name] = Seen(thing, fields, cursor, bool(told.get("replicateable")) and DELETED in fields)
        read = self._read(self._seen[thing.name])
        stream = (
            history_stream(thing.name, read)
            if thing.is_history
            else record_stream(thing.name, read, cursor, self._seen[thing.name].is_told)
        )
        absent = (name for name in thing.usual if name not in fields)
        return replace(stream, withheld={name: _missing(name, thing.name) for name in absent})

    def _read(self, seen: Seen) -> list[Field]:
        """The fields that are read: the usual ones, the org's own, and those that the settings name."""
        name, fields = seen.thing.name, seen.fields
        asked = self._settings.fields.get(name, ())
        for field in asked:
            if field not in fields:
                near = did_you_mean(field, fields) or "correct `fields` in aac.toml, or let the app's user read it"
                raise SourceError(f"`{name}` has no field `{field}` that may be read: {near}")
        ours = {*seen.thing.usual, *seen.thing.maybe, *asked, seen.cursor, DELETED}
        if name.endswith("__c") or (seen.thing.is_history and seen.thing not in THINGS):
            ours |= fields.keys()
        return [field for field in fields.values() if field.own or field.name in ours]

    # Reading it

    def _walk(self, wanted: Wanted, part: Slice) -> Walk:
        assert self._now is not None, "check() comes first"
        times = Times(self._now, self._settings.overlap_time, self._settings.sweep_time)
        return Walk(self._client, wanted, self._org, part.bounds, times)

    def _changes(self, followed: Followed, stream: Stream, part: Slice) -> Iterator[Message]:
        files = RowFiles(self._folder, stream.name, {"upsert": stream.columns})
        changes = Changes(self._client, followed, self._is_tracked(followed))
        with closing(files):
            yield from changes.read(self._walk(followed.wanted, part), files)

    def _is_tracked(self, followed: Followed) -> bool | None:
        """Whether the org keeps the history of a field; null when it does not say so."""
        if not followed.entries:
            return True
        object = followed.thing.name
        if object not in self._tracked:
            self._tracked[object] = self._client.tracked(object)
        tracked = self._tracked[object]
        return followed.field in tracked if tracked is not None else None


def _advice(thing: Thing) -> str:
    track = ", and let the org track its fields" if thing.is_history and thing.usual else ""
    return f"give the app's user the right to read `{thing.name}` (*View All Records*, in a permission set){track}"


def _missing(field: str, object: str) -> str:
    return f"give the app's user the right to read `{field}` of `{object}` (field-level security, in a permission set)"


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [SalesforceConnector]
