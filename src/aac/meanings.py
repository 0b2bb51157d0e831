"""Whether documents still are what closed windows were measured with, and ids still mean what they meant."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from aac.agreements import said, timeless_print
from aac.findings import Finding
from aac.kinds.lock import Lock
from aac.locks import BEGIN, Prints, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aac.findings import Span
    from aac.graph import Id
    from aac.kinds.base import Kind
    from aac.project import Project, Version

NAMED = 3
"""How many documents a sentence names."""
STAY = "what is locked stays as it is, and later runs name each number that comes out otherwise"
SETTLED = frozenset({"sla", "metric", "scorecard", "definition", "icp", "scoring", "lifecycle", "list"})
"""Kinds whose documents people speak of by their id."""


def former_meanings(project: Project) -> Iterator[Finding]:
    """A warning for each version that closed windows were measured with and that is gone (AAC446), and for each id that
    means another thing now (AAC447), as locks and other versions of it tell."""
    versions: dict[Id, list[Version]] = {}
    for version in sorted(project.versions, key=lambda version: version.begins):
        versions.setdefault(version.id, []).append(version)
    for lock in project.of_kind("lock"):
        if isinstance(lock, Lock):
            yield from _gone(lock, project, versions)
            yield from _reused(lock, project)
    yield from _apart(project, versions)


def _gone(lock: Lock, project: Project, versions: dict[Id, list[Version]]) -> Iterator[Finding]:
    for key, print_ in lock.fingerprints.items():
        name, _, begins = key.partition("@")
        kind, _, id_ = name.partition("/")
        if kind not in SETTLED or project.is_incomplete(kind):
            continue
        found = versions.get((kind, id_), [])
        day = date.fromisoformat(begins) if begins else date.min
        if any(version.begins == day or _print(version, project) == print_ for version in found):
            continue
        what = (
            f"{kind} `{id_}`"
            if not found
            else f"the version of {kind} `{id_}` that held " + (f"from {begins} on" if begins else "first")
        )
        message = f"{what} is gone, and closed windows of {lock.window} were measured with it"
        advice = "put it back" + (", and end it with `effective_until`" if found else "; what it measured stays locked")
        span = project.places["lock", lock.id].span("fingerprints", key, key=True)
        yield Finding("AAC446", "warning", message, advice, span, f"lock:{lock.id}")


def _print(version: Version, project: Project) -> str | None:
    return timeless_print(version.model, project.parsed.parse) if version.model is not None else None


def meant(model: Kind, project: Project) -> str | None:
    """What an id names, in a few words: whose records, in which unit, who owes it to whom; null where that says
    nothing."""
    of, unit, who = (getattr(model, key, None) for key in ("of", "unit", "who"))
    parts: list[str] = []
    if isinstance(of, str) and model.kind != "waiver":
        entity = project.graph.entity_of_word(of)
        parts += [f"of {entity}"] if entity is not None else []
    parts += [f"in {unit}"] if isinstance(unit, str) else []
    parts += [f"owed by {who.owes} to {who.to}"] if who is not None else []
    return ", ".join(parts) or None


def meanings_of(ids: Iterable[Id], project: Project) -> dict[str, str]:
    """What documents name, by `kind/id`."""
    found = ((id_, meant(project.models[id_], project)) for id_ in sorted(ids) if id_ in project.models)
    return {"/".join(id_): says for id_, says in found if says is not None and id_[0] in SETTLED}


def _reused(lock: Lock, project: Project) -> Iterator[Finding]:
    for name, was in lock.meant.items():
        kind, _, id_ = name.partition("/")
        model = project.models.get((kind, id_))
        now = meant(model, project) if model is not None else None
        if now is not None and now != was:
            span = project.places[kind, id_].span("id")
            yield _another((kind, id_), now, f"{was} when {lock.window} was locked", span)


def _apart(project: Project, versions: dict[Id, list[Version]]) -> Iterator[Finding]:
    for id_, several in versions.items():
        first = several[0].model
        was = meant(first, project) if first is not None and id_[0] in SETTLED else None
        for version in several[1:]:
            now = meant(version.model, project) if version.model is not None else None
            if was is not None and now is not None and now != was:
                yield _another(id_, now, f"{was} before {version.begins}", version.document.span("id"))


def _another(id_: Id, now: str, was: str, span: Span) -> Finding:
    kind, name = id_
    message = f"{kind} `{name}` is {now}, and was {was}: one id means one thing"
    advice = "give what is new an id of its own, so that nobody compares the two"
    return Finding("AAC447", "warning", message, advice, span, f"{kind}:{name}")


def conflicts(base: Project, head: Project) -> Iterator[str]:
    """What a change from one project to the other does to settled numbers and to ids, a sentence each: which locked
    numbers were measured with what says something else now, and what `former_meanings` finds only afterwards."""
    before, after = Prints(base), Prints(head)
    found: dict[tuple[str, tuple[str, ...]], dict[str, int]] = {}
    for one in settled(base):
        fresh = set(after.changed(one)) - set(before.changed(one))
        if fresh and one.id in head.models:
            numbers = found.setdefault((one.lock.window, tuple(sorted(fresh))), {})
            numbers[one.id[1]] = numbers.get(one.id[1], 0) + 1
    for (window, names), numbers in found.items():
        n, more = sum(numbers.values()), len(numbers) - NAMED
        of = ", ".join(f"`{id_}`" for id_ in [*numbers][:NAMED]) + (f" and {more} more" if more > 0 else "")
        were = "number was" if n == 1 else "numbers were"
        told = ", ".join(f"`{said(name)}`" for name in names)
        advice = BEGIN if after.may_begin(names) else STAY
        yield f"{told}: {n:,} settled {were} locked with what it said in {window} ({of}); {advice}"
    known = {finding.message for finding in former_meanings(base)}
    for finding in former_meanings(head):
        if finding.message not in known:
            yield f"`{str(finding.doc).partition(':')[2]}`: {finding.message}; {finding.instead}"
