"""Reports: `aac-results/1`, the screen of `aac check`, findings as text, and the wiki."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from aac.distribution import VERSION
from aac.findings import Finding, Level, Span
from aac.periods import ALL, Window
from aac.reports.ending import next_steps
from aac.reports.filling import fill
from aac.reports.json import JsonReport, as_json, dumps, json_number
from aac.reports.markdown import MarkdownReport
from aac.reports.pages import pieces
from aac.reports.plainly import sentences_of
from aac.reports.text import TextReport, closing_line, findings_text
from aac.reports.wiki import WikiReport
from aac.reports.wiki.shelves import SECTIONS
from aac.reports.wording import UNSEEN, amount, by_words, number, percent, result_words, span, target_words
from aac.results import ClockReading, Escalation, Item, Result, Status
from tests.reported import (
    DUE,
    FEBRUARY,
    FINDINGS,
    HOSTILE,
    HOUR,
    LATE,
    MARCH,
    PROJECT,
    RESULTS,
    clock,
    counted,
    entry,
    item,
    tally,
    us,
)

SCHEMA = json.loads((Path(__file__).parent.parent / "src/aac/schemas/results.json").read_text(encoding="utf-8"))
HOSTILE_SHOWN = HOSTILE.replace("\x1b", r"\x1b").replace("\x9b", r"\x9b").replace("\u202e", r"\u202e")


# JSON


def rendered_json() -> dict[str, Any]:
    (page,) = JsonReport().render(JsonReport().view(PROJECT, RESULTS))
    return json.loads(page.text)


def broken_parts(document: object) -> list[str]:
    """What breaks the schema."""
    validator: Any = Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(document)]


def test_results_keep_their_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert broken_parts(rendered_json()) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "aac-results/2"),
        (("results", 0, "status"), "failed"),
        (("results", 0, "attainment"), "85.5%"),
        (("results", 0, "late_items", 0, "email"), "anna@example.com"),
        (("results", 0, "window", "from"), "01.02.2026"),
        (("results", 11, "target"), {"at_least": 0.2, "between": [0.2, 0.3]}),
        (("results", 11, "target"), {"at_least": 0.2, "at_most": 0.3, "open": "in April"}),
        (("findings", 0, "level"), "fatal"),
        (("summary", "restricted"), 1),
        (("sources", 0, "watermark"), "2026-03-02T06:00:00+01:00"),
    ],
)
def test_the_schema_bites(path: tuple[str | int, ...], value: object) -> None:
    document = rendered_json()
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert broken_parts(document) != []


def test_a_promise_in_time() -> None:
    sla = as_json(RESULTS)["results"][0]
    low, high = sla.pop("interval")
    sla["escalations"] = sla["escalations"][-2:]
    assert sla == {
        "kind": "sla",
        "id": "sales_follow_up",
        "as_of": "2026-03-02T05:00:00Z",
        "window": {"label": "2026-02", "from": "2026-02-01", "until": "2026-03-01", "provisional": False},
        "by": {},
        "status": "off_target",
        "attainment": 0.855,
        "objective": 0.95,
        "met": 171,
        "late": 29,
        "open": 0,
        "excused": 3,
        "unmeasurable": 5,
        "outside": 7,
        "outside_hours": 12,
        "unknown": 0,
        "budget": {"allowed": 10, "spent": 29, "burn": 2.9},
        "through": {},
        "escalations": [
            {
                "key": ["EU", "78"],
                "at": "late",
                "do": "requeue",
                "to": "sdr_backup",
                "meeting": None,
                "since": "2026-02-09T12:30:00Z",
            },
            {"key": None, "at": "off_target", "do": "agenda", "to": None, "meeting": None, "since": None},
        ],
        "late_items": [
            {
                "key": "L-1041",
                "started": "2026-02-03T08:00:00Z",
                "due": "2026-02-03T13:00:00Z",
                "done": "2026-02-03T15:10:00Z",
                "seconds": 22200,
            },
            {
                "key": "L-1077",
                "started": "2026-02-06T16:30:00Z",
                "due": "2026-02-09T12:30:00Z",
                "done": None,
                "seconds": 435600.000001,
            },
            {
                "key": ["EU", "77"],
                "started": "2026-02-17T09:00:00Z",
                "due": "2026-02-17T14:00:00Z",
                "done": "2026-02-17T14:00:30Z",
                "seconds": 14430,
            },
        ],
    }
    # The ends of the Wilson interval are the p that lie z standard errors of their own from 171/200 (Wilson 1927).
    for end in (low, high):
        assert (0.855 - end) ** 2 == pytest.approx(1.959963984540054**2 * end * (1 - end) / 200)
    assert low < 0.855 < high


def test_a_number() -> None:
    assert as_json(RESULTS)["results"][11] == {
        "kind": "metric",
        "id": "win_rate",
        "as_of": "2026-03-02T05:00:00Z",
        "window": {"label": "2026-02", "from": "2026-02-01", "until": "2026-03-01", "provisional": False},
        "by": {},
        "status": "on_target",
        "value": 30 / 131,
        "numerator": 30,
        "denominator": 131,
        "n": 140,
        "unknown": 4,
        "unit": "percent",
        "target": {"at_least": 0.22},
        "final": True,
    }


def test_what_has_no_value_is_null() -> None:
    document = as_json(RESULTS)
    nothing_judged = document["results"][9]
    assert (nothing_judged["attainment"], nothing_judged["interval"]) == (None, None)
    everything = next(result for result in document["results"] if result["window"]["label"] == "all")
    assert (everything["window"]["from"], everything["window"]["until"]) == (None, None)
    assert [result["by"] for result in document["results"] if None in result["by"].values()] == [{"segment": None}] * 2
    never_due = replace(LATE[0], due_us=None)
    (sla,) = as_json(replace(RESULTS, results=(clock("a", FEBRUARY, tally(0, 1), None, late=(never_due,)),)))["results"]
    assert sla["late_items"][0]["due"] is None


def test_groups_keep_the_type_of_their_values() -> None:
    (group,) = (result["by"] for result in as_json(RESULTS)["results"] if "share" in result["by"])
    assert group == {"share": 0.25, "won": True}


def test_a_window_with_open_items_is_provisional() -> None:
    ended_with_open, ended, still_open = (
        clock("a", FEBRUARY, tally(1, 0, 1), Status.ON_TARGET),
        clock("a", FEBRUARY, tally(1), Status.ON_TARGET),
        clock("a", MARCH, tally(1), Status.ON_TARGET),
    )
    document = as_json(replace(RESULTS, results=(ended_with_open, ended, still_open)))
    assert [result["window"]["provisional"] for result in document["results"]] == [True, False, True]


def test_fifty_late_items_are_listed() -> None:
    late = tuple(replace(LATE[0], key=f"L-{n}") for n in range(60))
    (sla,) = as_json(replace(RESULTS, results=(clock("a", FEBRUARY, tally(0, 60), None, late=late),)))["results"]
    assert [item["key"] for item in sla["late_items"]] == [f"L-{n}" for n in range(50)]
    assert sla["late"] == 60


def test_the_summary_counts_totals_of_the_last_windows() -> None:
    assert as_json(RESULTS)["summary"] == {
        "on_target": 2,  # rejection_reasons, win_rate
        "at_risk": 1,  # cycle
        "off_target": 1,  # sales_follow_up
        "not_enough_data": 1,  # intro_call_48h
        "not_measurable": 1,  # expansion_signals_to_sales
        "stale": 1,  # renewal_notice
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(4), "4"),
        (Fraction(-4), "-4"),
        (Fraction(171, 200), "0.855"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(1, 3), "0.3333333333333333"),
        (Fraction("0.000001"), "0.000001"),
        (Fraction("12345678901234567.1234"), "12345678901234567.1234"),
        (Fraction("-12345678901234567.0001"), "-12345678901234567.0001"),
        (Fraction(10**25), "10000000000000000000000000"),
    ],
)
def test_numbers_are_written_in_full_or_as_the_nearest_double(value: Fraction, text: str) -> None:
    written = json_number(value)
    assert dumps(written) == text
    assert json.loads(json.dumps(written)) == pytest.approx(float(value))


@given(st.integers(), st.integers(0, 12))
def test_every_decimal_is_exact(digits: int, places: int) -> None:
    value = Fraction(digits, 10**places)
    assert Fraction(json.loads(dumps(json_number(value)), parse_float=Decimal, parse_int=Decimal)) == value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
)


@given(json_values)
def test_json_text_says_what_it_was_made_of(value: object) -> None:
    text = dumps(value)
    assert json.loads(text) == value
    assert UNSEEN.sub("", text.replace("\n", "")) == text.replace("\n", "")


# The screen


def screen(results: Any = RESULTS, project: Any = PROJECT) -> str:
    (page,) = TextReport().render(TextReport().view(project, results))
    return page.text


HEADER = f"aac {VERSION} · Larkspur @ 3f9c2e1 · data as of Mon 2026-03-02 06:00 CET\nbilling too old\n"
REST = """\

