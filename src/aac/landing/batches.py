"""The batches of a stream that comes as rows: Parquet files that are only ever added, each with the state it leads to.

They are what lasts: the store's raw table is merged from them, and from all of them again when the store is lost. Each
ends at a checkpoint. The keys of a key scan lie beside them until the scan has been judged.
"""

from __future__ import annotations

import json
from dataclasses import asdict, field, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aac.engines import raw as statements
from aac.errors import EngineError, SourceError
from aac.folders import refusal, to_disk
from aac.landing.copying import is_cut
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from aac.engines.duckdb import Store
    from aac.engines.raw import Raw

NEW = "new"
"""The name of a file until it is whole."""
CUT = ".cut"
"""What the name of a file ends in that is not whole any more."""


@record
class Note:
    """What is written in a batch: the stream as it was, the connector's state, and whether that was its end.

    ``types`` as in `Stream`. ``settings``: a digest of the source's settings. ``lists``: the first part after which
    the keys of a scan were listed that lie beside the batch; null when there are none. ``held``: columns of the stream
    that are kept under another name, and which: ``columns`` and ``types`` are by the names they are kept under.
    ``until``: how far the stream is read, in the connector's words. ``hidden``: the columns that were dropped or
    hashed. ``gathered``: the batch also holds the rows of all before it, and keys that were listed up to the batch of
    this number have been judged; null: it holds its own.
    """

    columns: tuple[str, ...]
    types: Mapping[str, str]
    key: tuple[str, ...]
    history: bool
    state: Mapping[str, Any]
    complete: bool
    settings: str
    lists: int | None = None
    held: Mapping[str, str] = field(default_factory=dict[str, str])
    until: str | None = None
    hidden: Mapping[str, str] = field(default_factory=dict[str, str])
    gathered: int | None = None

    @property
    def text(self) -> str:
        """As it is written."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Note:
        """As it is read. Raises EngineError for what a later version of ours has written."""
        values: dict[str, Any] = json.loads(text)
        if unknown := sorted(values.keys() - {each.name for each in fields(cls)}):
            raise EngineError(
                f"what was pulled is written by a newer aac (it has `{unknown[0]}`): update aac, and run it again"
            )
        return cls(columns=tuple(values.pop("columns")), key=tuple(values.pop("key")), **values)


class Batches:
    """The folder of one stream. Raises SourceError when it cannot be written, EngineError for a file that is broken."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def numbers(self) -> list[int]:
        """Of all batches, in order."""
        return sorted(int(path.stem) for path in self._folder.glob("*.parquet") if path.stem.isdecimal())

    def listed(self) -> list[int]:
        """The batches that keys lie beside."""
        return sorted(int(path.name.partition(".")[0]) for path in self._folder.glob("*.keys.parquet"))

    def cut(self) -> list[Path]:
        """The files that were cut, which cannot be read any more, in order."""
        return [path for path in sorted(self._folder.glob("*.parquet")) if is_cut(path)]

    def set_aside(self, cut: Iterable[Path]) -> None:
        """Gives files that were cut names under which nobody looks for them."""
        for path in cut:
            path.replace(path.with_name(path.name + CUT))

    def path(self, number: int) -> Path:
        """The file of a batch."""
        return self._folder / f"{number:012}.parquet"

    def path_of_keys(self, number: int) -> Path:
        """The file of the keys that lie beside a batch."""
        return self._folder / f"{number:012}.keys.parquet"

    def note(self, number: int) -> Note:
        """What is written in a batch."""
        ((text,),) = self._store.execute(statements.NOTE, str(self.path(number)))
        return Note.of(str(text))

    def parts(self, number: int) -> list[tuple[int, str]]:
        """The parts of a batch, and whether they bring records (``upsert``) or take them away (``delete``)."""
        rows: list[Any] = list(self._store.execute(statements.PARTS, str(self.path(number))))
        return rows

    def write(self, number: int, select: str, note: Note, raw: Raw, version: str | None) -> None:
        """Adds a batch. Raises SourceError when records have no key, or a version that is no moment."""
        new = self._write(select, note.text)
        text = str(new)
        keyless: list[Any] = list(self._store.execute(raw.keyless, text))
        if keyless[0][0]:
            key = " and ".join(f"`{name}`" for name in raw.key)
            raise SourceError(f"{keyless[0][0]:,} records of `{raw.table[-1]}` have no {key}, which is their key")
        unread = self._store.execute(raw.unread(version), text) if version is not None else []
        if unread:
            raise SourceError(
                f"`{version}` of `{raw.table[-1]}` tells what is newer, and {unread[0][0]!r} is no moment"
            )
        self._place(new, self.path(number))

    def write_keys(self, number: int, select: str) -> None:
        """Puts keys beside a batch that is still to be added."""
        self._place(self._write(select, ""), self.path_of_keys(number))

    def gather(self, numbers: Sequence[int], note: Note) -> None:
        """Makes the last of some batches one of the rows of all, with a note of its own."""
        paths = [self.path(number) for number in numbers]
        self._place(self._write(statements.together(map(str, paths)), note.text), paths[-1])

    def paths_of_keys(self) -> list[Path]:
        """All lists of keys in the order in which they can be removed: the last one first, so that who finds some of
        them sees that one is missing."""
        return [self.path_of_keys(number) for number in reversed(self.listed())]

    def remove(self, paths: Iterable[Path]) -> None:
        """Removes files that nothing needs any more."""
        for path in paths:
            path.unlink(missing_ok=True)

    def _write(self, select: str, note: str) -> Path:
        new = self._folder / NEW
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError(f"`{self._folder}` cannot be made: {refusal(error, self._folder.parent)}") from error
        self._store.write_parquet(new, select, note)
        return new

    def _place(self, new: Path, path: Path) -> None:
        """A file has its name when it is whole and on the disk, never before."""
        try:
            to_disk(new)
            new.replace(path)
            to_disk(self._folder)
        except OSError as error:
            raise SourceError(f"`{path}` cannot be written: {refusal(error, self._folder)}") from error


def folder_of(raw: Path, source: str, stream: str) -> Path:
    """Where the batches of a stream lie, whatever its name is made of."""
    return raw / source / quote(stream, safe="").replace(".", "%2E")
