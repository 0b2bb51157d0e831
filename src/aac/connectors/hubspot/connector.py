"""Connector `hubspot`: the objects of an account, the changes of their stages, owners and amounts, and who owns what.

Everything is as of the moment at which a pull began, by HubSpot's own clock. What a token may not read is offered as
refused, with the scope that it needs.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from aac.connectors.base import Checkpoint, Context, Files, Settings, Slice, Stream
from aac.connectors.hubspot import wholes
from aac.connectors.hubspot.access import access_of
from aac.connectors.hubspot.changes import Changes, change_stream, stage_moments
from aac.connectors.hubspot.client import ABSENT, FORBIDDEN, SHOWN, Client, scopes_of, service_of
from aac.connectors.hubspot.objects import CUSTOM_SCOPE, MERGED, OWNERS_SCOPE, PIPED, PIPED_BY, STANDARD, custom
from aac.connectors.hubspot.pairs import Pairs, pair_stream
from aac.connectors.hubspot.records import Records, column_of, record_stream
from aac.connectors.hubspot.settings import HubspotSettings
from aac.connectors.hubspot.values import type_of
from aac.connectors.hubspot.walking import Times, Walk
from aac.connectors.row_files import RowFiles
from aac.connectors.transport import RefusedError, Transport, recording_to
from aac.errors import SourceError
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from aac.connectors.base import Connector, Message
    from aac.connectors.hubspot.client import Record
    from aac.connectors.hubspot.objects import Thing

CUSTOM = "custom_objects"
"""What all objects of the account's own are called when the token may not even see which there are."""
OBJECTS = "objects"
"""In the state of the stream of pipelines: whose were read."""


@record
class Found:
    """An object that may be read: its properties by name, and the columns that name records of other objects."""

    thing: Thing
    properties: Mapping[str, Record]
    links: tuple[tuple[Thing, str], ...]


