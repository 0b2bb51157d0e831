"""Up to which moment a source is known: a time, the greatest value of a column, or when it was pulled (LANGUAGE §2)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aac.engines.base import Query, Select
from aac.expressions.nodes import Aggregate, Call, Case, Column, Literal, Node
from aac.findings import Finding, did_you_mean
from aac.landing.advising import quoted
from aac.landing.staging import EPOCH_DAY, column_text, is_believed, is_column, moment_value
from aac.measures import StoredField
from aac.periods import midnight_us, parse_moment

if TYPE_CHECKING:
    from aac.engines.base import Engine
    from aac.landing.inputs import Inputs

GREATEST = re.compile(r'max\(\s*("[^"]+"|[^".]+?)\s*\.\s*("[^"]+"|[^".]+?)\s*\)', re.IGNORECASE)


def watermark_column(text: str | None) -> tuple[str, str] | None:
    """Stream and column of ``max(stream.column)``, each with or without quotes; null for any other watermark."""
    found = GREATEST.fullmatch(text.strip()) if text else None
    return (found[1].strip('"'), found[2].strip('"')) if found else None


def watermark_rule(source: str, inputs: Inputs) -> str:
    """Everything in documents and settings that decides a source's watermark: with another rule it is another one."""
    field = _field(source, inputs)
    reading = [field.type.name, field.format] if field else None
    return json.dumps([inputs.sources[source].watermark, inputs.zone(source), inputs.sources[source].nulls, reading])


def find_watermark(source: str, inputs: Inputs, engine: Engine, pulled_at_us: int) -> int | Finding:
    """The watermark in microseconds, or what is wrong (AAC606, AAC608); the source's stream has been pulled."""
    text = inputs.sources[source].watermark
    place = watermark_column(text)
    if text is None:
        return pulled_at_us
    if place is not None:
        return _greatest(source, *place, inputs, engine)
    try:
        return parse_moment(text, inputs.zone(source), date_means="after")
    except ValueError as error:
        message, _, instead = str(error).rpartition("; ")
        return _wrong(
            source,
            inputs,
            "AAC608",
            message,
            f"{instead}, or the greatest value of a column as in `max(stream.column)`",
        )


def _greatest(source: str, stream: str, column: str, inputs: Inputs, engine: Engine) -> int | Finding:
    files = inputs.files(source, stream)
    if not is_column(column, files.columns):
        message = f"the watermark of `{source}` reads `{column}`, which `{source}.{stream}` does not have"
        return _wrong(source, inputs, "AAC606", message, did_you_mean(column, files.columns))
    nulls, zone = inputs.sources[source].nulls, inputs.zone(source)
    field = _field(source, inputs)
    day, moment = _readings(field, Column("text"), zone)
    read = Select(files, (("text", column_text(column, files, nulls)),))
    typed = Select("read", (("text", Column("text")), ("day", day), ("moment", moment)))
    unread = Call("and", tuple(Call("is_null", (Column(name),)) for name in ("day", "moment")))
    output = Select(
        "typed",
        (
            ("unread", Aggregate("count", (Column("text"),), unread)),
            ("first", Aggregate("min", (Column("text"),), unread)),
            ("day", Aggregate("max", (Column("day"),), is_believed("date", Column("day")))),
            ("moment", Aggregate("max", (Column("moment"),), is_believed("timestamp", Column("moment")))),
        ),
    )
    rows: list[Any] = list(engine.run(Query((("read", read), ("typed", typed)), (output,), {}))[0])
    unread_texts, first, last_day, last_moment = rows[0]
    if unread_texts:
        return _unread(source, f"{stream}.{column}", unread_texts, first if field is not None else None, inputs)
    ends = [midnight_us(EPOCH_DAY + timedelta(days=last_day + 1), zone)] if last_day is not None else []
    known = [*ends, *([last_moment] if last_moment is not None else [])]
    if not known:
        message = f"there is no moment in `{stream}.{column}`, the watermark of `{source}`"
        return _wrong(source, inputs, "AAC608", message, "name a column that has some, or leave the watermark out")
    return max(known)


def _unread(source: str, place: str, count: int, shown: str | None, inputs: Inputs) -> Finding:
    """AAC608; ``shown`` is one of the texts, of a column that is known to hold moments: others may hold names."""
    texts, are = ("1 text", "is no moment") if count == 1 else (f"{count:,} texts", "are no moments")
    message = f"{texts} of `{place}`, the watermark of `{source}`, {are}"
    if shown is None:
        advice = "give a field that reads this column the `format` it is written in"
        return _wrong(source, inputs, "AAC608", message, advice)
    advice = "correct it where it comes from, or the `format` that this column is read with"
    return _wrong(source, inputs, "AAC608", f"{message}: {quoted(shown)}", advice)


def _field(source: str, inputs: Inputs) -> StoredField | None:
    """The field, or the entry of `columns`, that reads the watermark's column as a moment: it says how."""
    place = watermark_column(inputs.sources[source].watermark)
    for table in inputs.tables.values():
        if place is not None and (source, place[0]) in table.streams:
            for column in table.columns:
                if column.name == place[1] and column.type.is_moment:
                    return StoredField(column.name, column.type, Column(column.name), format=column.format)
            for field in table.fields:
                if field.read == Column(place[1]) and field.type.is_moment and field.is_text:
                    return field
    return None


def _readings(field: StoredField | None, text: Node, zone: str) -> tuple[Node, Node]:
    """The text as a date and as a moment, at most one of them known; by ISO 8601 where no field says otherwise."""
    if field is not None:
        value = moment_value(field.type.name, text, field.format, zone)
        return (value, Literal(None)) if field.type.name == "date" else (Literal(None), value)
    day = moment_value("date", text, None, zone)
    moment = Case(((Call("is_null", (day,)), moment_value("timestamp", text, None, zone)),), Literal(None))
    return day, moment


def _wrong(source: str, inputs: Inputs, code: str, message: str, instead: str) -> Finding:
    return Finding(code, "error", message, instead, inputs.sources[source].span_of("watermark"))
