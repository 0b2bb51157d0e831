"""Folders that are there for as long as something takes, and what was left of those of a process that was killed.

They can hold data of a source, so nothing of them may stay: who makes one removes those that nobody holds any more.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import TYPE_CHECKING

from aac.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Generator

PREFIX = "aac-"
OURS = re.compile(rf"{PREFIX}[a-z0-9_]{{8}}")
"""The names that such folders get."""
HELD = ".held"
"""The file in a folder that its process locks; the lock goes with the process, however that ends."""


@contextmanager
def temporary_folder() -> Generator[Path]:
    """A folder that only this user can enter, in the place that the system has for such. Raises EngineError."""
    try:
        _remove_left(Path(gettempdir()))
        folder = Path(mkdtemp(prefix=PREFIX))
        mark = _held(folder)
    except OSError as error:
        instead = "make room there, or let `TMPDIR` name a folder that may be written"
        raise EngineError(f"no temporary folder can be made ({error.strerror or error}): {instead}") from None
    try:
        yield folder
    finally:
        os.close(mark)
        shutil.rmtree(folder, ignore_errors=True)


def _held(folder: Path) -> int:
    """The file that marks a folder as held, open and locked."""
    soon = folder / f"{HELD}-soon"
    mark = os.open(soon, os.O_CREAT | os.O_RDWR, 0o600)
    _lock(mark)
    soon.rename(folder / HELD)  # so that nobody meets it without its lock
    return mark


def _remove_left(place: Path) -> None:
    """Removes the folders of processes that are gone."""
    for folder in [each for each in place.glob(f"{PREFIX}*") if OURS.fullmatch(each.name)]:
        with suppress(OSError):
            if _is_of_this_user(folder):
                with (folder / HELD).open("rb") as mark:
                    _lock(mark.fileno())
                    shutil.rmtree(folder, ignore_errors=True)


def _is_of_this_user(folder: Path) -> bool:
    """Whether nobody else can have put anything into a folder; raises OSError when it is gone."""
    here = folder.lstat()
    return stat.S_ISDIR(here.st_mode) and (sys.platform == "win32" or here.st_uid == os.getuid())


def _lock(file: int) -> None:
    """Locks an open file for as long as it is open; raises OSError when another process has. Windows lets nobody remove
    a file that is open, so there it needs no lock."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
