"""Windows across a change of the documents: each as its first day had it, or all as of today (LANGUAGE §1)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from aac.evaluate import Asked
from aac.operations import on_its_day, open_sound_project, pulled_data
from aac.settling import Reckoning, redrawn
from tests.small import COMPANY, measured, number, outcomes, write_project

if TYPE_CHECKING:
    from pathlib import Path

NEW_LINE = "\n"
LEADS = """\
id,at,score,reply
1,2026-01-05T09:00:00,40,2026-01-05T12:00:00
2,2026-01-06T09:00:00,55,2026-01-06T09:30:00
3,2026-01-07T09:00:00,65,2026-01-07T12:00:00
4,2026-02-03T09:00:00,40,2026-02-03T12:00:00
5,2026-02-04T09:00:00,55,2026-02-04T09:30:00
6,2026-02-05T09:00:00,65,2026-02-05T12:00:00
7,2026-02-06T09:00:00,75,2026-02-06T09:30:00
8,2026-03-02T09:00:00,65,2026-03-02T12:00:00
"""
ENTITY = """\
kind: entity
id: lead
from: crm.leads
key: id
occurs: at
fields: {id: text, at: timestamp, score: integer, reply: timestamp}
---
"""


def mql(threshold: int, *days: str) -> str:
    return f"""\
kind: definition
id: mql
of: lead
owner: sales
when: score > {threshold}
at: at
{NEW_LINE.join((*days, "---"))}
"""


HOT = """\
kind: definition
id: hot
of: mql
owner: sales
when: score < 70
at: at
---
"""


def counting(id_: str, *days: str) -> str:
    return f"""\
kind: metric
id: {id_}s
formula: count(*)
of: {id_}
at: at
unit: count
better: higher
owner: sales
serves: customer_success
{NEW_LINE.join((*days, "---"))}
"""


def reply(within: str, *days: str) -> str:
    return f"""\
kind: sla
id: reply
what: Sales replies
who: {{owes: sales, to: marketing}}
when: {{within: {within}}}
how_measured: {{each: lead, starts: at, stops: reply, objective: 90%}}
escalation: []
{NEW_LINE.join((*days, "---"))}
"""


CHANGE = (mql(50, "effective_until: 2026-02-01"), mql(60, "effective_from: 2026-02-01"))


def project(root: Path, *documents: str) -> Path:
    text = COMPANY + ENTITY + "".join(documents)
    return write_project(root, text.removesuffix("---\n"), {"leads": LEADS}, watermark="2026-03-10T12:00:00Z")


@pytest.mark.parametrize(
    ("restate", "january", "february", "march"),
    [
        (False, 2, 2, 1),  # above 50 in January (55, 65), above 60 from February on (65, 75)
        (True, 1, 2, 1),  # above 60 all along
    ],
)
def test_a_word_that_changed(tmp_path: Path, restate: bool, january: int, february: int, march: int) -> None:
    root = project(tmp_path, *CHANGE, counting("mql"))
    results = measured(root, "2026-01", "2026-02", "2026-03", restate=restate)
    values = [number(results, "mqls", label).value for label in ("2026-01", "2026-02", "2026-03")]
    assert values == [january, february, march]


def test_a_source_that_ended_before_the_change_hides_nothing(tmp_path: Path) -> None:
    """Each window is measured again as of what it rests on, whatever else was pulled up to some earlier day."""
    root = project(tmp_path, *CHANGE, counting("mql"))
    old = '\n[sources.old]\nconnector = "csv"\npath = "old"\nwatermark = "2026-01-20T00:00:00Z"\n'
    (root / "aac.toml").write_text((root / "aac.toml").read_text() + old)
    (root / "old").mkdir()
    (root / "old" / "calls.csv").write_text("id\n1\n")
    (root / "alignment" / "call.yml").write_text(
        "kind: entity\nid: call\nfrom: old.calls\nkey: id\nfields: {id: text}\n"
    )
    results = measured(root, "2026-01", "2026-02", restate=True)
    assert [number(results, "mqls", label).value for label in ("2026-01", "2026-02")] == [1, 2]
    opened = open_sound_project(root)
    with pulled_data(opened, Asked(), lambda _: None) as data:
        made = on_its_day(opened.project, Asked(), data.sources)
        told = redrawn(made, data, Asked(windows=("2026-01", "2026-02")), lambda at: list(at.measures), Reckoning())
    assert told.begun == {"metric:mqls": ((date(2026, 2, 1), "mql"),)}
    assert [getattr(result.reading, "value", None) for result in told.restated] == [1, 2]


def test_a_word_whose_parent_changed(tmp_path: Path) -> None:
    results = measured(project(tmp_path, *CHANGE, HOT, counting("hot")), "2026-01", "2026-02")
    assert [number(results, "hots", label).value for label in ("2026-01", "2026-02")] == [2, 1]


def test_windows_that_have_no_first_day_of_their_own_are_of_today(tmp_path: Path) -> None:
    results = measured(project(tmp_path, *CHANGE, counting("mql")), "all", "rolling 90 days", "2026-Q1")
    assert number(results, "mqls", "all").value == 4
    assert number(results, "mqls", "rolling to 2026-03-10").value == 4
    assert number(results, "mqls", "2026-Q1").value == 6  # as January had it: 2 + 3 + 1


def test_what_begins_later_has_no_windows_before(tmp_path: Path) -> None:
    late = counting("lead", "effective_from: 2026-02-01")
    results = measured(project(tmp_path, late), "2026-01", "2026-02", "2026-03")
    assert [result.reading.window.label for result in results.results] == ["2026-02", "2026-03"]


def test_what_ended_keeps_the_windows_that_it_had(tmp_path: Path) -> None:
    gone = counting("lead", "effective_until: 2026-02-01")
    results = measured(project(tmp_path, gone), "2026-01", "2026-02")
    assert [result.reading.window.label for result in results.results] == ["2026-01"]
    assert measured(tmp_path, "2026-01", "2026-02", restate=True).results == ()


def test_a_promise_that_was_tightened(tmp_path: Path) -> None:
    versions = (reply("4 hours", "effective_until: 2026-02-01"), reply("1 hour", "effective_from: 2026-02-01"))
    root = project(tmp_path, *versions)
    results = measured(root, "2026-01", "2026-02")
    assert outcomes(results, "reply", "2026-01") == {"met": 3}
    assert outcomes(results, "reply", "2026-02") == {"met": 2, "late": 2}
    assert outcomes(measured(root, "2026-01", restate=True), "reply", "2026-01") == {"met": 1, "late": 2}
