"""The next things of a source are got while the last one is written, in a thread."""

from __future__ import annotations

import sys
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

T = TypeVar("T")
MOST = 4
"""Items that wait at most: writing a batch takes as long as getting some of them."""
TURN = 0.0005
"""Seconds after which a thread lets another one go on, a tenth of what is usual: what comes next is asked for as soon
as its answer is there, and not only when the last item has been taken in."""


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, none of them null. What goes wrong with one is raised in its place, after those before it.

    While they last, nobody else may use what makes them. Who stops, by Ctrl-C too, waits for no thread: that ends with
    the item that it is at.
    """
    line = _Line(items)
    Thread(target=line.fill, daemon=True).start()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        while (item := line.got.get().result()) is not None:
            line.room.release()
            yield item
    finally:
        sys.setswitchinterval(usual)
        line.is_wanted = False
        line.room.release()


class _Line(Generic[T]):
    """Items that wait, and null behind the last one."""

    def __init__(self, items: Iterator[T]) -> None:
        self.got = SimpleQueue[_Item[T | None]]()
        self.room = Semaphore(MOST)
        self.is_wanted = True
        self._items = items

    def fill(self) -> None:
        """Gets items one after the other, as long as there is room for them."""
        is_at_end = False
        while not is_at_end:
            self.room.acquire()
            item = _Item[T | None]()
            with item:
                item.set_result(next(self._items, None) if self.is_wanted else None)
            self.got.put(item)
            is_at_end = item.exception() is not None or item.result() is None


class _Item(Future[T]):
    """What is got in one thread for another one, which is also told why it is not got."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.set_exception(error)
        return True
