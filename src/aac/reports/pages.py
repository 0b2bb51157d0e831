"""Templates filled with a plain view: the only reader of Jinja and of the Markdown library.

All text is escaped, but for the HTML that `markdown` and `first_line` make of prose, which templates mark as safe.
A page asks nothing of the network: prose has no pictures, and no other element of ours loads one.
"""

from __future__ import annotations

import pkgutil
import re
import traceback
from typing import TYPE_CHECKING, Any

from aac.errors import PluginError
from aac.reports.base import Page
from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence

    from jinja2 import Environment, TemplateError
    from jinja2.runtime import Context
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

    from aac.reports.base import View

Job = tuple[str, tuple[str, ...], "View"]
"""A page to be made: its path, the templates to choose from (the first that there is), and what it shows."""

KEPT = "\n\t"
SUFFIX = ".j2"
LINKS = ("https://", "http://", "mailto:")
"""What prose may link to; anything else stays the text it was, as it would be a dead link here."""
PIECES = re.compile(r"('(?:[^']|'')*')|((?<![\w.])[A-Za-z_]\w*)|([^'A-Za-z_]+|.)", re.DOTALL)
"""A rule in pieces: a text in quotes, a name that no dot precedes, and what stands between."""


def fill(folder: str, jobs: Iterable[Job]) -> tuple[Page, ...]:
    """The pages. Templates come from ``folder`` (the project's) where it has them, else from ours.

    A template sees the view, ``here``, the path of its page, and ``root``, the way to the top of the site (`../`).
    Raises PluginError when a template is wrong.
    """
    from jinja2 import TemplateError

    environment = _environment(folder)
    pages: list[Page] = []
    for path, templates, view in jobs:
        try:
            own = {"root": "../" * path.count("/"), "here": path, "seen": set[str]()}
            text = environment.select_template(list(templates)).render(view | own)
        except (TemplateError, TypeError) as error:
            raise PluginError(f"the page {path} cannot be made: {_place(error)}: {error}") from error
        pages.append(Page(path, text + "\n"))
    return tuple(pages)


def asset(name: str) -> str:
    """A file that goes into every site as it is."""
    return (pkgutil.get_data("aac", f"templates/assets/{name}") or b"").decode()


def _environment(folder: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined, pass_context

    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder), PackageLoader("aac", "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    prose = _prose()

    @pass_context
    def markdown(context: Context, text: str) -> str:
        terms: Mapping[str, str] = {} if context.get("doc") is None else context["doc"]["terms"]
        own = {name: context[name] for name in ("here", "root", "seen")}
        return prose.render(visible(text, KEPT), {"terms": terms, **own})

    def first_line(text: str) -> str:
        return prose.renderInline(visible(text, KEPT).strip().split("\n\n", 1)[0])

    filters: dict[str, Any] = environment.filters
    filters.update(markdown=markdown, first_line=first_line, pieces=pieces)
    return environment


def _finalized(value: object) -> object:
    """What an expression of a template shows: text with its unseen characters made visible."""
    return visible(value, KEPT) if type(value) is str else value


def _prose() -> MarkdownIt:
    """CommonMark with tables, without HTML and pictures; its headings stand below that of the page."""
    from markdown_it import MarkdownIt

    def lower_headings(state: StateCore) -> None:
        for token in state.tokens:
            if token.type in ("heading_open", "heading_close"):
                token.tag = "h2"

    prose = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    prose.core.ruler.push("lower_headings", lower_headings)
    prose.core.ruler.push("terms", link_terms)
    prose.validateLink = lambda url: url.lower().startswith(LINKS)
    return prose


def link_terms(state: StateCore) -> None:
    """The first time that prose on a page means a definition by one of its names, the name leads to its page.

    Not in code, links and headings. The environment holds ``terms`` (page by name in small letters), ``root``,
    ``here``, and the pages that were ``seen`` already.
    """
    terms: Mapping[str, str] = state.env.get("terms", {})
    if not terms:
        return
    longest_first = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
    words = re.compile(rf"(?<![\w-])(?:{longest_first})s?(?![\w-])", re.IGNORECASE)
    is_heading = False
    for block in state.tokens:
        is_heading = block.type == "heading_open" or (is_heading and block.type != "heading_close")
        if block.children and not is_heading:
            block.children = _with_links(block.children, words, state.env)


def _with_links(tokens: Sequence[Token], words: re.Pattern[str], env: MutableMapping[str, Any]) -> list[Token]:
    found: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        found += _linked(token, words, env) if token.type == "text" and not depth else [token]
    return found


def _linked(token: Token, words: re.Pattern[str], env: MutableMapping[str, Any]) -> Iterator[Token]:
    """A text, cut where it names a term for the first time."""
    place = 0
    for match in words.finditer(token.content):
        name = match[0].lower()
        page = env["terms"].get(name) or env["terms"].get(name.removesuffix("s"))
        if page is None or page == env["here"] or page in env["seen"]:
            continue
        env["seen"].add(page)
        yield _text_like(token, token.content[place : match.start()])
        attributes: dict[str, str | int | float] = {"class": "term", "href": env["root"] + page}
        yield type(token)("link_open", "a", 1, attrs=attributes)
        yield _text_like(token, match[0])
        yield type(token)("link_close", "a", -1)
        place = match.end()
    yield _text_like(token, token.content[place:])


def _text_like(token: Token, content: str) -> Token:
    return type(token)("text", "", 0, content=content, level=token.level)


def pieces(rule: str, names: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """A rule cut into texts, each with the page it leads to: that of a document named there, or null.

    ``names`` holds the page of each name. A name in quotes or after a dot is something else.
    """
    return [(match[0], names.get(match[2]) if match[2] else None) for match in PIECES.finditer(rule)]


def _place(error: TemplateError | TypeError) -> str:
    """The template and line where it went wrong."""
    from jinja2 import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(SUFFIX)]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "its template"
