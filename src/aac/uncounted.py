"""What a change does that no recount can show: it is told with the reason, and never taken for nothing.

What only such a change reaches is not counted at all. What another change reaches, too, is counted without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.counting import SCORING, handed_over, meant
from aac.inheriting import CODE, SETTINGS, inherited
from aac.selecting import measurable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.changes import Change
    from aac.project import Project

READING = ("timezone", "nulls", "watermark", "freshness")
"""What is said of a source that decides how its data is read, and not what data there is."""
WORDS = ("definition", "icp", SCORING)
"""Kinds of which records are counted."""

OF_CODE = "a review runs no code of a branch, so what this does is not counted; `aac diff` counts it"
OF_A_BRANCH = "a review reads no data as a branch says it, so what this does is not counted"
OF_A_PULL = (
    "both sides are counted on what the last `aac pull` brought, and what is read from elsewhere is not compared"
)
OF_AN_AGE = (
    "how old data may be decides statuses by the hour at which somebody looks, and no number: see `aac check` on both "
    "sides"
)
OF_A_PAGE = "it decides which groups and keys are shown, and no number: see `aac build` on both sides"
OF_GROUPS = "groups are not counted on either side, only totals"
OF_NO_BAND = "it has no band that can be counted; what rests on it is"
OF_A_BAND = "only its records in {} are counted, not those in its other bands"
OF_A_VERSION = (
    "the past is counted as the newest version says it, and that says the same: what changes is an earlier version, or "
    "the days on which they hold, so see `aac check --window` on both sides"
)


def uncounted(
    found: Sequence[Change], base: Project, head: Project, *, is_hostile: bool
) -> tuple[tuple[Change, ...], tuple[tuple[str, str], ...]]:
    """The changes whose effect can be counted; and what the others are about and reach alone, each with the reason.

    ``is_hostile``: nobody has agreed to the later side yet.
    """
    own = [change for change in found if not change.over]
    beside = _beside(own, head)
    reasons = {change: why for change in own if (why := _reason(change, is_hostile=is_hostile)) is not None}
    if not reasons:
        return tuple(found), tuple(beside.items())
    counted = [change for change in own if change not in reasons]
    reached = {change.doc for change in (*counted, *inherited(base, head, counted))}
    measured = {part.subject for made in (base, head) for part in measurable(made)}
    told = dict(beside)
    for change, why in reasons.items():
        told.setdefault(_name(change), why)
        for each in inherited(base, head, [change]):
            name = ":".join(each.doc)
            if each.doc not in reached and (name in measured or each.doc[0] in WORDS):
                told.setdefault(name, why)
    return tuple(change for change in found if change.doc in reached and change not in reasons), tuple(told.items())


def _beside(own: Sequence[Change], head: Project) -> dict[str, str]:
    """What moves a status, a page or a band of which nothing is counted, and why; all else of it is."""
    told: dict[str, str] = {}
    for change in (change for change in own if change.level == "breaking"):
        if change.doc == SETTINGS and change.keys[-1] == "freshness":
            told[_name(change)] = OF_AN_AGE
        elif change.doc == SETTINGS and change.keys[0] == "privacy":
            told[_name(change)] = OF_A_PAGE
        elif change.keys[-1:] == ("by",):
            told[f"{_name(change)} by {', '.join(change.entries) or change.old}"] = OF_GROUPS
        elif change.doc[0] == SCORING and change.doc in head.models:
            bands = handed_over(change.doc, head)
            if meant(change.doc, head) is None:
                told[_name(change)] = OF_NO_BAND
            elif len(bands) < len(getattr(head.models[change.doc], "bands", None) or ()):
                told[_name(change)] = OF_A_BAND.format(" and ".join(f"`{band}`" for band in bands))
    return told


def _reason(change: Change, *, is_hostile: bool) -> str | None:
    """Why what a change does to the numbers cannot be counted; null where it can, or does nothing to any."""
    if change.doc[0] == CODE:  # whatever it says of itself
        return OF_CODE if is_hostile else None
    if change.level != "breaking" or not (change.moves_meaning or change.is_past):
        return None
    if change.is_past:
        return OF_A_VERSION
    if change.doc == SETTINGS and change.keys[0] == "sources":
        if is_hostile:
            return OF_A_BRANCH
        return None if change.keys[-1] in READING else OF_A_PULL
    return None


def _name(change: Change) -> str:
    """What a change is about: `sources.crm.path`, `plugins/ours.py`, `definition:mql`."""
    if change.doc == SETTINGS:
        return ".".join((change.keys[0], *change.entries, *change.keys[1:]))
    return change.doc[1] if change.doc[0] == CODE else ":".join(change.doc)
