"""Which edits of a profile or a scoring move a record: rows, their points, what is required, and tiers or bands.

Their rule as a whole is reckoned from points, and says of nobody why they fit no longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aac.expressions.nodes import TRUE, Call, Literal
from aac.expressions.words import words
from aac.kinds.events import find_events
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.project import Project

ROWS = ("criteria", "anti_patterns", "exclusions", "qualifies_directly")
LADDERS = ("tiers", "fits", "bands", "handover")


@record
class _Row:
    """A row: its rule, over events how many there are of which it is true; the rule in words; the points it adds, null
    for what decides without any; of how many events at most, null for all of them."""

    rule: Node
    said: str
    points: object
    is_required: bool
    over: str | None = None
    most: int | None = None

    @property
    def counts(self) -> Node:
        """Whether it counts for a record."""
        return Call("is_true", (self.rule,)) if self.over is None else Call("gt", (self.rule, Literal(0)))

    @property
    def often(self) -> Node:
        """How often it counts for a record, of a row over events."""
        return Call("least", (self.rule, Literal(self.most))) if self.most is not None else self.rule

    @property
    def worth(self) -> str:
        """The points in words."""
        return f"{self.points} points{' for each' if self.over is not None else ''}"


def edits_of(id_: Id, was: Id, base: Project, head: Project) -> list[tuple[str, Node]]:
    """What was edited of a profile or a scoring, in words, each with a rule that is true of the records for which that
    says another thing than before."""
    return list(_edits(id_, was, base, head))


def _edits(id_: Id, was: Id, base: Project, head: Project) -> Iterator[tuple[str, Node]]:
    before, after = _rows(was, base), _rows(id_, head)
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name), after.get(name)
        if old is None and new is not None:
            yield f"`{name}` is new: «{new.said}»", _counts(new)
        elif new is None and old is not None:
            yield f"`{name}` is gone: «{old.said}»", _counts(old)
        elif old is not None and new is not None:
            yield from _row(name, old, new)
    if any(getattr(base.models[was], key, None) != getattr(head.models[id_], key, None) for key in LADDERS):
        yield f"{'what fits' if id_[0] == 'icp' else 'a band'} begins at other points", TRUE


def _row(name: str, old: _Row, new: _Row) -> Iterator[tuple[str, Node]]:
    """What was edited of a row that is on both sides."""
    points = f"gives {new.worth}, and gave {old.points}" if old.points != new.points else ""
    if (old.rule, old.most) != (new.rule, new.most):
        says = f"says another thing now: «{new.said}»" if old.rule != new.rule else f"counts {_at_most(new)} now"
        told = f"`{name}` {says}{f', and {points}' if points else ''}"
        yield told, Call("or", (_is_unlike(old, new), new.counts)) if points else _is_unlike(old, new)
    elif points:
        yield f"`{name}` {points}", new.counts
    if old.is_required != new.is_required:
        yield f"`{name}` is {'required now' if new.is_required else 'required no longer'}", _not(new.counts)


def _at_most(row: _Row) -> str:
    return "every time" if row.most is None else "once" if row.most == 1 else f"{row.most} times at most"


def _is_unlike(old: _Row, new: _Row) -> Node:
    """Whether a row counts otherwise for a record than it did."""
    if old.over is not None and new.over is not None:
        return Call("ne", (old.often, new.often))
    return Call("or", (_only(old.counts, new.counts), _only(new.counts, old.counts)))


def _rows(id_: Id, project: Project) -> dict[str, _Row]:
    model: Any = project.models[id_]
    required = getattr(model, "needed", ())
    found: dict[str, _Row] = {}
    for key in ROWS:
        for number, row in enumerate(getattr(model, key, ())):
            over = getattr(row, "over", None)
            checked = project.rules.get(id_, {}).get((key, number, "when"))
            if getattr(row, "status", "live") != "live" or (checked is None and over is None):
                continue
            rule = checked.node if checked is not None else None
            said = words(rule, project.titles) if rule is not None else f"every {over}"
            cap = getattr(row, "at_most", None)
            if over is not None:
                scope, entity = project.scope(id_), project.graph.entity_of(id_)
                events = find_events(scope, over, str(entity), row.via, key, number)
                rule = events.number(rule) if events is not None else None
            if rule is not None:
                made = (rule, said, getattr(row, "points", None), row.id in required, over)
                found[row.id] = _Row(*made, cap.times if cap is not None and cap.per == "once" else None)
    return found


def _counts(row: _Row) -> Node:
    """Of whom a row that is new or gone decides something: who lacks what is required, else who has it."""
    return _not(row.counts) if row.is_required else row.counts


def _not(rule: Node) -> Node:
    return Call("not", (rule,))


def _only(one: Node, other: Node) -> Node:
    return Call("and", (one, _not(other)))
