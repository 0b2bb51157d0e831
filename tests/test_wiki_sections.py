"""The wiki's sections and drawings: the past of numbers, how time was used, trees, terms, one number everywhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from aac.periods import Window
from aac.reports.filling import fill
from aac.reports.wiki import WikiReport, charts
from aac.reports.wiki.trends import Beside, spread_of, steps_of, trend_of
from aac.results import Background, Change, ClockReading, Outcome, Spread, Status
from tests.reported import FEBRUARY, HOUR, MARCH, PROJECT, RESULTS, clock, counted, entry, tally, us
from tests.test_reports import parsed

if TYPE_CHECKING:
    from aac.results import Result, Results

JANUARY = Window("2026-01", "month", date(2026, 1, 1), date(2026, 2, 1))
DECEMBER = Window("2025-12", "month", date(2025, 12, 1), date(2026, 1, 1))
BERLIN = "Europe/Berlin"


def before(window: Window, met: int, late: int, budget: tuple[int, int] | None = None) -> Result:
    """A window of the promise that is over."""
    return replace(
        clock("sales_follow_up", window, tally(met, late), Status.ON_TARGET, budget=budget), selection="past"
    )


PAST = (before(DECEMBER, 0, 0), before(JANUARY, 190, 10, (10, 10)))
NOW = tuple(result for result in RESULTS.results if result.id == "sales_follow_up")


# The past


def test_a_trend_goes_from_the_first_window_with_a_value_to_the_last_that_is_over() -> None:
    trend = trend_of([*PAST, *NOW], "First contact")
    assert trend is not None
    assert [(row["window"], row["shown"]) for row in trend["rows"]] == [("2026-01", "95%"), ("2026-02", "85.5%")]
    assert [(row["budget"], row["burn"]) for row in trend["rows"]] == [("10 of 10", "1×"), ("29 of 10", "2.9×")]
    assert trend["change"] == "−9.5 points since 2026-01"
    assert trend["line"]["alt"] == "First contact from 2026-01 to 2026-02: between 85.5% and 95%, last 85.5%."


def test_a_trend_has_a_second_line_where_today_would_say_something_else() -> None:
    locked = replace(before(JANUARY, 188, 12), selection="named")
    begun = ((date(2025, 6, 1), "early"), (date(2026, 1, 15), "mql"), (date(2026, 2, 1), "this"))
    trend = trend_of([*PAST, *NOW], "First contact", Beside((locked,), (before(JANUARY, 160, 40),), begun))
    assert trend is not None
    rows = [(row["shown"], row["restated"], row["locked"], row["changed"]) for row in trend["rows"]]
    says = "mql changed on 2026-01-15, this changed on 2026-02-01"
    assert rows == [("94%", "80%", True, []), ("85.5%", None, False, [says])]
    assert (trend["is_restated"], trend["is_locked"]) == (True, True)
    assert trend["marks"] == [{"window": "2026-02", "says": says}]
    line = trend["line"]
    assert [mark["x"] for mark in line["marks"]] == [320]  # between two windows, of 640
    # from 0% to 100% in 194: 94% is 11.64 + 3 below the top, 85.5% 28.13 + 3, and 80% 38.8 + 3
    assert [point["y"] for point in line["points"]] == [14.6, 31.1]
    assert line["again"] == ["3.0,41.8 637.0,31.1"]


def test_a_trend_has_one_line_where_nothing_changed() -> None:
    trend = trend_of([*PAST, *NOW], "First contact", Beside((PAST[1],), (PAST[1],), ()))
    assert trend is not None
    assert (trend["line"]["again"], trend["line"]["marks"], trend["is_restated"]) == ([], [], False)


@pytest.mark.parametrize(
    ("unit", "now", "told"),
    [
        ("percent", Fraction(1, 4), "+5 points since 2026-01"),
        ("EUR", Fraction(1, 5), "as in 2026-01"),
        ("EUR", Fraction(-1), "−EUR 1.20 since 2026-01"),
        ("days", None, None),
    ],
)
def test_against_the_window_before(unit: str, now: Fraction | None, told: str | None) -> None:
    windows = [
        replace(counted("a", JANUARY, unit, Fraction(1, 5), n=9), selection="past"),
        counted("a", FEBRUARY, unit, now, n=9),
    ]
    windows[0] = replace(windows[0], reading=replace(windows[0].reading, is_open=False))
    trend = trend_of(windows, "A")
    assert (trend and trend["change"]) == told


@pytest.mark.parametrize(
    ("before", "now", "ys", "says"),
    [
        (100, 50, [3, 100], "last 50."),  # 0 is at 197
        (100, 98, [3, 197], "last 98. The line does not begin at 0."),
        (100, 0, [3, 197], "last 0."),
        (0, 0, [3, 3], "always 0."),
        (-50, 50, [197, 3], "last 50."),
    ],
)
def test_a_line_begins_at_nothing_unless_it_would_be_flat(before: int, now: int, ys: list[float], says: str) -> None:
    windows = [
        replace(counted("a", JANUARY, "count", Fraction(before), n=9), selection="past"),
        counted("a", FEBRUARY, "count", Fraction(now), n=9),
    ]
    windows[0] = replace(windows[0], reading=replace(windows[0].reading, is_open=False))
    trend = trend_of(windows, "A")
    assert trend is not None
    assert [point["y"] for point in trend["line"]["points"]] == ys
    assert trend["line"]["alt"].endswith(says)
    assert "begin" not in trend["sparkline"]["alt"]


def test_the_burn_of_a_promise_is_a_line_from_nothing() -> None:
    trend = trend_of([*PAST, *NOW], "First contact")
    assert trend is not None
    assert trend["burn"]["alt"] == "Burn of First contact: above 1 in 1 of 2 windows, the most 2.9× in 2026-02."
    # 10 of 200 late is exactly what may be, 29 of 200 is 2.9 times as much: 0 is at 97, 2.9 at 3
    assert [point["y"] for point in trend["burn"]["points"]] == [64.6, 3]
    assert trend["burn"]["limits"] == [64.6]


def test_a_promise_that_nobody_judges_has_no_burn() -> None:
    windows = [replace(window, verdict=replace(window.verdict, objective=None)) for window in (*PAST, *NOW)]
    trend = trend_of(windows, "First contact")
    assert trend is not None
    assert trend["burn"] is None


def test_one_window_is_no_trend() -> None:
    assert trend_of(NOW, "First contact") is None


def test_a_line_is_broken_where_nothing_is_known() -> None:
    values = [Fraction(0), Fraction(1), None, Fraction(1)]
    drawn = charts.line(values, [Fraction(1, 2)], "alt")
    assert drawn is not None
    assert [len(path.split()) for path in drawn["paths"]] == [2, 1]
    assert [point["y"] for point in drawn["points"]] == [197, 3, 3]  # down is more in SVG; 3 are left free
    assert drawn["limits"] == [100]
    assert charts.line([Fraction(1), None], [], "alt") is None
    flat = charts.line([Fraction(2), Fraction(2)], [], "alt")
    assert flat is not None
    assert {point["y"] for point in flat["points"]} == {3}


# How the time was used


def spread(result: Result, parts: dict[tuple[Outcome, int], int], hours: dict[int, int]) -> Result:
    assert isinstance(result.reading, ClockReading)
    return replace(result, reading=replace(result.reading, spread=Spread(parts, hours)))


def test_how_time_was_used_is_told_of_all_windows() -> None:
    monday_nine = us("2026-02-02T09:00:00+01:00")
    view = spread_of(
        [
            spread(PAST[1], {(Outcome.MET, 0): 3, (Outcome.LATE, 4): 1}, {us("2026-01-05T09:00:00+01:00"): 1}),
            spread(NOW[0], {(Outcome.MET, 1): 2, (Outcome.MET, 2): 4, (Outcome.LATE, 7): 2}, {monday_nine: 2}),
        ],
        BERLIN,
    )
    bars = {row["label"]: [part["n"] for part in row["parts"]] for row in view["parts"]["rows"]}
    assert {label: numbers for label, numbers in bars.items() if any(numbers)} == {
        "0–25%": [3, 0], "25–50%": [2, 0], "50–75%": [4, 0], "100–150%": [0, 1], "over 400%": [0, 2],
    }  # fmt: skip
    assert view["parts"]["alt"] == "Of 12 items, 5 were done in half of the time promised or less."
    assert view["hours"]["hours"] == ["09"]
    assert [day[0]["n"] for day in view["hours"]["days"]] == [3, 0, 0, 0, 0, 0, 0]
    assert view["hours"]["alt"] == "Of 3 late items, 3 began on Mon between 9 and 10."


def test_shades_go_from_the_least_to_the_most() -> None:
    drawn = charts.heat({(0, 9): 8, (0, 10): 1, (6, 11): 4}, "alt")
    assert drawn is not None
    assert [cell["level"] for cell in drawn["days"][0]] == [4, 1, 0]
    assert [cell["level"] for cell in drawn["days"][6]] == [0, 0, 2]


def test_steps_of_the_way() -> None:
    reading = NOW[0].reading
    assert isinstance(reading, ClockReading)
    shares = (("routing", 200 * HOUR), ("rest", 600 * HOUR))
    (routing, rest) = steps_of(replace(NOW[0], reading=replace(reading, through=shares)), days=True)
    assert (routing["each"], routing["share"]) == ("1 h", "25%")  # 171 were met and 29 late
    assert (rest["each"], rest["share"]) == ("3 h", "75%")
    assert steps_of(NOW[0], days=True) == []


# Pages

TREE = (
    entry("metric:star", "Star", role="north_star", formula="1", owner="sales", rests_on="team:sales"),
    entry("metric:leg", "Leg", leads_to=["star"], formula="1", owner="sales", rests_on="team:sales metric:star"),
    entry("metric:toe", "Toe", leads_to=["leg", "star"], formula="1", owner="sales", rests_on="team:sales metric:leg"),
    entry("metric:ring_a", "Ring A", leads_to=["ring_b"], formula="1", owner="sales", rests_on="team:sales"),
    entry("metric:ring_b", "Ring B", leads_to=["ring_a"], formula="1", owner="sales", rests_on="team:sales"),
)
SPOKEN = entry(
    "list:spoken", "Spoken", values=["a"],
    means="`gone lead` and gone leads: a *Gone Lead* is not a long-gone lead. [gone lead](https://example.com)\n\n"
    "## And then\n\nA gone lead is a gone lead.", why="Gone leads were counted twice.",
)  # fmt: skip
GONE = entry(
    "definition:gone", "Gone lead", of="lead", owner="sales", aka=["SQ"], means="A gone lead is gone.", when="x"
)
ADDRESS = "https://crm.example.com/leads/{key}?tab=1"


def project() -> Any:
    documents = [*PROJECT.documents, *TREE, SPOKEN, GONE]
    documents = [
        replace(each, fields={**each.fields, "links": [ADDRESS]})
        if (each.kind, each.id) == ("entity", "lead")
        else replace(each, fields={**each.fields, "pod": "North"})
        if (each.kind, each.id) == ("team", "cs")
        else each
        for each in documents
    ]
    return replace(PROJECT, documents=tuple(documents))


AGREED_IN_APRIL = counted("coverage", FEBRUARY, "ratio", Fraction(3), None, {"open": "to be agreed"}, of=(3, 1))
OPEN = replace(AGREED_IN_APRIL, reading=replace(AGREED_IN_APRIL.reading, window=JANUARY), selection=PAST[0].selection)
BACKGROUND = Background(
    (*PAST, OPEN),
    {"sla:sales_follow_up": ["SELECT 1 < 2"]},
    {
        "sla:sales_follow_up": Change("bbbbbbbbbb", 3),
        "definition:mql": Change("bbbbbbbbbb", 3),
        "metric:win_rate": Change("cccccccccc", 0),
    },
    "https://github.com/larkspur/aac/blob/HEAD/{path}",
)


def results() -> Results:
    return replace(RESULTS, background=BACKGROUND)


@cache
def site() -> dict[str, str]:
    return {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project(), results())))}


def test_a_target_that_is_still_open_has_no_line_and_no_word_of_one() -> None:
    assert "<svg" in site()["metric/coverage.html"]
    assert "dashed line" not in site()["metric/coverage.html"]
    assert "dashed line is the objective, 95%" in site()["sla/sales_follow_up.html"]


def test_the_view_can_be_carried() -> None:
    view = WikiReport().view(project(), results())
    assert json.loads(json.dumps(view)) == view


def test_the_scorecard_by_segment_has_the_groups_of_each_number() -> None:
    shown = site()
    assert '<a href="scorecards-by-segment.html">By segment</a>' in shown["scorecards.html"]
    page = parsed(shown["scorecards-by-segment.html"])
    assert "By team By segment By source" in page.text
    assert "Number All" in page.text
    view = WikiReport().view(project(), results())
    split = view["splits"][0]
    assert split["columns"][-1] is None  # what is not known comes last
    rows = {row["of"]["id"]: row["cells"] for team in split["teams"] for row in team["rows"]}
    for id_, cells in rows.items():
        told = {
            (result.reading.by["segment"], result.reading.window.label)
            for result in results().results
            if result.id == id_ and "segment" in result.reading.by
        }
        window = next(row["of"]["headline"]["window"] for team in split["teams"] for row in team["rows"])
        assert [cell is not None for cell in cells] == [(group, window) in told for group in split["columns"]]


def test_a_scorecard_by_a_dimension_tells_the_last_change_of_what_it_shows() -> None:
    view = WikiReport().view(project(), results())
    shown = {
        page["name"]: [row["of"]["id"] for team in page["teams"] for row in team["rows"]] for page in view["splits"]
    }
    assert shown == {"segment": ["win_rate", "sales_follow_up"], "source": ["sales_follow_up"]}
    revisions = {page["name"]: page["revision"] for page in view["splits"]}
    assert revisions == {"segment": "cccccccccc", "source": "bbbbbbbbbb"}  # win_rate was changed last


def test_teams_of_a_pod_stand_together_and_others_behind_them() -> None:
    page = WikiReport().view(project(), results())["sections"]["scorecards"]
    ((name, stands, teams),) = [(pod["name"], pod["stands"], pod["teams"]) for pod in page["pods"]]
    assert (name, stands, [block["team"]["id"] for block in teams]) == ("North", "0 of 2", ["cs"])
    text = parsed(site()["scorecards.html"]).text
    assert text.index("North 0 of 2 on target Customer success") < text.index(" Sales Status")
    assert "Pod North" in parsed(site()["team/cs.html"]).text
    without = WikiReport().view(PROJECT, RESULTS)["sections"]["scorecards"]
    assert (without["pods"], len(without["teams"])) == ([], len(page["teams"]) + 1)


def test_dimensions_of_one_slug_have_pages_of_their_own() -> None:
    groups = (("a b", "x"), ("a.b", "y"))
    made = [
        replace(result, reading=replace(result.reading, by={name: value}))
        for result in results().results
        if result.id == "sales_follow_up" and result.selection == "last" and not result.reading.by
        for name, value in groups
    ]
    split = replace(results(), results=(*results().results, *made))
    view = WikiReport().view(project(), split)
    assert [page["href"] for page in view["splits"]] == [
        "scorecards-by-segment.html", "scorecards-by-source.html", "scorecards-by-a_b.html", "scorecards-by-a_b_4.html",
    ]  # fmt: skip


def test_the_tree_of_metrics_has_each_once() -> None:
    view = WikiReport().view(project(), RESULTS)["sections"]["metrics"]

    def names(branches: list[dict[str, Any]]) -> list[Any]:
        return [(branch["of"]["id"], names(branch["below"])) for branch in branches]

    assert names(view["tree"]) == [("star", [("leg", []), ("toe", [])])]
    found = Counter(re.findall(r'<span class="leaf"><a href="metric/(\w+)\.html"', site()["metrics.html"]))
    assert found == Counter(each.id for each in project().documents if each.kind == "metric")


def test_who_owes_what_to_whom() -> None:
    text = parsed(site()["teams.html"]).text
    assert "Owes to Sales to Customer success to Marketing" in text
    assert "Customer success Signals of expansion ◇ Not measurable Notice before renewal ◇ Data too old — —" in text


def test_terms_lead_to_their_definition_once_a_section() -> None:
    page = site()["list/spoken.html"]
    assert (
        '<code>gone lead</code> and <a class="term" href="../definition/gone.html">gone leads</a>: a <em>Gone Lead</em>'
        in page
    )
    found = re.findall(r'href="../definition/gone.html">(\w+ \w+)</a>', page)
    assert found == ["gone leads", "gone lead", "Gone leads"]  # what it means, its own heading, and where it comes from
    assert 'class="term"' not in site()["definition/gone.html"]  # it is its own page


def test_keys_of_late_items_lead_to_the_records() -> None:
    page = site()["sla/sales_follow_up.html"]
    assert '<a href="https://crm.example.com/leads/L-1041?tab=1" rel="noreferrer">L-1041</a>' in page
    assert ">EU / 77<" in page  # a key of several fields has no address


def test_a_page_says_where_its_text_is_and_what_changed_last() -> None:
    page = site()["sla/sales_follow_up.html"]
    source = "https://github.com/larkspur/aac/blob/HEAD/alignment/slas/sales_follow_up.yml#L1"
    assert f'<a href="{source}" rel="noreferrer">' in page
    assert "changed last in revision <code>bbbbbbbbbb</code>" in page
    assert "changed last in revision <code>cccccccccc</code>" in site()["metrics.html"]


def test_a_build_changes_the_first_page_and_build_json_alone() -> None:
    later = replace(RESULTS, background=BACKGROUND, revision="fffffff", now_us=RESULTS.now_us + HOUR)
    again = {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project(), later)))}
    changed = {path for path, text in again.items() if text != site()[path]}
    assert changed == {"index.html", "build.json", "aac.json"}  # the last holds the run, as `check` tells it


def test_sql_is_folded_and_stays_text() -> None:
    assert "<code>SELECT 1 &lt; 2</code>" in site()["sla/sales_follow_up.html"]


def test_one_number_is_the_same_on_every_page() -> None:
    """What the newest window of the promise came to, wherever a page shows it."""
    for path in ("index.html", "agreements.html", "scorecards.html", "sla/sales_follow_up.html"):
        assert re.findall(r'<span class="number">(8[0-9.]+%)</span>', site()[path])[:1] == ["85.5%"], path
    (told,) = [
        each["attainment"]
        for each in json.loads(site()["aac.json"])["results"]
        if (each["id"], each["window"]["label"], each["by"]) == ("sales_follow_up", "2026-02", {})
    ]
    assert told == 0.855


def test_no_link_or_anchor_is_dead() -> None:
    pages = {path: parsed(text) for path, text in site().items() if path.endswith(".html")}
    dead: list[str] = []
    for path, page in pages.items():
        for href in page.values("href"):
            if href.startswith(("https://", "data:", "mailto:")):
                continue
            place, _, anchor = href.partition("#")
            parts = [*path.split("/")[:-1], *place.split("/")] if place else path.split("/")
            while ".." in parts:
                at = parts.index("..")
                del parts[at - 1 : at + 1]
            target = "/".join(parts)
            if target not in site() or (anchor and anchor not in pages[target].values("id")):
                dead.append(f"{path}: {href}")
    assert dead == []


def test_the_index_holds_every_page() -> None:
    text = site()["search.js"].removeprefix("aacIndex = ").removesuffix(";\n")
    index = json.loads(text)
    assert {page["href"] for page in index} == {path for path in site() if path.endswith(".html")} - {"index.html"}
    (gone,) = [page for page in index if page["href"] == "definition/gone.html"]
    assert "SQ" in gone["also"]


def test_the_window_that_runs_on_is_no_part_of_the_past() -> None:
    trend = trend_of([*PAST, *NOW], "First contact")
    assert trend is not None
    assert MARCH.label not in [row["window"] for row in trend["rows"]]


# Search


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("metric:grr", ["gross revenue retention"]),
        ("metric:kept", ["nrr"]),
        ("definition:gone", ["SQL", "dead lead", "sales qualified lead"]),
        ("metric:ttv", ["tfv"]),
        ("metric:large", []),
    ],
)
def test_a_page_is_found_by_what_people_say(subject: str, words: list[str]) -> None:
    told: dict[str, tuple[str, dict[str, Any]]] = {
        "metric:grr": ("GRR", {}),
        "metric:kept": ("Net revenue retention", {}),
        "definition:gone": ("Gone", {"aka": ["SQL"], "never_say": ["dead lead"]}),
        "metric:ttv": ("Time to first value", {}),
        "metric:large": ("Large", {}),
    }
    name, keys = told[subject]
    kinds = {"metric": {"formula": "1"}, "definition": {"of": "lead", "when": "x"}}
    made = entry(subject, name, owner="sales", rests_on="team:sales", **kinds[subject.partition(":")[0]], **keys)
    view = WikiReport().view(replace(PROJECT, documents=(*PROJECT.documents, made)), RESULTS)
    (found,) = [page for page in view["index"] if page["href"] == f"{subject.replace(':', '/')}.html"]
    assert all(word in found["also"] for word in words)
    assert "net promoter score" not in found["also"]
    assert "Sales" in found["also"]
