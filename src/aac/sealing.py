"""Whether a build would make what it made last time, told by what it would read, before any of that is done.

Where that is not known for certain there is no seal, and the build goes its way: without a `now` that was given; with
very many files of data. Of plugins the code is read, with all that lies beside it: what else they may read is theirs
to keep there (`docs/how-to/write-a-plugin.md`). It is kept in the user's cache folder, and with it how the pages were
left, so that nobody's hand on either is passed over.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from aac import caches, config
from aac.distribution import VERSION
from aac.errors import AacError
from aac.plugins import guest_places
from aac.publishing import MANIFESTS, site_of
from aac.records import record
from aac.revisions import standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_FILES = 10_000
"""Files of data whose dates are looked at: of more nobody knows beforehand."""
OWN = ("alignment", "templates")
"""What of a project is read word by word, beside its settings."""
TOLD = ("AAC_", "TZ")
"""Beginnings of the names of what the environment says."""


@record
class Seal:
    """What a build of ``site`` reads, as one ``stamp``; ``words`` are those of its command line."""

    start: Path
    words: tuple[str, ...]
    site: Path
    is_restricted: bool
    stamp: str

    @property
    def name(self) -> str:
        """What it is kept under."""
        return f"build-{digest([str(self.site)])}"

    def holds(self) -> bool:
        """Whether the pages that are there were made of the same, and are as they were left."""
        pages = self._pages()
        return pages is not None and caches.read(self.name, self.stamp) == pages

    def keep(self) -> None:
        """Keeps it once the pages are there, unless something that they are made of changed meanwhile."""
        pages, again = self._pages(), seal_of(self.start, self.words, self.site, is_restricted=self.is_restricted)
        if pages is not None and again is not None and again.stamp == self.stamp:
            caches.write(self.name, self.stamp, f'"{pages}"')

    def _pages(self) -> str | None:
        """How the pages were left that a build lists, as one digest; null when one is missing."""
        listed = self.site / MANIFESTS[self.is_restricted]
        if not listed.is_file():
            return None
        paths = [listed, *(self.site / line for line in listed.read_text(encoding="utf-8").splitlines())]
        dates = list(_dates(paths))
        return digest(dates) if len(dates) == len(paths) else None


def seal_of(start: Path, words: Sequence[str], out: Path | None, *, is_restricted: bool) -> Seal | None:
    """The seal of a build of the project at or above a folder; null where it is not known what it would read."""
    try:
        made = config.load(start)
        found = [*words, stamp_of(made), *_of_data(made)]
    except (AacError, OSError):  # what is wrong is told by the build
        return None
    if any(one is None for one in found):
        return None
    site = site_of(made.root, out, is_restricted=is_restricted).absolute()
    return Seal(start, tuple(words), site, is_restricted, digest(str(one) for one in found))


def stamp_of(made: config.Config) -> str:
    """This program, a project and its plugins, as one digest of what they say."""
    return digest([*_of_us(), *_of_project(made), *_of_guests(made)])


def dates_of(made: config.Config) -> str:
    """The files of a project and its plugins, as one digest of when they were written."""
    return digest(_dates(_files([*_own(made), *guest_places(made.root)])))


def _of_us() -> Iterator[str]:
    """This program, and whatever it is run with."""
    yield from (VERSION, sys.version, sys.platform)
    yield from _dates(sorted(Path(__file__).parent.rglob("*")))
    for folder in sys.path:
        yield from sorted(path.name for path in Path(folder).glob("*.dist-info"))
    yield from sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(TOLD))


def _of_project(made: config.Config) -> Iterator[str]:
    """Its documents, settings and templates word by word, and what git knows of it."""
    yield from _words(_own(made))
    yield from standing(made.root)


def _own(made: config.Config) -> list[Path]:
    return [made.root / config.FILE, *(made.root / name for name in OWN)]


def _of_guests(made: config.Config) -> Iterator[str]:
    """The code of plugins word by word, and what lies beside it."""
    yield from _words(guest_places(made.root))


def _words(places: Iterable[Path]) -> Iterator[str]:
    """Some files, and those in some folders, by what they say."""
    for path in _files(places):
        if path.suffix != ".pyc" and path.is_file():
            yield from (str(path), sha256(path.read_bytes()).hexdigest())


def _files(places: Iterable[Path]) -> Iterator[Path]:
    return (path for place in places for path in (sorted(place.rglob("*")) if place.is_dir() else [place]))


def _of_data(made: config.Config) -> Iterator[str | None]:
    """The dates of what was pulled, and of what it was pulled from; null when there are too many files."""
    store = made.root / made.engine.path
    sources = [made.root / source.place for source in made.sources.values() if source.place]
    for place in (made.root / ".aac", store, store.with_name(f"{store.name}.wal"), *sources):
        paths = list(islice(place.rglob("*") if place.is_dir() else [place], MOST_FILES + 1))
        yield from [None] if len(paths) > MOST_FILES else _dates(sorted(paths))


def _dates(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        if path.suffix != ".pyc" and path.is_file():
            told = path.stat()
            yield f"{path} {told.st_size} {told.st_mtime_ns}"


def digest(parts: Iterable[str]) -> str:
    """Some texts as one short text, which others never share."""
    return sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
