"""What changed in `aac.toml` and `plugins/` that can move a number: parameters, how sources are read, code."""

from __future__ import annotations

from dataclasses import fields
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from aac.agreements import digest
from aac.changes import Change, flow
from aac.inheriting import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.config import Config, Source

OF_SOURCES = ("connector", "timezone", "nulls", "watermark", "freshness")
"""What is said of a source beside the connector's own settings."""


def setting_changes(base: Config, head: Config) -> Iterator[Change]:
    """Parameters, sources and the rule for small groups."""
    before, after = ({name: str(value) for name, value in side.parameters.items()} for side in (base, head))
    for name, old, new in _unlike(before, after):
        yield _change(("param",), name, old, new, f"the parameter `{name}`", head)
    for id_ in sorted(base.sources.keys() | head.sources.keys()):
        yield from _source(id_, base.sources.get(id_), head.sources.get(id_), head)
    for key in ("k", "keys"):
        old, new = (getattr(side.privacy, key) for side in (base, head))
        if old != new:
            yield _change(("privacy", key), "", _text(old), _text(new), f"`{key}` of `[privacy]`", head)


def _source(id_: str, old: Source | None, new: Source | None, head: Config) -> Iterator[Change]:
    for key, was, now in _unlike(_settings(old), _settings(new)) if old is not None and new is not None else ():
        yield _change(("sources", key), id_, was, now, f"`{key}` of the source `{id_}`", head)
    if old is None or new is None:
        there = old or new
        connector = there.connector if there is not None else ""
        was, now = (connector if side is not None else None for side in (old, new))
        yield _change(("sources",), id_, was, now, f"the source `{id_}`", head)


def _settings(source: Source | None) -> dict[str, str]:
    """All that is said of a source, as text; its places are no part of it."""
    if source is None:
        return {}
    said = {key: getattr(source, key) for key in OF_SOURCES} | cast("dict[str, object]", source.settings)
    return {key: text for key, value in said.items() if (text := _text(value)) is not None}


def plugin_changes(before: Mapping[str, bytes], after: Mapping[str, bytes], head: Config) -> Iterator[Change]:
    """The plugins that are not what they were, by path: what code does is not compared, so each is `breaking`."""
    hashes = [{path: sha256(data).hexdigest()[:12] for path, data in side.items()} for side in (before, after)]
    for path, old, new in _unlike(*hashes):
        yield _change(("plugins",), path, old, new, f"the code of `{path}`", head)


def _unlike(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str | None, str | None]]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _change(keys: tuple[str, ...], entry: str, old: str | None, new: str | None, what: str, head: Config) -> Change:
    verb = "added" if old is None else "removed" if new is None else "changed"
    told = {
        "added": f"{what} is new: `{new}`",
        "removed": f"{what} is gone: it was `{old}`",
        "changed": f"{what} changes from `{old}` to `{new}`",
    }
    rule = f"settings.{'.'.join(keys)}.{verb}"
    is_new = verb == "added" and keys in (("param",), ("sources",))
    return Change(
        rule,
        "compatible" if is_new else "breaking",
        SETTINGS,
        told[verb],
        digest([rule, entry, old, new]),
        head.places.span_of(*keys[:1], *([entry] if entry else []), *keys[1:]),
        old,
        new,
        keys=keys,
        entries=(entry,) if entry else (),
        moves_meaning=not is_new,
    )


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case tuple() | list():
            return flow(list(cast("tuple[object, ...]", value)))
        case _ if hasattr(value, "__dataclass_fields__"):
            named = {part.name: getattr(value, part.name) for part in fields(cast("Source", value))}
            return flow({key: inner for key, inner in named.items() if inner is not None})
        case _:
            return flow(value)
