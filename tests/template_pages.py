"""The reference of templates, made of the templates themselves and of the shapes of what they are filled with."""

from __future__ import annotations

import re
import types
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from jinja2 import Environment, meta, nodes

from aac.reports import pages, sandbox
from aac.reports.page_context import PAGES, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.reports.base import Sheet

ENVIRONMENT = Environment()
ENVIRONMENT.filters |= dict.fromkeys(("markdown", "first_line", "pieces"), str)
ALWAYS = {
    "here": "The path of the page.",
    "root": "The way to the top of the site, `../` or nothing: it stands before every path.",
}
FILTERS = {
    "markdown": "Prose as HTML, with links to the words it names; follow it with `safe`.",
    "first_line": "The first paragraph of prose as HTML without a paragraph around it; follow it with `safe`.",
    "pieces": "A rule cut into texts, each with the page it leads to or null.",
}
MACRO = re.compile(r"(?:\{# (?P<says>[^#]*?) #\}\n)?\{% macro (?P<name>\w+)\((?P<takes>[^)]*)\)")

INTRODUCTION = f"""\
<!-- Made by `make docs` from `src/aac/templates` and `src/aac/reports/context.py`: edit them there. -->

# Templates

The pages of the wiki, of agendas and of scorecards are made by [Jinja](https://jinja.palletsprojects.com) templates.
For each name the project's own below `templates/` goes first, then a plugin's (`aac_templates`), then ours.

A template may extend or include ours of the same name as `aac:wiki/sla.html.j2`, and so write one block anew and leave
the rest. [How to write one](../how-to/write-a-template.md) has an example.

## What a project's template may do

It sees the values of its page, and nothing else. Pages that need a template of the project, itself or by what it
extends, includes or imports, are made in a process of their own, one for all pages of a build:

- in Jinja's sandbox: values cannot be changed, and nothing of Python but values can be reached;
- a page has {sandbox.SECONDS} seconds of the processor's time, the process {sandbox.MEMORY // 1024 // 1024} MB (macOS
  does not know the limit of memory, Windows knows neither; there the build ends when it waits too long);
- it has no variables of the environment, opens no file, starts nothing and sends nothing; templates are handed to it as
  texts, so that `include` reaches those below `templates/`, of plugins and ours, by name, and no other file.

A template that is wrong or takes more ends the build with exit code 2, its file and its line. The folder of the wiki
stays as it was. One whose name nothing asks for is told, and changes nothing.

What comes back is the text of the page. It is written as it is, and never read as a template again. All values are
escaped; a template can say `|safe`, or write scripts and addresses of its own: what it writes is what readers get. So
look at a change of `templates/` as at a change of a web page. A plugin is code of the project: its templates are
trusted as it is, and are filled where ours are.
"""


def page(sheets: Iterable[Sheet]) -> str:
    """The whole page; ``sheets`` are of a project that has every kind."""
    every = pages.every_template(pages.Templates())
    known = {name: template for name, template in every.items() if not name.startswith(pages.PACKAGE)}
    trees = {name: ENVIRONMENT.parse(template.text) for name, template in known.items()}
    makes = _makes(sheets, known)
    libraries = [name for name in sorted(known) if MACRO.search(known[name].text) and name not in makes]
    return "\n".join(
        [
            INTRODUCTION,
            "## Templates and what they make\n",
            "A block is what a template that extends another can write anew.\n",
            *_table(
                ("template", "makes", "extends", "variables", "blocks"),
                (_row(name, makes.get(name, ""), trees) for name in sorted(known) if name not in libraries),
            ),
            *(part for name in libraries for part in _library(name, known[name].text)),
            "\n## Variables\n",
            "Every page has:\n",
            *_table(("variable", "what it is"), ((f"`{name}`", says) for name, says in ALWAYS.items())),
            "\nand those that the table above names:\n",
            *_table(("variable", "what it is"), _variables()),
            "\n## Filters of ours\n",
            *_table(("filter", "what it makes"), ((f"`{name}`", says) for name, says in FILTERS.items())),
            "\nJinja's own are there but for `random`, and its functions but for `lipsum`: the same results give the",
            "same bytes.\n",
            "## What the variables hold\n",
            'Keys that not every document has are in *italics*: ask `doc.get("rows")`, or for `doc.rows is defined`.\n',
            *(part for shape in shapes() for part in _shape(shape)),
        ]
    )


