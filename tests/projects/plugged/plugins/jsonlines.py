"""A connector of a team's own: every .jsonl file of a folder is a stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from aac import Checkpoint, Connector, Context, Files, Message, Settings, Slice, SourceError, Stream, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class JsonLinesSettings(Settings):
    folder: str


class JsonLines:
    name: ClassVar[str] = "jsonlines"
    settings: ClassVar[type[Settings]] = JsonLinesSettings

    def __init__(self, settings: JsonLinesSettings, context: Context) -> None:
        self.folder = context.root / settings.folder

    def check(self) -> None:
        if not self.folder.is_dir():
            raise SourceError(f"there is no folder {self.folder}")

    def discover(self) -> tuple[Stream, ...]:
        return tuple(self._stream(path.stem) for path in sorted(self.folder.glob("*.jsonl")))

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        del state
        return (Slice(stream.name),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        yield Files((self.folder / f"{part.stream}.jsonl",), "json", stream.columns)
        yield Checkpoint({}, complete=True)

    def _stream(self, name: str) -> Stream:
        lines = (self.folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        columns = dict.fromkeys(column for line in lines for column in json.loads(line))
        return Stream(name, tuple(columns))


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [JsonLines]
