"""What landing found, as sentences: flaws of records (AAC5xx), and what a stream lacks (AAC6xx)."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from aac.expressions.nodes import Column, walk
from aac.findings import Finding, did_you_mean
from aac.periods import YEARS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from aac.config import Source
    from aac.findings import Level
    from aac.landing.state import Flaw, PreparedEntity, RawStream
    from aac.measures import Table

TYPES = {
    "integer": ("a whole number", "write digits only, or read it as `number`"),
    "number": ("a number", "write digits and a decimal point only, or map the text"),
    "money": ("a number", "write digits and a decimal point only, without a currency sign"),
    "float": ("a number", "write digits and a decimal point only, or map the text"),
    "boolean": ("true or false", "write true/false, yes/no or 1/0, or map the text to one of them"),
    "date": ("a date", "write it as 2026-03-02, or give the field the `format` it is written in"),
    "timestamp": ("a moment", "write it as 2026-03-02 05:00, or give the field the `format` it is written in"),
}
"""What text was meant to be by the name of its type, and what to do when it is not."""

LONGEST_TEXT = 40
PLAIN = re.compile(r"[A-Za-z0-9_]([\w .-]*\w)?")
"""Texts that need no quotes in YAML."""


def near(texts: Iterable[str], known: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Those of ``texts`` that are nearly a known one, and which."""
    found = ((text, get_close_matches(text, known, n=1, cutoff=0.8)) for text in texts)
    return tuple((text, matches[0]) for text, matches in found if matches)


def tell_flaws(table: Table, prepared: PreparedEntity | None) -> tuple[Finding, ...]:
    """What is wrong with the records of a table, at the lines that its fields have today."""
    return tuple(_told(flaw, table) for flaw in (prepared.flaws if prepared is not None else ()))


def source_failed(source: Source, message: str) -> Finding:
    """AAC609: a source cannot be read."""
    instead = "correct this and run `aac pull` again; what was pulled before is kept"
    return Finding("AAC609", "error", f"source `{source.id}` was not pulled: {message}", instead, source.span_of())


def missing_columns(table: Table, stream: RawStream) -> tuple[Finding, ...]:
    """AAC606 for each field that reads a column which the stream does not have."""
    return tuple(
        Finding(
            "AAC606",
            "error",
            f"`{table.source}.{table.stream}` has no column `{node.name}`",
            did_you_mean(node.name, stream.columns),
            field.span,
            f"entity:{table.entity}",
        )
        for field in table.fields
        for node in walk(field.read)
        if isinstance(node, Column) and node.name not in stream.columns
    )


def missing_stream(table: Table, streams: Iterable[str]) -> Finding:
    """AAC607: the source does not have the stream that a table reads."""
    message = f"source `{table.source}` has no stream `{table.stream}`"
    instead = did_you_mean(table.stream, streams) or "add the file, or name another stream"
    return Finding("AAC607", "error", message, instead, table.span, f"entity:{table.entity}")


def missing_watermark(source: Source, stream: str, streams: Iterable[str]) -> Finding:
    """AAC607: the source does not have the stream that its watermark reads."""
    message = f"the watermark of `{source.id}` reads `{stream}`, which it does not have"
    instead = did_you_mean(stream, streams) or "name another stream"
    return Finding("AAC607", "error", message, instead, source.span_of("watermark"))


def not_pulled(table: Table) -> Finding:
    """AAC607: the stream that a table reads is not in the store."""
    message = f"`{table.source}.{table.stream}` was not pulled yet"
    return Finding("AAC607", "error", message, "run `aac pull`", table.span, f"entity:{table.entity}")


def _told(flaw: Flaw, table: Table) -> Finding:
    level: Level = "info" if flaw.code in {"AAC507", "AAC508"} else "warning"
    span = (table.field(flaw.field) if flaw.field is not None else table).span
    message, instead = _sentences(flaw, table)
    return Finding(flaw.code, level, message, instead, span, f"entity:{table.entity}", flaw.count, flaw.keys)


def _sentences(flaw: Flaw, table: Table) -> tuple[str, str]:
    """What is wrong, and what to do."""
    key = " and ".join(f"`{name}`" for name in table.key)
    stream, quoted = f"`{table.source}.{table.stream}`", _quoted(flaw.texts)
    match flaw.code:
        case "AAC501":
            rows = ", ".join(map(str, flaw.rows)) + (", …" if flaw.count > len(flaw.rows) else "")
            message = f"{_records(flaw)} of {stream} set aside without {key} (row{_s(flaw)} {rows}){quoted}"
            return message, "give every record a key, or choose another `key`"
        case "AAC502":
            stays = f"the one with the latest `{table.occurs}`" if table.occurs else "the last one"
            known = f": {', '.join(flaw.keys[:5])}{', …' if len(flaw.keys) > 5 else ''}" if flaw.keys else ""
            message = f"{_records(flaw)} of {stream} set aside because another has the same {key}{known}; {stays} stays"
            return message, "export every record once, or add to `key` what tells them apart"
        case "AAC503":
            entity = table.field(str(flaw.field)).type.entity
            message = f"`{flaw.field}` of {_records(flaw)} finds no {entity}{quoted}"
            return message, f"{_repair(flaw.near)}, or add what is missing to `{entity}`"
        case "AAC504":
            known = table.field(str(flaw.field)).type.values or ()
            message = f"`{flaw.field}` of {_records(flaw)} is not in its list of values{quoted}"
            return message, f"{_repair(near(flaw.texts, known))}, or add what is missing to `values`"
        case "AAC505":
            meant, instead = TYPES[table.field(str(flaw.field)).type.name]
            return f"`{flaw.field}` of {_records(flaw)} is not {meant}{quoted}", instead
        case "AAC506":
            message = f"`{flaw.field}` of {_records(flaw)} lies outside {YEARS[0]} to {YEARS[-1]}{quoted}"
            return message, "correct it, or give the field the `format` it is written in"
        case "AAC507":
            message = f"`{flaw.field}`, when it occurs, is unknown in {_records(flaw)}: they count as if always there"
            return message, "add the moment where it is known"
        case _:
            return f"`{flaw.field}` is empty in {_records(flaw)}", "add what they belong to where it is known"


def _records(flaw: Flaw) -> str:
    return f"{flaw.count:,} record{_s(flaw)}"


def _s(flaw: Flaw) -> str:
    return "s" if flaw.count != 1 else ""


def _quoted(texts: tuple[str, ...]) -> str:
    """`: 'GTXPro', …`, or nothing when there is nothing to quote."""
    shown = [repr(text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…") for text in texts]
    return f": {', '.join(shown)}" if shown else ""


def _repair(pairs: Iterable[tuple[str, str]]) -> str:
    """How a field is mapped, with the pairs that seem to be meant."""
    entries = ", ".join(f"{_scalar(text)}: {_scalar(meant)}" for text, meant in pairs)
    return f"repair the spelling with `map: {{{entries}}}`" if entries else "repair the spelling with `map`"


def _scalar(text: str) -> str:
    """A text as it may stand in a mapping of YAML."""
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
