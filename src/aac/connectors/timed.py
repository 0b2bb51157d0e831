"""Settings of sources that are asked for what changed since a time, in so many calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, Field

from aac.connectors.base import Settings
from aac.periods import parse_duration


def _elapsed(text: str) -> str:
    if parse_duration(text).clock != "elapsed":
        raise ValueError(f"`{text}` is not elapsed time; write minutes, hours or days, as in `15 minutes`")
    return text


Elapsed: TypeAlias = Annotated[str, AfterValidator(_elapsed)]
"""A time that passes at night too, as it is written."""


class TimedSettings(Settings):
    """``overlap``: how far behind the last pull the next one begins. ``sweep``: how often everything is read again.
    ``max_calls``: of one pull."""

    aside: ClassVar[frozenset[str]] = frozenset({"overlap", "sweep", "max_calls"})
    overlap: Elapsed = "15 minutes"
    sweep: Elapsed = "7 days"
    max_calls: int | None = Field(default=None, gt=0)

    @property
    def overlap_time(self) -> timedelta:
        return timedelta(microseconds=parse_duration(self.overlap).us)

    @property
    def sweep_time(self) -> timedelta:
        return timedelta(microseconds=parse_duration(self.sweep).us)
