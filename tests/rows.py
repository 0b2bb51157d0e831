"""A source that sends rows, told step by step, and the project that pulls it: what tests of merging write and ask."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from aac.connectors.base import Checkpoint, Context, Message, Rows, Settings, Slice, Stream
from aac.landing.pull import Pulled, pull
from aac.landing.pulling import Wish
from aac.landing.state import raw_folder
from tests.landing import NOW_US, Project, column, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

STREAM = Stream("deal", ("id", "at", "x"), {"at": "integer"}, key=("id",), version="at", deletes="key_scan")


class Stopped(BaseException):
    """What a connector raises to be like a process that is killed: nobody catches it."""


class Sender:
    """A connector of the stream `deal` that sends steps as `tests.oracle.records` has them."""

    name: ClassVar[str] = "sender"
    settings: ClassVar[type[Settings]] = Settings

    def __init__(self, settings: object, context: Context) -> None:
        del settings
        self.folder = context.folder
        self.stream = STREAM
        self.steps: Sequence[tuple[Any, ...]] = ()
        self.states: list[Mapping[str, Any] | None] = []
        self.sent = 0
        self.lists_itself = False

    def check(self) -> None: ...

    def discover(self) -> tuple[Stream, ...]:
        return (self.stream,)

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        self.states.append(state)
        return (Slice(stream.name),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        del part
        for step in self.steps:
            match step:
                case ("stop",):
                    raise Stopped
                case ("checkpoint", state, complete):
                    yield Checkpoint(state, complete=complete)
                case ("say", message):
                    yield message
                case (op, rows):
                    sent = self.rows(op, rows, stream)
                    yield sent
                    if self.lists_itself:
                        yield replace(sent, op="keys")
                case _:
                    raise AssertionError(step)

    def rows(self, op: Any, rows: Sequence[tuple[Any, ...]], stream: Stream) -> Rows:
        """Rows in a file of lines of JSON; keys alone when they are listed."""
        columns = stream.columns if op != "keys" else stream.key
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sent += 1
        path = self.folder / f"{self.sent}.jsonl"
        text = "".join(json.dumps(dict(zip(columns, row, strict=False))) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8")
        return Rows(path, "json", columns, op)


@dataclass
class Sent(Project):
    """A project whose source `crm` is a sender."""

    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = Sender(None, Context(self.root, raw_folder(self.root) / "crm"))
        self.tables = [table("deal", column("id"), column("x"))]

    def send(self, *steps: tuple[Any, ...], now_us: int = NOW_US, **wish: Any) -> Pulled:
        """A pull of what the source sends; Stopped when it stops."""
        self.sender.steps = steps
        return pull(
            self.root,
            self.sources,
            self.tables,
            lambda _: self.sender,
            "UTC",
            now_us,
            self.hear,
            wish=Wish(**wish),
        )

    @property
    def seen(self) -> dict[str, str | None]:
        """What a reader sees: key and value."""
        rows = self.rows("deal")
        assert len({key for key, _ in rows}) == len(rows)
        return dict(rows)
