"""What the teams keep up: every agreement has an owner, and is looked at again when they said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.findings import Finding
from aac.kinds.decision import Decision
from aac.kinds.waiver import Waiver
from aac.periods import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from aac.project import Project

UNOWNED = frozenset({"company", "team", "calendar", "entity", "signoff", "lock", "waiver"})
"""Kinds that need no owner."""


def everything_has_an_owner(project: Project) -> None:
    """A warning (AAC423) for a document that no team answers for; an SLA is its debtor's."""
    for id_, model in project.models.items():
        if model.owner is None and id_[0] not in UNOWNED and getattr(model, "who", None) is None:
            message = f"no team answers for this {id_[0]}"
            span = project.places[id_].span("id")
            project.told.append(
                Finding("AAC423", "warning", message, "add `owner: <team>`", span, f"{id_[0]}:{id_[1]}")
            )


def overdue(project: Project, now_us: int) -> list[Finding]:
    """A warning (AAC422) for each document whose review was due before the local day of ``now_us`` (microseconds).

    What holds no longer, or not yet, is not looked at.
    """
    day = day_of(now_us, project.timezone)
    today = project.at(day)
    found: list[Finding] = []
    for id_, model in today.models.items():
        if model.review_by is not None and model.review_by < day and today.is_in_force(id_):
            answers = f"`{model.owner}` answers for it" if model.owner else "nobody answers for it"
            message = f"this was to be looked at again by {model.review_by}, and {answers}"
            advice = "agree that it still holds, and write the day of the next review"
            span = today.places[id_].span("review_by")
            found.append(Finding("AAC422", "warning", message, advice, span, f"{id_[0]}:{id_[1]}"))
    return [*found, *_undone(today, day), *_expired(today, day)]


def _expired(today: Project, day: date) -> Iterator[Finding]:
    """A warning (AAC448) for each waiver that has expired, and nobody closed."""
    for model in today.of_kind("waiver"):
        if isinstance(model, Waiver) and model.state == "open" and model.expires <= day:
            message = f"this waiver of `{model.of}` expired on {model.expires}: what started since is excused no longer"
            advice = "look at what came of it and write `state: closed`, or agree on another day"
            span = today.places["waiver", model.id].span("expires")
            yield Finding("AAC448", "warning", message, advice, span, f"waiver:{model.id}")


def _undone(today: Project, day: date) -> Iterator[Finding]:
    """A warning (AAC443) for each decision that is open after the day by which it was to be done."""
    for model in today.of_kind("decision"):
        if isinstance(model, Decision) and model.state == "open" and model.due is not None and model.due < day:
            message = f"this was to be done by {model.due}, and `{model.owner}` answers for it"
            advice = "write `state: done` or `state: dropped`, or agree on another day"
            span = today.places["decision", model.id].span("due")
            yield Finding("AAC443", "warning", message, advice, span, f"decision:{model.id}")
