"""Templates filled with a plain view: the only reader of Jinja and of the Markdown library.

All text is escaped, but for the HTML that `markdown` and `first_line` make of prose, which templates mark as safe.
A page asks nothing of the network: prose has no pictures, and no other element of ours loads one.

What a page may be made of is known in advance: `Templates` holds every text that is none of ours, so that pages which
need one of the project's own can be made in another process (`aac.reports.filling`).
"""

from __future__ import annotations

import pkgutil
import re
import traceback
from dataclasses import field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

from aac.errors import PageError
from aac.findings import did_you_mean
from aac.records import record
from aac.reports.base import Page
from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence

    from jinja2 import BaseLoader, Environment
    from jinja2.compiler import Frame
    from jinja2.nodes import Expr
    from jinja2.runtime import Context
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

    from aac.reports.base import Sheet, View


@record
class Template:
    """A template: its text, and the file as messages name it."""

    file: str
    text: str


@record
class Templates:
    """The templates that go before ours, by name (`wiki/sla.html.j2`): the project's own first, then its plugins'."""

    own: Mapping[str, Template] = field(default_factory=dict[str, Template])
    plugins: Mapping[str, Template] = field(default_factory=dict[str, Template])


class TooLong(RuntimeError):
    """A page took more time than it may."""


FAILURES = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What filling a template may raise beside Jinja's own errors."""
PACKAGE = "aac:"
"""What the name of a template of ours begins with where one of the same name goes before it, and in messages."""
LISTED = "`docs/reference/templates.md` lists what templates can show"
KEPT = "\n\t"
SUFFIX = ".j2"
LINKS = ("https://", "http://", "mailto:")
"""What prose may link to; anything else stays the text it was, as it would be a dead link here."""
PIECES = re.compile(r"('(?:[^']|'')*')|((?<![\w.])[A-Za-z_]\w*)|([^'A-Za-z_]+|.)", re.DOTALL)
"""A rule in pieces: a text in quotes, a name that no dot precedes, and what stands between."""


class Filler:
    """Makes pages. Templates see the view, ``here``, the path of their page, and ``root``, the way to the top of the
    site (`../`)."""

    def __init__(self, loader: BaseLoader, *, is_guarded: bool = False) -> None:
        self._environment = _environment(loader, is_guarded=is_guarded)

    def page(self, sheet: Sheet) -> Page:
        """Raises PageError when a template is wrong."""
        from jinja2 import TemplateError

        own = {"root": "../" * sheet.path.count("/"), "here": sheet.path}
        try:
            text = self._environment.select_template(list(sheet.templates)).render(sheet.view | own)
            text.encode()
        except (TemplateError, *FAILURES) as error:
            place = _place(error) or self._file(sheet)
            told = told_of(error, sheet.view, self._environment.list_templates())
            raise PageError(
                visible(f"{place}: {told} (the page {sheet.path} cannot be made, so none was written)")
            ) from error
        return Page(sheet.path, text + "\n")

    def _file(self, sheet: Sheet) -> str:
        """The file of the template of a page."""
        environment, loader = self._environment, self._environment.loader
        name = next(name for name in sheet.templates if name in environment.list_templates())
        found = loader.get_source(environment, name)[1] if loader is not None else None
        return found or name


def filler(templates: Templates) -> Filler:
    """What makes pages of our templates and those of plugins: never of the project's own."""
    from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

    ours = PackageLoader("aac", "templates")
    as_ours = PrefixLoader({PACKAGE.rstrip(":"): ours}, delimiter=":")
    return Filler(ChoiceLoader([loader_of(templates.plugins), ours, as_ours]))


def guarded_filler(templates: Mapping[str, Template]) -> Filler:
    """What makes pages of templates that are not to be trusted: all that there are, ours among them, in a sandbox."""
    return Filler(loader_of(templates), is_guarded=True)


def loader_of(templates: Mapping[str, Template]) -> BaseLoader:
    """A loader of texts that have been read."""
    from jinja2 import BaseLoader, TemplateNotFound

    class Loader(BaseLoader):
        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            del environment
            if template not in templates:
                raise TemplateNotFound(template)
            return templates[template].text, templates[template].file, lambda: True

        def list_templates(self) -> list[str]:
            return sorted(templates)

    return Loader()


