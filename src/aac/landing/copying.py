"""Raw copies of files, named by their content: what tables are prepared from, whoever writes the files meanwhile."""

from __future__ import annotations

import codecs
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from aac.connectors.texts import chunks
from aac.errors import SourceError
from aac.folders import file_mark, refusal, to_disk
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

UTF8 = "utf-8"
CHUNK = 1 << 20
PARQUET = b"PAR1"
"""How a Parquet file begins and ends."""


@record
class Copy:
    """A copy of a file by its name, the mark of the file, and how the copy was ``written`` (`is_whole`)."""

    name: str
    mark: str
    written: str


class Flushing:
    """Puts copies on the disk while other things go on."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1)
        self._begun: list[tuple[Path, Future[None]]] = []

    def begin(self, paths: Iterable[Path]) -> None:
        """Begins with files and folders, in order."""
        self._begun += [(path, self._worker.submit(to_disk, path)) for path in paths]

    def end(self) -> None:
        """Returns when all are on the disk; raises SourceError for one that cannot be put there."""
        for path, flushed in self._begun:
            try:
                flushed.result()
            except OSError as error:
                raise SourceError(f"`{path}` cannot be written: {refusal(error, path.parent)}") from error


def copied(path: Path, encoding: str, folder: Path, before: Mapping[str, Copy]) -> Copy:
    """The copy of a file in ``folder``, which is UTF-8 whatever the file is; it need not be on the disk yet.

    ``before``: the copies there are, by mark: a file that has not changed since is not read as long as its copy is what
    was written. Raises SourceError.
    """
    try:
        mark = f"{file_mark(path)} {encoding}"
        if (known := before.get(mark)) is not None and is_whole(folder / known.name, known.written):
            return known
        begun = _as_it_is(path)
        name = _copy(path, encoding, folder)
        if path.parent != folder and _as_it_is(path) != begun:
            raise SourceError(f"`{path}` changed while it was read: run `aac pull` again when it is written")
        return Copy(name, mark, _written(folder / name))
    except (OSError, UnicodeError) as error:
        why = refusal(error, folder) if isinstance(error, OSError) and path.exists() else str(error)
        raise SourceError(f"`{path}` cannot be copied to `{folder}`: {why}") from error


def is_whole(copy: Path, written: str) -> bool:
    """Whether a copy is what was written: one that has its length and not its time is read for that, and compared with
    the hash that it is named by."""
    if not copy.is_file():
        return False
    if (now := _written(copy)) == written:
        return True
    return now.split()[0] == written.split()[0] and _hash(copy) == copy.name.partition(".")[0]


def is_cut(parquet: Path) -> bool:
    """Whether a Parquet file lacks its end, without which nothing in it can be read."""
    with parquet.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - len(PARQUET)))
        return file.read() != PARQUET or length <= 2 * len(PARQUET)


def _written(copy: Path) -> str:
    here = copy.stat()
    return f"{here.st_size} {here.st_mtime_ns}"


def _hash(copy: Path) -> str:
    content = hashlib.sha256()
    for chunk in _bytes(copy):
        content.update(chunk)
    return content.hexdigest()


def _as_it_is(path: Path) -> tuple[int, ...]:
    """What changes when a file is written or replaced."""
    here = path.stat()
    return here.st_size, here.st_mtime_ns, here.st_ctime_ns, here.st_ino


def _copy(path: Path, encoding: str, folder: Path) -> str:
    """Copies a file under the hash of its content, never half; one that a connector wrote for us is moved."""
    folder.mkdir(parents=True, exist_ok=True)
    is_ours = path.parent == folder and encoding == UTF8
    new = path if is_ours else folder / "new"
    if is_ours:
        content = _hash(path)
    else:
        hashed = hashlib.sha256()
        with new.open("wb") as copy:
            for chunk in _bytes(path) if encoding == UTF8 else _recoded(path, encoding):
                hashed.update(chunk)
                copy.write(chunk)
        content = hashed.hexdigest()
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = next((each for each in reversed(suffixes) if encoding == UTF8 or each != ".gz"), "")
    name = f"{content}{suffix}"
    new.replace(folder / name)
    return name


def _bytes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _recoded(path: Path, encoding: str) -> Iterator[bytes]:
    """A text as UTF-8, decompressed."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in chunks(path):
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
