"""A review as a comment on a pull request: what changed in words, what it does to the numbers, who must agree.

Names, prose and values of documents stay text: no mention, no link, no markup of theirs does anything. Each part has
its room, so that the comment is never too long for its host: what does not fit is left out line by line, and said so.
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
from aac.reports.wording import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.reports.base import View

MARKER = "<!-- aac-review -->"
"""By which the comment of the last time is found again."""
NOTHING = f"{MARKER}\nNothing that anybody relies on changes any more.\n"
"""What takes the place of a comment when there is nothing left to say."""
MOST = 60_000
"""Characters that the longest comment has: hosts take a few more."""
ROOM = {"words": 10_000, "numbers": 6_000, "moved": 4_000, "settle": 5_000, "agree": 5_000, "folded": 3_000}
"""Characters of the lines of each part. Tables have two, and three parts are folded: together less than `MOST`."""
NAMED = 3
"""Documents that the title names."""
TEAMS = 20
"""Teams that are named."""
ALIVE = re.compile(
    r"(?<=[@#!&%~^])(?=[\w\"])|(?<=:)(?=//)|(?<=[Ww]{3})(?=\.)|(?<=:)(?=(?!\d\d:)[\w+-]+:)"
    r"|(?<=\b[Gg][Hh])(?=-[0-9])|(?<=\b[0-9A-Fa-f]{6})(?=[0-9A-Fa-f]+\b)"
)
"""Where hosts would make a mention, a reference, a link, a picture or a commit of a text, as GitHub and GitLab do."""
DOLLAR = "&#36;"
"""A dollar that begins no formula and no reference."""
JOINER = "\u2060"
"""A character that nobody sees, and that parts what hosts would read together."""
SIGNOFF = "signoff"
VERSIONED = ("icp", "definition", "scoring", "sla", "metric", "calendar")
"""Kinds that may say from when on they hold."""
REST = "left out here: all of it is in the artefact `aac-review`, and in `aac diff --format json`"


def review_markdown(view: View) -> str:
    """The comment, nothing when nothing changed that anybody relies on, and nobody is asked."""
    is_relevant = any(change["class"] != "editorial" for change in view["changes"]) or view["not_compared"]
    if not is_relevant and not view["signed"] and not view["agreement"]:
        return ""
    parts = [f"{MARKER}\n### {_title(view)}\n", *_in_words(view), *_recount(view), *_settle(view), *_agree(view)]
    return "\n".join([*parts, *_effect(view), *_folded(view)])


def inert(text: str) -> str:
    """A text of somebody else's, in which only its code is markup."""
    parts = re.split(r"(`[^`]*`)", plain(text))
    return "".join(part if part.startswith("`") else ALIVE.sub(JOINER, part).replace("$", DOLLAR) for part in parts)


def _within(lines: Iterable[str], room: str) -> Iterator[str]:
    """As many lines as there is room for, and how many are left out."""
    left, out = ROOM[room], 0
    for line in lines:
        if out or len(line) >= left:
            out += 1
        else:
            left -= len(line) + 1
            yield line
    if out:
        yield f"- … {plural(out, 'line')} of this {'is' if out == 1 else 'are'} {REST}"


def _title(view: View) -> str:
    breaking = [change for change in view["changes"] if change["class"] == "breaking" and change["kind"] != SIGNOFF]
    back = list(dict.fromkeys(each["of"] for each in view["signed"] if each["is"] == "taken_back"))
    if back and not breaking:
        return f"Alignment review — what was agreed of {_listed(back)} is taken back"
    ids = list(dict.fromkeys(change["id"] for change in breaking))
    if not ids:
        fresh = [change["id"] for change in view["changes"] if _is_new(change)]
        is_new = f": {_listed(fresh)} {'is' if len(fresh) == 1 else 'are'} new" if fresh else ""
        return f"Alignment review — nothing that anybody relies on changes{is_new}"
    names = _listed(ids)
    if all(_is_new(change) for change in breaking):
        return f"Alignment review — {names} {'is' if len(ids) == 1 else 'are'} new"
    if all(change["rule"].startswith("team.members.") for change in breaking):
        return f"Alignment review — who speaks for {names}"
    return f"Alignment review — {names} {'changes' if len(ids) == 1 else 'change'} in meaning"


def _is_new(change: Mapping[str, Any]) -> bool:
    """Whether a whole document is new, and no sign-off."""
    return change["rule"] == f"{change['kind']}.added" != f"{SIGNOFF}.added"


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{', '.join(map(code, ids[:NAMED]))}{more}"


