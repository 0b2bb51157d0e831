"""Personal columns that do not arrive: dropped or hashed before anything of them is written down (a field's `landing`).

What a connector sends is written anew without them, so that neither `.aac/raw` nor the store, nor anything that is told
of either, ever held them.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from aac.connectors.base import Files, Relation, Rows
from aac.connectors.texts import UTF8, text_of
from aac.errors import SourceError
from aac.measures import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from aac.connectors.base import Message, Stream
    from aac.measures import StreamName, Table

DROP = "drop"
SALT = "aac\0"
"""Before what is hashed, so that no list of hashes made elsewhere tells what it was."""
DIGITS = 32
"""Of a hash: enough that no two values of a column ever share one by chance."""
LONGEST_CELL = 1 << 30
"""Characters: as many as the engine reads of one."""


def hidden_columns(name: StreamName, tables: Iterable[Table]) -> dict[str, str]:
    """The columns of a stream that do not arrive as they are, in small letters; what one table drops none gets."""
    found: dict[str, str] = {}
    for table in tables:
        for stored in table.fields if name in table.streams else ():
            if stored.landing is not None:
                for column in columns_of(stored):
                    found[column] = DROP if found.get(column) == DROP else stored.landing
    return found


def hashed(text: str) -> str:
    """What stands for a text: the same for the same text, in every stream and project."""
    return sha256(f"{SALT}{text}".encode()).hexdigest()[:DIGITS]


@dataclass
class Hiding:
    """Writes what a stream sends into ``folder`` without some of its ``columns`` (in small letters, each dropped or
    hashed); ``nulls``: texts that are no value."""

    stream: Stream
    columns: Mapping[str, str]
    nulls: frozenset[str]
    folder: Path
    _made: dict[Path, Path] = field(default_factory=dict["Path", "Path"])

    def __post_init__(self) -> None:
        """Raises SourceError for a column without which nothing can be read on."""
        if (version := self.stream.version) is not None and version.casefold() in self.columns:
            raise SourceError(
                f"`{version}` of `{self.stream.name}` tells which state of a record is newer: it has to arrive as it is"
            )

    @property
    def arriving(self) -> Stream:
        """The stream as it arrives: what is hashed is text."""
        types = {name: type_ for name, type_ in self.stream.types.items() if name.casefold() not in self.columns}
        return replace(self.stream, types=types)

    def was_otherwise(self, hidden: Mapping[str, str]) -> bool:
        """Whether columns arrived as they are, or hashed, that do not any more; ``hidden``: those that did not then."""
        return any(hidden.get(name) != how for name, how in self.columns.items())

    def of(self, message: Message) -> Message:
        """A message as it may arrive. Raises SourceError for what cannot be written anew."""
        match message:
            case Files(format="csv" | "json"):
                encodings = message.encodings or [UTF8] * len(message.paths)
                how = (message.format, message.columns, message.delimiter)
                paths = [self._anew(path, name, *how) for path, name in zip(message.paths, encodings, strict=True)]
                origins = message.origins or message.paths
                return replace(message, paths=tuple(paths), encodings=(), origins=origins)
            case Rows():
                path = self._anew(message.path, UTF8, message.format, message.columns, message.delimiter)
                return replace(message, path=path)
            case Files() | Relation() if self.columns:
                raise SourceError(
                    f"`{self.stream.name}` is read where it lies, so `landing` cannot drop or hash columns of it: "
                    "export it as CSV, or let its source leave them out"
                )
            case _:
                return message

    def _anew(self, path: Path, encoding: str, format_: str, columns: Sequence[str], delimiter: str) -> Path:
        """A file that is written anew, once."""
        if path in self._made:
            return self._made[path]
        places = {
            at: self.columns[name.casefold()] for at, name in enumerate(columns) if name.casefold() in self.columns
        }
        new = self.folder / f"hidden-{sha256(str(path).encode()).hexdigest()[:DIGITS]}.{format_}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with text_of(path, encoding) as old, new.open("w", encoding=UTF8, newline="") as file:
                if format_ == "json":
                    file.writelines(self._objects(old, {columns[at]: how for at, how in places.items()}))
                else:
                    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(
                        self._lines(old, delimiter, places)
                    )
        except (OSError, csv.Error, ValueError) as error:
            new.unlink(missing_ok=True)
            told = f"`{path}` cannot be read to leave out what is personal"
            # what the library says may quote the text itself
            raise SourceError(f"{told}: {error if isinstance(error, OSError) else 'it is damaged'}") from None
        self._made[path] = new
        return new

    def _lines(self, file: Iterable[str], delimiter: str, places: Mapping[int, str]) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST_CELL)
        for number, cells in enumerate(csv.reader(file, delimiter=delimiter, strict=True)):
            for at, how in places.items() if number else ():
                if at < len(cells):
                    cells[at] = self._hidden(cells[at], how)
            yield cells

    def _objects(self, file: Iterable[str], names: Mapping[str, str]) -> Iterator[str]:
        for line in filter(str.strip, file):
            row = cast("dict[str, Any]", json.loads(line))
            for name in names.keys() & row.keys():
                value = row[name]
                is_text = value is None or isinstance(value, str)
                row[name] = self._hidden((value or "") if is_text else json.dumps(value), names[name]) or None
            yield json.dumps(row, ensure_ascii=False) + "\n"

    def _hidden(self, text: str, how: str) -> str:
        """What stands for a text: nothing for what is dropped; what is no value stays none."""
        bare = text.strip()
        return "" if how == DROP else text if not bare or bare in self.nulls else hashed(bare)
