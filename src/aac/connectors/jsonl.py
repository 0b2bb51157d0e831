"""Connector `jsonl`: files of JSON objects, one a line; what is nested is the text of its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aac.connectors.base import Checkpoint, Files, Settings, Slice, Stream
from aac.connectors.folders import FolderConnector, FolderSettings, refuse_doubled
from aac.connectors.texts import read_through
from aac.errors import SourceError
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.connectors.base import Connector, Message


class JsonlConnector(FolderConnector):
    """The columns of a stream are all keys that any of its objects has; what an object does not have is null."""

    name: ClassVar[str] = "jsonl"
    settings: ClassVar[type[Settings]] = FolderSettings
    endings = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name; raises SourceError for files that hold none, or no JSON."""
        found: list[Stream] = []
        for name, paths in sorted(self.files().items()):
            for path in paths:
                if path.suffix.lower() == ".gz":  # the engine does not look at its checksum
                    read_through(path)
            columns = list(self.context.look.columns(paths, "json"))
            if not columns:
                raise SourceError(
                    f"`{paths[0]}` holds no record, so nobody knows its columns: remove it, or export it anew"
                )
            refuse_doubled(f"`{name}`", columns)
            found.append(Stream(name, tuple(columns)))
        return tuple(found)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The stream's files and the end."""
        del part
        yield Files(tuple(self.files()[stream.name]), "json", stream.columns)
        yield Checkpoint({}, complete=True)


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [JsonlConnector]
