"""A review as a comment on a pull request: what changed in words, what it does to the numbers, who must agree.

Names, prose and values of documents stay text: no mention, no link, no markup of theirs does anything.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from aac.reports.moved import (
    NO_FORECAST,
    ON_SAMPLE,
    named,
    not_compared_words,
    records_of,
    records_words,
    recount_words,
)
from aac.reports.tables import code, plain, table
from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.reports.base import View

MARKER = "<!-- aac-review -->"
"""By which the comment of the last time is found again."""
NOTHING = f"{MARKER}\nNothing that anybody relies on changes any more.\n"
"""What takes the place of a comment when there is nothing left to say."""
MOST = 60_000
"""Characters that the longest comment has: hosts take a few more."""
ROWS = 30
"""Numbers of a table; the rest is in the JSON of `aac diff`."""
NAMED = 3
"""Documents that the title names."""
ALIVE = re.compile(r"(?<=[@#!])(?=\w)|(?<=:)(?=//)|(?<=[Ww]{3})(?=\.)")
"""Where hosts would make a mention, a reference or a link of a text."""
JOINER = "\u2060"
"""A character that nobody sees, and that parts what hosts would read together."""
CUT = "\n\n… The rest is in the artefact of this run.\n"


def review_markdown(view: View) -> str:
    """The comment, nothing when nothing changed that anybody relies on."""
    if not any(change["class"] != "editorial" for change in view["changes"]) and not view["not_compared"]:
        return ""
    parts = [f"{MARKER}\n### {_title(view)}\n", *_in_words(view), *_recount(view), *_settle(view), *_agree(view)]
    parts += [*_effect(view), *_folded(view)]
    text = "\n".join(parts)
    return text if len(text) <= MOST else text[: MOST - len(CUT)].rsplit("\n", 1)[0] + CUT


def inert(text: str) -> str:
    """A text of somebody else's, in which only its code is markup."""
    parts = re.split(r"(`[^`]*`)", plain(text))
    return "".join(part if part.startswith("`") else ALIVE.sub(JOINER, part) for part in parts)


def _title(view: View) -> str:
    breaking = dict.fromkeys(change["id"] for change in view["changes"] if change["class"] == "breaking")
    if not breaking:
        return "Alignment review — nothing that anybody relies on changes"
    names = [code(id_) for id_ in list(breaking)[:NAMED]]
    more = f" and {len(breaking) - NAMED} more" if len(breaking) > NAMED else ""
    verb = "changes" if len(breaking) == 1 else "change"
    return f"Alignment review — {', '.join(names)}{more} {verb} in meaning"


def _in_words(view: View) -> Iterator[str]:
    """Each document that was edited, with its changes; prose is only counted."""
    told = [change for change in view["changes"] if change["class"] != "editorial"]
    for (kind, id_), together in groupby(told, lambda change: (change["kind"], change["id"])):
        changes = list(together)
        yield f"**{inert(changes[0]['name'])}** ({kind} {code(id_)})" if kind != "settings" else f"**{code(id_)}**"
        for change in changes:
            yield f"- {inert(change['sentence'])}"
            if change["words"] is not None:
                before, after = change["words"]
                yield f"  <br>In words: **{inert(after)}** (was: {inert(before)})"
        yield ""
    editorial = sum(change["class"] == "editorial" for change in view["changes"])
    if editorial:
        told = "change of words or order moves" if editorial == 1 else "changes of words or order move"
        yield f"{editorial} more {told} no number.\n"


def _recount(view: View) -> Iterator[str]:
    impact = view["impact"]
    if impact["numbers"]:
        yield from _table(f"Recount of the {recount_words(impact)}", impact, impact["numbers"])
        yield f"{NO_FORECAST if impact['sample'] is None else inert(ON_SAMPLE.format(impact['sample']))}\n"
    if impact["provisional"]:
        yield from _table("Provisional: windows that are not settled", impact, impact["provisional"])
    for records in records_of(view):
        first, *rest = (inert(line.strip()) for line in records_words(records))
        yield "\n".join([f"**{first}**", *(f"- {line}" for line in rest), ""])


def _table(heading: str, impact: Mapping[str, Any], numbers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Numbers in columns; below them what moved without another number, and how many more there are."""
    day = impact["as_of"][:10]
    shown = [row for row in numbers if row["told"] is None]
    rows = [[inert(named(row, day)), row["before"], row["after"], row["change"]] for row in shown[:ROWS]]
    if rows:
        yield table([heading, "now", "with this change", "change"], rows)
    if len(shown) > ROWS:
        yield f"… and {len(shown) - ROWS} more.\n"
    told = [f"- {inert(row['told'])}" for row in numbers if row["told"] is not None]
    if told:
        yield "\n".join([*told[:ROWS], ""])


def _settle(view: View) -> Iterator[str]:
    conflicts = view["impact"]["conflicts"]
    if conflicts:
        yield "\n".join(["**Conflicts to settle before merging**", *(f"- ■ {inert(told)}" for told in conflicts), ""])


def _agree(view: View) -> Iterator[str]:
    teams: Sequence[Mapping[str, Any]] = view["agreement"]
    if teams:
        told = [f"{inert(team['name'])} {'✔' if team['by'] else '⏳'}{_by(team)}" for team in teams]
        yield f"**Who must agree** — {' · '.join(told)}\n"


def _by(team: Mapping[str, Any]) -> str:
    """Who agreed, or whom to ask: as code, so that nobody is called who did not ask to be."""
    if team["by"]:
        return f" {code(team['by'])}"
    return f" {', '.join(map(code, team['ask']))}" if team["ask"] else ""


def _effect(view: View) -> Iterator[str]:
    days = sorted({change["takes_effect"] for change in view["changes"] if change["takes_effect"] is not None})
    for day in days:
        yield f"**Takes effect** {day}; earlier windows keep the old meaning.\n"


def _folded(view: View) -> Iterator[str]:
    used = view["rests_on"]
    if used:
        lines = [f"- {change['kind']} {code(change['id'])}: {inert(change['sentence'])}" for change in used]
        yield _details(f"Used by {len(used)} more documents, which mean something else with it", lines)
    impact = view["impact"]
    as_of = f" · data as of {impact['as_of']}" if impact["as_of"] else ""
    entries = [(each["of"], each["why"]) for each in impact["not_compared"]]
    entries += [(f"{each['kind']} {each['id']}", each["why"]) for each in view["not_compared"]]
    missing = [f"- {inert(told)}" for told in not_compared_words(entries)]
    same = [f"- came out the same: {', '.join(map(code, impact['unchanged']))}"] if impact["unchanged"] else []
    lines = [
        f"- {change['class']}: {code(change['rule'])}, {code(change['fingerprint'])}, {_place(change)}"
        for change in view["changes"]
    ]
    if missing:
        yield "\n".join([*missing, ""])
    yield _details(f"{view['base']} → {view['head']}{as_of}", [*lines, *same])


def _place(change: Mapping[str, Any]) -> str:
    return code(f"{change['file']}:{change['line']}") if change["file"] is not None else "—"


def _details(summary: str, lines: Sequence[str]) -> str:
    """Lines that are folded; the summary is no Markdown, but HTML."""
    shown = ALIVE.sub(JOINER, escape(visible(summary)))
    return "\n".join([f"<details><summary>{shown}</summary>\n", *lines, "\n</details>\n"])