def every_template(templates: Templates) -> dict[str, Template]:
    """All templates by name: the project's own, else a plugin's, else ours; ours also as `aac:wiki/sla.html.j2`."""
    from jinja2 import Environment, PackageLoader

    loader, environment = PackageLoader("aac", "templates"), Environment()
    names = [name for name in loader.list_templates() if name.endswith(SUFFIX)]
    ours = {name: Template(PACKAGE + name, loader.get_source(environment, name)[0]) for name in names}
    as_ours = {template.file: template for template in ours.values()}
    return {**as_ours, **ours, **templates.plugins, **templates.own}


def needs_own(templates: Templates, known: Mapping[str, Template]) -> Callable[[Sheet], bool]:
    """Whether a page needs one of the project's own templates, itself or by what it extends, includes and imports."""
    from jinja2 import Environment, TemplateSyntaxError, meta

    environment = Environment()

    @cache
    def named_in(name: str) -> list[str | None]:
        try:
            return list(meta.find_referenced_templates(environment.parse(known[name].text)))
        except TemplateSyntaxError:
            return []  # told when its page is made

    @cache
    def reaches_own(start: str | None) -> bool:
        waiting: list[str | None] = [start]
        seen: set[str | None] = set()
        while waiting:
            name = waiting.pop()
            if name is None or name in templates.own:  # null is a name that is not known before the page is made
                return True
            if name in known and name not in seen:
                waiting += named_in(name)
            seen.add(name)
        return False

    return lambda sheet: reaches_own(next((name for name in sheet.templates if name in known), None))


def asset(name: str) -> str:
    """A file that goes into every site as it is."""
    return (pkgutil.get_data("aac", f"templates/assets/{name}") or b"").decode()


def _environment(loader: BaseLoader, *, is_guarded: bool) -> Environment:
    """Jinja as we use it; guarded it lets templates see values and nothing of Python."""
    from jinja2 import pass_context

    environment = (_sandbox() if is_guarded else _trusted())(
        loader=loader,
        autoescape=True,
        undefined=_unknown(),
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    prose = _prose()

    @pass_context
    def markdown(context: Context, text: str) -> str:
        terms: Mapping[str, str] = {} if context.get("doc") is None else context["doc"]["terms"]
        own = {name: context[name] for name in ("here", "root")}
        return prose.render(visible(text, KEPT), {"terms": terms, "seen": set[str](), **own})

    @cache
    def first_line(text: str) -> str:
        return prose.renderInline(visible(text, KEPT).strip().split("\n\n", 1)[0])

    filters: dict[str, Any] = environment.filters
    filters.update(markdown=markdown, first_line=first_line, pieces=pieces)
    del filters["random"], environment.globals["lipsum"]  # the same view gives the same bytes
    return environment


def _trusted() -> type[Environment]:
    """Jinja for templates of ours, which looks keys of a view up at once, where Jinja tries an attribute of the mapping
    first, and escapes a text once, though it stands on every page."""
    from jinja2 import Environment
    from jinja2.compiler import CodeGenerator
    from markupsafe import Markup, escape

    methods = frozenset(dir(dict))

    @lru_cache(TEXTS)
    def escaped(text: str) -> Markup:
        return escape(_finalized(text))

    class Generator(CodeGenerator):
        def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
            if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
                super()._output_child_pre(node, frame, finalize)
            else:
                self.write("(environment.shown(")  # Jinja closes what it opens: `escape(environment.finalize(`

    class Trusted(Environment):
        code_generator_class = Generator

        def shown(self, value: object) -> Markup:
            """What an expression shows: `escape(finalize(value))`."""
            if type(value) is str:
                return escaped(value)
            return value if type(value) is Markup else escape(value)

        def getattr(self, obj: Any, attribute: str) -> Any:
            if obj.__class__ is dict and attribute in obj and attribute not in methods:
                return obj[attribute]
            return super().getattr(obj, attribute)

    return Trusted


TEXTS = 10_000
"""As many texts are remembered as they are shown."""
LONGEST = 1_000_000
"""Characters or items of what `*` makes in a template that is not trusted."""
MOST_BITS = 4096
"""Of a whole number there."""


def _sandbox() -> type[Environment]:
    """Jinja's sandbox, in which values cannot be changed, and powers and products end somewhere."""
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("*", "**"))

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            if operator == "*":
                sizes = [side for side in (left, right) if isinstance(side, int)]
                others = [len(side) for side in (left, right) if hasattr(side, "__len__")]
                too_long = any(size * n > LONGEST for size in sizes for n in others)
                too_large = len(sizes) == 2 and sum(size.bit_length() for size in sizes) > MOST_BITS
            else:
                too_long = False
                too_large = isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > MOST_BITS
            if too_long or too_large:
                raise SecurityError(f"`{operator}` makes more here than a page can show")
            return super().call_binop(context, operator, left, right)

    return Sandbox


