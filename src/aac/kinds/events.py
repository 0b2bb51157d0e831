"""Events: records of a child entity that belong to the record a document is about, and the way up to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.expressions.nodes import Aggregate, Reference, Rollup
from aac.findings import did_you_mean
from aac.records import record

if TYPE_CHECKING:
    from aac.expressions.nodes import Node
    from aac.kinds.base import Scope
    from aac.kinds.written import Part


@record
class Events:
    """The records of ``child``; ``via`` is their reference to the record they belong to."""

    child: str
    via: Reference
    has_moment: bool

    def number(self, where: Node | None) -> Rollup:
        """How many of a record's events a rule is true of; null: all of them."""
        return Rollup(self.child, self.via, Aggregate("count", (), where))


def way_up(scope: Scope, child: str, parent: str, via: str | None, *path: Part) -> Reference | None:
    """The reference of ``child`` to ``parent``; null when the child is broken or not there.

    Reports (AAC203) that no reference leads up, or more than one and no ``via`` says which.
    """
    model = scope.model("entity", child)
    if model is None:
        return None
    ways = [field for field, target in model.steps.items() if target == parent]
    if via is not None and via not in ways:
        advice = did_you_mean(via, ways) or f"give `{child}` a field with `ref: {parent}`"
        scope.report("AAC203", f"`{via}` is no reference of `{child}` to `{parent}`", advice, *path, "via")
        return None
    if via is None and len(ways) != 1:
        if not ways and any(scope.model("entity", target) is None for target in model.steps.values()):
            return None  # told as the reference that leads nowhere
        told = "has no reference" if not ways else f"has several references ({', '.join(ways)})"
        advice = f"add `via: {ways[0]}`" if ways else f"give `{child}` a field with `ref: {parent}`"
        scope.report("AAC203", f"`{child}` {told} to `{parent}`", advice, *path, "over")
        return None
    return Reference(via or ways[0], parent)


def find_events(scope: Scope, over: str, parent: str, via: str | None, *path: Part) -> Events | None:
    """The events of ``parent`` that are records of ``over``; null, and told, when no one reference leads up."""
    child, up = scope.model("entity", over), way_up(scope, over, parent, via, *path)
    return Events(over, up, child.occurs is not None) if child is not None and up is not None else None


def require_moment(scope: Scope, events: Events, why: str, *path: Part) -> bool:
    """Whether the events have a moment of their own (else AAC203); ``why``: what needs it, as a sentence begins."""
    if not events.has_moment:
        advice = f"give `{events.child}` an `occurs: <field>`"
        scope.report("AAC203", f"{why} a moment, and `{events.child}` has none of its own", advice, *path)
    return events.has_moment
