"""Connector `parquet`: the files of a folder, with the types that are written in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aac.connectors.base import Checkpoint, Files, Settings, Slice, Stream
from aac.connectors.folders import FolderConnector, FolderSettings, refuse_doubled
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.connectors.base import Connector, Message


class ParquetConnector(FolderConnector):
    """Files of one stream may differ in their columns: what one does not have is null there."""

    name: ClassVar[str] = "parquet"
    settings: ClassVar[type[Settings]] = FolderSettings
    endings = (".parquet",)
    beginnings = (b"PAR1",)

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name; raises SourceError for a file that is no Parquet."""
        found: list[Stream] = []
        for name, paths in sorted(self.files().items()):
            columns = self.context.look.columns(paths, "parquet")
            refuse_doubled(f"`{name}`", list(columns))
            types = {column: type_ for column, type_ in columns.items() if type_ != "text"}
            found.append(Stream(name, tuple(columns), types))
        return tuple(found)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The stream's files and the end."""
        del part
        yield Files(tuple(self.files()[stream.name]), "parquet", stream.columns)
        yield Checkpoint({}, complete=True)


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [ParquetConnector]
