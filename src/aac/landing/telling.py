"""What landing found, as sentences: flaws of records (AAC5xx), and what a stream lacks (AAC6xx)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from aac.expressions.nodes import NOTHING, Call, Column, walk
from aac.findings import Finding, did_you_mean
from aac.landing.advising import advice, is_too_large, meant, quoted
from aac.landing.staging import PLACES, called, is_column, may_be_rounded, may_be_skipped, passed_over
from aac.measures import StoredField
from aac.people import has_keys_of_people, tells_who
from aac.periods import YEARS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from aac.config import Source
    from aac.expressions.nodes import Node
    from aac.findings import Level
    from aac.landing.state import Flaw, PreparedEntity, RawStream, State
    from aac.measures import StreamName, Table

PLAIN = re.compile(r"[A-Za-z0-9_]([\w .-]*\w)?")
"""Texts that need no quotes in YAML."""
LEFT_OUT = re.compile(r'"field"\s*:\s*"([^"\\]+)"')
"""The columns that Airbyte says it has left out of a row, in `_airbyte_meta`."""
NOTES = frozenset({"AAC507", "AAC508", "AAC509", "AAC517", "AAC524"})
"""What may well be so, and is told because it often is not."""
WORD = re.compile(r"[^\s_-]+")
DIGIT = re.compile(r"\d")


def near(texts: Iterable[str], known: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Those of ``texts`` that are nearly a known one, and which: names that people write, never ids.

    Two names with other digits are two things, however alike they are.
    """
    found = ((text, get_close_matches(text, known, n=1, cutoff=0.8)) for text in texts)
    pairs = ((text, matches[0]) for text, matches in found if matches)
    return tuple(pair for pair in pairs if any(map(is_name, pair)) and DIGIT.findall(pair[0]) == DIGIT.findall(pair[1]))


def is_name(text: str) -> bool:
    """Whether a text is what people call something: it has a word of letters, and is no address."""
    return "@" not in text and any(len(word) > 1 and word.isalpha() for word in WORD.findall(text))


def tell_flaws(table: Table, state: State, people: AbstractSet[str] | None = None) -> tuple[Finding, ...]:
    """What is wrong with the records of a table, at the lines that its fields have today; ``people``: the entities of
    those whom no finding may name."""
    prepared = state.entities.get(table.entity)
    streams = [stream for name in table.streams if (stream := state.stream(*name)) is not None]
    if prepared is None or not streams:
        return ()
    flaws = [flaw for flaw in prepared.flaws if not _is_absent(flaw, prepared)]
    told = [_told(flaw, table, prepared, streams, people) for flaw in flaws]
    return (*told, *_unlike_preset(table, prepared, streams))


def _unlike_preset(table: Table, prepared: PreparedEntity, streams: Sequence[RawStream]) -> Iterator[Finding]:
    """AAC641: columns that a preset names, and that its streams do not have; all of an entity at once."""
    if not table.is_preset:
        return
    known = called(table, [column for stream in streams for column in stream.columns])
    missed = {
        field.name: [column for column in columns_of(field) if not is_column(column, known)]
        for field in table.fields
        if field.name in prepared.lacking
    }
    names = sorted({column for columns in missed.values() for column in columns})
    has = "have" if len(table.streams) > 1 else "has"
    if names:
        fields = [f"`{field}`" for field, columns in missed.items() if columns]
        are, them = ("are", "them") if len(fields) > 1 else ("is", "it")
        message = (
            f"{_named(table)} {has} no column {', '.join(f'`{name}`' for name in names)}: {', '.join(fields)} of "
            f"`{table.entity}` {are} unknown, and nothing that rests on {them} is measured"
        )
        instead = "sync the columns, or tell the fields' `from` in a document that extends the preset"
        yield Finding(
            "AAC641", "info", message, instead, table.span, f"entity:{table.entity}", len(names), tuple(names)
        )
    if gone := _untold_deletions(table, known):
        message = (
            f"{_named(table)} {has} no column {', '.join(f'`{name}`' for name in gone)}: which records of "
            f"`{table.entity}` were deleted is not told there, and all of them count"
        )
        instead = "sync the columns, or say `deleted` in a document that extends the preset"
        yield Finding(
            "AAC641", "warning", message, instead, table.span, f"entity:{table.entity}", len(gone), tuple(gone)
        )


