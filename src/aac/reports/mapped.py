"""The screen of `aac map`: entities field by field, where each comes from and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.reports.wording import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.reports.base import View

MOST_STOPPED = 5
"""How many measures are named that something missing stops."""


def mapped_text(entities: Sequence[View]) -> str:
    """A paragraph an entity; empty when there is none."""
    lines: list[str] = []
    for entity in entities:
        lines += [*([""] if lines else []), _headline(entity)]
        missing = entity["missing"]
        if missing is not None:
            advice = missing["instead"] or "say where it is with `from` in a document of kind `entity`"
            lines.append(f"  no source has a stream `{missing['stream']}`: {advice}")
            lines += _stopped(missing["stops"], "  ")
        lines += _fields(entity)
    lines += ["", _closing(entities)] if entities else []
    return "".join(f"{visible(line)}\n" for line in lines)


def _headline(entity: View) -> str:
    place = f"  from {' and '.join(entity['streams'])}" if entity["streams"] else ""
    records = f" · {plural(entity['records'], 'record')}" if entity["records"] is not None else ""
    return f"{entity['entity']}{place}{records}"


def _fields(entity: View) -> Iterator[str]:
    rows = [
        (each, each["field"], each["type"], _reads(each), _known(each, entity["records"])) for each in entity["fields"]
    ]
    widths = [max((len(row[place]) for row in rows), default=0) for place in (1, 2, 3)]
    for each, *cells in rows:
        mark = "✗" if each["missing"] else " "
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
        yield f"  {mark} {'  '.join([*padded, cells[-1]])}".rstrip()
        for lost in each["missing"]:
            yield f"      no column `{lost['column']}`: {lost['instead'] or 'say where it is with `from`'}"
        yield from _stopped(each["stops"], "      ")


def _reads(each: View) -> str:
    return ", ".join(each["reads"]) or "(a rule)"


def _known(each: View, records: int | None) -> str:
    """How much of the records a field is known of: only all of them are 100 %."""
    if each["known"] is None or not records:
        return ""
    return f"{each['known'] * 1000 // records / 10:g} %"


def _stopped(stops: Sequence[str], indent: str) -> list[str]:
    if not stops:
        return []
    more = f" and {len(stops) - MOST_STOPPED} more" if len(stops) > MOST_STOPPED else ""
    shown = ", ".join(stop.replace(":", " ") for stop in stops[:MOST_STOPPED])
    return [f"{indent}not measurable without it: {shown}{more}"]


def _closing(entities: Sequence[View]) -> str:
    """How much is there, in a line."""
    absent = sum(entity["missing"] is not None for entity in entities)
    lost = sum(bool(each["missing"]) for entity in entities for each in entity["fields"])
    there = f"{len(entities) - absent} of {len(entities)} entities have a stream"
    if lost or absent == len(entities):
        return f"{there}, and {lost} of their fields have no column" if lost else there
    return f"{there}, with all their columns"
