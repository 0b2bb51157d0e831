"""Groups of fewer records than may be published are left out, and with them those by which they could be reckoned.

A shown number is a sum over *atoms*: the records of one stretch of time in one group of all dimensions at once. What is
hidden stays hidden if no sum of multiples of shown numbers is the one that is hidden, which Gaussian elimination tells.
Numbers that share no records are looked at apart. That of each table rests on those of fewer dimensions alone, so that
what is left out is the same whichever tables are asked for together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from aac.findings import Finding
from aac.periods import ALL
from aac.results import ClockReading, NumberReading, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.expressions.nodes import Value
    from aac.findings import Span
    from aac.periods import Window
    from aac.results import Reading, Result, Results

Group: TypeAlias = "tuple[tuple[str, Value], ...]"
"""Names and values of dimensions; empty: the total."""
Cell: TypeAlias = tuple[int, Group]
"""The number of a window, and a group."""
Atom: TypeAlias = tuple[int, Group]
"""The number of a stretch of time, and a group of all dimensions."""

HIDDEN = "not shown"
"""What the finding says of groups, behind how many they are."""


def without_small_groups(results: Results, k: int | None, span: Span | None) -> Results:
    """The results without groups of fewer than ``k`` records and those that would tell of them; null: all of them.

    One finding (AAC540) tells of how many, and of which documents; ``span`` is where ``k`` stands. How many of each
    document, ``left_out`` of the results tells.
    """
    if k is None or k < 2:
        return results
    tables: dict[tuple[str, str, tuple[str, ...]], list[Result]] = defaultdict(list)
    for result in results.results:
        if result.reading.by:
            tables[result.kind, result.id, tuple(result.reading.by)].append(result)
    hidden = [result for table in tables.values() for result in _hidden(table, k)]
    if not hidden:
        return results
    gone = {id(result) for result in hidden}
    left = tuple(result for result in results.results if id(result) not in gone)
    left_out = Counter(f"{result.kind}:{result.id}" for result in hidden)
    message = f"{_groups(len(hidden))} {HIDDEN}: fewer than {k} records, or a number that would tell of those"
    instead = f"ask for longer windows or fewer groups; `k = {k}` in `[privacy]` says how many records a group needs"
    told = Finding("AAC540", "info", message, instead, span, count=len(hidden), affects=tuple(sorted(left_out)))
    return replace(results, results=left, findings=(*results.findings, told), left_out=left_out)


def findings_of(subject: str, findings: Iterable[Finding], left_out: Mapping[str, int]) -> list[Finding]:
    """The findings about a document; that of groups which are not shown tells of its own alone."""
    return [
        _of_its_own(finding, left_out[subject]) if finding.code == "AAC540" else finding
        for finding in findings
        if finding.is_about(subject)
    ]


def _of_its_own(finding: Finding, count: int) -> Finding:
    why = finding.message.partition(HIDDEN)[2]
    return replace(finding, message=f"{_groups(count)} {HIDDEN}{why}", count=count)


def _groups(count: int) -> str:
    return "1 group is" if count == 1 else f"{count:,} groups are"


def _hidden(table: Sequence[Result], k: int) -> list[Result]:
    """What is to be left out of the groups of one document by the same dimensions, in all windows."""
    found: list[Result] = []
    for windows in _that_meet(dict.fromkeys(result.reading.window for result in table)):
        cells = {
            (windows.index(result.reading.window), tuple(result.reading.by.items())): result
            for result in table
            if result.reading.window in windows
        }
        stretches = _stretches(windows)
        gone = hidden_cells({cell: size_of(result.reading) for cell, result in cells.items()}, stretches, k)
        judged = {cell: judged_of(result.reading) for cell, result in cells.items()}
        gone |= hidden_cells({cell: size for cell, size in judged.items() if size}, stretches, k)
        found += [result for cell, result in cells.items() if cell in gone]
    return found


def size_of(reading: Reading) -> int:
    """How many records a group has."""
    match reading:
        case ClockReading():
            return sum(n for outcome, n in reading.counts.items() if outcome is not Outcome.OUTSIDE)
        case NumberReading():
            return reading.n
        case _:
            return 0


def judged_of(reading: Reading) -> int:
    """Of how many records of a group the number tells: of a promise those that were met or late, of a share those that
    it is a share of."""
    match reading:
        case ClockReading():
            return reading.judged
        case NumberReading() if not reading.is_derived and Fraction(reading.size).denominator == 1:
            return min(reading.n, max(0, int(reading.size)))
        case _:
            return size_of(reading)


def _that_meet(windows: Iterable[Window]) -> list[list[Window]]:
    """Windows in lists, such that those of two lists share no day; what has no days but is not `all` stands alone."""
    dated = sorted((w for w in windows if w.first is not None or w == ALL), key=lambda w: (_ends(w), w.label))
    lists = [[window] for window in windows if window not in dated]
    until = date.min
    for window in dated:
        first, end = _ends(window)
        if until != date.min and first < until:
            lists[-1].append(window)
        else:
            lists.append([window])
        until = max(until, end)
    return lists


def _ends(window: Window) -> tuple[date, date]:
    return window.first or date.min, window.until or date.max


def _stretches(windows: Sequence[Window]) -> list[range]:
    """The stretches of time of which each window is made, by their numbers."""
    cuts = sorted({end for window in windows for end in _ends(window)})
    place = {cut: number for number, cut in enumerate(cuts)}
    return [range(place[_ends(window)[0]], place[_ends(window)[1]]) for window in windows]


# Which cells


@dataclass
class _Sums:
    """What is known of atoms: ``shown`` and ``hidden`` cells, and the ``size`` of each."""

    atoms: Mapping[Cell, tuple[Atom, ...]]
    size: Mapping[Cell, int]
    shown: set[Cell] = field(default_factory=set[Cell])
    hidden: set[Cell] = field(default_factory=set[Cell])

    def hide(self, cell: Cell) -> None:
        self.shown.discard(cell)
        self.hidden.add(cell)

    def turn(self, cell: Cell) -> tuple[int, str]:
        """Smaller ones come first."""
        return self.size[cell], str(cell)


def hidden_cells(sizes: Mapping[Cell, int], stretches: Sequence[range], k: int) -> set[Cell]:
    """The cells of one table that are to be left out. ``sizes``: how many records each has; ``stretches``: of each
    window the stretches of time that it is made of.

    The total of each window counts as shown, and so does each cell of a table of fewer dimensions that is not to be
    left out there. What a longer window has more than those inside it is a group too.
    """
    names = [name for name, _ in next((group for _, group in sizes), ())]
    sums = _sums(sizes, stretches, len(names))
    for depth in range(len(names)):
        for chosen in combinations(names, depth):
            table = {c: sums.size[c] for c in sums.atoms if tuple(name for name, _ in c[1]) == chosen}
            hidden = hidden_cells(table, stretches, k) if depth else set[Cell]()
            sums.hidden |= hidden
            sums.shown |= table.keys() - hidden
    sums.hidden |= {cell for cell, size in sizes.items() if size < k}
    sums.shown |= sizes.keys() - sums.hidden
    table = sorted(sizes, key=sums.turn)
    if _hide_the_rest_of_windows(sums, table, stretches, k) or sums.hidden:
        _hide_what_tells(sums, table, k)
        while _hide_the_rest_of_windows(sums, table, stretches, k):
            _hide_what_tells(sums, table, k)
    return sums.hidden & sizes.keys()


def _sums(sizes: Mapping[Cell, int], stretches: Sequence[range], width: int) -> _Sums:
    """All cells, also those of tables of fewer dimensions and of the whole, each with its atoms.

    Of a group that a window does not have there is nothing in that time, and whoever reads the table knows.
    """
    groups = dict.fromkeys(group for _, group in sizes)
    nothing = {
        (part, group)
        for group in groups
        for window, stretch in enumerate(stretches)
        for part in stretch
        if (window, group) not in sizes
    }
    atoms: dict[Cell, set[Atom]] = defaultdict(set)
    size: dict[Cell, int] = defaultdict(int)
    for window, group in sizes:
        for depth in range(width + 1):
            for chosen in combinations(group, depth):
                atoms[window, chosen] |= {(part, group) for part in stretches[window]} - nothing
                size[window, chosen] += sizes[window, group]
    return _Sums({cell: tuple(sorted(found, key=str)) for cell, found in atoms.items()}, size)


def _hide_the_rest(sums: _Sums, table: Sequence[Cell], k: int) -> None:
    """Of a shown sum so many parts are hidden that together they have ``k`` records: what is missing is told by it.

    ``table``: its cells, the smallest first.
    """
    above = sorted((cell for cell in sums.shown if cell not in table), key=lambda cell: (len(cell[1]), str(cell)))
    for window, group in above:
        parts = [part for part in table if part[0] == window and set(group) < set(part[1])]
        left = [part for part in parts if part in sums.shown]
        hidden = [part for part in parts if part in sums.hidden]
        missing = sum(sums.size[part] for part in hidden)
        while hidden and left and (len(hidden) < 2 or missing < k):
            hidden.append(left.pop(0))
            sums.hide(hidden[-1])
            missing += sums.size[hidden[-1]]


def _hide_the_rest_of_windows(sums: _Sums, table: Sequence[Cell], stretches: Sequence[range], k: int) -> bool:
    """Of a group in windows that lie in a longer one the smallest is hidden, until the longer one has none or ``k``
    records more than those that are shown; whether something was hidden."""
    hidden = len(sums.hidden)
    for window, group in table:
        inside = [
            cell for cell in table if cell[1] == group and _lies_in(stretches[cell[0]], stretches[window])
        ]  # the smallest first
        for parts in (inside, inside[::-1]) if (window, group) in sums.shown else ():
            shown = [part for part in _apart(parts, stretches) if part in sums.shown]
            rest = sums.size[window, group] - sum(sums.size[part] for part in shown)
            shown.sort(key=sums.turn)
            while shown and 0 < rest < k:
                sums.hide(shown[0])
                rest += sums.size[shown.pop(0)]
    return len(sums.hidden) > hidden


def _lies_in(inner: range, outer: range) -> bool:
    return inner != outer and outer.start <= inner.start and inner.stop <= outer.stop


def _apart(cells: Iterable[Cell], stretches: Sequence[range]) -> Iterator[Cell]:
    """Of some cells the first ones whose windows share no day."""
    taken = set[int]()
    for cell in cells:
        if taken.isdisjoint(stretches[cell[0]]):
            taken.update(stretches[cell[0]])
            yield cell


def _hide_what_tells(sums: _Sums, table: Sequence[Cell], k: int) -> None:
    """Hides cells of a table, of each way to reckon a hidden one the smallest, until there is no way left."""
    is_told = True
    while is_told:
        is_told = False
        _hide_the_rest(sums, table, k)
        order = sorted(sums.shown, key=lambda cell: (len(sums.atoms[cell]), str(cell)))
        known = Known(sums.atoms[cell] for cell in order)
        for cell in sorted(sums.hidden, key=sums.turn):
            way = [order[number] for number in known.way_to(sums.atoms[cell])]
            ours = [step for step in way if step in table]
            if ours and all(step in sums.shown for step in way):
                sums.hide(min(ours, key=sums.turn))
                is_told = True


Row: TypeAlias = dict[Atom | int, Fraction]
"""Multiples of atoms, and (by their numbers) of the sums that they were reckoned from."""


class Known:
    """Sums of atoms that are known, in echelon form."""

    def __init__(self, sums: Iterable[Sequence[Atom]]) -> None:
        self._rows: dict[Atom, Row] = {}
        for number, atoms in enumerate(sums):
            row = self._reduced(atoms) | {number: Fraction(1)}
            pivot = next((atom for atom in row if not isinstance(atom, int)), None)
            if pivot is not None:
                self._rows[pivot] = row

    def way_to(self, atoms: Sequence[Atom]) -> list[int]:
        """The numbers of the sums from which the sum of some atoms can be reckoned; empty where it cannot."""
        row = self._reduced(atoms)
        if any(not isinstance(atom, int) for atom in row):
            return []
        return [number for number in row if isinstance(number, int)]

    def _reduced(self, atoms: Sequence[Atom]) -> Row:
        """A sum without the atoms that other rows begin with."""
        row: Row = {atom: Fraction(1) for atom in atoms}
        waiting = [*atoms]
        while waiting:
            atom = waiting.pop()
            if atom not in row or atom not in self._rows:
                continue
            other = self._rows[atom]
            times = row[atom] / other[atom]
            for part, value in other.items():
                if part not in row and not isinstance(part, int):
                    waiting.append(part)
                row[part] = row.get(part, Fraction(0)) - times * value
                if not row[part]:
                    del row[part]
        return row
