"""Raw copies of files, named by their content: what tables are prepared from, whoever writes the files meanwhile."""

from __future__ import annotations

import codecs
import gzip
import hashlib
from typing import IO, TYPE_CHECKING, cast

from aac.errors import SourceError
from aac.folders import file_mark, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

UTF8 = "utf-8"
CHUNK = 1 << 20


def copied(path: Path, encoding: str, folder: Path, before: Mapping[str, str]) -> tuple[str, str]:
    """The name of a file's copy in ``folder`` and the mark of the file; a copy is UTF-8 whatever the file is.

    ``before``: the copies there are, by mark: a file that has not changed since is not read. Raises SourceError.
    """
    try:
        mark = f"{file_mark(path)} {encoding}"
        if (known := before.get(mark)) is not None and (folder / known).is_file():
            return known, mark
        begun = _as_it_is(path)
        copy = _copy(path, encoding, folder)
        if path.parent != folder and _as_it_is(path) != begun:
            raise SourceError(f"`{path}` changed while it was read: run `aac pull` again when it is written")
        return copy, mark
    except (OSError, EOFError, UnicodeError) as error:
        why = refusal(error, folder) if isinstance(error, OSError) and path.exists() else str(error)
        raise SourceError(f"`{path}` cannot be copied to `{folder}`: {why}") from error


def _as_it_is(path: Path) -> tuple[int, ...]:
    """What changes when a file is written or replaced."""
    here = path.stat()
    return here.st_size, here.st_mtime_ns, here.st_ctime_ns, here.st_ino


def _copy(path: Path, encoding: str, folder: Path) -> str:
    """Copies a file under the hash of its content, never half; one that a connector wrote for us is moved."""
    folder.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256()
    is_ours = path.parent == folder and encoding == UTF8
    new = path if is_ours else folder / "new"
    if is_ours:
        for chunk in _bytes(path):
            content.update(chunk)
    else:
        with new.open("wb") as copy:
            for chunk in _bytes(path) if encoding == UTF8 else _recoded(path, encoding):
                content.update(chunk)
                copy.write(chunk)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = next((each for each in reversed(suffixes) if encoding == UTF8 or each != ".gz"), "")
    name = f"{content.hexdigest()}{suffix}"
    new.replace(folder / name)
    return name


def _bytes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _recoded(path: Path, encoding: str) -> Iterator[bytes]:
    """A text as UTF-8, decompressed."""
    decoder = codecs.getincrementaldecoder(encoding)()
    is_compressed = path.suffix.lower() == ".gz"
    with cast("IO[bytes]", gzip.open(path, "rb")) if is_compressed else path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