def _in_words(view: View) -> Iterator[str]:
    """Each document that was edited, with its changes; prose is only counted, and sign-offs are told with those who
    must agree."""
    told = [change for change in view["changes"] if change["class"] != "editorial" and change["kind"] != SIGNOFF]
    lines: list[str] = []
    for (kind, id_), together in groupby(told, lambda change: (change["kind"], change["id"])):
        changes = list(together)
        name = f"**{inert(changes[0]['name'])}** ({kind} {code(id_)})" if kind != "settings" else f"**{code(id_)}**"
        lines.append("\n".join([name, *(line for change in changes for line in _told(change)), ""]))
    yield from _within(lines, "words")
    editorial = sum(change["class"] == "editorial" and change["kind"] != SIGNOFF for change in view["changes"])
    if editorial:
        words = "change of words or order moves" if editorial == 1 else "changes of words or order move"
        yield f"{editorial} more {words} no number.\n"


def _told(change: Mapping[str, Any]) -> Iterator[str]:
    yield f"- {inert(change['sentence'])}"
    if change["words"] is not None:
        before, after = change["words"]
        yield f"  <br>In words: **{inert(after)}**{f' (was: {inert(before)})' if before else ''}"
    if change["acknowledged"] is not None:
        yield f"  <br>Acknowledged: {inert(change['acknowledged'])}"


def _recount(view: View) -> Iterator[str]:
    impact = view["impact"]
    if impact["numbers"]:
        yield from _table(f"Recount of the {recount_words(impact)}", impact, impact["numbers"])
        yield f"{NO_FORECAST if impact['sample'] is None else inert(ON_SAMPLE.format(impact['sample']))}\n"
    if impact["provisional"]:
        yield from _table("Provisional: windows that are not settled", impact, impact["provisional"])
    moved: list[str] = []
    for records in records_of(view):
        first, *rest = (inert(line.strip()) for line in records_words(records))
        moved.append("\n".join([f"**{first}**", *(f"- {line}" for line in rest), ""]))
    yield from _within(moved, "moved")
    entries = [(each["of"], each["why"]) for each in impact["not_compared"]]
    entries += [(f"{each['kind']} {each['id']}", each["why"]) for each in view["not_compared"]]
    missing = list(_within((f"- {inert(told)}" for told in not_compared_words(entries)), "moved"))
    if missing:
        yield "\n".join([*missing, ""])


