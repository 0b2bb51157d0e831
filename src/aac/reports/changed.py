"""What changed between two revisions: for a terminal and for programs."""

from __future__ import annotations

import textwrap
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from aac.changes import LEVELS
from aac.reports.json import dumps
from aac.reports.moved import (
    NO_FORECAST,
    ON_SAMPLE,
    named,
    not_compared_words,
    records_of,
    records_words,
    recount_words,
)
from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from aac.changes import Change
    from aac.graph import Id
    from aac.reports.base import View

SCHEMA = "aac-changes/1"
WIDTH = 80
MARKS = {"breaking": "■", "compatible": "◇", "editorial": "·"}
KEYS = 5
"""How many of the records that moved are named."""
LEAST = 30
"""Characters that the name of a number gets, however wide the numbers are."""
FILES = ("settings", "plugin")
"""What is known by its path alone."""
SHOWN = 6
"""How many documents of a kind that rest on a change in the same way are named."""
WAYS = 12
"""How many ways are told that lead from a change to what rests on it."""


def view(
    names: tuple[str, str],
    changes: Sequence[Change],
    broken: Iterable[tuple[Id, str]],
    titles: Mapping[str, str],
    agreements: Mapping[str, View],
    outside: Container[str] = (),
) -> View:
    """Everything the screens say, as plain data: of each document its own changes, and what rests on it.

    ``agreements``: who must agree to the documents that change and who has, by `kind:id`. ``outside``: the teams that
    are never asked.
    """
    own = [change for change in changes if not change.over]
    return {
        "schema": SCHEMA,
        "base": names[0],
        "head": names[1],
        "changes": [_plain(change, titles) for change in sorted(own, key=_rank)],
        "rests_on": [_plain(change, titles) for change in changes if change.over],
        "not_compared": [{"kind": kind, "id": id_, "why": why} for (kind, id_), why in broken],
        "summary": {
            **{level: sum(change.level == level and change.acknowledged is None for change in own) for level in LEVELS},
            "acknowledged": sum(change.acknowledged is not None for change in own),
        },
        "agreements": agreements,
        "teams": sorted({team for change in changes if change.asks for team in change.teams if team not in outside}),
    }


def _rank(change: Change) -> tuple[object, ...]:
    return (LEVELS.index(change.level), change.doc, change.rule)


def _plain(change: Change, titles: Mapping[str, str]) -> dict[str, Any]:
    kind, id_ = change.doc
    return {
        "rule": change.rule,
        "class": change.level,
        "kind": kind,
        "id": id_,
        "name": titles.get(f"{kind}:{id_}", id_),
        "was": change.was,
        "sentence": change.sentence,
        "old": change.old,
        "new": change.new,
        "words": list(change.words) if change.words is not None else None,
        "takes_effect": change.from_.isoformat() if change.from_ is not None else None,
        "over": list(change.over),
        "fingerprint": change.fingerprint,
        "acknowledged": change.acknowledged,
        "teams": list(change.teams),
        "file": change.span.file if change.span is not None else None,
        "line": change.span.line if change.span is not None else None,
    }


def changes_json(view: View) -> str:
    """`aac-changes/1`."""
    return dumps(view) + "\n"


def changes_text(view: View) -> str:
    """A screen of 80 columns: the most careful class first."""
    lines = [f"What changed from {view['base']} to {view['head']}", ""]
    for heading, together in groupby(view["changes"], _heading):
        lines += [heading, *chain.from_iterable(map(_lines, together))]
    lines += _resting(view["rests_on"])
    lines += _numbers(view) if view["changes"] else []
    unread = ((f"{each['kind']} {each['id']}", each["why"]) for each in view["not_compared"])
    lines += [part for told in not_compared_words(unread) for part in _wrapped(told)]
    if not view["changes"] and not view["not_compared"]:
        lines += ["Nothing that aac reads has changed."]
    lines += ["", *_closing(view)]
    return "\n".join(visible(line) for line in lines).rstrip() + "\n"


def _heading(change: Mapping[str, Any]) -> str:
    of = f"{change['kind']} {change['id']}" if change["kind"] not in FILES else change["id"]
    name = f" «{change['name']}»" if change["name"] not in (change["id"], of) else ""
    teams = f" · {', '.join(change['teams'])}" if change["teams"] else ""
    return f" {MARKS[change['class']]} {change['class']}  {of}{name}{teams}"