def shapes() -> list[type[Any]]:
    """Every shape, each before what it is made of."""
    waiting, found = [*VARIABLES.values(), *PAGES.values()], list[type[Any]]()
    while waiting:
        shape = waiting.pop(0)
        if shape not in found:
            found.append(shape)
            waiting += [part for hint in get_type_hints(shape).values() for part in _inside(hint)]
    return sorted(found, key=lambda shape: shape.__name__)


def _inside(hint: Any) -> Iterator[type[Any]]:
    if is_typeddict(hint):
        yield hint
    for part in get_args(hint):
        yield from _inside(part)


def _makes(sheets: Iterable[Sheet], known: Mapping[str, pages.Template]) -> dict[str, str]:
    """The pages that each template makes: those of documents by their folder."""
    made: dict[str, dict[str, None]] = {}
    for sheet in sheets:
        name = next(name for name in sheet.templates if name in known)
        path = PurePosixPath(sheet.path)
        shown = f"`{path.parent}/<id>{path.suffix}`" if str(path.parent) != "." else f"`{path}`"
        made.setdefault(name, {})[shown] = None
    words = {name: ", ".join(paths) for name, paths in made.items()}
    words["wiki/document.html.j2"] += ", and of every kind without a template"
    return words


def _row(name: str, makes: str, trees: Mapping[str, nodes.Template]) -> tuple[str, ...]:
    around = [
        node.template.value for node in trees[name].find_all(nodes.Extends) if isinstance(node.template, nodes.Const)
    ]
    used = _used(name, trees)
    page = PAGES.get(PurePosixPath(name).name.partition(".")[0])
    variables = [f"`page` ({_link(page)})" if each == "page" and page else f"`{each}`" for each in sorted(used)]
    blocks = [f"`{block.name}`" for block in trees[name].find_all(nodes.Block)]
    return (
        f"`{name}`",
        makes or "what extends or includes it",
        *(", ".join(cells) for cells in ([f"`{each}`" for each in around], variables, blocks)),
    )


def _used(name: str, trees: Mapping[str, nodes.Template]) -> set[str]:
    """The variables that a template and all that it extends, includes and imports can show."""
    reached, waiting = set[str](), [name]
    while waiting:
        each = waiting.pop()
        reached.add(each)
        waiting += [str(found) for found in meta.find_referenced_templates(trees[each]) if found not in reached]
    used = {variable for each in reached for variable in meta.find_undeclared_variables(trees[each])}
    rooms = {"agenda": "agenda", "card": "scorecard"}
    return {each for each in used & {*VARIABLES, "page", *ALWAYS} if rooms.get(each, room_of(name)) == room_of(name)}


def room_of(name: str) -> str:
    return name.partition("/")[0]


def _library(name: str, text: str) -> Iterator[str]:
    yield f"\n### `{name}`\n"
    yield f'Macros: `{{% import "{name}" as {PurePosixPath(name).name.partition(".")[0]} with context %}}`.\n'
    rows = ((f"`{m['name']}({m['takes']})`", " ".join((m["says"] or "").split())) for m in MACRO.finditer(text))
    yield from _table(("macro", "what it shows"), rows)


def _variables() -> Iterator[tuple[str, str]]:
    for name, shape in VARIABLES.items():
        yield f"`{name}`", f"{_link(shape)}: {(shape.__doc__ or '').rstrip('.')}."
    links = ", ".join(_link(shape) for shape in PAGES.values())
    yield "`page`", f"A page about several documents, by its template: {links}."


def _link(shape: type[Any]) -> str:
    return f"[{shape.__name__}](#{shape.__name__.lower()})"


def _shape(shape: type[Any]) -> Iterator[str]:
    yield f"\n### {shape.__name__}\n"
    yield f"{shape.__doc__}\n"
    hints = get_type_hints(shape, include_extras=True)
    yield from _table(("key", "type", "what it is"), (_key(name, hint, shape) for name, hint in hints.items()))


def _key(name: str, hint: Any, shape: type[Any]) -> tuple[str, str, str]:
    assert get_origin(hint) is Annotated
    kind, says = get_args(hint)
    optional = name in shape.__optional_keys__ and name not in ("id", "name", "href", "kind")
    return f"*`{name}`*" if optional else f"`{name}`", _words(kind), says


def _words(hint: Any) -> str:
    """A type in words: `text or null`, `list of Card`."""
    arguments = get_args(hint)
    if is_typeddict(hint):
        return _link(hint)
    if get_origin(hint) is list:
        return f"list of {_words(arguments[0])}"
    if get_origin(hint) is dict:
        return f"{_words(arguments[1])} by name"
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_words(part) for part in arguments)
    return {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null"}.get(
        hint, "any"
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