def _table(heading: str, impact: Mapping[str, Any], numbers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Numbers in columns; below them what moved without another number."""
    day = impact["as_of"][:10]
    shown = [row for row in numbers if row["told"] is None]
    rows = [[inert(named(row, day)), row["before"], row["after"], row["change"]] for row in shown]
    if rows:
        title, rule, *lines = table([heading, "now", "with this change", "change"], rows).splitlines()
        kept = list(_within(lines, "numbers"))
        yield "\n".join([title, rule, *(line for line in kept if line.startswith("|")), ""])
        yield from (f"{line}\n" for line in kept if not line.startswith("|"))
    told = list(_within((f"- {inert(row['told'])}" for row in numbers if row["told"] is not None), "folded"))
    if told:
        yield "\n".join([*([f"**{heading}**"] if not rows else []), *told, ""])


def _settle(view: View) -> Iterator[str]:
    lines = list(_within((f"- ■ {inert(told)}" for told in view["impact"]["conflicts"]), "settle"))
    if lines:
        yield "\n".join(["**Conflicts to settle before merging**", *lines, ""])


def _agree(view: View) -> Iterator[str]:
    """Who must agree and who has, how those sign who have not, and what was signed in the branch."""
    teams: Sequence[Mapping[str, Any]] = view["agreement"]
    if teams:
        told = [f"{inert(team['name'])} {'✔' if team['by'] else '⏳'}{_by(team)}" for team in teams]
        more = f" · and {len(told) - TEAMS} more" if len(told) > TEAMS else ""
        yield f"**Who must agree** — {' · '.join(told[:TEAMS])}{more}\n"
    lines = list(_within((f"- {_signed(each)}" for each in view["signed"]), "agree"))
    if lines:
        yield "\n".join(["**Signed in this branch**", *lines, ""])
    ways = [line for team in teams for line in _ways(team)]
    if ways:
        yield details("To agree: approve this request, or sign it", ways)


def _ways(team: Mapping[str, Any]) -> Iterator[str]:
    """How a team agrees: what it signs, and what only an approval is about."""
    yield from (f"    {command}" for command in team["sign"])
    if team["approve"]:
        names = ", ".join(map(code, team["approve"][:TEAMS]))
        more = f" and {len(team['approve']) - TEAMS} more" if len(team["approve"]) > TEAMS else ""
        yield f"\n- {inert(team['name'])} approves, since no sign-off says it: {names}{more}"


def _by(team: Mapping[str, Any]) -> str:
    """Who agreed, or whom to ask: as code, so that nobody is called who did not ask to be."""
    if team["by"]:
        return f" {code(team['by'])}"
    asked = f" {', '.join(map(code, team['ask']))}" if team["ask"] else ""
    before = f"; {', '.join(map(code, team['before']))} approved an earlier commit" if team["before"] else ""
    every = plural(len(team["documents"]), "document")
    rest = f"{len(team['waiting'])} of " if len(team["waiting"]) < len(team["documents"]) else ""
    return f"{asked} ({rest}{every}{before})"


def _signed(signed: Mapping[str, Any]) -> str:
    """A sign-off that is new, and whether it is by who says so; one of something else, and one that is gone."""
    team, of, handle = inert(signed["team"]), code(signed["of"]), code(signed["handle"])
    by = f", which {inert(signed['author'])} committed" if signed["author"] else ""
    if signed["is"] == "of_another_text":
        return (
            f"■ {team} to {of}, as {handle}{by}: {of} does not say here what was signed, so this counts for nothing, "
            "now and later: take it out, and sign with `aac agree`"
        )
    if signed["is"] == "taken_back":
        by = f" by {inert(signed['author'])}" if signed["author"] and signed["proof"] is None else ""
        told = f"the word of {team} to {of}, given as {handle}, is taken back{by}"
        return f"{told}: {inert(signed['proof'])}" if signed["proof"] else f"■ {told}: {team} must agree to that"
    what = f"{team} to {of}, as {handle}"
    if signed["proof"] is not None:
        return f"{what}: {inert(signed['proof'])}"
    return f"▲ {what}{by}: it does not count until {handle} approves this request"


def _effect(view: View) -> Iterator[str]:
    """From when on it holds; what says no day holds at once, in closed windows too."""
    told = [change for change in view["changes"] if change["class"] != "editorial" and change["kind"] != SIGNOFF]
    days = sorted({change["takes_effect"] for change in told if change["takes_effect"] is not None})
    for day in days:
        yield f"**Takes effect** {day}; earlier windows keep the old meaning.\n"
    at_once = [change for change in told if _is_of_all_days(change)]
    if at_once:
        what = "What says no day takes effect" if days else "**Takes effect**"
        may_wait = any(change["kind"] in VERSIONED for change in at_once)
        rest = ": `effective_from` leaves those as they were" if may_wait else ""
        yield f"{what} when it is merged, in closed windows too{rest}.\n"


def _is_of_all_days(change: Mapping[str, Any]) -> bool:
    """Whether an edit that can move numbers says no day from which on it does; a new document moves none."""
    is_measured = change["kind"] not in ("team", "lock", "plugin")
    return change["class"] == "breaking" and change["takes_effect"] is None and is_measured


def _folded(view: View) -> Iterator[str]:
    used = view["rests_on"]
    if used:
        lines = (f"- {change['kind']} {code(change['id'])}: {inert(change['sentence'])}" for change in used)
        more = "1 more document, which means" if len(used) == 1 else f"{len(used):,} more documents, which mean"
        yield details(f"Used by {more} something else with it", lines)
    impact = view["impact"]
    as_of = f" · data as of {impact['as_of']}" if impact["as_of"] else ""
    same = [f"- came out the same: {', '.join(map(code, impact['unchanged']))}"] if impact["unchanged"] else []
    lines = (
        f"- {change['class']}: {code(change['rule'])}, {code(change['fingerprint'])}, {_place(change)}"
        for change in view["changes"]
    )
    yield details(f"{view['base']} → {view['head']}{as_of}", [*same, *lines])


def _place(change: Mapping[str, Any]) -> str:
    return code(f"{change['file']}:{change['line']}") if change["file"] is not None else "—"


def details(summary: str, lines: Iterable[str]) -> str:
    """Lines that are folded; the summary is no Markdown, but HTML."""
    shown = escape(ALIVE.sub(JOINER, visible(summary))).replace("$", DOLLAR)
    return "\n".join([f"<details><summary>{shown}</summary>\n", *_within(lines, "folded"), "\n</details>\n"])
