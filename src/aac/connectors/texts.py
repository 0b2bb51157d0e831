"""Text files as they come: in which encoding one is written, and what it is when it is no text at all.

An encoding is never guessed in silence: a byte order mark says it, UTF-8 proves itself, everything else is either
declared or read as Windows-1252 and told.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from aac.connectors.base import Notice
from aac.errors import SourceError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

UTF8 = "utf-8"
WESTERN = "windows-1252"
MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, and the codecs that read them; those of four bytes before those of two that they begin with."""
AS_BROWSERS_DO = {"iso8859-1": WESTERN, "ascii": WESTERN}
"""What calls itself Latin-1 is Windows-1252 wherever they differ (WHATWG, Encoding Standard, 4.2)."""
NO_TEXT = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive", 'save it as «CSV UTF-8», or use `connector = "xlsx"`'),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", 'save it as «CSV UTF-8», or use `connector = "xlsx"`'),
    (b"PAR1", "a Parquet file", 'use `connector = "parquet"`'),
    (b"\x1f\x8b", "compressed", "let its name end in `.gz`"),
    (b"%PDF", "a PDF", "export the table as «CSV UTF-8»"),
    (b"SQLite format 3\0", "a SQLite database", "export its table as «CSV UTF-8»"),
)
"""How files begin that are no text, whatever their names say, and what to do with each."""
WEB_PAGE = re.compile(rb"\s*<(!doctype html|html|table)\b", re.IGNORECASE)
MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}")
"""What UTF-8 makes of characters that others write as one byte."""
CHUNK = 1 << 20
HEAD = 1 << 16
FEW = 5


@record
class Written:
    """In which encoding a file is written; ``sign``: what its other letters look like, where that was recognised."""

    encoding: str
    sign: str = ""


def known_encoding(name: str) -> str:
    """The codec of a declared encoding; raises ValueError for what is none of text."""
    try:
        codec = codecs.lookup(name).name
        "".encode(codec)
    except LookupError:
        raise ValueError(name) from None
    return AS_BROWSERS_DO.get(codec, codec)


@contextmanager
def opened(path: Path) -> Generator[IO[bytes]]:
    """A file for reading, decompressed where its name says that it is compressed.

    Raises SourceError inside for one that cannot be read, or not be decompressed to its end.
    """
    is_compressed = path.suffix.lower() == ".gz"
    try:
        with cast("IO[bytes]", gzip.open(path, "rb")) if is_compressed else path.open("rb") as file:
            yield file
    except EOFError:
        raise SourceError(f"`{path}` ends too early: it was cut, so export or copy it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"`{path}` cannot be decompressed ({error}): export or copy it again") from None


def read_through(path: Path) -> None:
    """Reads a file to its end; raises SourceError for one that cannot be."""
    for _ in chunks(path):
        pass


def head_encoding(path: Path, declared: str | None) -> str:
    """In which encoding a file begins; raises SourceError when it is no text."""
    with opened(path) as file:
        head = file.read(HEAD)
    _refuse_no_text(path, head)
    if found := _marked(head) or declared or _wide(head):
        return found
    try:
        codecs.getincrementaldecoder(UTF8)().decode(head)
    except UnicodeDecodeError:
        return WESTERN
    return UTF8


def written(path: Path, declared: str | None) -> Written:
    """In which encoding all of a file is written.

    Raises SourceError for one that is not written in the encoding that it begins with or that is declared.
    """
    encoding = head_encoding(path, declared)
    is_guess = encoding == WESTERN and not declared
    if not is_guess and _holds(path, encoding):
        is_told = encoding in (UTF8, declared, *dict(MARKS).values())
        return Written(encoding, "" if is_told else "every other byte of it is zero")
    if declared or encoding not in (UTF8, WESTERN):
        raise SourceError(_not_written(path, encoding))
    return _western(path)


@contextmanager
def text_of(path: Path, encoding: str) -> Generator[IO[str]]:
    """A file as text without a byte order mark, its line ends as they are, and letters for bytes that are none."""
    codec = "utf-8-sig" if encoding == UTF8 else encoding
    with opened(path) as file:
        yield io.TextIOWrapper(file, encoding=codec, errors="replace", newline="")


def told(path: Path, how: Written) -> Notice:
    """AAC640: the encoding of a file was recognised."""
    shown = {WESTERN: "Windows-1252", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}[how.encoding]
    message = f"`{path.name}` is not UTF-8 and was read as {shown}: {how.sign}"
    name = how.encoding if how.encoding == WESTERN else "utf-16"
    instead = f'if that is right, write `encoding = "{name}"` for the source; else export it as «CSV UTF-8»'
    return Notice("AAC640", "warning", message, instead)


def _refuse_no_text(path: Path, head: bytes) -> None:
    for beginning, what, instead in NO_TEXT:
        if head.startswith(beginning):
            raise SourceError(f"`{path}` is {what}, whatever its name says: {instead}")
    if WEB_PAGE.match(head):
        raise SourceError(f"`{path}` is a web page, whatever its name says: download it again, logged in, as CSV")


def _marked(head: bytes) -> str | None:
    return next((codec for mark, codec in MARKS if head.startswith(mark)), None)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of Western text is zero."""
    pairs = len(head) // 2
    for codec, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        if pairs and head[start::2].count(0) > 0.7 * pairs and not head[1 - start :: 2].count(0):
            return codec
    return None


def chunks(path: Path) -> Iterator[bytes]:
    """What is in a file, as `opened` reads it, a part at a time."""
    with opened(path) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _holds(path: Path, encoding: str) -> bool:
    """Whether all of a file is written in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        is_fresh = encoding == UTF8
        for chunk in chunks(path):
            # plain letters need no decoding, unless a letter has begun before them
            if not (is_fresh and chunk.isascii()):
                decoder.decode(chunk)
                is_fresh = encoding == UTF8 and decoder.getstate() == (b"", 0)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _western(path: Path) -> Written:
    """A file that is not UTF-8 as Windows-1252; raises SourceError when a part of it is UTF-8, or it is neither."""
    letters: dict[str, None] = {}
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            if MULTIBYTE.search(line):
                raise SourceError(
                    f"`{path}` is written in two encodings (line {number} seems to be UTF-8, and others are not): "
                    "export it as «CSV UTF-8», or declare its `encoding`"
                )
            try:
                letters |= dict.fromkeys(letter for letter in line.decode(WESTERN) if not letter.isascii())
            except UnicodeDecodeError:
                raise SourceError(_unknown(path, number)) from None
    first = ", ".join(f"`{letter}`" for letter in list(letters)[:FEW])
    return Written(WESTERN, f"its other letters are then {first}{', …' if len(letters) > FEW else ''}")


def _not_written(path: Path, encoding: str) -> str:
    return f"`{path}` is not written in {encoding} throughout: export it as «CSV UTF-8», or correct `encoding`"


def _unknown(path: Path, line: int) -> str:
    return (
        f"line {line} of `{path}` is neither UTF-8 nor Windows-1252: export it as «CSV UTF-8», or declare its "
        'encoding, as in `encoding = "windows-1250"`'
    )
