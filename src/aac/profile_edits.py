"""Which edits of a profile or a scoring move a record: rows, their points, what is required, and tiers or bands.

Their rule as a whole is reckoned from points, and says of nobody why they fit no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aac.expressions.nodes import TRUE, Call
from aac.expressions.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.project import Project

ROWS = ("criteria", "anti_patterns", "exclusions")
LADDERS = ("tiers", "fits", "bands", "handover")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: its rule, in words too; the points it adds, null for what excludes."""

    rule: Node
    said: str
    points: object
    is_required: bool


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
    points = f"gives {new.points} points, and gave {old.points}" if old.points != new.points else ""
    if old.rule != new.rule:
        told = f"`{name}` says another thing now: «{new.said}»{f', and {points}' if points else ''}"
        is_unlike = Call("or", (_only(old.rule, new.rule), _only(new.rule, old.rule)))
        yield told, Call("or", (is_unlike, _is(new.rule))) if points else is_unlike
    elif points:
        yield f"`{name}` {points}", _is(new.rule)
    if old.is_required != new.is_required:
        yield f"`{name}` is {'required now' if new.is_required else 'required no longer'}", _not(_is(new.rule))


def _rows(id_: Id, project: Project) -> dict[str, _Row]:
    model: Any = project.models[id_]
    required = getattr(model, "needed", ())
    found: dict[str, _Row] = {}
    for key in ROWS:
        for number, row in enumerate(getattr(model, key, ())):
            checked = project.rules.get(id_, {}).get((key, number, "when"))
            # rows over events say nothing of the record itself
            if checked is not None and getattr(row, "over", None) is None and getattr(row, "status", "live") == "live":
                said = words(checked.node, project.titles)
                found[row.id] = _Row(checked.node, said, getattr(row, "points", None), row.id in required)
    return found


def _counts(row: _Row) -> Node:
    """Of whom a row that is new or gone decides something: who lacks what is required, else who has it."""
    return _not(_is(row.rule)) if row.is_required else _is(row.rule)


def _is(rule: Node) -> Node:
    return Call("is_true", (rule,))


def _not(rule: Node) -> Node:
    return Call("not", (rule,))


def _only(one: Node, other: Node) -> Node:
    return Call("and", (_is(one), _not(_is(other))))
