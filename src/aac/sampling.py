"""Data that a team made up and committed, in place of its sources: for reviews where nobody may see the real one.

Below the folder lie files as the connector `csv` reads them, of each source in a folder of its name, or all in one.
"""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

from aac.config import EMBEDDED, Source
from aac.errors import SourceError
from aac.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from aac.project import Project

SAMPLE = "sample"


@contextmanager
def sampled(projects: Sequence[Project], folder: Path) -> Generator[tuple[Project, ...]]:
    """The projects as they would be if their sources were the files of a folder, with a place to pull them to.

    Raises SourceError when there is no such folder.
    """
    if not folder.is_dir():
        raise SourceError(f"there is no folder `{folder}`, which `sample` of `[review]` names")
    with temporary_folder() as root:
        copytree(folder, root / SAMPLE)
        yield tuple(_of_sample(made, root) for made in projects)


def _of_sample(made: Project, root: Path) -> Project:
    sources = {id_: _source(source, root) for id_, source in made.config.sources.items()}
    moved = copy(made)
    moved.by_day = {}  # a review counts everything as the newest documents say
    moved.config = replace(made.config, root=root, sources=sources, engine=EMBEDDED)
    return moved


def _source(source: Source, root: Path) -> Source:
    """A source that reads files: of what is said of it, how its texts are read stays."""
    own = Path(SAMPLE) / source.id
    path = own if (root / own).is_dir() else Path(SAMPLE)
    files = {"files": source.settings["files"]} if source.connector == "csv" and "files" in source.settings else {}
    return replace(source, connector="csv", settings={"path": path.as_posix(), **files})
