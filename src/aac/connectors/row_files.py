"""Files of rows for the framework: a few kinds of them at a time, each handed over with the next checkpoint."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from pydantic import TypeAdapter

from aac.connectors.base import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Literal

    Op = Literal["upsert", "delete", "keys"]


ENCODE = TypeAdapter[Any](Any).serializer.to_json
"""More than twice as fast as what Python's own library has."""


BUFFER = 1 << 20
"""Bytes that wait to be written. While they are, the thread that gets the next pages takes over, so there are few."""


class RowFiles:
    """Rows of one stream that wait for its next checkpoint. ``columns``: those of each kind of rows."""

    def __init__(self, folder: Path, name: str, columns: Mapping[Op, tuple[str, ...]]) -> None:
        self._folder = folder
        self._name = name
        self._columns = columns
        self._open: dict[Op, tuple[Path, IO[bytes]]] = {}
        self._number = 0

    def begin(self, op: Op) -> None:
        """Begins a file of a kind: a list of keys says something even when there is nothing in it."""
        if op not in self._open:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._number += 1
            path = self._folder / f"{self._name}.{self._number}.jsonl"
            self._open[op] = (path, path.open("wb", BUFFER))

    def add(self, op: Op, *rows: Mapping[str, Any]) -> None:
        """Writes rows down; columns that are left out are empty."""
        if not rows:
            return
        self.begin(op)
        self._open[op][1].write(b"".join([ENCODE(row) + b"\n" for row in rows]))

    def close(self) -> None:
        """Closes what was not taken, as when something went wrong."""
        for _, file in self._open.values():
            file.close()

    def take(self) -> Iterator[Rows]:
        """All that waits: records as they are, then those that are gone, then lists of keys."""
        order: tuple[Op, ...] = ("upsert", "delete", "keys")
        for op in order:
            if op in self._open:
                path, file = self._open.pop(op)
                file.close()
                yield Rows(path, "json", self._columns[op], op)
