"""A source that a connector is tried on: what its author writes, so that the suite can change what there is to read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path


class Trial:
    """One stream of a source, with records that the suite makes, changes and deletes; made anew for each check.

    ``connector``: its name in `aac.toml`. ``plugin``: the file that brings it, if it is not installed. ``stream``, and
    its columns ``key``, ``text`` (any text) and ``at`` (the moment that the stream is followed by).
    ``page``: how many records the connector asks for at a time; 0: it does not. ``overlap``: how much later than its
    moment a record may appear and still be read, as the connector promises; no matter where all is read each time.
    ``unwritable``: characters that no text of the source can hold. ``many``: how many records are much.
    ``cannot``: checks that make no sense here, by name, and why. The methods that only those need are not written.
    """

    connector: ClassVar[str]
    plugin: Path | None = None
    stream: ClassVar[str]
    key: ClassVar[str] = "id"
    text: ClassVar[str] = "text"
    at: ClassVar[str] = "at"
    page: ClassVar[int] = 0
    overlap: ClassVar[timedelta] = timedelta(0)
    unwritable: ClassVar[str] = ""
    many: ClassVar[int] = 1_000_000
    cannot: ClassVar[Mapping[str, str]] = {}

    @property
    def settings(self) -> str:
        """The keys of the source in `aac.toml`, as they stand there; paths are absolute."""
        raise self._unwritten("settings")

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        """Adds records, made at one moment (now if there is none); their keys, as the connector sends them."""
        del texts, at
        raise self._unwritten("create")

    def change(self, keys: Collection[str], text: str) -> None:
        """Gives records another text, now."""
        del keys, text
        raise self._unwritten("change")

    def delete(self, keys: Collection[str]) -> None:
        """Removes records for good."""
        del keys
        raise self._unwritten("delete")

    def add_column(self, name: str, value: str | int) -> None:
        """Adds a column of the value's type, in which every record holds it."""
        del name, value
        raise self._unwritten("add_column")

    def retype_column(self, name: str, value: str | int) -> None:
        """Gives a column the type of a value, and every record that value."""
        del name, value
        raise self._unwritten("retype_column")

    def drop_column(self, name: str) -> None:
        """Removes a column."""
        del name
        raise self._unwritten("drop_column")

    def forbid(self) -> None:
        """Takes away from the connector the right to read the stream."""
        raise self._unwritten("forbid")

    def allow(self) -> None:
        """Gives it back."""
        raise self._unwritten("allow")

    def fill(self, number: int) -> None:
        """Adds many records of any text."""
        del number
        raise self._unwritten("fill")

    def _unwritten(self, method: str) -> NotImplementedError:
        return NotImplementedError(f"write `{method}` of {type(self).__name__}, or say in `cannot` why a check is not")
