"""Numbers reckoned from the results of other numbers, window by window and group by group (LANGUAGE §8)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field, replace
from itertools import islice, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from aac.expressions.nodes import Measured
from aac.findings import Finding
from aac.judging import is_measurable
from aac.measures import Clock, Measure, sides
from aac.planner.pieces import Piece
from aac.planner.reckoning import reckoned
from aac.planner.windows import WHOLE
from aac.records import record
from aac.results import CardReading, ClockReading, NumberReading, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from aac.evaluation.run import Run
    from aac.evaluation.versions import Pieces
    from aac.expressions.nodes import Value
    from aac.measures import Derived
    from aac.periods import Window
    from aac.planner.reckoning import Part, Reckoned
    from aac.planner.windows import Chosen
    from aac.project import Project
    from aac.results import Counted, Reading, Result

Group = frozenset[tuple[str, "Value"]]
TOTAL: Group = frozenset()
Cells = dict[Group, "Counted"]
"""What a number came to in a window, by group."""


@record
class Known:
    """What was measured, by the version of the project, the subject, as_of and the window.

    ``groups``: each group by the identity of the mapping that tells it, which many readings share.
    """

    cells: dict[tuple[int, str, int, Window], Cells] = field(default_factory=lambda: defaultdict(dict))
    groups: dict[int, Group] = field(default_factory=dict[int, Group])

    def keep(self, project: Project, reading: Reading) -> None:
        """Takes a reading of records in."""
        if isinstance(reading, CardReading):
            return
        key = (id(project), reading.subject, reading.as_of_us, reading.window)
        place = id(reading.by)
        if place not in self.groups:
            self.groups[place] = frozenset(reading.by.items())
        self.cells[key][self.groups[place]] = reading

    def of(self, project: Project, subject: str, as_of: int, window: Window) -> Cells:
        """The cells of a number; none where it was not measured."""
        return self.cells.get((id(project), subject, as_of, window), {})


# What derived numbers need


def with_inputs(run: Run, pieces: Pieces) -> Pieces:
    """The pieces, and those that derived numbers are reckoned from and nobody asked for in these windows.

    They are measured at the as_of of the derived number, with the version of the project that it is of.
    """
    there: defaultdict[tuple[int, str, int], list[Piece[Clock] | Piece[Measure]]] = defaultdict(list)
    for piece in pieces.counted:
        there[id(piece.project), piece.subject, run.moment(piece)].append(piece)
    for piece in pieces.derived:
        as_of = run.as_of(piece.of)
        for part in piece.of.inputs:
            known = there[id(piece.project), part.subject, as_of]
            windows = tuple(_lacking(piece.windows, part, known))
            if windows and isinstance(part, Clock):
                pieces.clocks.append(Piece(piece.project, part, windows, is_shown=False, as_of_us=as_of))
                known.append(pieces.clocks[-1])
            elif windows and isinstance(part, Measure):
                pieces.measures.append(Piece(piece.project, part, windows, is_shown=False, as_of_us=as_of))
                known.append(pieces.measures[-1])
    return pieces


def _lacking(
    windows: Iterable[Chosen], part: Clock | Measure, known: Iterable[Piece[Clock] | Piece[Measure]]
) -> Iterator[Chosen]:
    """The windows in which a number is not measured yet, split as it has to be."""
    done = {chosen.window for piece in known if _splits(piece.of) >= _splits(part) for chosen in piece.windows}
    return (chosen for chosen in windows if chosen.window not in done)


def _splits(part: Clock | Measure) -> set[tuple[str, ...]]:
    """The names that a number is split by, those at once that are crossed."""
    names = [dimension.name for dimension in part.dimensions]
    return {tuple(sorted(names))} if part.is_crossed and names else {(name,) for name in names}


# What they come to


def derived_results(run: Run, piece: Piece[Derived], known: Known) -> Iterator[Result]:
    """The total of each window, and every group that one of the inputs has there."""
    derived, as_of, formulas = piece.of, run.as_of(piece.of), Formulas.of(piece.of)
    clockwork = run.clockwork(as_of)
    told: dict[Group, Mapping[str, Value]] = {}
    for chosen in piece.windows:
        inputs = {
            Measured(part.subject): known.of(piece.project, part.subject, as_of, chosen.window)
            for part in derived.inputs
        }
        off = [*derived.missing, *(part.subject for part, cells in inputs.items() if cells[TOTAL].is_off)]
        if off:
            _tell_off(run, piece, off)
        groups = [TOTAL] if off else _groups(derived, inputs.values())
        there = {part: [cells.get(group) for group in groups] for part, cells in inputs.items()}
        place = (derived.subject, chosen.window, as_of, clockwork.is_open(chosen.window))
        named = [told.get(group) or told.setdefault(group, _by(derived, group)) for group in groups]
        for reading in _readings(derived, formulas, place, named, there):
            if off:
                reading = replace(reading, value=None, numerator=None, denominator=None, is_off=True)
            yield run.judged(piece.project, reading, chosen.selection)


def _groups(derived: Derived, inputs: Iterable[Cells]) -> list[Group]:
    """The total, and every group of its dimensions that one of the inputs has, each alone or all crossed."""
    wanted = [set(derived.splits)] if derived.is_crossed else [{name} for name in derived.splits]
    groups = dict.fromkeys(group for cells in inputs for group in cells if {name for name, _ in group} in wanted)
    return [TOTAL, *(group for group in groups if group)]


def _by(derived: Derived, group: Group) -> Mapping[str, Value]:
    told = dict(group)
    return {name: told[name] for name in derived.splits if name in told}


@record
class Formulas:
    """The formula of a derived number, its two sides and the steps before it, as functions of what parts came to."""

    steps: tuple[tuple[Measured, Reckoned], ...]
    value: Reckoned
    numerator: Reckoned | None
    denominator: Reckoned | None

    @classmethod
    def of(cls, derived: Derived) -> Formulas:
        above, below = sides(derived.formula) or (None, None)
        return cls(
            tuple((part, reckoned(formula, itemgetter)) for part, formula in derived.steps),
            reckoned(derived.formula, itemgetter),
            reckoned(above, itemgetter) if above is not None else None,
            reckoned(below, itemgetter) if below is not None else None,
        )

    def answered(
        self, inputs: Mapping[Measured, Sequence[Counted | None]], missing: Iterable[str], n: int
    ) -> Mapping[Part, Sequence[object]]:
        """What each part came to in ``n`` groups: the inputs, those of which there are none, and the steps."""
        unknown = [*(part for part, _ in self.steps), *map(Measured, missing)]
        parts: dict[Part, Sequence[object]] = {part: list(map(_value, readings)) for part, readings in inputs.items()}
        parts = {**dict.fromkeys(unknown, [None] * n), **parts}
        for part, step in self.steps:
            parts[part] = list(islice(step(parts), n))
        return parts


def _readings(
    derived: Derived,
    formulas: Formulas,
    place: tuple[str, Window, int, bool],
    groups: Sequence[Mapping[str, Value]],
    inputs: Mapping[Measured, Sequence[Counted | None]],
) -> Iterator[NumberReading]:
    """The formula and its two sides, from what the inputs came to; one that has no such group is unknown.

    ``place``: the first fields of all readings.
    """
    answers = formulas.answered(inputs, derived.missing, len(groups))
    sides = (side(answers) if side is not None else repeat(None) for side in (formulas.numerator, formulas.denominator))
    columns = (formulas.value(answers), *sides, *inputs.values())  # those of constants have no end
    for group, value, above, below, *readings in zip(groups, *columns, strict=False):
        there = [reading for reading in readings if reading is not None]
        ground = _ground(there)
        yield NumberReading(
            *place,
            is_stale=ground.is_stale,
            by=group,
            value=value,
            numerator=above,
            denominator=below,
            n=ground.n if len(there) == len(readings) else 0,
            unknown=ground.unknown,
            unit=derived.unit,
            is_volume=derived.is_volume,
            elapsed=ground.elapsed,
            is_off=ground.is_off,
            has_matured=ground.is_final,
            is_maturing=ground.is_maturing,
            is_derived=True,
            is_share_below=derived.is_share_below,
        )


class _Ground(NamedTuple):
    """What a number rests on: of its inputs the least ``n`` and the latest, and whether any is stale, off, maturing."""

    n: int
    unknown: int
    elapsed: Fraction
    is_stale: bool
    is_off: bool
    is_final: bool
    is_maturing: bool


def _ground(readings: Sequence[Counted]) -> _Ground:
    """In one turn over the inputs, of which there are two or three for each of thousands of groups."""
    sizes: list[int] = []
    unknown, elapsed = 0, None
    is_stale = is_off = is_maturing = False
    is_final = True
    for reading in readings:
        sizes.append(_size(reading))
        unknown += _unknown(reading)
        is_stale = is_stale or reading.is_stale
        is_off = is_off or not is_measurable(reading)
        is_final = is_final and reading.is_final
        if isinstance(reading, NumberReading):
            is_maturing = is_maturing or reading.is_maturing
            if elapsed is None or (reading.elapsed is not elapsed and reading.elapsed > elapsed):
                elapsed = reading.elapsed
    n = min(sizes) if sizes else 0
    return _Ground(n, unknown, WHOLE if elapsed is None else elapsed, is_stale, is_off, is_final, is_maturing)


def _value(reading: Counted | None) -> Fraction | None:
    """What a number came to: a metric's value, the attainment of a promise."""
    if reading is None:
        return None
    return reading.attainment if isinstance(reading, ClockReading) else reading.value


def _size(reading: Counted) -> int:
    """How many records a number rests on: all of a metric's, those of a promise that were judged."""
    return reading.judged if isinstance(reading, ClockReading) else reading.n


def _unknown(reading: Counted) -> int:
    """Of how many records something was unknown."""
    return reading.unknown + (reading.count(Outcome.UNMEASURABLE) if isinstance(reading, ClockReading) else 0)


def _tell_off(run: Run, piece: Piece[Derived], off: Iterable[str]) -> None:
    """A number that cannot be measured for want of another one that it is reckoned from (AAC535)."""
    kind, _, id_ = piece.subject.partition(":")
    named = [" ".join((word, f"`{other}`")) for word, _, other in (subject.partition(":") for subject in off)]
    run.tell(
        Finding(
            "AAC535",
            "info",
            f"{kind} `{id_}` cannot be measured: {' and '.join(named)}, which it is reckoned from, cannot",
            "see what is said of that one, and whether it holds on the same days",
            piece.project.scope((kind, id_)).span("formula" if kind == "metric" else "id"),
            piece.subject,
        )
    )