def _untold_deletions(table: Table, known: Collection[str]) -> list[str]:
    """The columns that say of a preset's records that they are deleted, where none of them is there; what is denied, as
    in `not _fivetran_active`, says which rows are the newest."""
    if table.deleted is None:
        return []
    denied = [part for part in walk(table.deleted.read) if isinstance(part, Call) and part.function == "not"]
    others = {part.name for each in denied for part in walk(each) if isinstance(part, Column)}
    read = [column for column in columns_of(table.deleted) if column not in others]
    return [] if any(is_column(column, known) for column in read) else read


def _is_absent(flaw: Flaw, prepared: PreparedEntity) -> bool:
    """Whether a reference is empty because there is no column for it, so that no record could be repaired."""
    return flaw.code == "AAC508" and flaw.field in prepared.lacking


def source_failed(source: Source, message: str) -> Finding:
    """AAC609: a source cannot be read."""
    instead = "correct this and run `aac pull` again; what was pulled before is kept"
    return Finding("AAC609", "error", f"source `{source.id}` was not pulled: {message}", instead, source.span_of())


def columns_of(field: StoredField) -> list[str]:
    """The columns that a field reads, each once."""
    return list(dict.fromkeys(node.name for node in walk(field.read) if isinstance(node, Column)))


def names_column(code: str, name: str | None, table: Table) -> bool:
    """Whether ``name``, of which a code tells something, is a column of the source, and not a field."""
    if code in ("AAC527", "AAC528") and any(column.name == name for column in table.columns):
        return not any(
            field.name == name and (may_be_rounded(field) if code == "AAC527" else may_be_skipped(field))
            for field in table.fields
        )
    return code == "AAC512" or (code == "AAC507" and bool(table.per))


def lacking_fields(table: Table, columns: Collection[str]) -> tuple[str, ...]:
    """The fields that may be without their columns, and are."""
    return tuple(f.name for f in table.fields if f.may_lack and (f.read == NOTHING or not is_there(f.read, columns)))


def is_there(read: Node, columns: Collection[str]) -> bool:
    """Whether there are the columns that an expression needs: of alternatives one, of everything else all."""
    match read:
        case Column(name=name):
            return is_column(name, columns)
        case Call(function="coalesce" | "or", arguments=arguments):
            return any(is_there(argument, columns) for argument in arguments)
        case Call(arguments=arguments):
            return all(is_there(argument, columns) for argument in arguments)
        case _:
            return all(is_column(node.name, columns) for node in walk(read) if isinstance(node, Column))


def withheld_columns(
    table: Table, name: StreamName, withheld: Mapping[str, str], before: Collection[str]
) -> Iterator[Finding]:
    """AAC606 for each field that reads a column which may not be read, with what to do about it; of one that may lack
    it only where it was there ``before``."""
    for field in table.fields:
        for column in columns_of(field):
            advice = next((advice for one, advice in withheld.items() if one.casefold() == column.casefold()), None)
            was_there = is_column(column, before)
            if advice is not None and (was_there or not field.may_lack):
                message = f"column `{column}` of `{name}` may not be read{' any more' if was_there else ''}"
                yield Finding("AAC606", "error", message, advice, field.span, f"entity:{table.entity}")


