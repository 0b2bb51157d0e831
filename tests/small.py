"""Projects of a few records, written where a test stands, pulled and measured: the whole road without a process."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from aac.evaluate import Asked
from aac.operations import measure, open_sound_project, pull_sources, read_moment
from aac.results import ClockReading, NumberReading, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aac.results import Result, Results

NOW_US = 4_102_444_800_000_000
"""2100-01-01: every pull of a test is later than its data."""
TEAMS = """\
kind: team
id: sales
name: Sales
---
kind: team
id: marketing
name: Marketing
"""
SETTINGS = """\
[project]
name = "Small"
spec = 1

[sources.crm]
connector = "csv"
path = "data"
watermark = "{watermark}"
"""
COMPANY = """\
kind: company
id: small
currency: EUR
timezone: Europe/Berlin
---
"""
DESK = """\
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon-fri: "09:00-17:00"}
---
"""
SLA = """\
kind: sla
id: reply
what: Sales replies
who: {owes: sales, to: marketing}
escalation: []
"""
METRIC = """\
kind: metric
unit: count
better: higher
owner: sales
serves: customer_success
"""


def write_project(
    root: Path,
    documents: str,
    tables: Mapping[str, str],
    *,
    watermark: str = "2026-03-10T12:00:00Z",
    settings: str = "",
) -> Path:
    """A project whose streams are ``tables`` (CSV text by name); ``settings`` go behind those of the source."""
    (root / "alignment").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "alignment" / "teams.yml").write_text(TEAMS)
    (root / "alignment" / "all.yml").write_text(dedent(documents))
    (root / "aac.toml").write_text(SETTINGS.format(watermark=watermark) + dedent(settings))
    for stream, text in tables.items():
        (root / "data" / f"{stream}.csv").write_text(dedent(text).lstrip())
    return root


def measured(
    root: Path, *windows: str, as_of: str | None = None, restate: bool = False, is_restricted: bool = False
) -> Results:
    """What the project at ``root`` comes to, with everything in it, after a pull."""
    opened = open_sound_project(root)
    pulled = pull_sources(opened, NOW_US, lambda _: None)
    assert not [finding for finding in pulled.findings if finding.level == "error"], pulled.findings
    at = read_moment("--as-of", as_of, opened.project.timezone) if as_of else None
    asked = Asked(at, windows, restate=restate, is_restricted=is_restricted)
    return measure(opened, NOW_US, asked, lambda _: None, everything=True)


def total(results: Results, id_: str, label: str) -> Result:
    """The total of a document in a window."""
    (found,) = [r for r in results.results if (r.id, r.reading.window.label, dict(r.reading.by)) == (id_, label, {})]
    return found


def outcomes(results: Results, id_: str, label: str, **by: object) -> dict[str, int]:
    """How many items of a group ended how; what was not counted is left out, and so are cells that do not exist."""
    found: dict[str, int] = {}
    for result in results.results:
        reading = result.reading
        if (result.id, reading.window.label, dict(reading.by)) == (id_, label, by):
            assert isinstance(reading, ClockReading)
            found = {outcome.value: reading.count(outcome) for outcome in Outcome}
            found |= {"outside_hours": reading.outside_hours, "unknown": reading.unknown}
    return {name: n for name, n in found.items() if n}


def number(results: Results, id_: str, label: str) -> NumberReading:
    """The total of a metric."""
    reading = total(results, id_, label).reading
    assert isinstance(reading, NumberReading)
    return reading


def metric(id_: str, formula: str, **keys: str) -> str:
    """A metric; ``keys`` replace those of `METRIC`."""
    lines = [line for line in METRIC.splitlines() if line.partition(":")[0] not in keys]
    return "\n".join([*lines, f"id: {id_}", f"formula: {formula}", *(f"{k}: {v}" for k, v in keys.items())]) + "\n---\n"


def groups(results: Results, id_: str, label: str) -> list[Mapping[str, object]]:
    """The groups that have a cell, the total among them."""
    return [r.reading.by for r in results.results if (r.id, r.reading.window.label) == (id_, label)]
