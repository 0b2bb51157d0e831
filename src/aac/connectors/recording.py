"""What a source was asked and what it answered, a line of JSON for each call: to report an answer that is read wrongly.

Secrets are in no line, and the words of people are unreadable (`redacting`); `aac.testing.Replay` answers from it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aac.connectors.redacting import masked
from aac.errors import SourceError
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aac.connectors.redacting import Redactor, Shown

KEPT_HEADERS = ("date", "retry-after", "content-type")
"""Headers of answers that say something; with them those that speak of limits."""


@record
class Exchange:
    """One call and its answer; ``data`` and ``answer`` are plain data, null where there was none."""

    method: str
    address: str
    data: Any
    status: int
    headers: Mapping[str, str]
    answer: Any


class Recording:
    """A file that gets a line for each exchange. ``shown``: what of answers can be told to others."""

    def __init__(self, path: Path, redactor: Redactor, shown: Shown) -> None:
        self._path = path
        self._redactor = redactor
        self._shown = shown
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, exchange: Exchange) -> None:
        """Writes one down; raises SourceError when the file cannot be written."""
        headers = {
            name.lower(): value
            for name, value in exchange.headers.items()
            if name.lower() in KEPT_HEADERS or "limit" in name.lower()
        }
        answer = masked(exchange.answer, self._shown)
        line = {
            "method": exchange.method,
            "address": exchange.address,
            "data": exchange.data,
            "status": exchange.status,
            "headers": headers,
            "answer": answer,
        }
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._redactor.plain(line), ensure_ascii=False) + "\n")
        except OSError as error:
            raise SourceError(f"the recording `{self._path}` cannot be written: {error.strerror}") from error


def read_recording(path: Path) -> Iterator[Exchange]:
    """The exchanges of a recording in order."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield Exchange(**json.loads(line))
