"""What was kept of the records that a change of a word moved: the project's own numbers of retention, split by what the
word said of them before and what it says now.

Of a word about accounts it is what accounts keep: only where the number is kept per record that the word is about. Of a
word about leads nothing is told, as what follows on a contract that came from a lead need not have come from one.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from aac.counting import led_to
from aac.evaluate import recount
from aac.expressions.nodes import Stored
from aac.measures import Measure, Retention
from aac.results import NumberReading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.evaluate import Asked
    from aac.graph import Id
    from aac.landing.landed import Landed
    from aac.project import Project

    Kept = list[tuple[str, Fraction]]
    """Numbers of retention, by what people call them."""

WAS, IS = "was", "is"


def kept_of(word: tuple[Id, Id], sides: tuple[Project, Project], landed: Landed, asked: Asked) -> tuple[Kept, Kept]:
    """What was kept of the records that a word lost, and of those that it gained; ``word``: as it is called now, and as
    it was. Both sides must read these records the same way."""
    id_, was = word
    measures = [split for part in sides[1].measures if (split := _split(part, id_, was, sides)) is not None]
    lost: Kept = []
    gained: Kept = []
    everything = replace(asked, windows=("all",))
    results = recount(sides[1], landed, everything, lambda _: measures) if measures else ()
    titles = sides[1].titles.names
    for measure in measures:
        kind, _, name = measure.subject.partition(":")
        readings = [result.reading for result in results if (result.kind, result.id) == (kind, name)]
        told = [reading for reading in readings if isinstance(reading, NumberReading) and reading.by]
        for found, before, after in ((lost, True, False), (gained, False, True)):
            share = _share([r for r in told if (r.by[WAS] is True, r.by[IS] is True) == (before, after)])
            found += [(titles.get(measure.subject, name), share)] if share is not None else []
    return lost, gained


def _split(part: Measure, id_: Id, was: Id, sides: tuple[Project, Project]) -> Measure | None:
    """A number of retention, split by what a word said and says; null for others, or where no way leads to it."""
    kind, _, name = part.subject.partition(":")
    model = sides[1].models.get((kind, name))
    if not isinstance(part.basis, Retention) or part.unit != "percent" or getattr(model, "role", None) == "input":
        return None
    if not _is_per(part, sides[1].graph.entity_of(id_), sides[1]):
        return None
    found = [
        led_to(_name(name, made), str(made.graph.entity_of(name)), part.population.entity, made, label)
        for name, made, label in zip((was, id_), sides, (WAS, IS), strict=True)
    ]
    dimensions = [each for each in found if each is not None and each.type.name == "boolean"]
    if len(dimensions) < len(found):
        return None
    return replace(part, dimensions=tuple(dimensions), is_crossed=True, grain="all", lookback=0)


def _is_per(part: Measure, entity: str | None, made: Project) -> bool:
    """Whether a number of retention is kept per record of an entity."""
    per = part.basis.per if isinstance(part.basis, Retention) else None
    table = next((table for table in made.tables if isinstance(per, Stored) and table.entity == per.entity), None)
    return isinstance(per, Stored) and table is not None and table.field(per.field).type.entity == entity


def _name(id_: Id, made: Project) -> str:
    """What rules call a word."""
    return made.models[id_].names[0] if made.models[id_].names else id_[1]


def _share(readings: Sequence[NumberReading]) -> Fraction | None:
    """What several groups kept together; null where nothing was there to be kept."""
    above = list(_known(reading.numerator for reading in readings))
    below = list(_known(reading.denominator for reading in readings))
    return sum(above, Fraction(0)) / sum(below, Fraction(0)) if sum(below, Fraction(0)) else None


def _known(values: Iterator[Fraction | None]) -> Iterator[Fraction]:
    return (value for value in values if value is not None)
