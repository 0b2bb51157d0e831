"""Which files of a folder make which stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aac.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of files with certain ``endings``, each a stream named by its file name up to the first dot.

    ``globs``: which files a stream is read from otherwise, by its name.
    """

    path: Path
    endings: tuple[str, ...]
    globs: Mapping[str, str]

    def streams(self) -> dict[str, list[Path]]:
        """The files of each stream, by name; raises SourceError when there is no such folder, or no file in it."""
        if not self.path.is_dir():
            raise SourceError(f"there is no folder `{self.path}`: correct `path` in aac.toml, or put the files there")
        found = {stream: self._matching(glob) for stream, glob in self.globs.items()}
        named = {path for paths in found.values() for path in paths}
        for path in sorted(self.path.iterdir()):
            stream = path.name.partition(".")[0]
            if stream and path.name.lower().endswith(self.endings) and path.is_file() and path not in named:
                found.setdefault(stream, []).append(path)
        if not found:
            raise SourceError(f"there is no *{self.endings[0]} file in `{self.path}`: correct `path` in aac.toml")
        return found

    def _matching(self, glob: str) -> list[Path]:
        try:
            paths = sorted(path for path in self.path.glob(glob) if path.is_file())
        except (ValueError, NotImplementedError):  # an empty or an absolute one
            paths = []
        if not paths:
            raise SourceError(f"no file in `{self.path}` matches `{glob}`: correct `files` in aac.toml")
        return paths
