"""The files of a folder, whatever stands there under their names: nothing is passed over in silence."""

from __future__ import annotations

import errno
import os
import stat
import time
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

from aac.findings import Finding, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = (".yml", ".yaml")
MAX_BYTES = 2_000_000
"""No text that people write by hand is longer; reading this much takes a few seconds."""
SETTLED_NS = 2_000_000_000
"""So long after its last change a file's times are believed; no file system has a coarser clock."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Why the system writes no more where it may be written."""
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Why the system refuses to write where there is room."""
SORTS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


ALLOWED = "AAC_SOURCE_FOLDERS"
"""The environment variable in which whoever runs this names folders outside of the project that sources may lie in."""
OUTSIDE = "this is a link that leads out of the project"


def files(root: Path, folder: str) -> Iterator[tuple[str, bytes | Finding]]:
    """The YAML files below a folder of a project by their paths, in order: what is in each, or why that is not known.

    Links inside the project are followed; a folder that several ways lead to is read once. AAC112: too long; AAC116:
    cannot be read, or leads out of the project.
    """
    named = {path.relative_to(root).as_posix(): (path, is_out) for path, is_out in _walk(root / folder, root)}
    for file, (path, is_out) in sorted(named.items()):
        yield file, _told_outside(file) if is_out else _read(path, file)


def is_inside(path: Path, root: Path) -> bool:
    """Whether a path ends inside a folder when its links are followed, and not among the files of git there."""
    real, top = Path(realpath(path)), Path(realpath(root))  # unlike `resolve` it goes through links that are a ring
    return real.is_relative_to(top) and ".git" not in real.relative_to(top).parts


def may_be_read(path: Path, root: Path) -> bool:
    """Whether a source of the project at ``root`` may read a path: it ends inside the project, or in a folder that
    whoever runs this has allowed."""
    allowed = os.environ.get(ALLOWED, "").split(os.pathsep)
    return any(is_inside(path, Path(folder)) for folder in (root, *filter(None, allowed)))


def _told_outside(file: str) -> Finding:
    return Finding("AAC116", "error", OUTSIDE, "put the file itself there", Span(file, 1, 1))


def file_mark(path: Path) -> str:
    """Changes when a file does: length, times and number of it. Raises OSError.

    A file can change twice within one tick of the clock: one that changed just now has no mark to go by, and gets one
    of this moment.
    """
    here = path.stat()
    now = time.time_ns()
    is_settled = now - here.st_mtime_ns > SETTLED_NS
    return f"{here.st_size} {here.st_mtime_ns} {here.st_ctime_ns} {here.st_ino} {0 if is_settled else now}"


def _walk(top: Path, root: Path) -> Iterator[tuple[Path, bool]]:
    """Everything that is named like a YAML file and is no folder, the folders that cannot be listed, and whether a link
    leads out of the root: such a folder is not entered."""
    seen: set[tuple[int, int]] = set()
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            here = folder.stat()
            with os.scandir(folder) as listed:
                entries = sorted((entry.name, entry.is_symlink()) for entry in listed)
        except OSError:
            yield folder, False
            continue
        if folder == top and not is_inside(top, root):
            yield top, True
        elif (here.st_dev, here.st_ino) not in seen:
            seen.add((here.st_dev, here.st_ino))
            for name, is_link in entries:
                path = folder / name
                is_out, is_folder = is_link and not is_inside(path, root), path.is_dir()
                if is_folder and not is_out:
                    folders.append(path)
                elif is_folder or path.suffix.lower() in SUFFIXES:
                    yield path, is_out


def _read(path: Path, file: str) -> bytes | Finding:
    """What is in a file. One that is no ordinary file is not opened, as that may wait for ever."""
    try:
        mode = path.stat().st_mode
        sort = next((name for is_one, name in SORTS if is_one(mode)), None)
        if sort is not None:
            return Finding("AAC116", "error", f"this is {sort}, not a file", "put a file there", Span(file, 1, 1))
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"this cannot be read: {error.strerror}"
        return Finding("AAC116", "error", message, "make it readable; a link has to lead somewhere", Span(file, 1, 1))
    return checked(data, file)


def checked(data: bytes | None, file: str) -> bytes | Finding:
    """What is in a file, unless it is too long (AAC112), or a link of which only the name is known (AAC116)."""
    if data is None:
        message = "this is a link, and what it leads to was not committed with it"
        return Finding("AAC116", "error", message, "commit the file itself", Span(file, 1, 1))
    if len(data) > MAX_BYTES:
        message = f"the file is longer than {MAX_BYTES // 1_000_000} MB, so it is not read"
        instead = "split it into several files; records belong into a source, not into documents"
        return Finding("AAC112", "error", message, instead, Span(file, 1, 1))
    return data


def to_disk(path: Path) -> None:
    """Returns when what is in a file, or which names a folder has, would outlive a power cut. Raises OSError."""
    is_folder = path.is_dir()
    if is_folder and os.name != "posix":  # elsewhere no folder can be opened
        return
    opened = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def refusal(error: OSError, folder: Path) -> str:
    """Why something could not be written to a folder, and what to do where nobody may."""
    if error.errno in FORBIDDEN:
        return (unreadable(Path(error.filename)) if error.filename is not None else None) or not_writable(folder)
    return no_room(folder) if error.errno in NO_ROOM else error.strerror or str(error)


def failure(error: OSError, folder: Path) -> str:
    """Why a file could not be read, or written to a folder."""
    if error.errno in NO_ROOM or error.filename is None:
        return refusal(error, folder)
    return f"`{error.filename}`: {error.strerror}"


def no_room(folder: Path) -> str:
    """That a disk is full, and what to do."""
    return f"there is no room left in `{folder}`: make room on its disk, and run it again"


def unreadable(path: Path) -> str | None:
    """That a file, or a folder that it lies in, may not be read, and what to do; null when it may, or is not there."""
    for place in (*reversed(path.parents), path):
        if not os.access(place, os.R_OK if place == path else os.X_OK) and os.path.lexists(place):
            return f"`{place}` may not be read: let aac read it, and run it again"
    return None


def not_writable(folder: Path) -> str:
    """That a folder may not be written, and what to do."""
    return f"the folder `{folder}` may not be written: let aac write there, and run it again"
