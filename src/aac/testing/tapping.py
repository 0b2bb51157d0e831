"""Connectors whose messages pass through a listener: what the suite sees of them, and where it steps in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aac.connectors.base import Connector, Context, Message, Settings, Slice, Stream

Tap: TypeAlias = "Callable[[Stream, Iterator[Message]], Iterator[Message]]"
"""Takes the messages of one slice and gives those that arrive."""


def tapped(made: type[Connector], tap: Tap) -> type[Connector]:
    """A connector that does what ``made`` does, with its messages through ``tap``."""

    class Tapped:
        name: ClassVar[str] = made.name
        settings: ClassVar[type[Settings]] = made.settings

        def __init__(self, settings: Any, context: Context) -> None:
            self._inner = made(settings, context)

        def check(self) -> None:
            self._inner.check()

        def discover(self) -> tuple[Stream, ...]:
            return self._inner.discover()

        def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
            return self._inner.slices(stream, state)

        def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
            return tap(stream, self._inner.read(stream, part))

    return Tapped
