"""Folders of files: which files make which stream, and what all connectors of files have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from aac.connectors.base import Context, Settings, Slice
from aac.errors import SourceError
from aac.folders import ALLOWED, may_be_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from aac.connectors.base import Stream


CALLED_TEXT = (".csv", ".tsv")


class FolderSettings(Settings):
    """``path``: the folder, seen from the project's. ``files``: which files a stream is read from, by its name."""

    places: ClassVar[tuple[str, ...]] = ("path",)

    path: str
    files: dict[str, str] = Field(default_factory=dict[str, str])


class FolderConnector:
    """Each file with one of the ``endings`` is a stream named by its file name up to the first dot, unless ``files``
    names it otherwise. Files of one stream (`leads.2025.csv`, `leads.2026.csv`) follow each other by name."""

    endings: ClassVar[tuple[str, ...]]
    beginnings: ClassVar[tuple[bytes, ...]] = ()

    def __init__(self, settings: FolderSettings, context: Context) -> None:
        self._root = context.root
        self.context = context
        self._folder = context.root / settings.path
        self._globs = settings.files

    def check(self) -> None:
        """Raises SourceError when there is no such folder, or no file in it."""
        self.files()

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """The whole stream: files do not tell what is new in them. What was found out about them goes along."""
        return (Slice(stream.name, state or {}),)

    def files(self) -> dict[str, list[Path]]:
        """The files of each stream, by name; raises SourceError when there is no such folder, or no file in it."""
        if not self._folder.is_dir():
            message = f"there is no folder `{self._folder}`: correct `path` in aac.toml, or put the files there"
            raise SourceError(message)
        found = {stream: self._matching(glob) for stream, glob in self._globs.items()}
        named = {path for paths in found.values() for path in paths}
        for path in sorted(self._folder.iterdir()):
            stream = path.name.partition(".")[0]
            if stream and path not in named and path.is_file() and self.is_read(path):
                found.setdefault(stream, []).append(path)
        if not found:
            raise SourceError(f"there is no *{self.endings[0]} file in `{self._folder}`: correct `path` in aac.toml")
        refuse_outside([path for paths in found.values() for path in paths], self._root)
        return found

    def is_read(self, path: Path) -> bool:
        """Whether a file is one of those that the connector reads, by its name, or by its first bytes if it is called
        a text and is none."""
        name = path.name.lower()
        if not self.beginnings or not name.endswith(CALLED_TEXT):
            return name.endswith(self.endings)
        try:
            with path.open("rb") as file:
                return file.read(4) in self.beginnings
        except OSError as error:
            raise SourceError(f"`{path}` cannot be read: {error.strerror}") from error

    def _matching(self, glob: str) -> list[Path]:
        try:
            paths = sorted(path for path in self._folder.glob(glob) if path.is_file())
        except (ValueError, NotImplementedError):  # an empty or an absolute one
            paths = []
        if not paths:
            raise SourceError(f"no file in `{self._folder}` matches `{glob}`: correct `files` in aac.toml")
        return paths


def refuse_outside(paths: Iterable[Path], root: Path) -> None:
    """Raises SourceError for a path that ends outside of the project at ``root``, its links followed."""
    outside = next((path for path in paths if not may_be_read(path, root)), None)
    if outside is not None:
        raise SourceError(
            f"`{outside}` leads out of the project: put the file itself there, or let the environment variable "
            f"`{ALLOWED}` name the folder it leads to"
        )


def refuse_doubled(place: str, columns: list[str]) -> None:
    """Raises SourceError for names that are one name in SQL, where `Email` and `email` are one column."""
    folded = [name.casefold() for name in columns]
    twice = [name for at, name in enumerate(columns) if name.casefold() in folded[:at]]
    if twice:
        raise SourceError(f"{place} has two columns `{twice[0]}`: rename or remove one of them")