def missing_columns(table: Table, streams: Sequence[RawStream]) -> tuple[Finding, ...]:
    """AAC606 for each field that reads a column which no stream has; once when they all seem to be lost."""
    known = called(table, [column for stream in streams for column in stream.columns])
    typed = [column.name for column in table.columns if not table.is_preset]
    marks = [column for mark in table.marks for column in columns_of(mark) if not table.is_preset]
    own = [*table.per, *typed, *([table.occurs] if table.per else []), *marks]
    fields = [f for f in table.fields if not (f.may_lack or (table.is_preset and is_there(f.read, known)))]
    read = list(dict.fromkeys([*(column for field in fields for column in columns_of(field)), *filter(None, own)]))
    place = _named(table)
    if streams[0].format == "csv" and len(read) > 1 and not _known_or_near(read, known):
        message = f"the first line of {place} does not name the columns that `{table.entity}` reads"
        names = ", ".join(f"`{name}`" for name in read)
        instead = f"put a line before it with the names {names}, or correct the fields' `from`"
        return (Finding("AAC606", "error", message, instead, table.span, f"entity:{table.entity}"),)
    read_by = [(column, field.span) for field in fields for column in columns_of(field)]
    told = {column for column, _ in read_by}
    read_by += [(column, table.span) for column in dict.fromkeys(own) if column is not None and column not in told]
    return tuple(
        Finding(
            "AAC606",
            "error",
            f"{place} has no column `{column}`",
            did_you_mean(column, sorted(known)),
            span,
            f"entity:{table.entity}",
        )
        for column, span in read_by
        if not is_column(column, known)
    )


def _named(table: Table) -> str:
    """A table's streams in a sentence."""
    return " and ".join(f"`{name}`" for name in table.streams)


def missing_stream(table: Table, name: StreamName, streams: Iterable[str], refused: str | None = None) -> Finding:
    """AAC607: the source does not have a stream that a table reads, or it may not be read."""
    message = f"source `{name.source}` has no stream `{name.stream}`{' that may be read' if refused else ''}"
    instead = refused or did_you_mean(name.stream, streams) or "add the file, or name another stream"
    return Finding("AAC607", "error", message, instead, table.span, f"entity:{table.entity}")


def missing_watermark(source: Source, stream: str, streams: Iterable[str]) -> Finding:
    """AAC607: the source does not have the stream that its watermark reads."""
    message = f"the watermark of `{source.id}` reads `{stream}`, which it does not have"
    instead = did_you_mean(stream, streams) or "name another stream"
    return Finding("AAC607", "error", message, instead, source.span_of("watermark"))


def not_pulled(table: Table, name: StreamName) -> Finding:
    """AAC607: a stream that a table reads is not in the store."""
    message = f"`{name}` was not pulled yet"
    return Finding("AAC607", "error", message, "run `aac pull`", table.span, f"entity:{table.entity}")


def source_not_pulled(source: Source) -> Finding:
    """AAC607: nothing of a source is in the store."""
    return Finding("AAC607", "error", f"source `{source.id}` was not pulled yet", "run `aac pull`", source.span_of())


def _known_or_near(names: Iterable[str], columns: Collection[str]) -> bool:
    """Whether any of ``names`` is a column, or nearly one."""
    folded = [column.casefold() for column in columns]
    return any(get_close_matches(name.casefold(), folded, n=1, cutoff=0.6) for name in names)


def _told(
    flaw: Flaw, table: Table, prepared: PreparedEntity, streams: Sequence[RawStream], people: AbstractSet[str] | None
) -> Finding:
    is_note = flaw.code in NOTES or (flaw.code == "AAC516" and prepared.rows > 0)
    level: Level = "info" if is_note else "warning"
    is_field = flaw.field is not None and not names_column(flaw.code, flaw.field, table)
    span = (table.field(str(flaw.field)) if is_field else table).span
    nobody = flaw if people is None else _without_people(flaw, table, people)
    message, instead = _sentences(nobody, table, prepared, streams, flaw.texts)
    doc = f"entity:{table.entity}"
    return Finding(flaw.code, level, message, instead, span, doc, flaw.count, nobody.keys, flaw.field)


