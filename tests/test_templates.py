"""Templates of a project and of its plugins: which come first, what they may not do, and how a wrong one is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from shutil import copy, copytree
from typing import TYPE_CHECKING, Any

import pytest

from aac import overrides
from aac.errors import PageError
from aac.reports import filling
from aac.reports.base import Page, Sheet
from aac.reports.filling import fill
from aac.reports.pages import Template, Templates, every_template, needs_own
from aac.reports.wiki import WikiReport
from tests.commands import run_aac
from tests.reported import HOSTILE, PROJECT, RESULTS, entry

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
PLUGGED = ROOT / "tests" / "projects" / "plugged"
BRIEF = ROOT / "plugins" / "brief.py"
WIKI = WikiReport().render(WikiReport().view(PROJECT, RESULTS))
OURS = {page.path: page.text for page in fill(WIKI)}


def own(**texts: str) -> Templates:
    """Templates of a project: `wiki/sla.html.j2` is given as ``sla``."""
    names = {f"wiki/{name}.html.j2": text for name, text in texts.items()}
    return Templates({name: Template(f"templates/{name}", text) for name, text in names.items()})


def shown(template: str, **view: Any) -> str:
    """What a template of the project makes of a view."""
    (page,) = fill([Sheet("a/b.html", ("wiki/page.html.j2",), view)], own(page=template))
    return page.text


# Which template makes a page


def test_a_template_of_the_project_comes_first() -> None:
    pages = fill(WIKI, own(handoff="<title>{{ doc.name }}</title>{{ root }}"))
    changed = {page.path: page.text for page in pages if page.text != OURS[page.path]}
    assert changed == {"handoff/warm.html": "<title>Warm handoff</title>../\n"}
    assert [page.path for page in pages] == [part.path for part in WIKI]


def test_then_those_of_plugins() -> None:
    plugged = Templates({}, {"wiki/handoff.html.j2": Template("plugins/handoff.html.j2", "plugin {{ doc.id }}")})
    assert dict_of(fill(WIKI, plugged))["handoff/warm.html"] == "plugin warm\n"
    both = Templates(own(handoff="project").own, plugged.plugins)
    assert dict_of(fill(WIKI, both))["handoff/warm.html"] == "project\n"


def test_a_template_extends_ours_of_its_name() -> None:
    text = "{% extends 'aac:wiki/document.html.j2' %}{% block body %}{{ super() }}<p>added</p>{% endblock %}"
    for templates in (own(document=text), Templates({}, own(document=text).own)):
        page = dict_of(fill(WIKI, templates))["handoff/warm.html"]
        assert page.replace("<p>added</p>", "") == OURS["handoff/warm.html"]
        assert page.count("<p>added</p>") == 1


def test_the_sample_company_s_own_template() -> None:
    """It adds to the page of an agreement in which meetings it is talked about."""
    meeting = entry("meeting:weekly", "Weekly", purpose="x", repeats="weekly on thu", minutes="30")
    where = {"sla": ("meeting:weekly",)}
    talked = [replace(each, mentioned_in=where.get(each.kind, ())) for each in PROJECT.documents]
    wiki = WikiReport().render(WikiReport().view(replace(PROJECT, documents=(*talked, meeting)), RESULTS))
    pages = dict_of(fill(wiki, overrides.read(ROOT, {})))
    assert 'Talked about in: <a href="../meeting/weekly.html">Weekly</a>.' in pages["sla/sales_follow_up.html"]
    alone = dict_of(fill(WIKI, overrides.read(ROOT, {})))
    assert "No meeting looks at it of its own accord" in alone["sla/sales_follow_up.html"]
    assert {path for path in OURS if alone[path] != OURS[path]} == {path for path in OURS if path.startswith("sla/")}


def dict_of(pages: Sequence[Page]) -> dict[str, str]:
    return {page.path: page.text for page in pages}


def test_the_sandbox_makes_the_same_pages_of_our_templates() -> None:
    """With a copy of our layout every page of the wiki is made in the other process, to the same bytes."""
    copied = {
        name: Template(f"templates/{name}", template.text)
        for name, template in every_template(Templates()).items()
        if name in ("wiki/layout.html.j2", "wiki/style.css.j2")
    }
    assert dict_of(fill(WIKI, Templates(copied))) == OURS


def test_only_pages_that_need_a_template_of_the_project_are_made_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def elsewhere(sheets: Sequence[Sheet], known: dict[str, Template]) -> list[Page]:
        del known
        asked.append([sheet.path for sheet in sheets])
        return [Page(sheet.path, "") for sheet in sheets]

    monkeypatch.setattr(filling, "_elsewhere", elsewhere)
    fill(WIKI)
    fill(WIKI, own(no_such_kind="x"))
    assert asked == []
    fill(WIKI, own(sla="x"))
    fill(WIKI, own(charts="x"))
    (slas, drawn) = asked  # one process each, for all pages
    assert slas == [path for path in OURS if path.startswith("sla/")]
    assert "index.html" not in drawn
    assert {*slas, "agreements.html", "metric/win_rate.html", "handoff/warm.html"} <= {*drawn}


def test_a_template_whose_name_is_made_on_the_way_may_be_one_of_the_project() -> None:
    templates = Templates(
        own(page="x").own, {"wiki/any.html.j2": Template("plugins/a.j2", "{% include 'wiki/' ~ kind ~ '.html.j2' %}")}
    )
    needs = needs_own(templates, every_template(templates))
    assert needs(Sheet("a.html", ("wiki/any.html.j2",), {}))
    assert not needs(Sheet("a.html", ("wiki/list.html.j2",), {}))


# What it may not do

LOOPS = (
    "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}"
)
ATTACKS = {
    "classes": ("\n{{ ''.__class__.__mro__ }}", ":2: access to attribute '__class__' of 'str' object is unsafe"),
    "classes by filter": (
        "{{ ''|attr('__class__') }}",
        ":1: access to attribute '__class__' of 'str' object is unsafe",
    ),
    "classes by format": (
        "{{ '{0.__class__}'.format(doc) }}",
        ":1: access to attribute '__class__' of 'dict' object is",
    ),
    "globals": ("{{ cycler.__init__.__globals__.os }}", ":1: access to attribute '__init__' of 'type' object is"),
    "a lambda's code": ("{% set f = joiner.__call__ %}{{ f }}", ":1: access to attribute '__call__'"),
    "changing the view": ("{{ doc.update({'name': 1}) }}", ":1: access to attribute 'update' of 'dict' object is"),
    "an endless loop": (f"\n\n{LOOPS}", ":3: it takes longer than 5 seconds: let its loops go over"),
    "a giant range": ("{% for a in range(10 ** 9) %}{% endfor %}", ":1: OverflowError: Range too big"),
    "a giant text": ("{{ 'a' * 10000000000 }}", ":1: `*` makes more here than a page can show"),
    "a giant text by filter": ("{{ 'a'|center(2000000000) }}", ":1: this needs more memory than a page may have"),
    "a giant text by format": ("{{ '%2000000000d'|format(1) }}", ":1: this needs more memory than a page may have"),
    "a giant number": ("{{ 10 ** 10000000 }}", ":1: `**` makes more here than a page can show"),
    "a growing list": (
        "{% set n = namespace(a=[1]) %}{% for i in range(99) %}{% set n.a = n.a + n.a %}{% endfor %}",
        ":1: this needs more memory than a page may have",
    ),
    "endless calls": ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", ":1: this calls itself without end"),
    "a file": ("{% include '/etc/passwd' %}", ":1: there is no template `/etc/passwd`; one of: "),
    "a file above": ("\n{% include '../aac.toml' %}", ":2: there is no template `../aac.toml`; one of: "),
    "a file it extends": ("{% extends '../../etc/passwd' %}", ":1: there is no template `../../etc/passwd`"),
    "a missing variable": ("\n{{ nothing }}", ":2: there is no `nothing`; one of: `doc`"),
    "a missing key": ("{{ doc.nam }}", ":1: there is no `nam` here; did you mean `name`?"),
    "an open tag": ("\n\n{% if doc %}", ":3: Unexpected end of template"),
    "an unknown tag": ("{% import os %}", ":1: expected token 'as', got 'end of statement block'"),
    "an unknown filter": ("{{ doc.name|shell }}", ":1: No filter named 'shell'"),
    "texts and numbers": ("{{ doc.name + 1 }}", ":1: TypeError: "),
    "by nothing": ("{{ 1 / 0 }}", ":1: ZeroDivisionError: division by zero"),
    "half a sign": ("{{ '\\ud800' }}", ": the sign '\\ud800' is half of one, and stands in no file"),
    "a codec": ("{{ 'a'.encode('zip') }}", ":1: this needs more of Python than a template has"),
    "brackets in brackets": (f"{{{{ {'(' * 5000}1{')' * 5000} }}}}", ": this calls itself without end"),
    "chance": ("{{ lipsum() }}", ":1: there is no `lipsum`"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_template_may_not_do_is_told_with_its_line(attack: str) -> None:
    text, told = ATTACKS[attack]
    with pytest.raises(PageError) as refused:
        shown(text, doc={"name": "Warm handoff", "terms": {}})
    assert f"templates/wiki/page.html.j2{told}" in str(refused.value)
    assert "(the page a/b.html cannot be made, so none was written)" in str(refused.value)
    assert refused.value.exit_code == 2


def test_one_call_that_does_not_end_is_ended() -> None:
    """Python hears no signal inside a single call of its own: the system ends the process."""
    with pytest.raises(PageError, match=r"^templates/wiki/page\.html\.j2: it, or what it .* takes more time or memory"):
        shown("{{ 2|round(100000000, 'ceil') }}")


def test_pages_end_somewhere_together() -> None:
    """Each may be short of its own limits, and all of them fill the memory of whoever asks for them."""
    sheets = [Sheet(f"{number}.html", ("wiki/page.html.j2",), {}) for number in range(9)]
    too_long = r"^templates/wiki/page.html.j2: the pages become too long with it: make less of it \(5"
    with pytest.raises(PageError, match=too_long):
        fill(sheets, own(page="{{ 'x' * 999999 }}" * 10))


def test_nothing_crosses_but_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process has no variables of the environment, and opens and starts nothing."""
    monkeypatch.setenv("AAC_SECRET", "swordfish")
    script = """
import json, os, sys
sys.path[:] = json.loads(sys.argv[1])
from aac.reports import sandbox
def main():
    sandbox._warm_up(); sandbox._give_up()
    told = [dict(os.environ).get("AAC_SECRET")]
    for attempt in (lambda: open("/etc/hostname"), lambda: open(%r, "w"), lambda: os.pipe()):
        try:
            attempt(); told.append("done")
        except OSError as error:
            told.append(type(error).__name__)
    print(json.dumps({"wrong": json.dumps(told)}))
main()
"""
    monkeypatch.setattr(filling, "START", script % str(tmp_path / "made"))
    with pytest.raises(PageError) as told:
        shown("x")
    assert json.loads(str(told.value)) == [None, "OSError", "OSError", "OSError"]
    assert [*tmp_path.iterdir()] == []


