"""What cannot be measured, because there is no data of something it rests on, and the findings that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.findings import Finding
from aac.measures import Clock
from aac.periods import iso_utc
from aac.planner.setting import entities_of, fields_of
from aac.results import ClockReading, NumberReading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.evaluation.run import Run
    from aac.measures import Measure
    from aac.planner.pieces import Piece
    from aac.results import Reading, Result


def is_off(run: Run, piece: Piece[Clock] | Piece[Measure]) -> bool:
    """Whether there is no data of an entity or a field that a piece rests on, or of another moment than its as_of."""
    part = piece.of
    entities = entities_of(part)
    if not entities <= run.landed.tables.keys() or not run.landed.lacking.isdisjoint(fields_of(part)):
        return True
    as_of = run.moment(piece)
    return run.asked.as_of_us is None and any(run.landed.known_until.get(entity, as_of) != as_of for entity in entities)


def unmeasured(run: Run, piece: Piece[Clock] | Piece[Measure]) -> Iterator[Result]:
    """The results of a piece that rests on what there is no data of, and a finding that says so (AAC513, AAC514)."""
    part = piece.of
    as_of = run.moment(piece)
    clockwork, is_stale = run.clockwork(as_of), run.is_stale(run.sources_of(part))
    run.tell(_without_data(run, piece) or _of_another_moment(run, piece))
    for chosen in piece.windows:
        window, is_open = chosen.window, clockwork.is_open(chosen.window)
        reading: Reading = (
            ClockReading(part.subject, window, as_of, is_open, is_stale, {}, {}, 0, 0, is_off=True)
            if isinstance(part, Clock)
            else NumberReading(
                part.subject, window, as_of, is_open, is_stale, {}, None, None, None, 0, 0, part.unit, is_off=True
            )
        )
        yield run.judged(piece.project, reading, chosen.selection)


def _of_another_moment(run: Run, piece: Piece[Clock] | Piece[Measure]) -> Finding:
    part = piece.of
    kind, _, id_ = part.subject.partition(":")
    as_of = run.moment(piece)
    entities = sorted(entities_of(part) & run.landed.known_until.keys())
    entity = next(entity for entity in entities if run.landed.known_until[entity] != as_of)
    until = iso_utc(run.landed.known_until[entity])
    return Finding(
        "AAC514",
        "info",
        f"{kind} `{id_}` cannot be measured: it is as of {iso_utc(as_of)}, and `{entity}` is as of {until}",
        f"ask for one moment, as in `--as-of {iso_utc(as_of)}`",
        piece.project.scope((kind, id_)).span(),
        part.subject,
    )


def _without_data(run: Run, piece: Piece[Clock] | Piece[Measure]) -> Finding | None:
    part = piece.of
    kind, _, id_ = part.subject.partition(":")
    entities = sorted(entities_of(part) - run.landed.tables.keys())
    fields = sorted(run.landed.lacking & fields_of(part))
    missed = [*(f"`{entity}`" for entity in entities), *(f"`{field}` of `{entity}`" for entity, field in fields)]
    if not missed:
        return None
    entity = entities[0] if entities else fields[0][0]
    return Finding(
        "AAC513",
        "info",
        f"{kind} `{id_}` cannot be measured: there is no data of {' and '.join(missed)}",
        f"say where it is in a document of kind `entity` with `id: {entity}`",
        piece.project.scope((kind, id_)).span(),
        part.subject,
    )