def _without_people(flaw: Flaw, table: Table, people: AbstractSet[str]) -> Flaw:
    """A flaw without the texts and keys that tell who somebody is."""
    if flaw.field is None:
        told = table.key
    elif names_column(flaw.code, flaw.field, table):
        told = tuple(field.name for field in table.fields if flaw.field in columns_of(field))
    else:
        told = (flaw.field,)
    if any(tells_who(table, name, people) for name in told):
        flaw = replace(flaw, texts=(), near=(), keys=() if flaw.code == "AAC509" else flaw.keys)
    return replace(flaw, keys=()) if has_keys_of_people(table, people) else flaw


def _sentences(
    flaw: Flaw, table: Table, prepared: PreparedEntity, raw: Sequence[RawStream], texts: tuple[str, ...]
) -> tuple[str, str]:
    """What is wrong, and what to do; ``texts``: what stands there, also where it is not to be told."""
    key = " and ".join(f"`{name}`" for name in table.key)
    stream, quoted = _named(table), _quoted(flaw.texts)
    match flaw.code:
        case "AAC501":
            places = f" ({_places(flaw, raw)})" if not table.per else ""
            message = f"{_records(flaw)} of {stream} set aside without {key}{places}{quoted}"
            return message, "give every record a key, or choose another `key`"
        case "AAC502":
            stays = f"the one with the latest `{table.occurs}`" if table.occurs else "the last one"
            known = f": {', '.join(flaw.keys[:5])}{', …' if len(flaw.keys) > 5 else ''}" if flaw.keys else ""
            message = f"{_records(flaw)} of {stream} set aside because another has the same {key}{known}; {stays} stays"
            return message, "export every record once, or add to `key` what tells them apart"
        case "AAC516":
            nothing = "" if prepared.rows else f", which leaves no {table.entity}"
            message = f"{_records(flaw)} of {stream} left out because they are deleted there{nothing}"
            return message, "correct `deleted` of the entity if they are not"
        case "AAC517":
            message = (
                f"{flaw.count:,} older version{_s(flaw)} of records of {stream} left out: the newest is the record"
            )
            return message, "nothing: this is how the source keeps what changed"
        case "AAC526":
            told = ", ".join(f"`{name}`" for name in dict.fromkeys(LEFT_OUT.findall(" ".join(flaw.texts))))
            message = f"{_records(flaw)} of {stream} came without some of their values{f': {told}' if told else quoted}"
            return message, "correct it where the tool that lands them says why, and have them read again"
        case "AAC503":
            entity = table.field(str(flaw.field)).type.entity
            names = f"name{'s' * (flaw.gone == 1)}"
            gone = f", {flaw.gone:,} of which {names} one that is deleted there" if flaw.gone else ""
            message = f"`{flaw.field}` finds no {entity} in {_records(flaw)}{gone}{quoted}"
            if flaw.gone == flaw.count:
                return message, "leave it, if that was meant to be deleted: what it was is unknown here"
            if texts and not any(map(is_name, texts)):
                return (
                    message,
                    f"add what is missing to `{entity}`, or read another column, which holds its key",
                )
            return message, f"{_repair(flaw.near)}, or add what is missing to `{entity}`"
        case "AAC504":
            known = table.field(str(flaw.field)).type.values or ()
            message = f"`{flaw.field}` is not in its list of values in {_records(flaw)}{quoted}"
            return message, f"{_repair(near(flaw.texts, known))}, or add what is missing to `values`"
        case "AAC505":
            field = table.field(str(flaw.field))
            instead = advice(field, texts, some_are_read=field.name in prepared.moments)
            wrong = "too large for" if is_too_large(field, texts) else "not"
            return f"`{flaw.field}` is {wrong} {meant(field)} in {_records(flaw)}{quoted}", instead
        case "AAC527":
            columns = table.columns if names_column(flaw.code, flaw.field, table) else table.fields
            type_ = next(each.type.name for each in columns if each.name == flaw.field)
            records = _records(flaw) if columns is table.fields else f"{flaw.count:,} row{_s(flaw)}"
            message = f"`{flaw.field}` has more decimals than the {PLACES[type_]} of {type_} in {records}{quoted}"
            return f"{message}: it is rounded", "read it as `float` or `text` if all of them count"
        case "AAC528":
            is_column = names_column(flaw.code, flaw.field, table)
            records = f"{flaw.count:,} row{_s(flaw)}" if is_column else _records(flaw)
            message = f"`{flaw.field}` shows in {records} a time that clocks skip when they are set forward{quoted}"
            instead = (
                "name the `timezone` of the source if its times are of another; they are read as if clocks had not "
            )
            return message, f"{instead}been set yet"
        case "AAC506":
            message = f"`{flaw.field}` lies outside {YEARS[0]} to {YEARS[-1]} in {_records(flaw)}{quoted}"
            return message, "correct it, or give the field the `format` it is written in"
        case "AAC509":
            entity = table.field(str(flaw.field)).type.entity
            theirs = f"{flaw.count:,} record{_s(flaw)} of `{entity}`"
            message = f"no record of `{table.entity}` names {theirs} as its `{flaw.field}`"
            rows = "no row" if flaw.count == 1 else "no rows"
            return message, f"nothing if that is so: what is counted by `{flaw.field}` has {rows} for them"
        case "AAC524":
            column = passed_over(table.field(str(flaw.field)))
            read = f"`{column.name}`" if column is not None else "the column"
            message = (
                f"`{flaw.field}` is left empty in {_records(flaw)}, where its `from` takes {read} for none{quoted}"
            )
            return message, "nothing if that stands for an end that never comes, or correct the field's `from`"
        case "AAC512":
            typed = next(column for column in table.columns if column.name == flaw.field)
            like = StoredField(typed.name, typed.type, Column(typed.name), format=typed.format)
            readers = [field.name for field in table.fields if typed.name in columns_of(field)]
            rows = f"{flaw.count:,} row{_s(flaw)}"
            instead = advice(like, texts, some_are_read=not prepared.moments.keys().isdisjoint(readers))
            return f"`{flaw.field}` of {stream} is not {meant(like)} in {rows}{quoted}", instead
        case "AAC507":
            records = _records(flaw) if not table.per else f"{flaw.count:,} row{_s(flaw)}"
            message = f"`{flaw.field}`, when it occurs, is unknown in {records}: they count as if always there"
            return message, "add the moment where it is known"
        case _:
            return f"`{flaw.field}` is empty in {_records(flaw)}", "add what they belong to where it is known"


