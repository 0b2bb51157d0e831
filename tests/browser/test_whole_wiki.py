"""The wiki of the sample company as people get it: from a folder, below a path of a server, and out of an archive.

axe-core (`axe/`) looks at a page of every type, by day and by night, at a desk and on a phone.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections import defaultdict
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.chromium import chromium
from tests.browser.layout import WIDTHS, faults
from tests.commands import run_aac

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Medium, Tab

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parent.parent.parent
AXE = Path(__file__).parent / "axe" / "axe.min.js"
PHONE, DESK = 360, 1280
RUN_AXE = """axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
    rule => rule.id + ': ' + rule.help + ': ' +
    rule.nodes.slice(0, 3).map(node => node.html.slice(0, 150)).join(' ')))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("larkspur") / "project"
    for name in ("alignment", "data", "plugins", "templates"):
        if (ROOT / name).is_dir():
            copytree(ROOT / name, root / name)
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    assert run_aac(root, "pull").returncode == 0
    built = run_aac(root, "build", "--now", "2026-03-02T09:00")
    assert built.returncode == 0, built.stderr
    return root / "site"


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with chromium() as opened:
        yield opened


def pages_of(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def types_of(site: Path) -> list[Path]:
    """A page of every type: each at the top, and of each folder the one that says most."""
    folders: dict[Path, list[Path]] = defaultdict(list)
    for page in pages_of(site):
        folders[page.parent].append(page)
    largest = [max(pages, key=lambda page: page.stat().st_size) for folder, pages in folders.items() if folder != site]
    return [*folders[site], *largest]


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_axe_finds_nothing(width: int, tab: Tab, site: Path) -> None:
    axe = AXE.read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    pages = types_of(site)
    assert len(pages) >= 20
    for page in pages:
        tab.look(width)
        tab.open(page.as_uri())
        tab.evaluate(axe)
        violations = tab.evaluate(RUN_AXE)
        tab.look(width, dark=True)
        violations += tab.evaluate(RUN_AXE.replace("{", "{runOnly: ['color-contrast'], ", 1))  # the rest is the same
        if violations:
            found[str(page.relative_to(site))] = violations
    assert found == {}


def test_pages_fit_every_window(tab: Tab, site: Path) -> None:
    found: dict[str, dict[int, list[str]]] = {}
    for page in types_of(site):
        tab.open(page.as_uri())
        if wrong := faults(tab):
            found[str(page.relative_to(site))] = wrong
    assert found == {}


@pytest.mark.parametrize(("width", "medium"), [(1280, "screen"), (768, "screen"), (680, "print")])
def test_scorecards_by_group_show_their_last_column(tab: Tab, site: Path, width: int, medium: Medium) -> None:
    """680 is as wide as a sheet of A4 between its margins; there nothing is moved by hand."""
    tab.look(width, media=medium)
    cut: list[object] = []
    for page in site.glob("scorecards-by-*.html"):
        tab.open(page.as_uri())
        cut += tab.evaluate(WIDER)
    tab.look(width)
    assert cut == []


WIDER = """() => [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)
    .map(e => `${e.scrollWidth} in ${e.clientWidth}: ${e.getAttribute('aria-label')} in ${document.title}`)"""


WRONG = """<!doctype html><meta name=viewport content="width=device-width">
<p style="white-space: nowrap">{long}</p>
<div style="position: relative"><b style="position: absolute; left: 4px; top: 3px">over it</b>under it</div>
<style>td {{ position: relative; padding-left: 9px }}
td::before {{ content: 'label'; position: absolute; left: 0 }}</style>
<table><td data-label="label">cell</table>"""


def test_what_does_not_fit_is_found(tab: Tab, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(WRONG.format(long="wide " * 100), encoding="utf-8")
    tab.open(page.as_uri())
    found = faults(tab)
    assert [*found] == [*WIDTHS]
    for wrong in found.values():
        told = " ".join(wrong)
        assert all(part in told for part in ("the page is", "4257 in", "a label over its text", "text over text"))


def test_axe_would_find_something(tab: Tab, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><body><img src='data:,'><p style='color: #ccc'>pale</p></body></html>", encoding="utf-8")
    tab.open(page.as_uri())
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = {rule.partition(":")[0] for rule in tab.evaluate(RUN_AXE)}
    assert {"image-alt", "html-has-lang", "color-contrast"} <= found


def test_every_page_loads_without_a_word_in_the_console(tab: Tab, site: Path) -> None:
    """And asks for its own two files alone; none is wider than a phone."""
    tab.look(PHONE)
    wide: list[str] = []
    for page in pages_of(site):
        tab.requests.clear()
        tab.errors.clear()
        tab.open(page.as_uri())
        asked = [request for request in tab.requests if not request.startswith("data:")]
        assert {*asked} <= {page.as_uri(), (site / "style.css").as_uri(), (site / "wiki.js").as_uri()}
        assert tab.errors == [], page
        wide += [str(page)] if tab.evaluate("document.documentElement.scrollWidth") > PHONE else []
    assert wide == []


def test_the_console_is_heard(tab: Tab, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<script>console.error('a'); throw 'b'</script><script src='gone.js'></script>", encoding="utf-8")
    tab.errors.clear()
    tab.open(page.as_uri())
    assert len(tab.errors) == 3


class Links(HTMLParser):
    """The places of a page, and the places that it leads to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            self.hrefs += [value] if name in ("href", "src") and value else []
            self.ids += [value] if name == "id" and value else []


def test_no_link_and_no_anchor_is_dead(site: Path) -> None:
    read = {page: Links(page) for page in pages_of(site)}
    dead: list[str] = []
    for page, links in read.items():
        assert len(links.ids) == len(set(links.ids)), page
        for href in links.hrefs:
            parts = urlsplit(href)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            is_there = target.is_file() and (not parts.fragment or parts.fragment in read[target].ids)
            dead += [] if is_there else [f"{page.relative_to(site)} -> {href}"]
    assert dead == []
    assert sum(len(links.hrefs) for links in read.values()) > 1000


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        del format, args


def test_below_a_path_of_a_server(tab: Tab, site: Path, tmp_path: Path) -> None:
    copytree(site, tmp_path / "teams" / "wiki")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        top = f"http://127.0.0.1:{server.server_port}/teams/wiki/"
        tab.look(DESK)
        walk(tab, top)
        assert all(request.startswith((top, "data:")) for request in tab.requests)
    finally:
        server.shutdown()
        server.server_close()


def test_out_of_an_archive(tab: Tab, site: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "wiki"), "zip", site)
    shutil.unpack_archive(archive, tmp_path / "unpacked")
    tab.look(DESK)
    walk(tab, f"{(tmp_path / 'unpacked').as_uri()}/")


def walk(tab: Tab, top: str) -> None:
    """From the first page by its own links to a promise and back, and to another by searching."""
    tab.requests.clear()
    tab.errors.clear()
    tab.open(f"{top}index.html")
    for link in ("nav a[href$='agreements.html']", "main a[href$='sla/sales_follow_up.html']", ".project"):
        address = tab.evaluate(f'document.querySelector("{link}").href')
        tab.open(address)
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 247)"
    assert tab.evaluate("location.href") == f"{top}index.html"
    assert tab.search("win rate")[0] == "metric/win_rate.html"
    assert tab.errors == []


def test_a_word_is_found_before_what_rests_on_it(tab: Tab, site: Path) -> None:
    tab.look(DESK)
    tab.open((site / "index.html").as_uri())
    for words, page in {
        "mql": "definition/mql", "sql": "definition/sql", "qualified lead": "definition/mql", "icp": "profiles",
        "sales qualified lead": "definition/sql", "mqls": "metric/mqls", "north star": "metric/new_customers",
        "sales follow-up": "sla/sales_follow_up", "marketing": "team/marketing", "agreements": "agreements",
        "weekly lead review": "meeting/weekly_lead_review", "qbr": "meetings",
    }.items():  # fmt: skip
        found = tab.search(words)
        assert found[0] == f"{page}.html", (words, found)


def test_two_keys_lead_to_the_agendas(tab: Tab, site: Path) -> None:
    tab.look(DESK)
    tab.open((site / "sla/sales_follow_up.html").as_uri())
    for key in "ga":
        tab.press(key)
    tab.page.wait_for_url("**/meetings.html")
    assert "weekly_lead_review.md" in tab.evaluate("document.querySelector('main').innerHTML")


def test_one_number_is_the_same_everywhere(site: Path) -> None:
    """What `aac.json` has of the last window of a promise stands so on each page that tells of it."""
    results = json.loads((site / "aac.json").read_text(encoding="utf-8"))["results"]
    (found,) = (
        r for r in results if r["id"] == "sales_follow_up" and r["by"] == {} and r["window"]["label"] == "2026-02"
    )
    judged = found["met"] + found["late"]
    share = f"{100 * found['met'] / judged:.1f}%".replace(".0%", "%")
    counts = rf"{found['met']}\s*(of|/)\s*{judged}"
    places = (
        "index.html", "agreements.html", "scorecards.html", "sla/sales_follow_up.html", "scorecard/joint.html",
        "scorecards/joint.md", "scorecards/joint.csv", "scorecards/joint.html", "agendas/weekly_lead_review.md",
        "agendas/weekly_lead_review.html",
    )  # fmt: skip
    for place in places:
        text = (site / place).read_text(encoding="utf-8")
        near = [text[at.start() : at.start() + 1500] for at in re.finditer("(?i)sales follow-up|sales_follow_up", text)]
        told = [part for part in near if share in part]
        assert told, place
        assert place == "scorecards.html" or any(re.search(counts, part) for part in told), place


def test_agendas_and_scorecards_are_printed_on_few_sheets(tab: Tab, site: Path) -> None:
    """Each by itself, without another file: agendas on two sheets of A4 at most, scorecards on one."""
    pages = [*(site / "agendas").glob("*.html"), *(site / "scorecards").glob("*.html")]
    assert len(pages) == 5
    tab.look(DESK)
    for page in pages:
        tab.requests.clear()
        tab.open(page.as_uri())
        assert tab.requests == [page.as_uri()]
        sheets = len(re.findall(rb"/Type\s*/Page\b", tab.pdf()))
        assert 1 <= sheets <= (2 if page.parent.name == "agendas" else 1), page.name
