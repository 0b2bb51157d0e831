"""How all records of an object are gone through, or those that changed, page by page.

What changed comes in the order of its moment and id, which are where the next page begins: many records may have one
moment. All records come in the order of their ids, which never change, or of those that they belong to. From time to
time all are read: a sweep finds what is not there any more, and values that Salesforce calculates. Of very many records
a job is made.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from aac.connectors.ahead import ahead
from aac.connectors.base import Checkpoint, Progress
from aac.connectors.salesforce import soql
from aac.connectors.salesforce.client import ABSENT, REFUSED
from aac.connectors.salesforce.fields import value_of
from aac.connectors.salesforce.objects import ID
from aac.connectors.salesforce.shapes import page_of
from aac.connectors.transport import OverError, RefusedError
from aac.errors import SourceError, UnfinishedError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aac.connectors.base import Message
    from aac.connectors.row_files import RowFiles
    from aac.connectors.salesforce.client import Client, Found, Record
    from aac.connectors.transport import Shape

T = TypeVar("T")
ROWS = 5_000
"""Records between two checkpoints, at least."""
HORIZON = timedelta(days=14)
"""What was deleted is told for 15 days: after a longer pause only a sweep finds it."""
SECOND = timedelta(seconds=1)
"""The server's time is told in whole seconds, and what happened in the last one belongs to this pull too."""
FIRST_LOOK, LONGEST_LOOK, PATIENCE = 1.0, 30.0, 3_600.0
"""Seconds until a job is looked at for the first time, between two looks at most, and until we come back later."""


@record
class Times:
    """``now``: the server's, when this pull began; and two settings."""

    now: datetime
    overlap: timedelta
    sweep: timedelta


@record
class Wanted:
    """What is read of an object: its ``fields``, the ``cursor`` among them. ``only_grows``: no second sweep is needed.
    ``bulk_above``: how many records make a job; null: none do. ``by``: the field in whose order a sweep goes, which
    takes records of one value together; ``batch``: how many of those that changed are taken at once, at most.
    ``conditions``: which records there are to us."""

    object: str
    fields: tuple[str, ...]
    cursor: str
    only_grows: bool = False
    bulk_above: int | None = None
    by: str = ID
    batch: int = ROWS
    conditions: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """What a page of it is."""
        return page_of(self.fields, self.cursor, self.by)


