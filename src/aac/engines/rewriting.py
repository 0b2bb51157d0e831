"""The store, written anew: a copy of it is changed and then takes its place, so that readers see it before or after."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aac.engines.duckdb import LOCK, DuckdbEngine, Store, is_there
from aac.errors import DamagedStoreError, EngineError
from aac.folders import refusal, to_disk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from aac.config import EngineSettings


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Nobody else writes the store at ``path`` inside; raises EngineError when somebody does."""
    held = path.with_name(path.name + LOCK)
    with DuckdbEngine(files=(held,)) as engine:
        engine.own(held)
        yield


@contextmanager
def rewritten(
    path: Path,
    alias: str,
    settings: EngineSettings,
    files: Iterable[Path] = (),
    folders: Iterable[Path] = (),
    *,
    anew: bool = False,
) -> Generator[Store]:
    """A copy of the store at ``path``, which replaces it when all inside has ended well. To be used when it is locked.

    ``anew``: an empty one. ``files`` and ``folders`` are what it reads beside itself. Raises EngineError when it cannot
    be written, DamagedStoreError when what is there cannot be read; then nothing has changed.
    """
    new = path.with_name(path.name + ".new")
    try:
        _remove(new)
        if not anew and is_there(path):
            if path.stat().st_size < min(_sizes(path), default=0):
                raise DamagedStoreError
            _copy(path, new)
        with Store(new, alias, settings, files, folders) as store:
            yield store
            store.finish()
        _replace(new, path)
    finally:
        _remove(new)


def _copy(path: Path, new: Path) -> None:
    """Copies a database, with what was written of it and not brought into the file itself."""
    try:
        shutil.copyfile(path, new)
        if _log(path).exists():
            shutil.copyfile(_log(path), _log(new))
    except OSError as error:
        raise EngineError(f"`{path}` cannot be copied to `{new}`: {refusal(error, new.parent)}") from error


def _replace(new: Path, path: Path) -> None:
    """Gives a file its name when all of it is on the disk."""
    try:
        to_disk(new)
        size = new.stat().st_size
        _note_sizes(path, *_sizes(path), size)
        _log(path).unlink(missing_ok=True)  # it belongs to the file that goes
        new.replace(path)
        to_disk(path.parent)
        _note_sizes(path, size)
    except OSError as error:
        raise EngineError(f"`{path}` cannot be written: {refusal(error, path.parent)}") from error


def _remove(new: Path) -> None:
    """Removes what a process that was killed has left."""
    for path in (new, _log(new)):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise EngineError(f"`{path}` cannot be removed: {refusal(error, path.parent)}") from error


def _sizes(path: Path) -> list[int]:
    """How many bytes the file has, or those that may have replaced it; a shorter one has been cut."""
    noted = _beside(path)
    return [int(size) for size in noted.read_text().split() if size.isdecimal()] if noted.is_file() else []


def _note_sizes(path: Path, *sizes: int) -> None:
    new = path.with_name(path.name + ".bytes.new")
    new.write_text(" ".join(map(str, sizes)))
    to_disk(new)
    new.replace(_beside(path))


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".bytes")


def _log(path: Path) -> Path:
    """Where DuckDB keeps what is not in a database file yet."""
    return path.with_name(path.name + ".wal")
