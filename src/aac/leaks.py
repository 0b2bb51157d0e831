"""What pages would tell of people: e-mail addresses and phone numbers that stand in the data, and personal values.

Pages are small and data is large, so what looks like an address or a number is taken from the pages and looked up in
the data; what is not there is the documents' own. Of names only the words of pages can be compared: they are joined to
the values of personal fields. A single word is nobody's name (May, Mark), and what documents say themselves is theirs.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aac.engines.base import Join, Query, Select, Table
from aac.expressions.nodes import Call, Column, Literal
from aac.findings import Finding
from aac.landing.telling import columns_of
from aac.privacy import ADDRESS, shortened
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from aac.expressions.nodes import Node
    from aac.landing.landed import Landed
    from aac.measures import StoredField
    from aac.measures import Table as Entity
    from aac.reports.base import Page

PHONE = re.compile(
    r"""(?<![\w.+-]) (?:
      (?:\+|00)\d[\d ()./-]{6,18}\d        # +49 30 1234567
    | \(\d{2,5}\)[ /-]?\d[\d -]{4,12}\d    # (030) 123 45 67
    | \d{3}[-. ]\d{3}[-. ]\d{4}            # 555-010-0123
    | 0\d{2,4}[ /-]\d[\d /-]{4,12}\d       # 030 1234567
    ) (?![\w-])""",
    re.VERBOSE,
)
DIGITS = re.compile(r"\d[\d ()./-]{4}")
"""What stands in every phone number, and is found in a third of the time."""
FOLDED = "\r\n "
"""Where a long line of a calendar file is broken."""
ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")
"""Marks of Markdown, JSON and calendar files before a character that means itself."""
RUNS = re.compile(r'[^<>"|\n]+')
EDGES = ".,;:!?()[]{}'`*•·…"
WORDS = 4
"""A personal value of more words is found by its first ones no more: nobody has so many names."""
AT_ONCE = 100
SHOWN = 5
JOINED = ("said", "said")
SAID = "aac_said"
"""The temporary relation of what pages say."""


@record
class Told:
    """Something that a page says, and that may be somebody's: an address, a number or a name."""

    page: str
    text: str
    sort: str

    @property
    def hint(self) -> str:
        """What it is, so that whoever knows it finds it, and nobody learns it."""
        if self.sort == "phone number":
            return f"{self.text[:3]}…{self.text[-2:]}"
        return shortened(self.text)


def leaks(pages: Sequence[Page], data: Landed, own_texts: Iterable[str]) -> tuple[Finding, ...]:
    """AAC541 for each field whose values pages would tell; ``own_texts``: what documents say themselves."""
    known, own = contacts(pages), [text.lower() for text in own_texts]
    personal = [entity for entity in data.tables.values() if any(_is_text(f) and f.pii for f in entity.fields)]
    hits: list[tuple[Told, Entity, StoredField]] = []
    for entity in data.tables.values() if known else ():
        hits += ((told, entity, field) for told, field in _contacts_in(entity, known, data))
    if personal and not hits:
        names = _names(pages, own)
        data.engine.load(SAID, (("said", "text"),), ((name,) for name in names))
        hits = [(told, entity, field) for entity in personal for told, field in _names_in(entity, names, data)]
    return tuple(_finding(*hit, is_own=any(hit[0].text.lower() in text for text in own)) for hit in hits)


def contacts(pages: Iterable[Page]) -> dict[str, Told]:
    """What looks like an e-mail address or a phone number, in small letters, and the first page that says it."""
    found: dict[str, Told] = {}
    for page, text in _once(pages, re.compile(r"[^\r\n]+")):
        sorts = [("e-mail address", ADDRESS)] if "@" in text else []
        sorts += [("phone number", PHONE)] if DIGITS.search(text) else []
        for sort, pattern in sorts:
            for match in pattern.finditer(text):
                found.setdefault(match[0].lower(), Told(page.path, match[0], sort))
    return found


def _once(pages: Iterable[Page], parts: re.Pattern[str]) -> Iterator[tuple[Page, str]]:
    """What pages say in parts, each on the first page that has it: the menu is on all of them."""
    said = set[str]()
    for page in pages:
        for part in parts.findall(_as_read(page)):
            if part not in said:
                said.add(part)
                yield page, part


def _as_read(page: Page) -> str:
    """The text of a page as whoever reads it puts it together."""
    text = unescape(unquote(page.text.replace(FOLDED, "")))
    return ESCAPED.sub(r"\1", text)