Findings  2 warnings, 1 note
  warning[AAC503] lead: 1,480 references to a product find nothing, such as `GT…
  warning[AAC401] nobody agreed what happens when this promise is missed
  note[AAC505] 2 leads have <script>alert(1)</script> {{ 7 * 7 }} {% raw %} \\x1…
1 off target, 1 at risk, 1 data too old, 1 not measurable, 1 not enough data, 2
on target
Exit 1: 1 agreement off target; 1 agreement with data too old (`--fail-on never`
to only report)
Details  `aac build`, then site/sla/sales_follow_up.html
"""


def test_the_screen() -> None:
    assert screen() == (
        HEADER
        + """\

Agreements                window   result            objective  status
 Sales → Marketing
  sales_follow_up         2026-02  171/200 85.5%     95%        ■ off target
     29 late (10 allowed) · 3 excused · 5 not measurable · 7 outside the promise
     12 outside hours
                          2026-03  19/20 95%         95%        ▲ at risk
     so far · 1 late (1 allowed) · 4 open
     due (late): requeue → sdr_backup · L-1077, L-1, L-2 and 2 more
     due (off target): agenda
  ● on target: rejection_reasons 40/41 97.6%
 Sales → Customer success
  ○ not enough data: intro_call_48h 16/17 94.1%, 20 needed
 Customer success → Sales
  renewal_notice          2026-02  8,999/9,000 99.99%  90%      ◇ data too old
     1 late (900 allowed) · 2 unknown
  expansion_signals_to_sales
                          2026-02  —                 90%        ◇ not measurable
     12 not measurable

Metrics                 window  result   target     status
  cycle                 all     57 days  ≤ 60       ▲ at risk
     4,238 records
  ● on target: win_rate 30/131 22.9%
  no target yet: revenue · coverage
"""
        + REST
    )


def test_what_was_selected_is_shown_in_full() -> None:
    assert screen(replace(RESULTS, is_selection=True, items=2)) == (
        HEADER
        + """\

Agreements               window   result            objective  status
 Sales → Marketing
  sales_follow_up        2026-02  171/200 85.5%     95%        ■ off target
     29 late (10 allowed) · 3 excused · 5 not measurable · 7 outside the promise
     12 outside hours
     L-1041 · due Tue 2026-02-03 14:00 · late by 2 h 10 min
     L-1077 · due Mon 2026-02-09 13:30 · late by 117 h and not done yet
     and 1 more: `--items all` lists them
                         2026-03  19/20 95%         95%        ▲ at risk
     so far · 1 late (1 allowed) · 4 open
     due (late): requeue → sdr_backup · L-1077, L-1, L-2 and 2 more
     due (off target): agenda
  rejection_reasons      2026-02  40/41 97.6%       95%        ● on target
     1 late (2 allowed)
     L-1041 · due Tue 2026-02-03 14:00 · late by 2 h 10 min
 Sales → Customer success
  intro_call_48h         2026-02  16/17 94.1%       90%        ○ not enough data
     20 needed · 1 late (1 allowed)
 Customer success → Sales
  expansion_signals_to_sales
                         2026-02  —                 90%        ◇ not measurable
     12 not measurable
  renewal_notice         2026-02  8,999/9,000 99.99%  90%      ◇ data too old
     1 late (900 allowed) · 2 unknown

Metrics                 window   result          target     status
  win_rate              2026-02  30/131 22.9%    ≥ 22%      ● on target
     140 records · 4 unknown
                        2026-03  —               ≥ 22%      ○ not enough data
     so far
  revenue               2026-02  EUR 10,005,534  —
     4,238 records
  cycle                 all      57 days         ≤ 60       ▲ at risk
     4,238 records
  coverage              2026-02  3.1             none yet
     3,100 ÷ 1,000 · 88 records
"""
        + REST
    )


def test_windows_that_were_named_are_shown_in_full() -> None:
    well = replace(clock("rejection_reasons", FEBRUARY, tally(40, 1), Status.ON_TARGET), selection="named")
    shown = screen(replace(RESULTS, results=(well,)))
    assert "  rejection_reasons     2026-02  40/41 97.6%  95%        ● on target\n     1 late\n" in shown


def test_a_promise_of_a_volume_stands_among_the_agreements() -> None:
    volume = counted("win_rate", FEBRUARY, "count", Fraction(3), Status.OFF_TARGET, {"at_least": Fraction(5)}, n=3)
    volume = replace(volume, kind="sla", id="rejection_reasons")
    shown = screen(replace(RESULTS, results=(volume,)))
    assert " Sales → Marketing\n  rejection_reasons     2026-02  3       ≥ 5        ■ off target\n" in shown
    assert "Metrics" not in shown


def test_where_the_time_went_is_told_the_longest_step_first() -> None:
    found = clock("sales_follow_up", FEBRUARY, tally(3, 1), Status.OFF_TARGET)
    assert isinstance(found.reading, ClockReading)
    through = (("routing", 3 * HOUR), ("assignment_to_owner", 9 * HOUR), ("reaction", 0))
    results = replace(RESULTS, results=(replace(found, reading=replace(found.reading, through=through)),))
    assert "\n     where the time went: assignment to owner 9 h (75%) · routing 3 h (25%)\n" in screen(results)
    nothing = replace(found, reading=replace(found.reading, through=(("routing", 0),)))
    assert "where the time went" not in screen(replace(RESULTS, results=(nothing,)))


def test_what_has_no_data_at_all_says_so() -> None:
    found = clock("sales_follow_up", FEBRUARY, tally(0), Status.NOT_MEASURABLE)
    assert isinstance(found.reading, ClockReading)
    results = replace(RESULTS, results=(replace(found, reading=replace(found.reading, is_off=True)),))
    assert "there is no data of what it rests on: `aac explain sales_follow_up`\n" in screen(results)


def test_the_items_that_were_asked_for() -> None:
    for asked, listed in ((None, 3), (0, 0), (2, 2), (99, 3)):
        assert len(as_json(replace(RESULTS, items=asked))["results"][0]["late_items"]) == listed


def test_a_key_is_told_once_though_windows_overlap() -> None:
    everything = replace(clock("sales_follow_up", ALL, tally(9, 1), Status.ON_TARGET, due=DUE[:1]), selection="current")
    results = replace(RESULTS, results=(*RESULTS.results[:1], everything))
    assert "requeue → sdr_backup · L-1077, L-1, L-2 and 2 more\n" in screen(results)
    once = replace(
        results, results=(replace(everything, verdict=replace(everything.verdict, escalations=DUE[:1] * 2)),)
    )
    assert "requeue → sdr_backup · L-1077\n" in screen(once)


def test_the_screen_ends_with_the_exit_code_and_why() -> None:
    late = clock("sales_follow_up", FEBRUARY, tally(3, 1), Status.OFF_TARGET)
    low = counted("win_rate", FEBRUARY, "percent", Fraction(1, 5), Status.OFF_TARGET, of=(1, 5))
    behind = clock("rejection_reasons", MARCH, tally(1, 1), Status.OFF_TARGET)
    found = replace(RESULTS, results=(low, late, late, behind), findings=FINDINGS[:1])
    assert "\nExit 1: 2 agreements and 1 metric off target (`--fail-on never` to only report)\n" in screen(found)
    assert "\nExit 0: `--fail-on never` only reports\n" in screen(replace(found, fail_on=("never",)))
    assert "\nExit 1: 1 agreement at risk; 1 warning (`--fail-on never`" in screen(
        replace(found, fail_on=("at_risk", "findings"))
    )
    well = replace(found, results=(behind,))
    assert "\nExit 0: nothing off target or with data too old\n" in screen(well)
    assert "Exit" not in screen(replace(well, fail_on=None))


def test_the_agenda_that_has_what_is_off_target_stands_beside_its_page() -> None:
    due = Escalation(None, "off_target", "agenda", None, "weekly", None)
    late = clock("sales_follow_up", FEBRUARY, tally(3, 1), Status.OFF_TARGET, due=(due,))
    short = replace(late, id="a", reading=replace(late.reading, subject="sla:a"))
    shown = screen(replace(RESULTS, results=(late,)))
    assert shown.endswith("\nDetails  `aac build`, then site/sla/sales_follow_up.html\nAgenda   `aac agenda weekly`\n")
    shown = screen(replace(RESULTS, results=(short,)))
    assert shown.endswith("\nDetails  `aac build`, then site/sla/a.html     Agenda  `aac agenda weekly`\n")
    built = replace(RESULTS, results=(late,), pages=frozenset({"site/index.html", "site/sla/sales_follow_up.html"}))
    assert screen(built).endswith("\nDetails  site/sla/sales_follow_up.html     Agenda  `aac agenda weekly`\n")


def test_the_screen_ends_with_the_wiki_where_it_is_there() -> None:
    well = replace(RESULTS, results=(clock("a", FEBRUARY, tally(3, 1), Status.ON_TARGET),), findings=())
    assert next_steps(well, (), ("sla:a",), {}) == [{"title": "Next", "words": "`aac build` writes the wiki"}]
    built = replace(well, pages=frozenset({"site/index.html"}))
    assert next_steps(built, (), ("sla:a",), {}) == [{"title": "Next", "words": "site/index.html"}]


def test_without_an_agreement_on_freshness_nothing_is_called_fresh() -> None:
    silent = replace(RESULTS, sources=tuple(replace(source, status=None) for source in RESULTS.sources))
    assert screen(silent).splitlines()[0].endswith(" · Larkspur @ 3f9c2e1 · data as of Mon 2026-03-02 06:00 CET")
    assert screen(silent).splitlines()[1] == ""
    assert [source["status"] for source in as_json(silent)["sources"]] == [None, None]
    assert broken_parts(json.loads(dumps(as_json(silent)))) == []
    home = parsed(fill(WikiReport().render(WikiReport().view(PROJECT, silent)))[0].text)
    assert [attributes for _, attributes in home.elements if "fresh" in (attributes.get("class") or "").split()] == []
    assert "Age" not in home.text
    one = replace(RESULTS, sources=(replace(RESULTS.sources[0], status=None), RESULTS.sources[1]))
    assert screen(one).splitlines()[1] == "billing too old"


def test_the_next_step_is_what_was_late_then_what_is_wrong_then_the_wiki() -> None:
    calm = replace(RESULTS, results=(clock("sales_follow_up", FEBRUARY, tally(3), Status.ON_TARGET),))
    assert "\nNext  add `map: {GTXPro: GTX Pro}` to the field\n" in screen(calm)
    quiet = replace(PROJECT, findings=())
    assert "\nNext  `aac build` writes the wiki\n" in screen(replace(calm, findings=FINDINGS[1:]), quiet)


def test_where_the_time_went_is_told_of_what_is_well_too() -> None:
    found = clock("sales_follow_up", FEBRUARY, tally(97, 3), Status.ON_TARGET)
    through = (("routing", 3 * HOUR), ("assignment_to_owner", 9 * HOUR))
    results = replace(RESULTS, results=(replace(found, reading=replace(found.reading, through=through)),))
    assert (
        "  ● on target: sales_follow_up 97/100 97%\n"
        "     sales_follow_up, where the time went: assignment to owner 9 h (75%)\n"
        "       routing 3 h (25%)\n"
    ) in screen(results)


def test_a_ratio_of_an_open_window_is_not_called_off_target_unasked() -> None:
    """It may still become anything (LANGUAGE §10: `current` can only add `at_risk`)."""
    found = next(result for result in RESULTS.results if result.id == "win_rate" and result.selection == "current")
    off = replace(found, verdict=replace(found.verdict, status=Status.OFF_TARGET))
    assert result_words(off)["status"] is None  # and so in the wiki, in Markdown and in agendas
    last = next(result for result in RESULTS.results if result.id == "win_rate" and result.selection == "last")
    assert "■ off target" not in screen(replace(RESULTS, results=(last, off)))
    (page,) = MarkdownReport().render(MarkdownReport().view(PROJECT, replace(RESULTS, results=(off,))))
    assert "| `win_rate` | 2026-03, so far | — | ≥ 22% | — |\n" in page.text
    grown = replace(off, reading=replace(off.reading, is_volume=True))
    assert "■ off target" in screen(replace(RESULTS, results=(last, grown)))  # the most that was agreed is exceeded


def test_the_screen_has_eighty_columns() -> None:
    long = replace(RESULTS, results=(clock("a" * 40, FEBRUARY, tally(0, 12345, 1, 1, 1, 1), Status.NOT_ENOUGH_DATA),))
    for shown in (screen(), screen(long)):
        assert max(len(line) for line in shown.splitlines()) <= 80


def test_a_promise_without_two_teams_is_shown_too() -> None:
    results = replace(RESULTS, results=(clock("warm", FEBRUARY, tally(3), Status.ON_TARGET, kind="handoff"),))
    assert " Other agreements\n  ● on target: warm 3/3 100%\n" in screen(results)


def test_no_text_of_others_steers_the_terminal() -> None:
    name = entry("team:marketing", HOSTILE)
    project = replace(PROJECT, documents=(*(e for e in PROJECT.documents if e.id != "marketing"), name))
    shown = screen(replace(RESULTS, project=HOSTILE, revision="\x1b]0;title\x07"), project)
    assert HOSTILE_SHOWN in shown
    assert r"\x1b]0;title\x07" in shown
    assert UNSEEN.findall(shown.replace("\n", "")) == []


# Findings as text


def finding(text: str, col: int, length: int, level: Level = "error", instead: str = "write `score > 50`") -> Finding:
    return Finding("AAC203", level, "no definition is called `mqls`", instead, Span("a/b.yml", 12, col, length, text))


def test_a_finding_shows_its_place_and_what_to_write() -> None:
    assert findings_text([finding("  each: mqls", 9, 4)]) == (
        """\
error[AAC203]: no definition is called `mqls`
   ┌─ a/b.yml:12:9
12 │   each: mqls
   │         ^^^^
   = write: `score > 50`
"""
    )


@pytest.mark.parametrize(
    ("text", "col", "length", "shown", "carets"),
    [
        ("\teach: mqls", 8, 4, "    each: mqls", "          ^^^^"),
        ("名前: mqls", 5, 4, "名前: mqls", "      ^^^^"),
        ("e\u0301tat: mqls", 8, 4, "e\u0301tat: mqls", "      ^^^^"),
        ("\u2714\ufe0f กำ: mqls", 8, 4, "\u2714\ufe0f กำ: mqls", "      ^^^^"),
        ("\U0001f600: mqls", 4, 4, "\U0001f600: mqls", "    ^^^^"),
        ("\t\t\U0001f600\tmqls\t", 5, 4, "        \U0001f600    mqls", " " * 14 + "^^^^"),
        ("a: \x1b[2Jmqls", 8, 4, r"a: \x1b[2Jmqls", "          ^^^^"),
        ("each:", 6, 1, "each:", "     ^"),
        ("x" * 300 + "mqls" + "y" * 300, 301, 4, "…" + "x" * 50 + "mqls" + "y" * 45 + "…", " " * 51 + "^^^^"),
    ],
)
def test_carets_stand_below_the_mark(text: str, col: int, length: int, shown: str, carets: str) -> None:
    lines = findings_text([finding(text, col, length)]).splitlines()
    assert lines[2:4] == [f"12 │ {shown}", f"   │ {carets}"]


def test_findings_without_a_place_and_about_records() -> None:
    about = Finding("AAC601", "warning", "the source has no rows", "look at the export", None, "entity:lead")
    records = Finding("AAC501", "info", "no\nkey", "did you mean `id`?", None, None, 1480, ("L-1", "\x1bL"))
    assert findings_text([about, records]) == (
        """\
warning[AAC601]: the source has no rows
  ┌─ entity:lead
  = look at the export

note[AAC501]: no\\x0akey
  = records: `L-1`, `\\x1bL` and 1,478 more
  = did you mean `id`?
"""
    )
    many = replace(records, message="no key", keys=tuple("abcdefg"), instead="write it as text")
    assert findings_text([many]).splitlines()[1:] == [
        "  = records: `a`, `b`, `c`, `d`, `e` and 1,475 more",
        "  = write it as text",
    ]


def test_colors_only_when_asked_for() -> None:
    problems = [finding("each: mqls", 7, 4), finding("each: mqls", 7, 4, "warning")]
    plain, colored = findings_text(problems), findings_text(problems, color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31merror[AAC203]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[\d;]+m", "", colored) == plain


def test_closing_lines() -> None:
    errors = [finding("x", 1, 1), finding("y", 1, 1)]
    other_file = replace(errors[0], span=Span("c.yml", 1, 1, 1, "x"))
    warning = finding("x", 1, 1, "warning")
    assert closing_line([*errors, warning, other_file], 12) == ("3 errors, 1 warning in 2 files · nothing was changed")
    assert closing_line([errors[0]], 12) == "1 error in 1 file · nothing was changed"
    assert closing_line([replace(errors[0], span=None)], 12) == "1 error · nothing was changed"
    assert closing_line([], 12) == "12 documents are fine"
    assert closing_line([warning], 1) == "1 document is fine · 1 warning"


# Words


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(Fraction(171, 200)), "85.5%"),
        (percent(Fraction(9, 10)), "90%"),
        (percent(Fraction(94996, 100_000), (Fraction(95, 100),)), "94.996%"),
        (percent(Fraction(94996, 100_000)), "95%"),
        (percent(Fraction(9999, 10_000)), "99.99%"),
        (percent(Fraction(1, 10_000)), "0.01%"),
        (percent(Fraction("0.2225"), (Fraction("0.2225"),)), "22.25%"),
        (amount(Fraction("2360.909"), "EUR"), "EUR 2,360.91"),
        (amount(Fraction("2360.5"), "EUR"), "EUR 2,360.50"),
        (amount(Fraction(1200), "EUR/year"), "EUR 1,200 a year"),
        (amount(Fraction("10005534.4"), "USD"), "USD 10,005,534"),
        (amount(Fraction(57), "days"), "57 days"),
        (amount(Fraction(1), "days"), "1 day"),
        (amount(Fraction(7, 2), "business_hours"), "3.5 business hours"),
        (amount(Fraction(1, 100), "hours"), "0.01 hours"),
        (amount(Fraction(4238), "count"), "4,238"),
        (amount(None, "EUR"), "—"),
        (number(Fraction("-0.001"), 2), "0"),
        (number(Fraction(-1234), 2), "−1,234"),
        (span(7_800_000_000), "2 h 10 min"),
        (span(47 * 3600 * 1_000_000), "47 h"),
        (span(76 * 3600 * 1_000_000), "3 d 4 h"),
        (span(76 * 3600 * 1_000_000, days=False), "76 h"),
        (span(45_999_999), "45 s"),
        (span(1), "less than 1 s"),
        (target_words({"at_most": Fraction("0.225")}, "percent"), "≤ 22.5%"),
        (target_words({"between": (Fraction(10), Fraction(20))}, "count"), "10 to 20"),
        (target_words({"open": "in April"}, "count"), "none yet"),
        (target_words(None, "count"), None),
    ],
)
def test_numbers_in_words(shown: str | None, expected: str | None) -> None:
    assert shown == expected


def test_names_in_a_rule_lead_to_their_pages() -> None:
    names = {"mql": "definition/mql.html", "lead": "entity/lead.html"}
    cut = pieces("mql.at > 3 and source <> 'mql' and x.lead and leads", names)
    assert [piece for piece in cut if piece[1]] == [("mql", "definition/mql.html")]
    assert "".join(text for text, _ in cut) == "mql.at > 3 and source <> 'mql' and x.lead and leads"


# The wiki


@dataclass
class Html(HTMLParser):
    """What a page holds: its elements with their attributes, its text, ids, headings, and links."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list[tuple[str, dict[str, str | None]]])
    words: list[str] = field(default_factory=list[str])
    headings: list[int] = field(default_factory=list[int])
    open_tags: list[str] = field(default_factory=list[str])
    VOID = frozenset({"meta", "link", "br", "hr"})
    INLINE = frozenset({"a", "code", "em", "span", "strong"})

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of <{tag}> stands twice"
        self.elements.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.INLINE:
            self.words.append(" ")
        if tag not in self.VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.elements if attribute in attributes]


def parsed(text: str) -> Html:
    page = Html()
    page.feed(text)
    page.close()
    assert page.open_tags == []
    return page


@cache
def site() -> dict[str, str]:
    return {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(PROJECT, RESULTS)))}


HTML_PAGES = sorted(path for path in site() if path.endswith(".html"))


def test_every_document_has_one_page() -> None:
    documents = {f"{document.kind}/{document.id}.html" for document in PROJECT.documents}
    sections = {f"{name}.html" for name in SECTIONS if name not in ("profiles", "meetings")}  # there are none of these
    scripts = {"wiki.js", "minisearch.js", "search.js"}
    data = {"aac.json", "build.json"}
    splits = {"scorecards-by-segment.html", "scorecards-by-source.html"}
    assert set(site()) == {"index.html", "style.css", *data, *scripts, *sections, *splits, *documents}


def test_the_view_is_plain_data_and_all_that_pages_need() -> None:
    view = WikiReport().view(PROJECT, RESULTS)
    carried = json.loads(json.dumps(view))
    assert carried == view
    pages = {page.path: page.text for page in fill(WikiReport().render(carried))}
    assert {path: text for path, text in pages.items() if path != "aac.json"} == {
        path: text for path, text in site().items() if path != "aac.json"
    }
    assert json.loads(json.dumps(TextReport().view(PROJECT, RESULTS))) == TextReport().view(PROJECT, RESULTS)


def test_the_wiki_carries_its_numbers() -> None:
    assert json.loads(site()["aac.json"]) == rendered_json()


@pytest.mark.parametrize("path", HTML_PAGES)
def test_links_lead_somewhere(path: str) -> None:
    for link in parsed(site()[path]).values("href"):
        if link.startswith(("https:", "data:,")):
            continue
        target, _, fragment = link.partition("#")
        parts: list[str] = []
        for part in PurePosixPath(path).parent.joinpath(target).parts if target else PurePosixPath(path).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        assert "/".join(parts) in site(), link
        if fragment:
            assert fragment in parsed(site()["/".join(parts)]).values("id"), link


@pytest.mark.parametrize("path", HTML_PAGES)
def test_pages_ask_nothing_of_the_network(path: str) -> None:
    page = parsed(site()[path])
    allowed = {"a", "link", "script"}
    asking = [(tag, a) for tag, a in page.elements if {"href", "src", "srcset", "data", "action"} & a.keys()]
    assert {tag for tag, _ in asking} <= allowed
    assert {a["href"] for tag, a in asking if tag == "link"} <= {"data:,", "style.css", "../style.css"}
    assert {a["src"] for tag, a in asking if tag == "script"} <= {"wiki.js", "../wiki.js"}
    assert "http" not in site()["wiki.js"]
    assert "url(" not in site()["style.css"]
    assert "@import" not in site()["style.css"]


@pytest.mark.parametrize("path", HTML_PAGES)
def test_pages_can_be_read_by_everyone(path: str) -> None:
    page = parsed(site()[path])
    assert ("html", {"lang": "en"}) in page.elements
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert set(page.values("aria-labelledby")) <= set(ids)
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip([0, *page.headings], page.headings, strict=False))
    first_link = next(attributes for tag, attributes in page.elements if tag == "a")
    assert first_link == {"class": "skip", "href": "#content"}
    assert ("main", {"id": "content", "tabindex": "-1"}) in page.elements
    assert {tag for tag, _ in page.elements} & {"img", "iframe", "object", "form", "style"} == set()
    root = "../" * path.count("/")
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"src": f"{root}wiki.js", "data-root": root}]
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []


@pytest.mark.parametrize("path", HTML_PAGES)
def test_every_page_says_as_of_when_and_where_it_comes_from(path: str) -> None:
    text = parsed(site()[path]).text
    assert "Data as of Mon 2026-03-02 06:00 CET" in text
    assert "billing too old" in text
    assert ("Made Mon 2026-03-02 07:10 CET from revision 3f9c2e1" in text) == (path == "index.html")
    kind, _, id = path.removesuffix(".html").partition("/")
    if id:
        assert f"Generated from alignment/{kind}s/{id}.yml:1: edit there." in text


def test_home_says_in_words_how_it_stands() -> None:
    text = parsed(site()["index.html"]).text
    assert (
        "Of 5 agreements, 1 is off target, 1 rests on data that is too old, 1 cannot be measured, "
        "1 has not enough data yet and 1 is on target. Of 2 metrics with a target, 1 is at risk and 1 is on target. "
        "In the window that is still running, First contact with MQLs is at risk. "
        "2 things in the documents or the data need a look."
    ) in text
    assert "What needs a look" in text
    assert "Notice before renewal" in text  # its data is too old
    assert "Reasons for rejected leads" not in text  # it is on target


def test_agreements_stand_below_the_teams_they_bind() -> None:
    text = parsed(site()["agreements.html"]).text
    for status in (
        "● On target",
        "▲ At risk",
        "■ Off target",
        "○ Not enough data",
        "◇ Not measurable",
        "◇ Data too old",
    ):
        assert status in text
    assert "Customer success ⇄ and Sales Customer success → owes Sales" in text or (
        "Customer success ⇄ and Sales Sales → owes Customer success" in text
    )
    assert "Customer success → owes Sales" in text
    assert "Sales → owes Customer success" in text
    assert "failed" not in "".join(site().values())


def test_an_agreement_page() -> None:
    text = parsed(site()["sla/sales_follow_up.html"]).text
    for said in (
        "Sales owes this to Marketing, within 4 business hours.",
        "85.5% 171 of 200 2026-02 · objective 95% ■ Off target",
        "29 late (10 allowed) · 3 excused · 5 not measurable · 7 outside the promise · 12 outside hours",
        "2026-03 so far 95% 19 of 20",
        "not known 0% 0 of 2 2 late ■ Off target",
        "L-1041 2 h 10 min Tue 2026-02-03 09:00 Tue 2026-02-03 14:00 Tue 2026-02-03 16:10",
        "L-1077 117 h Fri 2026-02-06 17:30 Mon 2026-02-09 13:30 not yet",
        "EU / 77 30 s",
        "30 late, 3 of them listed",
        "L-1290 87.5% Fri 2026-02-27 14:30 Mon 2026-03-02 09:30",
        "late requeue → sdr backup (sdr) L-1077, L-1, L-2 and 2 more",
        "75% of time remind → sdr queue (sdr)",
        "Where source <> 'partner' and mql",
    ):
        assert said in text, said
    assert text.index("L-1290") < text.index("L-1300")
    assert "L-1077" not in text[text.index("Open, least time left first") :]  # it is late, and listed there
    assert text.index("not known 0%") > text.index("Enterprise 75.3%")
    assert '<a href="../definition/mql.html">mql</a>.at' in site()["sla/sales_follow_up.html"]


def measured_page(*results: Result, path: str = "sla/sales_follow_up.html") -> Html:
    pages = fill(WikiReport().render(WikiReport().view(PROJECT, replace(RESULTS, results=results))))
    return parsed({page.path: page.text for page in pages}[path])


def test_steps_lead_to_the_team_whose_queue_it_is() -> None:
    page = site()["sla/sales_follow_up.html"]
    for queue in ("sdr queue (sdr)", "sdr backup (sdr)"):
        assert f'→ <a href="../team/sales.html">{queue}</a>' in page
    due = page[page.index("Steps that are due") :]
    assert '→ <a href="../team/sales.html">sdr backup (sdr)</a>' in due[: due.index("</section>")]


def test_seconds_are_shown_where_they_decide() -> None:
    second = item(
        "L-1", "2026-02-03T11:00:00+01:00", "2026-02-03T15:00:00+01:00", "2026-02-03T15:00:01+01:00", 4 * HOUR
    )
    late = replace(second, used_us=4 * HOUR + 1_000_000)
    page = measured_page(clock("sales_follow_up", FEBRUARY, tally(0, 1), Status.OFF_TARGET, late=(late,)))
    assert "L-1 1 s Tue 2026-02-03 11:00 Tue 2026-02-03 15:00:00 Tue 2026-02-03 15:00:01" in page.text


def test_dates_stand_without_times() -> None:
    day = 24 * HOUR
    late = Item("L-1", us("2026-02-01T00:00+01:00"), us("2026-02-07T00:00+01:00") - 1, None, 9 * day, 5 * day)
    done = replace(late, key="L-2", done_us=us("2026-02-08T00:00+01:00"), used_us=7 * day)
    to_come = Item("L-3", us("2026-03-01T00:00+01:00"), us("2026-03-07T00:00+01:00") - 1, None, day, 5 * day)
    page = measured_page(
        clock("intro_call_48h", FEBRUARY, tally(0, 2), Status.OFF_TARGET, late=(late, done)),
        clock("intro_call_48h", MARCH, tally(0, 0, 1), Status.NOT_ENOUGH_DATA, opened=(to_come,)),
        path="sla/intro_call_48h.html",
    )
    assert "L-1 4 d Sun 2026-02-01 Fri 2026-02-06 not yet" in page.text
    assert "L-2 2 d Sun 2026-02-01 Fri 2026-02-06 Sun 2026-02-08" in page.text
    assert "L-3 20% Sun 2026-03-01 Fri 2026-03-06" in page.text


def test_words_of_ours_are_words_of_theirs() -> None:
    lost = replace(
        clock("intro_call_48h", Window("unplaced", "month", None, None), tally(0, 0, 0, 0, 3), None, None),
        selection="unplaced",
    )
    enough = clock("intro_call_48h", FEBRUARY, tally(3, 1), Status.NOT_ENOUGH_DATA)
    told = "\n     the moment at which they would start is not known · 3 not measurable\n"
    assert told in screen(replace(RESULTS, results=(lost,)))
    page = measured_page(enough, lost, path="sla/intro_call_48h.html")
    assert "never started" in page.text
    assert "the moment at which they would start is not known" in page.values("title")
    assert "20 needed · 1 late" in page.text
    assert "Least number to judge 20" in page.text
    assert "unplaced" not in page.text
    assert "Beside it" not in "".join(site().values())


def test_ids_of_windows_and_units_are_words() -> None:
    how = {"each": "lead", "stops": "x", "objective": "90%", "window": "fiscal_quarter"}
    changes = {"how_measured": how, "when": {"within": "4 business hours"}}
    documents = tuple(
        replace(each, fields={**each.fields, **changes})
        if each.id == "intro_call_48h"
        else replace(each, fields={**each.fields, "unit": "business_hours"})
        if each.id == "cycle"
        else each
        for each in PROJECT.documents
    )
    pages = fill(WikiReport().render(WikiReport().view(replace(PROJECT, documents=documents), RESULTS)))
    texts = {page.path: page.text for page in pages}
    sla = parsed(texts["sla/intro_call_48h.html"]).text
    assert "Window fiscal quarter" in sla
    assert "within 4 business hours." in sla
    assert "Within 4 business hours" in sla
    assert "Unit business hours" in parsed(texts["metric/cycle.html"]).text


def test_the_masthead_leads_to_the_sections() -> None:
    menu = {
        "scorecards.html": "Scorecard",
        "agreements.html": "Agreements",
        "definitions.html": "Definitions",
        "metrics.html": "Metrics",
        "teams.html": "Teams",
        "health.html": "Data health",
        "documents.html": "All documents",
    }
    for path in HTML_PAGES:
        root = "../" * path.count("/")
        for href, title in menu.items():
            current = ' aria-current="page"' if href == path else ""
            assert f'<a href="{root}{href}"{current}>{title}</a>' in site()[path], path
    assert "profiles.html" not in site()  # there are none


def test_a_metric_page() -> None:
    text = parsed(site()["metric/win_rate.html"]).text
    for said in (
        "22.9% 30 of 131",
        "≥ 22%",
        "140 records · 4 unknown",
        "share(won)",
        "Target at least 22%",
        "29% 9 of 31",
    ):
        assert said in text, said
    assert "Target open to be agreed in April" in parsed(site()["metric/coverage.html"]).text
    assert "EUR 10,005,534 4,238 records" in parsed(site()["metric/revenue.html"]).text


def test_rules_are_told_in_words() -> None:
    told = (("when", "score is more than 50 <b>"), ("at", "mql at"))
    project = replace(PROJECT, told=told)
    pages = {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project, RESULTS)))}
    for path in ("definition/mql.html", "metric/win_rate.html"):
        said = parsed(pages[path]).text
        assert "In words When score is more than 50 <b> At mql at" in said, path


def test_a_promise_is_told_in_the_sentences_of_explain() -> None:
    project = replace(PROJECT, told=(("how measured where", "source is not partner <b>"),))
    pages = {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project, RESULTS)))}
    said = parsed(pages["sla/sales_follow_up.html"]).text
    fields = next(each.fields for each in PROJECT.documents if each.id == "sales_follow_up")
    names = {f"{each.kind}:{each.id}": each.name for each in PROJECT.documents}
    told = sentences_of("sla", fields, names, dict(project.told))
    assert "It is promised where source is not partner <b>." in told
    assert f"In words {' '.join(told)} The promise" in said


def test_a_definition_page() -> None:
    page = site()["definition/mql.html"]
    assert "<code>score &gt; 50 and source &lt;&gt; &#39;mql&#39;</code>" in page
    assert "<strong>passed</strong>" in page
    assert '<a href="../sla/sales_follow_up.html">First contact with MQLs</a>' in page
    assert '<a href="https://example.com/notes" rel="noreferrer">' in page
    assert "We only want leads that are really worth a call." in page


def test_personal_fields_are_named_and_nothing_more() -> None:
    page = parsed(site()["entity/lead.html"]).text
    assert "7,998 records" in page
    assert "email text personal, never shown" in page
    assert "one of inbound, outbound, partner Web becomes inbound" in page
    everything = json.dumps(WikiReport().view(PROJECT, RESULTS)) + "".join(site().values())
    for value in ("anna@example.com", "anna@example.org", "Annabel", "Bertram"):
        assert value not in everything


def test_hostile_text_stays_text() -> None:
    for path in ("handoff/warm.html", "sla/sales_follow_up.html", "documents.html", "health.html", "entity/lead.html"):
        assert HOSTILE_SHOWN in parsed(site()[path]).text, path
    for path, text in site().items():
        if path == "minisearch.js":  # not of our making
            continue
        assert UNSEEN.findall(text.replace("\n", "")) == [], path
    warm = parsed(site()["handoff/warm.html"])
    assert "[bad](javascript:alert(1)) [dead](gone.html)" in warm.text
    assert "https://tracker.example/p.gif" in warm.values("href")
    assert [a for tag, a in warm.elements if tag == "img"] == []


def test_an_empty_project_has_a_home() -> None:
    project, results = (
        replace(PROJECT, documents=(), findings=()),
        replace(RESULTS, results=(), findings=(), sources=(), entities={}, revision=None),
    )
    pages = {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project, results)))}
    assert "Nothing is judged yet." in parsed(pages["index.html"]).text


def test_documents_that_were_not_measured_say_so() -> None:
    results = replace(RESULTS, results=())
    pages = {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(PROJECT, results)))}
    for path in ("sla/sales_follow_up.html", "metric/win_rate.html", "agreements.html"):
        assert "Nothing was measured yet." in parsed(pages[path]).text


def test_a_plugin_s_kind_is_shown_with_what_it_measures() -> None:
    measured = (
        clock("warm", FEBRUARY, tally(3, 1), Status.OFF_TARGET, kind="handoff", late=LATE[:1]),
        clock("warm", FEBRUARY, tally(3, 1), Status.OFF_TARGET, kind="handoff", by={"segment": None}),
    )
    view = WikiReport().view(PROJECT, replace(RESULTS, results=measured))
    pages = {page.path: page.text for page in fill(WikiReport().render(view))}
    text = parsed(pages["handoff/warm.html"]).text
    assert "75% 3 of 4 2026-02 · objective 95% ■ Off target" in text
    assert "L-1041" in text
    assert "not known" in text
    assert "Other agreements How they stand Warm handoff 75% 3 of 4" in parsed(pages["agreements.html"]).text


def test_the_newest_window_that_was_asked_for_stands_first() -> None:
    january = replace(FEBRUARY, label="2026-01")
    named = tuple(
        replace(clock("sales_follow_up", window, tally(met, 1), Status.ON_TARGET), selection="named")
        for window, met in ((january, 1), (FEBRUARY, 2))
    )
    view = WikiReport().view(PROJECT, replace(RESULTS, results=named))
    (doc,) = (doc for doc in view["documents"] if doc["id"] == "sales_follow_up")
    assert doc["measured"]["headline"]["window"] == "2026-02"


def test_numbers_of_metrics_in_an_open_window_are_not_final() -> None:
    results = (counted("win_rate", MARCH, "percent", Fraction(1, 2), of=(1, 2)),)
    (metric,) = as_json(replace(RESULTS, results=results))["results"]
    assert (metric["final"], metric["window"]["provisional"]) == (False, True)


# Colours


def colors(css: str) -> list[dict[str, str]]:
    """The colours of each `:root` of the style sheet: light, dark, dark that was chosen, light that was, print."""
    found = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block)) for block in re.findall(r":root[^{ ]* \{([^}]*)\}", css)
    ]
    return [{**found[0], **scheme} for scheme in found]


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_stands_out_from_its_ground() -> None:
    schemes = colors(site()["style.css"])
    assert len(schemes) == 5
    assert schemes[1] == schemes[2] != schemes[0] == schemes[3]
    for scheme in schemes:
        for ground in ("paper", "card"):
            for text in ("ink", "soft", "accent", "good", "warn", "bad", "idle"):
                pair = sorted((luminance(scheme[ground]), luminance(scheme[text])))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (ground, text, scheme)


def test_markdown_lists_the_late_items_that_were_asked_for() -> None:
    report = MarkdownReport()
    (none,) = report.render(report.view(PROJECT, RESULTS))
    assert "| late |" not in none.text
    (page,) = report.render(report.view(PROJECT, replace(RESULTS, items=2)))
    rows = [
        line for line in page.text.partition("| late |")[2].splitlines()[2:] if line.startswith("| `sales_follow_up`")
    ]
    assert rows == [
        "| `sales_follow_up` | 2026-02 | L-1041 | due Tue 2026-02-03 14:00 | late by 2 h 10 min |",
        "| `sales_follow_up` | 2026-02 | L-1077 | due Mon 2026-02-09 13:30 | late by 117 h and not done yet |",
        "| `sales_follow_up` | 2026-02 | and 1 more: `--items all` lists them |  |  |",
    ]


def test_what_results_are_split_by_is_said_once() -> None:
    told = [by_words(name) for name in ("region", "closed_by", "ICP_tier", "bylaw")]
    assert told == ["By region", "Closed by", "By ICP tier", "By bylaw"]
