"""The next things of a source are got, and what is asked for each, while the last one is written: in threads."""

from __future__ import annotations

import sys
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

T = TypeVar("T")
U = TypeVar("U")
MOST = 4
"""Items that wait at most, beside those that are being got: writing a batch takes as long as getting some of them."""
TURN = 0.0005
"""Seconds after which a thread lets another one go on, a tenth of what is usual: what comes next is asked for as soon
as its answer is there, and not only when the last item has been taken in."""


def ahead(items: Iterator[T], ask: Callable[[T], U], at_once: int) -> Iterator[tuple[T, U]]:
    """The same items in their order, none of them null, each with what is asked for it; for ``at_once`` of them at a
    time. What goes wrong with one is raised in its place, after those before it.

    While they last, only ``ask`` may use what makes them. Who stops, by Ctrl-C too, waits for no thread: each ends with
    the item that it is at.
    """
    line = _Line(items, ask, at_once)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        for _ in range(at_once):
            Thread(target=line.fill, daemon=True).start()
        while (item := line.got.get().result()) is not None:
            line.room.release()
            yield item
    finally:
        sys.setswitchinterval(usual)
        line.is_over = True
        line.room.release(at_once)


class _Line(Generic[T, U]):
    """Items that are got or wait, and null behind the last one."""

    def __init__(self, items: Iterator[T], ask: Callable[[T], U], at_once: int) -> None:
        self.got = SimpleQueue[_Found[tuple[T, U] | None]]()
        self.room = Semaphore(at_once - 1 + MOST)
        self.is_over = False
        self._items = items
        self._ask = ask
        self._turn = Lock()

    def fill(self) -> None:
        """Gets one item after the other, as long as there is room for them. An item's place in the line is taken before
        another thread gets the next one."""
        while not self.is_over:
            self.room.acquire()
            found = _Found[tuple[T, U] | None]()
            with found:
                with self._turn:
                    self.got.put(found)
                    item = next(self._items, None) if not self.is_over else None
                found.set_result((item, self._ask(item)) if item is not None else None)
            if found.exception() is not None or found.result() is None:
                self.is_over = True  # never set back: others set it, too


class _Found(Future[T]):
    """What is got in one thread for another one, which is also told why it is not got."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.set_exception(error)
        return True