def _contacts_in(entity: Entity, known: Mapping[str, Told], data: Landed) -> Iterator[tuple[Told, StoredField]]:
    """Each field of an entity that holds one of them, as it was read or (what findings quote) as it was written."""
    sought = list(known)
    for field in entity.fields:
        for start in range(0, len(sought), AT_ONCE):
            part = sought[start : start + AT_ONCE]
            values = [value.lower() for select in _reading(entity, field, part, data) for value in _run(select, data)]
            hit = next((known[text] for value in values for text in part if text in value), None)
            if hit is not None:
                yield hit, field
                break


def _reading(entity: Entity, field: StoredField, sought: Sequence[str], data: Landed) -> Iterator[Select]:
    """What reads a few values of a field in which one of some texts stands."""

    def holds(column: str) -> Node:
        likes = tuple(Call("ilike", (Column(column), Literal(f"%{text}%"))) for text in sought)
        return likes[0] if len(likes) == 1 else Call("or", likes)

    name = data.relations[entity.entity].name
    if _is_text(field) and (entity.entity, field.name) not in data.lacking:
        yield Select(Table(name), (("text", Column(field.name)),), holds(field.name), limit=AT_ONCE)
    problems = Table((name[0], "_aac", "problems"))
    ours = [Call("eq", (Column("entity"), Literal(entity.entity))), Call("eq", (Column("field"), Literal(field.name)))]
    yield Select(problems, (("text", Column("text")),), Call("and", (*ours, holds("text"))), limit=AT_ONCE)


def _run(select: Select, data: Landed) -> list[str]:
    (rows,) = data.engine.run(Query((), (select,), {}))
    return [str(value) for (value,) in rows if value is not None]


def _names(pages: Sequence[Page], own_texts: Iterable[str]) -> dict[str, Told]:
    """Two to four words that stand beside each other, in small letters, and the first page that has them."""
    own = {words for text in own_texts for words in _grams(text)}
    found: dict[str, Told] = {}
    told = [page for page in pages if not page.path.endswith((".css", ".js")) or page.path == "search.js"]
    for page, run in _once(told, RUNS):
        for words in _grams(run) - own:
            found.setdefault(words, Told(page.path, words, "name"))
    return found


def _grams(text: str) -> AbstractSet[str]:
    found = set[str]()
    for run in RUNS.findall(text.lower()):
        words = run.split()
        for start in range(len(words)):
            for many in range(2, WORDS + 1):
                if start + many <= len(words):
                    found.add(" ".join(words[start : start + many]).strip(EDGES))
    return found


def _names_in(entity: Entity, names: Mapping[str, Told], data: Landed) -> Iterator[tuple[Told, StoredField]]:
    """Each personal field of an entity that holds one of them."""
    for field in entity.fields:
        if not (_is_text(field) and field.pii) or (entity.entity, field.name) in data.lacking:
            continue
        value = Call("lower", (Column(field.name),))
        values = Select(Table(data.relations[entity.entity].name), (("said", value),))
        said = Select(Table(("temp", "main", SAID)), (("said", Column("said")),))
        name = Column("said", block="said")
        both = Select(
            "personal", (("said", name),), Call("is_not_null", (name,)), limit=SHOWN, joins=(Join("said", (JOINED,)),)
        )
        (rows,) = data.engine.run(Query((("personal", values), ("said", said)), (both,), {}))
        if rows:
            yield names[min(str(value) for (value,) in rows)], field


def _is_text(field: StoredField) -> bool:
    return field.type.name == "text" or field.type.entity is not None


def _finding(told: Told, entity: Entity, field: StoredField, *, is_own: bool) -> Finding:
    streams = " and ".join(f"`{stream}`" for stream in entity.streams)
    columns = ", ".join(f"`{column}`" for column in columns_of(field)) or f"`{field.name}`"
    article = "an" if told.sort[0] == "e" else "a"
    message = (
        f"`{told.page}` would tell {article} {told.sort} ({told.hint}) that stands in `{field.name}` of "
        f"`{entity.entity}`, read from {columns} of {streams}"
    )
    instead = "leave the field out of `by`, or mark it with `pii: true`: then no report shows it"
    if field.pii:
        instead = "look for another field that holds the same, and mark it with `pii: true` too"
    if is_own:
        instead = "a document says it: write what leads to a team there, not to a person"
    return Finding("AAC541", "error", message, instead, field.span or entity.span, f"entity:{entity.entity}")
