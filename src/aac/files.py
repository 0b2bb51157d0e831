"""Files that users ask for: written whole, or not at all."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from aac.errors import SourceError
from aac.folders import refusal

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, text: str) -> None:
    """Writes a file whole or not at all; raises SourceError."""
    fresh = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise SourceError(f"{path} cannot be written: {refusal(error, path.absolute().parent)}") from None


def append_file(path: Path, text: str) -> None:
    """Writes behind what a file holds; raises SourceError."""
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {refusal(error, path.absolute().parent)}") from None
