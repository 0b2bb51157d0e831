"""What a newcomer writes wrong in a rule, and what is told then: once, at its place, with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.operations import open_project

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = """\
kind: company
id: tiny
currency: EUR
timezone: Europe/Berlin
---
kind: team
id: sales
name: Sales
---
kind: team
id: marketing
name: Marketing
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon-fri: "09:00-17:00"}
---
kind: entity
id: deal
from: crm.deals
key: deal_id
fields:
  deal_id: text
  stage: {type: text, values: [open, won, lost]}
  amount: {type: money, unit: EUR}
  opened_on: date
  closed_on: date
  asked_at: timestamp
  answered_at: timestamp
---
kind: definition
id: sold
of: deal
when: stage = 'won'
at: closed_on
owner: sales
---
kind: definition
id: big_sold
of: sold
when: amount > 1000
owner: sales
---
kind: metric
id: share_sold
formula: share(sold)
of: deal
at: opened_on
unit: percent
better: higher
owner: sales
role: north_star
serves: successful_acquisition
target: {at_least: 20%}
---
kind: sla
id: answer
what: Sales answers
who: {owes: sales, to: marketing}
when: {within: 4 business hours, calendar: desk}
how_measured: {each: deal, starts: asked_at, stops: answered_at, objective: 90%}
escalation:
  - {at: 75% of time, do: remind, to: sales}
---
kind: sla
id: asking
what: Marketing asks in time
who: {owes: marketing, to: sales}
when: {within: 2 days}
how_measured: {each: sold, starts: opened_on, stops: closed_on, objective: 80%}
escalation: [{at: late, do: notify, to: marketing}]
"""


def told(root: Path, before: str = "", after: str = "") -> list[tuple[str, str, str]]:
    """Code, marked word and advice of every finding after one text was replaced by another."""
    assert DOCUMENTS.count(before) >= 1
    (root / "alignment").mkdir()
    (root / "alignment" / "all.yml").write_text(DOCUMENTS.replace(before, after, 1))
    (root / "aac.toml").write_text('[project]\nname = "Tiny"\nspec = 1\n[sources.crm]\nconnector = "csv"\npath = "d"\n')
    marked: list[tuple[str, str, str]] = []
    for finding in open_project(root).findings:
        span = finding.span
        assert span is not None
        marked.append((finding.code, span.text[span.col - 1 :][: span.length], finding.instead))
    return marked


def test_the_project_itself_is_fine(tmp_path: Path) -> None:
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("before", "after", "code", "word", "instead"),
    [
        ("stage = 'won'", "deal.stage = 'won'", "AAC203", "deal.stage", "write `stage`: the rule is about `deal`"),
        ("share(sold)", "share(deal)", "AAC203", "deal", "did you mean `deal_id`?"),
        ("stage = 'won'", "stage = won", "AAC203", "won", "if it is text, write 'won' in single quotes; else one of"),
        ("stage = 'won'", "stage = 'wonn'", "AAC305", "'wonn'", "did you mean `won`?"),
        ("stage = 'won'", "STAGE = 'won'", "AAC203", "STAGE", "did you mean `stage`?"),
        ("stage = 'won'", "stage = null", "AAC302", "null", "write `is null` or `is not null`"),
        ("stage = 'won'", "closed_on > 2026-01-01", "AAC302", "2026", "write dates in single quotes, as in"),
        ("stage = 'won'", "(stage = 'won'", "AAC306", "(", "write the missing `)`"),
        ("stage = 'won'", "stage = 'won", "AAC306", "'", "write the missing `'`"),
        ("when: stage = 'won'", "when:", "AAC308", "when", "write a rule, or leave the key out"),
        ("amount > 1000", "amoun > 1000", "AAC203", "amoun", "did you mean `amount`?"),
        ("share(sold)", "count(sold) / count(*)", "AAC302", "sold", "write `count_if(…)` for those that it is true"),
        ("at_least: 20%", "at_least: 20", "AAC301", "20", "write `20%`"),
        ("{at_least: 20%}", "20%", "AAC308", "20%", "write `{at_least: 20%}`"),
        ("better: higher", "better: hihger", "AAC308", "hihger", "did you mean `higher`?"),
        ("better: higher", "better: lower", "AAC403", "{at_least: 20%}", "write `at_most`, or `better: higher`"),
        ("objective: 90%", "objective: 90", "AAC301", "90", "did you mean `90%`?"),
        ("objective: 90%", "objective: 90%, min_n: -5", "AAC308", "-5", "write a number of at least 1"),
        ("calendar: desk", "calendar: dsk", "AAC204", "dsk", "did you mean `desk`?"),
        ("timezone: Europe/Berlin\nhours", "timezone: Europe/Berln\nhours", "AAC308", "Europe/Berln", "write an IANA"),
        (
            "owes: sales, to: marketing",
            "owes: sales, to: sales",
            "AAC308",
            "sales",
            "name the team it is owed to",
        ),
        ("75% of time", "150% of time", "AAC308", "150% of time", "write a share of up to 100 %"),
        ("values: [open, won, lost]", "values: [open, won, lost], map: {Won: wonn}", "AAC305", "wonn", "did you mean"),
        ("closed_on: date", "closed_on: {type: date, format: DD.MM.YYYY}", "AAC308", "DD.MM.YYYY", "write strptime"),
    ],
)
def test_one_mistake_is_told_once(tmp_path: Path, before: str, after: str, code: str, word: str, instead: str) -> None:
    ((found, marked, advice),) = told(tmp_path, before, after)
    assert (found, marked) == (code, word)
    assert advice.startswith(instead)


def test_an_entity_with_several_keys_cannot_be_referred_to(tmp_path: Path) -> None:
    line = "kind: entity\nid: {id}\nfrom: crm.{id}\nkey: {key}\nfields: {{a: text, b: text{more}}}\n---\n"
    more = line.format(id="line", key="[a, b]", more="") + line.format(id="note", key="a", more=", line: {ref: line}")
    ((code, marked, _),) = told(tmp_path, "kind: definition\nid: sold", more + "kind: definition\nid: sold")
    assert (code, marked) == ("AAC308", "line")


def test_a_ring_is_told_as_one(tmp_path: Path) -> None:
    ((code, _, _),) = told(tmp_path, "of: deal\nwhen: stage = 'won'", "of: big_sold\nwhen: stage = 'won'")
    assert code == "AAC206"