class Walk:
    """One walk through an object of an ``org``; ``state`` is that of the last checkpoint of its stream.

    ``told``: until when it is known what was deleted; ``listed``: the last id of a list of all that was begun.
    """

    def __init__(self, client: Client, wanted: Wanted, org: str, state: Mapping[str, Any], times: Times) -> None:
        self._client = client
        self._wanted = wanted
        self._org = org
        self._until = _moment(state.get("until"))
        self._swept = _moment(state.get("swept"))
        self.told = _moment(state.get("told")) or self._until
        begun: Mapping[str, Any] = state.get("begun") or {}
        self.bound = _moment(begun.get("at")) or times.now
        self._after: tuple[str, str] | None = tuple(begun["after"]) if begun.get("after") else None
        self._job: dict[str, str | None] | None = dict(begun["job"]) if begun.get("job") else None
        self.listed: str | None = begun.get("listed")
        self.sweeps: bool = begun["sweeps"] if begun else self._is_due(times)
        self._overlap = times.overlap

    def _is_due(self, times: Times) -> bool:
        if self._until is None or self._swept is None or self.told is None:
            return True
        is_late = times.now - self._swept >= times.sweep or times.now - min(self._until, self.told) >= HORIZON
        return is_late and not self._wanted.only_grows

    @property
    def since(self) -> datetime | None:
        """From when on records changed; null: all are wanted."""
        return None if self.sweeps or self._until is None else self._until - self._overlap

    def read(
        self, ask: Callable[[Sequence[Record]], T], take: Callable[[Sequence[Record], T], None], files: RowFiles
    ) -> Iterator[Message]:
        """Lets every page be taken with what ``ask`` gets for its records, with checkpoints on the way. The next pages
        and what is asked for them come while one is taken, so only ``ask`` may use the client. When nothing more may
        be asked for now, what was taken is kept before that is raised."""
        try:
            if self._job is None:
                yield from self._by_pages(ask, take, files)
            if self._job is not None:
                yield from self._by_job(ask, take, files)
        except OverError:
            yield from self.kept(files)
            raise

    # Pages

    def _by_pages(
        self, ask: Callable[[Sequence[Record]], T], take: Callable[[Sequence[Record], T], None], files: RowFiles
    ) -> Iterator[Message]:
        """All pages, unless they are so many that a job is made."""
        page = self._client.find(self._question(self._after), self._wanted.shape)
        if self._wanted.bulk_above is not None and page.total > self._wanted.bulk_above:
            try:
                self._begin_job()
                return
            except RefusedError as error:
                if error.status != REFUSED:  # not every object can be read by a job
                    raise
        rows, kept = 0, 0
        for batch, found in ahead(self._batches(page), ask, 1):
            if rows - kept >= ROWS:
                kept = rows
                yield from self.kept(files)
                yield Progress(rows, page.total)
            take(batch, found)
            rows += len(batch)
            self._after = self._place(batch[-1])

    def _batches(self, page: Found) -> Iterator[Sequence[Record]]:
        """What a page and those behind it hold, in parts of which one is taken at once."""
        after, begun = self._after, self._after
        held: list[Record] = []
        while True:
            records, held = _together([*held, *page.records], self._by, is_last=page.more is None)
            size = max(1, len(records)) if self.sweeps else self._wanted.batch
            for start in range(0, len(records), size):
                batch = records[start : start + size]
                yield batch
                after = self._place(batch[-1])
            if page.more is None:
                return
            more = self._client.more(page.more, self._wanted.shape)
            if more is None:
                if after == begun:
                    raise SourceError(
                        f"Salesforce forgot twice where a page of `{self._wanted.object}` begins: run `aac pull` again"
                    )
                more, held, begun = self._client.find(self._question(after), self._wanted.shape), [], after
            page = more

    @property
    def _by(self) -> str:
        return self._wanted.by if self.sweeps else ID

    def _place(self, record: Record) -> tuple[str, str]:
        """Behind what the next page begins."""
        return str(value_of(record[self._wanted.cursor], "timestamp")), str(record[self._by])

    def _question(self, after: tuple[str, str] | None, in_order: bool = True) -> str:
        wanted, cursor = self._wanted, self._wanted.cursor
        if self.sweeps:
            further = [f"{wanted.by} > {soql.text(after[1])}"] if after is not None else []
            order = (ID,) if wanted.by == ID else (wanted.by, cursor, ID)
            return soql.select(wanted.fields, wanted.object, (*wanted.conditions, *further), order if in_order else ())
        assert self.since is not None
        first = f"{cursor} >= {soql.moment(self.since)}"
        if after is not None:
            first = soql.behind(cursor, *after)
        last = f"{cursor} < {soql.moment(self.bound + SECOND)}"
        conditions = (*wanted.conditions, first, last)
        return soql.select(wanted.fields, wanted.object, conditions, (cursor, ID) if in_order else ())

    # Jobs

    def _begin_job(self) -> None:
        self._job = {"id": self._client.begin_job(self._question(self._after, in_order=False)), "place": None}

    def _by_job(
        self, ask: Callable[[Sequence[Record]], T], take: Callable[[Sequence[Record], T], None], files: RowFiles
    ) -> Iterator[Message]:
        """All that a job finds; a pull that is stopped goes on behind the last part of the same job."""
        assert self._job is not None
        yield from self.kept(files)
        id, place, rows = str(self._job["id"]), self._job["place"], 0
        try:
            failed = self._wait_for(id)
        except RefusedError as error:
            if error.status != ABSENT:
                raise
            self._job = None  # it is kept for seven days, and these are over
            yield from self.read(ask, take, files)
            return
        if failed is not None:
            self._job = None
            yield from self.kept(files)
            raise SourceError(failed)
        try:
            for (records, after), found in ahead(self._parts(id, place), lambda part: ask(part[0]), 1):
                take(records, found)
                rows += len(records)
                if after is not None:
                    self._job = {"id": id, "place": after}
                    yield from self.kept(files)
                    yield Progress(rows)
        except RefusedError as error:
            if place is None or error.status not in (REFUSED, ABSENT):
                raise
            self._job = None  # where it was stopped is not known any more
            yield from self.read(ask, take, files)

    def _parts(self, id: str, place: str | None) -> Iterator[tuple[Sequence[Record], str | None]]:
        """What a job found, from a place on, each part with the place behind it."""
        while True:
            records, place = self._client.results(id, place, self._wanted.fields, self._wanted.cursor)
            yield records, place
            if place is None:
                return

    def _wait_for(self, id: str) -> str | None:
        """Waits until a job is done; what to say when it failed."""
        waited, pause = 0.0, FIRST_LOOK
        while True:
            told = self._client.job(id)
            match told["state"]:
                case "JobComplete":
                    return None
                case "Failed" | "Aborted" as state:
                    why = told.get("errorMessage") or "nothing is said why"
                    return (
                        f"Salesforce ended the job {id} that reads `{self._wanted.object}` as {state}: {why}; run "
                        "`aac pull` again, which begins anew, with a higher `bulk_above` if jobs always end so"
                    )
                case _:
                    if waited >= PATIENCE:
                        raise UnfinishedError(
                            f"Salesforce still works at the job {id} that reads `{self._wanted.object}`: run `aac "
                            "pull` again later, which goes on from there"
                        )
            self._client.pause(pause)
            waited, pause = waited + pause, min(LONGEST_LOOK, pause * 2)

    # Checkpoints

    def kept(self, files: RowFiles) -> Iterator[Message]:
        """A checkpoint on the way: a pull that is stopped goes on behind the last record."""
        yield from files.take()
        begun = {
            "at": self.bound.isoformat(), "after": self._after, "sweeps": self.sweeps, "job": self._job,
            "listed": self.listed,
        }  # fmt: skip
        state = {"until": _text(self._until), "swept": _text(self._swept), "told": _text(self.told), "begun": begun}
        yield Checkpoint({"org": self._org, **state}, complete=False)

    def ended(self, files: RowFiles) -> Iterator[Message]:
        """The last checkpoint: the next walk begins where this one began."""
        yield from files.take()
        swept = self.bound if self.sweeps else self._swept
        told = self.bound if self.sweeps else self.told
        state = {"org": self._org, "until": self.bound.isoformat(), "swept": _text(swept), "told": _text(told)}
        yield Checkpoint(state, complete=True, until=f"{self.bound:%Y-%m-%d %H:%M:%S} UTC")


def _together(records: list[Record], by: str, *, is_last: bool) -> tuple[list[Record], list[Record]]:
    """The records that are complete, and those of the last value, of which more may come."""
    if is_last or not records or by == ID:
        return records, []
    last = records[-1][by]
    cut = next(place for place, record in enumerate(records) if record[by] == last)
    return records[:cut], records[cut:]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
