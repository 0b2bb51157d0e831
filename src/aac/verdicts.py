"""What `aac validate` said of the same documents on the same day: it is said again, and nothing is checked anew.

Like a seal it is told by all that is read, word by word, and kept in the user's cache folder. A verdict holds for a day
only, as some findings are about what is overdue.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from os.path import lexists, realpath
from typing import TYPE_CHECKING, Any

from aac import caches, config
from aac.errors import AacError
from aac.findings import Finding, Span
from aac.periods import day_of
from aac.records import record
from aac.sealing import dates_of, digest, stamp_of
from aac.sources import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aac.findings import Level


@record
class Verdict:
    """``findings`` about so many ``documents`` of a project with this ``timezone``, on a ``day``."""

    findings: tuple[Finding, ...]
    documents: int
    timezone: str
    day: str


@record
class Question:
    """All that a verdict depends on but the day, as one ``stamp``; ``dates``: when that was written."""

    start: Path
    stamp: str
    dates: str
    name: str

    def answer(self, now_us: int) -> Verdict | None:
        """The verdict that was kept, if it is of the day of ``now_us``."""
        kept = caches.read(self.name, self.stamp, _verdict)
        return kept if isinstance(kept, Verdict) and kept.day == _day(now_us, kept.timezone) else None

    def keep(self, findings: Sequence[Finding], documents: int, timezone: str, now_us: int) -> None:
        """Keeps a verdict, unless what it is about was written to meanwhile."""
        again = dates_of(config.load(self.start))
        if again == self.dates:
            rows = [[*astuple(one)] for one in findings]
            told = {"findings": rows, "documents": documents, "timezone": timezone, "day": _day(now_us, timezone)}
            caches.write(self.name, self.stamp, json.dumps(told))


def question_of(start: Path, *, with_plugins: bool) -> Question | None:
    """What is asked of the project at or above a folder; null where that cannot be told."""
    try:
        made = config.load(start)
        dates = dates_of(made)
        asked = [str(with_plugins), stamp_of(made), *_places(made)]
    except (AacError, OSError):  # what is wrong is told as it is validated
        return None
    return Question(start, digest(asked), dates, f"verdict-{digest([str(made.root)])}")


def _places(made: config.Config) -> list[str]:
    """Where the places lead that settings name, and which of what only aac writes is there."""
    own = (made.root / OWN, made.root / made.engine.path)
    named = [made.root / str(value) for source in made.sources.values() for value in source.settings.values()]
    return [*(f"{realpath(path)} {lexists(path)}" for path in own), *map(realpath, named)]


def _day(now_us: int, timezone: str) -> str:
    """The local day of a moment, and that of UTC: some sources have another zone."""
    return f"{day_of(now_us, timezone)} {day_of(now_us, 'UTC')}"


def _verdict(kept: dict[str, Any]) -> Verdict:
    """A mapping of the cache as a verdict; raises KeyError, TypeError or ValueError for what we never wrote."""
    findings = tuple(_finding(*row) for row in kept["findings"])
    return Verdict(findings, int(kept["documents"]), str(kept["timezone"]), str(kept["day"]))


def _finding(
    code: str, level: Level, message: str, instead: str, span: list[Any] | None, doc: str | None, count: int,
    keys: list[str], field: str | None, affects: list[str], entity: str | None,
) -> Finding:  # fmt: skip
    place = Span(*span) if span is not None else None
    return Finding(code, level, message, instead, place, doc, count, tuple(keys), field, tuple(affects), entity)
