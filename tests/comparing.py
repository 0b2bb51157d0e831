"""Results of the product beside the numbers of an oracle (`tests/expected/*.json`), cell by cell, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from aac.periods import iso_utc
from aac.results import ClockReading, NumberReading, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.results import Result, Results

Cells = dict[tuple[tuple[str, Any], ...], dict[str, Any]]
COUNTS = ("met", "late", "open", "excused", "unmeasurable", "outside")


def clock_cells(results: Results, id_: str, label: str) -> Cells:
    """What the product counted for an SLA in a window, by group; cells without records are left out."""
    cells: Cells = {}
    for result in _of(results, "sla", id_, label):
        reading = result.reading
        assert isinstance(reading, ClockReading)
        cell: dict[str, Any] = {name: reading.count(Outcome(name)) for name in COUNTS}
        cell |= {"outside_hours": reading.outside_hours, "unknown": reading.unknown}
        cell |= {"attainment": reading.attainment, "status": result.verdict.status}
        if result.verdict.budget is not None:
            cell["budget"] = dict(zip(("allowed", "spent"), result.verdict.budget, strict=True))
        if any(cell[name] for name in (*COUNTS, "unknown")):
            cells[tuple(sorted(reading.by.items()))] = cell
    return cells


def metric_cells(results: Results, id_: str, label: str, kind: str = "metric") -> Cells:
    """What the product measured for a metric (or for a volume, which is an `sla`) in a window, by group.

    Cells without records are left out.
    """
    cells: Cells = {}
    for result in _of(results, kind, id_, label):
        reading = result.reading
        assert isinstance(reading, NumberReading)
        if reading.n or reading.unknown:
            cells[tuple(sorted(reading.by.items()))] = {
                "value": reading.value,
                "numerator": reading.numerator,
                "denominator": reading.denominator,
                "n": reading.n,
                "unknown": reading.unknown,
                "status": (result.waived or result).verdict.status,  # the oracle knows no waivers
            }
    return cells


def expected_cells(cells: Iterable[Mapping[str, Any]]) -> Cells:
    """The oracle's cells by group, with fractions as fractions."""
    exact = ("attainment", "value", "numerator", "denominator")
    return {
        tuple(sorted(cell["by"].items())): {
            key: Fraction(value) if key in exact and value is not None else value
            for key, value in cell.items()
            if key != "by"
        }
        for cell in cells
    }


def differences(actual: Cells, expected: Cells) -> list[str]:
    """Every value of the oracle that the product does not have, and every cell that only one of them has."""
    found = [f"{group}: only the product has this cell" for group in actual.keys() - expected.keys()]
    found += [f"{group}: only the oracle has this cell" for group in expected.keys() - actual.keys()]
    for group in actual.keys() & expected.keys():
        for key, value in expected[group].items():
            if actual[group].get(key) != value:
                found.append(f"{group} {key}: {actual[group].get(key)}, and the oracle says {value}")
    return sorted(found)


def late_items(results: Results, id_: str, label: str) -> list[dict[str, Any]]:
    """The late items the product lists for the total of a window."""
    (total,) = [result for result in _of(results, "sla", id_, label) if not result.reading.by]
    assert isinstance(total.reading, ClockReading)
    return [
        {
            "key": item.key,
            "started": iso_utc(item.started_us),
            "due": None if item.due_us is None else iso_utc(item.due_us),
            "done": None if item.done_us is None else iso_utc(item.done_us),
            "seconds": item.used_us / 1_000_000,
        }
        for item in total.reading.late_items
    ]


def _of(results: Results, kind: str, id_: str, label: str) -> list[Result]:
    return [r for r in results.results if (r.kind, r.id, r.reading.window.label) == (kind, id_, label)]