def test_what_comes_back_is_never_a_template() -> None:
    """A page of the project's template may say what it likes; ours that name it are made with it, over there."""
    page = shown("{{ text }}", text=HOSTILE)
    assert "{{ 7 * 7 }} {% raw %}" in page
    assert "<script>" not in page
    with pytest.raises(PageError) as wrong:
        shown("{% include '\x1b[31m' %}")
    assert "there is no template `\\x1b[31m`" in str(wrong.value)


# From a folder


def test_templates_are_read_below_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "wiki"
    folder.mkdir(parents=True)
    (folder / "sla.html.j2").write_text("a")
    (folder / "README.md").write_text("b")
    plugin = tmp_path / "plugins" / "x.html.j2"
    plugin.parent.mkdir()
    plugin.write_text("c")
    read = overrides.read(tmp_path, {"wiki/x.html.j2": plugin})
    assert read.own == {"wiki/sla.html.j2": Template("templates/wiki/sla.html.j2", "a")}
    assert read.plugins == {"wiki/x.html.j2": Template("plugins/x.html.j2", "c")}
    assert overrides.read(tmp_path / "nowhere", {}) == Templates()


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "secret").write_text("swordfish")
    (tmp_path / "templates" / "a.j2").symlink_to(tmp_path / "secret")
    with pytest.raises(PageError, match=r"templates/a\.j2 leads to a file outside of `templates/`"):
        overrides.read(tmp_path, {})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a\n\xff", r"templates/a\.j2:2: this is no UTF-8"),
        (b"a" * 1_000_001, r"templates/a\.j2 has more than 1,000,000 bytes"),
    ],
)
def test_files_that_are_no_templates_are_told(data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.j2").write_bytes(data)
    with pytest.raises(PageError, match=told):
        overrides.read(tmp_path, {})


PLUGIN = """
from pathlib import Path
from aac import hookimpl

@hookimpl
def aac_templates():
    return {"wiki/pledge.html.j2": Path(__file__).with_name("pledge.html.j2")}
"""


def test_a_build_with_them(tmp_path: Path) -> None:
    root = copytree(PLUGGED, tmp_path / "plugged")
    copy(BRIEF, root / "plugins")
    assert run_aac(root, "pull").returncode == 0
    (root / "plugins" / "look.py").write_text(PLUGIN)
    (root / "plugins" / "pledge.html.j2").write_text("of a plugin: {{ doc.id }}")
    assert run_aac(root, "build").returncode == 0
    page = root / "site" / "pledge" / "pro_signups.html"
    assert page.read_text() == "of a plugin: pro_signups\n"
    assert "template   wiki/pledge.html.j2  plugins/look.py" in run_aac(root, "plugins").stdout

    folder = root / "templates" / "wiki"
    folder.mkdir(parents=True)
    (folder / "pledge.html.j2").write_text("of the project: {{ doc.id }}")
    assert run_aac(root, "build").returncode == 0
    assert page.read_text() == "of the project: pro_signups\n"

    (folder / "pledgee.html.j2").write_text("never")
    told = run_aac(root, "build")
    assert (told.returncode, told.stderr) == (
        0,
        "templates/wiki/pledgee.html.j2: no page is made of it; did you mean `wiki/pledge.html.j2`?\n",
    )
    (folder / "pledgee.html.j2").unlink()

    before = {path: path.read_bytes() for path in (root / "site").rglob("*") if path.is_file()}
    (folder / "pledge.html.j2").write_text("\n{{ doc.idd }}")
    done = run_aac(root, "build")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "aac: templates/wiki/pledge.html.j2:2: there is no `idd` here; did you mean `id`? "
        "(the page pledge/pro_signups.html cannot be made, so none was written)\n"
    )
    assert {path: path.read_bytes() for path in (root / "site").rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in root.iterdir() if path.name.startswith(".")) == [".aac"]


def test_views_are_plain() -> None:
    """What crosses is what JSON can carry, and comes out of it as it was."""
    for sheet in (part for part in WIKI if isinstance(part, Sheet)):
        assert json.loads(json.dumps(sheet.view)) == sheet.view, sheet.path
