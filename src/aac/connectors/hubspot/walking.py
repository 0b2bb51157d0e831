"""How all records of an object are gone through, or those that changed: page by page, in the order of their ids.

What changed is what was modified between the end of the last pull, less the overlap, and the moment at which this one
began. From time to time all records are read: a sweep finds what was shown too late, and what is not there any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from aac.connectors.ahead import ahead
from aac.connectors.base import Checkpoint, Progress
from aac.connectors.hubspot.objects import NO_ID
from aac.connectors.transport import OverError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aac.connectors.base import Message
    from aac.connectors.hubspot.client import Client, Record, Window
    from aac.connectors.hubspot.objects import Thing
    from aac.connectors.row_files import RowFiles

T = TypeVar("T")
PAGES = 25
"""Pages between two checkpoints: what is lost, at most, when a pull is killed."""
SECOND = timedelta(seconds=1)
"""The server's time is told in whole seconds, and what happened in the last one belongs to this pull too."""


@record
class Times:
    """``account``: whose records these are. ``now``: the server's, when this pull began; and two settings."""

    account: int | None
    now: datetime
    overlap: timedelta
    sweep: timedelta


class Walk:
    """One walk through an object; ``state`` is that of the last checkpoint of its stream, none at the beginning.

    ``bin``: behind what the recycle bin was emptied already; ``noted``: what is to be told when the walk ends, as plain
    JSON. Both are kept with each checkpoint on the way.
    """

    def __init__(self, client: Client, thing: Thing, state: Mapping[str, Any], times: Times) -> None:
        self._client = client
        self._thing = thing
        self._until = _moment(state.get("until"))
        self._swept = _moment(state.get("swept"))
        begun: Mapping[str, Any] = state.get("begun") or {}
        self._bound = _moment(begun.get("at")) or times.now
        self._after = str(begun.get("after", NO_ID))
        self.bin: str | None = begun.get("bin")
        self.noted: dict[str, Any] = dict(begun.get("noted") or {})
        self.sweeps: bool = begun["sweeps"] if begun else self._is_due(times)
        self._overlap = times.overlap
        self._account = times.account

    def _is_due(self, times: Times) -> bool:
        return self._until is None or self._swept is None or times.now - self._swept >= times.sweep

    @property
    def window(self) -> Window | None:
        """Between which moments records were modified; null: all are wanted."""
        if self.sweeps or self._until is None:
            return None
        return self._until - self._overlap, self._bound + SECOND

    def read(
        self,
        properties: Sequence[str],
        ask: Callable[[list[Record]], T],
        take: Callable[[list[Record], T], None],
        files: RowFiles,
    ) -> Iterator[Message]:
        """Lets every page be taken with what ``ask`` gets for its records, with checkpoints on the way. The next pages
        and what is asked for them come while one is taken, some at once, so only ``ask`` may use the client. When the
        calls of a pull are used up, what was taken is kept before that is raised."""
        rows = 0
        try:
            for number, (page, found) in enumerate(ahead(self._pages(properties), ask, self._client.at_once)):
                if number and number % PAGES == 0:
                    yield from self.kept(files)
                    yield Progress(rows)
                take(page, found)
                self._after = str(page[-1]["id"]) if page else self._after
                rows += len(page)
        except OverError:
            yield from self.kept(files)
            raise

    def _pages(self, properties: Sequence[str]) -> Iterator[list[Record]]:
        after, more = self._after, True
        while more:
            page, more = self._client.search(self._thing, after, self.window, properties)
            yield page
            after = str(page[-1]["id"]) if page else after

    def kept(self, files: RowFiles) -> Iterator[Message]:
        """A checkpoint on the way: a pull that is stopped goes on behind the last id."""
        yield from files.take()
        begun = {"at": self._bound.isoformat(), "after": self._after, "sweeps": self.sweeps}
        begun |= {"bin": self.bin, "noted": self.noted}
        state = {"account": self._account, "until": _text(self._until), "swept": _text(self._swept), "begun": begun}
        yield Checkpoint(state, complete=False)

    def ended(self, files: RowFiles) -> Iterator[Message]:
        """The last checkpoint: the next walk begins where this one began."""
        yield from files.take()
        swept = self._bound if self.sweeps else self._swept
        state = {"account": self._account, "until": self._bound.isoformat(), "swept": _text(swept)}
        yield Checkpoint(state, complete=True, until=f"{self._bound:%Y-%m-%d %H:%M:%S} UTC")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
