"""What can be reckoned from published sums, by plain elimination of dense rows: slow, and with nothing left out."""

from __future__ import annotations

from fractions import Fraction


def rank(rows: list[list[int]]) -> int:
    """How many of the rows tell something that the others do not."""
    left = [[Fraction(value) for value in row] for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        place = next(number for number, row in enumerate(left) if row is pivot)
        left[found], left[place] = left[place], left[found]
        for number in range(found + 1, len(left)):
            times = left[number][column] / left[found][column]
            left[number] = [value - times * above for value, above in zip(left[number], left[found], strict=True)]
        found += 1
    return found


def can_be_reckoned(wanted: set[object], published: list[set[object]], atoms: list[object]) -> bool:
    """Whether the sum over some atoms is a sum of multiples of published ones."""
    rows = [[int(atom in sum_) for atom in atoms] for sum_ in published]
    return rank([*rows, [int(atom in wanted) for atom in atoms]]) == rank(rows)
