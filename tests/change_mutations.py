"""Edits of the sample company, made by a few rules: each changes one place of one document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES: tuple[tuple[str, str, str], ...] = (
    ("more", r" > (?=[\w'])", " >= "),
    ("less", r" < (?=[\w'])", " <= "),
    ("equal", r" = (?=['\d])", " <> "),
    ("unlike", r" <> ", " = "),
    ("and", r" and (?=\w+ )", " or "),
    ("known", r" is not null", " is null"),
    ("objective", r"objective: (9)", r"objective: 8"),
    ("within", r"within: (\d+) ", r"within: 1\1 "),
    ("window", r"window: month", "window: week"),
    ("points", r"points: (\d)", r"points: 1\1"),
    ("at least", r"at_least: (\d)", r"at_least: 1\1"),
    ("at most", r"at_most: (\d)", r"at_most: 2\1"),
    ("least n", r"min_n: (\d+)", r"min_n: 1\1"),
    ("matures", r"matures: \d+ days", "matures: 45 days"),
    ("span", r"span: 12 months", "span: 6 months"),
    ("moment", r"(?m)^at: (?!created_at)\w+_at$", "at: created_at"),
    ("starts", r"starts: mql\.at", "starts: created_at"),
    ("stops", r"stops: first_human_touch_at", "stops: assigned_at"),
    ("hours", r"13:00-18:00", "13:00-16:00"),
    ("holidays", r"region: BE", "region: BY"),
    ("closed", r"closed: \[", "closed: [2026-02-03, "),
    ("zone", r"timezone: Europe/Berlin", "timezone: America/New_York"),
    ("fiscal year", r"fiscal_year_starts: 02-01", "fiscal_year_starts: 01-01"),
    ("calendar", r"calendar: desk", "calendar: new_york"),
    ("excused", r"excused: duplicate or opted_out", "excused: duplicate"),
    ("list", r"Hospitality, Energy", "Energy"),
    ("tiers", r"tiers: \{A: 80", "tiers: {A: 90"),
    ("fits", r"fits: \[A, B\]", "fits: [A]"),
    ("anti-pattern", r"employees < 20", "employees < 200"),
    ("roll-up", r"rollup: min\(", "rollup: max("),
    ("children", r", where: is_human", ""),
    ("map", r"Web form: website", "Web form: content"),
    ("values", r"outbound\]", "inbound]"),
    ("formula", r"formula: count\(\*\)", "formula: count(*) + 1"),
    ("sum", r"formula: \"?sum\(", "formula: 2 * sum("),
    ("share", r"share\(sql\)", "share(won_deal)"),
    ("median", r"median\(", "avg("),
    ("population", r"of: mql", "of: lead"),
    ("split", r"by: \[source, segment\]", "by: [segment]"),
    ("another split", r"by: \[segment\]", "by: [segment, region]"),
    ("words", r"(?m)^name: (.)", r"name: The \1"),
    ("prose", r"(?m)^means: >-\n  ", "means: >-\n  In short: "),
    ("why", r"why: ", "why: So it is. "),
    ("order", r"parties: \[(\w+), (\w+)\]", r"parties: [\2, \1]"),
    ("owner", r"owner: marketing", "owner: sales"),
    ("evidence", r"evidence: a ", "evidence: one "),
    ("remark", r"(?m)\A", "# a remark\n"),
    ("parameter", r"mql_threshold = 50", "mql_threshold = 60"),
    ("margin", r"gross_margin = 0.78", "gross_margin = 0.7"),
    ("nulls", r"\"n/a\"\]", '"n/a", "Energy"]'),
    ("privacy", r"k = 5 ", "k = 50 "),
)
"""What an edit is called, what it looks for, and what it writes there."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """An edit: by which rule, in which file of the project, and what the file then holds."""

    rule: str
    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule} in {self.file}"


def mutations(root: Path) -> Iterator[Mutation]:
    """Every edit that a rule can make of the project at ``root``, one place each."""
    files = [root / "aac.toml", *sorted((root / "alignment").rglob("*.yml"))]
    for path in files:
        text = path.read_text(encoding="utf-8")
        for rule, wanted, written in RULES:
            for found in re.finditer(wanted, text):
                made = text[: found.start()] + found.expand(written) + text[found.end() :]
                yield Mutation(rule, path.relative_to(root).as_posix(), made)