class HubspotConnector:
    """Streams: `deals`, `deals_stage_changes`, `owners`, … (docs/how-to/connect-hubspot.md)."""

    name: ClassVar[str] = "hubspot"
    settings: ClassVar[type[Settings]] = HubspotSettings

    def __init__(self, settings: HubspotSettings, context: Context) -> None:
        self._settings = settings
        self._folder = context.folder
        self._transport = Transport(
            service_of(settings), access_of(settings), settings.max_calls, recording_to(context.record, SHOWN)
        )
        self._client = Client(self._transport, settings.api_version)
        self._now: datetime | None = None
        self._account: Record = {}
        self._found: dict[str, Found] = {}
        self._changes: dict[str, tuple[Found, str]] = {}
        self._pairs: dict[str, tuple[Found, Thing, str]] = {}
        self._refused: dict[str, str] = {}
        self._pipelines: dict[str, list[Record]] = {}
        self._owners: Mapping[str, str] | None = None
        self._asking_owners = Lock()

    def check(self) -> None:
        """Asks for the account, and takes the time from the answer: this pull is as of then."""
        self._account, self._now = self._client.account()

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are. Those of objects that the token may not read are refused."""
        streams: list[Stream] = []
        try:
            things = (*STANDARD, *self._custom())
        except RefusedError as error:  # nobody knows what they are called
            things = STANDARD
            streams.append(Stream(CUSTOM, (), refused=_advice(error, (CUSTOM_SCOPE,))))
        for thing in things:
            streams += self._offered(thing)
        for thing in things:
            streams += self._paired(thing)
        streams.append(self._guarded(wholes.OWNERS, (OWNERS_SCOPE,), lambda: next(self._client.owners(), None)))
        if self._pipelines:
            streams.append(wholes.PIPELINES)
        self._refuse_unknown()
        return tuple(sorted(streams, key=lambda stream: stream.name))

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """One: from the end of the last pull on, or on from where it was stopped. Raises SourceError when what was read
        before is of another account."""
        for object in (state or {}).get(OBJECTS, ()):
            if object in self._refused:  # its pipelines would look deleted
                raise SourceError(f"`{stream.name}` may not all be read any more: {self._refused[object]}")
        before, account = (state or {}).get("account"), self._account.get("portalId")
        if before is not None and before != account:
            raise SourceError(
                f"this token is of the account {account}, and what was pulled before is of {before}: give the source "
                "another name, or remove what was pulled of it from `.aac/raw`"
            )
        return (Slice(stream.name, dict(state or {})),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The messages of a stream."""
        try:
            yield from self._read_stream(stream, part)
        except RefusedError as error:
            changes, pairs = self._changes.get(stream.name), self._pairs.get(stream.name)
            found = self._found.get(stream.name) or (changes or pairs or (None,))[0]
            advice = _advice(error, found.thing.scopes if found is not None else (OWNERS_SCOPE,))
            raise SourceError(f"`{stream.name}` may not be read any more: {advice}") from error

    def _read_stream(self, stream: Stream, part: Slice) -> Iterator[Message]:
        if stream.name in self._found:
            yield from self._records(self._found[stream.name], stream, part)
        elif stream.name in self._changes:
            yield from self._moves(*self._changes[stream.name], stream, part)
        elif stream.name in self._pairs:
            yield from self._belonging(*self._pairs[stream.name], stream, part)
        else:
            path = self._written(stream.name, self._whole(stream.name))
            yield Files((path,), "json", stream.columns)
            is_of_all = stream.name == wholes.PIPELINES.name
            yield Checkpoint({OBJECTS: sorted(self._pipelines)} if is_of_all else {}, complete=True)

    def limits(self) -> str:
        """What is left of the day's calls, as far as answers tell."""
        told = {name.removeprefix("x-hubspot-ratelimit-"): value for name, value in self._transport.told_limits.items()}
        most, left = told.get("daily", ""), told.get("daily-remaining", "")
        zone = self._account.get("timeZone", "the account's zone")
        if not (most.isdecimal() and left.isdecimal()):
            return f"{self._transport.calls} calls made; HubSpot does not say how many are left today"
        return f"{int(left):,} of {int(most):,} calls are left until midnight in {zone}"

    # What there is

    def _custom(self) -> list[Thing]:
        try:
            schemas = self._client.schemas()
        except RefusedError as error:
            if error.status == ABSENT:
                return []  # accounts of this kind have none
            raise
        known = {wholes.OWNERS.name, wholes.PIPELINES.name}
        for thing in STANDARD:
            known |= {thing.name, f"{thing.name}_stages", *thing.changes(), *thing.pairs()}
        names = {schema["objectTypeId"]: str(schema["name"]).casefold() for schema in schemas}
        return [custom(f"custom_{name}" if name in known else name, id) for id, name in sorted(names.items())]

    def _offered(self, thing: Thing) -> list[Stream]:
        """The streams of an object; none if accounts of this kind do not have it."""
        try:
            self._client.may_read(thing)
            listed = self._client.properties(thing)
            if thing.name in PIPED or (thing.id and PIPED_BY in {each["name"] for each in listed}):
                self._pipelines[thing.name] = self._client.pipelines(thing)
        except RefusedError as error:
            if error.status == ABSENT:
                return []
            self._refused[thing.name] = advice = _advice(error, thing.scopes)
            streams = [record_stream(thing, {}, ()), *(change_stream(name, "text") for name in thing.changes())]
            streams += [wholes.stage_stream(thing.name)] if thing.name in PIPED else []
            return [replace(stream, refused=advice) for stream in streams]
        properties = {str(each["name"]): each for each in listed if not each.get("archived")}
        links = tuple((self._found[to].thing, column) for to, column in thing.linked if to in self._found)
        found = Found(thing, properties, links)
        self._found[thing.name] = found
        types = {name: str(properties[name]["type"]) for name in self._read(found)}
        streams = [record_stream(thing, types, [column for _, column in links])]
        for name, property in thing.changes().items():
            if property in properties:
                self._changes[name] = (found, property)
                streams.append(change_stream(name, type_of(str(properties[property]["type"]))))
        if thing.name in self._pipelines:
            streams.append(wholes.stage_stream(thing.name))
        return streams

    def _paired(self, thing: Thing) -> list[Stream]:
        """The streams of the pairs that records of an object belong to; none with objects that there are not."""
        streams: list[Stream] = []
        for name, (to, column) in thing.pairs().items():
            refused = self._refused.get(thing.name) or self._refused.get(to)
            if refused is not None:
                streams.append(replace(pair_stream(name, column), refused=refused))
            elif thing.name in self._found and to in self._found:
                self._pairs[name] = (self._found[thing.name], self._found[to].thing, column)
                streams.append(pair_stream(name, column))
        return streams

    def _guarded(self, stream: Stream, scopes: tuple[str, ...], ask: Any) -> Stream:
        try:
            ask()
        except RefusedError as error:
            return replace(stream, refused=_advice(error, scopes))
        return stream

    def _read(self, found: Found) -> list[str]:
        """The properties that are read: the usual ones, the account's own, and those that the settings name."""
        asked = self._settings.properties.get(found.thing.name, ())
        for name in asked:
            if name not in found.properties:
                near = did_you_mean(name, found.properties) or "correct `properties` in aac.toml"
                raise SourceError(f"`{found.thing.name}` has no property `{name}`: {near}")
        own = [name for name, each in found.properties.items() if each.get("hubspotDefined") is False]
        return sorted({*(name for name in found.thing.usual if name in found.properties), *own, *asked})

    def _refuse_unknown(self) -> None:
        for object in self._settings.properties:
            if object not in self._found:
                near = did_you_mean(object, self._found) or "correct `properties` in aac.toml"
                raise SourceError(f"there is no object `{object}` that may be read: {near}")

    # Reading it

    def _walk(self, found: Found, part: Slice) -> Walk:
        assert self._now is not None, "check() comes first"
        times = Times(self._account.get("portalId"), self._now, self._settings.overlap_time, self._settings.sweep_time)
        return Walk(self._client, found.thing, part.bounds, times)

    def _records(self, found: Found, stream: Stream, part: Slice) -> Iterator[Message]:
        ours = stream.columns[: len(stream.columns) - len(self._read(found))]
        columns = {name: column_of(name, ours) for name in self._read(found)}
        files = RowFiles(
            self._folder, stream.name, {"upsert": stream.columns, "delete": stream.key, "keys": stream.key}
        )
        records = Records(self._client, found.thing, columns, stream.types, found.links, self._merging)
        with closing(files):
            yield from records.read(self._walk(found, part), files)

    def _moves(self, found: Found, property: str, stream: Stream, part: Slice) -> Iterator[Message]:
        options = [str(option["value"]) for option in found.properties[property].get("options") or ()]
        stages = [stage["id"] for each in self._pipelines.get(found.thing.name, ()) for stage in each["stages"]]
        moments = stage_moments(list(found.properties), [*options, *stages])
        type = type_of(str(found.properties[property]["type"]))
        moments = moments if property in ("dealstage", "hs_pipeline_stage", "lifecyclestage") else {}
        changes = Changes(self._client, found.thing, property, type, moments, self._owner_ids)
        files = RowFiles(self._folder, stream.name, {"upsert": stream.columns})
        with closing(files):
            yield from changes.read(self._walk(found, part), files)

    def _belonging(self, found: Found, to: Thing, column: str, stream: Stream, part: Slice) -> Iterator[Message]:
        merging = (found.thing.name in self._merging, to.name in self._merging)
        pairs = Pairs(self._client, found.thing, to, column, merging)
        files = RowFiles(
            self._folder, stream.name, {"upsert": stream.columns, "delete": stream.key, "keys": stream.key}
        )
        with closing(files):
            yield from pairs.read(self._walk(found, part), files)

    @property
    def _merging(self) -> set[str]:
        """The objects whose records say what was merged into them."""
        return {name for name, found in self._found.items() if MERGED in found.properties}

    def _owner_ids(self) -> Mapping[str, str]:
        """The owner behind each user, as far as the token may see them."""
        with self._asking_owners:
            if self._owners is None:
                self._owners = self._asked_owners()
            return self._owners

    def _asked_owners(self) -> dict[str, str]:
        try:
            rows = list(wholes.owner_rows(self._client.owners()))
        except RefusedError:
            return {}
        return {str(row["userId"]): str(row["id"]) for row in rows if row["userId"] is not None}

    def _whole(self, name: str) -> Iterable[Mapping[str, Any]]:
        if name == wholes.OWNERS.name:
            return wholes.owner_rows(self._client.owners())
        if name == wholes.PIPELINES.name:
            return wholes.pipeline_rows(self._pipelines)
        return wholes.stage_rows(self._pipelines[name.removesuffix("_stages")])

    def _written(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        return path


def _advice(error: RefusedError, scopes: tuple[str, ...]) -> str:
    """What to grant, for what HubSpot refuses; raises the refusal itself when it is about something else."""
    if error.status != FORBIDDEN:
        raise error
    wanted = scopes_of(error) or scopes
    listed = " and ".join(f"`{scope}`" for scope in wanted)
    return f"grant the private app the scope{'s' if len(wanted) > 1 else ''} {listed}"


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [HubspotConnector]
