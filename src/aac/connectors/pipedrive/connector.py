"""Connector `pipedrive`: deals, people, activities and leads of an account, and the changes of deals.

What changed is read up to the moment at which a pull began, by Pipedrive's own clock. What a token may not read is
offered as refused, with the scope that it needs.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from aac.connectors.base import Checkpoint, Context, Files, Settings, Slice, Stream
from aac.connectors.pipedrive import wholes
from aac.connectors.pipedrive.access import access_of
from aac.connectors.pipedrive.changes import FOLLOWED, PAGE, Changelogs, Changes, change_stream
from aac.connectors.pipedrive.client import FORBIDDEN, SHOWN, Client, Limits, service_of
from aac.connectors.pipedrive.fields import own_fields
from aac.connectors.pipedrive.leads import LEADS, Leads, lead_stream
from aac.connectors.pipedrive.objects import DEALS, RECENTS, THINGS
from aac.connectors.pipedrive.records import Records, record_stream
from aac.connectors.pipedrive.settings import PipedriveSettings
from aac.connectors.pipedrive.walking import Times, Walk
from aac.connectors.row_files import RowFiles
from aac.connectors.transport import RefusedError, Transport, recording_to
from aac.errors import SourceError
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from aac.connectors.base import Connector, Message
    from aac.connectors.pipedrive.fields import Field
    from aac.connectors.row_files import Op


class PipedriveConnector:
    """Streams: `deals`, `deals_stage_changes`, `users`, … (docs/how-to/connect-pipedrive.md)."""

    name: ClassVar[str] = "pipedrive"
    settings: ClassVar[type[Settings]] = PipedriveSettings

    def __init__(self, settings: PipedriveSettings, context: Context) -> None:
        self._settings = settings
        self._folder = context.folder
        self._limits = Limits()
        self._transport = Transport(
            service_of(settings, self._limits),
            access_of(settings),
            settings.max_calls,
            recording_to(context.record, SHOWN),
        )
        self._client = Client(self._transport)
        self._changelogs = Changelogs(self._client)
        self._now: datetime | None = None
        self._own: dict[str, tuple[Field, ...]] = {}

    def check(self) -> None:
        """Asks whose token it is, and takes the time from the answer: this pull is as of then."""
        _, self._now = self._client.me()

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are. Those that the token may not read are refused."""
        streams: list[Stream] = []
        recents = self._refusal(RECENTS, lambda: next(self._client.gone("person", self._moment()), None))
        for thing in THINGS:
            refused = self._refusal(thing.scope, lambda path=thing.paths[0]: self._client.page(path, limit=1))
            listed = list(self._client.all(thing.fields)) if thing.fields is not None and refused is None else []
            self._own[thing.name] = own_fields(listed, thing.columns)
            missing = refused or (recents if thing.item is not None else None)
            streams.append(replace(record_stream(thing, self._own[thing.name]), refused=missing))
            if thing is DEALS:
                streams += [replace(change_stream(each), refused=refused or recents) for each in FOLLOWED]
        refused = self._refusal(LEADS.scope, lambda: next(self._client.all_leads(LEADS.paths[0]), None))
        # without deals, a lead that became one would look deleted
        (deals,) = (each.refused for each in streams if each.name == DEALS.name)
        streams.append(replace(lead_stream(), refused=refused or deals))
        for name, scope in wholes.SCOPES.items():
            refused = self._refusal(scope, lambda name=name: wholes.may_read(self._client, name))
            streams.append(replace(wholes.whole_stream(name), refused=refused))
        return tuple(sorted(streams, key=lambda stream: stream.name))

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """One: from the end of the last pull on, or on from where it was stopped."""
        return (Slice(stream.name, dict(state or {})),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The messages of a stream."""
        columns: Mapping[Op, tuple[str, ...]] = {"upsert": stream.columns, "delete": stream.key, "keys": stream.key}
        try:
            with closing(RowFiles(self._folder, stream.name, columns)) as files:
                yield from self._sent(stream, part, files)
        except RefusedError as error:
            if error.status != FORBIDDEN:
                raise
            raise SourceError(f"{error}; `aac pull --check` says what to grant for `{stream.name}`") from error

    def _sent(self, stream: Stream, part: Slice, files: RowFiles) -> Iterator[Message]:
        times = Times(self._moment(), self._settings.overlap_time, self._settings.sweep_time)
        thing = next((each for each in THINGS if each.name == stream.name), None)
        followed = next((each for each in FOLLOWED if each.stream == stream.name), None)
        if thing is not None:
            records = Records(self._client, thing, self._own[thing.name])
            yield from records.read(Walk(self._client, thing, part.bounds, times), files)
        elif followed is not None:
            walk = Walk(self._client, DEALS, part.bounds, times, page=PAGE, rows=PAGE)
            yield from Changes(followed, self._changelogs).read(walk, files)
        elif stream.name == LEADS.name:
            walk = Walk(self._client, LEADS, part.bounds, times)
            yield from Leads(self._client).read(walk, files)
        else:
            yield from self._whole(stream)

    def limits(self) -> str:
        """What is left of the day's tokens, as far as answers tell."""
        if self._limits.left is None or self._limits.budget is None:
            return f"{self._transport.calls} calls made; Pipedrive does not say how many tokens are left today"
        return f"{self._limits.left:,} of {self._limits.budget:,} tokens are left today"

    def _moment(self) -> datetime:
        assert self._now is not None, "check() comes first"
        return self._now

    def _refusal(self, scope: str, ask: Callable[[], object]) -> str | None:
        """What to grant when Pipedrive refuses to answer; null when it answers."""
        try:
            ask()
        except RefusedError as error:
            if error.status != FORBIDDEN:
                raise
            return f"give the app the scope `{scope}`, or use the token of a user who may see this"
        return None

    def _whole(self, stream: Stream) -> Iterator[Message]:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{stream.name}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in wholes.whole_rows(self._client, stream.name))
        yield Files((path,), "json", stream.columns)
        yield Checkpoint({}, complete=True)


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [PipedriveConnector]