def _lines(change: Mapping[str, Any]) -> Iterator[str]:
    yield from _wrapped(change["sentence"])
    if change["words"] is not None:
        yield from _wrapped(f"in words: {change['words'][1]}")
        if change["words"][0]:
            yield from _wrapped(f"before:   {change['words'][0]}")
    if change["takes_effect"] is not None:
        yield from _wrapped(f"takes effect on {change['takes_effect']}; before that the old one holds")
    if change["acknowledged"] is not None:
        yield from _wrapped(f"acknowledged: {change['acknowledged']}")
    where = f"{change['file']}:{change['line']}" if change["file"] is not None else ""
    known = change["fingerprint"] if change["class"] == "breaking" and change["acknowledged"] is None else ""
    if where or known:
        yield f"     {' · '.join(filter(None, (where, known)))}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="     ", subsequent_indent="       ", break_on_hyphens=False, break_long_words=False
    )


def _resting(rests_on: Sequence[Mapping[str, Any]]) -> list[str]:
    """What means something else because of these changes."""
    if not rests_on:
        return []
    by_way: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for change in rests_on:
        way = by_way.setdefault(tuple(reversed(change["over"])), {})
        way.setdefault(change["kind"], []).append(change["id"])
    lines = [" ■ means something else, too, as it rests on these"]
    ways = sorted(by_way.items(), key=lambda each: (len(each[0]), each[0]))
    for way, by_kind in ways[:WAYS]:
        told = [f"{kind} {_some(ids)}" for kind, ids in by_kind.items()]
        lines += _wrapped(f"{' → '.join(way)} → {'; '.join(told)}")
    left = sum(len(ids) for _, by_kind in ways[WAYS:] for ids in by_kind.values())
    return [*lines, *(_wrapped(f"and {left} more by longer ways: `--format json` has them") if left else [])]


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")


def _numbers(view: View) -> list[str]:
    """What it does to the numbers: a table, then who moved, what is to be settled and what is not known."""
    impact = view["impact"]
    lines: list[str] = []
    if impact["numbers"]:
        lines += _table(f"The {recount_words(impact)}", impact, impact["numbers"])
        lines += _wrapped(NO_FORECAST if impact["sample"] is None else ON_SAMPLE.format(impact["sample"]))
    if impact["provisional"]:
        lines += _table("Provisional: not settled", impact, impact["provisional"])
    if impact["unchanged"]:
        n = len(impact["unchanged"])
        lines += _wrapped(f"{n} more {'was' if n == 1 else 'were'} counted and came out the same")
    for records in records_of(view):
        lines += ["", *(part for line in records_words(records, KEYS) for part in _wrapped(line))]
    if impact["conflicts"]:
        lines += ["", "   Settle before merging"]
        lines += [part for told in impact["conflicts"] for part in _wrapped(f"■ {told}")]
    for told in not_compared_words((each["of"], each["why"]) for each in impact["not_compared"]):
        lines += _wrapped(told)
    return lines


def _table(heading: str, impact: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Numbers in columns as wide as they need; below them what moved without another number."""
    day = impact["as_of"][:10]
    shown = [[named(row, day), row["before"], row["after"], row["change"]] for row in rows if row["told"] is None]
    told = [part for row in rows if row["told"] is not None for part in _wrapped(row["told"])]
    titles = [f"{heading}, as of {day}", "before", "after", "change"]
    widths = [max(9, *(len(row[at]) for row in (titles, *shown))) + 1 for at in (1, 2, 3)]
    room = max(WIDTH - 3 - sum(widths), LEAST)
    lines = [""]
    for name, *numbers in (titles, *shown):
        cells = (f"{number:>{width}}" for number, width in zip(numbers, widths, strict=True))
        lines.append(f"   {textwrap.shorten(name, room, placeholder=' …'):{room}}{''.join(cells)}")
    return lines + told


def _closing(view: View) -> list[str]:
    counted = " · ".join(f"{n} {level}" for level, n in view["summary"].items() if n)
    teams = f"Who must agree: {', '.join(view['teams'])}" if view["teams"] else ""
    return [line for line in (counted, teams) if line]


FORMATS: Mapping[str, Callable[[View], str]] = {"text": changes_text, "json": changes_json}
"""The forms of `aac diff`, by the name that `--format` uses."""
