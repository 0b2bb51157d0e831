"""Tables that name no stream: each is read from the stream of its own name, in the one source that has it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from aac.errors import SourceError
from aac.findings import Finding, did_you_mean
from aac.measures import ANY, StreamName

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from aac.config import Source
    from aac.connectors.base import Connector
    from aac.measures import Table

NONE: Mapping[str, str] = MappingProxyType({})


def offered(
    sources: Iterable[Source], connect: Callable[[Source], Connector]
) -> tuple[dict[str, dict[str, tuple[str, ...]]], list[Finding]]:
    """The columns of every stream of the sources that answer, and what is wrong with the others (AAC609)."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    wrong: list[Finding] = []
    for source in sources:
        try:
            connector = connect(source)
            connector.check()
            found[source.id] = {each.name: each.columns for each in connector.discover() if each.refused is None}
        except SourceError as error:
            instead = "correct this and run the command again"
            wrong.append(
                Finding("AAC609", "error", f"source `{source.id}` was not read: {error}", instead, source.span_of())
            )
    return found, wrong


def placed(
    tables: Iterable[Table],
    offers: Mapping[str, Collection[str]],
    sources: Mapping[str, Source],
    refused: Mapping[str, str] = NONE,
    *,
    whole: bool = True,
) -> tuple[list[Table], list[Finding]]:
    """The tables with their streams, and what is wrong; ``offers``: the names of the streams of each source,
    ``refused``: why others may not be read.

    A packaged entity that no source has is left out: it is off. AAC611: no source has it; AAC612: several have. Unless
    ``whole``, a source was stopped before it told what it has, and then nobody is told that there is no stream.
    """
    found: list[Table] = []
    wrong: list[Finding] = []
    for table in tables:
        wanted = [name.stream for name in table.streams if name.source == ANY] or [table.entity]
        places = {source: _present(wanted, streams) for source, streams in offers.items()}
        ways = [source for source, streams in places.items() if streams]
        if table.streams and table.streams[0].source != ANY:
            found.append(table)
        elif len(ways) == 1:
            found.append(replace(table, streams=tuple(StreamName(ways[0], name) for name in places[ways[0]])))
        elif ways:
            wrong.append(_in_several(table, ways, sources))
        elif not table.is_packaged and (whole or refused.keys() & {*wanted}):
            wrong.append(_nowhere(table, offers, refused))
    return found, wrong


def _present(wanted: list[str], offered: Collection[str]) -> list[str]:
    """Those streams that a source has, as it spells them: some tools write names in capital letters."""
    spelled = {name.casefold(): name for name in offered}
    return [spelled[name.casefold()] for name in wanted if name.casefold() in spelled]


def _in_several(table: Table, ways: list[str], sources: Mapping[str, Source]) -> Finding:
    entity = table.entity
    stream = table.streams[0].stream if table.streams else entity
    message = f"{' and '.join(f'`{way}`' for way in ways)} both have a stream `{stream}`"
    advice = f"say which: `from: {ways[0]}.{stream}`, or both in a list"
    if table.is_packaged:
        advice = (
            f"say which in a document of kind `entity` with `id: {entity}`, `extends: aac`, `from: {ways[0]}.{entity}`"
        )
        return Finding("AAC612", "error", message, advice, sources[ways[1]].span_of(), f"entity:{entity}")
    return Finding("AAC612", "error", message, advice, table.span, f"entity:{entity}")


def _nowhere(table: Table, offers: Mapping[str, Collection[str]], refused: Mapping[str, str]) -> Finding:
    streams = sorted(f"{source}.{stream}" for source, names in offers.items() for stream in names)
    wanted = table.streams[0].stream if table.streams else table.entity
    if wanted in refused:
        message = f"no source has a stream `{wanted}` that may be read"
        return Finding("AAC611", "error", message, refused[wanted], table.span, f"entity:{table.entity}")
    near = did_you_mean(wanted, [stream.partition(".")[2] for stream in streams])
    example = next((stream for stream in streams if near == f"did you mean `{stream.partition('.')[2]}`?"), None)
    advice = f"write `from: {example or 'source.stream'}`: there is {_listed(streams)}"
    message = f"no source has a stream `{wanted}`"
    return Finding("AAC611", "error", message, advice, table.span, f"entity:{table.entity}")


def _listed(streams: list[str]) -> str:
    shown = ", ".join(f"`{stream}`" for stream in streams[:5])
    return f"{shown}{' and more' if len(streams) > 5 else ''}" if streams else "none"