def _unknown() -> type[Any]:
    """What a name stands for that is not there: an error wherever it is used, with the names that are."""
    from jinja2 import StrictUndefined
    from jinja2.exceptions import SecurityError
    from jinja2.utils import missing

    class Unknown(StrictUndefined):
        @property
        def _undefined_message(self) -> str:
            name, around = self._undefined_name, self._undefined_obj
            if self._undefined_hint or self._undefined_exception is SecurityError:
                return self._undefined_hint or ""
            if around is missing:
                return f"there is no `{name}`"
            if not isinstance(around, dict):
                return f"there is no `{name}` in {type(around).__name__}"
            near = did_you_mean(str(name), map(str, cast("Mapping[str, object]", around)))
            return f"there is no `{name}` here" + (f"; {near}" if near else "")

    return Unknown


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
    """The first time that a section of prose means a definition by one of its names, the name leads to its page.

    Not in code, links and headings. A section begins with each prose, and within it with each heading. The environment
    holds ``terms`` (page by name in small letters), ``root``, ``here``, and the pages that were ``seen`` already.
    """
    terms: Mapping[str, str] = state.env.get("terms", {})
    if not terms:
        return
    words = _pattern(tuple(terms))
    is_heading = False
    for block in state.tokens:
        if block.type == "heading_open":
            state.env["seen"].clear()
        is_heading = block.type == "heading_open" or (is_heading and block.type != "heading_close")
        if block.children and not is_heading:
            block.children = _with_links(block.children, words, state.env)


@lru_cache(maxsize=1)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    """What finds one of some terms, the longest that stands there."""
    longest_first = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{longest_first})s?(?![\w-])", re.IGNORECASE)


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


def _place(error: BaseException) -> str | None:
    """The template and line where it went wrong; of several the project's or a plugin's. Null before the first line,
    and behind the last one."""
    from jinja2 import TemplateSyntaxError

    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(SUFFIX)]
    guests = [frame for frame in frames if not frame.filename.startswith(PACKAGE)]
    found = guests or frames
    return f"{found[-1].filename}:{found[-1].lineno}" if found else None


def told_of(error: BaseException, view: View, names: Collection[str]) -> str:
    """What is wrong with a template, and what to write instead."""
    from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError
    from jinja2.exceptions import SecurityError

    text = str(error).rstrip(".")
    match error:
        case TemplateNotFound():
            missing = error.name or str(error)
            return f"there is no template `{missing}`; {did_you_mean(str(missing), names)}"
        case TemplateSyntaxError():
            return f"{text}: write `{{{{ a value }}}}` or `{{% a tag %}}`, and close each tag that has an end"
        case SecurityError():
            return f"{text}: write a value of the page; a template sees no more of Python. {LISTED}"
        case UndefinedError():
            return f"{text}; {did_you_mean('', view)}" if text.endswith("`") else text
        case TooLong():
            return f"{text}: let its loops go over what the page shows, and no further"
        case MemoryError():
            return "this needs more memory than a page may have: make less of it"
        case UnicodeEncodeError():
            sign = text.partition("character ")[2].partition(" ")[0]
            return f"the sign {sign} is half of one, and stands in no file: write the whole sign"
        case OSError():
            return f"this needs more of Python than a template has. {LISTED}"
        case RecursionError():
            return "this calls itself without end: let it end where there is nothing below"
        case _:
            return f"{type(error).__name__}: {text}. {LISTED}"
