"""What changed in `aac.toml` and `plugins/` that can move a number: parameters, how sources are read, code."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, cast

from aac.agreements import digest
from aac.changes import Change, flow
from aac.config import Freshness
from aac.findings import Span
from aac.inheriting import CODE, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.comparing import Level
    from aac.config import Config, Source

OF_SOURCES = ("connector", "timezone", "nulls", "watermark", "freshness")
"""What is said of a source beside the connector's own settings."""
CONNECTION = "connection"
"""What rules call a setting that only the connector knows."""
COUNTING = (b"aac_kinds", b"aac_functions", b"aac_connectors", b"aac_engines", b"aac_packs")
"""The hooks of code that can move a number: which ones is not looked into, so all of them may."""
VERBS = ("added", "removed", "changed")
SINGLE: dict[tuple[str, str], tuple[Level, str]] = {
    ("project", "name"): ("editorial", "the name of the project"),
    ("engine", "type"): ("breaking", "the engine"),
    ("engine", "path"): ("breaking", "the store of the engine"),
    ("engine", "memory_limit"): ("editorial", "the memory of the engine"),
    ("engine", "threads"): ("editorial", "the threads of the engine"),
    ("engine", "time_limit"): ("editorial", "the time that a query may take"),
    ("privacy", "k"): ("breaking", "the least group that is shown"),
    ("privacy", "keys"): ("breaking", "how keys are shown"),
    ("review", "require"): ("breaking", "whether all must have agreed"),
    ("review", "sample"): ("editorial", "the sample that changes are tried on"),
}
"""Settings of one value: the class of another one, and what people call them."""
MANY: dict[tuple[str, ...], tuple[str, Mapping[str, Level]]] = {
    ("param",): ("a parameter", {"added": "compatible"}),
    # whatever names no source is read from the one that has its stream, and that may be a new one
    ("sources",): ("a source", {}),
    **{("sources", key): (f"`{key}` of a source", {}) for key in (*OF_SOURCES, CONNECTION)},
    ("review", "severity"): ("the class of changes by a rule", {}),
    ("review", "acknowledged"): (
        "a change that is acknowledged",
        dict.fromkeys(("added", "removed", "changed"), "editorial"),
    ),
}
"""Settings with entries: what people call one, and the classes of what becomes of it where they are not `breaking`."""
SETTING_RULES: dict[str, tuple[Level, str]] = {
    **{f"settings.{table}.{key}.{verb}": told for (table, key), told in SINGLE.items() for verb in VERBS},
    **{
        f"settings.{'.'.join(keys)}.{verb}": (levels.get(verb, "breaking"), says)
        for keys, (says, levels) in MANY.items()
        for verb in VERBS
        if keys != ("sources",) or verb != "changed"
    },
}
PLUGIN: dict[str, tuple[Level, str]] = {f"plugin.code.{verb}": ("breaking", "the code of a plugin") for verb in VERBS}
"""The rules of `aac.toml`, and of `plugins/`: their classes, and what people call what they are about."""


def setting_changes(base: Config, head: Config) -> Iterator[Change]:
    """Whatever `aac.toml` says otherwise."""
    before, after = ({name: str(value) for name, value in side.parameters.items()} for side in (base, head))
    for name, old, new in _unlike(before, after):
        yield _change(("param",), name, old, new, f"the parameter `{name}`", head)
    for id_ in sorted(base.sources.keys() | head.sources.keys()):
        yield from _source(id_, base.sources.get(id_), head.sources.get(id_), head)
    for keys, (_, says) in SINGLE.items():
        old, new = (getattr(getattr(side, keys[0], None), keys[1], side.name) for side in (base, head))
        if old != new:
            yield _change(keys, "", _text(old), _text(new), says, head)
    for key, says in (("severity", "the class of the rule"), ("acknowledged", "the acknowledged change")):
        before, after = (getattr(side.review, key) for side in (base, head))
        for name, old, new in _unlike(before, after):
            yield _change(("review", key), name, old, new, f"{says} `{name}`", head)


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


def plugin_changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Change]:
    """The plugins that are not what they were, by path: what code does is not compared, so each is `breaking`."""
    hashes = [{path: sha256(data).hexdigest()[:12] for path, data in side.items()} for side in (before, after)]
    for path, old, new in _unlike(*hashes):
        verb = _verb(old, new)
        rule, sentence = f"plugin.code.{verb}", _sentence("its code", verb, old, new)
        span = Span(path, 1, 1) if new is not None else None
        print_ = digest([rule, path, old, new])
        code = before.get(path, b"") + after.get(path, b"")
        counts = any(hook in code for hook in COUNTING)
        yield Change(rule, "breaking", (CODE, path), sentence, print_, span, old, new, moves_meaning=counts)


def _unlike(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str | None, str | None]]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _verb(old: str | None, new: str | None) -> str:
    return "added" if old is None else "removed" if new is None else "changed"


def _sentence(what: str, verb: str, old: str | None, new: str | None) -> str:
    told = {
        "added": f"{what} is new: `{new}`",
        "removed": f"{what} is gone: it was `{old}`",
        "changed": f"{what} changes from `{old}` to `{new}`",
    }
    return told[verb]


def _change(keys: tuple[str, ...], entry: str, old: str | None, new: str | None, what: str, head: Config) -> Change:
    verb = _verb(old, new)
    named = keys if keys in MANY or keys in SINGLE else (*keys[:1], CONNECTION)
    rule = f"settings.{'.'.join(named)}.{verb}"
    level, _ = SETTING_RULES[rule]
    path = (*keys[:1], entry, *keys[1:]) if keys[0] == "sources" else (*keys, entry)
    return Change(
        rule,
        level,
        SETTINGS,
        _sentence(what, verb, old, new),
        digest([rule, *keys, entry, old, new]),
        head.places.span_of(*filter(None, path)),
        old,
        new,
        keys=keys,
        entries=(entry,) if entry else (),
        # how old data may be decides a status and no number
        moves_meaning=level == "breaking" and keys[0] in ("param", "sources") and keys[-1] != "freshness",
    )


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case Freshness():
            limits = (("warned", value.warn_after_us), ("refused", value.error_after_us))
            return ", ".join(f"{what} after {_age(us)}" for what, us in limits if us is not None)
        case tuple() | list():
            return flow(list(cast("tuple[object, ...]", value)))
        case _:
            return flow(value)


def _age(us: int) -> str:
    """A time in the largest unit in which it is a whole number."""
    unit = next((unit for unit, length in UNITS if us % length == 0), None)
    return f"{us // dict(UNITS)[unit]} {unit}" if unit is not None else f"{us} microseconds"


UNITS = (("days", 86_400_000_000), ("hours", 3_600_000_000), ("minutes", 60_000_000), ("seconds", 1_000_000))
