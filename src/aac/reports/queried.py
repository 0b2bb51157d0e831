"""The answer of `aac query`: for a terminal, for a spreadsheet and for programs."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING

from aac.periods import iso_utc
from aac.reports.json import as_json, dumps, json_value
from aac.reports.tables import harmless
from aac.reports.wording import as_of_words, group_words, is_provisional, result_words, target_words, visible
from aac.results import NumberReading
from aac.small_groups import findings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.expressions.nodes import Value
    from aac.reports.base import Entry, ReportProject
    from aac.results import Result, Results

Readable = Callable[[str], str]
WIDTH = 80
NARROWEST = 8
"""Columns that the name of a group has at least."""
UNKNOWN = "not known"
COLUMNS = ("metric", "window", "from", "until", "cell")
"""What stands before the dimensions in a row of CSV; ``cell`` is `total` or `group`."""
NUMBERS = ("value", "numerator", "denominator", "n", "unknown", "unit", "provisional", "as_of")
"""What stands behind them."""


def query_json(project: ReportProject, results: Results, by: Sequence[str], readable: Readable) -> str:
    """`aac-results/1`."""
    del project, by, readable
    return dumps(as_json(results)) + "\n"


def query_csv(project: ReportProject, results: Results, by: Sequence[str], readable: Readable) -> str:
    """A row a cell. A group of records whose value is not known has an empty cell, and so has a total."""
    del project, readable
    names = [f"by.{name}" if name in (*COLUMNS, *NUMBERS) else name for name in by]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(harmless, (*COLUMNS, *names, *NUMBERS)))
    for result in results.results:
        writer.writerow(map(harmless, _csv_row(result, by)))
    return text.getvalue()


def _csv_row(result: Result, by: Sequence[str]) -> list[object]:
    reading = result.reading
    number = reading if isinstance(reading, NumberReading) else None
    window = reading.window
    return [
        result.id,
        window.label,
        window.first,
        window.until,
        "group" if reading.by else "total",
        *(_plain(reading.by.get(name)) for name in by),
        *(json_value(value) for value in ((number.value, number.numerator, number.denominator) if number else ())),
        *((number.n, number.unknown, number.unit) if number else ()),
        _plain(is_provisional(reading)),
        iso_utc(reading.as_of_us),
    ]


def _plain(value: Value) -> object:
    return str(value).lower() if isinstance(value, bool) else json_value(value)


def query_text(project: ReportProject, results: Results, by: Sequence[str], readable: Readable) -> str:
    """A table a metric: windows below each other, in each the total and its groups. ``readable``: what a screen may
    tell of a text; a column is as wide as what is told."""
    entries = {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}
    header = results.project + (f" @ {results.revision}" if results.revision else "")
    lines = [f"{header} · data as of {as_of_words(results, project.timezone)}"]
    for subject in dict.fromkeys(f"{result.kind}:{result.id}" for result in results.results):
        of_metric = [result for result in results.results if f"{result.kind}:{result.id}" == subject]
        lines += ["", _title(of_metric, entries.get(subject)), *_table(of_metric, by, readable)]
        for finding in findings_of(subject, results.findings, results.left_out):
            if finding.level == "info":
                lines += textwrap.wrap(f"note: {finding.message}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "".join(f"{visible(line)}\n" for line in lines)


def _title(results: Sequence[Result], entry: Entry | None) -> str:
    result = results[0]
    unit = result.reading.unit if isinstance(result.reading, NumberReading) else "percent"
    name = entry.name if entry else result.id
    target = target_words(result.verdict.target, unit)
    parts = [*([result.id] if name != result.id else []), unit.replace("_", " ")]
    parts += [f"target {target}"] if target else []
    return f"{name} ({', '.join(parts)})"


def _table(results: Sequence[Result], by: Sequence[str], readable: Readable) -> list[str]:
    rows = [_row(result, by, readable) for result in _in_order(results, by)]
    heads = ["window", *by, "value", ""]
    cells = [heads, *(row[:-1] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(heads))]
    room = WIDTH - 2 - sum(widths[place] + 2 for place in range(len(widths)) if not 0 < place <= len(by))
    for place in range(1, len(by) + 1):
        widths[place] = min(widths[place], max(NARROWEST, room // len(by) - 2))
    lines = [_line(heads, widths, len(by))] if by else []
    before = ""
    for *row, notes in rows:
        window, *others = row
        lines.append(_line(["" if window == before else window, *others], widths, len(by), notes))
        before = window
    return lines


def _in_order(results: Sequence[Result], by: Sequence[str]) -> list[Result]:
    """Windows as they come, in each the total first, and of its groups those that are known first."""

    def groups(result: Result) -> list[tuple[bool, str]]:
        values = [result.reading.by.get(name) for name in by] if result.reading.by else []
        return [(value is None, str(value)) for value in values]

    windows = list(dict.fromkeys(result.reading.window for result in results))
    return sorted(results, key=lambda result: (windows.index(result.reading.window), groups(result)))


def _row(result: Result, by: Sequence[str], readable: Readable) -> list[str]:
    words = result_words(result)
    values: Mapping[str, Value] = result.reading.by
    total = ["total", *[""] * (len(by) - 1)]
    groups = [visible(readable(group_words(values[name]) or UNKNOWN)) for name in by] if values else total
    notes = [*(["so far"] if words["so_far"] else []), *words["beside"]]
    return [words["window"], *(groups if by else []), words["shown"], words["counts"] or "", " · ".join(notes)]


def _line(cells: Sequence[str], widths: Sequence[int], groups: int, notes: str = "") -> str:
    """A row: the value stands to the right of its column, everything else to the left."""
    said: list[str] = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        shown = cell if len(cell) <= width else f"{cell[: width - 1]}…"
        said.append(shown.rjust(width) if place == groups + 1 else shown.ljust(width))
    return f"  {'  '.join([*said, notes])}".rstrip()


FORMATS: Mapping[str, Callable[[ReportProject, Results, Sequence[str], Readable], str]] = {
    "text": query_text,
    "csv": query_csv,
    "json": query_json,
}
"""What `--format` names."""