def _records(flaw: Flaw) -> str:
    return f"{flaw.count:,} record{_s(flaw)}"


def _s(flaw: Flaw) -> str:
    return "s" if flaw.count != 1 else ""


def _places(flaw: Flaw, streams: Sequence[RawStream]) -> str:
    """`lines 3, 4`: a CSV file's header is line 1. Of several files together no lines are known, only records."""
    first = 2 if streams[0].format == "csv" else 1
    is_one = sum(len(stream.copies) for stream in streams) == 1
    places = ", ".join(str(row + first - 1 if is_one else row) for row in flaw.rows)
    more = ", …" if flaw.count > len(flaw.rows) else ""
    return f"line{_s(flaw)} {places}{more}" if is_one else f"record{_s(flaw)} {places}{more} of its files together"


def _quoted(texts: tuple[str, ...]) -> str:
    """`: 'GTXPro', …`, or nothing when there is nothing to quote."""
    shown = [quoted(text) for text in texts]
    return f": {', '.join(shown)}" if shown else ""


def _repair(pairs: Iterable[tuple[str, str]]) -> str:
    """How a field is mapped, with the pairs that seem to be meant."""
    entries = ", ".join(f"{_scalar(text)}: {_scalar(meant)}" for text, meant in pairs)
    return f"repair the spelling with `map: {{{entries}}}`" if entries else "repair the spelling with `map`"


def _scalar(text: str) -> str:
    """A text as it may stand in a mapping of YAML."""
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
