"""The wiki in a real browser, opened from a folder: what it asks for, and how it looks on paper, phone and at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.reports.filling import fill
from aac.reports.wiki import WikiReport
from tests.browser.chromium import chromium
from tests.browser.layout import faults
from tests.reported import PROJECT, RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.chromium import Tab

pytestmark = pytest.mark.servers

SECTIONS = ("scorecards", "agreements", "definitions", "metrics", "teams", "health", "documents")
PAGES = (
    "index.html",
    *(f"{name}.html" for name in SECTIONS),
    *(f"{document.kind}/{document.id}.html" for document in PROJECT.documents),
)
PHONE, DESK = 360, 1280


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for page in fill(WikiReport().render(WikiReport().view(PROJECT, RESULTS))):
        path = folder / page.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(page.text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with chromium() as opened:
        yield opened


def test_requests_are_seen(tab: Tab, tmp_path: Path) -> None:
    """The next test would pass if the browser told us nothing: here it tells."""
    page = tmp_path / "page.html"
    page.write_text('<img src="http://pictures.invalid/p.gif">', encoding="utf-8")
    tab.requests.clear()
    tab.open(page.as_uri())
    assert tab.requests == [page.as_uri(), "http://pictures.invalid/p.gif"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_for_nothing_but_style_and_script(path: str, tab: Tab, site: Path) -> None:
    tab.requests.clear()
    tab.open((site / path).as_uri())
    asked = [request for request in tab.requests if not request.startswith("data:")]
    assert asked == [(site / path).as_uri(), (site / "style.css").as_uri(), (site / "wiki.js").as_uri()]


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_their_window(path: str, tab: Tab, site: Path) -> None:
    tab.open((site / path).as_uri())
    assert faults(tab) == {}


def test_the_reader_s_scheme_is_followed(tab: Tab, site: Path) -> None:
    grounds: list[str] = []
    for dark in (False, True):
        tab.look(DESK, dark=dark)
        tab.open((site / "index.html").as_uri())
        grounds.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(251, 250, 247)", "rgb(21, 24, 27)"]


def test_a_chosen_theme_stays(tab: Tab, site: Path) -> None:
    tab.look(DESK)
    ground = "getComputedStyle(document.body).backgroundColor"
    tab.open((site / "index.html").as_uri())
    tab.evaluate("document.querySelector('[data-does=theme]').click()")
    assert tab.evaluate(ground) == "rgb(21, 24, 27)"
    tab.open((site / "sla/sales_follow_up.html").as_uri())
    assert tab.evaluate(ground) == "rgb(21, 24, 27)"
    tab.evaluate("document.querySelector('[data-does=theme]').click()")
    assert tab.evaluate(ground) == "rgb(251, 250, 247)"
    tab.evaluate("localStorage.clear()")


def test_search_finds_names_and_slips(tab: Tab, site: Path) -> None:
    tab.look(DESK)
    tab.open((site / "sla/sales_follow_up.html").as_uri())
    assert tab.search("win rate")[0] == "../metric/win_rate.html"
    assert tab.search("qualfied")[0] == "../definition/mql.html"
    assert tab.search("handover") == ["../definition/mql.html"]  # a tag
    assert tab.search("SLA")[0] == "../agreements.html"
    assert tab.search("MQL")[0] == "../definition/mql.html"
    assert tab.search("xyzzy") == []


def test_keys_turn_the_pages_of_the_menu(tab: Tab, site: Path) -> None:
    tab.look(DESK)
    tab.open((site / "agreements.html").as_uri())
    for key, name in (("n", "definitions"), ("p", "agreements")):
        tab.press(key)
        tab.page.wait_for_url(f"**/{name}.html")
    tab.press("?")
    assert "the next page of the menu" in tab.evaluate("document.querySelector('dialog').textContent")


def test_pages_are_read_without_scripts(tab: Tab, site: Path) -> None:
    browser = tab.page.context.browser
    assert browser
    with browser.new_page(java_script_enabled=False) as page:
        page.goto((site / "sla/sales_follow_up.html").as_uri())
        assert not page.locator(".tools").is_visible()
        assert "85.5%" in page.locator("main").inner_text()


def test_the_first_key_leads_past_the_menu(tab: Tab, site: Path) -> None:
    tab.look(DESK)
    tab.open((site / "sla/sales_follow_up.html").as_uri())
    tab.press("Tab")
    focused = "document.activeElement"
    assert tab.evaluate(f"{focused}.textContent") == "Skip to content"
    assert tab.evaluate(f"{focused}.getBoundingClientRect().top") >= 0
    assert tab.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid"
    tab.press("Enter")
    assert tab.evaluate(f"{focused}.id") == "content"
    tab.press("Tab")
    assert tab.evaluate(f"{focused}.textContent") == "Home"


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_tables_stay_tables_for_those_who_listen(width: int, tab: Tab, site: Path) -> None:
    tab.look(width)
    tab.open((site / "sla/sales_follow_up.html").as_uri())
    roles = {role: tab.page.get_by_role(role).count() for role in ("table", "rowheader", "row")}
    windows, segments, sources, late, left = 2, 2 + 4, 1 + 1, 3, 2  # a row for each window before its groups
    assert roles["table"] == 5
    assert roles["rowheader"] == windows + segments + sources + late + left
    assert roles["row"] == 5 + roles["rowheader"]


def test_pages_are_printed_light_and_without_the_menu(tab: Tab, site: Path, tmp_path: Path) -> None:
    tab.look(DESK, dark=True, media="print")
    tab.open((site / "definition/mql.html").as_uri())
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert tab.evaluate("getComputedStyle(document.querySelector('.masthead nav')).display") == "none"
    link = "getComputedStyle(document.querySelector('.about a[href^=https]'), '::after').content"
    assert tab.evaluate(link) == '" (https://example.com/notes)"'
    tab.look(DESK, dark=True)
    pdf = tab.pdf()
    (tmp_path / "page.pdf").write_bytes(pdf)
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") in (1, 2)
