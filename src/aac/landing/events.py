"""What a pull tells while it runs: in words, and as plain values for programs (`aac pull --format json`)."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@record
class Event:
    """``notice``: something to know; ``source``: one that can be read; ``refused``: a stream of it that may not be;
    ``limits``: how much more it allows; ``progress``: rows read so far; ``stream``: one
    that is there, with its ``rows``, how many were ``deleted``, ``seconds`` and the ``cursor`` it goes on from.

    ``values`` can be JSON.
    """

    event: Literal["notice", "source", "refused", "limits", "progress", "stream"]
    words: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


Tell: TypeAlias = "Callable[[Event], None]"
