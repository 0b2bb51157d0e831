"""What is judged by today's value, because nobody kept what it was: `uses_current_value` (LANGUAGE §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.expressions.nodes import Rollup, Stored, everything_in, walk
from aac.findings import Finding
from aac.measures import Clock
from aac.periods import iso_utc
from aac.planner.pasts import CHANGES
from aac.planner.setting import rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aac.evaluation.run import Run
    from aac.expressions.nodes import Node
    from aac.measures import Measure
    from aac.planner.pieces import Piece

Field = tuple[str, str]
"""An entity and one of its fields."""


def tell_current_values(run: Run, pieces: Iterable[Piece[Clock] | Piece[Measure]]) -> None:
    """Tells once of each document which fields it reads as they are now, and should as they were before (AAC515)."""
    found: dict[str, tuple[Piece[Clock] | Piece[Measure], dict[Field, None]]] = {}
    for piece in pieces:
        fields = dict.fromkeys(current_values(run, piece))
        if fields:
            _, known = found.setdefault(piece.subject, (piece, {}))
            known.update(fields)
    for piece, fields in found.values():
        run.tell(_finding(run, piece, list(fields)))


def current_values(run: Run, piece: Piece[Clock] | Piece[Measure]) -> Iterator[Field]:
    """The fields without a past that are read as they are now: of entities of which more is known than as_of may see,
    and all of those that must be so at a deadline."""
    part, setting = piece.of, run.setting(piece)
    for leaf in _stored(everything_in([*rules_of(part), *_rules_of_events(part)])):
        if setting.is_behind(leaf.entity) and not _is_known_then(run, leaf):
            yield leaf.entity, leaf.field
    for leaf in _stored(_at_a_deadline(run, part)):
        # by a deadline of its own a record cannot ask what another one was
        past = run.history.pasts.get((leaf.entity, leaf.field))
        is_by_day = past is not None and _is_too_coarse(past.is_date, part)
        if leaf.path or is_by_day or not _is_known_then(run, leaf):
            yield leaf.entity, leaf.field


def _stored(nodes: Iterable[Node]) -> Iterator[Stored]:
    """The fields whose values are read; not the references that are only followed."""
    return (node for node in nodes if isinstance(node, Stored))


def _rules_of_events(part: Clock | Measure) -> Iterator[Node | None]:
    """The rules about what a clock stands still for, and what begins it anew."""
    if isinstance(part, Clock) and part.paused is not None:
        yield from (part.paused.where, part.paused.starts, part.paused.until)
    if isinstance(part, Clock) and part.restarts is not None:
        yield part.restarts.at
        yield from (Stored(part.restarts.child, field) for field in part.restarts.fields)


def _at_a_deadline(run: Run, part: Clock | Measure) -> Iterator[Node]:
    """What must hold at a deadline, with roll-ups of what has no moment by which it could be left out."""
    for node in walk(part.must) if isinstance(part, Clock) and part.must is not None else ():
        yield node
        if isinstance(node, Rollup) and _is_unplaced(run, node.child, part):
            yield from everything_in([node.aggregate])


def _is_known_then(run: Run, leaf: Stored) -> bool:
    """Whether it is known what a field was: it is a key or a moment, its changes are told, or it is part of one."""
    table = run.landed.tables[leaf.entity]
    is_fixed = leaf.field in table.key or table.is_of_a_moment or leaf.entity.endswith(CHANGES)
    return is_fixed or table.field(leaf.field).type.is_moment or (leaf.entity, leaf.field) in run.history.pasts


def _is_unplaced(run: Run, child: str, part: Clock | Measure) -> bool:
    """Whether of the records of an entity it cannot be told if they had occurred by a deadline."""
    occurs = run.history.occur.get(child)
    return occurs is None or _is_too_coarse(occurs[1], part)


def _is_too_coarse(is_date: bool, part: Clock | Measure) -> bool:
    """Whether something has a date, and the deadline by which it should have been is a moment of a day."""
    return is_date and isinstance(part, Clock) and not part.starts.is_date


def _finding(run: Run, piece: Piece[Clock] | Piece[Measure], fields: list[Field]) -> Finding:
    kind, _, id_ = piece.subject.partition(":")
    by_entity: dict[str, list[str]] = {}
    for entity, name in fields:
        by_entity.setdefault(entity, []).append(f"`{name}`")
    said = _listed([f"{_listed(names)} of `{entity}`" for entity, names in by_entity.items()])
    was = "it was" if len(fields) == 1 else "they were"
    entity, name = fields[0]
    return Finding(
        "AAC515",
        "info",
        f"{kind} `{id_}` is as of {iso_utc(run.moment(piece))} and reads today's {said}: nobody kept what {was}",
        f"bring the changes as an entity `{entity}{CHANGES}`, with `occurs`, a reference to `{entity}` and `{name}`",
        piece.project.scope((kind, id_)).span(),
        piece.subject,
    )


def _listed(words: list[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]])
