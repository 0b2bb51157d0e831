"""The reference of templates is up to date, and says of every view what is there: no key more, none less."""

from __future__ import annotations

import types
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from jinja2 import nodes

from aac import operations
from aac.evaluate import Asked
from aac.reports import pages
from aac.reports.base import Sheet
from aac.reports.page_context import PAGES, VARIABLES
from aac.reports.wiki import WikiReport
from tests import test_wiki_kinds, test_wiki_sections
from tests.commands import run_aac
from tests.reported import PROJECT, RESULTS
from tests.template_pages import ENVIRONMENT, page, shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Snapshots

ROOT = Path(__file__).parent.parent
NOW_US = 1_772_438_400_000_000
"""Of the sample company: the morning after its last export."""


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> list[Sheet]:
    """What the sample company's build fills, and the wikis that are made by hand."""
    root = tmp_path_factory.mktemp("templates") / "larkspur"
    root.mkdir()
    for name in ("alignment", "data", "plugins"):
        copytree(ROOT / name, root / name)
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    assert run_aac(root, "pull").returncode == 0
    made: list[Sheet] = []

    def filled(*arguments: Any) -> tuple[()]:
        made.extend(part for part in arguments[2] if isinstance(part, Sheet))
        return ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "_filled", filled)
        operations.build(operations.open_sound_project(root), NOW_US, Asked(None, ()), print)
    wiki = WikiReport()
    for project, results in (
        (PROJECT, RESULTS),
        (test_wiki_kinds.project(), RESULTS),
        (test_wiki_sections.project(), test_wiki_sections.results()),
    ):
        made += [part for part in wiki.render(wiki.view(project, results)) if isinstance(part, Sheet)]
    return made


def test_the_page(sheets: list[Sheet], snapshots: Snapshots) -> None:
    snapshots.check(ROOT / "docs" / "reference" / "templates.md", page(sheets))


def variables(sheet: Sheet) -> Iterator[tuple[str, Any, type[Any]]]:
    """The variables of a page with their values and shapes."""
    for name, value in sheet.view.items():
        yield name, value, PAGES[sheet.templates[0].split("/")[1].split(".")[0]] if name == "page" else VARIABLES[name]


def unlike(value: Any, hint: Any, path: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Where a value is not as its shape says. ``seen`` is filled with the keys that there are, by shape."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return
    if origin in (Union, types.UnionType):
        (wanted,) = (part for part in arguments if part is not type(None))
        if value is not None:
            yield from unlike(value, wanted, path, seen)
    elif is_typeddict(hint):
        shape: Any = hint
        yield from (f"{path}.{key} is not in {shape.__name__}" for key in value.keys() - shape.__annotations__.keys())
        yield from (f"{path}.{key} is missing" for key in shape.__required_keys__ - value.keys())
        hints = get_type_hints(shape)
        for key in value.keys() & hints.keys():
            seen.add((shape.__name__, key))
            yield from unlike(value[key], hints[key], f"{path}.{key}", seen)
    elif origin in (list, dict):
        for part in value if origin is list else value.values():
            yield from unlike(part, arguments[-1], f"{path}[]", seen)
    elif not isinstance(value, (int, float) if hint is float else hint):
        yield f"{path} is {value!r}, no {hint}"


def test_views_are_as_the_page_says(sheets: list[Sheet]) -> None:
    seen = set[tuple[str, str]]()
    wrong: dict[str, None] = {}
    for sheet in sheets:
        for name, value, shape in variables(sheet):
            wrong |= dict.fromkeys(unlike(value, shape, name, seen))
    assert "\n".join(wrong) == "", "correct aac/reports/context.py or page_context.py, then `make docs`"
    told = {(shape.__name__, key) for shape in shapes() for key in get_type_hints(shape)}
    assert sorted(told - seen) == []


def test_a_view_that_is_otherwise_is_told() -> None:
    wrong = unlike({"code": 1, "shape": "■", "colour": "red"}, shape_of("Status"), "s", set())
    assert sorted(wrong) == ["s.code is 1, no <class 'str'>", "s.colour is not in Status", "s.word is missing"]


def shape_of(name: str) -> type[Any]:
    (shape,) = (shape for shape in shapes() if shape.__name__ == name)
    return shape


def test_our_templates_ask_for_what_there_is() -> None:
    """`doc.x` names a key of its shape, in every branch, also in those that no page goes through."""
    asked: list[str] = []
    for name, template in pages.every_template(pages.Templates()).items():
        room, stem = name.removeprefix("aac:").split("/")[:2]
        stem = stem.split(".")[0]
        known = VARIABLES | ({"page": PAGES[stem]} if stem in PAGES else {})
        known = {each: shape for each, shape in known.items() if each != "card" or room == "scorecard"}
        tree = ENVIRONMENT.parse(template.text)
        bound = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
        for node in tree.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Name) and node.node.name in known.keys() - bound:
                shape = known[node.node.name]
                if node.attr not in {*get_type_hints(shape), "get"}:
                    asked.append(f"{name}:{node.lineno}: {node.node.name}.{node.attr}")
    assert asked == []
