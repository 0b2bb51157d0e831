"""How all records of an object are gone through, or those that changed: list by list, page by page, in order of ids.

What changed is what was updated since the end of the last pull, less the overlap. From time to time all records are
read: a sweep finds what is not there any more, and is needed where Pipedrive has forgotten what was deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from aac.connectors.ahead import ahead
from aac.connectors.base import Checkpoint, Progress
from aac.connectors.pipedrive.client import PAGE, REFUSED
from aac.connectors.transport import OverError, RefusedError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aac.connectors.base import Message
    from aac.connectors.pipedrive.client import Client, Record
    from aac.connectors.pipedrive.objects import Thing
    from aac.connectors.row_files import RowFiles

T = TypeVar("T")
ROWS = 5_000
"""Records between two checkpoints, at least: what is lost, at most, when a pull is killed, is about as much."""
HORIZON = timedelta(days=29)
"""Deleted records are shown for 30 days: after a longer pause only a sweep finds them."""


@record
class Times:
    """``now``: the server's, when this pull began; and the two settings of the same names."""

    now: datetime
    overlap: timedelta
    sweep: timedelta


class Walk:
    """One walk through an object; ``state`` is that of the last checkpoint of its stream, none at the beginning.

    ``page`` and ``rows``: of how many records a page is, and after how many there is a checkpoint.
    """

    def __init__(
        self, client: Client, thing: Thing, state: Mapping[str, Any], times: Times, page: int = PAGE, rows: int = ROWS
    ) -> None:
        self._client = client
        self._thing = thing
        self._page = page
        self._rows = rows
        self._until = _moment(state.get("until"))
        self._swept = _moment(state.get("swept"))
        begun: Mapping[str, Any] = state.get("begun") or {}
        self._bound = _moment(begun.get("at")) or times.now
        self._list = int(begun.get("list", 0))
        self._cursor: str | None = begun.get("cursor")
        self.sweeps: bool = begun["sweeps"] if begun else self._is_due(times)
        self._overlap = times.overlap
        self._lists = self.lists(thing)

    def _is_due(self, times: Times) -> bool:
        if self._until is None or self._swept is None:
            return True
        return times.now - self._swept >= times.sweep or times.now - self._until >= HORIZON

    @property
    def since(self) -> datetime | None:
        """From when on records were updated; null: all are wanted."""
        return None if self.sweeps or self._until is None else self._until - self._overlap

    def lists(self, thing: Thing) -> tuple[tuple[str, datetime | None], ...]:
        """The lists to go through, and from when on each. A sweep ends with what came from a later list into the first
        one meanwhile: it would look as if it were not there any more."""
        again = ((thing.paths[0], self._bound),) if self.sweeps and len(thing.paths) > 1 else ()
        return (*((path, self.since) for path in thing.paths), *again)

    def read(
        self, ask: Callable[[Sequence[Record]], T], take: Callable[[Sequence[Record], T], None], files: RowFiles
    ) -> Iterator[Message]:
        """Lets every page be taken with what ``ask`` gets for its records, with checkpoints on the way. The next pages
        and what is asked for them come while one is taken, so only ``ask`` may use the client. When nothing more may
        be asked for now, what was taken is kept before that is raised."""
        rows = waiting = 0
        try:
            # one after the other: the calls of a day may end with any of them, and of a page all are needed
            for (records, place), found in ahead(self._pages(), lambda page: ask(page[0]), 1):
                take(records, found)
                self._list, self._cursor = place
                rows, waiting = rows + len(records), waiting + len(records)
                if waiting >= self._rows:
                    waiting = 0
                    yield from self.kept(files)
                    yield Progress(rows)
        except OverError:
            yield from self.kept(files)
            raise

    def _pages(self) -> Iterator[tuple[Sequence[Record], tuple[int, str | None]]]:
        """The pages that are left, each with where the next one is: in which list, and behind which cursor."""
        number, cursor = self._list, self._cursor
        old = cursor
        while number < len(self._lists):
            try:
                records, cursor = self._page_of(number, cursor)
            except RefusedError as error:
                if error.status != REFUSED or cursor is None or cursor != old:
                    raise
                # the cursor of an earlier pull is not known any more: the list begins anew
                records, cursor = self._page_of(number, None)
            old = None
            number += cursor is None
            yield records, (number, cursor)

    def _page_of(self, number: int, cursor: str | None) -> tuple[Sequence[Record], str | None]:
        path, since = self._lists[number]
        more = {"sort_by": "id", **self._thing.asked}
        if since is not None:
            more["updated_since"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        return self._client.page(path, self._page, cursor, more)

    def kept(self, files: RowFiles) -> Iterator[Message]:
        """A checkpoint on the way: a pull that is stopped goes on behind the last page."""
        yield from files.take()
        begun = {"at": self._bound.isoformat(), "list": self._list, "cursor": self._cursor, "sweeps": self.sweeps}
        yield Checkpoint({"until": _text(self._until), "swept": _text(self._swept), "begun": begun}, complete=False)

    def ended(self, files: RowFiles) -> Iterator[Message]:
        """The last checkpoint: the next walk begins where this one began."""
        yield from files.take()
        swept = self._bound if self.sweeps else self._swept
        state = {"until": self._bound.isoformat(), "swept": _text(swept)}
        yield Checkpoint(state, complete=True, until=f"{self._bound:%Y-%m-%d %H:%M:%S} UTC")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
