"""The screen of `aac explain`: a document in words, or what a code of a finding means; 80 columns wide."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from aac.reports.wiki.shelves import by_document
from aac.reports.wiki.words import stages_of
from aac.reports.wording import as_of_words, result_words, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.reports.base import View
    from aac.results import Result, Results

WIDTH = 80
WIDEST = 28
"""Columns of the places of rules; longer ones stand on a line of their own."""


def explained_text(view: View, today: Results | str, zone: str) -> str:
    """What is known of a document; ``today``: its numbers, or why there are none."""
    lines = [*_wrapped(_headline(view)), *_wrapped(" · ".join(_facts(view)))]
    if view["agreement"]:
        lines += _wrapped(f"{view['agreement']['shape']} {view['agreement']['words']}")
    for part in _paragraphs(view["means"]):
        lines += ["", *_wrapped(part)]
    if view["why"]:
        lines += ["", *_wrapped(f"Why: {' '.join(str(view['why']).split())}")]
    if view["as_written"]:
        lines += ["", *_wrapped(f"As the teams wrote it: “{' '.join(str(view['as_written']).split())}”")]
    lines += _section("What it says", said(view))
    lines += _section("Versions", _versions(view["versions"]))
    lines += _section("In words", _rules(view["rules"]))
    lines += _section("Rests on", _tree(view["rests_on"]))
    lines += _section("What rests on it", _tree(view["used_by"]))
    lines += _section("Where it is mentioned", _tree(view["mentioned_in"]))
    lines += _section("Today", _stages(view, today, zone) if view["stages"] else _today(today, zone))
    for sql in view["sql"]:
        lines += _section("SQL", [f"  {line}" for line in sql.splitlines()])
    return "".join(f"{visible(line)}\n" for line in lines)


def _headline(view: View) -> str:
    name = f" · {view['name']}" if view["name"] != view["id"] else ""
    return f"{view['kind']} {view['id']}{name}"


def _facts(view: View) -> Iterator[str]:
    yield view["place"]
    if view["owner"]:
        yield f"owner {view['owner']}"
    others = [party for party in view["parties"] if party != view["owner"]]
    if others:
        yield f"with {', '.join(others)}"


def _paragraphs(prose: Any) -> list[str]:
    return [" ".join(part.split()) for part in str(prose or "").split("\n\n") if part.strip()]


def _wrapped(text: str, indent: int = 0, hanging: int | None = None) -> list[str]:
    spaces, later = " " * indent, " " * (indent if hanging is None else hanging)
    return textwrap.wrap(
        text, WIDTH, initial_indent=spaces, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def said(view: View) -> list[str]:
    """The sentences of a document, each on lines of its own."""
    return [line for sentence in view["sentences"] for line in _wrapped(sentence, 2, 4)]


def _versions(versions: Sequence[View]) -> list[str]:
    """Since when and until when each holds; below it where it stands."""
    lines: list[str] = []
    for version in versions:
        days = f"{version['from'] or 'the beginning'} until {version['until'] or 'now'}"
        if version["is_to_come"]:
            days = f"{version['from']} {'until ' + version['until'] if version['until'] else 'on'}, still to come"
        lines += [f"  {days}{'  (explained here)' if version['is_shown'] else ''}", f"    {version['place']}"]
    return lines


def _rules(rules: Sequence[View]) -> list[str]:
    """Each rule beside its place."""
    widths = [len(rule["place"]) for rule in rules if len(rule["place"]) <= WIDEST]
    width = max(widths, default=0)
    lines: list[str] = []
    for rule in rules:
        place, said = rule["place"], textwrap.wrap(rule["words"], WIDTH - width - 4, break_on_hyphens=False)
        if len(place) > width:
            lines.append(f"  {place}")
            place = ""
        for line in said:
            lines.append(f"  {place.ljust(width)}  {line}")
            place = ""
    return lines


def _tree(branches: Sequence[View], before: str = "  ") -> list[str]:
    lines: list[str] = []
    for number, branch in enumerate(branches):
        is_last = number == len(branches) - 1
        name = f"  {branch['name']}" if branch["name"] else ""
        line = f"{before}{'└' if is_last else '├'}─ {branch['subject'].replace(':', ' ')}{name}"
        lines.append(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…")
        lines += _tree(branch["below"], before + ("   " if is_last else "│  "))
    return lines


def _today(today: Results | str, zone: str) -> list[str]:
    if isinstance(today, str):
        return _wrapped(today, 2) if today else []
    totals = [result for result in today.results if not result.reading.by]
    rows = [_row(result) for result in totals]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(4)]
    lines = [f"  data as of {as_of_words(today, zone)}"]
    for *row, notes in rows:
        line = "  ".join([row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].ljust(widths[2])])
        lines.append(f"  {line}  {row[3].ljust(widths[3])}".rstrip())
        lines += _wrapped(notes, 6)
    return lines if rows else []


def _stages(view: View, today: Results | str, zone: str) -> list[str]:
    """Of a lifecycle how many records are at each stage, and below it how many went on to the next."""
    if isinstance(today, str):
        return _today(today, zone)
    told = by_document(today.results)
    stages = stages_of(f"{view['kind']}:{view['id']}", view["stages"], told, zone)
    names = [stage["id"].replace("_", " ") for stage in stages]
    counts = ["no data of it yet" if stage["n"] is None else stage["n"] for stage in stages]
    widths = [max(map(len, column)) for column in (names, counts)]
    lines = [f"  of all time, as of {as_of_words(today, zone)}"]
    for name, n, stage in zip(names, counts, stages, strict=True):
        lines.append(f"  {name:{widths[0]}}  {n:>{widths[1]}}")
        lines += _wrapped(_onward(stage), 6)
    return lines


def _onward(stage: View) -> str:
    """`697 of 2,018, 34.5%, went on to accepted`, or why that is not told; empty where there is nothing to tell."""
    words, to = stage["went_on"], str(stage["next"]).replace("_", " ")
    if words:
        beside = f" ({', '.join(words['beside'])})" if words["beside"] else ""
        return f"{', '.join(filter(None, (words['counts'], words['shown'])))}, went on to {to}{beside}"
    return f"how many went on to {to} is not told: {stage['untold']}" if stage["untold"] else ""


def _row(result: Result) -> list[str]:
    words = result_words(result)
    status = words["status"]
    judged = f"{status['shape']} {status['word'].lower()}" if status else ""
    limit = words["short_limit"] or ""
    notes = [*(["so far"] if words["so_far"] else []), *([words["hint"]] if words["hint"] else []), *words["beside"]]
    return [words["window"], words["shown"], words["counts"] or "", f"{limit}  {judged}".strip(), " · ".join(notes)]


def code_text(view: View) -> str:
    """What a code of a finding means, with a wrong and a right example."""
    lines = [f"{view['code']} ({view['level']}): {view['title']}"]
    for part in _paragraphs(view["means"]):
        lines += ["", *_wrapped(part)]
    for title in ("wrong", "right"):
        lines += _section(title.capitalize(), [f"  {line}".rstrip() for line in str(view[title]).splitlines()])
    return "".join(f"{visible(line)}\n" for line in lines)
