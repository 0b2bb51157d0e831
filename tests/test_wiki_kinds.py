"""The wiki's pages of kinds that are made of rows: profiles, points, meetings, scorecards, lifecycles, lists, words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from aac.reports.filling import fill
from aac.reports.wiki import WikiReport
from tests.reported import HOSTILE, PROJECT, RESULTS, Project, entry
from tests.test_reports import HOSTILE_SHOWN, Html, parsed

ICP = entry(
    "icp:core", "Core", of="account", owner="sales", effective_from="2026-01-01",
    criteria=[
        {"id": "has_a_planner", "when": "employees between 100 and 499", "points": "40", "why": HOSTILE},
        {"id": "shifts", "when": {"any": [{"id": "nights", "rule": "nights"}]}, "points": "2.5", "as_written": "9-5"},
        {"id": "agency", "when": "agency", "points": "-5"},
    ],
    required=["has_a_planner"],
    anti_patterns=[{"id": "tiny", "when": "employees < 20"}],
    tiers={"A": "40", "B": "20"}, fits=["A"],
    evidence={"of": "account", "best": {"top": "20%", "by": ["win_rate"]}},
    rests_on="entity:account team:sales metric:win_rate",
)  # fmt: skip
CAP = {"per": "2 days"}
SCORING = entry(
    "scoring:inbound", "Inbound", of="lead", owner="sales",
    criteria=[
        {"id": "visit", "over": "activity", "points": "5", "at_most": {"times": "3", "per": "day"}},
        {"id": "demo", "over": "activity", "when": "is_demo", "group": "intent", "points": "20", "at_most": CAP},
        {"id": "idea", "when": "large", "points": "10", "status": "draft"},
    ],
    exclusions=[{"id": "rival", "when": "rival"}],
    qualifies_directly=[{"id": "asked", "over": "activity", "via": "author", "when": "is_demo"}],
    resets=[{"id": "recycled", "over": "activity", "when": "recycled", "group": "intent"}],
    decays=[{"id": "silent", "over": "activity", "points": "-10", "after": "30 days"}],
    bands={"hot": "70", "warm": "40"}, handover={"at": "hot", "to": "sdr_queue"},
    rests_on="entity:lead team:sales",
)  # fmt: skip
MEETING = entry(
    "meeting:weekly", "Weekly", purpose="What to change", repeats="weekly on thu 10:00", minutes="30", calendar="desk",
    attendees=["sales", "SDR team lead"], skip_when=["holiday", "2026-12-24"], starts_on="2026-01-08",
    sections=[
        {"id": "last_actions", "minutes": "3", "shows": ["off_target", "metric:win_rate"]},
        {"id": "talk", "minutes": "7"},
    ],
    rests_on="calendar:desk metric:win_rate team:sales",
)  # fmt: skip
SCORECARD = entry(
    "scorecard:joint", "Joint", owner=["sales", "marketing"],
    rows=[
        {"sla": "sales_follow_up", "weight": "3", "why": "Both win it."},
        {"metric": "win_rate", "horizon": "longer_term"},
    ],
    rests_on="metric:win_rate sla:sales_follow_up team:marketing team:sales",
)  # fmt: skip
LIFECYCLE = entry(
    "lifecycle:funnel", "Funnel",
    stages=[{"id": "qualified", "is": "mql", "evidence": "a score"}, {"id": "closed", "is": "deal"}],
    may_skip=["closed"],
    side=[{"id": "sent_back", "is": "gone", "from": ["qualified"]}],
    never=[{"from": "closed", "to": "qualified", "why": "agreed"}],
    rests_on="definition:mql",
)  # fmt: skip
LIST = entry("list:regions", "Regions", values=["DACH", "Nordics"])
CODES = entry("list:codes", "Codes", values={"NO": "Norway"})
WORD = entry(
    "definition:gone", "Gone", of="lead", owner="sales", aka=["lost"], never_say=["dead"], follows=["mql"],
    reasons={"in": "reason", "one_of": {"no_need": "No Need"}, "required": "true"},
    examples=[
        {"given": {"score": "51", "email": None}, "is": "true", "because": "it is above"},
        {"given": {"score": None}, "is": "unknown"},
    ],
    rests_on="definition:mql entity:lead team:sales",
)  # fmt: skip
CHECKED = entry(
    "definition:fitting", "Fitting", of="lead", owner="sales",
    when={"all": [{"id": "scored", "rule": "score > 50"}, {"id": "either", "any": [{"id": "big", "rule": "is_big"}]}]},
)  # fmt: skip
STREAMS: dict[str, Any] = {"from": ["crm.calls", "crm.mails"]}
TOUCH = entry("entity:touch", "Touch", key="touch_id", fields={"touch_id": "text"}, **STREAMS)
TOLD = (
    ("criteria has_a_planner", "employees are between 100 and 499"),
    ("anti patterns tiny", "employees are less than 20"),
    ("qualifies directly asked", "it is a demo"),
    ("when", "it is gone"),
)
DOCUMENTS = (ICP, SCORING, MEETING, SCORECARD, LIFECYCLE, LIST, CODES, WORD, CHECKED, TOUCH)


def project() -> Project:
    return replace(PROJECT, documents=(*PROJECT.documents, *DOCUMENTS), told=TOLD)


def pages() -> dict[str, str]:
    return {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project(), RESULTS)))}


PAGES = pages()


def page(subject: str) -> Html:
    return parsed(PAGES[f"{subject.replace(':', '/')}.html"])


def assert_said(text: str, *parts: str) -> None:
    """Each part stands in the text, one after the other."""
    place = 0
    for part in parts:
        assert part in text[place:], part
        place = text.index(part, place) + len(part)


def test_a_profile() -> None:
    assert_said(
        page("icp:core").text,
        f"has a planner required employees are between 100 and 499 employees between 100 and 499 40 {HOSTILE_SHOWN}",
        "shifts any of nights: nights 2.5 “9-5”",
        "agency agency −5 —",
        "Who does not fit, whatever the points",
        "tiny employees are less than 20 employees < 20",
        "Who fits Of Account Required has a planner",
        "Tier A 40 points and more: fits Tier B 20 points and more does not fit",
        "Drawn from the best 20% of account, by win rate",
        "Holds from 2026-01-01",
    )


def test_rules_that_stand_in_a_table_are_not_told_again() -> None:
    assert "In words" not in page("icp:core").text
    assert "In words" not in page("scoring:inbound").text
    assert "In words" in page("meeting:weekly").text


def test_a_scoring() -> None:
    assert_said(
        page("scoring:inbound").text,
        "visit each activity at most 3 times a day 5 engagement",
        "demo each activity is_demo at most once in 2 days 20 intent",
        "idea draft, counts nothing large 10 fit",
        "What qualifies, whatever the points",
        "asked each activity by author it is a demo is_demo",
        "Who gets no points",
        "rival rival",
        "recycled intent only each activity recycled",
        "silent each activity for every 30 days without one −10 engagement",
        "Hot 70 points and more → sdr queue (sdr) Warm 40 points and more",
    )
    assert '<a href="../team/sales.html">sdr queue (sdr)</a>' in PAGES["scoring/inbound.html"]


def test_a_meeting() -> None:
    assert_said(
        page("meeting:weekly").text,
        "What to change",
        "Repeats weekly on thu 10:00 Takes 30 minutes For the first time 2026-01-08 Left out on holidays, 2026-12-24",
        "Calendar The desk Who comes Sales, SDR team lead",
        "Last actions 3 all that is off target or at risk, Win rate",
        "Talk 7 —",
    )
    shown = PAGES["meeting/weekly.html"]
    assert 'off target or at risk, <a href="../metric/win_rate.html">Win rate</a>' in shown
    assert '<a href="../calendar/desk.html">The desk</a>' in shown
    assert "Weekly What to change — weekly on thu 10:00 30 —" in parsed(PAGES["meetings.html"]).text


def test_files_that_a_build_writes_are_led_to() -> None:
    files = (
        "agendas/weekly.ics", "agendas/weekly.md", "agendas/weekly.html", "agendas/weekly_lead.md", "agendas.ics",
        "scorecards/joint.md", "scorecards/joint.csv", "scorecards/joint.html", "scorecards/joint-2026-02.csv",
    )  # fmt: skip
    results = replace(RESULTS, background=replace(RESULTS.background, files=files))
    shown = {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project(), results)))}
    assert "The next agenda: To print · Markdown · Calendar" in parsed(shown["meeting/weekly.html"]).text
    assert '<a href="../agendas/weekly.md">Markdown</a>' in shown["meeting/weekly.html"]
    assert '<a href="agendas/weekly.html">To print</a>' in shown["meetings.html"]
    assert '<a href="agendas.ics">All days as a calendar</a>' in shown["meetings.html"]
    assert "weekly_lead" not in shown["meetings.html"]
    told = "As a file: To print · Markdown · CSV · CSV, 2026-02"
    assert told in parsed(shown["scorecard/joint.html"]).text
    assert told in parsed(shown["scorecards.html"]).text
    assert '<a href="../scorecards/joint-2026-02.csv">CSV, 2026-02</a>' in shown["scorecard/joint.html"]


def test_what_no_build_wrote_is_led_to_nowhere() -> None:
    assert not [path for path, text in PAGES.items() if re.search(r'href="(\.\./)?(agendas|scorecards)/', text)]


def test_a_scorecard_shows_how_its_rows_stand() -> None:
    assert_said(
        page("scorecard:joint").text,
        "First contact with MQLs Both win it. 3 85.5% 171 of 200 2026-02 · 95% ■ Off target",
        "Win rate longer term 1 22.9% 30 of 131 2026-02 · ≥ 22% ● On target",
    )
    assert '<a href="../sla/sales_follow_up.html">First contact with MQLs</a>' in PAGES["scorecard/joint.html"]


def test_rows_of_a_scorecard_that_were_not_measured_say_so() -> None:
    project = replace(PROJECT, documents=(*PROJECT.documents, SCORECARD))
    view = WikiReport().view(project, replace(RESULTS, results=()))
    texts = {page.path: page.text for page in fill(WikiReport().render(view))}
    assert parsed(texts["scorecard/joint.html"]).text.count("not measured yet not judged") == 2


def test_a_lifecycle() -> None:
    assert_said(
        page("lifecycle:funnel").text,
        "Stages, in order qualified Marketing qualified lead a score no data of it yet",
        "closed deal may be skipped no data of it yet",
        "Beside the stages sent back gone from qualified",
        "What must not happen closed → qualified agreed",
    )
    assert '<a href="../definition/mql.html">Marketing qualified lead</a>' in PAGES["lifecycle/funnel.html"]


def test_a_list() -> None:
    assert "2 values DACH Nordics" in page("list:regions").text
    assert "1 value NO Norway" in page("list:codes").text


def test_a_word_without_a_rule_and_with_all_else() -> None:
    assert_said(
        page("definition:gone").text,
        "When it is gone",
        "The rule It means every record, without a rule. Of lead Comes after Marketing qualified lead",
        "People also say lost Nobody should say dead",
        "score 51 email not known yes it is above",
        "score not known not known —",
        "The reason stands in reason; none may leave without one. no need No Need",
    )


def test_a_word_with_a_checklist() -> None:
    assert "The rule all of scored: score > 50 either: any of big: is_big" in page("definition:fitting").text


def test_tables_say_on_small_screens_what_each_cell_is() -> None:
    for document in DOCUMENTS:
        cells = [a for tag, a in page(f"{document.kind}:{document.id}").elements if tag == "td"]
        assert all(cell.get("data-label") for cell in cells), document.id
        assert len(cells) > 0 or document.kind in ("lifecycle", "list") or document.id == "fitting"


def test_headings_have_one_name_each_and_no_style_of_their_own() -> None:
    for document in DOCUMENTS:
        shown = page(f"{document.kind}:{document.id}")
        ids = shown.values("id")
        assert len(ids) == len(set(ids))
        assert set(shown.values("aria-labelledby")) <= set(ids)
        assert all(style.startswith("--at: ") for style in shown.values("style"))  # a gauge's share


def test_an_entity_of_several_streams() -> None:
    assert_said(page("entity:touch").text, "From crm.calls crm.mails Key touch_id")
