"""When versions begin: a window is measured with what holds on its first day, so one that begins inside it waits."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from aac.findings import Finding
from aac.periods import GRAINS, day_of, window_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.periods import Grain
    from aac.project import Project, Version


def inside_open_windows(project: Project, now_us: int) -> Iterator[Finding]:
    """A warning (AAC444) for each version that begins inside a window which is not over on the day of ``now_us``.

    It is the shortest window in which the document, or what rests on it, is measured.
    """
    today = day_of(now_us, project.timezone)
    for version in project.versions:
        if version.begins == date.min or version.begins.year < today.year - 1 or version.is_packaged:
            continue
        grain = _shortest(version, project.at(version.begins))
        window = window_of(grain, version.begins, project.fiscal_start) if grain is not None else None
        if window is None or window.first in (None, version.begins) or window.until is None or window.until <= today:
            continue
        held = "all of which is measured with what held before"
        message = f"this begins on {version.begins}, inside {window.label}, {held}"
        advice = f"begin on {window.until}, from when on it counts, or on {window.first}"
        span = version.document.span("effective_from")
        yield Finding("AAC444", "warning", message, advice, span, f"{version.id[0]}:{version.id[1]}")


def _shortest(version: Version, made: Project) -> Grain | None:
    """The shortest windows of what a version is measured as, or of all that rests on it."""
    parts = [*made.clocks, *made.measures, *made.derived]
    own = [part.grain for part in parts if part.subject == ":".join(version.id)]
    if not own:
        from aac.resting import Grounds

        known = Grounds(made)
        kinds = (part.subject.split(":", 1) for part in parts)
        users = {(kind, id_) for kind, id_ in kinds if version.id in known.of((kind, id_)).documents}
        own = [part.grain for part in parts if tuple(part.subject.split(":", 1)) in users]
    known_grains = [grain for grain in GRAINS if grain in own]
    return cast("Grain", known_grains[0]) if known_grains else None
