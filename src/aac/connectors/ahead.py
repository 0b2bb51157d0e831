"""The next thing of a source is got while the last one is written: one thing ahead, in a thread."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, none of them null. What goes wrong with one is raised in its place, after those before it.

    While they last, nobody else may use what makes them. Ctrl-C waits for no thread: that ends with its item.
    """
    following = _begun(items)
    while (item := following.result()) is not None:
        following = _begun(items)
        yield item


def _begun(items: Iterator[T]) -> Future[T | None]:
    """The next item, or null behind the last one, as soon as it is there."""
    item = _Item[T | None]()
    Thread(target=_get, args=(items, item), daemon=True).start()
    return item


def _get(items: Iterator[T], item: _Item[T | None]) -> None:
    with item:
        item.set_result(next(items, None))


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
